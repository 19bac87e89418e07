"""Every goal of the foundation, one line each: what, ours, peer, ratio, goal, holds or short. Each script runs alone as well."""

import json
import sys

import measure
from measure import Result, run, say

SCRIPTS = ("commits", "embed_rate", "many_files", "throughput", "memory", "whole_job", "from_nothing")


def main():
    options = measure.arguments(__doc__, only=("", f"some of {','.join(SCRIPTS)}"), skip=("", "leave these out"))
    names = [n for n in (options.only.split(",") if options.only else SCRIPTS) if n not in options.skip.split(",")]
    if unknown := set(names) - set(SCRIPTS):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(SCRIPTS)}")
    flags = ["--quick"] * options.quick + ["--no-peers"] * options.no_peers
    results, skipped, short = [], [f"{n} (left out)" for n in SCRIPTS if n not in names], 0
    if not options.json:
        print(measure.HEADER)
    for name in names:
        say(f"== {name}")
        process = run([sys.executable, measure.ROOT / "bench" / f"{name}.py", "--json", *flags], check=False, quiet=False)
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
        measure.finish(options, results, skipped)
        return
    for what in skipped:
        print(f"skipped: {what}")
    print(f"{len(results)} figures, {short} short" + (" (quick: tiny input, these figures claim nothing)" if options.quick else ""))
    print(measure.machine())


if __name__ == "__main__":
    main()
