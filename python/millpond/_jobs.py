"""The pieces of a build that a cluster's workers run; each opens the pond by its path."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from . import _millpond, _runtime
from ._errors import ConflictError
from ._pond import BuildReport, Pond, report_of
from ._runtime import ProgressFunction

if TYPE_CHECKING:
    import pyarrow

log = logging.getLogger("millpond")


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

    def note(self, plan: bytes, rows: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        """Records about the rows of whole splits (each after the records on it, in some passes); the last is a tally."""
        first, rows = _peeked(rows)
        if first is not None:
            yield from _batches(_millpond.note_split(self.pond(), self.table, plan, rows))

    def work(self, plan: bytes, records: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        """Records of some places in, records out; the last is a tally."""
        first, records = _peeked(records)
        if first is not None:
            yield from _batches(_millpond.work_records(self.pond(), self.table, plan, records))

    def judge(self, plan: bytes, rows: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        """Rows of whole splits in order, each after the verdicts on it, in; results in order out."""
        first, rows = _peeked(rows)
        if first is not None:
            yield from _batches(_millpond.judge_split(self.pond(), self.table, plan, rows))

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


TALLY = -1  # the kind of the records that the driver reads
Records = TypeVar("Records")


def in_passes(
    pond: Pond,
    table: str,
    note: Callable[[bytes], Records],
    work: Callable[[Records, bytes], Records],
    answer: Callable[[Records, bytes], Records],
    tallies: Callable[[Records], list[tuple[int, bytes]]],
) -> tuple[Records, bytes]:
    """Runs the passes of a fold until rows can be judged. Returns the verdicts and the plan.

    Only tallies come to the driver: a few bytes of each place, and how much that place saw.
    """
    records: Records | None = None
    found: list[bytes] = []
    plan, count = b"", 0
    while True:
        name, plan, told = _millpond.next_pass(pond._pond, table, plan, found)
        if told:
            log.warning("%s: %s", table, told)
        if name == "judge":
            assert records is not None
            return records, plan
        if name == "rows" or records is None:
            records = note(plan)
        else:
            records = (answer if name == "answer" else work)(records, plan)
        made = tallies(records)
        found = [tally for _, tally in made]
        count += 1
        seen = [number for number, _ in made] or [0]
        share = 100 * max(seen) / max(1, sum(seen))
        kind = "rows" if name == "answer" else name
        log.info("%s: pass %d saw %d %s in %d places, the largest %.1f %%", table, count, sum(seen), kind, len(made), share)


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
