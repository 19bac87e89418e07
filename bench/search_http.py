"""Search over HTTP: 200,000 texts, 64 connections, ten hits by words of each query; beside the same searches in one process.

The load comes from a program of its own on the same cores, so what a core answers is counted: answers in a CPU second of the server,
against searches in a CPU second within a process on as many threads as cores. Latencies are those under that load. Texts and queries
are of $MILLPOND_DATA/ann. Checked: the server's hits of 20 queries are those of the command line.
"""

import gzip
import json
import os
import re
import subprocess

import measure
from measure import MILLPOND, Result, run, say

FLOW = """version: 1
sources: [{files: texts.jsonl}]
tables:
  texts: {from: sources, keep: [uri], steps: [read_records]}
indexes:
  texts: {text: text}
"""


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def material(folder, data, rows):
    with gzip.open(data / "texts.jsonl.gz", "rt") as source, open(folder / "texts.jsonl", "w") as out:
        for number, line in zip(range(rows), source):
            out.write(json.dumps({"id": str(number), "text": " ".join(json.loads(line)[0].split())}) + "\n")
    # Of words alone: signs would mean phrases and exclusions.
    queries = [" ".join(re.findall(r"\w+", json.loads(line)[0])[:30]) for line in open(data / "queries.jsonl")]
    (folder / "queries.txt").write_text("\n".join(queries) + "\n")
    (folder / "pond.yaml").write_text(FLOW)
    return queries


def same_hits(folder, port, queries):
    for query in queries:
        shown = json.loads(run([MILLPOND, "search", "--by", "words", "--limit", 10, "--json", query], cwd=folder).out)
        answer = run(["curl", "-s", "-G", f"http://127.0.0.1:{port}/api/search", "--data-urlencode", f"query={query}", "-d", "limit=10", "-d", "by=words"]).out
        ours, theirs = ([hit["citation"] for hit in found["hits"]] for found in (shown, json.loads(answer)))
        if ours != theirs:
            raise SystemExit(f"other hits over HTTP: {query}")


def main():
    options = measure.arguments(__doc__, seconds=(10, "of load"), connections=(64, "that are kept open"))
    data = measure.data_folder("ann")
    if not data:
        return measure.finish(options, [], ["everything: set MILLPOND_DATA to a folder with ann/"])
    folder, cores = measure.scratch("search_http"), os.cpu_count()
    say("the pond")
    queries = material(folder, data, 5_000 if options.quick else 200_000)
    run([MILLPOND, "init"], cwd=folder)
    (folder / "pond.yaml").write_text(FLOW)
    run([MILLPOND, "build", "-q"], cwd=folder)
    say("in one process")
    inside = run([measure.tool("bench_search_threads"), folder / ".pond", folder / "pond.yaml", folder / "queries.txt", cores, options.seconds]).json()
    say("over HTTP")
    server = subprocess.Popen([MILLPOND, "serve", "--no-auth", "--listen", "127.0.0.1:0"], cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    try:
        port = next(int(found.group(1)) for line in server.stdout if (found := re.search(r"REST catalog: http://127.0.0.1:(\d+)", line)))
        same_hits(folder, port, queries[:20])
        load = [measure.tool("bench_http_load"), port, "/api/search?limit=10&by=words&query=", folder / "queries.txt", options.connections]
        run([*load, 1])
        before = cpu_seconds(server.pid)
        outside = run([*load, options.seconds]).json()
        used = cpu_seconds(server.pid) - before
    finally:
        server.terminate()
        server.wait()
    rate = outside["answers"] / used
    measure.finish(options, [
        Result(f"HTTP: answers a CPU second of the server, {options.connections} connections", rate, "/s", .6 * inside["qps_cpu"], False,
               inside["qps_cpu"], "in process", f"{inside['rows']} rows, {100 * rate / inside['qps_cpu']:.0f} % of in process; in process "
               f"{inside['qps']:.0f}/s on {cores} threads, over HTTP {outside['qps']:.0f}/s with the load on the same cores ({outside['own_cpu_s'] / outside['wall_s']:.2f} of one)"),
        Result("  99th percentile under that load", outside["p99_ms"], "ms", 20, note=f"median {outside['p50_ms']:.1f} ms"),
    ])


if __name__ == "__main__":
    main()
