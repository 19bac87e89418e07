"""Small changes in a large folder: 20,000 small files, the default flow with the model.

  nothing changed: the build's wall time; one file changed: its wall time, and that only its rows were made again;
  one option of `chunk` changed (on 1,000 files): `extract` is not run again. The counts are those that the builds record.
Repeats: 5, medians; the first build is the warm-up, so the file cache is warm.
"""

import re
import shutil
import time

import material
import measure
from measure import Pond, Result, median, say


def made_again(tables):
    """Rows that each step made in a build, by table."""
    return {name: (t["rows_in"], t["rows_out"], t["rows_reused"], t["rows_deleted"]) for name, t in tables.items()}


def let_settle(pond):
    """A file that changed in the seconds before a build is read again by the next one, in case it changed once more; that is over then."""
    time.sleep(3)
    pond.build()


def one_changed(pond, folder, repeats):
    """Wall times, and whether each build read one row, and made the rows of one file, in each table."""
    files = sorted(p for p in folder.rglob("*.txt"))
    seconds, counts, only = [], {}, True
    for i in range(repeats):
        path = files[len(files) * (i + 1) // (repeats + 1)]
        path.write_text(path.read_text() + f"\nThe miller added line number {i} to this note.\n")
        process, tables = pond.build()
        seconds.append(process.seconds)
        counts = made_again(tables)
        documents, chunks = counts.get("documents", (0,) * 4), counts.get("chunks", (0,) * 4)
        only = only and documents[:2] == (1, 1) and chunks[0] == 1 and 1 <= chunks[1] <= 3
        found = pond.call("--json", "search", f"miller added line number {i}", "--by", "words").json()["hits"]
        only = only and any(f"line number {i}" in hit["text"] for hit in found)
    return seconds, counts, only


def option_changed(files):
    folder = material.small_files(measure.scratch("option-files"), files)
    pond = Pond(measure.WORK / "option-pond", measure.without_model)
    pond.add(folder)
    pond.build()
    let_settle(pond)
    flow = pond.folder / "pond.yaml"
    text = flow.read_text()
    now = re.search(r"tokens_max: (\d+)", text)[0]
    flow.write_text(text.replace(now, "tokens_max: 200"))
    process, tables = pond.build()
    counts = made_again(tables)
    recorded = pond.call("--json", "runs").json()["runs"]
    last = {run["table"]: run["rows_in"] for run in recorded if run["run"] == process.json()["run"]}
    extracted = counts.get("documents", (0,) * 4)[0] + last.get("documents", 0)
    chunked = counts.get("chunks", (0,) * 4)[0]
    return Result("an option of chunk changed: documents extracted", extracted, "rows", 0,
                  note=f"{chunked} of {files} documents chunked again, in {process.seconds:.2f} s") if chunked == files else Result(
        "an option of chunk changed: documents chunked", chunked, "rows", files, False)


def main():
    options = measure.arguments(__doc__, files=(20000, "how many"))
    count = 300 if options.quick else options.files
    folder = material.small_files(measure.scratch("many-files"), count)
    pond = Pond(measure.WORK / "many-pond")
    pond.add(folder)
    say(f"building {count} files, with the model")
    first, tables = pond.build()
    say(f"  {first.seconds:.1f} s; {pond.rows('documents')} documents, {pond.rows('chunks')} chunks")
    let_settle(pond)
    unchanged = [pond.build() for _ in range(5)]
    silent = all(not any(sum(c) for c in made_again(tables).values()) for _, tables in unchanged)
    seconds, counts, only = one_changed(pond, folder, 5)
    results = [
        Result(f"{count:,} files, nothing changed", median(p.seconds for p, _ in unchanged), "s", 1,
               note=f"no row read or made: {'yes' if silent else 'NO'}; the first build took {first.seconds:.1f} s"),
        Result(f"one file of {count:,} changed", median(seconds), "s", 2,
               note="in, out, reused, deleted: " + "; ".join(f"{name} {c}" for name, c in counts.items())),
        Result("one file changed: only its rows made again, found", float(only), "", 1, False),
        option_changed(100 if options.quick else 1000),
    ]
    measure.finish(options, results)
    for name in ("many-files", "many-pond", "option-files", "option-pond"):
        shutil.rmtree(measure.WORK / name)


if __name__ == "__main__":
    main()
