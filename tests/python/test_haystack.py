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

    def store(self, name: str):
        from millpond.haystack import PondDocumentStore

        store = PondDocumentStore(self.folder / name)
        store.write_documents([Document(id="a", content="cats sleep", embedding=[1.0, 0.0], meta={"n": 1}),
                               Document(id="b", content="stocks fell and fell", embedding=[0.0, 1.0], meta={"n": 2}),
                               Document(id="c", content="stocks", embedding=[0.6, 0.8], meta={"n": 3})])
        return store

    def test_scores_are_scaled(self) -> None:
        store = self.store("scaled")
        raw, scaled = (store.embedding_retrieval([1.0, 0.0], scale_score=each) for each in (False, True))
        self.assertEqual([each.id for each in raw], ["a", "c", "b"])
        for one, other, wanted in zip(raw, scaled, (1.0, 0.6, 0.0)):
            self.assertAlmostEqual(one.score, wanted, places=6)
            self.assertAlmostEqual(other.score, (wanted + 1) / 2, places=6)
        raw, scaled = (store.bm25_retrieval("stocks", scale_score=each) for each in (False, True))
        self.assertEqual([each.id for each in scaled], [each.id for each in raw])
        self.assertTrue(all(0.5 < each.score < 1 for each in scaled))
        both = store.hybrid_retrieval("cats", [1.0, 0.0], scale_score=True)
        self.assertEqual((both[0].id, both[0].score), ("a", 1.0))

    def test_retrievers_in_a_pipeline(self) -> None:
        from haystack import Pipeline
        from millpond.haystack import PondBM25Retriever, PondEmbeddingRetriever, PondHybridRetriever

        store = self.store("pipeline")
        late, early = ({"field": "meta.n", "operator": sign, "value": 2} for sign in (">=", "<="))
        named = {"field": "id", "operator": "in", "value": ["b", "c"]}
        pipeline = Pipeline()
        pipeline.add_component("words", PondBM25Retriever(store, filters=early, filter_policy="merge", top_k=2))
        pipeline.add_component("vector", PondEmbeddingRetriever(store, filters=late, top_k=2, scale_score=True))
        pipeline.add_component("both", PondHybridRetriever(store, top_k=1))
        pipeline = Pipeline.loads(pipeline.dumps(), allowed_modules=["millpond.haystack"])  # as a file keeps it
        asked = {"words": {"query": "stocks", "filters": named}, "vector": {"query_embedding": [1.0, 0.0]},
                 "both": {"query": "cats", "query_embedding": [1.0, 0.0], "filters": late}}
        found = {name: [each.id for each in made["documents"]] for name, made in pipeline.run(asked).items()}
        self.assertEqual(found, {"words": ["b"], "vector": ["c", "b"], "both": ["c"]})
        vectors = pipeline.run(asked)["vector"]["documents"]
        self.assertTrue(all(each.embedding is None for each in vectors))
        with self.assertRaises(ValueError):
            PondBM25Retriever(store, top_k=0)

    def test_filters_are_conditions_that_take_the_same_rows(self) -> None:
        """Every operator, alone and under NOT, on rows with and without a value: as Haystack itself decides."""
        import millpond as mp
        import pyarrow
        from haystack.utils.filters import document_matches_filter
        from millpond._haystack_filter import where_of

        rows = [{"n": n, "s": s} for n in (1, 2, 3, None) for s in ("x", "y", None)]
        pond = mp.init(self.folder / "conditions")
        pond.create_table("rows", {"place": "int64", "n": "int64", "s": "utf8"})
        columns = {"place": list(range(len(rows))), "n": [each["n"] for each in rows], "s": [each["s"] for each in rows]}
        pond.table("rows").append(pyarrow.table(columns, schema=pyarrow.schema(
            [("place", pyarrow.int64()), ("n", pyarrow.int64()), ("s", pyarrow.string())])))
        documents = [Document(id=str(i), content="", meta={k: v for k, v in each.items() if v is not None})
                     for i, each in enumerate(rows)]
        single = [{"field": "meta.n", "operator": sign, "value": 2} for sign in ("==", "!=", ">", ">=", "<", "<=")]
        single += [{"field": "meta.n", "operator": sign, "value": [1, 3]} for sign in ("in", "not in")]
        single += [{"field": "meta.s", "operator": sign, "value": value} for sign in ("==", "!=") for value in ("x", None)]
        joined = [{"operator": sign, "conditions": [one, other]}
                  for sign in ("AND", "OR", "NOT") for one in single for other in single[::3]]
        nested = [{"operator": "NOT", "conditions": [each]} for each in joined[::5]]
        for filters in single + joined + nested:
            wanted = [i for i, each in enumerate(documents) if document_matches_filter(filters, each)]
            found = pond.table("rows").scan(["place"], filter=where_of(filters)).to_arrow()
            self.assertEqual(sorted(found.column("place").to_pylist()), wanted, filters)

    def test_a_retriever_over_a_ponds_documents(self) -> None:
        from haystack import Pipeline
        from haystack.errors import FilterError
        from millpond.haystack import PondRetriever

        pond = self.pond("library", self.handbook())
        pond.build()
        pipeline = Pipeline()
        pipeline.add_component("retriever", PondRetriever(str(pond.path), top_k=3))
        pipeline = Pipeline.loads(pipeline.dumps(), allowed_modules=["millpond.haystack"])
        passages = pipeline.run({"retriever": {"query": "notice period"}})["retriever"]["documents"]
        self.assertEqual(len(passages), 3)
        self.assertTrue(pond.show(passages[0].id).current)
        first = {"field": "meta.ordinal", "operator": "<", "value": 1}
        retriever = PondRetriever(str(pond.path), filters=first, syntax=True, context="section", diverse=0.2)
        for passage in retriever.run("notice")["documents"]:
            self.assertEqual(pond.show(passage.id).row["ordinal"], 0)
        only = PondRetriever(str(pond.path), where="ordinal >= 1", filters=first)
        self.assertEqual(only.run("notice")["documents"], [])
        with self.assertRaises(FilterError):
            retriever.run("notice", filters={"field": "meta.ordinal", "operator": "like", "value": 1})
