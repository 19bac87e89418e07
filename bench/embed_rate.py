"""Texts of 128 tokens a second, and their vectors: the local embedder beside sentence-transformers, on two threads.

The same texts, 128 at a time, and the same weights. Each program loads, embeds once as the warm-up, then repeats for --seconds;
the best repetition counts, for both. The peer is measured before and after ours. Checked: both agree with the golden float32 vectors.
"""

import re

import measure
from measure import PEERS, ROOT, Result, run, say


def main():
    options = measure.arguments(__doc__, seconds=(20.0, "of each measurement"))
    seconds = "2" if options.quick else str(options.seconds)
    golden = ROOT / "tests/golden/model/minilm_golden.json"
    python, skipped = PEERS / "torch/bin/python", []

    def ask_peer():
        say("sentence-transformers")
        return run([python, ROOT / "bench/peers/embed.py", golden, seconds], env={"OMP_NUM_THREADS": "2"}).json()

    theirs = []
    if not options.no_peers and python.exists():
        theirs.append(ask_peer())
    elif not options.no_peers:
        skipped.append("sentence-transformers: run bench/peers/install.sh torch")
    say("millpond")
    process = run([measure.tool("bench_embed"), "--golden", golden, "--threads", "2", "--seconds", seconds])
    out = process.out
    rate = {int(tokens): float(value) for tokens, value in re.findall(r"(\d+) tokens each: ([\d.]+) texts/s", out)}
    cosine = float(re.search(r"least cosine [^:]*: ([\d.]+)", out)[1])
    query = float(re.search(r"one query [^:]*: median ([\d.]+) ms", out)[1])
    if theirs:
        theirs.append(ask_peer())
    best = {key: max(t[key] for t in theirs) for key in ("128", "256", "cosine")} if theirs else {}
    slow = min(t["query_ms"] for t in theirs) if theirs else None
    name = "sentence-tr." if theirs else ""
    results = [
        Result("texts of 128 tokens embedded", rate[128], "/s", 100, False, best.get("128"), name,
               f"peer before and after: {', '.join(format(t['128'], '.1f') for t in theirs)}" if theirs else ""),
        Result("  of 256 tokens", rate[256], "/s", None, False, best.get("256"), name),
        Result("  one query of 8 to 16 tokens", query, "ms", 10, True, slow, name),
        Result("  least cosine to the float32 reference", cosine, "", 0.9999, False, note=f"peer {best['cosine']:.6f}" if best else ""),
    ]
    measure.finish(options, results, skipped)


if __name__ == "__main__":
    main()
