"""1 GB of plain text under --memory 512MB: does the build hold, and what is its peak?

Four files of 60 MB and the rest in files of 1 MB; the flow without the embed step. The peak is that of the kernel (wait4), in MB of
resident memory of the largest process; private memory of the whole process tree is sampled beside it. One run; no warm-up.
"""

import shutil

import material
import measure
from measure import Pond, Result


def main():
    options = measure.arguments(__doc__, size_mb=(1000, "input"))
    size_mb, large_mb = (40, 4) if options.quick else (options.size_mb, 60)
    folder = material.large_text(measure.document_folders(), size_mb, large_mb)
    files = sum(1 for _ in folder.iterdir())
    pond = Pond(measure.WORK / "memory-pond", measure.without_model)
    pond.add(folder)
    process, _ = pond.build("--memory", "512MB", watch=True)
    rejects = pond.call("--json", "rejects").json()["total"]
    results = [
        Result(f"{size_mb} MB of text under --memory 512MB, peak", process.peak_rss_mb, "MB", 512,
               note=f"{files} files in {process.seconds:.1f} s, {pond.rows('chunks')} chunks; private memory of the tree {process.peak_private_mb:.0f} MB"),
        Result("  documents missing or rejected", files - pond.rows("documents") + rejects, "rows", 0),
    ]
    measure.finish(options, results)
    shutil.rmtree(pond.folder)


if __name__ == "__main__":
    main()
