#!/usr/bin/env python3
"""A pond in an object store, and tables in somebody else's catalog: what we write there others read, and the reverse.

usage: run.py POND_TOOL [NAME...]      NAME: a test, such as pyiceberg_reads_the_store, or a store: s3, azure, google
"""

import base64
import glob
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[3]
for part in ("tests/faults", "tests/conformance/rest"):
    sys.path.insert(0, str(ROOT / part))
import kit  # noqa: E402
from object_proxy import ObjectProxy  # noqa: E402
from object_server import STORES, ObjectServer  # noqa: E402
from servers import PROGRAM, Missing  # noqa: E402

BUCKET = "conformance"
TABLES = ["empty", "plain", "deleted", "evolved", "compacted", "many", "vectors"]


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r:.2000} != {expected!r:.2000}")


class Place:
    """The store, a pond in it with the tables of pond_tool, and a folder."""

    def __init__(self, tool, server):
        self.tool, self.folder = tool, pathlib.Path(tempfile.mkdtemp(prefix="millpond-objects-"))
        self.store = server.start()
        if self.store is None:
            raise Missing(f"the server for {server.name}: ./dev install --tests")
        self.store.make_bucket(BUCKET)
        self.uri = self.at("library")
        self.env = self.store.env(HOME=str(self.folder))
        self.iceberg = self.store.iceberg  # what PyIceberg needs to read the store
        self.pond_tool("make")

    def at(self, prefix):
        return self.store.uri(BUCKET, prefix)

    def key_of(self, uri):
        """What follows the bucket."""
        return uri.split("://", 1)[1].split("/", 1)[1]

    def close(self):
        self.store.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *words):
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, env=self.env, cwd=self.folder)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode} {done.stdout[-300:]}{done.stderr[-500:]}")
        return done.stdout

    def pond_tool(self, command, *words):
        return self.run(self.tool, command, self.uri + "/.pond", *words)

    def rows(self, table):
        return sorted((json.loads(line) for line in self.pond_tool("rows", table).split("\n") if line),
                      key=lambda row: row["id"])

    def millpond(self, *words, pond=None):
        return self.run(PROGRAM, "--pond", pond or self.uri, *words)

    def serve(self):
        return Served(self)


