"""Commits a second through the REST catalog: several writers append to one table, each commit synced to disk.

raw:       a writer loads the table, and commits a snapshot on top of what it saw; when another was faster (409) it loads and
           tries again, as every client must. Its manifest list is written, its manifests are not: the catalog is measured.
pyiceberg: the whole client: 1,000 rows of Parquet, manifests, commit, its own retries.
Checked: every commit that was acknowledged is in the table at the end; how evenly the writers came to their turn is
the fewest commits of a writer by the most.
"""

import http.client
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
import urllib.parse

from measure import MILLPOND, Result, arguments, finish, say, scratch


class Client:
    """One connection that stays open."""

    def __init__(self, uri):
        where = urllib.parse.urlsplit(uri)
        self.connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        self.path = where.path

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        self.connection.request(method, self.path + path, data, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def write_raw(uri, folder, seconds, results):
    client, mine, refused = Client(uri), [], 0
    began = time.time()
    end = began + seconds
    while time.time() < end:
        _, text = client.ask("GET", "/v1/namespaces/bench/tables/t?snapshots=refs")
        metadata = json.loads(text)["metadata"]
        parent = metadata.get("current-snapshot-id")
        identity = random.getrandbits(62) + 1
        manifests = f"{folder}/{identity}.avro"
        with open(manifests, "wb") as file:
            file.write(os.urandom(2000))
        snapshot = {"snapshot-id": identity, "sequence-number": metadata["last-sequence-number"] + 1,
                    "timestamp-ms": int(time.time() * 1000), "manifest-list": manifests, "schema-id": 0,
                    "summary": {"operation": "append", "added-records": "1000"}}
        if parent is not None:
            snapshot["parent-snapshot-id"] = parent
        status, text = client.ask("POST", "/v1/namespaces/bench/tables/t", {
            "requirements": [{"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": parent}],
            "updates": [{"action": "add-snapshot", "snapshot": snapshot},
                        {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": identity}]})
        if status == 200:
            mine.append(identity)
        elif status == 409:
            refused += 1
        else:
            raise SystemExit(f"status {status}: {text[:300]}")
    results.put((mine, refused, time.time() - began))


def write_pyiceberg(uri, folder, seconds, results):
    import pyarrow
    from pyiceberg.catalog.rest import RestCatalog
    from pyiceberg.exceptions import CommitFailedException
    catalog, mine, refused = RestCatalog("bench", uri=uri), [], 0
    rows = pyarrow.table({"id": list(range(1000))})
    began = time.time()
    end = began + seconds
    while time.time() < end:
        table = catalog.load_table("bench.t")
        try:
            table.append(rows)
            mine.append(1)
        except CommitFailedException:
            refused += 1
    results.put((mine, refused, time.time() - began))


def serve(program, folder):
    subprocess.run([program, "init"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen([program, "serve", "--no-auth", "--listen", "127.0.0.1:0"], cwd=folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in process.stdout:
        if line.startswith("Iceberg REST catalog: "):
            return process, line.split(": ", 1)[1].split(" ")[0].strip()
    raise SystemExit("the server did not start")


def measured(uri, folder, options):
    client = Client(uri)
    client.ask("POST", "/v1/namespaces", {"namespace": ["bench"]})
    schema = {"type": "struct", "fields": [{"id": 1, "name": "id", "required": False, "type": "long"}]}
    status, text = client.ask("POST", "/v1/namespaces/bench/tables", {"name": "t", "schema": schema})
    if status != 200:
        raise SystemExit(text)
    results = multiprocessing.Queue()
    work = write_raw if options.client == "raw" else write_pyiceberg
    writers = [multiprocessing.Process(target=work, args=(uri, folder, options.seconds, results))
               for _ in range(options.writers)]
    for writer in writers:
        writer.start()
    done = [results.get() for _ in writers]
    took = max(seconds for _, _, seconds in done)
    for writer in writers:
        writer.join()
    _, text = client.ask("GET", "/v1/namespaces/bench/tables/t")
    there = [snapshot["snapshot-id"] for snapshot in json.loads(text)["metadata"]["snapshots"]]
    acknowledged = sum(len(mine) for mine, _, _ in done)
    if options.client == "raw":
        lost = len({each for mine, _, _ in done for each in mine} - set(there))
    else:
        lost = acknowledged - len(there)
    counts = sorted(len(mine) for mine, _, _ in done)
    return {"commits": acknowledged, "lost": lost, "per_second": acknowledged / took,
            "refused": sum(refused for _, refused, _ in done), "fairness": counts[0] / max(1, counts[-1])}


def main():
    options = arguments(__doc__, writers=(4, "at once"), seconds=(10.0, "of writing"), client=("raw", "or pyiceberg"))
    if options.quick:
        options.seconds = 1.0
    folder = scratch("rest_commits")
    say(f"{options.writers} writers, {options.seconds:.0f} s")
    process, uri = serve(MILLPOND, folder)
    try:
        found = measured(uri, folder, options)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)
    finish(options, [
        Result(f"REST commits, {options.writers} writers, one table", found["per_second"], "/s", 50, False,
               note=f"{found['commits']} acknowledged, {found['refused']} refused and tried again, client {options.client}"),
        Result("  acknowledged commits that are lost", found["lost"], "", 0),
        Result("  fewest commits of a writer to the most", found["fairness"], "", 0.5, False),
    ])


if __name__ == "__main__":
    main()
