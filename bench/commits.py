"""Commits of 1,000 rows (0.22 MB): how many a second, and whether the rate stays as snapshots grow.

millpond fsyncs every file and folder of a commit; PyIceberg and Delta Lake do not, and are measured as they come.
The same rows for everybody. 10,000 commits of ours, --peer-commits of theirs, one thread; no warm-up: the first tenth is shown.
Checked: PyIceberg reads as many rows from our table as were committed.
"""

import os
import re
import shutil
import time

import measure
from measure import PEERS, Result, run, say


def bare_files(folder, count, size_bytes):
    """Files written and fsynced one after another, with nothing else: the disk's own first and last tenth, a second."""
    folder.mkdir()
    content, times = os.urandom(size_bytes), []
    for i in range(count):
        began = time.perf_counter()
        file = os.open(folder / f"{i}", os.O_CREAT | os.O_WRONLY)
        os.write(file, content)
        os.fsync(file)
        os.close(file)
        times.append(time.perf_counter() - began)
    tenth = max(1, count // 10)
    return tenth / sum(times[:tenth]), tenth / sum(times[-tenth:])


def main():
    options = measure.arguments(__doc__, commits=(10_000, "of millpond"), peer_commits=(200, "of each peer"))
    commits, peer_commits = (20, 5) if options.quick else (options.commits, options.peer_commits)
    folder, python, skipped = measure.scratch("commits"), PEERS / "tables/bin/python", []
    say(f"millpond: {commits} commits")
    out = run([measure.tool("bench_pond_commit"), folder / "pond", commits]).out
    ours = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", out)}
    peers, read = {}, None
    if not python.exists():
        skipped.append("peers and the check: run bench/peers/install.sh tables")
    else:
        worker = [python, measure.ROOT / "bench" / "peers" / "commits.py"]
        read = run([*worker, "read", folder / "pond"]).json()["rows"]
        for name in () if options.no_peers else ("pyiceberg", "deltalake"):
            say(f"{name}: {peer_commits} commits")
            peers[name] = run([*worker, name, folder / name, str(peer_commits)]).json()
    say(f"bare files: {commits}")
    size_bytes = sum(each.stat().st_size for each in (folder / "pond").rglob("*.parquet")) // commits
    bare = bare_files(folder / "bare", commits, size_bytes)
    best = max(peers, key=lambda name: peers[name]["commits_per_s"], default="")
    results = [
        Result(f"commits of 1,000 rows, mean of {commits}", ours["commits_per_s"], "/s", 100, False, peers.get(best, {}).get("commits_per_s"), best,
               f"median {ours['median_ms']:.1f} ms, p99 {ours['p99_ms']:.1f} ms; " + ", ".join(
                   f"{n} {p['commits_per_s']:.1f}/s (first tenth {p['first_tenth']:.1f}, last {p['last_tenth']:.1f})" for n, p in peers.items())),
        Result("  rate of the last tenth to that of the first", ours["last_tenth"] / ours["first_tenth"], "", 0.9, False,
               note=f"first {ours['first_tenth']:.1f}/s, last {ours['last_tenth']:.1f}/s; "
                    f"bare files of {size_bytes // 1000} kB, fsynced: first {bare[0]:.0f}/s, last {bare[1]:.0f}/s"),
    ]
    if read is not None:
        results.append(Result("  rows that PyIceberg reads, of those committed", read / (commits * 1000), "", 1, False))
    measure.finish(options, results, skipped)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
