"""100 random rows out of 4,000,000, all five columns: by place, by a number, and by a row's 128-bit id.

In a process that has read such rows before (the median of --runs), as a server would; each time other rows. Lance gets the same
rows, takes them by place, and finds numbers by its B-tree index. Checked: every row is the one that was asked for.
"""

import re
import shutil

import measure
from measure import PEERS, Result, arguments, finish, run, say, scratch


def main():
    options = arguments(__doc__, rows=(4_000_000, "of the table"), runs=(50, "of 100 rows"))
    rows, runs = (100_000, 5) if options.quick else (options.rows, options.runs)
    folder, tool, python = scratch("random_rows"), measure.tool("bench_pond_rows"), PEERS / "tables/bin/python"
    say(f"millpond: {rows} rows")
    made = run([tool, "make", folder / "pond", rows]).out
    ours = {}
    for line in run([tool, "read", folder / "pond", rows, runs]).out.splitlines():
        name, rest = line.split(" ", 1)
        ours[name] = {key: float(value) for key, value in re.findall(r"(\w+) ([\d.]+)", rest)}
    peer, skipped = {}, []
    if not python.exists() or run([python, "-c", "import lance"], check=False).code:
        skipped.append("Lance: run bench/peers/install.sh tables")
    elif not options.no_peers:
        say("Lance")
        peer = run([python, measure.ROOT / "bench/peers/random_rows.py", folder / "lance", str(rows), str(runs)]).json()
    size = int(re.search(r"size_bytes (\d+)", made).group(1)) / 1e6
    note = f"table {size:.0f} MB" + (f", Lance's {peer['size_mb']:.0f} MB" if peer else "")
    results = []
    for name, what in (("place", "by place"), ("id", "by number"), ("_row", "by row id")):
        one = ours[name]
        results.append(Result(f"100 random rows of {rows}, {what}", one["median_ms"], "ms", 5, peer=peer.get(name),
                              peer_name="Lance",
                              note=f"best {one['best_ms']:.1f} ms, {one['cpu_ms']:.1f} ms of CPU, the first time {one['first_ms']:.0f} ms; {note}"))
    finish(options, results, skipped)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
