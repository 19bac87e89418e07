"""Nearest vectors among 200,000 x 256: rate at a recall, build, memory, filters, deletes; beside hnswlib, faiss, usearch,
zvec and RaBitQ's IVF. And search by words beside tantivy (bench/words.py).

Vectors are made from the texts of $MILLPOND_DATA/ann by a static model (the peers' environment has it). One thread, one query at
a time; the rate is queries a CPU second of the fastest setting that reaches the recall, best of --repeat rounds for ours and for the
peers without a filter, one round for a peer's filters and deletes. A peer's efforts grow until its recall is .993.

Checked: the vectors give the exact answers that come with the data; the recall of ours is computed again from the ids found, by the
code that computes the peers'; no search returns a row that its filter or a delete hides. --peers zvec,faiss takes only these; they
need about 20 CPU minutes together, usearch the most. --resume 1 goes on after a run that was stopped: it takes the peers that were
measured from build/bench-work/retrieval-kept.
"""

import json
import re

import measure
import words
from kept import kept
from measure import PEERS, ROOT, WORK, Result, run, say

RECALLS = (("0.95", 10_000), ("0.98", 5_000), ("0.99", 4_000))
FILTERS = (("f10", "random 10 %", 4_000), ("f1", "random 1 %", 10_000), ("npl", "one source, 5.7 %", 4_000))
SETTINGS = ",".join(str(r) for r in (.80, .85, .9, .92, .94, .95, .96, .97, .98, .985, .99, .995))
NAMES = ("hnswlib", "faiss", "usearch", "zvec", "rabitq")
ANN = ROOT / "bench/peers/ann.py"


def fastest(points, recall):
    """Of the settings that reach a recall, the highest rate."""
    return max((point["qps_cpu"] for point in points if point["recall"] >= float(recall)), default=0.0)


def ours(folder, repeat, searches=("all", "f10", "f1", "npl", "del"), words=()):
    """What the build cost, and of each search a point for each setting; their recall checked from the ids found."""
    (folder / "found").mkdir(exist_ok=True)
    asked = [f"{folder}/{name}.npy{f',{folder}/visible_{name}.npy' if name != 'all' else ''}" for name in searches]
    process = run([measure.tool("bench_vector_index"), *words, "--repeat", str(repeat), "--found", folder / "found", f"{folder}/base.npy",
                   f"{folder}/queries.npy", *(f"{search}:{SETTINGS}" for search in asked)])
    lines = [json.loads(line) for line in process.out.splitlines()]
    points = {name: [line for line in lines[1:] if re.search(rf"/{name}\.npy", line["search"])] for name in searches}
    counted = run([PEERS / "ann/bin/python", ANN, "recall", folder]).json()
    for name, each in ((name, each) for name in searches for each in points[name]):
        again = counted[f"{name}@{each['setting']}"]
        if abs(again["recall"] - each["recall"]) > 1e-4 or again["invisible"]:
            raise SystemExit(f"{name}, asked for {each['setting']}: recall {each['recall']}, counted as the peers' are: {again}")
    return lines[0], points


def check_visible(peers):
    for name, peer in peers.items():
        for search, points in peer["points"].items():
            hidden = sum(point["invisible"] for point in points)
            if hidden:
                say(f"{name} returned rows that the {search} search hides: {hidden}")


def lost(points):
    """The recall that deletes cost at the worst setting."""
    return max([0.0] + [before["recall"] - after["recall"] for before, after in zip(points["all"], points["del"])])


