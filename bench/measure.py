"""What every benchmark shares: processes measured from outside, the command line of millpond, how results are shown.

A script makes `Result`s and hands them to `finish`, which prints a line for each and, with --json, one JSON document.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "bench-work"
PEERS = ROOT / ".deps" / "bench"
MILLPOND = os.environ.get("MILLPOND", str(ROOT / "build" / "release" / "millpond"))


@dataclasses.dataclass
class Result:
    what: str
    ours: float
    unit: str
    goal: float | None = None
    most: bool = True          # the goal is the most that is allowed; otherwise the least
    peer: float | None = None
    peer_name: str = ""
    note: str = ""

    def holds(self):
        return self.goal is None or (self.ours <= self.goal if self.most else self.ours >= self.goal)

    def ratio(self):
        """How many times better than the peer."""
        if not self.peer or not self.ours:
            return None
        return self.peer / self.ours if self.most else self.ours / self.peer

    def line(self):
        peer = "-" if self.peer is None else f"{number(self.peer)} {self.peer_name}"
        ratio = "-" if self.ratio() is None else f"{self.ratio():.1f}x"
        goal = "-" if self.goal is None else f"{'<=' if self.most else '>='} {number(self.goal)}"
        verdict = "-" if self.goal is None else "holds" if self.holds() else "SHORT"
        line = f"{self.what:<46} {number(self.ours):>9} {self.unit:<9} {peer:<22} {ratio:>7}  {goal:>9}  {verdict}"
        return line + (f"\n    {self.note}" if self.note else "")


HEADER = f"{'what':<46} {'ours':>9} {'':<9} {'peer':<22} {'ratio':>7}  {'goal':>9}"


def number(value):
    if 0.99 < value < 1:
        return f"{value:.6f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def machine():
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    flags = next((line.split() for line in info.splitlines() if line.startswith("flags")), [])
    has = ", ".join(name for flag, name in (("avx512f", "AVX-512"), ("avx512_bf16", "bf16"), ("amx_bf16", "AMX")) if flag in flags)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{model} ({has}), {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, load {load:.1f} at the end"


@dataclasses.dataclass
class Process:
    seconds: float
    cpu_seconds: float
    peak_rss_mb: float         # of the largest process of the tree
    peak_private_mb: float     # the sum over the tree, sampled; 0 if it was not asked for
    code: int
    out: str
    peak_written_mb: float = 0 # of that, what the processes wrote: without the code that nobody else happens to run

    def json(self):
        return json.loads(self.out)


def private_mb(pid):
    """Memory that belongs to this process and its descendants alone; and what of it they wrote."""
    total, written, todo = 0, 0, [pid]
    while todo:
        each = todo.pop()
        try:
            for line in pathlib.Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                if line.startswith("Private_"):
                    total += int(line.split()[1])
                if line.startswith("Private_Dirty"):
                    written += int(line.split()[1])
            for task in os.listdir(f"/proc/{each}/task"):
                todo += map(int, pathlib.Path(f"/proc/{each}/task/{task}/children").read_text().split())
        except OSError:
            continue  # it ended meanwhile
    return total / 1024, written / 1024


def run(command, *, env=None, cwd=None, watch=False, check=True, kill_after=None, quiet=True, stdin=None):
    """Runs a process to its end; with kill_after, sends it SIGKILL after so many seconds."""
    began = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], env={**os.environ, **(env or {})}, cwd=cwd, stdin=stdin,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None, start_new_session=True)
    peak, done, errors = [0.0, 0.0], threading.Event(), []

    def sample():
        while not done.wait(0.1):
            peak[:] = map(max, peak, private_mb(process.pid))

    threads = [threading.Thread(target=sample)] if watch else []
    if quiet:
        threads.append(threading.Thread(target=lambda: errors.append(process.stderr.read())))
    if kill_after is not None:
        timer = threading.Timer(kill_after, lambda: os.killpg(process.pid, signal.SIGKILL))
        timer.start()
    for thread in threads:
        thread.start()
    try:
        out = process.stdout.read().decode("utf8", "replace")
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:  # interrupted: leave nothing behind
        os.killpg(process.pid, signal.SIGKILL)
        raise
    seconds = time.perf_counter() - began
    if kill_after is not None:
        timer.cancel()
    process.returncode = code = os.waitstatus_to_exitcode(status)
    done.set()
    for thread in threads:
        thread.join()
    if check and code != 0 and kill_after is None:
        text = (errors[0].decode("utf8", "replace") if errors else "") + out[-2000:]
        sys.exit(f"{' '.join(map(str, command))}\n  ended with {code}: {text[-3000:]}")
    return Process(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, peak[0], code, out, peak[1])


class Pond:
    """A pond in a folder of its own, driven through the command line as a user does."""

    def __init__(self, folder, flow=None):
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.seconds_to_make = self.call("init").seconds
        if flow:
            flow(self.folder / "pond.yaml")

    @classmethod
    def at(cls, folder):
        """One that is there already."""
        pond = cls.__new__(cls)
        pond.folder, pond.seconds_to_make = folder, 0.0
        return pond

    def call(self, *words, **how):
        return run([MILLPOND, "--pond", self.folder, *words], **how)

    def add(self, path):
        process = self.call("add", path)
        self.seconds_to_make += process.seconds

    def build(self, *words, **how):
        """The process, and what the build says about each table."""
        process = self.call("--json", *words, "build", **how)
        tables = {} if process.code else {table["table"]: table for table in process.json()["tables"]}
        return process, tables

    def rows(self, table):
        return next((t["rows"] for t in self.call("--json", "tables").json()["tables"] if t["table"] == table), 0)

    def size_mb(self):
        return sum(p.stat().st_size for p in self.folder.rglob("*") if p.is_file()) / 1e6


def without_model(flow_file):
    """Takes the embed step, and the index on its vectors, out of a pond.yaml."""
    lines = [line for line in flow_file.read_text().splitlines() if "embed:" not in line]
    flow_file.write_text("\n".join(lines).replace(", vector: embedding", "") + "\n")


def tool(name):
    """A program of bench/*.cpp, compiled beside millpond."""
    build = pathlib.Path(MILLPOND).resolve().parent
    run(["cmake", "--build", build, "--target", name])
    return build / "tests" / name


def median(values):
    return statistics.median(list(values))


def scratch(name):
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def data_folder(*words):
    """A folder under $MILLPOND_DATA, or None."""
    base = os.environ.get("MILLPOND_DATA")
    folder = pathlib.Path(base, *words) if base else None
    return folder if folder and folder.is_dir() else None


def documents():
    """The folder of real documents: e2e under $MILLPOND_DATA, or else Debian's manuals that `./dev install` fetched."""
    folder = data_folder("e2e") or ROOT / ".deps" / "corpus"
    if not folder.is_dir():
        sys.exit("no documents: set MILLPOND_DATA, or run ./dev install")
    return folder


def document_folders():
    """Both of them, those that are there: input to multiply."""
    return [folder for folder in dict.fromkeys((documents(), ROOT / ".deps" / "corpus")) if folder.is_dir()]


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def arguments(description, **extra):
    if not os.access(MILLPOND, os.X_OK):
        sys.exit(f"no program to measure: {MILLPOND}; ./dev build makes it, or set MILLPOND")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="tiny input: shows that the script works, claims nothing")
    parser.add_argument("--no-peers", action="store_true", help="measure millpond alone")
    for name, (default, text) in extra.items():
        parser.add_argument("--" + name.replace("_", "-"), default=default, type=type(default), help=f"{text} [{default}]")
    return parser.parse_args()


def finish(options, results, skipped=(), source=""):
    if options.json:
        entries = [{**dataclasses.asdict(r), "ratio": r.ratio(), "holds": r.holds() if r.goal is not None else None} for r in results]
        print(json.dumps({"machine": machine(), "quick": options.quick, "input": source, "results": entries, "skipped": list(skipped)}, indent=1))
        return
    print(HEADER)
    for result in results:
        print(result.line())
    for what in skipped:
        print(f"skipped: {what}")
    if options.quick:
        print("quick: tiny input, these figures claim nothing")
    if source:
        print(f"input: {source}")
    print(machine())


def suite(description, scripts):
    """Runs scripts of bench/ one after the other and prints their figures as they come; --only and --skip choose."""
    options = arguments(description, only=("", f"some of {','.join(scripts)}"), skip=("", "leave these out"))
    names = [n for n in (options.only.split(",") if options.only else scripts) if n not in options.skip.split(",")]
    if unknown := set(names) - set(scripts):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(scripts)}")
    flags = ["--quick"] * options.quick + ["--no-peers"] * options.no_peers
    results, skipped, short = [], [f"{n} (left out)" for n in scripts if n not in names], 0
    if not options.json:
        print(HEADER)
    for name in names:
        say(f"== {name}")
        process = run([sys.executable, ROOT / "bench" / f"{name}.py", "--json", *flags], check=False, quiet=False)
        if process.code != 0:
            skipped.append(f"{name}: ended with {process.code}")
            short += 1
            continue
        answer = process.json()
        skipped += [f"{name}: {what}" for what in answer["skipped"]]
        for entry in answer["results"]:
            result = Result(**{k: v for k, v in entry.items() if k not in ("ratio", "holds")})
            results.append(result)
            short += not result.holds()
            if not options.json:
                print(result.line(), flush=True)
    if options.json:
        finish(options, results, skipped)
        return
    for what in skipped:
        print(f"skipped: {what}")
    print(f"{len(results)} figures, {short} short" + (" (quick: tiny input, these figures claim nothing)" if options.quick else ""))
    print(machine())
