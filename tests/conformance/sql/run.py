#!/usr/bin/env python3
"""SQL over a pond gives what the pond holds, and other projects read what it exports.

The reference is DuckDB's own package on the same rows, PyIceberg on the same tables, and the readers of Delta tables,
tar shards and Arrow files. What is not installed is skipped by name; with MILLPOND_REQUIRE_ALL=1 it fails.
"""
import glob
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cases import Missing, run_cases  # noqa: E402 - of tests/conformance

MILLPOND = os.environ.get("MILLPOND", "build/release/millpond")


class Pond:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.run("init")

    def run(self, *words, status=0):
        done = subprocess.run([MILLPOND, *map(str, words)], cwd=self.folder, capture_output=True, text=True)
        if done.returncode == 12 and "DuckDB's library" in done.stderr:
            raise Missing("DuckDB's library (./dev install --sql)")
        assert done.returncode == status, f"{words}: status {done.returncode}: {done.stderr}"
        return done.stdout + done.stderr if status else done.stdout

    def rows(self, query, *words):
        return json.loads(self.run("sql", query, "--format", "json", *words))

    def write(self, query):
        return self.run("sql", "--write", query)

    def catalog(self):
        from pyiceberg.catalog.sql import SqlCatalog
        return SqlCatalog("pond", uri=f"sqlite:///{self.folder}/.pond/catalog.db",
                          warehouse=f"file://{self.folder}/.pond/tables")

    def table(self, name):
        return self.catalog().load_table(f"main.{name}")


def imported(name):
    try:
        return __import__(name)
    except ImportError as problem:
        raise Missing(f"{name}: {problem}")


def key(row):
    return json.dumps(row, sort_keys=True, default=str)


def same(ours, theirs, what):
    ours, theirs = sorted(ours, key=key), sorted(theirs, key=key)
    assert ours == theirs, f"{what}: {len(ours)} and {len(theirs)} rows; first {ours[:2]} and {theirs[:2]}"


def deletes_and_time_travel_as_pyiceberg_reads_them(pond):
    pond.write("create table t as select i, i % 7 as k, 'v' || i as v from range(5000) r(i)")
    pond.write("insert into t select i, i % 7, 'v' || i from range(5000, 9000) r(i)")
    before = [s.snapshot_id for s in pond.table("t").snapshots()][-1]
    pond.write("delete from t where k = 3 or i between 4990 and 5010")
    table = pond.table("t")
    same(pond.rows("select * from t"), table.scan().to_arrow().to_pylist(), "after deletes")
    assert pond.rows("select count(*) as n, sum(i) as s from t")[0]["n"] == table.scan().to_arrow().num_rows
    then = table.scan(snapshot_id=before).to_arrow()
    same(pond.rows("select * from t", "--at", before), then.to_pylist(), "--at")
    assert pond.rows(f'select count(*) as n from "t@{before}"') == [{"n": 9000}]
    same(pond.rows("select k, count(*) as n from t where i > 100 and v like 'v1%' group by k"),
         duckdb_on(table, "select k, count(*) as n from rows where i > 100 and v like 'v1%' group by k"), "a filter")


CHANGES = [
    "update t set v = upper(v), k = k + 100 where k = 3",
    "update t as x set l = [x.i, 7], v = null where x.i between 4990 and 5010",
    "update t set (k, v) = (-1, 'pair') where i in (select max(i) from t)",
    "update t set v = s.w from s where s.i = t.i and s.w <> 'w4'",
    "with big as (select i from s where i > 6) update t set k = -2 from big where big.i = t.i",
    "update t set k = case when i % 2 = 0 then 0 else k end where v is distinct from 'x' and i < 20",
    "delete from t as x using s where x.i = s.i and s.w = 'w5'",
    "merge into t using s on t.i = s.i when matched and s.i < 3 then delete "
    "when matched then update set v = s.w || t.v, k = s.i when not matched then insert (i, v) values (s.i, s.w)",
    "merge into t as x using (values (1, 5, 'new', [1]), (100001, 6, 'newer', [2, 3])) as s(i, k, v, l) using (i) "
    "when matched then update when not matched then insert",
    "merge into t using (select i, 'by name' as v from range(5) r(i)) s on t.i = s.i and s.i <> 4 "
    "when matched then update by name when not matched and s.i = 4 then insert by name when not matched then do nothing",
    "merge into t using (select 17 as i) as s using (i) when not matched by source and t.k = 5 then delete "
    "when not matched by source and t.k = 6 then update set v = 'alone' when not matched then insert values (17, 1, 'a', [])",
    "update t set v = 'all'",
    "delete from t using s",
]


