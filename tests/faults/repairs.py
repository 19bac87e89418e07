"""Everything that `millpond check --repair` says it repairs, broken in a real pond and repaired: one by one, and all at once."""
import glob
import json
import os
import sqlite3

from ponds import Pond, Truth, problems_of, write_corpus


def metadata_path(pond, table):
    """The file that the catalog names."""
    catalog = sqlite3.connect(os.path.join(pond.root, "catalog.db"))
    try:
        return catalog.execute("select metadata_location from iceberg_tables where table_name = ?", (table,)).fetchone()[0].removeprefix("file://")
    finally:
        catalog.close()


def metadata_of(pond, table):
    with open(metadata_path(pond, table)) as file:
        return json.load(file)


def current_files(pond, table):
    listed = pond.place.reader.read("files " + pond.root)["files"]
    return sorted(path for path in listed if f"/tables/{table}/data/" in path and path.endswith(".parquet") and not path.endswith("-deletes.parquet"))


def spoil(path, at=0.5):
    with open(path, "r+b") as file:
        file.seek(int(os.path.getsize(path) * at))
        file.write(b"\xa5 spoiled \x5a")


def a_file_of_a_derived_table(pond):
    os.unlink(current_files(pond, "chunks")[0])


def the_content_of_a_derived_file(pond):
    spoil(max(current_files(pond, "chunks"), key=os.path.getsize))


def the_deletes_of_a_derived_table(pond):
    """Without them rows would come back."""
    listed = [path for path in pond.place.reader.read("files " + pond.root)["files"] if "/tables/chunks/data/" in path and "deletes" in path]
    assert listed, "the table has no deletes"
    os.unlink(listed[0])


def a_segment(pond):
    segments = [path for path in glob.glob(os.path.join(pond.root, "indexes/**/*"), recursive=True) +
                glob.glob(os.path.join(pond.root, "tables/chunks/**/*"), recursive=True)
                if os.path.isfile(path) and not path.endswith((".parquet", ".avro", ".json", ".puffin", ".db"))]
    assert segments, "the pond has no segment"
    spoil(max(segments, key=os.path.getsize))


def a_file_of_old_snapshots(pond):
    """A manifest list that only history needs."""
    metadata = metadata_of(pond, "chunks")
    old = [each for each in metadata["snapshots"] if each["snapshot-id"] != metadata["current-snapshot-id"]]
    os.unlink(old[0]["manifest-list"].removeprefix("file://"))


def a_tag_without_its_snapshot(pond):
    path = metadata_path(pond, "chunks")
    metadata = metadata_of(pond, "chunks")
    metadata["refs"]["lost"] = {"snapshot-id": 4711, "type": "tag"}
    with open(path, "w") as file:
        json.dump(metadata, file)


def the_metadata_file(pond):
    with open(metadata_path(pond, "chunks"), "w") as file:
        file.write("{")


def a_file_that_nothing_names(pond):
    with open(os.path.join(pond.root, "tables/chunks/data/stray.parquet"), "wb") as file:
        file.write(b"nothing names this")


DAMAGES = (a_file_of_a_derived_table, the_content_of_a_derived_file, the_deletes_of_a_derived_table, a_segment, a_file_of_old_snapshots, a_tag_without_its_snapshot,
           the_metadata_file, a_file_that_nothing_names)


def prove(pond, truth, checks, what, damages):
    for damage in damages:
        damage(pond)
    found = pond.run("check", "--orphan-hours", "0", "--json")
    only_stray = damages == (a_file_that_nothing_names,)
    checks.that(found.returncode == (0 if only_stray else 11), f"{what}: check: {found.returncode} {found.stdout[-500:]}")
    for attempt in range(3 if len(damages) > 1 else 1):  # what was hidden behind a damage is seen when that is gone
        mended = pond.run("check", "--repair", "--orphan-hours", "0", "--json")
        if mended.returncode == 0:
            break
    checks.that(mended.returncode == 0, f"{what}: check --repair: {mended.returncode} {mended.stdout[-600:]}{mended.stderr}")
    built = pond.build()
    checks.that(built.returncode == 0, f"{what}: the next build: {built.stdout[-300:]}{built.stderr}")
    checks.none(problems_of(pond, truth, independent=True), what)
    sound = pond.run("check", "--orphan-hours", "0", "--json")
    problems = json.loads(sound.stdout).get("problems", []) if sound.stdout.startswith("{") else sound.stdout
    checks.that(sound.returncode == 0 and not [each for each in problems if each["kind"] != "orphan"],
                f"{what}: check after the build: {sound.returncode} {sound.stdout[-600:]}")


def run(place, checks, quick):
    if place.reader is None:
        checks.skip("repairs", "PyIceberg is not installed")
        return
    source = place.new_folder("source")
    write_corpus(source, files=6)
    truth = Truth(place, source)
    pond = Pond(place, place.new_folder("repairs"), source)
    assert pond.init().returncode == 0
    extra = os.path.join(source, "part0", "extra.md")
    with open(extra, "w") as file:
        file.write("# Extra\n\nA page that comes and goes.\n")
    assert pond.build().returncode == 0
    os.unlink(extra)
    assert pond.build().returncode == 0
    saved = pond.save()
    for damage in DAMAGES:
        pond.restore(saved)
        prove(pond, truth, checks, damage.__name__.replace("_", " "), (damage,))
    pond.restore(saved)
    together = (a_file_of_a_derived_table, a_segment, a_file_of_old_snapshots, a_tag_without_its_snapshot, a_file_that_nothing_names)
    prove(pond, truth, checks, "all at once", together)
