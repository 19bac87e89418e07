"""The pipeline without embedding: MB of HTML and of plain text a second, two threads, whole processes.

Real documents multiplied, with words varied so that no two files are equal. A build extracts, chunks, indexes the words and commits.
Checked: each file has a document and passages. Repeats: 3 (fresh ponds), medians; a tenth of the input is built first as the warm-up.
"""

import shutil

import material
import measure
from measure import Pond, Result, median, say


def build(folder):
    pond = Pond(measure.WORK / "throughput-pond", measure.without_model)
    pond.add(folder)
    process, tables = pond.build("--threads", "2")
    files = sum(p.is_file() for p in folder.rglob("*"))
    if pond.rows("documents") != files:
        raise SystemExit(f"{pond.rows('documents')} documents of {files} files: {pond.call('rejects').out[:2000]}")
    say(f"  {files} files, {pond.rows('chunks')} chunks, {process.seconds:.1f} s, " +
        ", ".join(f"{name} {t['seconds']:.1f} s" for name, t in tables.items()))
    shutil.rmtree(pond.folder)
    return process, tables


def measured(documents, suffix, size_mb, repeats):
    build(material.multiplied(documents, suffix, max(1, size_mb // 10)))
    folder = material.multiplied(documents, suffix, size_mb)
    size = material.size_mb(folder)
    runs = [build(folder) for _ in range(repeats)]
    seconds = median(process.seconds for process, _ in runs)
    steps = ", ".join(f"{name} {size / median(t[name]['seconds'] for _, t in runs):.0f} MB/s" for name in runs[0][1] if runs[0][1][name]["seconds"])
    note = f"{size:.0f} MB in {seconds:.1f} s, {median(p.cpu_seconds for p, _ in runs):.1f} CPU s, peak {runs[0][0].peak_rss_mb:.0f} MB; {steps}"
    return Result(f"pipeline without embedding, {suffix[1:]}", size / seconds, "MB/s", 50, False, note=note)


def main():
    options = measure.arguments(__doc__, size_mb=(200, "input of each kind"))
    size_mb, repeats = (10, 1) if options.quick else (options.size_mb, 3)
    documents = measure.document_folders()
    measure.finish(options, [measured(documents, suffix, size_mb, repeats) for suffix in (".html", ".txt")], source=", ".join(map(str, documents)))


if __name__ == "__main__":
    main()
