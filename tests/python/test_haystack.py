"""Haystack's own tests of document stores."""

import tempfile
import unittest

from ponds import PondTest

try:
    import pytest
    from haystack import Document
    from haystack.testing.document_store import DocumentStoreBaseExtendedTests, CountDocumentsByFilterTest
except ImportError:
    pytest = None


if pytest:

    class TestPondDocumentStore(DocumentStoreBaseExtendedTests, CountDocumentsByFilterTest):
        """Run by pytest, which `Haystack.test_standard_tests` starts."""

        @pytest.fixture
        def document_store(self, tmp_path):
            from millpond.haystack import PondDocumentStore

            return PondDocumentStore(tmp_path / "pond")

        @staticmethod
        def assert_documents_are_equal(received, expected):
            """Vectors are kept in single precision."""
            assert len(received) == len(expected)
            for one, other in zip(received, expected):
                assert (one.embedding is None) == (other.embedding is None)
                if one.embedding is not None:
                    assert one.embedding == pytest.approx(other.embedding, rel=1e-6)
                    one.embedding = other.embedding
            assert received == expected

        def test_write_documents(self, document_store):
            assert document_store.write_documents([Document(id="1", content="a")]) == 1
            with pytest.raises(Exception, match="there already: 1"):
                document_store.write_documents([Document(id="1", content="b")])
            assert document_store.filter_documents()[0].content == "a"


@unittest.skipUnless(pytest, "Haystack is not installed")
class Haystack(PondTest):
    def test_standard_tests(self) -> None:
        class Outcomes:
            def __init__(self) -> None:
                self.passed, self.other = 0, []

            def pytest_runtest_logreport(self, report) -> None:
                if report.when == "call" and report.outcome == "passed":
                    self.passed += 1
                elif report.outcome != "passed":
                    self.other.append((report.nodeid, report.outcome, str(report.longrepr)[-500:]))

        outcomes = Outcomes()
        with tempfile.TemporaryDirectory() as folder:
            pytest.main(["-q", "-p", "no:cacheprovider", f"{__file__}::TestPondDocumentStore", f"--basetemp={folder}/tmp"],
                        plugins=[outcomes])
        self.assertEqual(outcomes.other, [])
        self.assertGreater(outcomes.passed, 50)

    def test_retrieval(self) -> None:
        from millpond.haystack import PondDocumentStore

        store = PondDocumentStore(self.folder / "store")
        store.write_documents([Document(id="a", content="cats sleep", embedding=[1.0, 0.0], meta={"n": 1}),
                               Document(id="b", content="stocks fell", embedding=[0.0, 1.0], meta={"n": 2})])
        self.assertEqual([each.id for each in store.embedding_retrieval([0.9, 0.1], top_k=1)], ["a"])
        self.assertEqual([each.id for each in store.bm25_retrieval("stocks")], ["b"])
        late = {"field": "meta.n", "operator": ">", "value": 1}
        self.assertEqual([each.id for each in store.embedding_retrieval([0.9, 0.1], late)], ["b"])
        self.assertEqual({each.id for each in store.hybrid_retrieval("stocks", [1.0, 0.0])}, {"a", "b"})
        again = PondDocumentStore.from_dict(store.to_dict())
        self.assertEqual(again.count_documents(), 2)
