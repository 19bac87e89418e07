"""Iceberg's REST compatibility kit against `millpond serve`; with a catalog made careless on purpose it must fail.

The kit says of some tests that they do not apply; those are counted apart. The reference catalog comes to 140 and 9.
"""

import sys

import measure
from measure import Result, arguments, finish, say

sys.path.insert(0, str(measure.ROOT / "tests/conformance/rest"))


def main():
    options = arguments(__doc__)
    import kit
    from servers import Missing, Server
    try:
        say("the kit against millpond")
        with Server("--no-auth", "--locations", "file:/tmp") as server:
            passed, failed, apart, _ = kit.run(server.uri, ["Catalog"] if options.quick else kit.SUITES)
        say("the kit against a catalog that notices no conflict")
        with Server("--no-auth", "--locations", "file:/tmp") as server:
            _, noticed, _, _ = kit.run(kit.Proxy(server.base).uri, ["Catalog"])
    except Missing as missing:
        finish(options, [], [f"not installed: {missing}"])
        return
    finish(options, [
        Result("REST compatibility kit, tests passed", passed, "", None if options.quick else 140, False, 140, "reference",
               f"{apart} do not apply"),
        Result("  tests failed", failed, "", 0),
        Result("  failed by a catalog broken on purpose", noticed, "", 1, False),
    ])


if __name__ == "__main__":
    main()
