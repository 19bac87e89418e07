"""The frame of a conformance script: its cases run one by one, each in a folder of its own, and are counted.

A case is a function; its argument is the folder, or what `given` makes of it. A case that raises `Missing` is skipped, unless
MILLPOND_REQUIRE_ALL is 1. Words on the command line that name cases choose them.
"""

import os
import sys
import tempfile
import traceback
from pathlib import Path


class Missing(Exception):
    """What a case needs is not on this machine; the message says what to install."""


def cases_of(module):
    """All functions of a module whose names begin with test_, in their order."""
    return [value for name, value in vars(module).items() if name.startswith("test_") and callable(value)]


def run_cases(cases, given=Path):
    """Returns the exit status: 1 after a failure, 77 if nothing could run."""
    wanted = {case.__name__ for case in cases} & set(sys.argv[1:])
    passed = failed = skipped = 0
    for case in cases:
        if wanted and case.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="millpond-") as folder:
            try:
                case(given(folder))
                passed += 1
                print(f"ok {case.__name__}", flush=True)
            except (Missing, ModuleNotFoundError) as missing:
                required = os.environ.get("MILLPOND_REQUIRE_ALL") == "1"
                failed, skipped = failed + required, skipped + (not required)
                print(f"{'FAILED' if required else 'skipped'} {case.__name__}: {missing}", flush=True)
            except Exception:  # every failure is shown, and the rest goes on
                failed += 1
                print(f"FAILED {case.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0 if passed else 77
