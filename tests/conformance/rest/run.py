#!/usr/bin/env python3
"""Catalog clients of other projects against `millpond serve`, Iceberg's compatibility kit, and what must survive.

usage: run.py POND_TOOL [NAME...]      NAME: a test, such as duckdb_writes

A test whose client is not installed says so; with MILLPOND_REQUIRE_ALL=1 it fails.
"""

import glob
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import kit  # noqa: E402
import matrix  # noqa: E402
from servers import ROOT, Missing, Server, millpond, pyiceberg  # noqa: E402


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r} != {expected!r}")


def rows_of(table, **scan):
    return sorted(map(tuple, (row.values() for row in table.scan(**scan).to_arrow().to_pylist())))


def batch(*rows):
    import pyarrow as pa
    return pa.table({"id": pa.array([row[0] for row in rows], pa.int64()),
                     "word": pa.array([row[1] for row in rows], pa.string())})


def make(catalog, name, *rows, **properties):
    catalog.create_namespace_if_not_exists(name.split(".")[0])
    table = catalog.create_table(name, schema=batch().schema, properties=properties)
    if rows:
        table.append(batch(*rows))
    return table


def pyiceberg_writes(server):
    from pyiceberg.types import IntegerType
    catalog = pyiceberg(server)
    table = make(catalog, "lab.py", (1, "a"), (2, "b"))
    before = table.current_snapshot().snapshot_id
    table.append(batch((3, "c")))
    table.delete("id = 1")
    table.overwrite(batch((2, "B")), overwrite_filter="id = 2")
    with table.update_schema() as change:
        change.add_column("extra", IntegerType())
    table = catalog.load_table("lab.py")
    equal(rows_of(table), [(2, "B", None), (3, "c", None)])
    equal(rows_of(table, snapshot_id=before), [(1, "a"), (2, "b")])
    table.manage_snapshots().create_tag(before, "first").commit()
    equal(sorted(catalog.load_table("lab.py").refs()), ["first", "main"])
    catalog.rename_table("lab.py", "lab.renamed")
    equal(catalog.list_tables("lab"), [("lab", "renamed")])
    catalog.purge_table("lab.renamed")
    equal(catalog.list_tables("lab"), [])


def duckdb_connection(server):
    try:
        import duckdb
    except ImportError as problem:
        raise Missing(f"duckdb: {problem}")
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    site = pathlib.Path(duckdb.__file__).parents[1]
    for name in ("avro", "httpfs", "iceberg"):
        found = glob.glob(f"{site}/duckdb_extension_{name}/**/*.duckdb_extension", recursive=True)
        if not found:
            raise Missing(f"DuckDB's extension {name}")
        connection.execute(f"LOAD '{found[0]}'")
    connection.execute(f"ATTACH 'pond' AS lake (TYPE iceberg, ENDPOINT '{server.uri}', AUTHORIZATION_TYPE 'none')")
    return connection


def scans_are_planned_by_the_server(server):
    """PyIceberg asks for the files of a scan; what it then reads is what it reads when it plans by itself."""
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.transforms import IdentityTransform
    from pyiceberg.types import DateType, LongType, NestedField, StringType
    import datetime
    import pyarrow as pa
    own, served = pyiceberg(server), pyiceberg(server, **{"scan-planning-mode": "server"})
    assert served.supports_server_side_planning()
    own.create_namespace("plans")
    schema = Schema(NestedField(1, "id", LongType(), False), NestedField(2, "word", StringType(), False),
                    NestedField(3, "day", DateType(), False))
    spec = PartitionSpec(PartitionField(3, 1000, IdentityTransform(), "day"), PartitionField(2, 1001, IdentityTransform(), "word"))
    table = own.create_table("plans.days", schema=schema, partition_spec=spec)
    for day in range(4):
        table.append(pa.table({"id": pa.array(range(day * 10, day * 10 + 10), pa.int64()),
                               "word": [("even", "odd")[i % 2] for i in range(10)],
                               "day": pa.array([datetime.date(2026, 1, 1 + day)] * 10)}))
    table.delete("id = 21")
    mine, theirs = own.load_table("plans.days"), served.load_table("plans.days")
    for condition in ("id >= 0", "id = 15", "word = 'odd' and id < 25", "day >= '2026-01-03'",
                      "not (id > 3) or word in ('none')", "id is null"):
        planned = [task.file.file_path for task in theirs.scan(row_filter=condition).plan_files()]
        equal(sorted(planned), sorted(task.file.file_path for task in mine.scan(row_filter=condition).plan_files()), condition)
        equal(rows_of(theirs, row_filter=condition), rows_of(mine, row_filter=condition), condition)
    before = mine.snapshots()[1].snapshot_id
    equal(rows_of(theirs, snapshot_id=before), rows_of(mine, snapshot_id=before), "an older snapshot")
    status, _ = server.get("/iceberg/v1/namespaces/plans/tables/days/tasks", method="POST", data=b'{"plan-task": "none"}')
    equal(status, 404, "a token that is none")