def updates_and_merges_as_duckdb_does_them(pond):
    """The same statements on the same rows, by DuckDB on a table of its own."""
    duckdb = imported("duckdb")
    theirs = duckdb.connect()
    for statement in (
            "create table t as select i, i % 7 as k, 'v' || i as v, [i, i + 1] as l from range(5000) r(i)",
            "create table s as select i * 1000 as i, 'w' || i as w from range(12) r(i)",
            "insert into t select i, i % 7, 'v' || i, null from range(5000, 9000) r(i)"):
        pond.write(statement)
        theirs.execute(statement)
    for statement in CHANGES:
        snapshots = len(pond.table("t").snapshots())
        said = pond.write(statement)
        theirs.execute(statement)
        wanted = theirs.execute("select * from t").to_arrow_table().to_pylist()
        same(pond.rows("select * from t"), wanted, f"{statement} ({said.strip()})")
        same(pond.table("t").scan().to_arrow().to_pylist(), wanted, f"PyIceberg after {statement}")
        assert len(pond.table("t").snapshots()) == snapshots + 1, f"{statement}: not one commit"


def what_a_change_refuses(pond):
    pond.write("create table t as select 1 as i, 'a' as v")
    twice = "(values (1, 'b'), (1, 'c')) as s(i, v)"
    for statement, status, words in (
            (f"update t set v = s.v from {twice} where s.i = t.i", 2, "several rows of the source"),
            (f"merge into t using {twice} using (i) when matched then update set v = s.v", 2, "several rows"),
            ("update t set nope = 1", 2, "nope"), ("update t set v = 1 returning *", 13, "RETURNING"),
            ("insert into t values (2, 'b') returning i", 13, "RETURNING"),
            ("update runs set i = 1", 3, "runs"), ("merge into t using (select 1) on true when matched then delete", 2, "name")):
        said = pond.run("sql", "--write", statement, status=status)
        assert words in said, (statement, said)
        assert pond.rows("select * from t") == [{"i": 1, "v": "a"}], statement
    pond.run("sql", "update t set v = 'x'", status=6)


