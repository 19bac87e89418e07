"""Search over HTTP: 200,000 texts, 64 connections, ten hits by words of each query; beside the same searches in one process.

The load comes from a program of its own on the same cores, so what a core answers is counted: answers in a CPU second of the server,
against searches in a CPU second within a process on as many threads as cores. Latencies are those under that load. Texts and queries
are of $MILLPOND_DATA/ann. Checked: the server's hits of 20 queries are those of the command line.

64 clients that each wait for an answer see a mean of 64 / (answers a second), whatever the server does. In the order of arrival, on so many
cores, the 99th percentile of an otherwise idle machine can come as near to the mean as the shares of single searches let it: that limit is
computed from the CPU time of each search in one process. The same by vector (POST /api/nearest), where the peers' environment is installed
(bench/peers/install.sh ann), which has the model that makes the vectors.
"""

import gzip
import json
import os
import re
import subprocess

import measure
from measure import MILLPOND, PEERS, ROOT, Result, run, say

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


def limit_ms(inside, mean_ms, connections, cores):
    """Those before one in the queue take as long as they take: a sum of so many, spread by the square root of their number."""
    before = connections / cores
    return mean_ms + 2.33 * inside["deviation_cpu_ms"] * before ** .5


def under_load(folder, path, queries, options, check):
    """The load's figures, and answers in a CPU second of the server; waits as /metrics has them."""
    server = subprocess.Popen([MILLPOND, "serve", "--no-auth", "--listen", "127.0.0.1:0"], cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    try:
        port = next(int(found.group(1)) for line in server.stdout if (found := re.search(r"REST catalog: http://127.0.0.1:(\d+)", line)))
        check(port)
        load = [measure.tool("bench_http_load"), port, path, queries, options.connections]
        run([*load, 1])
        before = cpu_seconds(server.pid)
        outside = run([*load, options.seconds]).json()
        return outside, outside["answers"] / (cpu_seconds(server.pid) - before)
    finally:
        server.terminate()
        server.wait()


def latency(what, outside, note=""):
    return Result(f"  99th percentile under that load, {what}", outside["p99_ms"], "ms", 20,
                  note=f"mean {outside['mean_ms']:.1f} ms, median {outside['p50_ms']:.1f} ms, longest {outside['max_ms']:.1f} ms{note}")


def by_words(folder, data, options, cores):
    say("the pond")
    queries = material(folder, data, 5_000 if options.quick else 200_000)
    run([MILLPOND, "init"], cwd=folder)
    (folder / "pond.yaml").write_text(FLOW)
    run([MILLPOND, "build", "-q"], cwd=folder)
    say("in one process")
    inside = run([measure.tool("bench_search_threads"), folder / ".pond", folder / "pond.yaml", folder / "queries.txt", cores, options.seconds]).json()
    say("over HTTP")
    outside, rate = under_load(folder, "/api/search?limit=10&by=words&query=", folder / "queries.txt", options,
                               lambda port: same_hits(folder, port, queries[:20]))
    limit = limit_ms(inside, outside["mean_ms"], options.connections, cores)
    return [
        Result(f"HTTP: answers a CPU second of the server, {options.connections} connections", rate, "/s", .6 * inside["qps_cpu"], False,
               inside["qps_cpu"], "in process", f"{inside['rows']} rows, {100 * rate / inside['qps_cpu']:.0f} % of in process; in process "
               f"{inside['qps']:.0f}/s on {cores} threads, over HTTP {outside['qps']:.0f}/s with the load on the same cores ({outside['own_cpu_s'] / outside['wall_s']:.2f} of one)"),
        latency("words", outside, f"; at this rate no queue gives less than {limit:.1f} ms; a search takes {inside['p50_cpu_ms']:.2f} ms of CPU, "
                f"the longest {inside['max_cpu_ms']:.1f}"),
    ]


VECTOR_FLOW = """version: 1
tables:
  near: {sql: "select id, v from base"}
indexes:
  near: {vector: v}
"""
MATERIAL = """
import json, sys, numpy, pyarrow, pyarrow.parquet
rows = numpy.load(sys.argv[1]).astype("float32")
lists = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(rows.ravel()), rows.shape[1]).cast(pyarrow.list_(pyarrow.float32()))
pyarrow.parquet.write_table(pyarrow.table({"id": pyarrow.array(range(len(rows))), "v": lists}), sys.argv[2])
with open(sys.argv[4], "w") as out:
    for query in numpy.load(sys.argv[3]).astype("float32"):
        out.write(json.dumps({"vector": [float(f"{x:.6g}") for x in query], "limit": 10}) + "\\n")
"""


def by_vector(folder, data, options):
    say("vectors")
    run([PEERS / "ann/bin/python", ROOT / "bench/peers/ann.py", "vectors", data, folder, 5_000 if options.quick else 200_000])
    run([ROOT / ".deps/tests/bin/python", "-c", MATERIAL, folder / "base.npy", folder / "base.parquet", folder / "queries.npy", folder / "bodies.txt"])
    run([MILLPOND, "init"], cwd=folder)
    run([MILLPOND, "import", folder / "base.parquet", "--as", "base"], cwd=folder)
    (folder / "pond.yaml").write_text(VECTOR_FLOW)
    run([MILLPOND, "build", "-q"], cwd=folder)
    say("over HTTP, by vector")
    outside, rate = under_load(folder, "POST /api/nearest", folder / "bodies.txt", options, lambda port: None)
    return [Result("HTTP, by vector: answers a CPU second of the server", rate, "/s", note=f"recall .99; {outside['qps']:.0f}/s"), latency("vectors", outside)]


def main():
    options = measure.arguments(__doc__, seconds=(10, "of load"), connections=(64, "that are kept open"))
    data = measure.data_folder("ann")
    if not data:
        return measure.finish(options, [], ["everything: set MILLPOND_DATA to a folder with ann/"])
    results, skipped = by_words(measure.scratch("search_http"), data, options, os.cpu_count()), []
    if (PEERS / "ann/bin/python").exists() and (ROOT / ".deps/tests/bin/python").exists():
        results += by_vector(measure.scratch("search_http_vectors"), data, options)
    else:
        skipped.append("by vector: bench/peers/install.sh ann, ./dev install --tests")
    measure.finish(options, results, skipped)


if __name__ == "__main__":
    main()
