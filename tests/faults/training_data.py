"""Training data out of corpora that are broken or huge: what is wrong is named and the rest goes on; the same corpus gives the same
bytes, whatever the threads, the memory and the kills in between; signatures of different forms are refused; a step that matches nothing,
or everything, is named.

Beside these: folds.py kills and fills the disk at each call of folds that spill, kill9.py and inject.py do so at builds.
"""
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import time

TOKENIZER = {"model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0, "</s>": 1, "the": 2, "mill": 3}},
             "pre_tokenizer": {"type": "Whitespace"}}
FLOW = """sources: [{files: corpus/a.jsonl, name: a}, {files: corpus/b.jsonl.gz, name: b}, {files: corpus/huge, name: huge}]
tables:
  texts: {from: sources, keep: [uri, source], steps: [read_records]}
  signed: {from: texts, keep: [id, text, source], steps: [minhash], fold: {dedup_minhash: {}}}
  mixed: {from: signed, keep: [id, text, source], fold: {mix: {weights: ["a=0.5", "b=0.5"], epochs_max: 2}}}
"""
EXPORTS = {"jsonl": "f.jsonl", "csv": "f.csv", "parquet": "f.parquet", "arrow": "f.arrow", "webdataset": "wds", "mds": "mds",
           "tokens": "tokens", "packed": "packed"}


class Corpus:
    def __init__(self, place, name, flow=FLOW, rows=400, folder=None):
        self.binary, self.folder = place.binary, folder or place.new_folder(name)
        os.makedirs(self.path("corpus/huge"))
        rng = random.Random(7)
        words = ["the", "mill", "river", "wheel", "grain", "bread", "stone", "flour", "house", "road", "miller", "weir"]
        texts = [" ".join(rng.choice(words) for _ in range(rng.randrange(5, 120))) for _ in range(rows)]
        texts += [text.replace("mill", "Mill", 1) for text in texts[::9]]
        lines = [json.dumps({"id": f"r{i}", "text": text}) + "\n" for i, text in enumerate(texts)]
        with open(self.path("corpus/a.jsonl"), "w") as file:
            file.writelines(lines[::2])
        with open(self.path("corpus/b.jsonl.gz"), "wb") as file:
            file.write(gzip.compress("".join(lines[1::2]).encode(), mtime=0))
        with open(self.path("tokenizer.json"), "w") as file:
            json.dump(TOKENIZER, file)
        self.run("init")
        with open(self.path("pond.yaml"), "w") as file:
            file.write(flow)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words):
        return subprocess.run([self.binary, *words], cwd=self.folder, capture_output=True, text=True)

    def rows(self, table, columns):
        """Columns of a table's rows, by an export: it needs no SQL."""
        name = f"{table}-{time.monotonic_ns()}.jsonl"
        done = self.run("export", table, name, "--columns", columns)
        if done.returncode != 0:
            return [done.stderr]
        with open(self.path(name)) as file:
            return [json.loads(line) for line in file]

    def export_words(self, name, target):
        words = ["export", "mixed", target, "--format", "tokens" if name == "packed" else name]
        columns = {"tokens": "text", "packed": "text", "mds": "id,text,copy,_row"}.get(name)
        words += ["--columns", columns] if columns else []
        more = {"tokens": "tokenizer=tokenizer.json,shard_tokens=3000", "packed": "tokenizer=tokenizer.json,pack=256",
                "mds": "shard_bytes=20000"}.get(name)
        return words + (["--set", more] if more else [])


def content(path):
    """Every byte of a file, or of the files of a folder."""
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return {"": file.read()}
    return {name: content(os.path.join(path, name))[""] for name in sorted(os.listdir(path))} if os.path.isdir(path) else {}


def prove_same_bytes(place, checks):
    runs, folder = [], place.new_folder("twice")
    for threads, memory in (("1", "1GB"), ("4", "64MB")):
        corpus = Corpus(place, "twice", folder=folder)  # a row's identity has its file's path in it
        built = corpus.run("--threads", threads, "--memory", memory, "build")
        checks.that(built.returncode == 0, f"a build with {threads} threads: {built.stderr}")
        for name, target in EXPORTS.items():
            done = corpus.run("--threads", threads, *corpus.export_words(name, target))
            checks.that(done.returncode == 0, f"export {name}: {done.stderr}")
        runs.append({name: content(corpus.path(target)) for name, target in EXPORTS.items()})
        shutil.rmtree(corpus.folder)
    for name in EXPORTS:
        same = runs[0][name] == runs[1][name]
        checks.that(same and any(runs[0][name].values()), f"{name}: another run gives other bytes")


