"""Other engines read our tables, and we read theirs: identical rows, deletes and evolved schemas included.

usage: run.py POND_TOOL [NAME...]      NAME: a test, such as pyiceberg_reads_ours

A test whose engine is not installed says so; with MILLPOND_REQUIRE_ALL=1 it fails.
"""

import datetime
import glob
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from cases import Missing  # noqa: E402 - of tests/conformance

ROOT = pathlib.Path(__file__).resolve().parents[3]
TABLES = ["empty", "plain", "deleted", "evolved", "compacted", "many", "vectors", "moved"]


class Pond:
    def __init__(self, tool):
        self.tool = tool
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millpond-conformance-"))
        self.path = self.folder / ".pond"
        self.run("make")

    def run(self, command, *words):
        done = subprocess.run([self.tool, command, str(self.path), *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"pond_tool {command} {words}: {done.stderr}")
        return done.stdout

    def rows(self, table, *snapshot):
        return in_order(json.loads(line) for line in self.run("rows", table, *snapshot).split("\n") if line)

    def where(self, table):
        return self.run("where", table).strip()

    def catalog(self):
        try:
            from pyiceberg.catalog.sql import SqlCatalog
        except ImportError as problem:
            raise Missing(f"pyiceberg: {problem}")
        return SqlCatalog("pond", uri=f"sqlite:///{self.path}/catalog.db", warehouse=f"file://{self.path}/tables")


def in_order(rows):
    return sorted(rows, key=lambda row: row["id"])


def canonical(value):
    """The form that pond_tool prints."""
    if isinstance(value, float):
        return ("nan" if math.isnan(value) else "inf" if value > 0 else "-inf") if not math.isfinite(value) else value
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, datetime.datetime):
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        value = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        delta = value - epoch
        return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds
    if isinstance(value, datetime.date):
        return (value - datetime.date(1970, 1, 1)).days
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    return value


def rows_of_arrow(table):
    return in_order(canonical(row) for row in table.to_pylist())


def same_number(a, b):
    # JSON keeps the sign of a zero, so compare it too.
    return a == b and math.copysign(1, a) == math.copysign(1, b)


