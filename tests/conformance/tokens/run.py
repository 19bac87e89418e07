#!/usr/bin/env python3
"""Token shards hold what the reference `tokenizers` package gives, Megatron-LM's own reader reads them, and the loader
gives the same batches however it is interrupted and shared out.

What is not installed is skipped by name; with MILLPOND_REQUIRE_ALL=1 it fails.
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MILLPOND = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))
GOLDEN = ROOT / "tests/golden/text_encoder"


class Missing(Exception):
    """What a test needs is not installed."""


def texts():
    """The repository's own documents, a text for each paragraph."""
    found = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        found += [part for part in page.read_text().split("\n\n") if part.strip()]
    return found


def run(folder, *words, status=0):
    done = subprocess.run([MILLPOND, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, f"{words}: status {done.returncode}: {done.stderr}"
    return done.stdout + done.stderr


def pond(folder):
    rows = [{"id": str(i), "text": text} for i, text in enumerate(texts())]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run(folder, "init")
    (folder / "pond.yaml").write_text("sources: [{files: corpus.jsonl}]\ntables:\n"
                                      "  texts: {from: sources, steps: [read_records]}\n")
    run(folder, "build")
    return rows


def export(folder, name, tokenizer, *settings):
    words = ["--set", ",".join([f"tokenizer={tokenizer}", *settings])]
    run(folder, "export", "texts", name, "--format", "tokens", *words)
    return folder / name


def reference(path, rows, end):
    from tokenizers import Tokenizer
    made = Tokenizer.from_file(str(path))
    made.no_truncation()
    made.no_padding()
    return [made.encode(row["text"], add_special_tokens=False).ids + [made.token_to_id(end)] for row in rows]


def stored(shards):
    """What the files say, by the format's description."""
    import numpy
    documents = []
    for shard in json.loads((shards / "tokens.json").read_text())["shards"]:
        index = (shards / (shard["name"] + ".idx")).read_bytes()
        kind = {4: numpy.int32, 8: numpy.uint16}[index[17]]
        count = int.from_bytes(index[18:26], "little")
        lengths = numpy.frombuffer(index, numpy.int32, count, 34)
        ids = numpy.fromfile(shards / (shard["name"] + ".bin"), kind)
        assert lengths.sum() == len(ids) == shard["tokens"], shard
        documents += [part.tolist() for part in numpy.split(ids, numpy.cumsum(lengths)[:-1])]
    return documents


def test_ids_are_those_of_the_reference(folder):
    rows = pond(folder)
    for name, end in (("gpt2", "<|endoftext|>"), ("llama3", "</s>"), ("llama2", "</s>"), ("t5", "</s>"),
                      ("bert_uncased", "[SEP]")):
        shards = export(folder, name, GOLDEN / f"{name}.json", "shard_tokens=20000")
        assert len(json.loads((shards / "tokens.json").read_text())["shards"]) > 1
        assert stored(shards) == reference(GOLDEN / f"{name}.json", rows, end), name
    run(folder, "export", "texts", "gpt2", "--format", "tokens", "--set", f"tokenizer={GOLDEN}/gpt2.json", status=4)
    problem = run(folder, "export", "texts", "x", "--format", "tokens", status=2)
    assert "--set tokenizer=PATH" in problem, problem


def test_megatron_reads_the_shards(folder):
    try:
        from megatron.core.datasets.indexed_dataset import IndexedDataset
    except ImportError as problem:
        raise Missing(f"megatron-core and torch: {problem}")
    rows = pond(folder)
    shards = export(folder, "shards", GOLDEN / "gpt2.json")
    data = IndexedDataset(str(shards / "tokens-00000"))
    wanted = reference(GOLDEN / "gpt2.json", rows, "<|endoftext|>")
    assert len(data) == len(wanted) and list(data.document_indices) == list(range(len(wanted) + 1))
    assert [data[i].tolist() for i in range(len(wanted))] == wanted


def loader():
    path = ROOT / "python/millpond/tokens.py"  # by itself: it needs nothing of the package
    spec = importlib.util.spec_from_file_location("tokens", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["tokens"] = module
    spec.loader.exec_module(module)
    return module.TokenBatches


def test_the_loader_gives_each_block_once_and_goes_on_where_it_was(folder):
    import numpy
    TokenBatches = loader()
    pond(folder)
    shards = export(folder, "shards", GOLDEN / "gpt2.json", "shard_tokens=7000")
    row = numpy.concatenate([numpy.array(ids) for ids in stored(shards)])
    plain = TokenBatches(shards, 128, shuffle=False)
    assert (numpy.concatenate(list(plain)).ravel() == row[: len(plain) * 128]).all()

    whole = [batch.tolist() for batch in TokenBatches(shards, 128, 4, seed=3)]
    assert whole == [batch.tolist() for batch in TokenBatches(shards, 128, 4, seed=3)]
    assert whole != [batch.tolist() for batch in TokenBatches(shards, 128, 4, seed=4)]
    flat = sorted(tuple(block) for batch in whole for block in batch)
    blocks = sorted(tuple(block[0].tolist()) for block in plain)
    assert len(set(flat)) <= len(set(blocks)) and set(flat) <= set(blocks)
    places = [int(p) for p in TokenBatches(shards, 128, seed=3)._order(numpy.arange(plain.blocks))]
    assert sorted(places) == list(range(plain.blocks))

    # Two ranks for five batches, then four ranks with half the batch: the same global batches.
    ranks = [TokenBatches(shards, 128, 2, seed=3, rank=rank, world=2) for rank in range(2)]
    begun = [numpy.concatenate([rank[i] for rank in ranks]).tolist() for i in range(5)]
    state = json.loads(json.dumps(ranks[0].state_dict(5)))
    more = [TokenBatches(shards, 128, 1, seed=3, rank=rank, world=4) for rank in range(4)]
    for rank in more:
        rank.load_state_dict(state)
    rest = [numpy.concatenate([rank[i] for rank in more]).tolist() for i in range(len(more[0]))]
    assert begun + rest == whole[: 5 + len(rest)] and len(rest) == len(whole) - 5
    other = TokenBatches(shards, 64, 4, seed=3)
    try:
        other.load_state_dict(state)
        raise AssertionError("took the state of another length")
    except ValueError as problem:
        assert "length was 128" in str(problem)
    second = TokenBatches(shards, 128, 4, seed=3)
    second.next_epoch()
    assert second[0].tolist() != whole[0]


def test_torch_loads_with_any_number_of_workers(folder):
    try:
        from torch.utils.data import DataLoader
    except ImportError as problem:
        raise Missing(f"torch: {problem}")
    TokenBatches = loader()
    pond(folder)
    batches = TokenBatches(export(folder, "shards", GOLDEN / "gpt2.json"), 128, 4, seed=3)
    wanted = [batch.tolist() for batch in batches]
    for workers in (0, 2, 3):
        given = [batch.tolist() for batch in DataLoader(batches, batch_size=None, num_workers=workers)]
        assert given == wanted, workers


def main():
    passed = failed = skipped = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Path(folder))
                passed += 1
                print(f"ok {name}")
            except (Missing, ModuleNotFoundError) as missing:
                must = os.environ.get("MILLPOND_REQUIRE_ALL") == "1"
                failed += must
                skipped += not must
                print(f"{'FAILED' if must else 'skipped'} {name}: {missing}")
            except Exception:
                failed += 1
                print(f"FAILED {name}")
                traceback.print_exc()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
