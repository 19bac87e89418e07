"""Every client against every operation, in both directions: what one wrote, all the others read.

A cell is a client, an operation and a format version. The client starts from a table of its own (or one that Spark made, where it
cannot make one), does the operation through the catalog, and then every client reads the table, millpond's own reader too. What a
client itself cannot do is not left out quietly: it is named in REFUSED with the words that the client refuses it with, and a cell
that does not fail with these words is a failure of this list.
"""

import glob
import json
import traceback

from servers import ROOT, Missing, millpond, pyiceberg

OPERATIONS = ["create", "append", "delete", "update", "merge", "evolve", "travel"]
START = [(1, "a"), (2, "b"), (3, "c")]
AFTER = {
    "create": [],
    "append": START + [(4, "d")],
    "delete": [(2, "b"), (3, "c")],
    "update": [(1, "a"), (2, "B"), (3, "c")],
    "merge": [(1, "a"), (2, "b"), (3, "C"), (4, "d")],
    "evolve": [(1, "a", None), (2, "b", None), (3, "c", None), (4, "d", 44)],
    "travel": START,
}
NO_V3 = "Cannot write manifest for table version: 3"  # PyIceberg 0.12, and whoever writes with it
REFUSED = {
    **{("pyiceberg", operation, 3): NO_V3 for operation in ("append", "delete", "update", "merge", "evolve")},
    ("polars", "append", 3): NO_V3,
    ("daft", "append", 3): NO_V3,
    ("daft", "create", 3): "format-version",
    # Daft takes a Puffin file for a Parquet file.
    **{("daft", "read deletion vectors", 3): "Corrupt footer"},
}


def arrow(rows):
    import pyarrow as pa
    return pa.table({"id": pa.array([row[0] for row in rows], pa.int64()),
                     "word": pa.array([row[1] for row in rows], pa.string())})


class Client:
    """What a client has no statement for stays `None`. `read(name, snapshot)` gives tuples in any order."""

    create = append = delete = update = merge = evolve = read = None

    def __init__(self, server):
        self.server = server


class PyIceberg(Client):
    name = "pyiceberg"

    def table(self, name):
        return pyiceberg(self.server).load_table(f"main.{name}")

    def create(self, name, version):
        pyiceberg(self.server).create_table(f"main.{name}", schema=arrow([]).schema,
                                            properties={"format-version": str(version)})

    def append(self, name, rows):
        self.table(name).append(arrow(rows))

    def delete(self, name):
        self.table(name).delete("id = 1")

    def update(self, name):
        self.table(name).overwrite(arrow([(2, "B")]), overwrite_filter="id = 2")

    def merge(self, name):
        self.table(name).upsert(arrow([(3, "C"), (4, "d")]), join_cols=["id"])

    def evolve(self, name):
        import pyarrow as pa
        from pyiceberg.types import IntegerType
        with self.table(name).update_schema() as change:
            change.add_column("extra", IntegerType())
            change.rename_column("word", "term")
        rows = arrow([(4, "d")]).rename_columns(["id", "term"])
        self.table(name).append(rows.append_column("extra", pa.array([44], pa.int32())))

    def read(self, name, snapshot=None):
        rows = self.table(name).scan(snapshot_id=snapshot).to_arrow().to_pylist()
        return [tuple(row.values()) for row in rows]


class Sql(Client):
    """Statements that DuckDB and Spark share."""

    text = "VARCHAR"

    def append(self, name, rows):
        self.run(f"INSERT INTO lake.main.{name} VALUES " + ", ".join(f"({key}, '{word}')" for key, word in rows))

    def delete(self, name):
        self.run(f"DELETE FROM lake.main.{name} WHERE id = 1")

    def update(self, name):
        self.run(f"UPDATE lake.main.{name} SET word = 'B' WHERE id = 2")

    def merge(self, name):
        self.run(f"MERGE INTO lake.main.{name} t USING (SELECT CAST(3 AS BIGINT) AS id, 'C' AS word UNION ALL SELECT 4, 'd') s "
                 "ON t.id = s.id WHEN MATCHED THEN UPDATE SET word = s.word "
                 "WHEN NOT MATCHED THEN INSERT (id, word) VALUES (s.id, s.word)")

    def evolve(self, name):
        self.run(f"ALTER TABLE lake.main.{name} ADD COLUMN extra INT")
        self.run(f"ALTER TABLE lake.main.{name} RENAME COLUMN word TO term")
        self.run(f"INSERT INTO lake.main.{name} VALUES (4, 'd', 44)")


