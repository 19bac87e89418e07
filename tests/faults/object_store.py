"""A pond in an object store, written by several processes while the network and the store fail."""
import concurrent.futures
import json
import os
import subprocess

from object_proxy import FAULTS, ObjectProxy
from object_server import STORES, GoogleServer, ResumingServer
from ponds import Pond, Truth, change_corpus, problems_of, write_corpus

BUCKET = "faults"
ROWS = 50


class ObjectPond(Pond):
    """Driven like a pond in a folder. Each machine has what it keeps to itself in a folder of its own."""

    def __init__(self, place, server, name):
        self.place, self.server, self.root = place, server, server.uri(BUCKET, name)
        self.folder = place.new_folder("home-" + name)

    def run(self, *words, url=None, machine="one", timeout=240):
        env = self.server.env(url, XDG_CACHE_HOME=os.path.join(self.folder, machine), MILLPOND_OBJECT_TIMEOUT_MS="1500",
                              MILLPOND_OBJECT_GIVE_UP_MS="60000")
        return subprocess.run(self.command(*words), capture_output=True, text=True, errors="replace", env=env,
                              cwd=self.folder, timeout=timeout)


def rows_of(server, pond, table):
    """The ids of a table as PyIceberg reads them from the metadata file that the catalog names."""
    import pyiceberg.table
    catalog = json.loads(server.get(BUCKET, pond.root.split("://", 1)[1].split("/", 1)[1] + "/.pond/catalog.json"))
    where = catalog["entries"]["main"][table]["metadata-location"]
    found = pyiceberg.table.StaticTable.from_metadata(where, server.iceberg)
    return found.scan().to_arrow().column("id").to_pylist(), len(found.metadata.snapshots)


def appends(place, checks, server, quick):
    """Each writer appends files of its own; every row must be there once, whatever the answers said."""
    import pyarrow
    import pyarrow.parquet
    writers, commits = (3, 4) if quick else (4, 12)
    mixes = {"lost answers": {"drop_after": 0.1, "fail_after": 0.05, "late": 0.05},
             "everything": {fault: 0.02 for fault in FAULTS}}
    if quick and server.name != "s3":
        del mixes["lost answers"]
    for number, (what, rates) in enumerate(mixes.items()):
        pond = ObjectPond(place, server, f"appends-{number}")
        if not checks.that(pond.run("init").returncode == 0, f"{what}: init"):
            continue
        files = place.new_folder("rows")

        def file_of(writer, commit):
            path = f"{files}/{writer}-{commit}.parquet"
            first = (writer * commits + commit) * ROWS
            ids = pyarrow.array(range(first, first + ROWS), pyarrow.int64())
            pyarrow.parquet.write_table(pyarrow.table({"id": ids}), path)
            return path
        made = pond.run("import", file_of(0, 0), "--as", "rows")
        checks.that(made.returncode == 0, f"{what}: the first import: {made.stderr}")
        proxy = ObjectProxy(server.url, seed=number + 1, rates=rates)

        def write(writer):
            problems = []
            for commit in range(commits):
                if (writer, commit) == (0, 0):
                    continue
                done = pond.run("import", file_of(writer, commit), "--as", "rows", "--append", url=proxy.url,
                                machine=f"m{writer}")
                if done.returncode != 0:
                    problems.append(f"{writer}-{commit}: {done.stderr.strip()[-300:]}")
            return problems
        with concurrent.futures.ThreadPoolExecutor(writers) as pool:
            problems = sum(pool.map(write, range(writers)), [])
        checks.none(problems, f"{what}: every writer came through")
        ids, snapshots = rows_of(server, pond, "rows")
        checks.that(sorted(ids) == list(range(writers * commits * ROWS)),
                    f"{what}: {len(ids)} rows, {len(set(ids))} distinct, of {writers * commits * ROWS}")
        checks.that(snapshots == writers * commits, f"{what}: {snapshots} snapshots of {writers * commits} commits")
        checks.that(sum(proxy.made.values()) > 0, f"{what}: faults were made")
        print(f"object_store: {server.name}: {what}: {proxy.requests} requests, spoiled {dict(proxy.made)}", flush=True)
        proxy.close()


