"""Clients of other projects on our tables, both ways: runs the tests of tests/conformance and counts them.

PyIceberg, Spark, DuckDB, Polars and Daft create, read, append, delete, update, evolve and travel in time, on tables of
version 2 and 3. --quick runs those of SQL only.
"""

import os
import re
import subprocess
import sys

import measure
from measure import Result, arguments, finish, say


def main():
    options = arguments(__doc__)
    python = measure.ROOT / ".deps/tests/bin/python"
    if not python.exists():
        finish(options, [], ["clients: run ./dev install --tests"])
        return
    results, missing = [], []
    env = {**os.environ, "MILLPOND": measure.MILLPOND, "MILLPOND_BUILD": os.path.dirname(measure.MILLPOND)}
    for folder in ["sql"] if options.quick else ["tables", "rest", "sql"]:
        say(f"tests/conformance/{folder}")
        script = measure.ROOT / "tests/conformance" / folder / "run.py"
        done = subprocess.run([python, script, measure.tool("pond_tool")], env=env, capture_output=True, text=True)
        say(done.stdout)
        count = re.search(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", done.stdout.strip())
        if not count:
            sys.exit(f"{script} did not count its tests: {done.stdout[-500:]}{done.stderr[-500:]}")
        passed, failed, skipped = (int(word or 0) for word in count.groups())
        failures = re.findall(r"^FAIL +(\w+)", done.stdout, re.M)
        results.append(Result(f"tests with other clients that fail: {folder}", failed, "", 0,
                              note=f"{passed} passed" + "".join(f", {name}" for name in failures)))
        missing += [f"{skipped} tests of {folder}: their client is not installed"] if skipped else []
    finish(options, results, missing)


if __name__ == "__main__":
    main()