def make_table_of_version_3(pond, name, columns):
    """Through the catalog of a server, which any client could have asked."""
    import urllib.request
    server = subprocess.Popen([MILLPOND, "serve", "--no-auth", "--listen", "127.0.0.1:0"], cwd=pond.folder,
                              stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().split(" at ")[1].strip()
        fields = [{"id": i + 1, "name": each, "type": kind, "required": False} if isinstance(kind, str) else
                  {"id": i + 1, "name": each, "type": kind[0], "required": False, "write-default": kind[1]}
                  for i, (each, kind) in enumerate(columns.items())]
        body = {"name": name, "schema": {"type": "struct", "fields": fields}, "properties": {"format-version": "3"}}
        request = urllib.request.Request(f"{address}/iceberg/v1/namespaces/main/tables", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.load(answer)["metadata"]["format-version"] == 3
    finally:
        server.terminate()
        server.wait()


def inserted_rows_get_the_defaults_of_their_columns(pond):
    """Of version 3: what a column says of rows that are written without it."""
    make_table_of_version_3(pond, "d", {"i": "long", "v": ("string", "new"), "n": ("int", 7), "e": "string"})
    pond.write("insert into d (i) values (1)")
    pond.write("insert into d by name select 2 as i, null as v")
    pond.write("insert into d values (3, 'x', 1, 'y')")
    wanted = [{"i": 1, "v": "new", "n": 7, "e": None}, {"i": 2, "v": None, "n": 7, "e": None}, {"i": 3, "v": "x", "n": 1, "e": "y"}]
    same(pond.rows("select * from d"), wanted, "our SQL")


def updates_keep_row_ids(pond):
    """In a table of version 3 a row that an UPDATE or MERGE changes is the same row."""
    make_table_of_version_3(pond, "t", {"i": "long", "v": "string"})
    pond.write("insert into t select i, 'v' || i from range(100) r(i)")
    pond.write("insert into t select i, 'v' || i from range(100, 200) r(i)")

    def ids():
        said = json.loads(pond.run("--json", "rows", "t", *range(150), "--by", "_row_id"))
        return {row["i"]: row["v"] for row in said["rows"]}

    assert len(ids()) == 150
    pond.write("update t set v = 'changed' where i % 10 = 3")
    pond.write("merge into t using (values (7, 'merged'), (1000, 'new')) s(i, v) using (i) "
               "when matched then update set v = s.v when not matched then insert")
    wanted = {i: "merged" if i == 7 else "changed" if i % 10 == 3 else f"v{i}" for i in range(150)}
    assert ids() == wanted, "row ids moved"
    pond.run("maintain")
    assert ids() == wanted, "row ids moved when the table was compacted"


def duckdb_on(table, query):
    duckdb = imported("duckdb")
    rows = table.scan().to_arrow()  # noqa: F841 - named in the query
    return duckdb.sql(query).to_arrow_table().to_pylist()


def conditions_leave_out_files(pond):
    """Every condition gives the rows that it gives over all rows; files that it excludes are not even opened."""
    pond.write("create table f as select i, i / 7.0 as x, (i / 8)::float as y, date '2020-01-01' + i::int as day, "
               "'n' || i as v, nullif(i % 3, 0) as n, i % 2 = 0 as b from range(100) r(i)")
    for first in range(100, 1000, 100):
        pond.write(f"insert into f select i, i / 7.0, (i / 8)::float, date '2020-01-01' + i::int, 'n' || i, "
                   f"nullif(i % 3, 0), i % 2 = 0 from range({first}, {first + 100}) r(i)")
    table = pond.table("f")
    conditions = ["i = 250", "i > 898.5", "i >= 900 or i < 3", "i in (5, 905, 2000)", "i between 195 and 203", "7 > i",
                  "x < 1.5", "y <= 0.1", "y = 62.125", "day = date '2020-06-01'", "day > '2022-09-20'", "v like 'n99%'",
                  "v = 'n42'", "v > 'n98'", "n is null and i < 10", "n is not null and i > 990", "not (i < 995)",
                  "i + 1 = 500", "f.i = 7", "i = 7 and v <> 'x' and length(v) = 2", "b and i < 4", "i = 5 or length(v) = 3",
                  "i not in (select 5) and i < 7", "case when i < 3 then true else false end", "i < 3 and x is null"]
    for condition in conditions:
        same(pond.rows(f"select i, v from f where {condition}"),
             duckdb_on(table, f"select i, v from rows as f where {condition}"), condition)
    first, *_, last = sorted(glob.glob(f"{pond.folder}/.pond/tables/f/data/*.parquet"), key=os.path.getmtime)
    os.rename(first, first + ".away")
    assert pond.rows("select count(*) as n from f where i >= 950") == [{"n": 50}]
    assert pond.rows("select count(*) as n from f as g where g.i between 950 and 959") == [{"n": 10}]
    os.rename(first + ".away", first)


def evolved_columns_of_pyiceberg(pond):
    from pyiceberg.types import DoubleType, LongType
    pond.write("create table e as select 1::integer as a, 'x' as b, 1.5::float as c")
    with pond.table("e").update_schema() as change:
        change.update_column("a", LongType())
        change.update_column("c", DoubleType())
        change.add_column("d", LongType())
        change.delete_column("b")
    pond.write("insert into e values (5000000000, 2.25, 7)")
    same(pond.rows("select * from e"), [{"a": 1, "c": 1.5, "d": None}, {"a": 5000000000, "c": 2.25, "d": 7}], "evolved")


def reads_only_unless_told(pond):
    pond.write("create table r as select 1 as a")
    for statement in ("insert into r values (2)", "delete from r", "drop table r", "create table s as select 1 as a",
                      "copy (select 1) to 'out.csv'"):
        pond.run("sql", statement, status=6)
    assert not (pond.folder / "out.csv").exists() and pond.rows("select * from r") == [{"a": 1}]


def texts_of_models_stay_marked(pond):
    pond.write("create table made as select 'a text' as text, 'model' as synthetic")
    pond.write("create table mine as select 'my text' as text")
    for statement in ("create table copy as select text from made", "insert into mine select text from made",
                      "create table copy as select m.text from made join mine as m on true",
                      "create table copy as select upper(t) as t from (select text as t from made)"):
        assert "made.synthetic" in pond.run("sql", "--write", statement, status=2), statement
    pond.write("create table copy as select text, synthetic from made")
    pond.write("create table counted as select count(*) as n from made")
    assert pond.rows("select * from copy") == [{"text": "a text", "synthetic": "model"}]
    assert pond.rows("select n from counted") == [{"n": 1}] and pond.rows("select * from mine") == [{"text": "my text"}]


def models_are_incremental_where_they_can_be(pond):
    folder = pond.folder / "docs"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.md").write_text(f"# {name}\n\nSome words about {name}.\n")
    (pond.folder / "pond.yaml").write_text("""
sources:
  - files: docs
tables:
  documents: {from: sources, keep: [uri, size], steps: [extract]}
  sizes: {sql: "select uri, size * 2 as twice from documents where size > 5"}
  total: {sql: "select count(*) as n, sum(twice) as s from sizes"}
""")

    def built():
        report = json.loads(pond.run("build", "--json"))
        return {table["table"]: table for table in report["tables"]}

    def check():
        same(pond.rows("select twice from sizes"), pond.rows("select size * 2 as twice from documents"), "sizes")
        sizes = [row["twice"] for row in pond.rows("select twice from sizes")]
        assert pond.rows("select n, s from total") == [{"n": len(sizes), "s": sum(sizes)}]
        lost = pond.rows("select count(*) as n from sizes s anti join documents d on s._parent = d._row")
        assert lost == [{"n": 0}], f"rows without a parent: {lost}"

    first = built()
    assert first["sizes"]["rows_in"] == 3 and first["total"]["how"].startswith("computed whole"), first
    check()
    (folder / "d.md").write_text("# d\n\nMore.\n")
    second = built()
    assert second["sizes"]["rows_in"] == 1, second["sizes"]
    check()
    (folder / "a.md").unlink()
    third = built()
    assert third["sizes"]["rows_in"] == 0 and third["sizes"]["rows_deleted"] == 1, third["sizes"]
    check()
    pond.run("sql", "--write", "delete from sizes", status=6)
    pond.run("sql", "--write", "delete from runs", status=6)
    last = built()
    assert last["total"]["rows_out"] == 0 and last["sizes"]["rows_in"] == 0, "nothing had changed"


def models_that_are_wrong_are_told_before_anything_runs(pond):
    for sql, word in (("select nope from sources", "nope"), ("select a from nowhere", "nowhere"), ("selec 1", "syntax"),
                      ("select random() as r from sources", "random"), ("select * from read_csv('x.csv')", "read_csv"),
                      ("select a from t", "itself")):
        (pond.folder / "pond.yaml").write_text(f"sources: []\ntables:\n  t: {{sql: \"{sql}\"}}\n")
        done = subprocess.run([MILLPOND, "build"], cwd=pond.folder, capture_output=True, text=True)
        assert done.returncode not in (0, 1) and "pond.yaml:3" in done.stderr and word in done.stderr, (sql, done.stderr)


def imports_parquet_as_it_is(pond):
    pa, pq = imported("pyarrow"), imported("pyarrow.parquet")
    pq = pq.parquet
    rows = pa.table({"id": pa.array(range(1000), pa.int64()), "t": [f"t{i}" for i in range(1000)],
                     "l": [[float(i)] for i in range(1000)]})
    rows = rows.set_column(2, "l", rows["l"].cast(pa.list_(pa.float32())))
    pq.write_table(rows, pond.folder / "p.parquet")
    said = json.loads(pond.run("import", "p.parquet", "--as", "p", "--json"))
    assert said["rows"] == 1000 and said["files_linked"] == 1, said
    linked = glob.glob(f"{pond.folder}/.pond/tables/p/data/*.parquet")
    assert [os.stat(f).st_ino for f in linked] == [os.stat(pond.folder / "p.parquet").st_ino], "it was written anew"
    same(pond.rows("select * from p"), rows.to_pylist(), "our SQL")
    same(pond.table("p").scan().to_arrow().to_pylist(), rows.to_pylist(), "PyIceberg")
    pond.write("insert into p values (1000, 'new', [1.0])")
    assert pond.rows("select count(*) as n, max(id) as m from p") == [{"n": 1001, "m": 1000}]
    assert pond.table("p").scan().to_arrow().num_rows == 1001
    pond.write("update p set t = 'changed' where id % 100 = 1; delete from p where id % 100 = 2 or id = 1000")
    wanted = [{**row, "t": "changed"} if row["id"] % 100 == 1 else row for row in rows.to_pylist()
              if row["id"] % 100 != 2]
    same(pond.rows("select * from p"), wanted, "changed rows of a linked file")
    same(pond.table("p").scan().to_arrow().to_pylist(), wanted, "PyIceberg of changed rows of a linked file")
    pq.write_table(pa.table({"x": pa.array([1, 2], pa.int8())}), pond.folder / "small.parquet")
    assert json.loads(pond.run("import", "small.parquet", "--as", "small", "--json"))["files_linked"] == 0
    assert pond.rows("select sum(x) as s from small") == [{"s": 3}]


def imports_csv_and_json_lines(pond):
    import gzip
    (pond.folder / "c.csv").write_text("a,b\n1,x\n2,\"y,z\"\n")
    pond.run("import", "c.csv", "--as", "c")
    same(pond.rows("select * from c"), [{"a": 1, "b": "x"}, {"a": 2, "b": "y,z"}], "csv")
    with gzip.open(pond.folder / "j.jsonl.gz", "wt") as out:
        out.write('{"a": 1, "n": {"x": [1, 2]}}\n{"a": 2, "n": null}\n')
    pond.run("import", "j.jsonl.gz", "--as", "j")
    same(pond.rows("select * from j"), [{"a": 1, "n": {"x": [1, 2]}}, {"a": 2, "n": None}], "jsonl.gz")
    pond.run("import", "c.csv", "--as", "c", status=4)
    pond.run("import", "c.csv", "--as", "c", "--append")
    assert pond.rows("select count(*) as n from c") == [{"n": 4}]
    pond.run("import", "nothing.csv", "--as", "n", status=3)


def delta_both_ways(pond):
    deltalake, pa = imported("deltalake"), imported("pyarrow")
    rows = pa.table({"id": pa.array(range(50), pa.int64()), "day": [f"d{i % 3}" for i in range(50)]})
    path = str(pond.folder / "delta")
    deltalake.write_deltalake(path, rows, partition_by=["day"])
    deltalake.write_deltalake(path, pa.table({"id": pa.array([99], pa.int64()), "day": ["d9"]}), mode="append")
    deltalake.DeltaTable(path).delete("id < 10")
    pond.run("import", path, "--as", "d")
    wanted = [row for row in rows.to_pylist() if row["id"] >= 10] + [{"id": 99, "day": "d9"}]
    same(pond.rows("select id, day from d"), wanted, "import of Delta")
    pond.write("create table x as select i as id, [i, i + 1] as l, 'ä' || i as t, "
               "timestamptz '2026-01-02 03:04:05.678901+00' as at from range(100) r(i)")
    pond.run("export", "x", "out_delta", "--format", "delta")
    theirs = deltalake.DeltaTable(str(pond.folder / "out_delta")).to_pyarrow_table().to_pylist()
    same(theirs, pond.table("x").scan().to_arrow().to_pylist(), "export to Delta")


def shards_for_webdataset(pond):
    webdataset = imported("webdataset")
    pond.write("create table w as select i as id, 'text ' || i as text, ('b' || i)::blob as image from range(25) r(i)")
    pond.run("export", "w", "shards", "--format", "webdataset")
    samples = list(webdataset.WebDataset(str(pond.folder / "shards/000000.tar"), shardshuffle=False))
    assert len(samples) == 25, len(samples)
    for i, sample in enumerate(samples):
        assert sample["txt"] == f"text {i}".encode() and sample["image"] == f"b{i}".encode(), sample
        assert json.loads(sample["json"]) == {"id": i}


def files_of_results(pond):
    imported("pyarrow")
    import csv
    import pyarrow.feather
    import pyarrow.parquet
    query = "select i as id, i / 4 as q, case when i % 2 = 0 then 'a,\"b' || i end as t from range(100) r(i)"
    wanted = [{"id": i, "q": i / 4, "t": f'a,"b{i}' if i % 2 == 0 else None} for i in range(100)]
    for name in ("o.parquet", "o.arrow", "o.jsonl", "o.csv"):
        pond.run("sql", query, "--output", name)
    same(pyarrow.parquet.read_table(pond.folder / "o.parquet").to_pylist(), wanted, "parquet")
    same(pyarrow.feather.read_table(pond.folder / "o.arrow").to_pylist(), wanted, "arrow")
    same([json.loads(line) for line in open(pond.folder / "o.jsonl")], wanted, "jsonl")
    read = [{"id": int(r["id"]), "q": float(r["q"]), "t": r["t"] or None} for r in csv.DictReader(open(pond.folder / "o.csv"))]
    same(read, wanted, "csv")
    pond.run("sql", query, "--output", "o.csv", status=4)


def prices(pond, *partitions):
    """A table of PyIceberg with decimals and times of day, three rows and one of nulls."""
    from decimal import Decimal as D
    import datetime
    pa = imported("pyarrow")
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.types import DecimalType, ListType, LongType, NestedField, StructType, TimeType
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "price", DecimalType(9, 2)),
                    NestedField(3, "large", DecimalType(38, 10)), NestedField(4, "hour", TimeType()),
                    NestedField(5, "cost", StructType(NestedField(6, "net", DecimalType(18, 4)))),
                    NestedField(7, "list", ListType(8, DecimalType(5, 1), element_required=False)))
    spec = PartitionSpec(*[PartitionField(schema.find_field(column).field_id, 1000 + i, way, f"p{i}")
                           for i, (column, way) in enumerate(partitions)])
    table = pond.catalog().create_table("main.prices", schema, partition_spec=spec)
    noon = datetime.time(12, 0, 0, 1)
    rows = pa.Table.from_pylist([
        {"id": 1, "price": D("12.50"), "large": D("-1234567890123456789012345678.0123456789"), "hour": noon,
         "cost": {"net": D("-0.0001")}, "list": [D("1.5"), None]},
        {"id": 2, "price": D("-0.01"), "large": D("3"), "hour": datetime.time(0, 0), "cost": {"net": D("7")}, "list": []},
        {"id": 3, "price": D("9999999.99"), "large": D("0"), "hour": datetime.time(23, 59, 59, 999999), "cost": None, "list": None},
        {"id": 4, "price": None, "large": None, "hour": None, "cost": {"net": None}, "list": None}],
        schema=table.schema().as_arrow())
    if partitions:  # PyIceberg writes into identities only
        write = imported("pyarrow.parquet").parquet.write_table
        write(rows, pond.folder / "rows.parquet")
        pond.write("insert into prices select * from read_parquet('rows.parquet')")
    else:
        table.append(rows)


