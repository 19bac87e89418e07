"""100 random rows with Lance. Usage: random_rows.py FOLDER ROWS RUNS"""

import json
import pathlib
import random
import statistics
import sys
import time

import lance
import numpy
import pyarrow


def batches(rows):
    """The rows of bench/pond_rows.cpp; the ids are random bytes."""
    for first in range(0, rows, 100_000):
        i = numpy.arange(first, min(rows, first + 100_000))
        keys = numpy.random.default_rng(first).bytes(16 * len(i))
        yield pyarrow.record_batch([
            pyarrow.FixedSizeBinaryArray.from_buffers(pyarrow.binary(16), len(i), [None, pyarrow.py_buffer(keys)]),
            pyarrow.array(i), pyarrow.array(i * 7919 % 1000), pyarrow.array(i * 31 % 10007),
            pyarrow.array([f"note {n % 5003}" for n in i.tolist()])], names=["_row", "id", "k", "amount", "note"])


def main():
    folder, rows, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    schema = next(batches(1)).schema
    data = lance.write_dataset(pyarrow.RecordBatchReader.from_batches(schema, batches(rows)), folder)
    size_mb = sum(p.stat().st_size for p in pathlib.Path(folder).rglob("*") if p.is_file()) / 1e6
    data.create_scalar_index("id", "BTREE")
    chance = random.Random(42)
    times = {"place": [], "id": []}
    for _ in range(runs + 1):
        wanted = chance.sample(range(rows), 100)
        for name in times:
            began = time.perf_counter()
            if name == "place":
                got = data.take(wanted)
            else:
                got = data.to_table(filter=f"id in ({','.join(map(str, wanted))})")
            times[name].append(time.perf_counter() - began)
            assert sorted(got["id"].to_pylist()) == sorted(wanted)
    print(json.dumps({**{name: 1e3 * statistics.median(each[1:]) for name, each in times.items()}, "size_mb": size_mb}))


if __name__ == "__main__":
    main()
