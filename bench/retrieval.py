"""Nearest vectors among 200,000 x 256: rate at a recall, build, memory, filters, deletes; beside hnswlib, faiss, usearch,
zvec and RaBitQ's IVF. And search by words beside tantivy (bench/words.py).

Vectors are made from the texts of $MILLPOND_DATA/ann by a static model (the peers' environment has it). One thread, one query at
a time; the rate is queries a CPU second of the fastest setting that reaches the recall, best of --repeat rounds, for all. Recall is
that of the exact ten best rows, with each filter. Checked: the vectors give the exact answers that come with the data.
"""

import json
import re

import measure
import words
from measure import PEERS, ROOT, Result, run, say

RECALLS = (("0.95", 10_000), ("0.98", 5_000), ("0.99", 4_000))
FILTERS = (("f10", "random 10 %", 4_000), ("f1", "random 1 %", 10_000), ("npl", "one source, 5.7 %", 4_000))
SETTINGS = ",".join(str(r) for r in (.80, .85, .9, .92, .94, .95, .96, .97, .98, .985, .99, .995))


def fastest(points, recall):
    """Of the settings that reach a recall, the highest rate."""
    rates = [point["qps_cpu"] for point in points if point["recall"] >= float(recall)]
    return max(rates, default=0.0)


def ours(folder, rows, repeat):
    searches = [f"{folder}/{name}.npy{f',{folder}/visible_{name}.npy' if name != 'all' else ''}" for name in ("all", "f10", "f1", "npl", "del")]
    process = run([measure.tool("bench_vector_index"), "--repeat", str(repeat), f"{folder}/base.npy", f"{folder}/queries.npy",
                   *(f"{search}:{SETTINGS}" for search in searches)])
    lines = [json.loads(line) for line in process.out.splitlines()]
    found = {name: [line for line in lines[1:] if re.search(rf"/{name}\.npy", line["search"])] for name in ("all", "f10", "f1", "npl", "del")}
    return lines[0], found


def main():
    options = measure.arguments(__doc__, repeat=(3, "rounds of all queries"))
    data, python = measure.data_folder("ann"), PEERS / "ann/bin/python"
    if not data:
        return measure.finish(options, [], ["everything: set MILLPOND_DATA to a folder with ann/"])
    if not python.exists():
        return measure.finish(options, [], ["everything: run bench/peers/install.sh ann, which also makes the vectors"])
    rows = 5_000 if options.quick else 200_000
    folder = measure.scratch("retrieval")
    say("making the vectors")
    facts = run([python, ROOT / "bench/peers/ann.py", "vectors", data, folder, rows]).json()
    say("millpond")
    built, found = ours(folder, rows, options.repeat)
    peers, skipped = {}, []
    for name in () if options.no_peers else ("hnswlib", "faiss", "usearch", "zvec", "rabitq"):
        say(name)
        peers[name] = run([python, ROOT / "bench/peers/ann.py", name, folder, options.repeat]).json()
    results = []

    def best_peer(search, recall):
        rates = {name: fastest(peer["points"].get(search, []), recall) for name, peer in peers.items()}
        name = max(rates, key=rates.get, default="")
        return (rates[name], name) if name and rates[name] else (None, "")

    for recall, goal in RECALLS:
        rate = fastest(found["all"], recall)
        used = max((p for p in found["all"] if p["qps_cpu"] == rate), key=lambda p: p["qps_cpu"], default=None)
        note = "not reached" if not used else (
            f"recall {used['recall']}, {used['scanned']:.0f} rows scanned, {used['bytes'] / 1e6:.2f} MB touched a query: "
            f"{used['bytes'] * rate / 1e9:.1f} GB/s of {facts['bandwidth'] / 1e9:.1f} that one thread reads, {used['bytes'] * rate / facts['bandwidth']:.0%}")
        results.append(Result(f"queries/CPU s at recall {recall}", rate, "/s", goal, False, *best_peer("all", recall), note))
    cheapest = min(((peer["build_cpu_s"], name) for name, peer in peers.items()), default=(None, ""))
    results.append(Result("build", built["build_cpu_s"], "CPU s", 5, True, *cheapest))
    least = min(((peer["size_bytes"] / 1e6, name) for name, peer in peers.items()), default=(None, ""))
    results.append(Result("index in memory, vectors mapped", built["size_bytes"] / 1e6, "MB", 60, True, *least))
    for name, what, goal in FILTERS:
        rate = fastest(found[name], .97)
        recall = max((p["recall"] for p in found[name] if p["qps_cpu"] == rate), default=0)
        results.append(Result(f"{what}: /CPU s at recall >= .97", rate, "/s", goal, False, *best_peer(name, .97), f"recall {recall}"))
    drop = max(a["recall"] - d["recall"] for a, d in zip(found["all"], found["del"]))
    results.append(Result("recall lost after 30 % deletes, worst setting", max(drop, 0), "", .005))
    asked = max(float(p["setting"]) - p["recall"] for p in found["all"])
    results.append(Result("recall below what was asked for, worst setting", max(asked, 0), "", .01))
    by_words, without = words.measured(options)
    results += by_words
    skipped += without
    measure.finish(options, results, skipped, f"{rows} vectors; agreement of the exact answers with those of the data: {facts['agreement']}")


if __name__ == "__main__":
    main()
