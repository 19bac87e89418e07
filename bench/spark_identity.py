"""What an operator costs in Spark over doing nothing: MB/s of mapInArrow with a Python function that returns its batches
as they are, and with a cheap operator of millpond in its place. Needs the environment of the tests, and ./dev python.
"""

import os
import statistics
import sys
import time

import measure
from measure import Result, arguments, finish, say

try:
    import millpond as mp
    import millpond.spark as mps
    from pyspark.sql import DataFrame, SparkSession
except ImportError as problem:
    tests = measure.ROOT / ".deps/tests/bin/python"
    if tests.exists() and not os.environ.get("BENCH_IN_TESTS"):
        os.environ["BENCH_IN_TESTS"] = "1"
        os.execv(tests, [str(tests), *sys.argv])
    finish(arguments(__doc__), [], [f"{problem.name} is not installed: run ./dev install --tests and ./dev python"])
    sys.exit()


def identity(batches):  # type: ignore[no-untyped-def]
    yield from batches


def seconds(frame: DataFrame) -> float:
    """Every row is computed, none is kept."""
    began = time.perf_counter()
    frame.write.format("noop").mode("overwrite").save()
    return time.perf_counter() - began


def main() -> None:
    given = arguments(__doc__, rows=(400_000, "of about 500 bytes"), rounds=(5, "of each, by turns"))
    if given.quick:
        given.rows, given.rounds = 20_000, 1
    say(f"spark: {given.rows} rows")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "4g")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    text = "concat('row ', id, ' ', repeat('of some plain words in it ', 20)) as text"
    frame = spark.range(given.rows, numPartitions=4).selectExpr("id", text).cache()
    size_mb = frame.selectExpr("sum(length(text) + 8)").first()[0] / 1e6
    ways = {
        "identity": frame.mapInArrow(identity, frame.schema),
        "operator": mps.map(frame, mp.operator("mean_word_length")),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for each in ways.values():
        seconds(each)  # starts workers, warms the JVM
    for _ in range(given.rounds):  # by turns, so that both see the same load
        for name, each in ways.items():
            times[name].append(seconds(each))
    medians = {name: statistics.median(each) for name, each in times.items()}
    cost = medians["operator"] / medians["identity"] - 1
    spark.stop()
    rates = ", ".join(f"{name} {size_mb / each:.0f} MB/s" for name, each in medians.items())
    finish(given, [Result("operator in Spark, time to identity", 1 + cost, "x", 1.15, note=f"{rates}, median of {given.rounds}")])


if __name__ == "__main__":
    main()
