"""Nearest vectors among 1,000,000 x 768 made from real text, beside hnswlib, faiss (a graph, and lists of product-quantised vectors
with the best compared in full), zvec and RaBitQ's IVF: CPU seconds to build, queries a CPU second of one thread at a recall of .95
and .98, resident memory.

The vectors are passages of Debian's documentation by latent semantic analysis (bench/peers/passages.py): one command fetches the
packages (about 400 MB, 3 GB unpacked), makes passages, vectors and exact answers. All of it is kept in --folder, outside the repository (4 GB for a
million rows, and about 3 for each peer's index), and so is the result of each peer: a run that was stopped goes on where it was, and
--again 1 asks all of them anew (their indexes are opened, not built again; 4 minutes). --rows N makes it smaller. A million on 2 cores
take 3 minutes for the vectors, 1 for ours, 14 for hnswlib, 40 for zvec (one thread puts its graph together), 6 for faiss' lists; 16 GB of memory.

Builds use --threads and are counted in CPU seconds of all of them; one thread asks, one query at a time, best of two rounds. Checked:
the recall of ours is counted from the ids found by the code that counts the peers'. Ours is asked as it is set up by itself: clusters,
bits and what is compared in full are chosen from the number of rows and measured curves; recall asked for is the only setting.
"""

import os
import pathlib
import time

import measure
import retrieval
from kept import kept
from measure import PEERS, ROOT, Result, run, say

NAMES = ("rabitq", "faiss-lists", "zvec", "hnswlib", "faiss")
RECALLS = (.95, .98)
MAPPED = ("zvec",)  # an index that was kept is mapped when it is opened, which is not what it takes in memory


def prepared(folder, rows, python):
    """The vectors, made if they are not there."""
    tool = ROOT / "bench/peers/passages.py"

    def make():
        if not (folder / "passages.txt").exists():
            run([python, tool, "texts", folder, rows], quiet=False)
        return run([python, tool, "vectors", folder, rows], env={"OMP_NUM_THREADS": str(os.cpu_count())}).json()
    return kept(folder / "vectors.json", {"rows": rows}, not (folder / "all.npy").exists(), make)


def ours(folder, threads):
    built, points = retrieval.ours(folder, 2, ("all",), ("--threads", str(threads)))
    return {"built": built, "points": points["all"]}


def lines(mine, peers, facts):
    told = retrieval.Lines(mine["built"], {"all": mine["points"]}, peers, facts)
    for recall in RECALLS:
        yield told.rates(recall, None)
    yield Result("build", mine["built"]["build_cpu_s"], "CPU s", None, True, *told.least(lambda peer: peer["build_cpu_s"]),
                 "; ".join(f"{name} {peer['build_cpu_s']:.0f}" for name, peer in peers.items()))
    yield Result("index in memory, vectors mapped", mine["built"]["size_bytes"] / 1e6, "MB", None, True,
                 *told.least(lambda peer: None if peer["mapped"] else peer["resident_mb"]),
                 "; ".join(f"{name} {'is mapped' if peer['mapped'] else round(peer['resident_mb'])}" for name, peer in peers.items()))
    short = max(float(point["setting"]) - point["recall"] for point in mine["points"])
    yield Result("recall below what was asked for, worst setting", max(short, 0), "", .01)


def main():
    options = measure.arguments(
        __doc__, rows=(1_000_000, "how many vectors"), peers=(",".join(NAMES), "which of them"), threads=(os.cpu_count(), "that build"),
        folder=("", "where all is kept; else million-ROWS in $MILLPOND_CACHE or ~/.cache/millpond"), again=(0, "1: measure anew what was measured"))
    python = PEERS / "ann/bin/python"
    if not python.exists():
        return measure.finish(options, [], ["everything: run bench/peers/install.sh ann, which also makes the vectors"])
    rows = 20_000 if options.quick else options.rows
    cache = pathlib.Path(os.environ.get("MILLPOND_CACHE") or pathlib.Path.home() / ".cache/millpond")
    folder = pathlib.Path(options.folder) if options.folder else cache / f"million-{rows}"
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    facts = prepared(folder, rows, python)
    wish = {"rows": rows, "threads": options.threads}
    mine = kept(folder / "result-millpond.json", wish, True, lambda: ours(folder, options.threads))
    peers = {}
    for name in () if options.no_peers else options.peers.split(","):
        built = kept(folder / f"built-{name}.json", wish, not pathlib.Path(f"{folder}/index-{name}").exists(),
                     lambda: run([python, retrieval.ANN, "build", name, folder, options.threads]).json())
        asked = kept(folder / f"result-{name}.json", wish, options.again,
                     lambda: run([python, retrieval.ANN, "ask", name, folder, 2, options.threads]).json())
        peers[name] = asked | built | {"mapped": name in MAPPED}
    say(f"this run took {(time.monotonic() - began) / 60:.0f} minutes")
    measure.finish(options, list(lines(mine, peers, facts)), [],
                   f"{rows} vectors of 768; the nearest of a query scores {facts['nearest']} on average, the tenth {facts['tenth']}")


if __name__ == "__main__":
    main()
