#!/usr/bin/env python3
"""A pond in an object store, and tables in somebody else's catalog: what we write there others read, and the reverse.

usage: run.py POND_TOOL [NAME...]      NAME: a test, such as pyiceberg_reads_the_store, or a store: s3, azure, google
"""

import glob
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import traceback
import urllib.error
import urllib.request
import uuid

from amazon_roles import roles_of_amazon
from catalogs import a_catalog_asks_for_credentials, own_server_in_the_store_is_used, reference_catalog_is_used
from credentials import identities_of_azure, identities_of_google, names_and_credentials_of_azure
from place import BUCKET, PROGRAM, STORES, TABLES, Missing, ObjectProxy, Place, batch, equal, ids_of


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


def decimals_and_times_in_the_store(place):
    """Read by ranges, and written there; also within structs and lists."""
    import datetime
    from decimal import Decimal

    import pyarrow as pa
    from pyiceberg.catalog.rest import RestCatalog
    columns = pa.schema([("id", pa.int64()), ("small", pa.decimal128(4, 1)), ("price", pa.decimal128(9, 2)),
                         ("wide", pa.decimal128(18, 4)), ("widest", pa.decimal128(38, 10)), ("hour", pa.time64("us")),
                         ("cost", pa.struct([("net", pa.decimal128(12, 3)), ("of", pa.time64("us"))])),
                         ("many", pa.list_(pa.decimal128(6, 2)))])
    noon = datetime.time(12, 0, 0, 1)
    values = [{"id": i, "small": Decimal(i - 2) / 10, "price": Decimal(-i) / 100, "wide": Decimal(7 * i) / 10000,
               "widest": Decimal(3) ** (18 * i), "hour": noon, "cost": {"net": Decimal(i) / 8, "of": noon},
               "many": [Decimal(i), None]} for i in range(4)] + [{"id": 4}]
    with place.serve() as server:
        catalog = RestCatalog("pond", uri=server.uri, **place.iceberg)
        table = catalog.create_table("main.prices", schema=columns)
        table.append(pa.Table.from_pylist(values, schema=columns))
        names = [field.name for field in columns]
        query = ("select id, {0} from prices order by id").format(
            ", ".join(f"{name}::varchar as {name}" for name in names[1:6]) +
            ", cost.net::varchar as net, cost.of::varchar as of, many::varchar as many")

        def as_seen(rows):
            text = lambda value: None if value is None else str(value)
            return [[row["id"], *[text(row[name]) for name in names[1:6]], text((row["cost"] or {}).get("net")),
                     text((row["cost"] or {}).get("of")),
                     row["many"] and "[" + ", ".join("NULL" if each is None else str(each) for each in row["many"]) + "]"]
                    for row in sorted(rows, key=lambda row: row["id"])]

        def compare(what):
            ours = [list(row.values()) for row in json.loads(place.millpond("sql", query, "--format", "json"))]
            equal(ours, as_seen(catalog.load_table("main.prices").scan().to_arrow().to_pylist()), what)

        compare("of PyIceberg")
        place.millpond("sql", "--write", "update prices set price = price + 1, hour = time '07:30' where wide > 0.0007")
        place.millpond("sql", "--write", "insert into prices (id, price, cost) values (9, 1.25, {'net': 3, 'of': '01:00'})")
        compare("after changes")
        equal(place.millpond("sql", "select sum(price)::varchar as s from prices where hour < time '08:00'", "--format", "csv")
              .split(), ["s", "1.95"])


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


def without_block_hashes(segment):
    """The segment as programs wrote it before they kept checksums of blocks, which are the last section (docs/formats/segment.md)."""
    import xxhash
    tail = struct.Struct("<QIIQQ8s")
    directory, sections, version, _, _, magic = tail.unpack(segment[-tail.size:])
    entries = [segment[directory + 32 * i:directory + 32 * (i + 1)] for i in range(sections)]
    kept = [entry for entry in entries if struct.unpack_from("<I", entry)[0] != 12]
    end = next(struct.unpack_from("<Q", entry, 8)[0] for entry in entries if entry not in kept)
    listed = b"".join(kept)
    size = end + len(listed) + tail.size
    return segment[:end] + listed + tail.pack(end, len(kept), version, xxhash.xxh3_64_intdigest(listed), size, magic)


