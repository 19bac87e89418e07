#!/usr/bin/env python3
"""The fold `dsir` weighs texts as the reference code of the paper does (the package data-selection), and takes the same ones.

It runs in the environment of `./dev install --training`; without it, it is skipped, and with MILLPOND_REQUIRE_ALL=1 it
fails.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MILLPOND = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))
TRAINING = ROOT / ".deps/training/bin/python"
FLOW = """sources: [{files: sql.jsonl, name: sql}, {files: other.jsonl, name: other}]
tables:
  texts: {from: sources, keep: [source], steps: [read_records]}
  weighed: {from: texts, keep: [id, text, source], fold: {dsir: {target: [sql], drop: false, words_min: 8, sample: top, share: 0.25}}}
  sampled: {from: texts, keep: [id, text, source], fold: {dsir: {target: [sql], words_min: 8, rows: 60, seed: 5}}}
"""
MORE = ["Der Fluß fließt über ÄCKER und Öde, ÉTÉ comme hiver.", "ПРИВЕТ мир, 你好 世界 — «цитата» №5", "a_b 1_2 x²½ ٣٤ ǅ"]


def run(folder, *words):
    done = subprocess.run([MILLPOND, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: status {done.returncode}: {done.stderr}"
    return done.stdout


def main():
    try:
        import numpy
        from data_selection import HashedNgramDSIR
    except ImportError as problem:
        print(f"skipped: data-selection: {problem}; ./dev install --training")
        return 1 if os.environ.get("MILLPOND_REQUIRE_ALL") == "1" else 77
    rows = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        kind = "sql" if page.name == "sql.md" else "other"
        rows += [{"text": part, "source": kind} for part in page.read_text().split("\n\n") if part.strip()]
    rows += [{"text": text, "source": "other"} for text in MORE]
    rows = [{"id": str(i), **row} for i, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("sql", "other"):
            lines = [json.dumps(row) + "\n" for row in rows if row["source"] == kind]
            (folder / f"{kind}.jsonl").write_text("".join(lines))
        run(folder, "init")
        (folder / "pond.yaml").write_text(FLOW)
        run(folder, "build")
        output = run(folder, "sql", "select id, importance, chosen from weighed", "--format", "jsonl")
        ours = {row["id"]: row for row in map(json.loads, output.splitlines())}

        peer = HashedNgramDSIR([str(folder / "other.jsonl")], [str(folder / "sql.jsonl")], str(folder / "cache"), num_proc=1,
                               min_example_length=8)
        peer.fit_importance_estimator(num_tokens_to_fit="all")
        peer.compute_importance_weights()
        theirs = numpy.load(folder / "cache/log_importance_weights/0.npy")
        raw = [row["id"] for row in rows if row["source"] == "other"]
        assert len(raw) == len(theirs) == len(ours), (len(raw), len(theirs), len(ours))
        for id_, weight in zip(raw, theirs):
            assert abs(ours[id_]["importance"] - weight) < 1e-6 * max(1, abs(weight)), (id_, ours[id_], weight)

        wanted = sum(row["chosen"] for row in ours.values())
        peer.resample(str(folder / "out"), wanted, cache_dir=str(folder / "out_cache"), top_k=True)
        chosen = {json.loads(line)["id"] for path in (folder / "out").rglob("*.jsonl") for line in path.open()}
        assert chosen == {id_ for id_, row in ours.items() if row["chosen"]}, "the highest weights are the same texts"

        sampled = run(folder, "sql", "select id from sampled", "--format", "jsonl").splitlines()
        top = sum(ours[json.loads(line)["id"]]["chosen"] for line in sampled)
        assert len(sampled) == 60 and top > 30, (len(sampled), top)
        story = json.loads(run(folder, "why", raw[0], "--json"))["rows"][0]["tables"]
        fold = next(each["fold"] for each in story if each["table"] == "weighed")
        assert abs(fold["measured"]["importance"] - theirs[0]) < 1e-6, fold
    print("ok")
    return 0


if __name__ == "__main__":
    if TRAINING.exists() and Path(sys.prefix) != TRAINING.parents[1]:
        os.execv(TRAINING, [str(TRAINING), *sys.argv])
    sys.exit(main())
