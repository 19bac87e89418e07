import datetime as dt
import unittest

import millpond as mp
from ponds import PondTest

try:
    import duckdb
    import pandas
    import polars
    import pyarrow as pa
except ImportError as missing:
    raise unittest.SkipTest(f"{missing.name} is not installed; run ./dev install --tests") from None

COLUMNS = {"id": "int64", "name": "utf8", "score": "float64", "at": "timestamp", "tags": "list<utf8>"}
AT = dt.datetime(2026, 1, 31, 12, tzinfo=dt.timezone.utc)
ROWS = [
    {"id": i, "name": None if i % 5 == 4 else f"n{i}", "score": i / 2, "at": AT + dt.timedelta(hours=i), "tags": ["a"] * (i % 3)}
    for i in range(10)
]


class Tables(PondTest):
    def setUp(self) -> None:
        self.here = mp.open(self.folder / "pond", create=True)
        for name in self.here.tables():
            self.here.drop_table(name)
        self.table = self.here.create_table("things", COLUMNS)
        self.assertEqual(self.table.append(pa.Table.from_pylist(ROWS)), 10)

    def ids(self, condition: mp.Filter) -> list[int]:
        return [row["id"] for row in self.table.scan(["id"], filter=condition).to_pylist()]

    def test_what_goes_in_comes_out(self) -> None:
        self.assertEqual(self.table.scan().to_pylist(), ROWS)
        self.assertEqual(self.table.scan().to_arrow().to_pylist(), ROWS)
        self.assertEqual([each.name for each in self.table.schema], list(COLUMNS))

    def test_other_libraries_take_the_stream_as_it_is(self) -> None:
        self.assertEqual(polars.DataFrame(self.table.scan(["id"]))["id"].to_list(), list(range(10)))
        rows = self.table.scan(["id", "score"])
        self.assertEqual(duckdb.sql("select sum(score) from rows").fetchone(), (22.5,))
        self.assertEqual(pa.table(self.table.scan(["score"])).num_rows, 10)
        self.assertEqual(self.table.scan(["name"]).to_pandas()["name"].isna().sum(), 2)

    def test_rows_of_other_libraries_go_in(self) -> None:
        self.table.overwrite(polars.DataFrame({"id": [1, 2], "name": ["x", "y"]}))
        self.table.append(pandas.DataFrame({"id": [3], "score": [0.5]}))
        self.table.append(duckdb.sql("select 4::bigint as id, 'z' as name"))
        self.table.append(iter(pa.table({"id": pa.array([5, 6], pa.int32())}).to_batches()))
        self.assertEqual(self.table.scan(["id"]).to_arrow()["id"].to_pylist(), [1, 2, 3, 4, 5, 6])
        self.table.append(pa.table({"name": pa.array(["d", "d"]).dictionary_encode(), "id": pa.array([7, 8], pa.uint8())}))
        self.assertEqual(self.table.rows(), 8)

    def test_filters(self) -> None:
        col = mp.col
        self.assertEqual(self.ids((col("id") > 2) & (col("score") < 3.0)), [3, 4, 5])
        self.assertEqual(self.ids(col("name").is_null()), [4, 9])
        self.assertEqual(self.ids(~(col("name") == "n1") & (col("id") < 6)), [0, 2, 3, 5])
        self.assertEqual(self.ids(col("id").is_in([1, 9]) | col("name").starts_with("n7")), [1, 7, 9])
        self.assertEqual(self.ids(col("at") >= AT + dt.timedelta(hours=8)), [8, 9])
        self.assertEqual(self.ids(col("name").contains("3")), [3])
        with self.assertRaises(mp.NotFoundError):
            self.ids(col("nothing") == 1)
        with self.assertRaises(mp.InvalidArgumentError):
            self.ids(col("name") == 1)
        with self.assertRaises(TypeError):
            bool(col("id") > 1)

    def test_deletes_and_history(self) -> None:
        before = self.table.snapshot
        self.assertEqual(self.table.delete(mp.col("id") < 4), 4)
        self.assertEqual(self.table.delete(mp.col("id") < 4), 0)
        self.assertEqual(len(self.table), 6)
        self.assertEqual(self.table.rows(at=before), 10)
        self.assertEqual(self.table.scan(["id"], at=before).to_arrow().num_rows, 10)
        self.assertEqual(len(self.table.history), 2)
        self.assertEqual(self.here["things"].rows(), 6)

    def test_single_rows_by_their_place(self) -> None:
        self.assertEqual(self.table.take([7, 0, 7]).to_pylist(), [ROWS[7], ROWS[0], ROWS[7]])
        self.assertEqual(self.table.take([2], columns=["tags", "id"]).to_pylist(), [{"tags": ROWS[2]["tags"], "id": 2}])
        before = self.table.snapshot
        self.table.delete(mp.col("id") < 4)
        self.assertEqual(self.table.take([0], columns=["id"]).to_pylist(), [{"id": 4}])
        self.assertEqual(self.table.take([0], columns=["id"], at=before).to_pylist(), [{"id": 0}])
        self.assertEqual(self.table.take([], columns=["id"]).to_pylist(), [])
        for places in ([6], [-1]):
            with self.assertRaises(mp.InvalidArgumentError):
                self.table.take(places)
        with self.assertRaises(mp.NotFoundError):
            self.table.take([0], columns=["nothing"])

    def test_a_stream_that_fails_half_way_commits_nothing(self) -> None:
        def rows():  # type: ignore[no-untyped-def]
            yield pa.RecordBatch.from_pylist([{"id": 1}])
            raise RuntimeError("no more")

        with self.assertRaisesRegex(mp.InvalidArgumentError, "no more"):
            self.table.append(rows())
        self.assertEqual(self.here["things"].rows(), 10)

    def test_what_is_no_table_is_refused(self) -> None:
        for rows in (5, "text", [1, 2], []):
            with self.assertRaises(mp.InvalidArgumentError):
                self.table.append(rows)
        with self.assertRaises(mp.Error):
            self.table.append(pa.table({"id": ["not a number"]}))


class Scans(PondTest):
    def test_do_not_copy(self) -> None:
        """The buffers that pyarrow gets are those that the engine read: a second holder allocates no rows."""
        here = mp.init(self.folder / "zero")
        table = here.create_table("wide", {"x": "int64"})
        table.append(pa.table({"x": list(range(200_000))}))
        reader = table.scan(batch_rows=65536).to_reader()
        first = reader.read_next_batch()
        before = pa.total_allocated_bytes()
        again = pa.record_batch(first)
        self.assertLess(pa.total_allocated_bytes() - before, 10_000)
        self.assertEqual(again.column(0).buffers()[1].address, first.column(0).buffers()[1].address)
        del reader, first
        self.assertEqual(again.column(0)[5].as_py(), 5)
