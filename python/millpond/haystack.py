"""Haystack: a document store in a table of a pond, its retrievers, and a retriever over the documents of a pond.

>>> from millpond.haystack import PondDocumentStore, PondEmbeddingRetriever, PondRetriever
>>> pipeline.add_component("retriever", PondEmbeddingRetriever(PondDocumentStore("library"), top_k=5))
>>> PondRetriever("library", top_k=3).run("How long is the notice period?")["documents"]
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

try:
    from haystack import Document, component, default_from_dict, default_to_dict
    from haystack.document_stores.errors import DuplicateDocumentError
    from haystack.document_stores.types import DuplicatePolicy, FilterPolicy
    from haystack.document_stores.types.filter_policy import apply_filter_policy
    from haystack.errors import FilterError
    from haystack.utils.filters import document_matches_filter
except ImportError as missing:  # pragma: no cover
    raise ImportError("millpond.haystack needs Haystack: pip install haystack-ai") from missing

from . import _pond
from ._documents import DocumentTable, Entry, Snapshot, best, fused
from ._haystack_filter import where_of

Filters = dict[str, Any]


class PondDocumentStore:
    """Documents in an Iceberg table of a pond: filters, search by words (BM25), by vector, or by both."""

    def __init__(self, pond: _pond.Pond | str | os.PathLike[str] = ".", table: str = "haystack") -> None:
        self._path = str(pond.path if isinstance(pond, _pond.Pond) else pond)
        self._name = table
        self._table = DocumentTable(pond, table)

    def to_dict(self) -> dict[str, Any]:
        return default_to_dict(self, pond=self._path, table=self._name)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> PondDocumentStore:
        return default_from_dict(cls, data)

    def count_documents(self) -> int:
        return len(self._table.read().entries)

    def filter_documents(self, filters: Filters | None = None) -> list[Document]:
        rows = self._table.read()
        return [_document(rows.entries[place]) for place in _allowed(rows, filters)]

    def write_documents(self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE) -> int:
        if not isinstance(documents, list) or any(not isinstance(each, Document) for each in documents):
            raise ValueError("documents must be a list of Document")
        there = self._table.read().place
        seen: set[str] = set()
        taken: list[Document] = []
        for document in documents:
            known = document.id in there or document.id in seen
            if known and policy in (DuplicatePolicy.NONE, DuplicatePolicy.FAIL):
                raise DuplicateDocumentError(f"a document with this id is there already: {document.id}")
            if known and policy == DuplicatePolicy.SKIP:
                continue
            seen.add(document.id)
            taken.append(document)
        forms = [document.to_dict(flatten=False) for document in taken]
        for form in forms:
            form.pop("embedding", None)
        texts = [document.content or "" for document in taken]
        self._table.write([each.id for each in taken], texts, forms, [each.embedding for each in taken])
        return len(taken)

    def delete_documents(self, document_ids: list[str]) -> None:
        self._table.delete(document_ids)

    def delete_all_documents(self, recreate_index: bool = False) -> None:
        """Removes all documents. The table stays, with its history; there is no index to make again."""
        self._table.clear()

    def delete_by_filter(self, filters: Filters) -> int:
        rows = self._table.read()
        return self._table.delete([rows.entries[place].id for place in _allowed(rows, filters)])

    def update_by_filter(self, filters: Filters, meta: dict[str, Any]) -> int:
        documents = self.filter_documents(filters)
        for document in documents:
            document.meta.update(meta)
        return self.write_documents(documents, DuplicatePolicy.OVERWRITE) if documents else 0

    def count_documents_by_filter(self, filters: Filters) -> int:
        return len(_allowed(self._table.read(), filters))

    def bm25_retrieval(
        self, query: str, filters: Filters | None = None, top_k: int = 10, scale_score: bool = False
    ) -> list[Document]:
        """By words. Documents that share none with the query are left out. `scale_score` puts scores between 0 and 1."""
        rows = self._table.read()
        scores = rows.words(query)
        places = [place for place in best(scores, top_k, _allowed(rows, filters)) if scores[place] > 0]
        found = {place: float(scores[place]) for place in places}
        return [_document(rows.entries[at], _sigmoid(score) if scale_score else score) for at, score in found.items()]

    def embedding_retrieval(
        self,
        query_embedding: Sequence[float],
        filters: Filters | None = None,
        top_k: int = 10,
        scale_score: bool = False,
        return_embedding: bool = True,
    ) -> list[Document]:
        """By vector; the score is the cosine, or with `scale_score` the half of one more than it."""
        rows = self._table.read()
        allowed = [place for place in _allowed(rows, filters) if rows.entries[place].vector is not None]
        if not allowed:
            return []
        scores = rows.cosines(query_embedding)
        found = {place: float(scores[place]) for place in best(scores, top_k, allowed)}
        documents = [_document(rows.entries[at], (score + 1) / 2 if scale_score else score) for at, score in found.items()]
        return documents if return_embedding else [_without_vector(each) for each in documents]

    def hybrid_retrieval(
        self,
        query: str,
        query_embedding: Sequence[float],
        filters: Filters | None = None,
        top_k: int = 10,
        scale_score: bool = False,
    ) -> list[Document]:
        """By words and by vector, fused by rank. With `scale_score` 1 is a document that is the first of both."""
        rows, wide = self._table.read(), max(4 * top_k, 20)
        place = rows.place
        legs = [
            [place[each.id] for each in leg if each.id in place]
            for leg in (self.embedding_retrieval(query_embedding, filters, wide), self.bm25_retrieval(query, filters, wide))
        ]
        most = 1 / 61 if scale_score else 1.0
        return [_document(rows.entries[at], score / most) for at, score in fused(legs, [0.5, 0.5], top_k)]


class _StoreRetriever:
    """What the retrievers of a document store share: their options, and how they are written to a pipeline's file."""

    def __init__(
        self,
        document_store: PondDocumentStore,
        filters: Filters | None = None,
        top_k: int = 10,
        scale_score: bool = False,
        filter_policy: str | FilterPolicy = FilterPolicy.REPLACE,
    ) -> None:
        if not isinstance(document_store, PondDocumentStore):
            raise TypeError(f"document_store is a PondDocumentStore, not: {type(document_store).__name__}")
        if top_k < 1:
            raise ValueError(f"top_k is at least 1, not: {top_k}")
        self.document_store, self.filters, self.top_k, self.scale_score = document_store, filters, top_k, scale_score
        self.filter_policy = FilterPolicy.from_str(filter_policy) if isinstance(filter_policy, str) else filter_policy

    def to_dict(self) -> dict[str, Any]:
        return default_to_dict(
            self, document_store=self.document_store.to_dict(), filters=self.filters, top_k=self.top_k,
            scale_score=self.scale_score, filter_policy=self.filter_policy.value,
        )  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Any:
        given = dict(data["init_parameters"])
        if isinstance(given.get("document_store"), dict):
            given["document_store"] = PondDocumentStore.from_dict(given["document_store"])
        return default_from_dict(cls, {**data, "init_parameters": given})

    def asked(self, filters: Filters | None, top_k: int | None, scale_score: bool | None) -> dict[str, Any]:
        """The options of a run, those of the component where none are given."""
        return {
            "filters": apply_filter_policy(self.filter_policy, self.filters, filters),
            "top_k": self.top_k if top_k is None else top_k,
            "scale_score": self.scale_score if scale_score is None else scale_score,
        }