def duckdb_writes(server):
    make(pyiceberg(server), "lab.py", (1, "a"))
    connection = duckdb_connection(server)
    connection.execute("INSERT INTO lake.lab.py VALUES (2, 'duck')")
    connection.execute("CREATE SCHEMA lake.pool")
    connection.execute("CREATE TABLE lake.pool.own (id BIGINT, word VARCHAR)")
    connection.execute("INSERT INTO lake.pool.own VALUES (1, 'x'), (2, 'y'), (3, 'z')")
    connection.execute("UPDATE lake.pool.own SET word = 'Y' WHERE id = 2")
    connection.execute("DELETE FROM lake.pool.own WHERE id = 1")
    equal(connection.execute("SELECT * FROM lake.pool.own ORDER BY id").fetchall(), [(2, "Y"), (3, "z")])
    catalog = pyiceberg(server)
    equal(rows_of(catalog.load_table("lab.py")), [(1, "a"), (2, "duck")])
    equal(rows_of(catalog.load_table("pool.own")), [(2, "Y"), (3, "z")], "PyIceberg reads DuckDB's table")


def check_looks_into_all_namespaces(server):
    """Tables that clients made beside `main` are verified, and what nothing names there goes with --repair."""
    table = make(pyiceberg(server), "lab.deep", (1, "a"), (2, "b"))
    said = json.loads(millpond(server.folder, "check", "--json").stdout)
    equal((said["damaged"], said["tables"] >= 1, said["rows"] >= 2), (0, True, True))
    data = pathlib.Path(next(iter(table.scan().plan_files())).file.file_path.removeprefix("file://"))
    stray = data.with_name("stray.parquet")
    stray.write_bytes(b"nothing names this")
    said = json.loads(millpond(server.folder, "check", "lab.deep", "--orphan-hours", "0", "--repair", "--json").stdout)
    equal(([problem["kind"] for problem in said["problems"]], stray.exists()), (["orphan"], False))
    data.unlink()
    done = millpond(server.folder, "check", check=False)
    equal((done.returncode, "lab.deep: data file" in done.stdout), (11, True), done.stdout)


def polars_writes(server):
    try:
        import polars
    except ImportError as problem:
        raise Missing(f"polars: {problem}")
    table = make(pyiceberg(server), "lab.py", (1, "a"))
    polars.DataFrame({"id": [2], "word": ["bear"]}).write_iceberg(table, mode="append")
    table = pyiceberg(server).load_table("lab.py")
    equal(sorted(polars.scan_iceberg(table).collect().rows()), [(1, "a"), (2, "bear")])


def daft_writes(server):
    try:
        import daft
    except ImportError as problem:
        raise Missing(f"daft: {problem}")
    table = make(pyiceberg(server), "lab.py", (1, "a"))
    daft.from_pydict({"id": [2], "word": ["daft"]}).write_iceberg(table)
    table = pyiceberg(server).load_table("lab.py")
    equal(sorted(daft.read_iceberg(table).to_pydict()["word"]), ["a", "daft"])


def spark_session(server):
    try:
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise Missing(f"pyspark: {problem}")
    jars = glob.glob(f"{ROOT}/.deps/spark/iceberg-spark-runtime-4.0_2.13-*.jar")
    if not jars:
        raise Missing("the Iceberg runtime for Spark, .deps/spark/iceberg-spark-runtime-4.0_2.13-*.jar")
    extensions = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
    return (SparkSession.builder.master("local[1]").config("spark.jars", jars[0]).config("spark.ui.enabled", "false")
            .config("spark.driver.memory", "1g").config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.extensions", extensions)
            .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
            .config("spark.sql.catalog.lake.type", "rest").config("spark.sql.catalog.lake.uri", server.uri)
            .config("spark.sql.catalog.lake.cache-enabled", "false").getOrCreate())