def builds(place, checks, server, quick):
    """Builds from two machines at once, through the proxy; the index answers as that of a pond in a folder does."""
    source = place.new_folder("source")
    write_corpus(source)
    truth = Truth(place, source)
    pond = ObjectPond(place, server, "builds")
    checks.that(pond.run("init").returncode == 0, "init")
    put = Pond(place, place.new_folder("flow"), source)
    with open(os.path.join(put.folder, "pond.yaml"), "rb") as file:
        server.put(BUCKET, "builds/pond.yaml", file.read())
    rates = {fault: 0.01 for fault in FAULTS if fault != "slow"}
    proxy = ObjectProxy(server.url, seed=7, rates=rates)
    for round_number in range(1 if quick else 3):
        if round_number:
            change_corpus(source)
            truth = Truth(place, source)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda machine: pond.run("build", "--json", url=proxy.url, machine=machine), ("a", "b")))
        for each in done:
            checks.that(each.returncode == 0, f"a build ended with {each.returncode}: {each.stderr[-400:]}")
        checks.none(problems_of(pond, truth), "what a third machine finds")
    print(f"object_store: {server.name}: builds: {proxy.requests} requests, spoiled {dict(proxy.made)}", flush=True)
    proxy.close()


def large_uploads(place, checks, server, quick):
    """Files of several parts arrive as they are, whatever happens to the answers of their parts."""
    tool = os.path.join(os.path.dirname(place.binary), "tests/pond_tool")
    if not os.access(tool, os.X_OK):
        checks.skip(f"object_store: {server.name}: large uploads", "pond_tool is not built")
        return
    part = 8 << 20
    path = os.path.join(place.new_folder("large"), "large.bin")
    rates = {fault: 0.08 for fault in ("drop_after", "fail_after", "drop_before", "refuse", "cut")}
    writes = ("PUT", "POST")
    proxy = ObjectProxy(server.url, seed=11, rates=rates, only=lambda command, _, headers: command in writes)
    for number, size in enumerate((3 * part, 3 * part + 77_777, 5 * part + 1) if quick else range(part, 9 * part, part // 2 + 3)):
        data = os.urandom(size)
        with open(path, "wb") as file:
            file.write(data)
        env = server.env(proxy.url, MILLPOND_OBJECT_TIMEOUT_MS="1500", MILLPOND_OBJECT_GIVE_UP_MS="60000")
        done = subprocess.run([tool, "copy", path, server.uri(BUCKET, f"large/{number}")], capture_output=True, text=True, env=env)
        if checks.that(done.returncode == 0, f"{server.name}: {size} bytes: {done.stderr[-300:]}"):
            checks.that(server.get(BUCKET, f"large/{number}") == data, f"{server.name}: {size} bytes: others arrived")
    checks.that(sum(proxy.made.values()) > 0, f"{server.name}: large uploads: faults were made")
    print(f"object_store: {server.name}: large uploads: {proxy.requests} requests, spoiled {dict(proxy.made)}", flush=True)
    proxy.close()


def refusals(place, checks, server):
    pond = ObjectPond(place, server, "refusals")
    missing = pond.run("tables")
    checks.that(missing.returncode == 3 and "init" in missing.stderr, f"no pond: {missing.returncode} {missing.stderr}")
    refused = missing
    if server.name != "azure":  # whose signature covers the conditions
        ignores = ObjectProxy(server.url)
        plain, ignores.forward = ignores.forward, None
        ignores.forward = lambda command, path, headers, body: plain(
            command, path.replace("ifGenerationMatch", "ignored"),
            {k: v for k, v in headers.items() if k not in ("If-Match", "If-None-Match")}, body)
        refused = pond.run("init", url=ignores.url)
        checks.that(refused.returncode == 13 and "does not heed" in refused.stderr,
                    f"a store that ignores conditions: {refused.returncode} {refused.stderr}")
        ignores.close()
    down = pond.run("tables", url="http://127.0.0.1:9", timeout=120)
    checks.that(down.returncode == 12, f"no server: {down.returncode} {down.stderr}")
    for each in (missing, refused, down):
        shown = [secret for secret in server.secrets() if secret in each.stdout + each.stderr]
        checks.that(not shown, "an error shows a secret")


def run(place, checks, quick):
    for kind in [*STORES, ResumingServer]:
        server = kind.start()
        if server is None:
            checks.skip(f"object_store: {kind.name}", "its server is not installed: ./dev install --tests")
            continue
        try:
            server.make_bucket(BUCKET)
            if kind is not GoogleServer:
                large_uploads(place, checks, server, quick)
            if kind is ResumingServer:
                continue
            refusals(place, checks, server)
            appends(place, checks, server, quick)
            builds(place, checks, server, quick)
        finally:
            server.stop()
