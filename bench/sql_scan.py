"""Filter and sum over 4,000,000 rows: a snapshot of a pond against the bare Parquet files, by the same DuckDB library.

Whole processes of `millpond sql`, in turn: once the table's name, once read_parquet over the same files; so the difference is what
a snapshot costs (catalog, manifests, columns by field id). After that with a hundredth of the rows deleted, against the same
bare files filtered by hand. Median of --runs. Checked: both give the same result, before and after the deletes.
"""

import glob
import json
import shutil

import measure
from measure import Pond, Result, median, say

SUM = "select count(*) as n, sum(amount) as s, min(note) as m from {} where k between 10 and 400 and amount > 5000"


def shown(times):
    return f"{times[0] * 1000:.0f} ms ({times[1] * 1000:.0f} ms of CPU)"


def main():
    options = measure.arguments(__doc__, runs=(7, "of each query"), rows=(4_000_000, "of the table"))
    rows, runs = (100_000, 2) if options.quick else (options.rows, options.runs)
    folder = measure.scratch("sql_scan")
    pond = Pond(folder / "pond")

    def query(source, extra=""):
        process = pond.call("sql", "--format", "json", SUM.format(source) + extra)
        return process, json.loads(process.out)

    say(f"writing {rows} rows")
    pond.call("sql", "--write", f"create table t as select i as id, (i * 7919) % 1000 as k, i * 31 % 10007 as amount, "
                                f"'note ' || (i % 5003) as note from range({rows}) r(i)")
    files = sorted(glob.glob(f"{folder}/pond/.pond/tables/t/data/*.parquet"))
    bare = f"read_parquet({files})"

    def race(left, right, extra_right=""):
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(query(left))
            theirs.append(query(right, extra_right))
        if any(result != theirs[0][1] for _, result in ours + theirs):
            raise SystemExit(f"the results differ: {ours[0][1]} and {theirs[0][1]}")
        return [(median([process.seconds for process, _ in side]), median([process.cpu_seconds for process, _ in side]))
                for side in (ours, theirs)]

    snapshot, files_only = race("t", bare)
    say("deleting a hundredth")
    pond.call("sql", "--write", "delete from t where id % 100 = 7")
    deleted, by_hand = race("t", bare, " and id % 100 <> 7")
    results = [
        Result(f"filter + sum, {rows} rows, to bare files", snapshot[0] / files_only[0], "x", 1.1,
               note=f"{shown(snapshot)}, bare files {shown(files_only)}, whole process each"),
        Result("  with 1 % of the rows deleted", deleted[0] / by_hand[0], "x", None,
               note=f"{shown(deleted)}, bare files with the same filter by hand {shown(by_hand)}"),
    ]
    measure.finish(options, results, [])
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
