"""LlamaIndex: a vector store in a table of a pond, and a retriever over the documents of one.

>>> from millpond.llama_index import PondRetriever, PondVectorStore
>>> index = VectorStoreIndex.from_vector_store(PondVectorStore(pond="library"), embed_model=...)
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy

try:
    from llama_index.core.bridge.pydantic import PrivateAttr
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import BaseNode, MetadataMode, NodeWithScore, QueryBundle, TextNode
    from llama_index.core.vector_stores.types import (
        BasePydanticVectorStore,
        FilterCondition,
        FilterOperator,
        MetadataFilter,
        MetadataFilters,
        VectorStoreQuery,
        VectorStoreQueryMode,
        VectorStoreQueryResult,
    )
    from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict
except ImportError as missing:  # pragma: no cover
    raise ImportError("millpond.llama_index needs LlamaIndex: pip install llama-index-core") from missing

from . import _pond
from ._documents import DocumentTable, Entry, Snapshot, best, diverse, fused
from ._filter import Filter

Mode = VectorStoreQueryMode


class PondVectorStore(BasePydanticVectorStore):
    """Nodes with vectors in an Iceberg table of a pond. Every query mode and filter operator works; searches are exact.

    `text_search` and `sparse` rank by words (BM25), `hybrid` and `semantic_hybrid` by words and vectors together,
    `svm`, `logistic_regression` and `linear_regression` fit the query against all rows, `mmr` wants hits to differ.
    """

    stores_text: bool = True
    flat_metadata: bool = False
    _table: DocumentTable = PrivateAttr()

    def __init__(self, pond: _pond.Pond | str | os.PathLike[str] = ".", table: str = "llama_index") -> None:
        super().__init__(stores_text=True)
        self._table = DocumentTable(pond, table)

    @classmethod
    def class_name(cls) -> str:
        return "PondVectorStore"

    @property
    def client(self) -> Any:
        """The pond."""
        return self._table.pond

    def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
        nodes = list(nodes)
        metadata = [node_to_metadata_dict(node, remove_text=True, flat_metadata=False) for node in nodes]
        texts = [node.get_content(metadata_mode=MetadataMode.NONE) for node in nodes]
        ids = [node.node_id for node in nodes]
        self._table.write(ids, texts, metadata, [node.embedding for node in nodes])
        return ids

    def delete(self, ref_doc_id: str, **_: Any) -> None:
        """Removes the nodes of a document."""
        rows = self._table.read()
        self._table.delete(entry.id for entry in rows.entries if entry.metadata.get("ref_doc_id") == ref_doc_id)

    def delete_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **_: Any) -> None:
        rows = self._table.read()
        self._table.delete(rows.entries[place].id for place in _allowed(rows, filters, None, node_ids))

    def clear(self) -> None:
        self._table.clear()

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        rows = self._table.read()
        return [_node(rows.entries[place]) for place in _allowed(rows, filters, None, node_ids)]

    def query(self, query: VectorStoreQuery, **_: Any) -> VectorStoreQueryResult:
        rows = self._table.read()
        allowed = _allowed(rows, query.filters, query.doc_ids, query.node_ids)
        scored = _search(rows, query, allowed) if allowed else []
        nodes = [_node(rows.entries[place]) for place, _score in scored]
        return VectorStoreQueryResult(
            nodes=nodes, similarities=[score for _place, score in scored], ids=[node.node_id for node in nodes]
        )


class PondRetriever(BaseRetriever):
    """Passages of a pond's documents: by words and meaning, with citations that `Pond.show` takes."""

    def __init__(
        self,
        pond: _pond.Pond | str | os.PathLike[str] = ".",
        k: int = 4,
        by: str = "hybrid",
        table: str = "",
        where: Filter | str | None = None,
        *,
        syntax: bool = False,
        context: _pond.Around = 0,
        diverse: float = 0.0,
        rerank: bool | str = True,
    ) -> None:
        """The options are those of `Pond.search`; the text around a passage becomes part of the node's text."""
        super().__init__()
        self._pond = pond if isinstance(pond, _pond.Pond) else _pond.open(pond)
        self._k, self._by, self._from, self._where = k, by, table, where
        self._syntax, self._context, self._diverse, self._rerank = syntax, context, diverse, rerank

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        by: Any = self._by
        found = self._pond.search(
            query_bundle.query_str, k=self._k, by=by, table=self._from, where=self._where, syntax=self._syntax,
            context=self._context, diverse=self._diverse, rerank=self._rerank,
        )  # fmt: skip
        return [
            NodeWithScore(
                node=TextNode(
                    id_=passage.citation,
                    text=passage.in_context,
                    metadata={
                        "citation": passage.citation,
                        "source": passage.uri,
                        "title": passage.title,
                        "page": passage.first_page or None,
                    },
                ),
                score=passage.score,
            )
            for passage in found
        ]


def _node(entry: Entry) -> BaseNode:
    node = metadata_dict_to_node(entry.metadata, text=entry.text)
    if entry.vector is not None:
        node.embedding = [float(each) for each in entry.vector]
    return node