class Served:
    """`millpond serve` for the pond in the store."""

    def __init__(self, place):
        self.process = subprocess.Popen([PROGRAM, "--pond", place.uri, "serve", "--listen", "127.0.0.1:0", "--no-auth"],
                                        env=place.env, cwd=place.folder, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("Iceberg REST catalog: "):
                self.uri = line.split(": ", 1)[1].split(" ")[0].strip()
                return
        raise AssertionError(f"the server did not start: {self.process.wait()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def batch(*rows):
    import pyarrow as pa
    return pa.table({"id": pa.array([row[0] for row in rows], pa.int64()),
                     "word": pa.array([row[1] for row in rows], pa.string())})


def ids_of(rows):
    return sorted(row["id"] for row in rows)


def pyiceberg_reads_the_store(place):
    from pyiceberg.table import StaticTable
    for name in TABLES:
        where = place.pond_tool("where", name).strip()
        table = StaticTable.from_metadata(where, place.iceberg)
        equal(sorted(table.scan().to_arrow().column("id").to_pylist()), ids_of(place.rows(name)), name)


def duckdb_reads_the_store(place):
    import duckdb
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    site = pathlib.Path(duckdb.__file__).parents[1]
    for name in ("avro", "httpfs", "iceberg"):
        found = glob.glob(f"{site}/duckdb_extension_{name}/**/*.duckdb_extension", recursive=True)
        if not found:
            raise Missing(f"DuckDB's extension {name}")
        connection.execute(f"LOAD '{found[0]}'")
    connection.execute(f"""CREATE SECRET (TYPE s3, KEY_ID 'x', SECRET 'y', REGION 'us-east-1', URL_STYLE 'path', USE_SSL false,
                           ENDPOINT '{place.store.url.removeprefix("http://")}')""")
    for name in TABLES:
        where = place.pond_tool("where", name).strip()
        if name == "empty":
            continue  # without a snapshot there is nothing that DuckDB could scan
        found = connection.execute(f"SELECT id FROM iceberg_scan('{where}') ORDER BY id").fetchall()
        equal([row[0] for row in found], ids_of(place.rows(name)), name)


def clients_write_through_the_server(place):
    from pyiceberg.catalog.rest import RestCatalog
    with place.serve() as server:
        catalog = RestCatalog("pond", uri=server.uri, **place.iceberg)
        catalog.create_namespace_if_not_exists("main")
        table = catalog.create_table("main.words", schema=batch().schema)
        equal(table.location().startswith(place.uri + "/.pond/"), True, table.location())
        table.append(batch((1, "a"), (2, "b")))
        table.append(batch((3, "c")))
        table.delete("id = 1")
        # The program commits to the same table without the server.
        equal(ids_of(place.rows("words")), [2, 3])
        catalog.load_table("main.words").append(batch((4, "d")))
        equal(ids_of(place.rows("words")), [2, 3, 4])
        equal(sorted(catalog.load_table("main.plain").scan().to_arrow().column("id").to_pylist()),
              ids_of(place.rows("plain")))
        catalog.rename_table("main.words", "main.renamed")
        equal("renamed" in place.millpond("tables"), True)
        catalog.purge_table("main.renamed")
        equal("renamed" in place.millpond("tables"), False)


def a_repeated_request_is_done_once(place):
    """With an Idempotency-Key, also by another server after the first was killed."""
    def ask(uri, method, path, body, key):
        request = urllib.request.Request(uri + path, json.dumps(body).encode(), {"Content-Type": "application/json",
                                                                                 "Idempotency-Key": key}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    schema = {"type": "struct", "fields": [{"id": 1, "name": "id", "type": "long", "required": False}]}
    requests = [("POST", "/v1/namespaces", {"namespace": ["once"]}),
                ("POST", "/v1/namespaces/once/tables", {"name": "t", "schema": schema}),
                ("POST", "/v1/namespaces/once/tables/t", {"requirements": [], "updates": [
                    {"action": "set-properties", "updates": {"a": "1"}}]}),
                ("POST", "/v1/tables/rename", {"source": {"namespace": ["once"], "name": "t"},
                                               "destination": {"namespace": ["once"], "name": "u"}}),
                ("DELETE", "/v1/namespaces/once/tables/u", {})]
    keys = [str(uuid.uuid4()) for _ in requests]
    with place.serve() as server:
        first = [ask(server.uri, *request, key) for request, key in zip(requests, keys)]
    equal([status for status, _ in first], [200, 200, 200, 204, 204], first)
    with place.serve() as server:
        equal([ask(server.uri, *request, key) for request, key in zip(requests, keys)], first, "answers of another server")
        equal(ask(server.uri, *requests[0], keys[1])[0], 400, "a key of another request")


def every_command_takes_the_store(place):
    """From files to an answer, and the work on tables, in a pond that no folder holds."""
    uri = place.at("commands")
    notes = place.folder / "notes"
    notes.mkdir()
    (notes / "mill.md").write_text("# The mill\n\nThe miller opens the sluice at dawn, before the stones turn.\n")
    (notes / "bridge.md").write_text("# The bridge\n\nThe toll on the bridge is two pence for a cart.\n")
    place.millpond("init", pond=uri)
    place.millpond("add", notes, pond=uri)
    place.millpond("build", "--json", pond=uri)
    found = json.loads(place.millpond("search", "who opens the sluice", "--json", pond=uri))["hits"]
    equal(found[0]["uri"].endswith("mill.md"), True, found[0]["uri"])
    shutil.rmtree(place.folder / ".cache")  # another machine
    again = json.loads(place.millpond("search", "who opens the sluice", "--json", pond=uri))["hits"]
    equal([hit["text"] for hit in again], [hit["text"] for hit in found])
    second = json.loads(place.millpond("build", "--json", pond=uri))
    equal([table["rows_out"] for table in second["tables"] if table["table"] == "chunks"], [0])
    (notes / "bridge.md").unlink()
    place.millpond("build", "--json", pond=uri)
    left = json.loads(place.millpond("tables", "--json", pond=uri))["tables"]
    equal({table["table"]: table["rows"] for table in left}["documents"], 1)
    place.millpond("maintain", "--orphan-hours", "0", "--keep-snapshots", "1", "--keep-days", "0", "--json", pond=uri)
    equal(len(json.loads(place.millpond("search", "sluice", "--json", pond=uri))["hits"]), 1)
    counted = json.loads(place.millpond("sql", "select count(*) n from chunks", "--json", pond=uri))
    equal(counted["rows"][0] if isinstance(counted, dict) else counted[0], {"n": 1}, counted)


def rows_in_store(place, uri, table):
    """As PyIceberg reads them from the metadata file that the catalog in the store names."""
    from pyiceberg.table import StaticTable
    catalog = json.loads(place.store.get(BUCKET, place.key_of(uri) + "/.pond/catalog.json"))
    table = StaticTable.from_metadata(catalog["entries"]["main"][table]["metadata-location"], place.iceberg)
    return sorted(table.scan().to_arrow().to_pylist(), key=lambda row: row["id"]), table


def branches_in_the_store(place):
    """Branch, tag, diff, merge and rollback, of derived and of stored tables, from two machines."""
    uri = place.at("branches")
    notes = place.folder / "branch-notes"
    notes.mkdir()
    (notes / "mill.md").write_text("# The mill\n\n" + "The miller opens the sluice at dawn. " * 40)
    (place.folder / "rows.csv").write_text("id,word\n" + "".join(f"{i},w{i}\n" for i in range(100)))

    def ours(*words):
        return place.millpond(*words, pond=uri)

    ours("init")
    ours("add", notes)
    ours("import", place.folder / "rows.csv", "--as", "rows")
    ours("build")
    ours("tag", "before")
    ours("branch", "trial")
    (place.folder / "pond.trial.yaml").write_text(
        "sources:\n  - files: " + str(notes) + "\ntables:\n  documents: {from: sources, steps: [extract]}\n"
        "  chunks: {from: documents, steps: [{chunk: {tokens_max: 40}}]}\n")
    ours("build", "--branch", "trial", "--flow", place.folder / "pond.trial.yaml")
    ours("sql", "--branch", "trial", "--write", "update rows set word = 'trial' where id < 10; delete from rows where id = 50")
    shutil.rmtree(place.folder / ".cache")  # another machine
    differences = {row["table"]: row for row in json.loads(ours("diff", "main", "trial", "--json"))["tables"]}
    equal(set(differences) >= {"chunks", "rows"}, True, differences)
    equal(len(rows_in_store(place, uri, "rows")[0]), 100, "main while the branch goes on")
    ours("sql", "--write", "insert into rows values (1000, 'main')")
    ours("merge", "trial", "--drop")
    wanted = [{"id": i, "word": "trial" if i < 10 else f"w{i}"} for i in range(100) if i != 50] + [{"id": 1000, "word": "main"}]
    equal(rows_in_store(place, uri, "rows")[0], wanted, "after the merge")
    equal(json.loads(ours("sql", "select * from rows order by id", "--format", "json")), wanted, "our SQL")
    ours("rollback", "before")
    equal(rows_in_store(place, uri, "rows")[0], [{"id": i, "word": f"w{i}"} for i in range(100)], "rolled back")
    ours("tag", "before", "--drop")
    ours("check")


def repairs_in_the_store(place):
    """What is lost is found and given up where a build makes it again; files that nothing names go."""
    uri = place.at("repairs")
    prefix = place.key_of(uri)
    notes = place.folder / "repair-notes"
    notes.mkdir()
    (notes / "mill.md").write_text("# The mill\n\nThe miller opens the sluice at dawn.\n")

    def ours(*words):
        return place.millpond(*words, pond=uri)

    ours("init")
    ours("add", notes)
    ours("build")
    ours("check")
    rows, table = json.loads(ours("sql", "select text from chunks", "--format", "json")), rows_table(place, uri, "chunks")
    lost = place.key_of(next(iter(table.scan().plan_files())).file.file_path)
    place.store.delete(BUCKET, lost)
    place.store.put(BUCKET, f"{prefix}/.pond/tables/documents/data/stray.parquet", b"nothing names this")
    damaged = subprocess.run([PROGRAM, "--pond", uri, "check", "--orphan-hours", "0"], capture_output=True, text=True,
                             env=place.env, cwd=place.folder)
    equal(damaged.returncode, 11, damaged.stdout + damaged.stderr)
    equal(lost.rsplit("/", 1)[1] in damaged.stdout and "stray" in damaged.stdout, True, damaged.stdout)
    ours("check", "--repair", "--orphan-hours", "0")
    ours("build")
    equal(json.loads(ours("sql", "select text from chunks", "--format", "json")), rows)
    ours("check")
    equal([key for key in keys_below(place, "repairs/") if "stray" in key], [])


def rows_table(place, uri, name):
    from pyiceberg.table import StaticTable
    catalog = json.loads(place.store.get(BUCKET, place.key_of(uri) + "/.pond/catalog.json"))
    return StaticTable.from_metadata(catalog["entries"]["main"][name]["metadata-location"], place.iceberg)


def keys_below(place, prefix):
    return place.store.keys(BUCKET, prefix)


def a_copied_pond_is_made_whole(place):
    """Copied to another prefix by any tool, with deletes of both kinds; the original goes."""
    uri, moved = place.at("original"), place.at("deep/er/copy")
    place.millpond("init", pond=uri)
    (place.folder / "more.csv").write_text("id,word\n" + "".join(f"{i},w{i}\n" for i in range(300)))
    place.millpond("import", place.folder / "more.csv", "--as", "rows", pond=uri)
    place.millpond("sql", "--write", "delete from rows where id % 7 = 0; insert into rows values (1000, 'new')", pond=uri)
    wanted = rows_in_store(place, uri, "rows")[0]
    for key in keys_below(place, "original/"):
        copy = "deep/er/copy/" + key[len("original/"):]
        place.store.put(BUCKET, copy, place.store.get(BUCKET, key))
        place.store.delete(BUCKET, key)
    equal(json.loads(place.millpond("sql", "select * from rows order by id", "--format", "json", pond=moved)), wanted, "moved")
    place.millpond("sql", "--write", "delete from rows where id = 1", pond=moved)
    wanted = [row for row in wanted if row["id"] != 1]
    place.millpond("relocate", pond=moved)
    equal(rows_in_store(place, moved, "rows")[0], wanted, "PyIceberg, relocated")
    equal(json.loads(place.millpond("sql", "select * from rows order by id", "--format", "json", pond=moved)), wanted, "relocated")
    catalog = json.loads(place.store.get(BUCKET, "deep/er/copy/.pond/catalog.json"))
    equal((catalog["root"], catalog["entries"]["main"]["rows"]["metadata-location"].startswith(moved)),
          (moved + "/.pond", True), catalog)
    place.millpond("check", pond=moved)


def tables_come_and_go(place):
    """Import of an Iceberg table in the store and of files; export; maintenance removes nothing of the other table."""
    from pyiceberg.catalog.sql import SqlCatalog
    uri = place.at("imports")
    place.millpond("init", pond=uri)
    catalog = SqlCatalog("theirs", uri=f"sqlite:///{place.folder}/theirs.db", warehouse=place.at("theirs"), **place.iceberg)
    catalog.create_namespace("lab")
    table = catalog.create_table("lab.words", schema=batch().schema)
    table.append(batch((1, "a"), (2, "b"), (3, "c")))
    table.append(batch((4, "d")))
    table.delete("id = 3")
    untouched = sorted(keys_below(place, "theirs/"))
    place.millpond("import", table.location(), "--as", "words", pond=uri)
    wanted = [{"id": 1, "word": "a"}, {"id": 2, "word": "b"}, {"id": 4, "word": "d"}]
    equal(rows_in_store(place, uri, "words")[0], wanted)
    place.millpond("sql", "--write", "update words set word = upper(word) where id > 1", pond=uri)
    wanted = [{"id": 1, "word": "a"}, {"id": 2, "word": "B"}, {"id": 4, "word": "D"}]
    equal(rows_in_store(place, uri, "words")[0], wanted)
    for _ in range(2):
        place.millpond("maintain", "--keep-snapshots", "1", "--keep-days", "0", "--orphan-hours", "0", pond=uri)
    equal(rows_in_store(place, uri, "words")[0], wanted, "after maintenance")
    equal(sorted(keys_below(place, "theirs/")), untouched, "files of the other table")
    import pyarrow.parquet
    pyarrow.parquet.write_table(batch((7, "x")), place.folder / "seven.parquet")
    place.millpond("import", place.folder / "seven.parquet", "--as", "words", "--append", pond=uri)
    equal(rows_in_store(place, uri, "words")[0], wanted + [{"id": 7, "word": "x"}])
    query = ("sql", "select count(*) as n from words", "--format", "json")
    equal(json.loads(place.millpond(*query, pond=uri)), [{"n": 4}])
    place.millpond("export", "words", place.folder / "out.jsonl", pond=uri)
    out = sorted((json.loads(line) for line in open(place.folder / "out.jsonl")), key=lambda row: row["id"])
    equal(out, wanted + [{"id": 7, "word": "x"}], "export")
    place.millpond("export", "words", place.folder / "out.parquet", pond=uri)
    equal(pyarrow.parquet.read_table(place.folder / "out.parquet").num_rows, 4)


def large_objects_go_in_parts(place):
    """Files of several parts, of exactly one part, and of none arrive as they are; names may hold any character."""
    uri = place.at("large")
    place.millpond("init", pond=uri)
    part = 8 << 20
    for size in (0, 1, part - 1, part, part + 1, 2 * part, 2 * part + 12345):
        file = place.folder / f"of {size}+bytes & more%41.bin"
        file.write_bytes(os.urandom(size))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        place.millpond("blob", "put", file, pond=uri)
        out = place.folder / "out.bin"
        out.unlink(missing_ok=True)
        place.millpond("blob", "get", digest, "--output", out, pond=uri)
        equal(hashlib.sha256(out.read_bytes()).hexdigest(), digest, f"a blob of {size} bytes")


def sql_fetches_what_it_looks_at(place):
    """Columns and row groups, not files; what was fetched is kept, and fetched again where the disk spoiled it."""
    import duckdb
    uri, rows = place.at("ranges"), 300_000
    duckdb.sql(f"""copy (select i as id, i % 100 as k, case when i % 10 = 0 then null else 'v' || i end as v,
                         [i, i + 1] as l, {{'a': i, 'b': [i::varchar]}} as s, md5(i::varchar) || md5((i + 1)::varchar) as wide,
                         timestamptz '2026-01-01 00:00:00+00' + to_seconds(i) as ts, date '2026-01-01' + (i % 1000)::int as day,
                         i / 3 as d, i % 2 = 0 as b, map {{'x': i}} as m
                         from range({rows}) r(i)) to '{place.folder}/wide.parquet' (row_group_size 30000)""")
    place.millpond("init", pond=uri)
    place.millpond("import", place.folder / "wide.parquet", "--as", "t", pond=uri)
    place.millpond("sql", "--write", "delete from t where id % 1000 = 7", pond=uri)
    whole = sum(len(place.store.get(BUCKET, key)) for key in keys_below(place, "ranges/") if "/data/" in key)
    proxy = ObjectProxy(place.store.url)
    env = place.store.env(proxy.url, HOME=str(place.folder), XDG_CACHE_HOME=str(place.folder / "ranges-cache"))

    def ours(query, write=False, **more):
        before = proxy.bytes
        how = ["--write"] if write else ["--format", "json"]
        done = subprocess.run([PROGRAM, "--pond", uri, "sql", query, *how], capture_output=True, text=True,
                              env=env | more, cwd=place.folder)
        equal(done.returncode, 0, done.stderr)
        return None if write else json.loads(done.stdout), proxy.bytes - before

    theirs = duckdb.sql(f"select * from '{place.folder}/wide.parquet' where id % 1000 != 7").to_arrow_table()  # noqa: F841
    try:
        count, fetched = ours("select count(*) as n from t")
        equal(count, [{"n": rows - rows // 1000}])
        equal(fetched < whole / 20, True, f"count(*): {fetched} of {whole} bytes")
        changed, fetched = ours("update t set k = 5 where id = 123456", write=True)
        equal(fetched < whole / 5, True, f"update: {fetched} of {whole} bytes")
        theirs = duckdb.sql("select * replace (if(id = 123456, 5, k) as k) from theirs").to_arrow_table()  # noqa: F841
        count, fetched = ours("select count(*) as n, sum(k) as k from t where id >= 290000")
        equal(count, duckdb.sql("select count(*) as n, sum(k)::bigint as k from theirs where id >= 290000").to_arrow_table().to_pylist())
        equal(fetched < whole / 20, True, f"one row group of two columns: {fetched} of {whole} bytes")
        print(f"   {place.store.name}: count(*) where id >= ...: {fetched} of {whole} bytes", flush=True)
        columns = "id, k, v, l[2] as l2, s.a as sa, s.b[1] as sb, epoch(ts)::bigint as ts, day::varchar as day, d, b, m['x'] as m"
        for where in ("id between 45000 and 45020", "v is null and id < 3000", "k = 7 and id > 299000", "day = '2026-01-05'"):
            query = f"select {columns} from {{}} where {where} order by id"
            equal(ours(query.format("t"))[0], duckdb.sql(query.format("theirs")).to_arrow_table().to_pylist(), where)
        everything = f"select count(*) as n, sum(hash({', '.join(c.split(' as ')[0] for c in columns.split(', '))})) as h from {{}}"
        wanted = duckdb.sql(everything.format("theirs")).fetchall()
        equal([tuple(map(int, row.values())) for row in ours(everything.format("t"))[0]], [tuple(map(int, row)) for row in wanted])
        again, fetched = ours(everything.format("t"))
        equal(fetched < whole / 20, True, f"the second time: {fetched} of {whole} bytes")
        for path in glob.glob(f"{place.folder}/ranges-cache/millpond/ponds/*/blocks/*.blocks"):
            with open(path, "r+b") as file:
                for at in range(1 << 20, os.path.getsize(path), 1 << 20):
                    file.seek(at)
                    file.write(b"spoiled!")
        repaired, fetched = ours(everything.format("t"))
        equal(repaired, again, "after the disk spoiled what was kept")
        equal(0 < fetched < whole, True, f"{fetched} bytes again")
        ours("select sum(k) as k from t", MILLPOND_OBJECT_CACHE_MB="0")
        equal(glob.glob(f"{place.folder}/ranges-cache/millpond/ponds/*/blocks/*"), [], "nothing is kept beyond the limit")
        limited, fetched = ours("select id from t limit 3")
        equal(limited, [{"id": 0}, {"id": 1}, {"id": 2}], "order")
    finally:
        proxy.close()


def names_and_credentials_of_azure(place):
    """az:// takes the account of the environment; a shared access signature does as well as a key."""
    store = place.store
    plain = {name: value for name, value in place.env.items() if not name.startswith("AZURE_")}
    plain |= {"AZURE_STORAGE_ACCOUNT": store.ACCOUNT, "AZURE_STORAGE_SERVICE_ENDPOINT": f"{store.url}/{store.ACCOUNT}"}

    def asked(env, *words):
        done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, env=plain | env, cwd=place.folder)
        for secret in (store.KEY, "sig="):
            equal(secret in done.stdout + done.stderr, False, f"an error shows a secret: {done.stderr}")
        return done.returncode, done.stdout + done.stderr

    key, signature = {"AZURE_STORAGE_KEY": store.KEY}, {"AZURE_STORAGE_SAS_TOKEN": store.shared_access()}
    (place.folder / "named.csv").write_text("id,word\n1,a\n")
    equal(asked(key, "--pond", f"az://{BUCKET}/named/pond", "init")[0], 0)
    equal(asked(signature, "--pond", f"az://{BUCKET}/named/pond", "import", "named.csv", "--as", "words")[0], 0)
    at = place.at("named/pond")
    for name in (at, at.replace("abfss", "abfs"), at.replace("abfss", "wasbs").replace(".dfs.", ".blob.")):
        equal(asked(key, "--pond", name, "sql", "select word from words", "--format", "csv"), (0, "word\na\n"), name)
    catalog = json.loads(store.get(BUCKET, "named/pond/.pond/catalog.json"))
    equal(catalog["entries"]["main"]["words"]["metadata-location"].startswith(at + "/.pond/"), True, catalog)
    status, said = asked({"AZURE_STORAGE_KEY": "d3Jvbmc="}, "--pond", at, "tables")
    equal((status, "AZURE_STORAGE_KEY" in said), (6, True), said)
    status, said = asked({}, "--pond", at, "tables")
    equal((status, "AZURE_STORAGE_KEY" in said), (7, True), said)
    status, said = asked(key, "--pond", at.replace(store.ACCOUNT, "somebody"), "tables")
    equal((status, "somebody" in said), (2, True), said)
    status, said = asked(key, "--pond", at.replace(BUCKET, "missing"), "tables")
    equal((status, "no such bucket: missing" in said), (3, True), said)


class Gate:
    """Google's identity service and the door of the store, as a client sees them.

    `POST /token` gives a token that is good for `life_s`, for a statement that the service account signed (checked with its
    public key) or for a refresh token; so does the metadata server's path. Other requests pass to the store with a good token.
    """

    REFRESH, METADATA = "refresh-token-of-a-user", "/computeMetadata/v1/instance/service-accounts/default/token"

    def __init__(self, target, public_key, life_s=3600):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding
        gate, self.given, self.kinds, self.refused = self, {}, [], 0

        def decoded(text):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

        def statement_holds(text):
            head, claims, signature = text.split(".")
            public_key.verify(decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
            claims = json.loads(decoded(claims))
            now = time.time()
            return (json.loads(decoded(head))["alg"] == "RS256" and claims["iss"] == "miller@lake.example" and
                    claims["aud"] == gate.url + "/token" and claims["iat"] <= now + 1 and now < claims["exp"] <= now + 3601 and
                    "devstorage" in claims["scope"])

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, content, headers=()):
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def token(self, kind):
                token = uuid.uuid4().hex
                gate.given[token] = time.time() + life_s
                gate.kinds.append(kind)
                self.answer(200, json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": life_s}).encode())

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == gate.METADATA and self.headers.get("Metadata-Flavor") == "Google":
                    return self.token("machine")
                if self.path == "/token":
                    form = dict(urllib.parse.parse_qsl(body.decode()))
                    try:
                        if form["grant_type"] == "refresh_token" and form["refresh_token"] == gate.REFRESH:
                            return self.token("user")
                        if form["grant_type"].endswith("jwt-bearer") and statement_holds(form["assertion"]):
                            return self.token("service account")
                    except Exception:
                        pass
                    return self.answer(400, b'{"error": "invalid_grant", "error_description": "who are you?"}')
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                if gate.given.get(token, 0) < time.time():
                    gate.refused += 1
                    return self.answer(401, b'{"error": {"code": 401, "message": "Invalid Credentials"}}')
                upstream = http.client.HTTPConnection(urllib.parse.urlsplit(target).netloc, timeout=60)
                upstream.request(self.command, self.path, body or None, dict(self.headers))
                reply = upstream.getresponse()
                content = reply.read()
                self.answer(reply.status, content, [(name, value) for name, value in reply.getheaders() if name.lower() not in
                                                    ("content-length", "transfer-encoding", "connection", "date")])

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def identities_of_google(place):
    """A service account's key, a user's login and the metadata server; a bad key; a token that the store takes no more."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    def new_key():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return key.public_key(), key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                   serialization.NoEncryption()).decode()

    public, private = new_key()
    plain = {name: value for name, value in place.env.items() if name != "STORAGE_EMULATOR_HOST"}
    with Gate(place.store.url, public) as gate:
        plain["CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"] = gate.url

        def write(name, content):
            path = place.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"token_uri": gate.url + "/token", **content}))
            return str(path)

        def asked(env, *words):
            done = subprocess.run([PROGRAM, "--pond", place.at("identities"), *words], capture_output=True, text=True,
                                  env=plain | env, cwd=place.folder)
            for secret in (private.splitlines()[2], gate.REFRESH, *gate.given):
                equal(secret in done.stdout + done.stderr, False, f"a message shows a secret: {done.stderr}")
            return done.returncode, done.stdout + done.stderr

        account = {"type": "service_account", "client_email": "miller@lake.example", "private_key_id": "1", "private_key": private}
        good = {"GOOGLE_APPLICATION_CREDENTIALS": write("account.json", account)}
        user = write("gcloud/application_default_credentials.json", {
            "type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": gate.REFRESH})
        equal(asked(good, "init")[0], 0)
        equal(asked({"CLOUDSDK_CONFIG": os.path.dirname(user)}, "tables")[0], 0)
        equal(asked({"GCE_METADATA_HOST": gate.url.removeprefix("http://")}, "tables")[0], 0)
        equal((gate.kinds, gate.refused), (["service account", "user", "machine"], 0), "one token a process")
        other = {"GOOGLE_APPLICATION_CREDENTIALS": write("other.json", {**account, "private_key": new_key()[1]})}
        status, said = asked(other, "tables")
        equal((status, "who are you?" in said), (7, True), said)
        none = {"GOOGLE_APPLICATION_CREDENTIALS": write("none.json", {**account, "private_key": "no key"})}
        status, said = asked(none, "tables")
        equal((status, "miller@lake.example" in said), (7, True), said)
        kind = {"GOOGLE_APPLICATION_CREDENTIALS": write("kind.json", {"type": "external_account"})}
        status, said = asked(kind, "tables")
        equal((status, "external_account" in said), (13, True), said)
        status, said = asked({"GCE_METADATA_HOST": "127.0.0.1:9"}, "tables")
        equal((status, "GOOGLE_APPLICATION_CREDENTIALS" in said), (7, True), said)


class Reference:
    """The reference REST catalog of Iceberg's kit, with its tables in a folder."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        warehouse = pathlib.Path(tempfile.mkdtemp(prefix="warehouse-", dir=folder))
        env = {**os.environ, "CATALOG_WAREHOUSE": f"file://{warehouse}",
               "CATALOG_URI": f"jdbc:sqlite:{warehouse}/reference.db", "CATALOG_REST_PORT": str(port)}
        self.process = subprocess.Popen(
            ["java", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp",
             os.pathsep.join(kit.fetch()), "org.apache.iceberg.rest.RESTCatalogServer"], env=env, cwd=folder,
            stdout=open(folder / "reference.log", "w"), stderr=subprocess.STDOUT)
        self.uri = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(self.uri + "/v1/config", timeout=5).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.2)
        log = (folder / "reference.log").read_text()[-500:]
        self.__exit__()
        raise Missing(f"the reference catalog, which did not start: {log}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def through_a_foreign_catalog(place, uri, name, properties, settings=""):
    """The same work against any catalog: we create, build, read and change; PyIceberg sees it, and the reverse."""
    from pyiceberg.catalog.rest import RestCatalog
    folder = place.folder / name
    notes = folder / "notes"
    notes.mkdir(parents=True)
    (notes / "mill.md").write_text("# The mill\n\nThe miller opens the sluice at dawn, before the stones turn.\n")
    (folder / "pond.yaml").write_text(f"version: 1\npond:\n  catalog: {uri}\n  namespace: shared\n{settings}sources:\n"
                                      f"  - files: {notes}\n")

    def ours(*words):
        return place.run(PROGRAM, "--pond", folder, *words)

    ours("init")
    ours("build", "--json")
    catalog = RestCatalog(name, uri=uri, **properties)
    documents = catalog.load_table("shared.documents").scan().to_arrow()
    equal(documents.num_rows, 1, "PyIceberg reads what we built")
    equal(json.loads(ours("search", "sluice", "--json"))["hits"][0]["uri"].endswith("mill.md"), True)
    (notes / "bridge.md").write_text("# The bridge\n\nThe toll on the bridge is two pence for a cart.\n")
    ours("build", "--json")
    equal(catalog.load_table("shared.documents").scan().to_arrow().num_rows, 2, "a second commit")
    (notes / "mill.md").unlink()
    ours("build", "--json")
    equal(catalog.load_table("shared.documents").scan().to_arrow().num_rows, 1, "deletes")
    theirs = catalog.create_table("shared.theirs", schema=batch().schema)
    theirs.append(batch((1, "a"), (2, "b")))
    counted = json.loads(ours("tables", "--json"))["tables"]
    equal({table["table"]: table["rows"] for table in counted}["theirs"], 2, "we read what PyIceberg wrote")
    ours("maintain", "--keep-snapshots", "1", "--keep-days", "0", "--json")
    equal(len(catalog.load_table("shared.chunks").metadata.snapshots), 1, "we expire snapshots")
    equal(catalog.load_table("shared.chunks").scan().to_arrow().num_rows > 0, True)


def reference_catalog_is_used(place):
    with Reference(place.folder) as server:
        through_a_foreign_catalog(place, server.uri, "reference", {})


def own_server_in_the_store_is_used(place):
    with place.serve() as server:
        through_a_foreign_catalog(place, server.uri, "own", place.iceberg)


class Guard:
    """Stands in front of a catalog that asks for no token, as an identity provider and a gate would.

    `POST /identity/token` gives a token for client credentials (RFC 6749, section 4.4) that is good for two seconds;
    any other request needs a token that is good.
    """

    CLIENT, SECRET, FIXED = "miller", "s3cret & more=%", "a-token-for-good"

    def __init__(self, target):
        guard, self.given, self.refused, self.scopes = self, {}, [], set()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, content, headers=()):
                self.send_response(status)
                for key, value in headers or [("Content-Type", "application/json")]:
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == "/identity/token":
                    return self.give_token(body)
                word, _, token = (self.headers.get("Authorization") or "").partition(" ")
                if word != "Bearer" or (token != guard.FIXED and guard.given.get(token, 0) < time.time()):
                    guard.refused.append(self.path)
                    return self.answer(401, json.dumps({"error": {"message": "Not authorized: no good token", "code": 401,
                                                                  "type": "NotAuthorizedException"}}).encode())
                upstream = http.client.HTTPConnection(urllib.parse.urlsplit(target).netloc, timeout=60)
                keep = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length", "authorization")}
                upstream.request(self.command, self.path, body or None, keep)
                reply = upstream.getresponse()
                content = reply.read()
                self.answer(reply.status, content, [(key, value) for key, value in reply.getheaders()
                                                    if key.lower() in ("content-type", "content-encoding")])

            def give_token(self, body):
                form = dict(urllib.parse.parse_qsl(body.decode()))
                good = (self.headers.get_content_type() == "application/x-www-form-urlencoded" and
                        form.get("grant_type") == "client_credentials" and
                        (form.get("client_id"), form.get("client_secret")) == (guard.CLIENT, guard.SECRET))
                if not good:
                    return self.answer(401, b'{"error": "invalid_client", "error_description": "unknown client"}')
                guard.scopes.add(form.get("scope"))
                token = uuid.uuid4().hex
                guard.given[token] = time.time() + 2
                self.answer(200, json.dumps({"access_token": token, "token_type": "bearer", "expires_in": 2}).encode())

            do_GET = do_POST = do_DELETE = do_HEAD = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def a_catalog_asks_for_credentials(place):
    with Reference(place.folder) as reference, Guard(reference.uri) as guard:
        identity = guard.uri + "/identity/token"
        place.env |= {"LAKE_CLIENT": guard.CLIENT, "LAKE_SECRET": guard.SECRET, "LAKE_TOKEN": guard.FIXED, "LAKE_WRONG": "wrong"}
        settings = f"  oauth_uri: {identity}\n  scope: lake:all\n  client_id_env: LAKE_CLIENT\n  client_secret_env: "
        through_a_foreign_catalog(place, guard.uri, "credentials",
                                  {"credential": f"{guard.CLIENT}:{guard.SECRET}", "oauth2-server-uri": identity},
                                  settings + "LAKE_SECRET\n")
        equal("lake:all" in guard.scopes, True, guard.scopes)
        equal(len(guard.given) > 3, True, "tokens were not renewed")

        def refused(settings, name, words):
            folder = place.folder / name
            folder.mkdir()
            (folder / "pond.yaml").write_text(f"version: 1\npond:\n  catalog: {guard.uri}\n  namespace: shared\n{settings}")
            done = subprocess.run([PROGRAM, "--pond", folder, "tables"], capture_output=True, text=True, env=place.env)
            said = done.stdout + done.stderr
            equal((done.returncode, words in said), (7, True), f"{name}: {done.returncode} {said}")
            for secret in (guard.SECRET, guard.FIXED, "wrong"):
                equal(secret in said.replace("wrong-", ""), False, f"{name}: an error shows a secret: {said}")
            return folder

        refused(settings + "LAKE_WRONG\n", "secret", "unknown client")
        refused(settings + "LAKE_UNSET\n", "unset", "LAKE_UNSET")
        refused("  token_env: LAKE_WRONG\n", "token", "Not authorized")
        refused("", "nothing", "token_env")
        folder = place.folder / "fixed"
        folder.mkdir()
        (folder / "pond.yaml").write_text(f"version: 1\npond:\n  catalog: {guard.uri}\n  namespace: shared\n  token_env: LAKE_TOKEN\n")
        equal("chunks" in place.run(PROGRAM, "--pond", folder, "tables"), True, "a bearer token")


# For every store.
TESTS = [pyiceberg_reads_the_store, clients_write_through_the_server, a_repeated_request_is_done_once,
         every_command_takes_the_store, branches_in_the_store, repairs_in_the_store, a_copied_pond_is_made_whole,
         tables_come_and_go, large_objects_go_in_parts, sql_fetches_what_it_looks_at]
MORE_TESTS = {"s3": [duckdb_reads_the_store, reference_catalog_is_used, a_catalog_asks_for_credentials,
                     own_server_in_the_store_is_used],
              "azure": [names_and_credentials_of_azure], "google": [identities_of_google]}


def run_store(tool, server, words, totals):
    tests = [test for test in TESTS + MORE_TESTS.get(server.name, []) if not words or test.__name__ in words]
    if not tests:
        return
    strict = os.environ.get("MILLPOND_REQUIRE_ALL") == "1"
    try:
        place = Place(tool, server)
    except Missing as missing:
        totals["failed" if strict else "skipped"] += len(tests)
        print(f"skipped {server.name}: not installed: {missing}", flush=True)
        return
    try:
        for test in tests:
            name = f"{server.name} {test.__name__}"
            try:
                test(place)
                totals["passed"] += 1
                print(f"ok {name}", flush=True)
            except (Missing, ImportError) as missing:
                totals["failed" if strict else "skipped"] += 1
                print(f"skipped {name}: not installed: {missing}", flush=True)
            except Exception:
                totals["failed"] += 1
                print(f"FAILED {name}", flush=True)
                traceback.print_exc()
    finally:
        place.close()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    known = {server.name for server in STORES}
    stores = {word for word in sys.argv[2:] if word in known} or known
    words = [word for word in sys.argv[2:] if word not in known]
    totals = dict(passed=0, failed=0, skipped=0)
    for server in STORES:
        if server.name in stores:
            run_store(pathlib.Path(sys.argv[1]).resolve(), server, words, totals)
    print(", ".join(f"{count} {what}" for what, count in totals.items()))
    return 1 if totals["failed"] else 0 if totals["passed"] else 77


if __name__ == "__main__":
    sys.exit(main())
