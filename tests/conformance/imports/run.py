#!/usr/bin/env python3
"""Tables that PyIceberg and Spark wrote become tables of the pond, and nothing that the pond does touches their files.

What is not installed is skipped by name; with MILLPOND_REQUIRE_ALL=1 it fails.
"""
import hashlib
import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rest"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tables"))
from cases import Missing, run_cases  # noqa: E402 - of tests/conformance
from run import spark_session  # noqa: E402 - of tests/conformance/tables
from servers import millpond  # noqa: E402


class Pond:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        millpond(self.folder, "init")

    def rows(self, query, *words):
        return json.loads(millpond(self.folder, "sql", query, "--format", "json", *words).stdout)

    def write(self, statement):
        return millpond(self.folder, "sql", "--write", statement).stdout

    def table(self, name):
        from pyiceberg.catalog.sql import SqlCatalog
        root = self.folder / ".pond"
        return SqlCatalog("pond", uri=f"sqlite:///{root}/catalog.db").load_table(f"main.{name}")

    def where(self, name):
        for line in millpond(self.folder, "tables", name).stdout.splitlines():
            if line.startswith("metadata: "):
                return line.split(": ", 1)[1]
        raise AssertionError(f"`tables {name}` names no metadata")

    def maintain(self):
        millpond(self.folder, "maintain", "--keep-snapshots", "1", "--keep-days", "0", "--orphan-hours", "0")


def fingerprint(folder):
    """Every file below a folder with the hash of its bytes."""
    files = [path for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def same(ours, theirs, what):
    def key(row):
        return json.dumps(row, sort_keys=True, default=str)
    ours, theirs = sorted(ours, key=key), sorted(theirs, key=key)
    assert ours == theirs, f"{what}: {len(ours)} and {len(theirs)} rows; first {ours[:2]} and {theirs[:2]}"


def pyiceberg_table(folder):
    """Partitioned, with a branch, a tag, a renamed column, and rows deleted by a rewrite."""
    try:
        from pyiceberg.catalog.sql import SqlCatalog
    except ImportError as problem:
        raise Missing(f"pyiceberg: {problem}")
    import pyarrow
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.transforms import IdentityTransform
    from pyiceberg.types import LongType, NestedField, StringType
    warehouse = pathlib.Path(folder) / "warehouse"
    warehouse.mkdir()
    catalog = SqlCatalog("theirs", uri=f"sqlite:///{warehouse}/catalog.db", warehouse=f"file://{warehouse}")
    catalog.create_namespace("shop")
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "kind", StringType()), NestedField(3, "text", StringType()))
    spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "kind"))
    table = catalog.create_table("shop.sales", schema, partition_spec=spec)
    for first in (0, 100):
        table.append(pyarrow.table({"id": range(first, first + 100), "kind": [f"k{i % 3}" for i in range(100)],
                                    "text": [f"text {i}" for i in range(100)]}))
    before = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_tag(before, "before").commit()
    table.delete("id >= 20 and id < 50")
    with table.update_schema() as change:
        change.rename_column("text", "body")
        change.add_column("price", LongType())
    return warehouse, table, before


def pyiceberg_table_stays_as_it_is(pond):
    warehouse, table, before = pyiceberg_table(pond.folder)
    wanted, then = table.scan().to_arrow().to_pylist(), table.scan(snapshot_id=before).to_arrow().to_pylist()
    untouched = fingerprint(warehouse)
    said = json.loads(millpond(pond.folder, "import", str(warehouse / "shop" / "sales"), "--json").stdout)
    assert said["table"] == "sales" and said["rows"] == 170 and said["files_named"] > 3, said
    assert not list((pond.folder / ".pond/tables/sales/data").iterdir()), "rows were written anew"
    same(pond.rows("select * from sales"), wanted, "our SQL")
    same(pond.rows("select id, kind from sales", "--at", str(before)),
         [{"id": row["id"], "kind": row["kind"]} for row in then], "its history")
    same(pond.rows("select id from sales", "--at", "before"), [{"id": row["id"]} for row in then], "its tag")
    same(pond.table("sales").scan().to_arrow().to_pylist(), wanted, "PyIceberg over the pond's table")
    millpond(pond.folder, "check")

    pond.write("update sales set price = id * 2 where id % 7 = 0; delete from sales where kind = 'k1' and id > 90; "
               "insert into sales (id, kind, body) values (1000, 'k9', 'new')")
    wanted = [{**row, "price": row["id"] * 2 if row["id"] % 7 == 0 else None} for row in wanted
              if not (row["kind"] == "k1" and row["id"] > 90)] + [{"id": 1000, "kind": "k9", "body": "new", "price": None}]
    same(pond.rows("select * from sales"), wanted, "after our writes")
    millpond(pond.folder, "tag", "before", "--drop")
    for _ in range(2):
        pond.maintain()
        same(pond.rows("select * from sales"), wanted, "after maintenance")
        same(pond.table("sales").scan().to_arrow().to_pylist(), wanted, "PyIceberg after maintenance")
    millpond(pond.folder, "check")
    assert len(pond.table("sales").snapshots()) == 1
    pond.write("drop table sales")
    assert fingerprint(warehouse) == untouched, "files of the other table changed"
    table.refresh()
    assert table.scan().to_arrow().num_rows == 170


