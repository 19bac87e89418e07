"""Rows on demand, in Arrow's form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _millpond

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Field(NamedTuple):
    """A column: its name, its type as in `list<struct<kind: utf8, page: int32>>`, and whether it is never null."""

    name: str
    type: str
    required: bool = False


class Rows:
    """A stream of rows that can be read once.

    Any library that knows Arrow's PyCapsule protocol takes it as it is, without a copy: `pyarrow.table(rows)`,
    `polars.from_arrow(rows)` or `polars.DataFrame(rows)`, `duckdb.from_arrow`; the methods below are short for that.
    Iterating gives batches.
    """

    def __init__(self, stream: _millpond.RowStream) -> None:
        self._stream = stream

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._stream.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._stream.__arrow_c_schema__()

    @property
    def schema(self) -> list[Field]:
        """The columns."""
        return [Field(*each) for each in self._stream.schema]

    def __iter__(self) -> Iterator[_millpond.Batch]:
        while (batch := self._stream.next()) is not None:
            yield batch

    def to_arrow(self) -> pyarrow.Table:
        """All rows as a pyarrow table."""
        import pyarrow

        return pyarrow.RecordBatchReader.from_stream(self).read_all()

    def to_reader(self) -> pyarrow.RecordBatchReader:
        """The stream as pyarrow's reader."""
        import pyarrow

        return pyarrow.RecordBatchReader.from_stream(self)

    def to_polars(self) -> polars.DataFrame:
        """All rows as a polars data frame."""
        import polars

        return polars.DataFrame(self)

    def to_pandas(self) -> pandas.DataFrame:
        """All rows as a pandas data frame."""
        return self.to_arrow().to_pandas()

    def to_pylist(self) -> list[dict[str, Any]]:
        """All rows as dicts."""
        return [row for batch in self for row in batch.to_pylist()]

    def __repr__(self) -> str:
        return f"<millpond.Rows of {', '.join(each.name for each in self.schema)}>"
