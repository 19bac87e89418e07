"""Extraction beside the best tools: text and its order, tables, web pages, office files, headings, columns, speed, memory, OCR, chunks.

Scores lie between 0 and 1. The documents come from $MILLPOND_DATA/docs (a set without its folder is skipped), the columns are typeset
here. Tools run one after the other on the same files, in one process each; ours with one thread. CPU seconds, start-up included for ours.
The peers and the scorers' libraries: bench/peers/install.sh extraction.
"""

import importlib.util
import os
import pathlib
import sys

import measure
from measure import PEERS, Result, run, say

if importlib.util.find_spec("rapidfuzz") is None:
    python = PEERS / "extraction/bin/python"
    if not python.exists():
        sys.exit("the scorers need rapidfuzz: run bench/peers/install.sh extraction")
    os.execv(python, [str(python), *sys.argv])

sys.path.insert(0, str(pathlib.Path(__file__).parent / "extraction"))
import sets  # noqa: E402


def main():
    options = measure.arguments(__doc__, only=("", "run these sets alone: " + ", ".join(sets.ALL)))
    results, skipped = [], []
    for name, measured in sets.ALL.items():
        if options.only and name not in options.only.split(","):
            continue
        say(name)
        measured(sets.Bench(options, results, skipped))
    measure.finish(options, results, skipped, source=str(measure.data_folder("docs") or "-"))


if __name__ == "__main__":
    main()
