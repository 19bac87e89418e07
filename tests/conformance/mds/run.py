#!/usr/bin/env python3
"""MosaicML's streaming reads the MDS folders that millpond writes.

It runs in the environment of `./dev install --training`; without it, it is skipped, and with MILLPOND_REQUIRE_ALL=1 it
fails.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cases import cases_of, run_cases  # noqa: E402 - of tests/conformance

ROOT = Path(__file__).resolve().parents[3]
MILLPOND = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))
TRAINING = ROOT / ".deps/training/bin/python"
GPT2 = ROOT / "tests/golden/text_encoder/gpt2.json"
ROWS = [{"id": f"r{i}", "text": f"Row {i}, na\u00efve. " * (1 + i % 40), "kind": "x" if i % 2 else None} for i in range(300)]


def run(folder, *words, status=0):
    done = subprocess.run([MILLPOND, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, f"{words}: status {done.returncode}: {done.stderr}"
    return done.stdout + done.stderr


def pond(folder):
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    run(folder, "init")
    (folder / "pond.yaml").write_text("sources: [{files: corpus.jsonl}]\ntables:\n"
                                      "  texts: {from: sources, steps: [read_records]}\n")
    run(folder, "build")


def read(shards):
    from streaming import LocalDataset
    data = LocalDataset(str(shards))
    return [data[i] for i in range(len(data))]


def test_rows_come_back_in_many_shards(folder):
    pond(folder)
    for shard_bytes in (1, 5000, 1 << 26):
        shards = folder / f"s{shard_bytes}"
        run(folder, "export", "texts", shards, "--format", "mds", "--columns", "id,text,record,attributes",
            "--set", f"shard_bytes={shard_bytes}")
        found = read(shards)
        assert [row["id"] for row in found] == [row["id"] for row in ROWS]
        assert [row["text"] for row in found] == [row["text"] for row in ROWS]
        assert [int(row["record"]) for row in found] == list(range(1, 301))
        assert [row["attributes"].get("kind") for row in found] == [row["kind"] for row in ROWS]
        count = len(list(shards.glob("*.mds")))
        assert count == {1: 300, 1 << 26: 1}.get(shard_bytes, count) and (shard_bytes != 5000 or count > 10)


def test_types_and_nulls(folder):
    run(folder, "init")
    run(folder, "sql", "--write", "create table kinds as select i as n, i::float / 4 as f, i / 8 as d, i % 2 = 0 as b, "
        "case when i > 0 then 't' || i end as t, ('b' || i)::blob as raw, [i, i + 1] as l, "
        "timestamptz '2026-01-02 03:04:05+00' as at, case when i <> 2 then i end as hole from range(4) r(i)")
    run(folder, "export", "kinds", "k", "--format", "mds", "--columns", "n,f,d,b,t,raw,l,at")
    for i, row in enumerate(read(folder / "k")):
        assert (int(row["n"]), float(row["f"]), float(row["d"]), int(row["b"])) == (i, i / 4, i / 8, 1 - i % 2), row
        assert row["t"] == (f"t{i}" if i else "") and row["raw"] == f"b{i}".encode() and row["l"] == [i, i + 1], row
        assert row["at"] == "2026-01-02T03:04:05Z", row
    problem = run(folder, "export", "kinds", "h", "--format", "mds", status=2)
    assert "MDS has no null, and row 2 has none in the column of numbers: hole" in problem, problem
    assert not (folder / "h").exists()


def test_tokens_plain_and_packed(folder):
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(GPT2))
    end = tokenizer.token_to_id("<|endoftext|>")
    wanted = [tokenizer.encode(row["text"]).ids + [end] for row in ROWS]
    pond(folder)
    run(folder, "export", "texts", "t", "--format", "tokens", "--set", f"tokenizer={GPT2},form=mds,shard_tokens=2000")
    assert [row["tokens"].tolist() for row in read(folder / "t")] == wanted
    run(folder, "export", "texts", "p", "--format", "tokens", "--set", f"tokenizer={GPT2},form=mds,pack=512")
    texts = []
    for row in read(folder / "p"):
        assert row["lengths"].sum() == len(row["tokens"]) <= 512
        at = 0
        for size in row["lengths"]:
            texts.append(row["tokens"][at : at + size].tolist())
            at += size
    assert sorted(texts) == sorted(wanted)


def test_a_streaming_dataset_shuffles_and_goes_on(folder):
    from streaming import StreamingDataset
    pond(folder)
    run(folder, "export", "texts", "s", "--format", "mds", "--columns", "id,text", "--set", "shard_bytes=9000")
    data = StreamingDataset(local=str(folder / "s"), shuffle=True, batch_size=4)
    assert sorted(row["id"] for row in data) == sorted(row["id"] for row in ROWS)


if __name__ == "__main__":
    if TRAINING.exists() and Path(sys.prefix) != TRAINING.parents[1]:
        os.execv(TRAINING, [str(TRAINING), *sys.argv])
    sys.exit(run_cases(cases_of(sys.modules[__name__])))
