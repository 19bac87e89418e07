"""The pieces of a build that a cluster's workers run; each opens the pond by its path."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _millpond, _runtime
from ._errors import ConflictError
from ._pond import BuildReport, Pond, report_of
from ._runtime import ProgressFunction

if TYPE_CHECKING:
    import pyarrow


@functools.cache
def _opened(folder: str, branch: str, process: int) -> _millpond.Pond:
    """A pond stays open in a worker's process: models and parsers are started once. One thread: the engine has many."""
    return _millpond.Pond.open(folder, _runtime.make(threads=1), branch)


@dataclass(frozen=True)
class Job:
    """One table of one build, as its workers know it."""

    folder: str
    table: str
    fingerprint: str
    branch: str = ""

    def pond(self) -> _millpond.Pond:
        pond = _opened(self.folder, self.branch, os.getpid())
        if _millpond.fingerprint(pond, self.table) != self.fingerprint:
            raise ConflictError(f"the flow of table {self.table} changed while it was built", "Build again.", 4, 409)
        return pond

    def run_split(self, split: str) -> str:
        """Makes the rows of a split and writes them. Returns the outcome."""
        return _millpond.run_split(self.pond(), self.table, split)

    def split_rows(self, split: str) -> Iterator[pyarrow.RecordBatch]:
        """The rows of a split before the fold."""
        yield from _batches(_millpond.split_rows(self.pond(), self.table, split))

    def fold(self, rows: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        """The results of some keys."""
        first, rows = _peeked(rows)
        if first is not None:
            yield from _batches(_millpond.fold_split(self.pond(), self.table, rows))

    def write(self, rows: Iterable[pyarrow.RecordBatch]) -> tuple[int, str] | None:
        """Writes sorted results. Returns the position of the first, and the outcome; None if there are none."""
        first, rows = _peeked(rows)
        if first is None:
            return None
        position = first.column("_fold_position")[0].as_py()
        return position, _millpond.write_folded(self.pond(), self.table, rows)


def _batches(rows: _millpond.RowStream) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow

    yield from pyarrow.RecordBatchReader.from_stream(rows)


def _peeked(
    rows: Iterable[pyarrow.RecordBatch],
) -> tuple[pyarrow.RecordBatch | None, Iterator[pyarrow.RecordBatch]]:
    """The first batch that has rows, and all of them again."""
    iterator = (each for each in rows if each.num_rows)
    first = next(iterator, None)

    def again() -> Iterator[pyarrow.RecordBatch]:
        if first is not None:
            yield first
        yield from iterator

    return first, again()


RunSplits = Callable[[Job, list[str]], list[str]]
RunFold = Callable[[Job, list[str]], list[str]]


def build(
    pond: Pond,
    engine: str,
    splits: int,
    run_splits: RunSplits,
    run_fold: RunFold,
    retry_rejects: bool,
    progress: ProgressFunction | None,
) -> BuildReport:
    """The build of a pond whose rows are made elsewhere: sources and queries here, the rest by the workers.

    It is a build like any other: it takes the pond's build lock, and is recorded in `runs`, also when it fails.
    """

    def run(table: str, fingerprint: str, folded: bool, splits: list[str]) -> list[str]:
        job = Job(str(pond.path), table, fingerprint, pond.branch)
        return (run_fold if folded else run_splits)(job, splits)

    return report_of(pond._pond.build(retry_rejects, True, _runtime.reporter(progress), run, splits, engine))