class Lines:
    """Results, each with the best peer."""

    def __init__(self, built, points, peers, facts):
        self.built, self.points, self.peers, self.facts = built, points, peers, facts

    def best(self, search, recall):
        rates = {name: fastest(peer["points"].get(search, []), recall) for name, peer in self.peers.items()}
        name = max(rates, key=rates.get, default="")
        return (rates[name], name) if name and rates[name] else (None, "")

    def least(self, measured):
        """The peer of which something is least, of those that have it."""
        found = {name: measured(peer) for name, peer in self.peers.items()}
        found = {name: value for name, value in found.items() if value is not None}
        name = min(found, key=found.get, default="")
        return (found[name], name) if name else (None, "")

    def others(self, search, recall):
        """Every peer's rate, for the note."""
        said = [f"{name} {fastest(peer['points'][search], recall) or 'not reached'}" for name, peer in self.peers.items() if search in peer["points"]]
        return re.sub(r"(\d+)\.\d+", r"\1", ", ".join(said))

    def rates(self, recall, goal):
        rate = fastest(self.points["all"], recall)
        used = next((p for p in self.points["all"] if p["qps_cpu"] == rate), None)
        width = self.facts["bandwidth"]
        note = "not reached" if not used else (
            f"recall {used['recall']}, {used['scanned']:.0f} rows scanned, {used['bytes'] / 1e6:.2f} MB touched a query: "
            f"{used['bytes'] * rate / 1e9:.1f} GB/s of {width / 1e9:.1f} that one thread reads, {used['bytes'] * rate / width:.0%}")
        if self.peers:
            note += f"; {self.others('all', recall)}"
        return Result(f"queries/CPU s at recall {recall}", rate, "/s", goal, False, *self.best("all", recall), note)

    def filtered(self, name, what, goal):
        rate = fastest(self.points[name], .97)
        recall = max((p["recall"] for p in self.points[name] if p["qps_cpu"] == rate), default=0)
        note = f"recall {recall}" + (f"; {self.others(name, .97)}" if self.peers else "")
        return Result(f"{what}: /CPU s at recall >= .97", rate, "/s", goal, False, *self.best(name, .97), note)

    def all(self, compacted):
        yield from (self.rates(*each) for each in RECALLS)
        yield Result("build", self.built["build_cpu_s"], "CPU s", 5, True, *self.least(lambda peer: peer["build_cpu_s"]),
                     "; ".join(f"{name} {peer['build_cpu_s']:.1f}" for name, peer in self.peers.items()))
        yield Result("index in memory, vectors mapped", self.built["size_bytes"] / 1e6, "MB", 60, True,
                     *self.least(lambda peer: peer["resident_mb"]),
                     "; ".join(f"{name} {peer['resident_mb']:.0f}" for name, peer in self.peers.items()))
        yield from (self.filtered(*each) for each in FILTERS)
        yield Result("recall lost after 30 % deletes, worst setting", lost(self.points), "", .005, True,
                     *self.least(lambda peer: lost(peer["points"]) if "del" in peer["points"] else None))
        peer, name = self.least(lambda peer: peer["resident_after_deletes_mb"] / peer["resident_mb"] if "resident_after_deletes_mb" in peer else None)
        yield Result("space after 30 % deletes and compaction", compacted, "of before", .75, True, peer, name)
        short = max(float(p["setting"]) - p["recall"] for p in self.points["all"])
        yield Result("recall below what was asked for, worst setting", max(short, 0), "", .01)


def main():
    options = measure.arguments(__doc__, repeat=(3, "rounds of all queries"), peers=(",".join(NAMES), "which of them"),
                                resume=(0, "1: peers that were measured before are not measured again"))
    data, python = measure.data_folder("ann"), PEERS / "ann/bin/python"
    if not data:
        return measure.finish(options, [], ["everything: set MILLPOND_DATA to a folder with ann/"])
    if not python.exists():
        return measure.finish(options, [], ["everything: run bench/peers/install.sh ann, which also makes the vectors"])
    rows = 10_000 if options.quick else 200_000
    folder = measure.scratch("retrieval")
    say("making the vectors")
    facts = run([python, ANN, "vectors", data, folder, rows]).json()
    say("millpond")
    built, points = ours(folder, options.repeat)
    live = folder / "live"
    live.mkdir()
    run([python, ANN, "compact", folder, live])
    compacted = ours(live, 1, ("all",))[0]["size_bytes"] / built["size_bytes"]
    peers = {}
    for name in () if options.no_peers else options.peers.split(","):
        repeat = 1 if options.quick else options.repeat
        peers[name] = kept(WORK / "retrieval-kept" / f"{name}.json", {"rows": rows, "repeat": repeat}, not options.resume,
                           lambda: run([python, ANN, "measure", name, folder, repeat, 1]).json())
    check_visible(peers)
    results = list(Lines(built, points, peers, facts).all(compacted))
    by_words, skipped = words.measured(options)
    agreement = facts["agreement"] if facts["agreement"] == "computed" else f"agree with those of the data: {facts['agreement']}"
    measure.finish(options, results + by_words, skipped, f"{rows} vectors; exact answers {agreement}")


if __name__ == "__main__":
    main()
