"""Deduplication of a corpus many times larger than --memory: what it takes, and that nothing is different.

Texts: the families of the collection `curation` under $MILLPOND_DATA, or else Debian's manuals; as many times as it
takes, each time under another permutation of the letters, so that the copies have nothing in common and the
near-duplicates within each are many. Read from JSON lines, signed, and then near-duplicates (dedup_minhash) and repeats
of 100 bytes (dedup_spans) each under a small --memory and again under a large one: the results must be the same.
Measured: memory that belongs to the process alone, sampled (the program and its libraries are about 40 MB more, which
all its processes share).
"""

import gzip
import json
import random
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
"""


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


def main():
    options = measure.arguments(__doc__, memory_mb=(128, "the budget"), times=(20, "how many times larger the corpus is"))
    memory_mb, times = options.memory_mb, 0.2 if options.quick else options.times
    folder = measure.scratch("dedup-memory")
    (folder / "corpus").mkdir()
    size_mb = corpus(folder / "corpus", memory_mb * times)
    say(f"  {size_mb:.0f} MB of JSON lines")
    results, digests = [], {}
    for budget in (memory_mb, 2048):
        pond = Pond(folder / f"pond-{budget}", lambda flow: flow.write_text(FLOW.format(folder=folder / "corpus")))
        for table, what in (("texts", "read"), ("signed", "sign"), ("near", "near-duplicates"), ("spans", "repeats of 100 bytes")):
            process = pond.call("--memory", f"{budget}MB", "--threads", "2", "build", "--only", table, watch=budget == memory_mb)
            rows = pond.rows(table)
            query = f"select md5(string_agg(id || md5(text), '' order by id)) from {table}"
            digest = pond.call("sql", query, "--format", "csv").out.split()[-1] if table in ("near", "spans") else ""
            if budget == memory_mb:
                digests[table] = (rows, digest)
                results.append(Result(f"{what}: {size_mb:.0f} MB under --memory {memory_mb}MB, peak", process.peak_private_mb, "MB",
                                      memory_mb, note=f"{rows} rows, {size_mb / process.cpu_seconds:.0f} MB/CPU-s"))
            elif digests[table] != (rows, digest):
                sys.exit(f"{table} is not the same with much memory as with little: see {folder}")
    results[-1].note += "; rows and texts are those of --memory 2048MB"
    measure.finish(options, results)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