def a_copy_needs_nothing_of_the_other_table(pond):
    warehouse, table, _ = pyiceberg_table(pond.folder)
    wanted = table.scan().to_arrow().to_pylist()
    metadata = table.metadata_location.removeprefix("file://")
    millpond(pond.folder, "import", metadata, "--as", "own", "--copy")
    shutil.rmtree(warehouse)
    same(pond.rows("select * from own"), wanted, "our SQL")
    same(pond.table("own").scan().to_arrow().to_pylist(), wanted, "PyIceberg")
    assert "gc.enabled" not in pond.table("own").properties
    assert str(warehouse).encode() not in pathlib.Path(pond.where("own").removeprefix("file://")).read_bytes()
    millpond(pond.folder, "check")


def a_moved_pond_still_names_them(pond):
    warehouse, table, _ = pyiceberg_table(pond.folder)
    millpond(pond.folder, "import", str(warehouse / "shop/sales"), "--as", "s")
    pond.write("delete from s where id < 10")
    wanted = [row for row in table.scan().to_arrow().to_pylist() if row["id"] >= 10]
    untouched = fingerprint(warehouse)
    moved = Pond.__new__(Pond)
    moved.folder = pond.folder / "elsewhere"
    moved.folder.mkdir()
    for name in (".pond", "pond.yaml"):
        os.rename(pond.folder / name, moved.folder / name)
    same(moved.rows("select * from s"), wanted, "moved")
    millpond(moved.folder, "relocate")
    same(moved.rows("select * from s"), wanted, "relocated")
    same(moved.table("s").scan().to_arrow().to_pylist(), wanted, "PyIceberg, relocated")
    millpond(moved.folder, "check")
    now = fingerprint(warehouse)
    changed = [path for path in {**now, **untouched} if now.get(path) != untouched.get(path)]
    assert not changed, f"files of the other table changed: {changed}"


def files_without_ids_are_read_by_names(pond):
    """PyIceberg took Parquet files into its table as they were: their columns are known by a name mapping."""
    warehouse, table, _ = pyiceberg_table(pond.folder)
    import pyarrow
    import pyarrow.parquet
    from pyiceberg.catalog.sql import SqlCatalog
    catalog = SqlCatalog("theirs", uri=f"sqlite:///{warehouse}/catalog.db", warehouse=f"file://{warehouse}")
    rows = pyarrow.table({"id": pyarrow.array(range(20), pyarrow.int64()), "word": [f"w{i}" for i in range(20)]})
    pyarrow.parquet.write_table(rows, warehouse / "bare.parquet")
    table = catalog.create_table("shop.bare", rows.schema)
    table.append(rows.slice(0, 5))
    table.add_files([f"file://{warehouse}/bare.parquet"])
    wanted = rows.to_pylist() + rows.slice(0, 5).to_pylist()
    millpond(pond.folder, "import", str(warehouse / "shop/bare"))
    same(pond.rows("select * from bare"), wanted, "our SQL")
    millpond(pond.folder, "export", "bare", "bare.jsonl")
    same([json.loads(line) for line in open(pond.folder / "bare.jsonl")], wanted, "our export")
    pond.write("update bare set word = 'x' where id = 3; delete from bare where id = 4")
    wanted = [{**row, "word": "x"} if row["id"] == 3 else row for row in wanted if row["id"] != 4]
    same(pond.rows("select * from bare"), wanted, "our SQL after writes")
    same(pond.table("bare").scan().to_arrow().to_pylist(), wanted, "PyIceberg after our writes")


