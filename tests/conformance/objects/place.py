"""A store, a pond in it, and a folder: what the tests of ponds in object stores share."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
for part in ("tests/faults", "tests/conformance/rest"):
    sys.path.insert(0, str(ROOT / part))
from object_proxy import ObjectProxy  # noqa: E402, F401
from object_server import STORES  # noqa: E402, F401
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
