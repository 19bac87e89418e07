#!/usr/bin/env python3
"""What an operator costs in Spark over doing nothing: MB/s of mapInArrow with a Python function that returns its batches
as they are, and with a cheap operator of millpond in its place. Goal: at most 15 % more time.

usage: spark_identity.py [--rows N] [--rounds N]. Run it with the environment of the tests, after ./dev python.
"""

import argparse
import os
import statistics
import sys
import time

import millpond as mp
import millpond.spark as mps
from pyspark.sql import DataFrame, SparkSession


def identity(batches):  # type: ignore[no-untyped-def]
    yield from batches


def seconds(frame: DataFrame) -> float:
    """Every row is computed, none is kept."""
    began = time.perf_counter()
    frame.write.format("noop").mode("overwrite").save()
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
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
    for name, each in medians.items():
        print(f"{name:10} {size_mb / each:8.0f} MB/s  median of {given.rounds}, {each:.2f} s for {size_mb:.0f} MB")
    print(f"an operator costs {cost:+.0%} over identity; goal 15 %: {'holds' if cost <= 0.15 else 'short'}")
    spark.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
