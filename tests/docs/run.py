#!/usr/bin/env python3
"""Runs the commands shown in README.md and docs/, and compares what they print with what is shown.

A block that begins with ```console holds commands behind `$ ` and their output. Each document's blocks run in order in
one temporary folder, with a folder `handbook` of small documents in it. In the output, a line `...` stands for any
lines, and `...` inside a line for any text. A command without output shown must only succeed; one followed by
`[exit N]` must end with that status. A block that begins with ```console skip is not run: it shows what needs a
network, minutes, or another machine. A document with the line `<!-- needs: object store -->` runs beside an S3 server
with a bucket `lake`; where none is installed, it is not run.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/faults"))
HANDBOOK = Path(__file__).resolve().parent / "handbook"


def blocks(text):
    """(line number, lines) of each console block that is to be run."""
    current, start = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        if current is None and line.strip() == "```console":
            current, start = [], number
        elif current is not None and line.strip() == "```":
            yield start, current
            current = None
        elif current is not None:
            current.append(line)


def commands(start, lines):
    """(line number, command, expected output lines, expected status)"""
    found = []
    for offset, line in enumerate(lines, 1):
        if line.startswith("$ "):
            found.append([start + offset, line[2:], [], 0])
        elif found and found[-1][1].endswith("\\"):
            found[-1][1] = found[-1][1][:-1] + line.strip()
        elif found and re.fullmatch(r"\[exit \d+\]", line):
            found[-1][3] = int(line[6:-1])
        elif found:
            found[-1][2].append(line)
    return found


def matches(expected, actual):
    """Whether the lines agree, where `...` stands for any lines or any part of a line."""
    if not expected:
        return not actual
    if expected[0].strip() == "...":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    if not actual:
        return False
    pattern = ".*".join(re.escape(part) for part in expected[0].rstrip().split("..."))
    return re.fullmatch(pattern, actual[0].rstrip()) is not None and matches(expected[1:], actual[1:])


def run_document(path):
    if "<!-- needs: object store -->" not in path.read_text(encoding="utf-8"):
        return run_commands(path, {})
    from object_server import ObjectServer
    server = ObjectServer.start()
    if server is None:
        print(f"{path.relative_to(ROOT)}: not run, moto is not installed: ./dev install --tests")
        return 0, 0
    try:
        server.make_bucket("lake")
        return run_commands(path, server.env())
    finally:
        server.stop()


def run_commands(path, more):
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        if HANDBOOK.is_dir():
            subprocess.run(["cp", "-r", HANDBOOK, f"{folder}/handbook"], check=True)
        if path.stem == "recordings":
            os.mkdir(f"{folder}/talks")
            for talk in (ROOT / "tests/golden/speech").glob("*.ogg"):
                subprocess.run(["cp", talk, f"{folder}/talks/"], check=True)
            os.mkdir(f"{folder}/films")
            subprocess.run(["cp", ROOT / "tests/golden/film/h264.mp4", f"{folder}/films/scenes.mp4"], check=True)
        environment = {**os.environ, **more, "HOME": folder, "LC_ALL": "C.UTF-8"}
        for start, lines in blocks(path.read_text(encoding="utf-8")):
            for number, command, expected, status in commands(start, lines):
                ran = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, timeout=120,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                while expected and not expected[-1].strip():
                    expected.pop()
                good = ran.returncode == status and (not expected or matches(expected, ran.stdout.splitlines()))
                passed, failed = passed + good, failed + (not good)
                if not good:
                    print(f"{path.relative_to(ROOT)}:{number}: $ {command}")
                    print(f"  status {ran.returncode}, expected {status}")
                    print("".join(f"  - {line}\n" for line in expected), end="")
                    print("".join(f"  + {line}\n" for line in ran.stdout.splitlines()), end="")
    return passed, failed


def main():
    wanted = sys.argv[1:] or ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]
    results = [run_document(ROOT / name) for name in wanted if (ROOT / name).exists()]
    passed, failed = sum(p for p, _ in results), sum(f for _, f in results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
