"""Deduplication of a corpus many times larger than --memory: what it takes, and that nothing is different.

Texts: the families of the collection `curation` under $MILLPOND_DATA, or else Debian's manuals; as many times as it
takes, each time under another permutation of the letters, so that the copies have nothing in common and the
near-duplicates within each are many. Read from JSON lines, signed, and then equal texts (dedup_exact), near-duplicates
(dedup_minhash), repeats of 100 bytes (dedup_spans), repeated lines (dedup_lines) and near vectors (dedup_semantic, of
a vector for each text that is made up by a query) are found under a small --memory and again under a large one: the
results must be the same. Measured: memory that the process wrote and that is its own, sampled; its code and that of
its libraries (40 MB, which the system may drop and read again) is not counted. The goal is --memory and 30 MB.
At the default size it takes half an hour on a quiet machine: each step is said as it ends, and --resume goes on after
the last one, with the corpus and the tables that are there.
"""

import gzip
import json
import random
import pathlib
import shutil
import string
import sys

import measure
from measure import Pond, Result, say

FLOW = """sources: [{{files: {folder}}}]
tables:
  texts: {{from: sources, keep: [uri], steps: [read_records]}}
  signed: {{from: texts, keep: [id, text], steps: [{{minhash: {{form: fast}}}}]}}
  near: {{from: signed, keep: [id, text, minhash], fold: {{dedup_minhash: {{}}}}}}
  spans: {{from: texts, keep: [id, text], fold: {{dedup_spans: {{bytes: 100}}}}}}
  lines: {{from: texts, keep: [id, text], fold: {{dedup_lines: {{}}}}}}
  exact: {{from: texts, keep: [id, text], fold: {{dedup_exact: {{normalise: true}}}}}}
  vectors:
    sql: >
      select id, list_transform(range({length}), i -> (sin((hash(id) % {directions})::int * (i * i + 1.0))
      + 0.1 * cos((hash(id) // 1000 % 1000)::int * 1.7 + i))::float) as embedding from texts
  meanings: {{from: vectors, keep: [id, embedding], fold: {{dedup_semantic: {{}}}}}}
"""
PROGRAM_MB = 30
FOLDED = {"exact": "equal texts", "near": "near-duplicates", "spans": "repeats of 100 bytes", "lines": "repeated lines",
          "meanings": "near vectors"}


def texts():
    if folder := measure.data_folder("curation"):
        for name in sorted(folder.glob("families-*.jsonl.gz")):
            for line in gzip.open(name, "rt"):
                document = json.loads(line)
                yield document["id"], document["text"]
        return
    for corpus in measure.document_folders():
        for path in sorted(corpus.rglob("*")):
            if path.suffix in (".txt", ".md", ".rst", ".html") and path.is_file():
                text = path.read_text("utf8", "replace")
                yield str(path.relative_to(corpus)), text
                yield f"{path.relative_to(corpus)}#2", text + "\nSeen again."


def corpus(folder, size_mb):
    documents, made, number = list(texts()), 0, 0
    chance = random.Random(7)
    while made < size_mb * 1e6:
        letters = list(string.ascii_lowercase)
        if number:
            chance.shuffle(letters)
        letters = str.maketrans(string.ascii_lowercase, "".join(letters))
        with open(folder / f"{number:04}.jsonl", "w") as file:
            for name, text in documents:
                line = json.dumps({"id": f"{number}-{name}", "text": text.translate(letters)}, ensure_ascii=False)
                made += file.write(line + "\n")
                if made >= size_mb * 1e6:
                    break
        number += 1
    return made / 1e6


class Progress:
    """What each step measured, kept in a file beside the ponds so that another run can go on."""

    def __init__(self, folder, inputs, resume):
        self.file = folder / "progress.json"
        known = json.loads(self.file.read_text()) if resume and self.file.exists() else {}
        if known and known["inputs"] != inputs:
            sys.exit(f"what lies there was made with other options: {known['inputs']}; leave --resume out to begin anew")
        self.steps = known.get("steps", {})
        self.inputs = inputs
        self.goes_on = bool(known)

    def step(self, name, work):
        if name not in self.steps:
            self.steps[name] = work()
            self.file.write_text(json.dumps({"inputs": self.inputs, "steps": self.steps}, indent=1))
            say(f"  {name}: {json.dumps(self.steps[name])}")
        return self.steps[name]


def build(pond, table, memory_mb, watch):
    process = pond.call("--memory", f"{memory_mb}MB", "--threads", "2", "build", "--only", table, watch=watch)
    content = "coalesce(cluster, -1)" if table == "meanings" else "md5(text)"
    query = f"select md5(string_agg(id || {content}, '' order by id)) from {table}"
    return {"rows": pond.rows(table), "peak_mb": round(process.peak_written_mb, 1), "cpu_s": round(process.cpu_seconds, 1),
            "digest": pond.call("sql", query, "--format", "csv").out.split()[-1] if table in FOLDED else ""}


def main():
    options = measure.arguments(__doc__, memory_mb=(128, "the budget"), times=(20, "how many times larger the corpus is"),
                                resume=(0, "1: go on where a run that was stopped ended"))
    memory_mb, times = options.memory_mb, 0.2 if options.quick else options.times
    folder = measure.WORK / "dedup-memory"
    resume = options.resume == 1 and folder.is_dir()
    if not resume:
        folder = measure.scratch("dedup-memory")
    progress = Progress(folder, {"memory_mb": memory_mb, "times": times}, resume)
    if not progress.goes_on:
        shutil.rmtree(folder / "corpus", ignore_errors=True)
        (folder / "corpus").mkdir(parents=True)
    size_mb = progress.step("corpus", lambda: corpus(folder / "corpus", memory_mb * times))
    results = []
    vector_bytes = memory_mb * 1e6 * times / 3  # all vectors together
    rows = progress.step("documents", lambda: sum(f.read_bytes().count(b"\n") for f in (folder / "corpus").iterdir()))
    length = max(8, min(1024, int(vector_bytes / 4 / rows)))
    flow = FLOW.format(folder=folder / "corpus", length=length, directions=max(10, rows // 4))
    for budget in (memory_mb, 2048):
        name = f"pond-{budget}"
        pond = progress.step(name, lambda: str(Pond(folder / name, lambda file: file.write_text(flow)).folder))
        pond = Pond.at(pathlib.Path(pond))
        for table, what in {"texts": "read", "signed": "sign", "vectors": "", **FOLDED}.items():
            made_by_query = table == "vectors"
            memory = 2048 if made_by_query else budget
            watch = budget == memory_mb and not made_by_query
            found = progress.step(f"{table} --memory {budget}MB", lambda: build(pond, table, memory, watch))
            small = progress.steps[f"{table} --memory {memory_mb}MB"]
            if (small["rows"], small["digest"]) != (found["rows"], found["digest"]):
                sys.exit(f"{table} is not the same with much memory as with little: see {folder}")
            if watch:
                results.append(Result(f"{what}: {size_mb:.0f} MB under --memory {memory_mb}MB, peak", found["peak_mb"], "MB",
                                      memory_mb + PROGRAM_MB,
                                      note=f"{found['rows']} rows, {size_mb / found['cpu_s']:.0f} MB/CPU-s"))
    results[-1].note += f"; vectors of {length}; rows and texts are those of --memory 2048MB"
    measure.finish(options, results)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
