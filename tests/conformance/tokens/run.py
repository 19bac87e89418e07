#!/usr/bin/env python3
"""Token shards hold what the reference `tokenizers` package gives, Megatron-LM's own reader reads them, and the loader
gives the same batches however it is interrupted and shared out.

It runs in the environment of `./dev install --training` if that is there; what is not installed is skipped by name, and
with MILLPOND_REQUIRE_ALL=1 it fails.
"""
import importlib.util
import json
import os
import subprocess
import sys
import types
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cases import Missing, cases_of, run_cases  # noqa: E402 - of tests/conformance

ROOT = Path(__file__).resolve().parents[3]
MILLPOND = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))
TRAINING = ROOT / ".deps/training/bin/python"
GOLDEN = ROOT / "tests/golden/text_encoder"


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
    return module


def packed(folder, length=256):
    """The documents as the reference cuts them into pieces, and the shards."""
    rows = pond(folder)
    shards = export(folder, "packed", GOLDEN / "gpt2.json", f"pack={length}", "shard_tokens=9000")
    pieces = []
    for ids in reference(GOLDEN / "gpt2.json", rows, "<|endoftext|>"):
        pieces += [ids[at : at + length] for at in range(0, len(ids), length)]
    return pieces, shards


def test_packed_blocks_hold_each_text_once_and_are_full(folder):
    pieces, shards = packed(folder)
    form = json.loads((shards / "tokens.json").read_text())
    batches = loader().PackedBatches(shards, shuffle=False)
    blocks = [[piece.tolist() for piece in batches.pieces(place)] for place in range(batches.blocks)]
    assert sorted(piece for block in blocks for piece in block) == sorted(pieces)
    assert all(sum(map(len, block)) <= 256 for block in blocks)
    fewest = -(-sum(map(len, pieces)) // 256)
    assert form["blocks"] == len(blocks) <= 1.03 * fewest + 1, (len(blocks), fewest)
    assert abs(form["filled"] - form["tokens"] / (256 * len(blocks))) < 1e-9 and form["filled"] > 0.95, form
    last = -1
    for block in blocks:  # a text may stand in the documents more than once
        later = [place for place, piece in enumerate(pieces) if piece == block[0] and place > last]
        assert later, "blocks are in the order of their first text"
        last = later[0]
    again = export(folder, "again", GOLDEN / "gpt2.json", "pack=256", "shard_tokens=9000")
    for path in shards.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path


def test_packed_batches_keep_texts_apart(folder):
    import numpy
    pieces, shards = packed(folder)
    tokens = loader()
    batches = tokens.PackedBatches(shards, 3, pad=9, seed=5)
    wanted = {tuple(piece) for piece in pieces}
    for batch in batches:
        ids, places, segments, labels = (batch[k] for k in ("input_ids", "position_ids", "segment_ids", "labels"))
        assert (ids[segments == 0] == 9).all() and (labels[segments == 0] == -100).all()
        assert (labels[places == 0] == -100).all()
        later = (places > 0) & (segments > 0)
        assert (labels[later] == ids[later]).all()
        ends = tokens.text_ends(batch)
        row = ids[segments > 0]
        for begin, end in zip(ends, ends[1:]):
            assert tuple(row[begin:end].tolist()) in wanted
            assert places[segments > 0][begin:end].tolist() == list(range(end - begin))
        assert ends[-1] == len(row)
    plain = export(folder, "plain", GOLDEN / "gpt2.json")
    try:
        tokens.PackedBatches(plain)
        raise AssertionError("took shards that are not packed")
    except ValueError as problem:
        assert "not packed" in str(problem)
    assert numpy.array_equal(batches[0]["input_ids"], tokens.PackedBatches(shards, 3, pad=9, seed=5)[0]["input_ids"])


def test_four_ranks_then_three_give_every_block_once(folder):
    tokens = loader()
    _, shards = packed(folder)
    one = tokens.PackedBatches(shards, seed=3)
    order = [int(one.places(i)[0]) for i in range(len(one))]
    assert sorted(order) == list(range(one.blocks)) and order != sorted(order)
    four = [tokens.PackedBatches(shards, 2, seed=3, rank=r, world=4, drop_last=False) for r in range(4)]
    given = [int(place) for i in range(3) for rank in four for place in rank.places(i)]
    state = json.loads(json.dumps(four[0].state_dict(3)))
    three = [tokens.PackedBatches(shards, 2, seed=3, rank=r, world=3, drop_last=False) for r in range(3)]
    for rank in three:
        rank.load_state_dict(state)
    assert len({len(rank) for rank in three}) == 1
    given += [int(place) for i in range(len(three[0])) for rank in three for place in rank.places(i)]
    assert given == order, "every block once, in the order of one rank"


def test_the_order_is_well_mixed_and_another_in_each_epoch(folder):
    import numpy
    shuffle = loader()._Shuffle
    count = 20000
    orders = [shuffle(count, f"7/{epoch}")(numpy.arange(count)) for epoch in range(3)]
    for order in orders:
        assert sorted(order) == list(range(count))
        # Of a uniform permutation: the correlation of place and sample has deviation 1 / sqrt(n); neighbours stay
        # neighbours about twice; a tenth of the batches holds a tenth of the corpus, evenly.
        assert abs(numpy.corrcoef(order, numpy.arange(count))[0, 1]) < 5 / count**0.5
        assert (abs(numpy.diff(order)) == 1).sum() < 12
        spread = numpy.bincount(order[: count // 10] * 20 // count, minlength=20)
        assert ((spread - 100) ** 2 / 100).sum() < 45, spread  # chi-square, 19 degrees; 43.8 at one in a thousand
    assert (orders[0] == orders[1]).mean() < 0.001 and (orders[1] == orders[2]).mean() < 0.001


def test_batches_of_like_length_pad_little(folder):
    import numpy
    tokens = loader()
    rows = pond(folder)
    shards = export(folder, "shards", GOLDEN / "gpt2.json", "shard_tokens=9000")
    wanted = [ids[:300] for ids in reference(GOLDEN / "gpt2.json", rows, "<|endoftext|>")]
    batches = tokens.LengthBatches(shards, 2400, length=300, seed=4, drop_last=False)
    given, padded = [], 0
    for batch in batches:
        ids, mask = batch["input_ids"], batch["attention_mask"].astype(bool)
        assert ids.size <= 2400 and (batch["labels"][~mask] == -100).all() and (batch["labels"][mask] == ids[mask]).all()
        given += [row[keep].tolist() for row, keep in zip(ids, mask)]
        padded += ids.size
    assert sorted(given) == sorted(wanted)
    filled = sum(map(len, wanted)) / padded
    assert abs(filled - batches.filled) < 1e-9 and filled > 0.9, (filled, batches.filled)
    lengths = [batch["input_ids"].shape[1] for batch in batches]
    assert lengths != sorted(lengths) and lengths != sorted(lengths, reverse=True), "the batches are shuffled"
    by_chance = tokens.LengthBatches(shards, 2400, length=300, window=1, seed=4)
    assert by_chance.filled == 1.0 and len(by_chance) == len(wanted), "one text a batch"

    four = [tokens.LengthBatches(shards, 2400, length=300, seed=4, rank=r, world=4, drop_last=False) for r in range(4)]
    texts = [text for i in range(3) for rank in four for text in rank.texts_of(i).tolist()]
    three = [tokens.LengthBatches(shards, 2400, length=300, seed=4, rank=r, world=3, drop_last=False) for r in range(3)]
    for rank in three:
        rank.load_state_dict(json.loads(json.dumps(four[0].state_dict(3))))
    texts += [text for i in range(len(three[0])) for rank in three for text in rank.texts_of(i).tolist()]
    assert sorted(texts) == list(range(len(wanted))), "every text once"
    batches.next_epoch()
    assert [len(b["input_ids"]) for b in batches] != [len(b["input_ids"]) for b in four[0]]
    ordered = tokens.TokenBatches(shards, 64, shuffle=50, seed=2)
    places = numpy.concatenate([ordered.places(i) for i in range(len(ordered))])
    assert sorted(places[:50]) == list(range(50)) and places[:50].tolist() != list(range(50))


def test_truncated_shards_are_refused(folder):
    tokens = loader()
    _, shards = packed(folder)
    for name, said in (("tokens-00000.bin", "ids is truncated"), ("tokens-00001.idx", "index of token shards is truncated")):
        path = shards / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-2])
        try:
            tokens.PackedBatches(shards)
            raise AssertionError(f"took a truncated {name}")
        except ValueError as problem:
            assert said in str(problem), problem
        path.write_bytes(whole)
    tokens.PackedBatches(shards)


def test_the_loader_gives_each_block_once_and_goes_on_where_it_was(folder):
    import numpy
    TokenBatches = loader().TokenBatches
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
    TokenBatches = loader().TokenBatches
    pond(folder)
    batches = TokenBatches(export(folder, "shards", GOLDEN / "gpt2.json"), 128, 4, seed=3)
    wanted = [batch.tolist() for batch in batches]
    for workers in (0, 2, 3):
        given = [batch.tolist() for batch in DataLoader(batches, batch_size=None, num_workers=workers)]
        assert given == wanted, workers


def test_a_torch_stream_stops_at_four_workers_and_goes_on_with_three(folder):
    try:
        from torch.utils.data import DataLoader
    except ImportError as problem:
        raise Missing(f"torch: {problem}")
    tokens = loader()
    source = (ROOT / "python/millpond/torch.py").read_text().replace("from .tokens", "from tokens")
    module = types.ModuleType("stream")
    sys.modules["stream"] = module
    exec(source, module.__dict__)
    pond(folder)
    shards = export(folder, "shards", GOLDEN / "gpt2.json")
    batches = tokens.TokenBatches(shards, 128, 4, seed=3)
    wanted = [batch.tolist() for batch in batches]
    given = []
    for batch in DataLoader(module.Stream(batches), batch_size=None, num_workers=4):
        given.append(batch.tolist())
        if len(given) == 7:
            break
    later = tokens.TokenBatches(shards, 128, 4, seed=3)
    later.load_state_dict(json.loads(json.dumps(batches.state_dict(7))))
    given += [batch.tolist() for batch in DataLoader(module.Stream(later), batch_size=None, num_workers=3)]
    assert given == wanted and len(wanted) > 14


def test_megatron_reads_packed_blocks(folder):
    try:
        from megatron.core.datasets.indexed_dataset import IndexedDataset
    except ImportError as problem:
        raise Missing(f"megatron-core and torch: {problem}")
    _, shards = packed(folder)
    mine = loader().PackedBatches(shards, shuffle=False)
    data = IndexedDataset(str(shards / "tokens-00000"))
    ends = list(data.document_indices)
    assert len(ends) > 10
    for block, (first, last) in enumerate(zip(ends, ends[1:])):
        assert [data[i].tolist() for i in range(first, last)] == [piece.tolist() for piece in mine.pieces(block)]


if __name__ == "__main__":
    if TRAINING.exists() and Path(sys.prefix) != TRAINING.parents[1]:
        os.execv(TRAINING, [str(TRAINING), *sys.argv])
    sys.exit(run_cases(cases_of(sys.modules[__name__])))
