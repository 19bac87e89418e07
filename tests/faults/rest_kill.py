"""kill -9 of `millpond serve` while clients commit: what was acknowledged is there, once, and the next server goes on.

Also what else a catalog meets: two compactions at once, a client that stages a table and never commits it, clocks that are
wrong, and a metadata file of a hundred megabytes.
"""
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import threading
import time
import uuid

from ponds import Pond, Truth, chance, problems_of, write_corpus, write_source

SCHEMA = {"type": "struct", "schema-id": 0, "fields": [{"id": 1, "name": "id", "required": True, "type": "long"}]}
TABLE = "/iceberg/v1/namespaces/main/tables/log"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, pond, port):
        self.pond, self.port = pond, port

    def start(self):
        self.process = self.pond.start("serve", "--listen", f"127.0.0.1:{self.port}", "--no-auth")
        for line in self.process.stdout:
            if line.startswith("Iceberg REST catalog: "):
                return self
        raise AssertionError(f"the server did not start: {self.process.stderr.read()}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def ask(port, method, path, body=None, key=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Client(threading.Thread):
    """Commits one snapshot after another; notes which were acknowledged, and which it was left without an answer to.

    With `keys` each commit has an Idempotency-Key, and is repeated until there is an answer.
    """

    def __init__(self, port, seed, keys):
        super().__init__()
        self.port, self.random, self.keys = port, random.Random(seed), keys
        self.acknowledged, self.unclear, self.over, self.strange = [], [], False, []
        self.refused, self.answers, self.repeated = [], [], 0

    def commit(self, commit):
        """The status and body of the answer; none if it got lost."""
        key = str(uuid.UUID(int=self.random.getrandbits(128))) if self.keys else None
        tries = 0
        while True:
            try:
                status, text = ask(self.port, "POST", TABLE, commit, key)
                if key is None or status < 500:
                    self.answers.append((key, commit, status, text))
                    self.repeated += tries > 0
                    return status, text
            except (OSError, http.client.HTTPException):
                if key is None:
                    return None, None
            tries += 1
            time.sleep(0.01)

    def run(self):
        while not self.over:
            try:
                status, text = ask(self.port, "GET", TABLE)
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)  # the server is away
                continue
            if status != 200:
                self.strange.append(f"load: {status} {text[:200]}")
                continue
            metadata = json.loads(text)["metadata"]
            parent = metadata.get("current-snapshot-id")
            parent = None if parent == -1 else parent
            identity = self.random.getrandbits(61) + 1
            snapshot = {"snapshot-id": identity, "sequence-number": metadata["last-sequence-number"] + 1,
                        "timestamp-ms": max(int(time.time() * 1000), metadata["last-updated-ms"]), "schema-id": 0,
                        "manifest-list": f"{metadata['location']}/metadata/{identity}.avro", "summary": {"operation": "append"}}
            if parent is not None:
                snapshot["parent-snapshot-id"] = parent
            commit = {"requirements": [{"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": parent}],
                      "updates": [{"action": "add-snapshot", "snapshot": snapshot},
                                  {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": identity}]}
            status, text = self.commit(commit)
            if status == 200:
                self.acknowledged.append(identity)
            elif status is None or status >= 500:
                self.unclear.append(identity)
            elif status == 409:
                self.refused.append(identity)
            else:
                self.strange.append(f"commit: {status} {text[:200]}")


def kill_server(place, checks, kills, rng):
    pond = Pond(place, place.new_folder("served"), place.new_folder("nothing"))
    assert pond.init().returncode == 0
    port = free_port()
    server = Server(pond, port).start()
    status, text = ask(port, "POST", "/iceberg/v1/namespaces/main/tables", {"name": "log", "schema": SCHEMA})
    assert status == 200, text
    # A client that stages a table and is never heard of again leaves nothing that anybody sees.
    status, text = ask(port, "POST", "/iceberg/v1/namespaces/main/tables", {"name": "staged", "schema": SCHEMA, "stage-create": True})
    checks.that(status == 200, f"a staged table: {status} {text[:200]}")
    clients = [Client(port, i, keys=i % 2 == 0) for i in range(4)]
    for client in clients:
        client.start()
    for _ in range(kills):
        time.sleep(0.05 + 0.4 * rng.random())
        server.kill()
        server = Server(pond, port).start()
    time.sleep(0.3)
    for client in clients:
        client.over = True
    for client in clients:
        client.join()
    status, text = ask(port, "GET", TABLE)
    metadata = json.loads(text)["metadata"]
    there = [snapshot["snapshot-id"] for snapshot in metadata["snapshots"]]
    acknowledged = [identity for client in clients for identity in client.acknowledged]
    unclear = {identity for client in clients for identity in client.unclear}
    checks.none([line for client in clients for line in client.strange], "answers to clients")
    checks.that(len(acknowledged) > kills, f"the clients came to commit: {len(acknowledged)} times")
    checks.none(sorted(set(acknowledged) - set(there)), "acknowledged commits that are lost")
    checks.that(len(there) == len(set(there)), "a commit that is there twice")
    checks.none(sorted(set(there) - set(acknowledged) - unclear), "commits that nobody made")
    checks.none(sorted(set(there) & {identity for client in clients for identity in client.refused}),
                "commits that are there although they were answered with a conflict")
    keyed = [client for client in clients if client.keys]
    checks.that(not any(client.unclear for client in keyed), "a repeated request was left without an answer")
    again = [(key, commit, text) for client in keyed for key, commit, status, text in client.answers if status == 200]
    server.kill()
    server = Server(pond, port).start()
    other = [key for key, commit, text in again if ask(port, "POST", TABLE, commit, key) != (200, text)]
    checks.none(other, f"keys of {len(again)} whose repeated request got another answer")
    status, text = ask(port, "GET", TABLE)
    now = [snapshot["snapshot-id"] for snapshot in json.loads(text)["metadata"]["snapshots"]]
    checks.that(now == there, "repeated requests changed the table")
    parents = {snapshot["snapshot-id"]: snapshot.get("parent-snapshot-id") for snapshot in metadata["snapshots"]}
    line, at = set(), metadata["current-snapshot-id"]
    while at is not None and at not in line:
        line.add(at)
        at = parents.get(at)
    checks.that(line == set(there), f"the commits are one line of history: {len(line)} of {len(there)}")
    status, _ = ask(port, "GET", "/iceberg/v1/namespaces/main/tables/staged")
    checks.that(status == 404, f"the staged table is visible: {status}")
    server.kill()
    print(f"rest_kill: {kills} kills, {len(acknowledged)} commits acknowledged, {len(unclear)} left unclear, "
          f"{sum(client.repeated for client in keyed)} repeated by their key and answered", flush=True)


def compact_at_once(place, checks, rounds):
    source = place.new_folder("source")
    write_corpus(source)
    pond = Pond(place, place.new_folder("compacted"), source)
    assert pond.init().returncode == 0
    assert pond.build().returncode == 0
    for version in range(rounds):
        for extra in range(3):
            write_source(source, f"more/extra{version}-{extra}.md", 1, 2)
            assert pond.build().returncode == 0
        both = [pond.start("maintain", "--keep-snapshots", "1", "--keep-days", "0") for _ in range(2)]
        for process in both:
            out, err = process.communicate(timeout=120)
            checks.that(process.returncode == 0, f"two compactions at once: {process.returncode} {out[-300:]}{err[-300:]}")
        checks.none(problems_of(pond, Truth(place, source)), "after two compactions at once")


def metadata_of(pond, table):
    with sqlite3.connect(os.path.join(pond.root, "catalog.db")) as catalog:
        uri, = catalog.execute("select metadata_location from iceberg_tables where table_name = ?", (table,)).fetchone()
    return uri.removeprefix("file://")


def change_metadata(pond, table, change):
    path = metadata_of(pond, table)
    with open(path) as file:
        metadata = json.load(file)
    change(metadata)
    with open(path, "w") as file:
        json.dump(metadata, file)
    return os.path.getsize(path)


def wrong_clock(pond, checks):
    """Another machine's clock was a day ahead when it committed."""
    ahead = int(time.time() * 1000) + 86_400_000

    def change(metadata):
        metadata["last-updated-ms"] = ahead
        metadata["snapshots"][-1]["timestamp-ms"] = ahead
        metadata["snapshot-log"][-1]["timestamp-ms"] = ahead
    change_metadata(pond, "chunks", change)
    rows = pond.rows()["chunks"]
    write_source(pond.source, "clock.md", 1, 4)
    done = pond.build()
    checks.that(done.returncode == 0, f"a build after a wrong clock: {done.stdout[-300:]}{done.stderr[-300:]}")
    checks.that(pond.rows()["chunks"] > rows, "the build's rows are there")
    with open(metadata_of(pond, "chunks")) as file:
        metadata = json.load(file)
    times = [entry["timestamp-ms"] for entry in metadata["snapshot-log"]]
    checks.that(times == sorted(times) and times[-1] >= ahead, "the history never runs backwards")
    done = pond.run("maintain", "--keep-snapshots", "1", "--keep-days", "0", "--orphan-hours", "0")
    checks.that(done.returncode == 0 and pond.run("check").returncode == 0, f"maintenance after a wrong clock: {done.stderr[-300:]}")


def large_metadata(pond, checks, snapshots):
    """A table that somebody committed to for years without ever expiring a snapshot."""
    def change(metadata):
        last, begun = dict(metadata["snapshots"][-1]), int(time.time() * 1000) - 86_400_000
        metadata["properties"].pop("millpond.history.max-snapshots", None)
        old = [dict(last, **{"snapshot-id": i + 1, "timestamp-ms": begun + i,
                             "summary": {"operation": "append", "note": "x" * 200}}) for i in range(snapshots)]
        for entry in old:
            entry.pop("parent-snapshot-id", None)
        metadata["snapshots"] = old + metadata["snapshots"]
    rows = pond.rows()["chunks"]
    size_bytes = change_metadata(pond, "chunks", change)
    checks.that(size_bytes > snapshots * 450, f"the metadata are large enough: {size_bytes}")
    checks.that(pond.rows()["chunks"] == rows, "its rows are read")
    write_source(pond.source, "large.md", 1, 4)
    done = pond.build(timeout=900)
    checks.that(done.returncode == 0, f"a commit on top of it: {done.stdout[-300:]}{done.stderr[-300:]}")
    done = pond.run("maintain", "chunks", "--keep-snapshots", "2", "--keep-days", "0", timeout=900)
    checks.that(done.returncode == 0, f"maintenance of it: {done.stdout[-300:]}{done.stderr[-300:]}")
    checks.that(os.path.getsize(metadata_of(pond, "chunks")) < 1 << 20, "maintenance makes it small again")
    checks.that(pond.rows()["chunks"] > rows, "and its rows are there")


def run(place, checks, quick):
    rng = chance("rest_kill")
    kill_server(place, checks, 6 if quick else 40, rng)
    compact_at_once(place, checks, 1 if quick else 6)
    source = place.new_folder("source")
    write_corpus(source)
    pond = Pond(place, place.new_folder("clock"), source)
    assert pond.init().returncode == 0 and pond.build().returncode == 0
    wrong_clock(pond, checks)
    large_metadata(pond, checks, 25_000 if quick else 240_000)  # 12 and 115 MB