def what_cannot_be_imported_is_told(pond):
    warehouse, table, _ = pyiceberg_table(pond.folder)
    source = warehouse / "shop/sales"
    for words, status, text in (((str(source), "--as", "x", "--append"), 13, "new table"),
                                ((str(pond.folder / "nothing.metadata.json"), "--as", "x"), 3, "nothing.metadata.json")):
        done = millpond(pond.folder, "import", *words, check=False)
        assert done.returncode == status and text in done.stderr, (words, done.returncode, done.stderr)
    millpond(pond.folder, "import", str(source), "--as", "x")
    assert millpond(pond.folder, "import", str(source), "--as", "x", check=False).returncode == 4
    lost = next(path for path in source.rglob("*.parquet") if str(path) in {f.file.file_path.removeprefix("file://")
                                                                          for f in table.scan().plan_files()})
    lost.unlink()
    done = millpond(pond.folder, "import", str(source), "--as", "y", check=False)
    assert done.returncode == 3 and lost.name in done.stderr, (done.returncode, done.stderr)
    assert "y" not in millpond(pond.folder, "tables").stdout.split(), "half a table was made"


def spark_tables_of_all_versions(pond):
    """Deletes by position files (version 2) and by deletion vectors (version 3), which our readers and Spark's follow."""
    warehouse = pond.folder / "spark"
    spark = spark_session({"spark.sql.catalog.own": "org.apache.iceberg.spark.SparkCatalog",
                           "spark.sql.catalog.own.type": "hadoop", "spark.sql.catalog.own.warehouse": f"file://{warehouse}",
                           "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"})
    try:
        for version in (1, 2, 3):
            name = f"t{version}"
            mode = "copy-on-write" if version == 1 else "merge-on-read"
            spark.sql(f"""CREATE TABLE own.db.{name} (id BIGINT, text STRING, day DATE) USING iceberg PARTITIONED BY (bucket(2, id))
                          TBLPROPERTIES ('format-version'='{version}', 'write.delete.mode'='{mode}', 'write.update.mode'='{mode}')""")
            for first in (0, 60):
                spark.sql(f"INSERT INTO own.db.{name} SELECT id, concat('word', id % 5), date_add('2020-01-01', CAST(id % 90 AS INT)) "
                          f"FROM range({first}, {first + 60})")
            spark.sql(f"DELETE FROM own.db.{name} WHERE id % 9 = 0")
            if version > 1:
                spark.sql(f"UPDATE own.db.{name} SET text = 'updated' WHERE id % 10 = 1")
            wanted = [row.asDict() for row in spark.sql(f"SELECT id, text, CAST(day AS STRING) AS day FROM own.db.{name}").collect()]
            source = warehouse / "db" / name
            untouched = fingerprint(source)
            millpond(pond.folder, "import", str(source))
            query = f"select id, text, day::varchar as day from {name}"
            same(pond.rows(query), wanted, name)
            if version == 3:
                ids = {row["id"]: row["_row_id"] for row in spark.sql(f"SELECT id, _row_id FROM own.db.{name}").collect()}
            pond.write(f"update {name} set text = 'ours' where id between 30 and 40; delete from {name} where id > 110; "
                       f"insert into {name} values (500, 'new', date '2024-05-06')")
            wanted = [{**row, "text": "ours"} if 30 <= row["id"] <= 40 else row for row in wanted if row["id"] <= 110]
            wanted.append({"id": 500, "text": "new", "day": "2024-05-06"})

            def theirs():
                frame = spark.read.format("iceberg").load(pond.where(name))
                return [row.asDict() for row in frame.selectExpr("id", "text", "CAST(day AS STRING) AS day").collect()]

            same(pond.rows(query), wanted, f"{name} after our writes")
            same(theirs(), wanted, f"{name} after our writes, in Spark")
            pond.maintain()
            same(pond.rows(query), wanted, f"{name} after maintenance")
            same(theirs(), wanted, f"{name} after maintenance, in Spark")
            if version == 3:
                frame = spark.read.format("iceberg").load(pond.where(name)).select("id", "_row_id")
                now = {row["id"]: row["_row_id"] for row in frame.collect()}
                assert {i: now[i] for i in now if i != 500} == {i: ids[i] for i in ids if i <= 110}, "row ids changed"
            millpond(pond.folder, "check")
            assert fingerprint(source) == untouched, f"{name}: files of Spark's table changed"
    finally:
        spark.stop()


TESTS = [pyiceberg_table_stays_as_it_is, a_copy_needs_nothing_of_the_other_table, a_moved_pond_still_names_them, files_without_ids_are_read_by_names,
         what_cannot_be_imported_is_told, spark_tables_of_all_versions]


if __name__ == "__main__":
    sys.exit(run_cases(TESTS, given=Pond))
