"""Extraction beside the best tools: text and its order, tables, web pages, office files, headings, columns, speed, memory, OCR, chunks.

Scores lie between 0 and 1. The documents come from $MILLPOND_DATA/docs (a set without its folder is skipped), the columns are typeset
here. Tools run one after the other on the same files, in one process each; ours with one thread. CPU seconds, start-up included for ours.
The peers and the scorers' libraries: bench/peers/install.sh extraction. What each set gives is kept as soon as it is measured:
--resume 1 goes on after a run that was stopped, for the same program.
"""

import importlib.util
import dataclasses
import json
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
    options = measure.arguments(__doc__, only=("", "run these sets alone: " + ", ".join(sets.ALL)),
                                resume=(0, "1: sets that were measured before, with the same options, are not measured again"))
    results, skipped = [], []
    place = measure.WORK / "extraction-kept"
    mark = [os.stat(measure.MILLPOND).st_mtime, bool(options.quick), bool(options.no_peers)]
    for name, measured in sets.ALL.items():
        if options.only and name not in options.only.split(","):
            continue
        file = place / f"{name}.json"
        if options.resume and file.exists() and (kept := json.loads(file.read_text()))["mark"] == mark:
            say(f"{name}: as it was measured before")
        else:
            say(name)
            bench = sets.Bench(options, [], [])
            measured(bench)
            kept = {"mark": mark, "results": [dataclasses.asdict(each) for each in bench.results], "skipped": bench.skipped}
            place.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(kept))
        results += [Result(**each) for each in kept["results"]]
        skipped += kept["skipped"]
    measure.finish(options, results, skipped, source=str(measure.data_folder("docs") or "-"))


if __name__ == "__main__":
    main()
