"""Nothing lost, nothing doubled: a commit is hit by EIO, ENOSPC and kill -9 at each of its system calls in turn.

usage: faults.py POND_TOOL

After each fault the table must read, hold either the rows from before or those and the new ones, and take the next commit.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = ["write", "pwrite64", "fsync", "fdatasync", "openat", "close", "ftruncate"]
FAULTS = {"EIO": "error=EIO", "ENOSPC": "error=ENOSPC", "kill": "signal=SIGKILL"}
COUNT_MAX = 40  # of one kind of call; a commit makes fewer after its libraries are loaded


def run(tool, *words, strace=()):
    return subprocess.run([*strace, tool, *map(str, words)], capture_output=True, text=True)


def rows(tool, pond):
    done = run(tool, "rows", pond, "plain")
    assert done.returncode == 0, f"the table does not read: {done.stderr}"
    return sorted(json.loads(line)["id"] for line in done.stdout.split("\n") if line)


def calls_of(tool, pond, folder):
    """How many calls of each kind the main thread of a commit makes on files of the pond, and the number of the first."""
    log = folder / "strace.log"
    trace = ["strace", "-f", "-y", "-o", str(log), "-e", "trace=" + ",".join(CALLS)]
    done = run(tool, "append", pond, "plain", 1, 1, strace=trace)
    assert done.returncode == 0, done.stderr
    numbers = {call: [] for call in CALLS}
    seen, main = {}, None
    for line in log.read_text().split("\n"):
        found = re.match(r"(\d+)\s+(\w+)\((.*)", line)
        if not found or found.group(2) not in CALLS:
            continue
        thread, call = found.group(1), found.group(2)
        main = main or thread
        seen[thread, call] = seen.get((thread, call), 0) + 1
        if str(pond) in line and thread == main:
            numbers[call].append(seen[thread, call])
    return numbers


def main():
    tool = sys.argv[1]
    if not shutil.which("strace"):
        required = os.environ.get("MILLPOND_REQUIRE_ALL") == "1"
        print(f"{'FAIL' if required else 'skip'}: strace is not installed")
        sys.exit(1 if required else 0)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="millpond-faults-"))
    failed = passed = fired = 0
    try:
        pond = folder / ".pond"
        assert run(tool, "make", pond).returncode == 0
        numbers = calls_of(tool, pond, folder)
        next_id, known = 10_000, rows(tool, pond)
        for call in CALLS:
            for number in numbers[call][:COUNT_MAX]:
                for name, fault in FAULTS.items():
                    if name == "ENOSPC" and call not in ("write", "pwrite64", "openat"):
                        continue
                    ids = list(range(next_id, next_id + 5))
                    next_id += 5
                    inject = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}"]
                    done = run(tool, "append", pond, "plain", ids[0], len(ids), strace=inject)
                    what = f"{name} at {call} {number}"
                    try:
                        after = rows(tool, pond)
                        with_new = sorted(known + ids)
                        assert after in (known, with_new), f"{len(after)} rows, neither {len(known)} nor {len(with_new)}"
                        if done.returncode == 0:
                            assert after == with_new, "reported as done, but the rows are not there"
                        elif done.returncode == 1:
                            fired += 1
                            assert "pond_tool: " in done.stderr and ": " in done.stderr.split("pond_tool: ")[1], done.stderr
                            assert after == known or "outcome is unknown" in done.stderr, f"visible after an error: {done.stderr}"
                        else:
                            fired += 1
                        again = run(tool, "append", pond, "plain", next_id, 1)
                        assert again.returncode == 0, f"the next commit fails: {again.stderr}"
                        known = sorted(after + [next_id])
                        next_id += 1
                        passed += 1
                    except AssertionError as problem:
                        print(f"FAIL  {what}: {problem}", flush=True)
                        known = rows(tool, pond)
                        failed += 1
        print(f"{fired} of {passed + failed} faults stopped the commit")
        if fired == 0:
            failed += 1
        writers(tool, pond)
        passed += 1
        print("ok    four processes append at once: each row once")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def writers(tool, pond):
    before = rows(tool, pond)
    running = [subprocess.Popen([tool, "append", str(pond), "plain", str(100_000 + i), "1"], stderr=subprocess.PIPE, text=True)
               for i in range(4)]
    for process in running:
        assert process.wait() == 0, process.stderr.read()
    assert rows(tool, pond) == sorted(before + [100_000 + i for i in range(4)])


if __name__ == "__main__":
    main()
