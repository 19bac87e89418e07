"""LangChain's own tests of vector stores, and a retriever over documents."""

import tempfile
import unittest

from ponds import PondTest, FLOW

try:
    import pytest
    from langchain_core.vectorstores import VectorStore
    from langchain_tests.integration_tests import VectorStoreIntegrationTests
except ImportError:
    VectorStoreIntegrationTests = object  # type: ignore[assignment,misc]
    pytest = None


if pytest:

    class TestPondVectorStore(VectorStoreIntegrationTests):
        """Run by pytest, which `LangChain.test_standard_tests` starts."""

        @pytest.fixture()
        def vectorstore(self, tmp_path) -> VectorStore:
            from millpond.langchain import PondVectorStore

            return PondVectorStore(self.get_embeddings(), tmp_path / "pond")


@unittest.skipUnless(pytest, "LangChain is not installed")
class LangChain(PondTest):
    def test_standard_tests(self) -> None:
        """All 24 pass, none is skipped."""

        class Outcomes:
            def __init__(self) -> None:
                self.passed, self.other = 0, []

            def pytest_runtest_logreport(self, report) -> None:
                if report.when == "call" and report.outcome == "passed" and not hasattr(report, "wasxfail"):
                    self.passed += 1
                elif report.outcome != "passed":
                    self.other.append((report.nodeid, report.outcome, str(report.longrepr)[-500:]))

        outcomes = Outcomes()
        options = ["-q", "-p", "no:cacheprovider", "--asyncio-mode=auto", "-p", "no:randomly", "-o", "addopts=",
                   f"{__file__}::TestPondVectorStore"]
        with tempfile.TemporaryDirectory() as folder:
            pytest.main([*options, f"--basetemp={folder}/tmp"], plugins=[outcomes])
        self.assertEqual(outcomes.other, [])
        self.assertEqual(outcomes.passed, 25)  # 24, and the one that none is overridden

    def test_search_filters_and_diversity(self) -> None:
        from millpond.langchain import PondEmbeddings, PondVectorStore

        texts = ["The cat sleeps.", "A cat is asleep.", "Stocks fell today.", "Rain is expected tomorrow."]
        kinds = ["pet", "pet", "news", "news"]
        store = PondVectorStore.from_texts(texts, PondEmbeddings(), [{"kind": kind} for kind in kinds],
                                           ids=list("abcd"), pond=self.folder / "store")
        found = store.similarity_search_with_score("a sleeping cat", k=2)
        self.assertEqual({document.id for document, _ in found}, {"a", "b"})
        self.assertGreater(found[0][1], 0.6)
        news = store.similarity_search("a sleeping cat", k=9, filter={"kind": ["news"]})
        self.assertEqual({document.id for document in news}, {"c", "d"})
        self.assertEqual(len(store.similarity_search("cat", filter=lambda d: d.metadata["kind"] == "pet")), 2)
        diverse = store.max_marginal_relevance_search("a sleeping cat", k=2, fetch_k=4, lambda_mult=0.1)
        self.assertEqual(len({document.metadata["kind"] for document in diverse}), 2)
        again = PondVectorStore(PondEmbeddings(), self.folder / "store")
        self.assertEqual(again.get_by_ids(["c"])[0].page_content, "Stocks fell today.")
        as_retriever = again.as_retriever(search_kwargs={"k": 1})
        self.assertEqual(as_retriever.invoke("weather")[0].id, "d")

    def test_retriever_cites(self) -> None:
        from millpond.langchain import PondRetriever

        pond = self.pond("retriever", self.handbook("retriever-docs"), FLOW)
        pond.build()
        found = PondRetriever(pond=pond, k=2).invoke("How long is the notice period?")
        self.assertEqual(len(found), 2)
        self.assertIn("notice", found[0].page_content.lower())
        self.assertEqual(pond.show(found[0].metadata["citation"]).table, "chunks")
