"""Compaction of 1,000,000 rows (about 600 bytes: text, vector, ids) of which 30 % are deleted: memory, time, and what stays.

A table of version 3 in 20 files with deletion vectors. The peak is the resident memory of the whole process. Checked before
and after: every row's `_row`, `_row_id`, id and text, in the same order; and that no deleted rows are left in the files.
"""

import re
import shutil

import measure
from measure import Result, arguments, finish, run, say, scratch


def main():
    options = arguments(__doc__, rows=(1_000_000, "before the deletes"))
    rows = 20_000 if options.quick else options.rows
    folder, tool = scratch("compact"), measure.tool("bench_pond_compact")
    say(f"a table of {rows} rows")
    run([tool, "make", folder / "pond", rows])

    def checked():
        return {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", run([tool, "check", folder / "pond", rows]).out)}

    before = checked()
    say("compacting")
    process = run([tool, "compact", folder / "pond", rows])
    after = checked()
    took = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", process.out)}
    same = before["sum"] == after["sum"] and before["rows"] == after["rows"] == rows - -(-rows // 10) * 3
    finish(options, [
        Result(f"compaction of {rows} rows, 30 % deleted, peak", process.peak_rss_mb, "MB", 512,
               note=f"{took['seconds']:.1f} s, {took['cpu_seconds']:.1f} s of CPU, {took['before']:.0f} files into {took['after']:.0f}"),
        Result("  rows whose ids, order and text are kept", float(same), "", 1, False),
        Result("  deleted rows left in the files", after["deleted"], "", 0, note=f"before: {before['deleted']}"),
    ])
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
