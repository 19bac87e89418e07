"""Tables: reading, writing, history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import _millpond
from ._filter import Filter
from ._rows import Field, Rows

At = str | int | dt.datetime | dt.date
"""A moment: a snapshot's id, a time, or a text such as "2026-01-31" or "latest"."""


def at_text(at: At | None) -> str:
    """The moment as the engine reads it."""
    if at is None:
        return ""
    if isinstance(at, dt.datetime):
        aware = at if at.tzinfo else at.replace(tzinfo=dt.timezone.utc)
        return aware.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return str(at)


@dataclass(frozen=True)
class Snapshot:
    """One commit of a table."""

    id: int
    parent: int | None
    timestamp_ms: int
    operation: str
    summary: dict[str, str] = field(repr=False)

    @property
    def at(self) -> dt.datetime:
        """When it was made."""
        return dt.datetime.fromtimestamp(self.timestamp_ms / 1000, dt.timezone.utc)


@dataclass(frozen=True)
class DataFile:
    """A Parquet file of a table, with the rows in it that are not deleted."""

    path: str
    rows: int
    size_bytes: int


@dataclass(frozen=True)
class Maintenance:
    """What maintaining a table did."""

    files_before: int
    files_after: int
    snapshots_expired: int
    files_removed: int
    size_bytes_freed: int


class Table:
    """An Iceberg table of a pond, as it was when it was opened or last written through this object; see `refresh`."""

    def __init__(self, table: _millpond.Table) -> None:
        self._table = table

    @property
    def name(self) -> str:
        return self._table.name

    @property
    def location(self) -> str:
        """The folder of the table, as a URI."""
        return self._table.location

    @property
    def metadata_location(self) -> str:
        """The metadata file of this version: other engines open the table by it."""
        return self._table.metadata_location

    @property
    def schema(self) -> list[Field]:
        """The columns."""
        return [Field(*each) for each in self._table.schema]

    @property
    def properties(self) -> dict[str, str]:
        return self._table.properties

    def refresh(self) -> Table:
        """Takes up what others committed since. Returns the table itself."""
        self._table.refresh()
        return self

    def __len__(self) -> int:
        return self._table.rows("")

    def rows(self, at: At | None = None) -> int:
        """How many rows there are, or were."""
        return self._table.rows(at_text(at))

    def scan(
        self,
        columns: Sequence[str] = (),
        filter: Filter | None = None,
        at: At | None = None,
        batch_rows: int = 4096,
    ) -> Rows:
        """Reads rows: these columns (all if none is named) of those that the filter takes, now or at an earlier moment.

        >>> table.scan(["title", "text"], filter=mp.col("tokens") > 100).to_arrow()
        """
        form = filter.form if filter is not None else None
        return Rows(self._table.scan(list(columns), form, at_text(at), batch_rows))

    def take(self, places: Sequence[int], columns: Sequence[str] = (), at: At | None = None) -> Rows:
        """Reads single rows by their place in the table, from 0, in the order asked; repeats are allowed.

        Only the pages of the files that hold them are read, where the files have an index of pages.
        Errors: InvalidArgumentError for a place that there is not.
        """
        return Rows(self._table.take(list(places), list(columns), at_text(at)))

    def append(self, rows: object) -> int:
        """Adds rows of anything in Arrow's form, in one commit. Returns how many. Optional columns may be left out."""
        return self._table.write(rows, False)

    def overwrite(self, rows: object) -> int:
        """Puts these rows in the place of all that are there, in one commit. Returns how many."""
        return self._table.write(rows, True)

    def delete(self, filter: Filter) -> int:
        """Deletes the rows that the filter takes, in one commit. Returns how many."""
        return self._table.delete(filter.form)

    @property
    def history(self) -> list[Snapshot]:
        """The commits that are kept, oldest first."""
        return [Snapshot(**each) for each in self._table.snapshots()]

    @property
    def snapshot(self) -> int | None:
        """The id of the current commit; None while there is none."""
        return self._table.current()

    @property
    def files(self) -> list[DataFile]:
        """The data files of the current snapshot."""
        return [DataFile(**each) for each in self._table.files()]

    def maintain(self, keep_snapshots: int = 10, keep_days: float = 7, orphan_hours: float = 24) -> Maintenance:
        """Merges small files, forgets old snapshots, removes files that nothing names."""
        return Maintenance(**self._table.maintain(keep_snapshots, keep_days, orphan_hours))

    def __repr__(self) -> str:
        return f"<millpond.Table {self.name}: {len(self)} rows>"