class DuckDb(Sql):
    name = "duckdb"

    def __init__(self, server):
        super().__init__(server)
        try:
            import duckdb
        except ImportError as problem:
            raise Missing(f"duckdb: {problem}")
        import pathlib
        self.connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        for extension in ("avro", "httpfs", "iceberg"):
            found = glob.glob(f"{pathlib.Path(duckdb.__file__).parents[1]}/duckdb_extension_{extension}/**/*.duckdb_extension",
                              recursive=True)
            if not found:
                raise Missing(f"DuckDB's extension {extension}")
            self.connection.execute(f"LOAD '{found[0]}'")
        self.run(f"ATTACH 'pond' AS lake (TYPE iceberg, ENDPOINT '{server.uri}', AUTHORIZATION_TYPE 'none', "
                 "DEFAULT_SCHEMA 'main')")

    def run(self, statement):
        return self.connection.execute(statement).fetchall()

    def create(self, name, version):
        self.run(f"CREATE TABLE lake.main.{name} (id BIGINT, word VARCHAR) WITH ('format-version'={version})")

    def read(self, name, snapshot=None):
        return self.run(f"SELECT * FROM lake.main.{name}" + (f" AT (VERSION => {snapshot})" if snapshot else ""))


class Spark(Sql):
    name = "spark"

    def __init__(self, server):
        super().__init__(server)
        try:
            from pyspark.sql import SparkSession
        except ImportError as problem:
            raise Missing(f"pyspark: {problem}")
        jars = glob.glob(f"{ROOT}/.deps/spark/iceberg-spark-runtime-4.0_2.13-*.jar")
        if not jars:
            raise Missing("the Iceberg runtime for Spark, .deps/spark/iceberg-spark-runtime-4.0_2.13-*.jar")
        self.session = (
            SparkSession.builder.master("local[1]").config("spark.jars", jars[0]).config("spark.ui.enabled", "false")
            .config("spark.driver.memory", "1g").config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
            .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
            .config("spark.sql.catalog.lake.type", "rest").config("spark.sql.catalog.lake.uri", server.uri)
            .config("spark.sql.catalog.lake.cache-enabled", "false").getOrCreate())

    mode = "copy-on-write"

    def run(self, statement):
        return [tuple(row) for row in self.session.sql(statement).collect()]

    def create(self, name, version):
        modes = ", ".join(f"'write.{operation}.mode'='{self.mode}'" for operation in ("delete", "update", "merge"))
        self.run(f"CREATE TABLE lake.main.{name} (id BIGINT, word STRING) USING iceberg "
                 f"TBLPROPERTIES ('format-version'='{version}', {modes})")

    def read(self, name, snapshot=None):
        return self.run(f"SELECT * FROM lake.main.{name}" + (f" VERSION AS OF {snapshot}" if snapshot else ""))


class SparkMergeOnRead(Spark):
    name = "spark, merge on read"
    mode = "merge-on-read"


class Polars(Client):
    name = "polars"

    def append(self, name, rows):
        import polars
        polars.from_arrow(arrow(rows)).write_iceberg(pyiceberg(self.server).load_table(f"main.{name}"), mode="append")

    def read(self, name, snapshot=None):
        import polars
        return polars.scan_iceberg(pyiceberg(self.server).load_table(f"main.{name}"), snapshot_id=snapshot).collect().rows()


class Daft(Client):
    name = "daft"

    def create(self, name, version):
        import daft
        from daft.catalog import Catalog
        if version != 2:
            raise NotImplementedError("Daft's create_table takes no format-version")
        Catalog.from_iceberg(pyiceberg(self.server)).create_table(f"main.{name}", daft.from_arrow(arrow(START)).schema())

    def append(self, name, rows):
        import daft
        daft.from_arrow(arrow(rows)).write_iceberg(pyiceberg(self.server).load_table(f"main.{name}"))

    def read(self, name, snapshot=None):
        import daft
        columns = daft.read_iceberg(pyiceberg(self.server).load_table(f"main.{name}"), snapshot_id=snapshot).to_pydict()
        return list(zip(*columns.values()))


