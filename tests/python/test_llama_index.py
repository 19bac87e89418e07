"""LlamaIndex: every filter operator and query mode."""

import unittest

from ponds import FLOW, PondTest

try:
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
    from llama_index.core.vector_stores.types import (FilterCondition, FilterOperator, MetadataFilter, MetadataFilters,
                                                      VectorStoreQuery, VectorStoreQueryMode)
except ImportError:
    TextNode = None


@unittest.skipUnless(TextNode, "LlamaIndex is not installed")
class LlamaIndex(PondTest):
    def store(self, name):
        from millpond.llama_index import PondVectorStore

        store = PondVectorStore(self.folder / name)
        rows = [
            ("a", "Cats sleep all day", [1, 0, 0], {"year": 2020, "author": "Ann", "tags": ["pet", "nap"]}, "d1"),
            ("b", "A cat and a dog", [0.9, 0.1, 0], {"year": 2021, "author": "Bob", "tags": ["pet"]}, "d1"),
            ("c", "Stocks fell today", [0, 1, 0], {"year": 2022, "author": "Ann", "tags": []}, "d2"),
            ("d", "Rain is expected", [0, 0.2, 1], {"year": 2023, "note": "Grey Sky"}, "d3"),
        ]
        nodes = []
        for id_, text, vector, metadata, document in rows:
            node = TextNode(id_=id_, text=text, embedding=vector, metadata=metadata)
            node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=document)
            nodes.append(node)
        self.assertEqual(store.add(nodes), ["a", "b", "c", "d"])
        return store

    def test_filters(self) -> None:
        store = self.store("filters")
        O = FilterOperator
        expected = {
            (O.EQ, "author", "Ann"): "ac", (O.NE, "author", "Ann"): "bd", (O.GT, "year", 2021): "cd",
            (O.GTE, "year", 2021): "bcd", (O.LT, "year", 2021): "a", (O.LTE, "year", 2021): "ab",
            (O.IN, "year", (2020, 2023)): "ad", (O.NIN, "year", (2020, 2023)): "bc", (O.ANY, "tags", ("nap", "x")): "a",
            (O.ALL, "tags", ("pet", "nap")): "a", (O.CONTAINS, "tags", "pet"): "ab", (O.TEXT_MATCH, "note", "Sky"): "d",
            (O.TEXT_MATCH_INSENSITIVE, "note", "grey"): "d", (O.IS_EMPTY, "tags", None): "cd",
        }
        self.assertEqual({key[0] for key in expected}, set(FilterOperator))
        for (operator, key, value), ids in expected.items():
            value = list(value) if isinstance(value, tuple) else value
            filters = MetadataFilters(filters=[MetadataFilter(key=key, value=value, operator=operator)])
            self.assertEqual("".join(node.node_id for node in store.get_nodes(filters=filters)), ids, operator)
        ann = MetadataFilter(key="author", value="Ann")
        late = MetadataFilter(key="year", value=2021, operator=O.GT)
        for condition, ids in ((FilterCondition.AND, "c"), (FilterCondition.OR, "acd"), (FilterCondition.NOT, "b")):
            both = MetadataFilters(filters=[ann, late], condition=condition)
            self.assertEqual("".join(node.node_id for node in store.get_nodes(filters=both)), ids, condition)

    def test_query_modes(self) -> None:
        store = self.store("modes")
        for mode in VectorStoreQueryMode:
            query = VectorStoreQuery(query_embedding=[1, 0, 0], query_str="cat", similarity_top_k=2, mode=mode)
            found = store.query(query)
            words_only = mode in (VectorStoreQueryMode.TEXT_SEARCH, VectorStoreQueryMode.SPARSE)
            self.assertEqual(found.ids[0], "b" if words_only or "hybrid" in mode.value else "a", mode)
            self.assertEqual(len(found.ids), 1 if words_only else 2, mode)
            self.assertEqual(len(found.similarities), len(found.ids))
        narrow = VectorStoreQuery(query_embedding=[1, 0, 0], similarity_top_k=9, doc_ids=["d2", "d3"])
        self.assertEqual(sorted(store.query(narrow).ids), ["c", "d"])

    def test_deleting(self) -> None:
        store = self.store("deleting")
        store.delete("d1")
        self.assertEqual([node.node_id for node in store.get_nodes()], ["c", "d"])
        store.delete_nodes(["c"])
        self.assertEqual(store.get_nodes()[0].metadata["note"], "Grey Sky")
        store.clear()
        self.assertEqual(store.get_nodes(), [])

    def test_retriever_cites(self) -> None:
        from millpond.llama_index import PondRetriever

        pond = self.pond("retriever", self.handbook("retriever-docs"), FLOW)
        pond.build()
        found = PondRetriever(pond, k=1).retrieve("How long is the notice period?")
        self.assertEqual(pond.show(found[0].node.metadata["citation"]).table, "chunks")