def mine_types(pond):
    return [[column["name"], column["type"]] for column in json.loads(pond.run("tables", "mine", "--json"))["columns"]]


def as_text(value):
    """Decimals and times as JSON has them, so that both sides can be compared."""
    if isinstance(value, dict):
        return {name: as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return value if value is None or isinstance(value, int) else str(value)


def exact(pond, query, *words):
    from decimal import Decimal
    return [as_text(row) for row in json.loads(pond.run("sql", query, "--format", "json", *words), parse_float=Decimal)]


def same_as_pyiceberg(pond, what):
    theirs = pond.table("prices").scan().to_arrow().to_pylist()
    same(exact(pond, "select id, price, large, hour::varchar as hour, cost, list from prices"), [as_text(row) for row in theirs], what)


def decimals_and_times_of_pyiceberg(pond):
    from decimal import Decimal
    prices(pond)
    same_as_pyiceberg(pond, "as PyIceberg wrote them")
    assert exact(pond, "select sum(price) as s, max(hour)::varchar as m from prices where price > 1.5 and large < 0") == \
        [{"s": "12.50", "m": "12:00:00.000001"}]
    assert exact(pond, "select id from prices where price = -0.01 or hour = time '23:59:59.999999' order by id") == [{"id": 2}, {"id": 3}]
    assert exact(pond, "select id from prices where hour < '00:00:01'") == [{"id": 2}]
    for words in (("check",), ("maintain",), ("branch", "trial"), ("diff", "main", "trial"), ("log",)):
        pond.run(*words)
    assert "unsupported" not in pond.run("tables", "--json")

    pond.write("insert into prices values (5, 1.005, 2, '01:02:03', {'net': 1.25}, [0.1, -99.9]), (6, -7, 1e20, null, null, null)")
    pond.write("update prices set price = price * 2, hour = time '08:00' where id in (1, 4)")
    pond.write("delete from prices where price < -1")
    pond.write("merge into prices using (select 2 as id, 5.55 as p union all select 9, 8.1) as s on prices.id = s.id "
               "when matched then update set price = s.p when not matched then insert (id, price) values (s.id, s.p)")
    same_as_pyiceberg(pond, "after changes")
    assert exact(pond, "select id, price from prices order by id") == [
        {"id": 1, "price": "25.00"}, {"id": 2, "price": "5.55"}, {"id": 3, "price": "9999999.99"}, {"id": 4, "price": None},
        {"id": 5, "price": "1.01"}, {"id": 9, "price": "8.10"}]
    table = pond.table("prices")
    for condition in ("price > 25.00", "price >= 25.00", "price < 2", "price = 8.10", "hour >= '08:00:00'", "large = 2"):
        from pyiceberg.expressions import parser
        found = sorted(row["id"] for row in table.scan(row_filter=parser.parse(condition)).to_arrow().to_pylist())
        ours = [row["id"] for row in pond.rows(f"select id from prices where {condition} order by id")]
        assert found == ours and ours, (condition, found, ours)
    types = {field.name: str(field.field_type) for field in pond.table("prices").schema().fields}
    assert types["price"] == "decimal(9, 2)" and types["hour"] == "time", types

    pond.run("export", "prices", "prices.parquet")
    pq = imported("pyarrow.parquet").parquet
    schema = pq.read_schema(pond.folder / "prices.parquet")
    assert str(schema.field("price").type) == "decimal128(9, 2)" and str(schema.field("hour").type) == "time64[us]", schema
    pond.run("export", "prices", "prices.jsonl")
    lines = [json.loads(line, parse_float=Decimal) for line in (pond.folder / "prices.jsonl").read_text().splitlines()]
    assert {row["id"]: str(row["price"]) for row in lines}[3] == "9999999.99", lines
    deltalake = imported("deltalake")
    pond.run("export", "prices", "delta", "--format", "delta", "--columns", "id,price,cost,list")
    theirs = deltalake.DeltaTable(str(pond.folder / "delta")).to_pyarrow_table().to_pylist()
    same(theirs, pond.table("prices").scan(selected_fields=("id", "price", "cost", "list")).to_arrow().to_pylist(), "export to Delta")
    pond.run("import", "delta", "--as", "of_delta")
    same(pond.table("of_delta").scan().to_arrow().to_pylist(), theirs, "import of Delta")
    pond.run("import", "prices.parquet", "--as", "of_parquet")
    same(pond.table("of_parquet").scan().to_arrow().to_pylist(), pond.table("prices").scan().to_arrow().to_pylist(), "import of Parquet")
    pond.write("create table mine as select 1.10::decimal(6, 2) as p, time '10:00' as t, [0.5] as l, {'d': 2.25} as s")
    assert [row[:2] for row in mine_types(pond)] == [["p", "decimal(6, 2)"], ["t", "time"], ["l", "list<decimal(2, 1)>"], ["s", "struct<d: decimal(3, 2)>"]]
    pond.write("create or replace table mine as select 2.20::decimal(6, 2) as p, time '11:00' as t, [0.5] as l, {'d': 2.25} as s")
    assert exact(pond, "select p, t::varchar as t, s from mine") == [{"p": "2.20", "t": "11:00:00", "s": {"d": "2.25"}}]
    pond.run("check")
    assert "Delta has no type for column hour" in pond.run("export", "prices", "d", "--format", "delta", status=13)


def partitioned_by_decimals_and_times(pond):
    from pyiceberg.expressions import parser
    from pyiceberg.transforms import BucketTransform, IdentityTransform, TruncateTransform
    prices(pond, ("price", IdentityTransform()), ("large", BucketTransform(8)), ("cost.net", TruncateTransform(50)), ("hour", IdentityTransform()))
    pond.write("insert into prices values (5, 12.50, -3, '12:00:00.000001', {'net': -0.0051}, null), (6, -7, 99999999999, null, null, null)")
    pond.write("insert into prices select id + 10, price, large, hour, cost, list from prices")
    same_as_pyiceberg(pond, "in partitions")
    pond.run("maintain")
    pond.run("check")
    same_as_pyiceberg(pond, "after maintenance")
    table = pond.table("prices")
    for condition in ("price = 12.50", "price < 0", "hour = '12:00:00.000001'", "large = -3", "large = 99999999999", "price is null"):
        found = sorted(row["id"] for row in table.scan(row_filter=parser.parse(condition)).to_arrow().to_pylist())
        ours = [row["id"] for row in pond.rows(f"select id from prices where {condition} order by id")]
        assert found == ours and ours, (condition, found, ours)


def pyiceberg_and_we_mean_the_same_partitions(pond):
    from pyiceberg.transforms import IdentityTransform
    prices(pond, ("price", IdentityTransform()), ("hour", IdentityTransform()))
    table = pond.table("prices")
    mine = {str(task.file.partition) for task in table.scan().plan_files()}
    assert len(mine) == 4, mine
    table.append(table.scan().to_arrow())
    both = {str(task.file.partition) for task in pond.table("prices").scan().plan_files()}
    assert mine == both, (mine, both)
    same_as_pyiceberg(pond, "as both wrote them")
    pond.write("update prices set hour = null where id = 1")
    pond.run("maintain")
    pond.run("check")
    same_as_pyiceberg(pond, "after maintenance")


def a_table_for_other_engines_stops_nothing(pond):
    from pyiceberg.schema import Schema
    from pyiceberg.types import BinaryType, LongType, NestedField
    pond.write("create table mine as select 1 as id")
    table = pond.catalog().create_table("main.places", Schema(NestedField(1, "id", LongType()), NestedField(2, "place", BinaryType())))
    metadata = Path(table.metadata_location.removeprefix("file://"))  # PyIceberg does not write version 3, which has geometry
    metadata.write_text(metadata.read_text().replace('"binary"', '"geometry"').replace('"format-version":2', '"format-version":3,"next-row-id":0'))
    listed = json.loads(pond.run("tables", "--json"))["tables"]
    kept = {entry["table"]: entry for entry in listed}
    assert kept["mine"]["rows"] == 1 and "geometry" in kept["places"]["unsupported"], listed
    for words in (("log",), ("check",), ("check", "--repair"), ("maintain",), ("branch", "trial"), ("diff", "main", "trial")):
        pond.run(*words)
    assert pond.rows("select id from mine") == [{"id": 1}]
    assert "place" in str(pond.catalog().load_table("main.places").schema())


TESTS = [decimals_and_times_of_pyiceberg, partitioned_by_decimals_and_times, pyiceberg_and_we_mean_the_same_partitions,
         a_table_for_other_engines_stops_nothing, deletes_and_time_travel_as_pyiceberg_reads_them,
         updates_and_merges_as_duckdb_does_them, what_a_change_refuses,
         inserted_rows_get_the_defaults_of_their_columns, updates_keep_row_ids, conditions_leave_out_files, evolved_columns_of_pyiceberg,
         reads_only_unless_told, texts_of_models_stay_marked,
         models_are_incremental_where_they_can_be, models_that_are_wrong_are_told_before_anything_runs,
         imports_parquet_as_it_is, imports_csv_and_json_lines, delta_both_ways, shards_for_webdataset, files_of_results]


if __name__ == "__main__":
    sys.exit(run_cases(TESTS, given=Pond))