def _search(rows: Snapshot, query: VectorStoreQuery, allowed: list[int]) -> list[tuple[int, float]]:
    k = query.similarity_top_k
    text = query.query_str or ""
    if query.mode in (Mode.TEXT_SEARCH, Mode.SPARSE):
        scores = rows.words(text)
        return [(place, float(scores[place])) for place in best(scores, query.sparse_top_k or k, allowed) if scores[place] > 0]
    if query.query_embedding is None:
        raise ValueError(f"the query mode {query.mode.value} needs an embedding of the query")
    vector = query.query_embedding
    with_vector = [place for place in allowed if rows.entries[place].vector is not None]
    scores = rows.cosines(vector)
    if query.mode in (Mode.HYBRID, Mode.SEMANTIC_HYBRID):
        words = rows.words(text)
        wide = max(query.sparse_top_k or 0, 4 * k, 20)
        by_words = [place for place in best(words, wide, allowed) if words[place] > 0]
        alpha = 0.5 if query.alpha is None else query.alpha  # 1: vectors alone
        return fused([best(scores, wide, with_vector), by_words], [alpha, 1 - alpha], query.hybrid_top_k or k)
    if query.mode == Mode.MMR:
        threshold = 0.5 if query.mmr_threshold is None else query.mmr_threshold
        places = best(scores, max(4 * k, 20), with_vector)
        return [(place, float(scores[place])) for place in diverse(rows.matrix(len(vector)), scores, places, k, threshold)]
    if query.mode in (Mode.SVM, Mode.LOGISTIC_REGRESSION, Mode.LINEAR_REGRESSION):
        scores = _fitted(rows.matrix(len(vector)), vector, query.mode)
    return [(place, float(scores[place])) for place in best(scores, k, with_vector)]


def _fitted(matrix: numpy.ndarray, vector: Sequence[float], mode: Mode) -> numpy.ndarray:
    """Scores by a linear model that tells the query (the one positive example) from all rows."""
    wanted = numpy.asarray(vector, dtype=numpy.float64)
    wanted = wanted / max(float(numpy.linalg.norm(wanted)), 1e-12)
    examples = numpy.vstack([wanted, matrix.astype(numpy.float64)])
    signs = numpy.full(len(examples), -1.0)
    signs[0] = 1.0
    balance = numpy.where(signs > 0, len(signs) / 2.0, len(signs) / (2.0 * max(len(signs) - 1, 1)))
    if mode == Mode.LINEAR_REGRESSION:
        weighted = examples * balance[:, None]
        gram = examples.T @ weighted + numpy.eye(examples.shape[1])
        model = numpy.linalg.solve(gram, weighted.T @ signs)
        return matrix @ model
    model = numpy.zeros(examples.shape[1])
    for step in range(200):
        margins = signs * (examples @ model)
        if mode == Mode.LOGISTIC_REGRESSION:
            pull = balance * signs / (1.0 + numpy.exp(numpy.clip(margins, -30, 30)))
        else:
            pull = balance * signs * (margins < 1)
        gradient = model - 0.1 * (examples.T @ pull)
        model = model - gradient / (1.0 + 0.1 * len(signs) + step)
    return matrix @ model


def _allowed(
    rows: Snapshot, filters: MetadataFilters | None, doc_ids: Sequence[str] | None, node_ids: Sequence[str] | None
) -> list[int]:
    documents, nodes = (set(doc_ids) if doc_ids is not None else None), (set(node_ids) if node_ids is not None else None)

    def takes(entry: Entry) -> bool:
        if documents is not None and entry.metadata.get("ref_doc_id") not in documents:
            return False
        if nodes is not None and entry.id not in nodes:
            return False
        return filters is None or _matches(filters, entry)

    return [i for i, entry in enumerate(rows.entries) if takes(entry)]


def _matches(filters: MetadataFilters, entry: Entry) -> bool:
    results = [
        _matches(each, entry) if isinstance(each, MetadataFilters) else _holds(each, entry) for each in filters.filters
    ]
    if filters.condition == FilterCondition.OR:
        return any(results)
    if filters.condition == FilterCondition.NOT:
        return not any(results)
    return all(results)


def _holds(one: MetadataFilter, entry: Entry) -> bool:
    have, wanted, operator = _value(entry, one.key), one.value, one.operator
    if operator == FilterOperator.IS_EMPTY:
        return have is None or have in ("", [], {})
    if operator == FilterOperator.NE:
        return bool(have != wanted)
    if operator == FilterOperator.NIN:
        return have not in _list(wanted)
    if have is None:
        return False
    if operator == FilterOperator.EQ:
        return bool(have == wanted)
    if operator == FilterOperator.IN:
        return have in _list(wanted)
    if operator == FilterOperator.CONTAINS:
        return wanted in have if isinstance(have, (list, str)) else False
    if operator in (FilterOperator.ANY, FilterOperator.ALL):
        test = any if operator == FilterOperator.ANY else all
        return isinstance(have, list) and test(each in have for each in _list(wanted))
    if operator == FilterOperator.TEXT_MATCH:
        return str(wanted) in str(have)
    if operator == FilterOperator.TEXT_MATCH_INSENSITIVE:
        return str(wanted).lower() in str(have).lower()
    try:
        return bool(
            (operator == FilterOperator.GT and have > wanted)
            or (operator == FilterOperator.GTE and have >= wanted)
            or (operator == FilterOperator.LT and have < wanted)
            or (operator == FilterOperator.LTE and have <= wanted)
        )
    except TypeError:
        return False  # a text is neither above nor below a number


def _value(entry: Entry, key: str) -> Any:
    return entry.metadata.get(key)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