@component
class PondBM25Retriever(_StoreRetriever):
    """Finds documents of a store by words. `filter_policy`: filters of a run replace those given here, or join them."""

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, filters: Filters | None = None, top_k: int | None = None, scale_score: bool | None = None
    ) -> dict[str, list[Document]]:
        return {"documents": self.document_store.bm25_retrieval(query, **self.asked(filters, top_k, scale_score))}


@component
class PondEmbeddingRetriever(_StoreRetriever):
    """Finds documents of a store by vector."""

    @component.output_types(documents=list[Document])
    def run(
        self,
        query_embedding: list[float],
        filters: Filters | None = None,
        top_k: int | None = None,
        scale_score: bool | None = None,
        return_embedding: bool = False,
    ) -> dict[str, list[Document]]:
        asked = self.asked(filters, top_k, scale_score)
        return {"documents": self.document_store.embedding_retrieval(query_embedding, return_embedding=return_embedding, **asked)}


@component
class PondHybridRetriever(_StoreRetriever):
    """Finds documents of a store by words and by vector."""

    @component.output_types(documents=list[Document])
    def run(
        self,
        query: str,
        query_embedding: list[float],
        filters: Filters | None = None,
        top_k: int | None = None,
        scale_score: bool | None = None,
    ) -> dict[str, list[Document]]:
        asked = self.asked(filters, top_k, scale_score)
        return {"documents": self.document_store.hybrid_retrieval(query, query_embedding, **asked)}