def spark_writes(server):
    spark = spark_session(server)
    make(pyiceberg(server), "lab.py", (1, "a"))
    try:
        spark.sql("INSERT INTO lake.lab.py VALUES (2, 'spark')")
        spark.sql("CREATE NAMESPACE lake.jvm")
        for version in (2, 3):
            name = f"lake.jvm.v{version}"
            spark.sql(f"CREATE TABLE {name} (id BIGINT, word STRING) USING iceberg PARTITIONED BY (bucket(2, id)) "
                      f"TBLPROPERTIES ('format-version'='{version}', 'write.delete.mode'='merge-on-read')")
            spark.sql(f"INSERT INTO {name} VALUES (1, 'x'), (2, 'y'), (3, 'z')")
            spark.sql(f"DELETE FROM {name} WHERE id = 1")
            spark.sql(f"MERGE INTO {name} t USING (SELECT 2L AS id, 'Y' AS word UNION SELECT 4L, 'w') s ON t.id = s.id "
                      "WHEN MATCHED THEN UPDATE SET word = s.word WHEN NOT MATCHED THEN INSERT *")
            spark.sql(f"ALTER TABLE {name} ADD COLUMN extra INT")
            found = [tuple(row) for row in spark.sql(f"SELECT id, word FROM {name} ORDER BY id").collect()]
            equal(found, [(2, "Y"), (3, "z"), (4, "w")], name)
        spark.sql("ALTER TABLE lake.jvm.v2 SET TBLPROPERTIES ('format-version'='3')")
        spark.sql("CREATE VIEW lake.jvm.seen AS SELECT word FROM lake.jvm.v2 WHERE id > 2")
        equal(spark.sql("SELECT count(*) FROM lake.jvm.seen").first()[0], 2, "a view")
    finally:
        spark.stop()
    catalog = pyiceberg(server)
    equal(rows_of(catalog.load_table("lab.py")), [(1, "a"), (2, "spark")])
    equal(rows_of(catalog.load_table("jvm.v3")), [(2, "Y", None), (3, "z", None), (4, "w", None)], "PyIceberg reads V3")


def pond_with_a_branch(server):
    """A stored table with a branch and a tag of the whole pond; all three have rows of their own."""
    def ours(*words):
        return millpond(server.folder, *words).stdout
    ours("sql", "--write", "create table words as select i as id, 'w' || i as word from range(4) r(i)")
    ours("tag", "before")
    ours("branch", "trial")
    ours("sql", "--branch", "trial", "--write", "update words set word = 'trial' where id = 1; insert into words values (10, 'new')")
    ours("sql", "--write", "delete from words where id = 3")
    return {"main": [(0, "w0"), (1, "w1"), (2, "w2")], "before": [(i, f"w{i}") for i in range(4)],
            "trial": [(0, "w0"), (1, "trial"), (2, "w2"), (3, "w3"), (10, "new")]}


def duckdb_reads_branches_and_tags(server):
    wanted = pond_with_a_branch(server)
    refs = pyiceberg(server).load_table("main.words").refs()
    connection = duckdb_connection(server)
    connection.execute(f"ATTACH 'pond' AS books (TYPE iceberg, ENDPOINT '{server.uri}', AUTHORIZATION_TYPE 'none', "
                       "DEFAULT_SCHEMA 'main')")
    for name, rows in wanted.items():
        at = f"AT (VERSION => {refs[name].snapshot_id})"
        equal(connection.execute(f"SELECT id, word FROM books.main.words {at} ORDER BY id").fetchall(), rows, name)


def spark_reads_and_writes_branches_and_tags(server):
    wanted = pond_with_a_branch(server)
    spark = spark_session(server)

    def rows(text):
        return [tuple(row) for row in spark.sql(f"SELECT id, word FROM {text} ORDER BY id").collect()]

    try:
        for name in ("before", "trial"):
            equal(rows(f"lake.main.words VERSION AS OF '{name}'"), wanted[name], f"VERSION AS OF {name}")
        equal(rows("lake.main.words.branch_trial"), wanted["trial"], "branch_trial")
        equal(rows("lake.main.words.tag_before"), wanted["before"], "tag_before")
        equal(rows("lake.main.words"), wanted["main"], "main")
        spark.sql("INSERT INTO lake.main.words.branch_trial VALUES (11, 'spark')")
        spark.sql("ALTER TABLE lake.main.words CREATE TAG theirs")
        spark.sql("INSERT INTO lake.main.words VALUES (12, 'main')")
        equal(rows("lake.main.words VERSION AS OF 'theirs'"), wanted["main"], "a tag that Spark made")
    finally:
        spark.stop()

    def ours(query, *words):
        return [tuple(row.values()) for row in
                json.loads(millpond(server.folder, "sql", query, "--format", "json", *words).stdout)]

    query = "select id, word from words order by id"
    equal(ours(query, "--branch", "trial"), wanted["trial"] + [(11, "spark")], "our branch after Spark wrote to it")
    equal(ours(query, "--at", "theirs"), wanted["main"], "Spark's tag")
    millpond(server.folder, "merge", "trial")
    equal(ours(query), [(0, "w0"), (1, "trial"), (2, "w2"), (10, "new"), (11, "spark"), (12, "main")], "merged")


