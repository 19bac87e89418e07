"""Ponds of newer versions, and stored bytes that are not what they should be.

What was damaged is named, with the status for damaged data; nothing crashes; what is derived is made again.
"""
import glob
import json
import os
import sqlite3

from ponds import MARK, Pond, Truth, problems_of, write_corpus, write_source

DATA_CORRUPT = 11


def error_of(done):
    try:
        return json.loads(done.stdout)["error"]
    except (ValueError, KeyError):
        return {"code": f"status {done.returncode}", "message": done.stdout[-300:] + done.stderr[-300:]}


def newest(pattern):
    return max(glob.glob(pattern), key=os.path.getmtime)


def current_metadata(pond, table):
    with sqlite3.connect(pond.root + "/catalog.db") as catalog:
        (location,) = catalog.execute("SELECT metadata_location FROM iceberg_tables WHERE table_name = ?", (table,)).fetchone()
    return location.removeprefix("file://")


def damage(path, how):
    data = bytearray(open(path, "rb").read())
    if how == "cut":
        data = data[: len(data) // 2]
    elif how == "empty":
        data = b""
    elif how == "zeros":
        data = bytes(len(data))
    elif how == "noise":
        data = bytes((31 * i * i + 7 * i + 3) & 255 for i in range(len(data)))
    elif how == "flip":  # from the middle on, one bit in every 16 bytes
        for i in range(len(data) // 2, len(data), 16):
            data[i] ^= 4
    elif how == "bit":  # one bit of a text
        data[len(data) // 5] ^= 16
    elif how == "gone":
        os.unlink(path)
        return
    with open(path, "wb") as file:
        file.write(data)


def newer(checks, pond, saved):
    with sqlite3.connect(pond.root + "/catalog.db") as catalog:
        catalog.execute("PRAGMA user_version = 99")
    for command in (("build",), ("search", MARK), ("tables",), ("maintain",), ("log",)):
        done = pond.run(*command, "--json")
        error = error_of(done)
        checks.that(error["code"] == "unsupported" and "99" in error["message"] and "catalog.db" in error["message"],
                    f"a newer pond, {command[0]}: {error}")
    pond.restore(saved)
    path = current_metadata(pond, "chunks")
    metadata = json.load(open(path))
    metadata["format-version"] = 9
    json.dump(metadata, open(path, "w"))
    error = error_of(pond.run("search", MARK, "--json"))
    checks.that(error["code"] == "unsupported" and "9" in error["message"] and path in error["message"], f"a newer table: {error}")
    pond.restore(saved)


def unknown_fields(checks, pond, saved, source):
    """What a later version of the format or another writer added stays."""
    path = current_metadata(pond, "chunks")
    metadata = json.load(open(path))
    metadata["statistics"] = []
    metadata["x-of-the-future"] = {"deep": [1, 2, {"er": "ä"}]}
    metadata["snapshots"][-1]["x-key"] = "kept"
    metadata["properties"]["owner"] = "somebody"
    json.dump(metadata, open(path, "w"))
    write_source(source, "part0/file0.md", 3, 4)
    done = pond.build()
    after = json.load(open(current_metadata(pond, "chunks")))
    checks.that(done.returncode == 0 and len(after["snapshots"]) > len(metadata["snapshots"]), f"unknown fields: {done.stdout[-400:]}")
    checks.that(after.get("x-of-the-future") == metadata["x-of-the-future"], "an unknown field of the metadata is kept")
    checks.that(after["properties"].get("owner") == "somebody", "a property that another writer set is kept")
    checks.none(problems_of(pond, Truth(pond.place, source), independent=True), "unknown fields")
    write_source(source, "part0/file0.md", 0, 2)
    pond.restore(saved)


def corrupt(checks, pond, saved, truth, quick):
    """Every kind of stored file, damaged in every way: an error that names it, or no harm at all."""
    other_truth = Truth(pond.place, pond.source, tokens=100)
    kinds = {
        "metadata.json": lambda table: current_metadata(pond, table),
        "manifest list": lambda table: newest(f"{pond.root}/tables/{table}/metadata/snap-*.avro"),
        "manifest": lambda table: newest(f"{pond.root}/tables/{table}/metadata/*-m0.avro"),
        "Parquet file": lambda table: newest(f"{pond.root}/tables/{table}/data/*.parquet"),
        "catalog": lambda table: pond.root + "/catalog.db",
    }
    hows = ("cut", "empty", "zeros", "noise", "flip", "bit", "gone")
    tried = 0
    for kind, find in kinds.items():
        for how in hows[:: 2 if quick else 1]:
            if (kind == "catalog" and how == "gone") or (kind == "metadata.json" and how == "bit"):
                continue
            # A build that has to read the old rows, and a search that has to make its segment again.
            for command in (("build", "--json"), ("search", MARK, "--json"), ("maintain", "--json")):
                pond.restore(saved)
                if command[0] == "build":
                    pond.write_flow(tokens=100)
                if command[0] == "search":
                    for segment in glob.glob(pond.root + "/indexes/chunks/*"):
                        os.unlink(segment)
                # A build with another option reads the documents and replaces the chunks.
                path = find("documents" if command[0] == "build" else "chunks")
                damage(path, how)
                tried += 1
                done = pond.run(*command)
                what = f"{kind}, {how}, {command[0]}"
                if done.returncode == 0:
                    # It did not need what was damaged, or noticed too late: then its result is wrong.
                    if command[0] == "search":
                        hits = json.loads(done.stdout)["hits"]
                        right = {(hit["uri"], hit["text"]) for hit in hits} <= set(truth.content) and len(hits) > 0
                        checks.that(right, f"{what}: the search went well, with wrong passages: {len(hits)}")
                    elif command[0] == "build":
                        found = sorted((uri, text) for _, _, uri, text in pond.chunks())
                        checks.that(found == other_truth.content, f"{what}: the build went well, with wrong chunks")
                    continue
                error = error_of(done)
                wanted = ("not_found", "io_error", "data_corrupt") if how == "gone" else ("data_corrupt",)
                if checks.that(error["code"] in wanted, f"{what}: {error}"):
                    checks.that(path in error["message"] or os.path.basename(path) in error["message"], f"{what} does not name {path}: {error}")
                    checks.that(how == "gone" or done.returncode == DATA_CORRUPT, f"{what}: status {done.returncode}")
    pond.restore(saved)
    print(f"versions: {tried} commands on damaged files", flush=True)


def segments(checks, pond, saved, truth):
    """Segments are derived: whatever happens to one, a search or a build makes it again."""
    for how in ("cut", "empty", "zeros", "noise", "flip", "gone"):
        for command in ("search", "build"):
            pond.restore(saved)
            damage(newest(pond.root + "/indexes/chunks/*.segment"), how)
            if command == "build":
                done = pond.build()
                checks.that(done.returncode == 0, f"segment, {how}, build: {done.stdout[-300:]}")
            checks.none(problems_of(pond, truth), f"segment, {how}, {command}")
    pond.restore(saved)


def older_program(checks, pond, saved, truth):
    """What an older version left: a pond without the tables and folders that came later."""
    with sqlite3.connect(pond.root + "/catalog.db") as catalog:
        catalog.execute("DELETE FROM iceberg_tables WHERE table_name IN ('runs', 'rejects')")
    done = pond.build()
    checks.that(done.returncode == 0, f"without runs and rejects: {done.stdout[-300:]}")
    checks.none(problems_of(pond, truth), "without runs and rejects")
    pond.restore(saved)


def run(place, checks, quick):
    source = place.new_folder("source")
    write_corpus(source, files=6)
    truth = Truth(place, source)
    pond = truth.pond
    saved = pond.save()
    newer(checks, pond, saved)
    unknown_fields(checks, pond, saved, source)
    segments(checks, pond, saved, truth)
    older_program(checks, pond, saved, truth)
    corrupt(checks, pond, saved, truth, quick)
