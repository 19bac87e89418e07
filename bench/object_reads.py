"""Bytes that a query fetches from an object store: `millpond sql` against DuckDB's iceberg_scan, over the same table.

A table of --rows rows with a wide column of text, in moto's S3 server on this machine, behind a proxy that counts bytes of answers.
Each query is a whole process, with nothing kept from before; "again" is a second process after the first. Checked: both give the
same result.
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


def main():
    options = measure.arguments(__doc__, rows=(2_000_000, "of the table"))
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
        measure.finish(options, results, skipped, f"{rows} rows")
    finally:
        proxy.close()
        server.stop()


if __name__ == "__main__":
    main()
