"""Haystack: a document store in a table of a pond.

>>> from millpond.haystack import PondDocumentStore
>>> store = PondDocumentStore("library")
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

try:
    from haystack import Document, default_from_dict, default_to_dict
    from haystack.document_stores.errors import DuplicateDocumentError
    from haystack.document_stores.types import DuplicatePolicy
    from haystack.errors import FilterError
    from haystack.utils.filters import document_matches_filter
except ImportError as missing:  # pragma: no cover
    raise ImportError("millpond.haystack needs Haystack: pip install haystack-ai") from missing

from . import _pond
from ._documents import DocumentTable, Entry, Snapshot, best, fused

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

    def bm25_retrieval(self, query: str, filters: Filters | None = None, top_k: int = 10) -> list[Document]:
        """By words. Documents that share none with the query are left out."""
        rows = self._table.read()
        scores = rows.words(query)
        places = [place for place in best(scores, top_k, _allowed(rows, filters)) if scores[place] > 0]
        return [_document(rows.entries[place], float(scores[place])) for place in places]

    def embedding_retrieval(
        self, query_embedding: Sequence[float], filters: Filters | None = None, top_k: int = 10
    ) -> list[Document]:
        """By vector; the score is the cosine."""
        rows = self._table.read()
        allowed = [place for place in _allowed(rows, filters) if rows.entries[place].vector is not None]
        if not allowed:
            return []
        scores = rows.cosines(query_embedding)
        return [_document(rows.entries[place], float(scores[place])) for place in best(scores, top_k, allowed)]

    def hybrid_retrieval(
        self, query: str, query_embedding: Sequence[float], filters: Filters | None = None, top_k: int = 10
    ) -> list[Document]:
        """By words and by vector, fused by rank."""
        wide = max(4 * top_k, 20)
        place = self._table.read().place
        legs = [
            [place[each.id] for each in leg]
            for leg in (self.embedding_retrieval(query_embedding, filters, wide), self.bm25_retrieval(query, filters, wide))
        ]
        rows = self._table.read()
        return [_document(rows.entries[at], score) for at, score in fused(legs, [0.5, 0.5], top_k)]


def _document(entry: Entry, score: float | None = None) -> Document:
    document = Document.from_dict(dict(entry.metadata))
    if entry.vector is not None:
        document.embedding = [float(each) for each in entry.vector]
    if score is not None:
        document.score = score
    return document


def _allowed(rows: Snapshot, filters: Filters | None) -> list[int]:
    if not filters:
        return list(range(len(rows.entries)))
    if "operator" not in filters and "conditions" not in filters:
        raise FilterError("a filter has an operator: a comparison of a field, or AND, OR, NOT with conditions")
    return [i for i, entry in enumerate(rows.entries) if document_matches_filter(filters, _document(entry))]
