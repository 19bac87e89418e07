"""One very long document, from JSON lines to shards: memory in times its size, and CPU seconds that grow as it does.

A document is made of the families of the collection `curation` under $MILLPOND_DATA, or else of Debian's manuals, again and
again under other permutations of the letters, with a short text before and after it. It is read, measured (Gopher,
FineWeb), cleaned by lines (C4), signed in both forms, deduplicated and exported, with 16 and 64 MB of text; --huge-mb 1000
does it with a gigabyte, which takes a quarter of an hour and 6 GB of memory. Checked: at the default limits a document that
is too long is rejected with the option that takes it, and its neighbours are there.

Measured: memory that the process wrote and that is its own, sampled. 40 MB are the program's.
"""

import json
import random
import shutil
import string

import measure
from dedup_memory import texts
from measure import Pond, Result, say

FLOW = """sources: [{{files: {file}}}]
tables:
  limited: {{from: sources, keep: [uri], steps: [{{read_records: {{record_mb_max: 8}}}}]}}
  texts: {{from: sources, keep: [uri], steps: [{{read_records: {{record_mb_max: 2047}}}}]}}
  gopher: {{from: texts, keep: [id], steps: [{{gopher_signals: {{text_mb_max: 2047}}}}]}}
  fineweb: {{from: texts, keep: [id], steps: [{{fineweb_signals: {{text_mb_max: 2047}}}}]}}
  lines: {{from: texts, keep: [id, text], steps: [c4_quality]}}
  signed: {{from: texts, keep: [id, text], steps: [minhash]}}
  near: {{from: signed, keep: [id, text, minhash], fold: {{dedup_minhash: {{}}}}}}
  exact: {{from: texts, keep: [id, text], fold: {{dedup_exact: {{}}}}}}
"""
STEPS = {"texts": "read", "gopher": "Gopher's signals", "fineweb": "FineWeb's signals", "lines": "C4's lines",
         "signed": "MinHash", "near": "near-duplicates", "exact": "equal texts", "jsonl": "JSON lines", "parquet": "Parquet"}
TIMES_MAX = 5  # of the text
PROGRAM_MB = 40


def write_document(path, size_mb):
    documents, made, chance = [text for _, text in texts()], 0, random.Random(7)
    short = '{"id": "%s", "text": "A short text of some words that is to be kept, whatever stands beside it."}\n'
    with open(path, "w") as file:
        file.write(short % "before" + '{"id": "giant", "text": "')
        number = 0
        while made < size_mb * 1e6:
            letters = list(string.ascii_lowercase)
            if number:
                chance.shuffle(letters)
            number += 1
            letters = str.maketrans(string.ascii_lowercase, "".join(letters))
            for text in documents:
                text = text.translate(letters) + "\n\n"
                made += len(text.encode())
                file.write(json.dumps(text, ensure_ascii=False)[1:-1])
                if made >= size_mb * 1e6:
                    break
        file.write('"}\n' + short % "after")
    return made / 1e6


def measured(folder, size_mb):
    """MB and CPU seconds of each step."""
    file = folder / f"giant-{size_mb:.0f}.jsonl"
    text_mb = write_document(file, size_mb)
    pond = Pond(folder / f"pond-{size_mb:.0f}", lambda flow: flow.write_text(FLOW.format(file=file)))
    if size_mb > 8:
        refused = pond.call("--json", "build", "--only", "limited", check=False)
        reason = pond.call("rejects", check=False).out
        if pond.rows("limited") != 2 or "record_mb_max" not in reason:
            raise SystemExit(f"the document was not rejected by name: {refused.out} {reason}")
    found = {}
    for step in STEPS:
        words = ["export", "exact", str(folder / f"out-{size_mb:.0f}.{step}")] if step in ("jsonl", "parquet") else ["build", "--only", step]
        process = pond.call("--memory", "512MB", "--threads", "2", *words, watch=True)
        say(f"  {size_mb:.0f} MB, {STEPS[step]}: {process.peak_written_mb:.0f} MB, {process.cpu_seconds:.1f} CPU-s")
        found[step] = (process.peak_written_mb, process.cpu_seconds)
        if step in ("texts", "gopher", "fineweb", "signed") and pond.rows(step) != 3:
            raise SystemExit(f"{step} has {pond.rows(step)} rows")
    file.unlink()
    return text_mb, found


def main():
    options = measure.arguments(__doc__, huge_mb=(0, "also a document of so many MB, such as 1000"))
    folder = measure.scratch("giant-document")
    sizes = [2, 8] if options.quick else [16, 64] + [options.huge_mb] * (options.huge_mb > 0)
    found = {size: measured(folder, size) for size in sizes}
    (small_mb, small), (large_mb, large) = found[sizes[-2]], found[sizes[-1]]
    results = []
    for step, what in STEPS.items():
        slower = large[step][1] / large_mb / (small[step][1] / small_mb)
        results.append(Result(f"{what}: a document of {large_mb:.0f} MB, memory", (large[step][0] - PROGRAM_MB) * 1.048576 / large_mb,
                              "x text", None if options.quick else TIMES_MAX,
                              note=f"{large_mb / large[step][1]:.0f} MB/CPU-s, {slower:.2f} times as much a MB as of {small_mb:.0f} MB"))
    measure.finish(options, results)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
