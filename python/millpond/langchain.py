"""LangChain: a vector store in a table of a pond, and a retriever over the documents of one.

>>> from millpond.langchain import PondRetriever, PondVectorStore
>>> retriever = PondRetriever(pond="library", k=4)
>>> retriever.invoke("How long is the notice period?")[0].metadata["citation"]
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

try:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.vectorstores import VectorStore
except ImportError as missing:  # pragma: no cover
    raise ImportError("millpond.langchain needs LangChain: pip install langchain-core") from missing

from . import _pond
from ._documents import DocumentTable, Entry, best, diverse
from ._models import Embedder

Filter = dict[str, Any] | Callable[[Document], bool]


class PondEmbeddings(Embeddings):
    """The local sentence model as LangChain's embeddings."""

    def __init__(self, model: str = "minilm-l6") -> None:
        self._embedder = Embedder(model)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(each) for each in vector] for vector in self._embedder.embed(texts)] if texts else []

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class PondVectorStore(VectorStore):
    """Documents with vectors in an Iceberg table of a pond.

    `pond`: a folder (made if it is not there) or an open pond. Searches are exact: they compare with every row.
    `filter`: `{"author": "Ann"}`, with lists for any of several values, or a function of the document.
    """

    def __init__(
        self, embedding: Embeddings, pond: _pond.Pond | str | os.PathLike[str] = ".", table: str = "langchain"
    ) -> None:
        self._embedding = embedding
        self._table = DocumentTable(pond, table)

    @property
    def embeddings(self) -> Embeddings:
        return self._embedding

    def add_texts(
        self, texts: Iterable[str], metadatas: list[dict[Any, Any]] | None = None, *, ids: list[str] | None = None, **_: Any
    ) -> list[str]:
        texts = list(texts)
        metadatas = metadatas or [{} for _ in texts]
        given: Sequence[str | None] = ids or [None] * len(texts)
        if len(metadatas) != len(texts) or len(given) != len(texts):
            raise ValueError(f"there are {len(texts)} texts, {len(metadatas)} metadatas and {len(given)} ids")
        names = [each or str(uuid.uuid4()) for each in given]
        self._table.write(names, texts, metadatas, self._embedding.embed_documents(texts))
        return names

    def add_documents(self, documents: list[Document], **more: Any) -> list[str]:
        if "ids" not in more:
            more["ids"] = [document.id for document in documents]
        return self.add_texts([each.page_content for each in documents], [each.metadata for each in documents], **more)

    def delete(self, ids: list[str] | None = None, **_: Any) -> bool | None:
        self._table.clear() if ids is None else self._table.delete(ids)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        rows = self._table.read()
        return [_document(rows.entries[rows.place[each]]) for each in ids if each in rows.place]

    def similarity_search(self, query: str, k: int = 4, filter: Filter | None = None, **_: Any) -> list[Document]:
        return [document for document, _ in self.similarity_search_with_score(query, k, filter)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Filter | None = None, **_: Any
    ) -> list[tuple[Document, float]]:
        """With the cosine of each."""
        return self._search(self._embedding.embed_query(query), k, filter)

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: Filter | None = None, **_: Any
    ) -> list[Document]:
        return [document for document, _ in self._search(embedding, k, filter)]

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, filter: Filter | None = None, **_: Any
    ) -> list[Document]:
        vector = self._embedding.embed_query(query)
        return self.max_marginal_relevance_search_by_vector(vector, k, fetch_k, lambda_mult, filter)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter | None = None,
        **_: Any,
    ) -> list[Document]:
        rows = self._table.read()
        if not rows.entries:
            return []
        scores = rows.cosines(embedding)
        places = best(scores, fetch_k, _allowed(rows.entries, filter))
        chosen = diverse(rows.matrix(len(embedding)), scores, places, k, lambda_mult)
        return [_document(rows.entries[place]) for place in chosen]

    def _search(self, vector: Sequence[float], k: int, filter: Filter | None) -> list[tuple[Document, float]]:
        rows = self._table.read()
        if not rows.entries:
            return []
        scores = rows.cosines(vector)
        places = best(scores, k, _allowed(rows.entries, filter))
        return [(_document(rows.entries[place]), float(scores[place])) for place in places]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda cosine: (1.0 + cosine) / 2.0

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[Any, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        pond: _pond.Pond | str | os.PathLike[str] = ".",
        table: str = "langchain",
        **_: Any,
    ) -> PondVectorStore:
        store = cls(embedding, pond, table)
        store.add_texts(texts, metadatas, ids=ids)
        return store


class PondRetriever(BaseRetriever):
    """Passages of a pond's documents: by words and meaning, with citations that `Pond.show` takes."""

    pond: Any
    """A folder, or an open pond."""
    k: int = 4
    by: str = "hybrid"
    table: str = ""
    where: Any = None
    """Which rows to look among: `mp.col("uri").starts_with("file:///a/")`, or SQL over the table's columns."""
    syntax: bool = False
    context: Any = 0
    """As in `Pond.search`; the text around a passage becomes part of the document's content."""
    diverse: float = 0.0
    rerank: bool | str = True

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        if not isinstance(self.pond, _pond.Pond):
            self.pond = _pond.open(self.pond)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        found = self.pond.search(
            query, k=self.k, by=self.by, table=self.table, where=self.where, syntax=self.syntax, context=self.context,
            diverse=self.diverse, rerank=self.rerank,
        )  # fmt: skip
        return [
            Document(
                id=passage.citation,
                page_content=passage.in_context,
                metadata={
                    "citation": passage.citation,
                    "source": passage.uri,
                    "title": passage.title,
                    "heading_path": passage.heading_path,
                    "page": passage.first_page or None,
                    "score": passage.score,
                },
            )
            for passage in found
        ]


def _document(entry: Entry) -> Document:
    return Document(id=entry.id, page_content=entry.text, metadata=dict(entry.metadata))


def _allowed(entries: list[Entry], filter: Filter | None) -> list[int] | None:
    if filter is None:
        return None
    if callable(filter):
        return [i for i, entry in enumerate(entries) if filter(_document(entry))]

    def takes(metadata: dict[str, Any]) -> bool:
        wanted = filter.items()
        return all(metadata.get(name) in value if isinstance(value, list) else metadata.get(name) == value for name, value in wanted)

    return [i for i, entry in enumerate(entries) if takes(entry.metadata)]
