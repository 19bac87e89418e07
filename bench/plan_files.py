"""Planning a table of 1,000,000 data files with a filter: which of them may hold rows for which it is true.

The manifests are written by millpond, 10,000 files a commit; the files themselves are not made, as no plan looks into them.
Once with a partition a day (1,000 days), where whole manifests are left out; once without partitions, where the bounds of every
file are looked at. A new process each: opening the pond, metadata, manifest list, manifests. PyIceberg plans the same tables.
Checked: both find the same number of files. --threads of millpond; CPU seconds are of the whole process.
"""

import re
import shutil

import measure
from measure import PEERS, Result, arguments, finish, median, run, say, scratch

PLANS = (("day", "day = '1971-05-16'", "partition"), ("none", "id between 700000000 and 700000999", "bounds"))


def main():
    options = arguments(__doc__, files=(1_000_000, "in the table"), runs=(5, "of ours"), threads=(2, "of millpond"))
    files, runs = (20_000, 2) if options.quick else (options.files, options.runs)
    folder, tool, python = scratch("plan_files"), measure.tool("bench_pond_plan"), PEERS / "tables/bin/python"
    results, skipped = [], []
    if not python.exists():
        skipped.append("PyIceberg: run bench/peers/install.sh tables")
    for kind, condition, what in PLANS:
        if options.quick:
            condition = condition.replace("700000", "7000").replace("1971-05-16", "1970-01-11")
        say(f"{what}: a table of {files} files")
        run([tool, "make", folder / kind, files, kind])
        seconds, cpu, memory = [], [], []
        for _ in range(runs):
            process = run([tool, "plan", folder / kind, condition, options.threads])
            found = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", process.out.splitlines()[0])}
            seconds.append(found["seconds"])
            cpu.append(found["cpu_seconds"])
            memory.append(process.peak_rss_mb)
        peer = None
        if python.exists() and not options.no_peers:
            say("PyIceberg")
            peer = run([python, measure.ROOT / "bench/peers/plan_files.py", folder / kind, condition]).json()
            if peer["files"] != found["files"]:
                raise SystemExit(f"PyIceberg finds {peer['files']} files, millpond {found['files']:.0f}")
        results.append(Result(f"plan {files} files, filter on {what}", median(seconds), "s", 1.0,
                              peer=peer and peer["seconds"], peer_name="PyIceberg",
                              note=f"{median(cpu):.3f} s of CPU, {max(memory):.0f} MB at most, {found['files']:.0f} files found, "
                                   f"{found['manifests']:.0f} manifests read"))
        shutil.rmtree(folder / kind)
    finish(options, results, skipped)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