@component
class PondRetriever:
    """Passages of a pond's documents: by words and meaning, with citations that `Pond.show` takes.

    `filters` compare columns of the table (`meta.uri`, `meta.ordinal`, `content`), `where` is the same as a condition of
    millpond or SQL; both must hold. The other options are those of `Pond.search`; the text around a passage
    becomes part of the document's content.
    """

    def __init__(
        self,
        pond: str,
        top_k: int = 10,
        by: _pond.By = "hybrid",
        table: str = "",
        filters: Filters | None = None,
        where: str = "",
        filter_policy: str | FilterPolicy = FilterPolicy.REPLACE,
        syntax: bool = False,
        context: _pond.Around = 0,
        diverse: float = 0.0,
        rerank: bool | str = True,
    ) -> None:
        self._pond = _pond.open(pond)
        self._path, self._top_k, self._by, self._from, self._filters, self._where = str(pond), top_k, by, table, filters, where
        self._policy = FilterPolicy.from_str(filter_policy) if isinstance(filter_policy, str) else filter_policy
        self._syntax, self._context, self._diverse, self._rerank = syntax, context, diverse, rerank

    def to_dict(self) -> dict[str, Any]:
        return default_to_dict(
            self, pond=self._path, top_k=self._top_k, by=self._by, table=self._from, filters=self._filters,
            where=self._where, filter_policy=self._policy.value, syntax=self._syntax, context=self._context,
            diverse=self._diverse, rerank=self._rerank,
        )  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> PondRetriever:
        return default_from_dict(cls, data)

    @component.output_types(documents=list[Document])
    def run(self, query: str, filters: Filters | None = None, top_k: int | None = None) -> dict[str, list[Document]]:
        chosen = apply_filter_policy(self._policy, self._filters, filters)
        conditions = [each for each in (where_of(chosen).sql() if chosen else "", self._where) if each]
        found = self._pond.search(
            query, k=self._top_k if top_k is None else top_k, by=self._by, table=self._from,
            where=" and ".join(f"({each})" for each in conditions) or None, syntax=self._syntax,
            context=self._context, diverse=self._diverse, rerank=self._rerank,
        )  # fmt: skip
        return {"documents": [_passage(each) for each in found]}


def _passage(passage: _pond.Passage) -> Document:
    meta = {
        "citation": passage.citation,
        "source": passage.uri,
        "title": passage.title,
        "heading_path": passage.heading_path,
        "page": passage.first_page or None,
    }
    return Document(id=passage.citation, content=passage.in_context, meta=meta, score=passage.score)


def _sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-score / 8))


def _without_vector(document: Document) -> Document:
    return replace(document, embedding=None)


def _document(entry: Entry, score: float | None = None) -> Document:
    document = Document.from_dict(dict(entry.metadata))
    vector = None if entry.vector is None else [float(each) for each in entry.vector]
    return replace(document, embedding=vector, score=document.score if score is None else score)


def _allowed(rows: Snapshot, filters: Filters | None) -> list[int]:
    if not filters:
        return list(range(len(rows.entries)))
    if "operator" not in filters and "conditions" not in filters:
        raise FilterError("a filter has an operator: a comparison of a field, or AND, OR, NOT with conditions")
    return [i for i, entry in enumerate(rows.entries) if document_matches_filter(filters, _document(entry))]