def every_client_reads_what_the_others_write(server):
    matrix.run(server)


def append_until(server, name, word, stop, done, errors):
    """Appends rows one by one; a commit that came too late is made again on the new state, as any client does."""
    from pyiceberg.exceptions import CommitFailedException
    catalog = pyiceberg(server)
    try:
        while not stop.is_set():
            table = catalog.load_table(name)
            try:
                table.append(batch((len(done), word)))
                done.append(word)
            except CommitFailedException:
                pass
    except Exception as problem:
        errors.append(problem)


def a_build_runs_while_clients_write(server):
    notes = server.folder / "notes"
    notes.mkdir()
    catalog = pyiceberg(server)
    make(catalog, "lab.shared")
    flow = server.folder / "pond.yaml"
    flow.write_text("version: 1\nsources:\n  - files: notes\ntables:\n  documents:\n    from: sources\n"
                    "    keep: [uri]\n    steps: [extract]\n")
    stop, done, errors = threading.Event(), [], []
    writers = [threading.Thread(target=append_until, args=(server, "lab.shared", f"w{i}", stop, done, errors))
               for i in range(2)]
    for writer in writers:
        writer.start()
    changed = 0
    for turn in range(5):
        (notes / f"{turn}.txt").write_text(f"Note number {turn}.")
        millpond(server.folder, "build", "-q")
        if turn >= 1:  # the same table, from the other side
            with catalog.load_table("main.documents").transaction() as change:
                change.set_properties(**{f"turn.{turn}": "seen"})
            changed += 1
    stop.set()
    for writer in writers:
        writer.join()
    equal(errors, [])
    equal(len(rows_of(catalog.load_table("lab.shared"))), len(done), "rows of the clients")
    table = catalog.load_table("main.documents")
    equal(table.scan().to_arrow().num_rows, 5, "rows of the builds")
    equal(sum(key.startswith("turn.") for key in table.properties), changed, "properties set between builds")


def nothing_acknowledged_is_lost_to_kill_9(server):
    make(pyiceberg(server), "lab.kept")
    stop, done, errors = threading.Event(), [], []
    writer = threading.Thread(target=append_until, args=(server, "lab.kept", "w", stop, done, errors))
    writer.start()
    while len(done) < 5 and not errors:
        stop.wait(0.05)
    server.stop(signal.SIGKILL)
    writer.join()
    acknowledged = len(done)
    server.start()
    found = len(rows_of(pyiceberg(server).load_table("lab.kept")))
    if found not in (acknowledged, acknowledged + 1):  # the last one may have been committed without an answer
        raise AssertionError(f"{found} rows of {acknowledged} acknowledged")


def tokens_are_asked_for(_):
    from pyiceberg.exceptions import ForbiddenError
    with Server("--workers", "8") as server:
        made = [millpond(server.folder, "token", "create", f"t{i}", "--rights", rights).stdout.strip()
                for i, rights in enumerate(["write:lab.**", "read:lab.*"])]
        equal(server.get("/health")[0], 200)
        equal(server.get("/iceberg/v1/config")[0], 401)
        equal(server.get("/metrics")[0], 401)
        equal(server.get("/iceberg/v1/config", token=made[0][:-1])[0], 401)
        writer, reader = (pyiceberg(server, token=token) for token in made)
        make(writer, "lab.t", (1, "a"))
        equal(rows_of(reader.load_table("lab.t")), [(1, "a")])
        for forbidden in (lambda: reader.load_table("lab.t").append(batch((2, "b"))),
                          lambda: writer.create_namespace("other"), lambda: reader.drop_table("lab.t")):
            try:
                forbidden()
                raise AssertionError("this must be refused")
            except ForbiddenError:
                pass
        _, key, secret = made[0].split("_")
        oauth = pyiceberg(server, credential=f"{key}:{secret}", **{"oauth2-server-uri": server.uri + "/v1/oauth/tokens"})
        equal(oauth.list_tables("lab"), [("lab", "t")])
        millpond(server.folder, "token", "revoke", key)
        equal(server.get("/iceberg/v1/config", token=made[0])[0], 401)
        stored = (server.folder / ".pond/tokens.json").read_text()
        equal([secret in stored for secret in (each.split("_")[2] for each in made)], [False, False])
    refused = millpond(ROOT, "--pond", "/", "serve", "--no-auth", "--listen", "0.0.0.0:0", check=False)
    equal(refused.returncode, 2, "--no-auth beyond this machine")


