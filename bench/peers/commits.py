"""Commits of 1,000 rows with PyIceberg or Delta Lake. Usage: commits.py pyiceberg|deltalake FOLDER COMMITS, or: commits.py read POND"""

import json
import os
import statistics
import sys
import time

import pyarrow


def thousand_rows(first):
    """The rows of bench/pond_commit.cpp: an id and about 200 bytes that hardly compress."""
    state, texts = first + 1, []
    for _ in range(1000):
        text = ""
        while len(text) < 200:
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            text += f"word{state >> 40} "
        texts.append(text)
    schema = pyarrow.schema([pyarrow.field("id", pyarrow.int64(), False), pyarrow.field("text", pyarrow.string())])
    return pyarrow.table([list(range(first, first + 1000)), texts], schema=schema)


def pyiceberg(folder, first):
    from pyiceberg.catalog.sql import SqlCatalog
    catalog = SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("main")
    return catalog.create_table("main.rows", first.schema).append


def deltalake(folder, _first):
    from deltalake import write_deltalake
    return lambda rows: write_deltalake(folder, rows, mode="append")


def main():
    kind, folder = sys.argv[1], os.path.abspath(sys.argv[2])
    if kind == "read":
        from pyiceberg.catalog.sql import SqlCatalog
        base = folder if os.path.exists(f"{folder}/catalog.db") else f"{folder}/.pond"
        table = SqlCatalog("pond", uri=f"sqlite:///{base}/catalog.db").load_table("main.rows")
        print(json.dumps({"rows": table.scan(selected_fields=("id",)).to_arrow().num_rows}))
        return
    os.makedirs(folder)
    batches = [thousand_rows(i * 1000) for i in range(16)]
    append = {"pyiceberg": pyiceberg, "deltalake": deltalake}[kind](folder, batches[0])
    seconds = []
    for i in range(int(sys.argv[3])):
        start = time.perf_counter()
        append(batches[i % len(batches)])
        seconds.append(time.perf_counter() - start)
    tenth = max(1, len(seconds) // 10)
    print(json.dumps({"commits_per_s": len(seconds) / sum(seconds), "first_tenth": tenth / sum(seconds[:tenth]),
                      "last_tenth": tenth / sum(seconds[-tenth:]), "median_ms": 1e3 * statistics.median(seconds)}))


if __name__ == "__main__":
    main()
