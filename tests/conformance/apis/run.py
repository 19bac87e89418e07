#!/usr/bin/env python3
"""Clients of other projects against the HTTP APIs of `millpond serve`: MCP, OpenAI's, our own.

usage: run.py POND_TOOL [NAME...]      NAME: a test, such as mcp_over_http

A test whose client is not installed says so; with MILLPOND_REQUIRE_ALL=1 it fails.
"""

import os
import pathlib
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mcp_clients  # noqa: E402
import openai_clients  # noqa: E402
import rest_clients  # noqa: E402
from ponds import Missing, Pond  # noqa: E402

TESTS = [*mcp_clients.TESTS, *openai_clients.TESTS, *rest_clients.TESTS]


def main():
    wanted = sys.argv[2:]
    passed = failed = skipped = 0
    with Pond() as pond:
        for test in TESTS:
            if wanted and test.__name__ not in wanted:
                continue
            try:
                test(pond)
                print(f"ok    {test.__name__}", flush=True)
                passed += 1
            except (Missing, ImportError) as missing:
                required = os.environ.get("MILLPOND_REQUIRE_ALL") == "1"
                print(f"{'FAIL ' if required else 'skip '} {test.__name__}: not installed: {missing}", flush=True)
                failed, skipped = failed + required, skipped + (not required)
            except BaseException as problem:
                if isinstance(problem, KeyboardInterrupt):
                    raise
                print(f"FAIL  {test.__name__}\n{traceback.format_exc()}", flush=True)
                failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
