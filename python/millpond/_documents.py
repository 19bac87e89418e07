"""Texts with metadata and vectors in a table of a pond: what the adapters for frameworks are made of."""

from __future__ import annotations

import json
import math
import os
import re
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from . import _pond
from ._filter import Filter, col

_WORD = re.compile(r"\w+", re.UNICODE)


def words_of(text: str) -> list[str]:
    """Lower-case words."""
    return _WORD.findall(text.lower())


@dataclass(frozen=True)
class Entry:
    """One row."""

    id: str
    text: str
    metadata: dict[str, Any]
    vector: numpy.ndarray | None


class Snapshot:
    """The rows of one version, with what searches need of them."""

    def __init__(self, version: int | None, entries: list[Entry]) -> None:
        self.version = version
        self.entries = entries
        self.place = {entry.id: i for i, entry in enumerate(entries)}
        self._matrix: numpy.ndarray | None = None
        self._words: list[Counter[str]] | None = None

    def cosines(self, vector: Sequence[float]) -> numpy.ndarray:
        """The cosine of each row's vector with this one; -1 for rows without a vector."""
        matrix = self.matrix(len(vector))
        wanted = numpy.asarray(vector, dtype=numpy.float32)
        length = float(numpy.linalg.norm(wanted))
        scores: numpy.ndarray = matrix @ (wanted / length if length > 0 else wanted)
        scores[[entry.vector is None for entry in self.entries]] = -1.0
        return scores

    def matrix(self, dimensions: int) -> numpy.ndarray:
        """Vectors of length 1, a row each. Errors: ValueError if they have other dimensions."""
        if self._matrix is None:
            self._matrix = numpy.zeros((len(self.entries), dimensions), dtype=numpy.float32)
            for i, entry in enumerate(self.entries):
                if entry.vector is None:
                    continue
                if len(entry.vector) != dimensions:
                    raise ValueError(f"vectors here have {len(entry.vector)} dimensions, not: {dimensions}")
                length = float(numpy.linalg.norm(entry.vector))
                self._matrix[i] = entry.vector / length if length > 0 else entry.vector
        if self._matrix.shape[1] != dimensions and self.entries:
            raise ValueError(f"vectors here have {self._matrix.shape[1]} dimensions, not: {dimensions}")
        return self._matrix

    def words(self, query: str) -> numpy.ndarray:
        """BM25 of each row, k1 1.2, b 0.75; 0 where no word is shared."""
        if self._words is None:
            self._words = [Counter(words_of(entry.text)) for entry in self.entries]
        lengths = numpy.array([sum(counts.values()) for counts in self._words], dtype=numpy.float64)
        scores = numpy.zeros(len(self._words))
        mean = lengths.mean() if len(lengths) else 0.0
        for word in dict.fromkeys(words_of(query)):
            counts = numpy.array([each.get(word, 0) for each in self._words], dtype=numpy.float64)
            rows = int((counts > 0).sum())
            if rows == 0:
                continue
            weight = math.log(1 + (len(counts) - rows + 0.5) / (rows + 0.5))
            scores += weight * counts * 2.2 / (counts + 1.2 * (0.25 + 0.75 * lengths / max(mean, 1e-9)))
        return scores


