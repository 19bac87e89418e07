"""Bytes that a query fetches from an object store: `millpond sql` against DuckDB's iceberg_scan, over the same table.

A table of --rows rows with a wide column of text, in moto's S3 server on this machine, behind a proxy that counts bytes of answers.
Each query is a whole process, with nothing kept from before; "again" is a second process after the first. Checked: both give the
same result. Then searches by words and by vector in a table of --texts rows with a vector of 256 numbers each, whose index is large segments:
what the first one on a machine fetches, and the next. Checked: the hits are those that the machine finds which has the whole segment.
"""

import glob
import json
import os
import sys

import measure
from measure import MILLPOND, ROOT, Result, run, say

sys.path.insert(0, str(ROOT / "tests" / "faults"))
from object_proxy import ObjectProxy  # noqa: E402
from object_server import KEYS, ObjectServer  # noqa: E402

PYTHON = ROOT / ".deps/tests/bin/python"
QUERIES = {"count of all rows": "select count(*) as n from {}",
           "count where a sorted column is large": "select count(*) as n from {} where id >= {most}",
           "sum of one column": "select sum(k)::bigint as n from {}"}
PEER = """
import duckdb, sys
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
for path in sys.argv[4:]:
    connection.execute(f"LOAD '{path}'")
connection.execute(f"CREATE SECRET (TYPE s3, KEY_ID 'x', SECRET 'y', REGION 'us-east-1', URL_STYLE 'path', USE_SSL false, ENDPOINT '{sys.argv[1]}')")
print(connection.execute(sys.argv[3].replace("{}", f"iceberg_scan('{sys.argv[2]}')")).fetchone()[0])
"""


FLOW = """tables:
  texts: {sql: "select id, text, v from base"}
indexes:
  texts: {text: text, vector: v}
"""


def vectors(first, count):
    return (f"select i as id, list_transform(range(256), j -> sin(hash(i % 9973) % 1000 * 0.001 * j + hash(i) % 77 + j * j)::float) as v, "
            f"array_to_string(list_transform(range(20), j -> 'w' || (sqrt(hash(i * 20 + j) % 100000000)::int)), ' ') as text "
            f"from range({first}, {first + count}) r(i)")


def searches(server, proxy, folder, rows):
    """What the first and the second search fetch: by words, and by vector."""
    uri, env = server.uri("bench", "texts"), server.env(HOME=str(folder), XDG_CACHE_HOME=str(folder / "builder"))

    def ours(*words, env=env):
        return run([MILLPOND, "--pond", uri, *words], env=env).out

    say(f"an index of {rows} rows")
    ours("init")
    server.put("bench", "texts/pond.yaml", FLOW.encode())
    ours("sql", "--write", f"create table base as {vectors(0, rows)}")
    ours("build", "-q")
    sizes = [len(server.get("bench", key)) for key in server.keys("bench", "texts/") if key.endswith(".segment")]
    whole = sum(sizes)
    vector = json.loads(ours("sql", "--format", "json", f"select v::varchar as v from ({vectors(10**9, 1)})"))[0]["v"]
    results = []
    for what, words in (("words", ["search", "--by", "words", "w9 w77 w4321", "--json"]), ("vector", ["nearest", vector, "--json"])):
        there = server.env(proxy.url, HOME=str(folder), XDG_CACHE_HOME=str(folder / f"searcher-{what}"))
        wanted, found, fetched = json.loads(ours(*words))["hits"], [], []
        for _ in range(2):
            before = proxy.bytes, proxy.requests
            found.append(json.loads(ours(*words, env=there))["hits"])
            fetched.append(((proxy.bytes - before[0]) / 1e6, proxy.requests - before[1]))
        if found != [wanted, wanted]:
            raise SystemExit(f"other hits by {what}")
        results.append(Result(f"first search by {what}, fetched", fetched[0][0], "MB", whole / 1e6 / (20 if what == "words" else 4),
                              note=f"{100e6 * fetched[0][0] / whole:.1f} % of {len(sizes)} segments of {whole / 1e6:.0f} MB, in {fetched[0][1]} requests; again: "
                                   f"{fetched[1][0]:.2f} MB in {fetched[1][1]} requests"))
    return results


def main():
    options = measure.arguments(__doc__, rows=(2_000_000, "of the table"), texts=(200_000, "of the table with an index"))
    rows = 50_000 if options.quick else options.rows
    folder = measure.scratch("object_reads")
    server = ObjectServer.start()
    if server is None:
        measure.finish(options, [], ["moto is not installed: ./dev install --tests"])
        return
    proxy = ObjectProxy(server.url)
    try:
        server.make_bucket("bench")
        uri = server.uri("bench", "pond")
        env = server.env(HOME=str(folder), XDG_CACHE_HOME=str(folder / "writer"))

        def ours(*words, **how):
            return run([MILLPOND, "--pond", uri, *words], **how)

        say(f"writing {rows} rows")
        ours("init", env=env)
        ours("sql", "--write", f"create table t as select i as id, i % 1000 as k, md5(i::varchar) || md5((i + 1)::varchar) as wide "
                               f"from range({rows}) r(i)", env=env)
        catalog = json.loads(server.get("bench", "pond/.pond/catalog.json"))
        where = catalog["entries"]["main"]["t"]["metadata-location"]
        whole = sum(len(server.get("bench", key)) for key in server.keys("bench", "pond/") if key.endswith(".parquet"))
        site = PYTHON.parents[1] / "lib"
        extensions = [found for name in ("avro", "httpfs", "iceberg")
                      for found in glob.glob(f"{site}/python3*/site-packages/duckdb_extension_{name}/**/*.duckdb_extension", recursive=True)]
        skipped = [] if len(extensions) == 3 else ["DuckDB's iceberg_scan: ./dev install --tests"]

        def counted(act):
            before = proxy.bytes
            answer = act()
            return answer, (proxy.bytes - before) / 1e6

        results = []
        for number, (what, query) in enumerate(QUERIES.items()):
            query = query.replace("{most}", str(rows - rows // 50))
            through = server.env(proxy.url, HOME=str(folder), XDG_CACHE_HOME=str(folder / f"reader-{number}"))

            def asked():
                return json.loads(ours("sql", "--format", "json", query.format("t"), env=through).out)[0]["n"]

            answer, fetched = counted(asked)
            again, fetched_again = counted(asked)
            peer = None
            if not options.no_peers and not skipped:
                place = proxy.url.removeprefix("http://")
                theirs, peer = counted(lambda: run([PYTHON, "-c", PEER, place, where, query, *extensions], env={**os.environ, **KEYS}).out)
                if int(theirs) != answer:
                    raise SystemExit(f"the results differ: {answer} and {theirs}")
            if again != answer:
                raise SystemExit(f"the second time it is {again}, not {answer}")
            goal = whole / 1e6 / 20 if number < 2 else None
            results.append(Result(f"{what}, fetched", fetched, "MB", goal, peer=peer, peer_name="DuckDB",
                                  note=f"of files of {whole / 1e6:.1f} MB; again: {fetched_again:.2f} MB"))
        results += searches(server, proxy, folder, 10_000 if options.quick else options.texts)
        measure.finish(options, results, skipped, f"{rows} rows")
    finally:
        proxy.close()
        server.stop()


if __name__ == "__main__":
    main()
