"""Rows found by their vectors."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import _millpond
from ._filter import Filter, condition

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Neighbour:
    """A row that was found. `row` has the columns that the index keeps; `score` is larger, the nearer it is."""

    score: float
    row: dict[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.row[column]


@dataclass(frozen=True)
class Neighbours(Sequence[Neighbour]):
    """Rows, nearest first. `metric` says what the scores are, `matching` how many rows they were chosen from."""

    hits: list[Neighbour]
    column: str
    metric: str
    matching: int = field(repr=False)

    def __len__(self) -> int:
        return len(self.hits)

    def __getitem__(self, index: Any) -> Any:
        return self.hits[index]


def nearest(
    vectors: _millpond.Vectors, vector: ArrayLike, k: int, column: str, where: Filter | str | None, recall: float
) -> Neighbours:
    """Asks an open snapshot."""
    found = vectors.find(_matrix(vector), k, column, condition(where), recall)
    return Neighbours([Neighbour(**each) for each in found["hits"]], found["column"], found["metric"], found["matching"])


def _matrix(vector: ArrayLike) -> object:
    """Rows of float32 that the extension reads in place. Lists need no numpy."""
    if isinstance(vector, (list, tuple)):
        lines = vector if len(vector) > 0 and isinstance(vector[0], (list, tuple)) else [vector]
        lengths = {len(line) for line in lines}
        if len(lengths) == 1 and lengths != {0}:
            numbers = array("f", [float(number) for line in lines for number in line])
            return memoryview(numbers).cast("B").cast("f", (len(lines), lengths.pop()))
        raise ValueError(f"a vector is a list of numbers, or a list of such lists of one length: {vector!r:.100}")
    import numpy

    asked = numpy.ascontiguousarray(vector, dtype=numpy.float32)
    if asked.ndim not in (1, 2) or asked.size == 0:
        raise ValueError(f"a vector is a list of numbers, or a list of such lists; it has the shape: {asked.shape}")
    return numpy.atleast_2d(asked)