class DocumentTable:
    """A table with the columns id, text, metadata (JSON) and embedding, each id once.

    Reads see what is committed; rows are kept in memory until the table changes. Searches compare with every row.
    """

    def __init__(self, pond: _pond.Pond | str | os.PathLike[str], table: str) -> None:
        self.pond = pond if isinstance(pond, _pond.Pond) else _pond.open(pond, create=True)
        self.name = table
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None
        if table not in self.pond:
            columns = {"id": "utf8", "text": "utf8", "metadata": "utf8", "embedding": "list<float32>"}
            self.pond.create_table(table, columns)

    def write(
        self,
        ids: Sequence[str],
        texts: Sequence[str],
        metadata: Sequence[dict[str, Any]],
        vectors: Sequence[Sequence[float] | None],
    ) -> None:
        """Adds rows; those with an id that is there take its place. Of equal ids in one call the last counts."""
        import pyarrow

        if not ids:
            return
        last = {each: i for i, each in enumerate(ids)}
        kept = sorted(last.values())
        rows = pyarrow.table(
            {
                "id": pyarrow.array([ids[i] for i in kept], pyarrow.string()),
                "text": pyarrow.array([texts[i] for i in kept], pyarrow.string()),
                "metadata": pyarrow.array([json.dumps(metadata[i], ensure_ascii=False) for i in kept], pyarrow.string()),
                "embedding": pyarrow.array(
                    [None if vectors[i] is None else numpy.asarray(vectors[i], dtype=numpy.float32) for i in kept],
                    pyarrow.list_(pyarrow.float32()),
                ),
            }
        )
        with self._lock:
            there = self.read().place
            replaced = [each for each in last if each in there]
            table = self.pond.table(self.name)
            if replaced:
                table.delete(col("id").is_in(replaced))
            table.append(rows)

    def delete(self, ids: Iterable[str]) -> int:
        """Removes rows by id. Returns how many there were."""
        with self._lock:
            there = self.read().place
            wanted = [each for each in dict.fromkeys(ids) if each in there]
            return self.pond.table(self.name).delete(_ids(wanted)) if wanted else 0

    def clear(self) -> int:
        """Removes all rows."""
        with self._lock:
            return self.delete(list(self.read().place))

    def read(self) -> Snapshot:
        """The current rows, oldest first."""
        with self._lock:
            table = self.pond.table(self.name)
            version = table.snapshot
            if self._snapshot is None or self._snapshot.version != version:
                rows = table.scan(["id", "text", "metadata", "embedding"]).to_arrow()
                vectors = [
                    None if each is None else numpy.asarray(each, dtype=numpy.float32)
                    for each in rows.column("embedding").to_pylist()
                ]
                parts = (rows.column(name).to_pylist() for name in ("id", "text", "metadata"))
                entries = [
                    Entry(id, text or "", json.loads(metadata or "{}"), vector)
                    for id, text, metadata, vector in zip(*parts, vectors, strict=True)
                ]
                self._snapshot = Snapshot(version, entries)
            return self._snapshot


def _ids(ids: list[str]) -> Filter:
    return col("id").is_in(ids)


def best(scores: numpy.ndarray, k: int, allowed: Sequence[int] | None = None) -> list[int]:
    """Places of the k highest scores, best first; of equal ones the earlier."""
    places = numpy.arange(len(scores)) if allowed is None else numpy.asarray(allowed, dtype=numpy.int64)
    if k <= 0 or len(places) == 0:
        return []
    order = numpy.argsort(-scores[places], kind="stable")
    return [int(places[i]) for i in order[:k]]


def diverse(matrix: numpy.ndarray, scores: numpy.ndarray, places: Sequence[int], k: int, weight: float) -> list[int]:
    """Chooses k of these places by maximal marginal relevance; `weight` 1 looks at relevance alone."""
    left, chosen = list(places), []  # type: ignore[var-annotated]
    while left and len(chosen) < k:
        near = matrix[left] @ matrix[chosen].T if chosen else numpy.zeros((len(left), 1), dtype=numpy.float32)
        value = weight * scores[left] - (1 - weight) * near.max(axis=1)
        chosen.append(left.pop(int(numpy.argmax(value))))
    return chosen


def fused(legs: Sequence[Sequence[int]], weights: Sequence[float], k: int) -> list[tuple[int, float]]:
    """Reciprocal rank fusion: places with their scores, best first."""
    scores: dict[int, float] = {}
    for leg, weight in zip(legs, weights, strict=True):
        for rank, place in enumerate(leg):
            scores[place] = scores.get(place, 0.0) + weight / (60 + rank + 1)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:k]
