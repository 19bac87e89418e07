"""`./dev try` from nothing: a clean clone, no .deps, an empty compiler cache and pip cache. One run.

System packages that this machine already has are not fetched again; the note says how many there were. The time includes every
download, so it depends on the network. Checked: it ends with a cited answer.
"""

import os
import re
import shutil
import subprocess

import measure
from measure import ROOT, Result, run, say


def main():
    options = measure.arguments(__doc__)
    folder = measure.scratch("from-nothing")
    clone = folder / "millpond"
    run(["git", "clone", "-q", ROOT, clone])
    commit = subprocess.check_output(["git", "-C", clone, "rev-parse", "--short", "HEAD"], text=True).strip()
    empty = {"HOME": str(folder / "home"), "PIP_NO_CACHE_DIR": "1", "CCACHE_DIR": str(folder / "ccache"), "MILLPOND_CACHE": ""}
    os.mkdir(folder / "home")
    say(f"./dev try in a clean clone of {commit}")
    log = folder / "log"
    # The log is read afterwards: what it says it is doing is part of what is measured.
    process = run(["bash", "-c", f"./dev try >{log} 2>&1"], cwd=clone, env=empty, check=False)
    text = log.read_text("utf8", "replace")
    steps = re.findall(r"\[(\d)/\d\] (\w+)", text)
    seconds = re.findall(r"^ +(\d+) s$", text, flags=re.M)
    deps = sum(p.stat().st_size for p in (clone / ".deps").rglob("*") if p.is_file() and not p.is_symlink()) / 1e6
    results = [
        Result("./dev try from nothing", process.seconds / 60, "min", 15,
               note=", ".join(f"{name} {s} s" for (_, name), s in zip(steps, seconds)) + f"; .deps {deps:.0f} MB; exit status {process.code}"),
        Result("  ended with a cited answer", float(process.code == 0 and bool(re.search(r"millpond show [0-9a-f]{8,}", text.partition("] ask:")[2]))), "", 1, False),
    ]
    if process.code:
        say(text[-3000:])
    measure.finish(options, results, ["no apt package was missing"] if "apt: installing" not in text else [])
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