def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return same_number(a, b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return a == b


def assert_same(ours, theirs, what):
    assert len(ours) == len(theirs), f"{what}: {len(ours)} rows here, {len(theirs)} there"
    for mine, other in zip(ours, theirs):
        if same(mine, other):
            continue
        keys = [key for key in mine if key not in other or not same(mine[key], other[key])]
        raise AssertionError(f"{what}: row {mine['id']} differs in {keys[0] if keys else 'its columns'}: "
                             f"{mine.get(keys[0]) if keys else mine} here, {other.get(keys[0]) if keys else other} there")


def as_pyiceberg_sees(rows):
    """PyIceberg 0.12 reads a null list of structs as an empty list, also from tables of its own; see `null_list_is_lost`."""
    if null_list_is_lost():
        for row in rows:
            if "elements" in row and row["elements"] is None:
                row["elements"] = []
    return rows


def null_list_is_lost():
    if not hasattr(null_list_is_lost, "known"):
        import pyarrow
        from pyiceberg.catalog.sql import SqlCatalog
        with tempfile.TemporaryDirectory() as folder:
            catalog = SqlCatalog("own", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
            catalog.create_namespace("main")
            elements = pyarrow.array([None], pyarrow.list_(pyarrow.struct([("kind", pyarrow.string())])))
            rows = pyarrow.table({"id": pyarrow.array([1], pyarrow.int64()), "elements": elements})
            table = catalog.create_table("main.own", schema=rows.schema)
            table.append(rows)
            null_list_is_lost.known = table.scan().to_arrow()["elements"].to_pylist() == [[]]
    return null_list_is_lost.known


def duckdb_connection():
    try:
        import duckdb
    except ImportError as problem:
        raise Missing(f"duckdb: {problem}")
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    site = pathlib.Path(duckdb.__file__).parent.parent
    for name in ("avro", "iceberg"):
        found = glob.glob(f"{site}/duckdb_extension_{name}/**/*.duckdb_extension", recursive=True)
        if not found:
            raise Missing(f"the {name} extension of DuckDB (PyPI duckdb-extension-{name})")
        connection.execute(f"LOAD '{found[0]}'")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def spark_session(settings=None):
    try:
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise Missing(f"pyspark: {problem}")
    jars = glob.glob(f"{ROOT}/.deps/spark/iceberg-spark-runtime-4.0_2.13-*.jar")
    if not jars:
        raise Missing("the Iceberg runtime for Spark, .deps/spark/iceberg-spark-runtime-4.0_2.13-*.jar")
    if not shutil.which("java"):
        raise Missing("java")
    os.environ["TZ"] = "UTC"  # collect() gives local times
    time.tzset()
    builder = (SparkSession.builder.master("local[1]").config("spark.jars", jars[0]).config("spark.ui.enabled", "false")
               .config("spark.driver.memory", "1g").config("spark.sql.shuffle.partitions", "1")
               .config("spark.sql.session.timeZone", "UTC"))
    for key, value in (settings or {}).items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def rows_of_spark(frame):
    return in_order(canonical(row.asDict(recursive=True)) for row in frame.collect())


def with_map_pairs(rows):
    """DuckDB and Spark give a map as a dictionary, in any order; ours is a list of pairs."""
    for row in rows:
        if isinstance(row.get("metadata"), dict):
            row["metadata"] = list(map(list, row["metadata"].items()))
        if row.get("metadata"):
            row["metadata"].sort(key=lambda pair: pair[0])
    return rows


# --- the tests ---------------------------------------------------------------------------------------------------------

def pyiceberg_reads_ours(pond):
    catalog = pond.catalog()
    assert sorted(name for _, name in catalog.list_tables("main")) == sorted(TABLES)
    for name in TABLES:
        theirs = rows_of_arrow(catalog.load_table(f"main.{name}").scan().to_arrow())
        assert_same(as_pyiceberg_sees(pond.rows(name)), theirs, name)


def pyiceberg_prunes_by_our_bounds(pond):
    table = pond.catalog().load_table("main.plain")
    for row in pond.rows("plain")[::25]:
        for column in ("small", "big", "real", "wide", "text", "day"):
            value = row[column]
            if value is None or isinstance(value, str) and value in ("nan", "inf", "-inf"):
                continue
            if column == "day":
                value = (datetime.date(1970, 1, 1) + datetime.timedelta(days=value)).isoformat()
            from pyiceberg.expressions import EqualTo
            found = table.scan(row_filter=EqualTo(column, value), selected_fields=("id",)).to_arrow()["id"].to_pylist()
            assert row["id"] in found, f"{column} = {value!r} does not find row {row['id']}"


def pyiceberg_travels_in_time(pond):
    table = pond.catalog().load_table("main.deleted")
    for snapshot in table.snapshots():
        theirs = rows_of_arrow(table.scan(snapshot_id=snapshot.snapshot_id).to_arrow())
        assert_same(as_pyiceberg_sees(pond.rows("deleted", snapshot.snapshot_id)), theirs, f"snapshot {snapshot.snapshot_id}")


def we_read_what_pyiceberg_wrote(pond):
    table = pond.catalog().load_table("main.plain")
    before = table.scan().to_arrow()
    table.append(before.slice(0, 40))                       # an append on top of ours
    assert len(pond.rows("plain")) == 540
    pond.run("append", "plain", 1000, 30)                   # and ours on top of theirs
    table.refresh()
    assert_same(as_pyiceberg_sees(pond.rows("plain")), rows_of_arrow(table.scan().to_arrow()), "after both appended")
    table.delete("id < 100")                                # rewrites files
    assert_same(as_pyiceberg_sees(pond.rows("plain")), rows_of_arrow(table.scan().to_arrow()), "after its delete")
    pond.run("delete", "plain", 120, 121, 1001)
    table.refresh()
    theirs = rows_of_arrow(table.scan().to_arrow())
    assert {120, 121, 1001}.isdisjoint(row["id"] for row in theirs)
    assert_same(as_pyiceberg_sees(pond.rows("plain")), theirs, "after our delete")
    with table.update_schema() as update:                   # schema evolution by them
        from pyiceberg.types import StringType
        update.add_column("comment", StringType())
        update.rename_column("text", "body")
        update.delete_column("flag")
    pond.run("append", "plain", 2000, 10)
    table.refresh()
    assert_same(as_pyiceberg_sees(pond.rows("plain")), rows_of_arrow(table.scan().to_arrow()), "after its schema change")


def pyiceberg_reads_after_maintenance(pond):
    catalog = pond.catalog()
    for command in ("merge", "compact", "expire"):
        before = pond.rows("many")
        pond.run(command, "many")
        assert_same(before, pond.rows("many"), f"our rows after {command}")
        assert_same(before, rows_of_arrow(catalog.load_table("main.many").scan().to_arrow()), f"after {command}")


def pyiceberg_makes_a_table_that_we_read(pond):
    import pyarrow
    catalog = pond.catalog()
    columns = {"id": pyarrow.array(range(50), pyarrow.int64()),
               "text": pyarrow.array([f"row {i}" if i % 3 else None for i in range(50)]),
               "vector": pyarrow.array([[float(i), 1.5] for i in range(50)], pyarrow.list_(pyarrow.float32()))}
    table = catalog.create_table("main.theirs", schema=pyarrow.table(columns).schema)
    table.append(pyarrow.table(columns))
    assert_same(pond.rows("theirs"), rows_of_arrow(table.scan().to_arrow()), "theirs")
    pond.run("delete", "theirs", 3, 4)
    assert len(pond.rows("theirs")) == 48


def duckdb_reads_ours(pond):
    connection = duckdb_connection()
    for name in TABLES:
        table = connection.execute(f"SELECT * FROM iceberg_scan('{pond.where(name)}')").arrow()
        table = table.read_all() if hasattr(table, "read_all") else table
        assert_same(with_map_pairs(pond.rows(name)), with_map_pairs(rows_of_arrow(table)), name)


def duckdb_prunes_by_our_bounds(pond):
    connection = duckdb_connection()
    where = pond.where("plain")
    for row in pond.rows("plain")[::50]:
        for column in ("small", "big", "wide", "text"):
            if row[column] is None or isinstance(row[column], str) and row[column] in ("nan", "inf", "-inf"):
                continue
            found = connection.execute(f"SELECT id FROM iceberg_scan('{where}') WHERE {column} = ?", [row[column]]).fetchall()
            assert (row["id"],) in found, f"{column} = {row[column]!r} does not find row {row['id']}"


def spark_reads_ours(pond):
    spark = spark_session()
    try:
        for name in TABLES:
            frame = spark.read.format("iceberg").load(pond.where(name))
            assert_same(with_map_pairs(pond.rows(name)), with_map_pairs(rows_of_spark(frame)), name)
    finally:
        spark.stop()


def spark_and_we_agree_on_row_ids(pond):
    """Version 3: ids and last updates are the same here and there, after deletes and compaction."""
    spark = spark_session()
    try:
        for name in ("vectors", "moved"):
            frame = spark.read.format("iceberg").load(pond.where(name))
            theirs = rows_of_spark(frame.select("id", "_row_id", "_last_updated_sequence_number"))
            ours = in_order(json.loads(line) for line in pond.run("lineage", name).split("\n") if line)
            assert_same(ours, theirs, f"lineage of {name}")
            assert len({row["_row_id"] for row in ours}) == len(ours), "a row id stands twice"
    finally:
        spark.stop()


def we_read_what_spark_wrote(pond):
    """Tables of versions 1 to 3, partitioned by every transform, with deletes of rows; and we write to them."""
    warehouse = pond.folder / "spark"
    spark = spark_session({"spark.sql.catalog.own": "org.apache.iceberg.spark.SparkCatalog",
                           "spark.sql.catalog.own.type": "hadoop", "spark.sql.catalog.own.warehouse": f"file://{warehouse}",
                           "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"})
    transforms = {"v1": "", "plain3": "", "identity2": "text", "bucket2": "bucket(4, id), bucket(3, text)", "truncate2": "truncate(2, text)",
                  "years2": "years(at)", "months2": "months(at)", "days2": "days(at)", "hours3": "hours(at)", "mixed3": "days(at), bucket(2, id)"}
    catalog = pond.catalog()
    try:
        for name, partition in transforms.items():
            version = name[-1]
            spark.sql(f"""CREATE TABLE own.db.{name} (id BIGINT, text STRING, at TIMESTAMP, day DATE) USING iceberg
                          {f'PARTITIONED BY ({partition})' if partition else ''} TBLPROPERTIES ('format-version'='{version}',
                          'write.delete.mode'='{'copy-on-write' if version == '1' else 'merge-on-read'}')""")
            spark.sql(f"""INSERT INTO own.db.{name} SELECT id, concat('word', id % 5), timestamp_micros(id * 3600000000 * 7 - 99000000), date_add('2020-01-01', CAST(id % 90 AS INT))
                          FROM range(120)""")
            spark.sql(f"DELETE FROM own.db.{name} WHERE id % 9 = 0")
            location = sorted(glob.glob(f"{warehouse}/db/{name}/metadata/v*.metadata.json"), key=os.path.getmtime)[-1]
            catalog.register_table(f"main.{name}", f"file://{location}")
            theirs = rows_of_spark(spark.table(f"own.db.{name}"))
            assert len(theirs) == 106
            assert_same(pond.rows(name), theirs, name)
            if version == "1":
                continue
            pond.run("append", name, 1000, 40)      # ours on top of theirs
            pond.run("delete", name, 10, 1005)
            ours = pond.rows(name)
            assert len(ours) == 144
            assert_same(ours, rows_of_spark(spark.read.format("iceberg").load(pond.where(name))), f"{name} after our writes")
            if version == "2":
                assert_same(ours, rows_of_arrow(catalog.load_table(f"main.{name}").scan().to_arrow()), f"{name} in PyIceberg")
            pond.run("compact", name)
            assert_same(ours, rows_of_spark(spark.read.format("iceberg").load(pond.where(name))), f"{name} after our compaction")
    finally:
        spark.stop()


TESTS = [pyiceberg_reads_ours, pyiceberg_prunes_by_our_bounds, pyiceberg_travels_in_time, we_read_what_pyiceberg_wrote,
         pyiceberg_reads_after_maintenance, pyiceberg_makes_a_table_that_we_read, duckdb_reads_ours,
         duckdb_prunes_by_our_bounds, spark_reads_ours, spark_and_we_agree_on_row_ids, we_read_what_spark_wrote]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    wanted = sys.argv[2:]
    passed = failed = skipped = 0
    for test in TESTS:
        if wanted and test.__name__ not in wanted:
            continue
        pond = Pond(sys.argv[1])
        try:
            test(pond)
            print(f"ok    {test.__name__}", flush=True)
            passed += 1
        except Missing as missing:
            required = os.environ.get("MILLPOND_REQUIRE_ALL") == "1"
            print(f"{'FAIL ' if required else 'skip '} {test.__name__}: not installed: {missing}", flush=True)
            failed, skipped = failed + required, skipped + (not required)
        except Exception:
            print(f"FAIL  {test.__name__}\n{traceback.format_exc()}", flush=True)
            failed += 1
        finally:
            shutil.rmtree(pond.folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