def tls_is_spoken(server):
    folder = server.folder
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem",
                           "-out", folder / "cert.pem", "-days", "1", "-subj", "/CN=localhost", "-addext",
                           "subjectAltName=IP:127.0.0.1"], capture_output=True)
    if made.returncode != 0:
        raise Missing("openssl")
    with Server("--no-auth", "--tls-cert", "cert.pem", "--tls-key", "key.pem", folder=folder) as secure:
        context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
        equal(secure.get("/health", context=context), (200, '{"status":"ok"}'))
        before = os.environ.get("REQUESTS_CA_BUNDLE")
        os.environ["REQUESTS_CA_BUNDLE"] = str(folder / "cert.pem")
        try:
            equal(rows_of(make(pyiceberg(secure), "lab.t", (1, "a"))), [(1, "a")])
        finally:
            os.environ.pop("REQUESTS_CA_BUNDLE")
            if before:
                os.environ["REQUESTS_CA_BUNDLE"] = before


def idle_connections_cost_no_thread(server):
    idle = []
    try:
        for _ in range(1000):
            idle.append(socket.create_connection(("127.0.0.1", int(server.base.rsplit(":", 1)[1]))))
        threads = len(os.listdir(f"/proc/{server.process.pid}/task"))
        equal(server.get("/health")[0], 200)
        _, metrics = server.get("/metrics")
        if "millpond_http_connections 100" not in metrics or threads > 60:
            raise AssertionError(f"{threads} threads for 1,000 connections; {metrics[-400:]}")
        equal(server.stop(), 0, "idle connections do not hold up the end")
    finally:
        for each in idle:
            each.close()


def the_compatibility_kit_passes(_):
    with Server("--no-auth", "--locations", "file:/tmp") as server:
        passed, failed, left_out, output = kit.run(server.uri)
    print(f"      kit: {passed} passed, {failed} failed, {left_out} do not apply")
    if passed < 140 or failed:
        raise AssertionError(output[-6000:])


def the_kit_fails_a_careless_catalog(_):
    with Server("--no-auth", "--locations", "file:/tmp") as server:
        passed, failed, _, output = kit.run(kit.Proxy(server.base).uri, ["Catalog"])
    print(f"      kit: {passed} passed, {failed} failed without requirements")
    if failed == 0 or passed == 0:
        raise AssertionError("a catalog that notices no conflict went through\n" + output[-2000:])


TESTS = [pyiceberg_writes, scans_are_planned_by_the_server, duckdb_writes, check_looks_into_all_namespaces, polars_writes, daft_writes, spark_writes,
         duckdb_reads_branches_and_tags, spark_reads_and_writes_branches_and_tags, every_client_reads_what_the_others_write,
         a_build_runs_while_clients_write,
         nothing_acknowledged_is_lost_to_kill_9, tokens_are_asked_for, tls_is_spoken, idle_connections_cost_no_thread,
         the_compatibility_kit_passes, the_kit_fails_a_careless_catalog]


def main():
    wanted = sys.argv[2:]
    passed = failed = skipped = 0
    for test in TESTS:
        if wanted and test.__name__ not in wanted:
            continue
        try:
            with Server() as server:
                test(server)
            print(f"ok    {test.__name__}", flush=True)
            passed += 1
        except (Missing, ImportError) as missing:
            required = os.environ.get("MILLPOND_REQUIRE_ALL") == "1"
            print(f"{'FAIL ' if required else 'skip '} {test.__name__}: not installed: {missing}", flush=True)
            failed, skipped = failed + required, skipped + (not required)
        except Exception:
            print(f"FAIL  {test.__name__}\n{traceback.format_exc()}", flush=True)
            failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