def prove_broken_shards(place, checks):
    corpus = Corpus(place, "broken", FLOW.split("  signed:")[0])
    whole = len(corpus.rows("texts", "id")) if corpus.run("build").returncode == 0 else 0
    with open(corpus.path("corpus/b.jsonl.gz"), "rb") as file:
        packed = file.read()
    with open(corpus.path("corpus/b.jsonl.gz"), "wb") as file:
        file.write(packed[: len(packed) * 2 // 3])
    with open(corpus.path("corpus/a.jsonl"), "ab") as file:
        file.write(b'{"id": "bad", "text": "caf\xe9"}\n{"id": "good", "text": "after it"}\n')
    built = corpus.run("build")
    checks.that(built.returncode == 0, f"a build over broken shards ends well: {built.stderr}")
    ids = {row["id"] for row in corpus.rows("texts", "id")}
    checks.that("good" in ids and "bad" not in ids, "the line after one that is not UTF-8 is there")
    checks.that(whole // 2 < len(ids) < whole, f"what came before the cut is there: {len(ids)} of {whole}")
    rejects = json.dumps(corpus.rows("rejects", "reason,uri"))
    checks.that("line 221" in rejects or "UTF-8" in rejects, f"the line is named: {rejects}")
    checks.that("b.jsonl.gz" in rejects, f"the truncated file is named: {rejects}")


def prove_huge_document(place, checks, size_mb):
    corpus = Corpus(place, "huge", FLOW.split("  mixed:")[0], rows=3)
    sentence = "the wheel of the mill turns and the grain is ground in the house by the road number "
    count = (size_mb << 20) // (len(sentence) + 8)
    with open(corpus.path("corpus/huge/huge.jsonl"), "w") as file:
        file.write('{"id": "huge", "text": "')
        file.writelines(f"{sentence}{i:07} " for i in range(count))
        file.write('"}\n{"id": "next", "text": "a text after it"}\n')
    refused = corpus.run("build")
    ids = {row["id"] for row in corpus.rows("texts", "id")}
    checks.that(refused.returncode == 0 and "next" in ids, f"a record beyond the limit does no harm: {refused.stderr}")
    checks.that(("huge" in ids) == (size_mb <= 64), f"the limit of a record holds: {sorted(ids)}")
    why = json.dumps(corpus.rows("rejects", "reason,uri"))
    checks.that("huge.jsonl" in why and "line 1" in why and "64 MiB" in why and "record_mb_max" in why,
                f"the file, the line, the limit and its option are named: {why}")
    with open(corpus.path("pond.yaml"), "w") as file:
        file.write(FLOW.split("  mixed:")[0].replace("read_records]", "{read_records: {record_mb_max: 1024}}]"))
    built = corpus.run("build")
    checks.that(built.returncode == 0, f"a document of {size_mb} MB: {built.stderr}")
    done = corpus.run("export", "signed", "packed", "--format", "tokens", "--columns", "text", "--set",
                      "tokenizer=tokenizer.json,pack=1024")
    checks.that(done.returncode == 0, f"its tokens: {done.stderr}")
    with open(corpus.path("packed/tokens.json")) as file:
        tokens = json.load(file)["tokens"]
    checks.that(tokens > 18 * count, f"all its words are tokens: {tokens}")


def prove_silence_is_named(place, checks):
    """A filter whose threshold nothing meets, or that an upstream column's unit makes meet everything, comes out loud."""
    flow = FLOW.split("  signed:")[0] + (
        "  measured: {from: texts, keep: [id, text], steps: [gopher_signals]}\n"
        "  none_dropped: {from: measured, keep: [id], steps: [{gopher_quality: {words_min: 1, words_max: 0, word_chars_min: 0, "
        "word_chars_max: 0, stop_words_min: 0, letter_words_min: 0}}]}\n"
        "  all_dropped: {from: measured, keep: [id], steps: [{gopher_quality: {words_min: 1000000}}]}\n"
        "  nothing_twice: {from: all_dropped, keep: [id], fold: {dedup_exact: {by: [id]}}}\n")
    corpus = Corpus(place, "silence", flow, rows=60)
    built = corpus.run("build")
    said = built.stdout + built.stderr
    checks.that(built.returncode == 0, f"a build whose filters match nothing: {said}")
    checks.that("dropped in none_dropped: nothing at all" in said, f"a filter that drops nothing is named: {said}")
    checks.that("all_dropped is empty: every row was dropped" in said, f"a filter that drops everything is named: {said}")
    checks.that(corpus.rows("none_dropped", "id") != [] and corpus.rows("all_dropped", "id") == [], "both did what was said")


def prove_other_signatures_refused(place, checks):
    flow = FLOW.split("  signed:")[0] + (
        "  one: {from: texts, keep: [id, text], steps: [{minhash: {bands: 14}}]}\n"
        "  two: {from: texts, keep: [id, text], steps: [{minhash: {bands: 10}}]}\n"
        '  all_of_them: {sql: "select id, text, minhash from one union all select id, text, minhash from two"}\n'
        "  kept: {from: all_of_them, keep: [id, text, minhash], fold: {dedup_minhash: {}}}\n")
    corpus = Corpus(place, "signatures", flow, rows=20)
    built = corpus.run("build")
    if "not installed" in built.stderr:
        return checks.skip("signatures of different forms", "DuckDB is not installed")
    checks.that(built.returncode != 0 and "signatures of different forms cannot be compared" in built.stderr,
                f"signatures made with other options are refused: {built.stderr}")


def prove_killed_exports(place, checks, rounds):
    corpus = Corpus(place, "killed", rows=4000)
    corpus.run("build")
    rng = random.Random(11)
    for name in ("mds", "tokens", "packed", "webdataset", "parquet"):
        began = time.monotonic()
        corpus.run(*corpus.export_words(name, f"whole-{name}"))
        took = time.monotonic() - began
        for i in range(rounds):
            target = f"{name}-{i}"
            child = subprocess.Popen([corpus.binary, *corpus.export_words(name, target)], cwd=corpus.folder,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0.1, 1.0) * took)
            child.send_signal(signal.SIGKILL)
            child.wait()
            found = content(corpus.path(target))
            checks.that(found in ({}, content(corpus.path(f"whole-{name}"))), f"{name}: a killed export is whole or not there")
            if found:
                continue
            again = corpus.run(*corpus.export_words(name, target))
            same = content(corpus.path(target)) == content(corpus.path(f"whole-{name}"))
            checks.that(again.returncode == 0 and same, f"{name}: after a kill it gives the same bytes: {again.stderr}")


def run(place, checks, quick):
    prove_same_bytes(place, checks)
    prove_broken_shards(place, checks)
    prove_silence_is_named(place, checks)
    prove_other_signatures_refused(place, checks)
    prove_huge_document(place, checks, 65 if quick else 256)
    prove_killed_exports(place, checks, 1 if quick else 8)
