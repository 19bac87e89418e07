#!/usr/bin/env python3
"""Tests of the Python package that is installed. Arguments: parts of the names of tests to run."""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def chosen(suite: unittest.TestSuite, wanted: list[str]) -> unittest.TestSuite:
    picked = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            picked.addTest(chosen(test, wanted))
        elif not wanted or any(each in test.id() for each in wanted):
            picked.addTest(test)
    return picked


def main() -> int:
    sys.path.insert(0, str(HERE))
    suite = chosen(unittest.defaultTestLoader.discover(str(HERE), "test_*.py"), sys.argv[1:])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{max(0, result.testsRun - failed - skipped)} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