class Millpond(Client):
    """Reads by the engine itself; its writes are the subject of tests/conformance/tables."""

    name = "millpond"

    def read(self, name, snapshot=None):
        at = ["--at", str(snapshot)] if snapshot else []
        printed = millpond(self.server.folder, "sql", *at, "--json", f"SELECT * FROM {name}").stdout
        return [tuple(row.values()) for row in json.loads(printed)["rows"]]


def ordered(rows):
    return sorted(map(tuple, rows), key=lambda row: row[0])


def start(client, name, version, maker):
    """A table with three rows, of the client itself where it can make one."""
    for each in (client, maker):
        if each.create is None or (each.name, "create", version) in REFUSED:
            continue
        if each.append is None or (each.name, "append", version) in REFUSED:
            continue
        each.create(name, version)
        each.append(name, START)
        return
    raise AssertionError("nobody can make the table")


def operate(client, operation, name, version, maker):
    """Does the operation; returns the rows that the client itself saw in the past, or None."""
    if operation == "create":
        client.create(name, version)
    elif operation == "travel":
        start(client, name, version, maker)
        before = pyiceberg(client.server).load_table(f"main.{name}").current_snapshot().snapshot_id
        maker.append(name, [(4, "d")])
        return client.read(name, before)
    else:
        start(client, name, version, maker)
        if operation == "append":
            client.append(name, [(4, "d")])
        else:
            getattr(client, operation)(name)
    return None


def has_deletion_vectors(server, name):
    table = pyiceberg(server).load_table(f"main.{name}")
    return any(file.file_path.endswith(".puffin") for task in table.scan().plan_files() for file in task.delete_files)


def cell(client, operation, version, readers, maker, name):
    if operation != "travel" and getattr(client, operation) is None or operation == "travel" and client.read is None:
        return "-"
    refusal = REFUSED.get((client.name, operation, version))
    try:
        past = operate(client, operation, name, version, maker)
    except Exception as problem:
        if refusal and refusal in str(problem):
            return "refused by the client"
        raise
    if refusal:
        raise AssertionError(f"{client.name} {operation} V{version} works now: take it out of REFUSED")
    if past is not None:
        if ordered(past) != AFTER["travel"]:
            raise AssertionError(f"{client.name} reads the past as {past}")
        return "ok"
    for reader in readers:
        words = REFUSED.get((reader.name, "read deletion vectors", version))
        if words and has_deletion_vectors(client.server, name):
            try:
                reader.read(name)
            except Exception as problem:
                if words in str(problem):
                    continue
                raise
        found = ordered(reader.read(name))
        if found != AFTER[operation]:
            raise AssertionError(f"{reader.name} reads what {client.name} wrote ({operation}, V{version}) as {found}")
    return "ok"


def run(server):
    """Prints the matrix; raises when a cell fails that its client supports."""
    pyiceberg(server).create_namespace_if_not_exists("main")  # DuckDB lists namespaces once
    spark = Spark(server)
    clients = [PyIceberg(server), DuckDb(server), spark, SparkMergeOnRead(server), Polars(server), Daft(server)]
    readers = [each for each in clients if each.name != SparkMergeOnRead.name] + [Millpond(server)]
    failures, passed = [], 0
    try:
        for version in (2, 3):
            for number, client in enumerate(clients):
                results = []
                for operation in OPERATIONS:
                    name = f"v{version}_{number}_{operation}"
                    try:
                        result = cell(client, operation, version, readers, spark, name)
                        passed += result == "ok"
                    except Exception:
                        failures.append(f"{client.name} {operation} V{version}\n{traceback.format_exc()}")
                        result = "FAIL"
                    results.append(f"{operation}: {result}")
                print(f"      V{version} {client.name}: " + ", ".join(results), flush=True)
    finally:
        spark.session.stop()
    print(f"      matrix: {passed} cells, each read by {len(readers)} readers; {len(failures)} failed")
    if failures or passed == 0:
        raise AssertionError("\n".join(failures))
