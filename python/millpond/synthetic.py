"""Rows that look like those of a table and are none of them, by a Gaussian copula, with how near they come to real ones.

>>> made = synthesise(pond, "patients", "patients_synthetic", ["age", "weight", "ward"], rows=10_000, seed=7)
>>> made.privacy.closer_to_learned          # about 0.5 when nothing was memorised
0.502

Each column keeps its distribution, and pairs of columns keep their rank correlation. Needs NumPy and pyarrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy
import pyarrow as pa

from ._pond import Pond
from ._table import At, Table

_TAIL = 0.005  # of a column of numbers, at each end: extremes belong to single rows


def _normal(uniform: numpy.ndarray) -> numpy.ndarray:
    return numpy.asarray(numpy.vectorize(NormalDist().inv_cdf, otypes=[float])(numpy.clip(uniform, 1e-9, 1 - 1e-9)))


def _uniform(normal: numpy.ndarray) -> numpy.ndarray:
    return numpy.asarray(0.5 * (1 + numpy.vectorize(math.erf, otypes=[float])(normal / math.sqrt(2))))


class _Numbers:
    """A column of numbers: quantiles without the tails."""

    def __init__(self, values: list[Any]) -> None:
        self.whole = all(isinstance(value, int) for value in values)
        array = numpy.array(values, float)
        self.sorted = numpy.sort(numpy.clip(array, numpy.quantile(array, _TAIL), numpy.quantile(array, 1 - _TAIL)))

    def uniform(self, values: list[Any], chance: numpy.random.Generator) -> numpy.ndarray:
        array = numpy.array(values, float)
        low, high = (numpy.searchsorted(self.sorted, array, side=side) for side in ("left", "right"))
        return (low + (high - low) * chance.random(len(array))) / len(self.sorted)

    def values(self, uniform: numpy.ndarray) -> list[Any]:
        found = numpy.quantile(self.sorted, uniform)
        return [int(value) for value in numpy.rint(found)] if self.whole else [float(value) for value in found]


class _Kinds:
    """A column of few values: each has a piece of the unit interval. Those of fewer rows than `rows_min` are left out."""

    def __init__(self, values: list[Any], rows_min: int) -> None:
        counts: dict[Any, int] = {}
        for value in values:
            counts[value] = counts.get(value, 0) + 1
        self.kinds = sorted((kind for kind, count in counts.items() if count >= rows_min), key=lambda k: (-counts[k], str(k)))
        if not self.kinds:
            raise ValueError(f"no value of the column occurs {rows_min} times; leave the column out")
        sizes = numpy.array([counts[kind] for kind in self.kinds], float)
        self.ends = numpy.cumsum(sizes) / sizes.sum()
        self.begins = numpy.concatenate([[0.0], self.ends[:-1]])
        self.places = {kind: place for place, kind in enumerate(self.kinds)}

    def uniform(self, values: list[Any], chance: numpy.random.Generator) -> numpy.ndarray:
        places = numpy.array([self.places.get(value, 0) for value in values])
        return numpy.asarray(self.begins[places] + (self.ends - self.begins)[places] * chance.random(len(places)))

    def values(self, uniform: numpy.ndarray) -> list[Any]:
        places = numpy.minimum(numpy.searchsorted(self.ends, uniform, side="right"), len(self.kinds) - 1)
        return [self.kinds[place] for place in places]


class Copula:
    """A Gaussian copula over columns of numbers, booleans and texts of few values; nulls have a latent column of their own."""

    def __init__(self, rows: pa.Table, *, rows_min: int = 5, seed: int = 0) -> None:
        if rows.num_rows < 2 * rows_min:
            raise ValueError(f"too few rows to learn from: {rows.num_rows}")
        self.schema = rows.schema
        self._columns: list[tuple[str, _Numbers | _Kinds, _Kinds | None]] = []
        chance, latent = numpy.random.default_rng(seed), []
        for field in rows.schema:
            values = rows[field.name].to_pylist()
            known = [value for value in values if value is not None]
            if not known:
                raise ValueError(f"a column has no values: {field.name}")
            numbers = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
            if not numbers and not pa.types.is_string(field.type) and not pa.types.is_boolean(field.type):
                raise ValueError(f"no copula over a column of this type: {field.name}: {field.type}")
            column = _Numbers(known) if numbers else _Kinds(known, rows_min)
            absent = [value is None for value in values]
            missing = _Kinds(absent, 1) if any(absent) else None
            filled = [known[int(chance.integers(len(known)))] if value is None else value for value in values]
            latent.append(_normal(column.uniform(filled, chance)))
            if missing is not None:
                latent.append(_normal(missing.uniform(absent, chance)))
            self._columns.append((field.name, column, missing))
        self.correlation = numpy.atleast_2d(numpy.corrcoef(numpy.array(latent)))
        values_, vectors = numpy.linalg.eigh(numpy.nan_to_num(self.correlation))
        self._root = vectors * numpy.sqrt(numpy.maximum(values_, 1e-9))

    def sample(self, count: int, seed: int = 0) -> pa.Table:
        """So many rows; the same for the same seed."""
        chance = numpy.random.default_rng([seed, 1])
        normal = chance.standard_normal((count, len(self._root))) @ self._root.T
        uniform = _uniform(normal / numpy.sqrt((self._root**2).sum(axis=1)))
        columns, at = {}, 0
        for name, column, missing in self._columns:
            values, at = column.values(uniform[:, at]), at + 1
            if missing is not None:
                absent, at = missing.values(uniform[:, at]), at + 1
                values = [None if gone else value for value, gone in zip(values, absent)]
            columns[name] = values
        return pa.table({field.name: pa.array(columns[field.name], field.type) for field in self.schema})


@dataclass(frozen=True)
class Privacy:
    """How near made rows come to real ones: medians of the distance to the closest, over columns scaled to 0 to 1."""

    made_to_learned: float
    made_to_held_out: float
    held_out_to_learned: float
    closer_to_learned: float
    """Share of made rows that are closer to a row that was learned from than to any that was held out; 0.5 is none the wiser."""
    copies: int
    """Made rows that equal one that was learned from."""


@dataclass(frozen=True)
class Synthetic:
    table: Table
    rows: int
    privacy: Privacy


def _points(rows: pa.Table, learned: pa.Table) -> numpy.ndarray:
    columns = []
    for field in learned.schema:
        values = rows[field.name].to_pylist()
        if pa.types.is_string(field.type) or pa.types.is_boolean(field.type):
            kinds = sorted({str(v) for v in learned[field.name].to_pylist()})
            columns += [numpy.array([0.5 * (str(v) == kind) for v in values]) for kind in kinds]
        else:
            real = numpy.array([v for v in learned[field.name].to_pylist() if v is not None], float)
            low, size = real.min(), max(float(real.max() - real.min()), 1e-12)
            columns.append(numpy.array([-1.0 if v is None else (v - low) / size for v in values]))
    return numpy.array(columns).T


def _nearest(points: numpy.ndarray, others: numpy.ndarray) -> numpy.ndarray:
    squares, found = (others**2).sum(axis=1), []
    for begin in range(0, len(points), 512):
        some = points[begin : begin + 512]
        apart = (some**2).sum(axis=1)[:, None] + squares - 2 * some @ others.T
        found.append(numpy.sqrt(numpy.maximum(apart.min(axis=1), 0)))
    return numpy.concatenate(found)


def privacy(made: pa.Table, learned: pa.Table, held_out: pa.Table, rows_max: int = 5000) -> Privacy:
    """Compares up to `rows_max` rows of each; learned and held-out rows equally many, so that chance favours neither."""
    count = min(learned.num_rows, held_out.num_rows, rows_max)
    real, kept = _points(learned.slice(0, count), learned), _points(held_out.slice(0, count), learned)
    points = _points(made.slice(0, rows_max), learned)
    to_learned, to_held_out = _nearest(points, real), _nearest(points, kept)
    closer = (to_learned < to_held_out).mean() + 0.5 * (to_learned == to_held_out).mean()
    known = {tuple(row.values()) for row in learned.to_pylist()}
    copies = sum(tuple(row.values()) in known for row in made.to_pylist())
    return Privacy(
        made_to_learned=float(numpy.median(to_learned)),
        made_to_held_out=float(numpy.median(to_held_out)),
        held_out_to_learned=float(numpy.median(_nearest(kept, real))),
        closer_to_learned=float(closer),
        copies=copies,
    )


def synthesise(
    pond: Pond,
    source: str,
    target: str,
    columns: Sequence[str],
    rows: int,
    *,
    at: At | None = None,
    rows_min: int = 5,
    seed: int = 0,
) -> Synthetic:
    """Makes a table of rows like those of another; half of the real ones are held out, to measure privacy by.

    The new table has a column `synthetic` that says what it was made of: `copula:TABLE@SNAPSHOT`.
    Errors: ValueError for a column that has no copula, or too few rows.
    """
    table = pond.table(source)
    snapshot = table.snapshot if at is None else at
    real = table.scan(list(columns), at=snapshot).to_arrow().select(list(columns))
    order = numpy.random.default_rng([seed, 2]).permutation(real.num_rows)
    learned, held_out = real.take(order[: len(order) // 2]), real.take(order[len(order) // 2 :])
    made = Copula(learned, rows_min=rows_min, seed=seed).sample(rows, seed)
    types = {field.name: field.type for field in table.schema}
    created = pond.create_table(target, {**{name: types[name] for name in columns}, "synthetic": "utf8"})
    mark = pa.array([f"copula:{source}@{snapshot}"] * rows, pa.string())
    created.append(made.append_column("synthetic", mark))
    return Synthetic(created, rows, privacy(made, learned, held_out))


__all__ = ["Copula", "Privacy", "Synthetic", "privacy", "synthesise"]
