"""Search by vector where the index does not fit in memory: 200,000 x 256, a tenth of the segment in memory beside all of it.

The searching process runs in a control group of its own (version 1 or 2, which needs root), whose memory holds it and a part of the
segment's pages. Vectors as in `./dev bench retrieval`. Rates are answers a second on --threads threads, so that some search while others
wait for the disk. Checked: both find the same rows. Beside it stands what the disk itself can do: random pages a second, read by so many
threads past the page cache, and the rate that this allows.
"""

import concurrent.futures
import mmap
import os
import pathlib
import random
import subprocess
import time

import measure
from measure import PEERS, ROOT, Result, run, say


class Memory:
    """A control group below our own."""

    def __init__(self):
        own = {fields[1]: fields[2] for fields in (line.strip().split(":", 2) for line in open("/proc/self/cgroup"))}
        name = f"millpond-bench-{os.getpid()}"
        if "memory" in own:
            self.folder = pathlib.Path("/sys/fs/cgroup/memory" + own["memory"]) / name
            self.limits = ("memory.limit_in_bytes",)
        else:
            self.folder = pathlib.Path("/sys/fs/cgroup" + own[""]) / name
            self.limits = ("memory.max", "memory.swap.max")
        self.folder.mkdir()

    def limit(self, size_bytes):
        for name in self.limits:
            (self.folder / name).write_text("0" if "swap" in name else str(size_bytes))

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def close(self):
        try:
            self.folder.rmdir()
        except OSError:
            pass


def pages_a_second(path, threads, seconds=2):
    """Random pages of 4 KiB, past the page cache."""
    size, end = os.path.getsize(path), time.monotonic() + seconds

    def read(seed):
        draw, space, count = random.Random(seed), mmap.mmap(-1, 4096), 0
        file = os.open(path, os.O_RDONLY | os.O_DIRECT)
        while time.monotonic() < end:
            count += os.preadv(file, [space], draw.randrange(size // 4096) * 4096) > 0
        os.close(file)
        return count

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(read, range(threads))) / seconds


def main():
    options = measure.arguments(__doc__, threads=(8, "that search"), seconds=(5, "of searching"), share=(10, "per cent of the segment in memory"))
    data, python = measure.data_folder("ann"), PEERS / "ann/bin/python"
    if not data or not python.exists():
        return measure.finish(options, [], ["everything: set MILLPOND_DATA to a folder with ann/, and run bench/peers/install.sh ann"])
    try:
        memory = Memory()
    except OSError as refused:
        return measure.finish(options, [], [f"everything: no control group can be made: {refused}"])
    try:
        folder, tool = measure.scratch("disk_resident"), measure.tool("bench_disk_resident")
        say("making the vectors")
        run([python, ROOT / "bench/peers/ann.py", "vectors", data, folder, 5_000 if options.quick else 200_000])
        size = run([tool, "build", folder / "base.npy", folder / "v.segment"]).json()["size_bytes"]
        results = []
        for recall in ("0.95", "0.98"):
            words = [tool, "search", folder / "v.segment", folder / "queries.npy", recall, options.threads, options.seconds]
            say(f"all in memory, recall {recall}")
            whole = run(words).json()
            say("a part in memory")
            # The process itself needs some: what it holds without the segment's pages.
            memory.limit(size * options.share // 100 + (12 << 20))
            subprocess.run(["sync"], check=True)
            descriptor = os.open(folder / "v.segment", os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)  # pages belong to who reads them first
            os.close(descriptor)
            entered = subprocess.run([str(word) for word in words], capture_output=True, text=True, preexec_fn=memory.enter)
            if entered.returncode != 0:
                raise SystemExit(f"{entered.returncode}: {entered.stderr}")
            part = measure.json.loads(entered.stdout)
            if part["rows"] != whole["rows"]:
                raise SystemExit(f"other rows are found: {part['rows']} and {whole['rows']}")
            disk = pages_a_second(folder / "v.segment", 32)
            needed = max(part["kb_read"] / 4, .01)
            results.append(Result(f"searches a second, recall {recall}, {options.share} % in memory", part["qps"], "/s", whole["qps"] / 2, False,
                                  whole["qps"], "all in memory", f"{part['kb_read']:.0f} KB a search from the disk in {part['waits']:.1f} waits; the disk gives "
                                  f"{disk:.0f} pages of 4 KiB a second, enough for {disk / needed:.0f} searches; {size / 1e6:.0f} MB"))
        measure.finish(options, results, [])
    finally:
        memory.close()


if __name__ == "__main__":
    main()
