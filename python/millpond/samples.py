"""Batches of a table's rows for training, at one snapshot, in an order that only a seed decides.

>>> batches = TableBatches("library", "chunks", ["text"], batch=8, seed=7)
>>> batches[0]
[{'text': ...}, ...]

They go on where they were, and share out to ranks and workers, as `millpond.tokens` does it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy

from ._pond import open as open_pond
from ._rows import Rows
from ._table import At, Table
from .tokens import Batches


class TableBatches(Batches):
    """Rows of one snapshot of a table; `collate` makes a batch of them, dicts by default.

    `order_by` names a column of numbers to go by, `-score` from the highest down, for a curriculum: with `shuffle=False`
    in exactly that order (nulls last), with a number shuffled within so many neighbours.

    The snapshot is part of the state: a run goes on over the same rows, also if the table has changed since.
    """

    def __init__(
        self,
        pond: str | os.PathLike[str],
        table: str,
        columns: Sequence[str] = (),
        batch: int = 1,
        *,
        at: At | None = None,
        order_by: str = "",
        collate: Callable[[Rows], Any] = Rows.to_pylist,
        seed: int = 0,
        shuffle: bool | int = True,
        rank: int = 0,
        world: int = 1,
        drop_last: bool = True,
    ) -> None:
        self._pond, self._name, self._columns, self._collate = Path(pond), table, list(columns), collate
        self._opened: tuple[int, Table] | None = None
        now = self._table()
        if at is None:
            if now.snapshot is None:
                raise ValueError(f"the table has no rows yet: {table}")
            at = now.snapshot
        self._at = at
        self._by = self._sorted(order_by) if order_by else None
        of = {"table": table, "snapshot": str(at), "columns": self._columns, "order_by": order_by}
        super().__init__(now.rows(at), batch, seed, shuffle, rank, world, drop_last, of)

    def _table(self) -> Table:
        """Opened once a process: the engine's threads do not follow a worker that was forked."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = os.getpid(), open_pond(self._pond).table(self._name)
        return self._opened[1]

    def _sorted(self, order_by: str) -> numpy.ndarray:
        name = order_by.removeprefix("-")
        column = self._table().scan([name], at=self._at).to_arrow()[name]
        values = column.to_numpy().astype(numpy.float64)
        return numpy.argsort(-values if order_by.startswith("-") else values, kind="stable")

    def _samples(self, places: numpy.ndarray) -> Any:
        if self._by is not None:
            places = self._by[places]
        return self._collate(self._table().take(places.tolist(), self._columns, self._at))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}