def search_fetches_what_it_looks_at(place):
    """A large segment is read by ranges, several at once; what comes is compared with checksums, whoever spoiled it."""
    import duckdb
    uri, rows = place.at("searched"), 40_000
    words = ["sluice", "millrace", "wheel", "flour", "hopper", "grindstone", "weir", "miller", "sack", "barley", "river", "gear"]

    def vectors(first, count):
        return f"""select i as id, list_transform(range(128), j -> round(sin(hash(i % 5000) % 1000 * 0.001 * j + hash(i) % 77 + j * j), 3)::float) as v,
                   array_to_string(list_transform(range(12), j -> {words}[(1 + hash(i * 12 + j) % 12)::bigint] || case hash(i + j * 7) % 3
                   when 0 then '' when 1 then 's' else (hash(i * 5 + j) % 3000)::varchar end), ' ') as text
                   from range({first}, {first + count}) r(i)"""

    duckdb.sql(vectors(0, rows)).write_parquet(f"{place.folder}/many.parquet")
    asked_for = [row[1] for row in duckdb.sql(vectors(1_000_000, 8)).fetchall()]
    (place.folder / "queries.jsonl").write_text("".join(json.dumps(each) + "\n" for each in asked_for))
    flow = """tables:
  many: {sql: "select id, text, v from base"}
indexes:
  many: {text: text, vector: v}
"""
    questions = ["sluice17 barley200", '"wheel weir"', "millrace20*"]
    place.millpond("init", pond=uri)
    place.millpond("import", place.folder / "many.parquet", "--as", "base", pond=uri)
    place.store.put(BUCKET, place.key_of(uri) + "/pond.yaml", flow.encode())
    place.millpond("build", "--quiet", pond=uri)
    key = next(key for key in keys_below(place, "searched/") if "/indexes/many/" in key)
    segment = place.store.get(BUCKET, key)
    proxy = ObjectProxy(place.store.url)

    def asked(machine, fail=False, **more):
        """Hits by words, hits by vector, and the bytes of segments that were fetched for each."""
        env = place.store.env(proxy.url, HOME=str(place.folder), XDG_CACHE_HOME=str(place.folder / machine)) | more
        commands = [["search", "--by", "words", "--limit", "5", "--json", question] for question in questions]
        commands.append(["nearest", "--vectors", str(place.folder / "queries.jsonl"), "--json"])
        answers, fetched = [], []
        for command in commands[-1:] if fail else commands:
            before = proxy.bytes
            done = subprocess.run([PROGRAM, "--pond", uri, *command], capture_output=True, text=True, env=env, cwd=place.folder)
            if fail:
                equal(done.returncode != 0, True, done.stdout[:300])
                return done.stdout + done.stderr
            equal(done.returncode, 0, done.stderr)
            answers.append([json.loads(line) for line in done.stdout.splitlines()] if command[0] == "nearest" else
                           [(hit["citation"], hit["score"]) for hit in json.loads(done.stdout)["hits"]])
            fetched.append(proxy.bytes - before)
        return answers, fetched

    def hits_of(answers):
        return [[[hit["row"]["id"] for hit in each["hits"]] if isinstance(each, dict) else each for each in answer] for answer in answers]

    try:
        here = hits_of([*map(list, asked(".cache", XDG_CACHE_HOME=str(place.folder / ".cache"))[0])])
        equal(min(map(len, here[0:1] + here[3])) > 0, True, "hits")
        answers, fetched = asked("second")
        equal(hits_of(answers), here, "read by ranges")
        equal(fetched[0] < len(segment) / 4, True, f"by words: {fetched[0]} of {len(segment)} bytes")
        equal(sum(fetched) < len(segment) * .8, True, f"by words and by vector: {fetched} of {len(segment)} bytes")
        print(f"   {place.store.name}: first search by words, three more, eight by vector: {fetched} of {len(segment)} bytes", flush=True)
        answers, fetched = asked("second")
        equal(hits_of(answers), here, "a second time")
        equal(max(fetched) < len(segment) / 20, True, f"the second time: {fetched}")
        for path in glob.glob(f"{place.folder}/second/millpond/ponds/*/blocks/*.blocks"):
            with open(path, "r+b") as file:
                for at in range(5000, os.path.getsize(path), 20_000):
                    file.seek(at)
                    file.write(b"spoiled!")
        equal(hits_of(asked("second")[0]), here, "after the disk spoiled what was kept")
        proxy.rates = {"refuse": .15, "cut": .15, "drop_before": .1}
        equal(hits_of(asked("third")[0]), here, "through a bad network")
        proxy.only, proxy.rates = (lambda method, path, headers: ".segment" in path and method == "GET"), {"refuse": 1}
        failed = asked("fourth", fail=True, MILLPOND_OBJECT_GIVE_UP_MS="800")
        equal("SlowDown" in failed or "503" in failed, True, failed)
        proxy.rates = {}
        def spoil(begin, end):
            spoiled = bytearray(segment)
            for at in range(begin, end, 10_000):
                spoiled[at] ^= 255
            place.store.put(BUCKET, key, bytes(spoiled))

        spoil(len(segment) // 20, len(segment) // 2)  # vectors, of which those are looked at that are compared in full
        failed = asked("fourth", fail=True)
        equal("checksum" in failed and "check --repair" in failed, True, failed)
        subprocess.run([PROGRAM, "--pond", uri, "check", "--repair"], capture_output=True, cwd=place.folder,
                       env=place.store.env(HOME=str(place.folder), XDG_CACHE_HOME=str(place.folder / "fourth")))
        equal(hits_of(asked("fourth")[0]), here, "after the repair")
        equal(hits_of(asked("fifth")[0]), here, "on a machine that sees the repair")
        older = without_block_hashes(segment)
        place.store.put(BUCKET, key, older)
        answers, fetched = asked("old")
        equal(hits_of(answers), here, "a segment without checksums of its blocks")
        equal(fetched[0] >= len(older) and max(fetched[1:]) < len(older) / 20, True, f"it is fetched once, whole: {fetched} of {len(older)} bytes")
        spoil(1000, len(segment) - 100_000)  # all but the end: noticed when it is opened, and made again
        equal(hits_of(asked("sixth")[0]), here, "made again")
    finally:
        proxy.close()


# For every store.
TESTS = [pyiceberg_reads_the_store, decimals_and_times_in_the_store, clients_write_through_the_server, a_repeated_request_is_done_once,
         every_command_takes_the_store, branches_in_the_store, repairs_in_the_store, a_copied_pond_is_made_whole,
         tables_come_and_go, large_objects_go_in_parts, sql_fetches_what_it_looks_at, search_fetches_what_it_looks_at]
MORE_TESTS = {"s3": [duckdb_reads_the_store, reference_catalog_is_used, a_catalog_asks_for_credentials,
                     own_server_in_the_store_is_used, roles_of_amazon],
              "azure": [names_and_credentials_of_azure, identities_of_azure], "google": [identities_of_google]}


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
