#!/usr/bin/env python3
"""Runs the fault tests against the real program: run.py [--quick] [--only NAME] [--binary PATH | PATH]."""
import argparse
import importlib
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ponds import Checks, Workplace  # noqa: E402

TESTS = ("kill9", "power", "inject", "two_builders", "moving_files", "hostile", "versions", "rest_kill", "object_store",
         "picks_and_blobs", "repairs", "folds", "training_data",
         "simulation")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("path", nargs="?")
    parser.add_argument("--binary", default=os.environ.get("MILLPOND_BINARY") or os.environ.get("MILLPOND"))
    parser.add_argument("--quick", action="store_true", help="a sample of each, in about a minute")
    parser.add_argument("--only", action="append", choices=TESTS)
    options = parser.parse_args()
    binary = options.binary or options.path
    if not binary or not os.access(binary, os.X_OK):
        sys.exit(f"no program to test: {binary}")
    checks = Checks()
    place = Workplace(binary)
    try:
        for name in options.only or TESTS:
            began = time.monotonic()
            before = (checks.passed, checks.failed)
            try:
                importlib.import_module(name).run(place, checks, options.quick)
            except Exception as failure:
                import traceback
                traceback.print_exc()
                checks.that(False, f"{name} broke: {failure!r}")
            print(f"{name}: {checks.passed - before[0]} passed, {checks.failed - before[1]} failed here, "
                  f"{time.monotonic() - began:.0f} s", flush=True)
    finally:
        place.close()
    print(f"{checks.passed} passed, {checks.failed} failed, {checks.skipped} skipped")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
