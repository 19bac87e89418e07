#!/usr/bin/env python3
"""Branches, tags and relocated ponds, as PyIceberg sees them."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

try:
    from pyiceberg.catalog.sql import SqlCatalog
except ImportError:
    print("PyIceberg is not installed: ./dev install --tests")
    sys.exit(77)

PROGRAM = os.path.abspath(os.environ["MILLPOND"])
FLOW = """version: 1
sources:
  - files: {source}
tables:
  documents:
    from: sources
    keep: [uri, media_type, sha256, size]
    steps:
      - extract
  chunks:
    from: documents
    keep: [uri, title, language]
    steps:
      - chunk: {{tokens_max: {tokens}}}
indexes:
  chunks: {{text: [text, heading_path]}}
"""
counts = {"passed": 0, "failed": 0}


def that(good, what):
    counts["passed" if good else "failed"] += 1
    if not good:
        print("FAILED " + what, flush=True)


def run(folder, *words, status=0):
    done = subprocess.run([PROGRAM, *words, "--json"], cwd=folder, capture_output=True, text=True, timeout=300)
    that(done.returncode == status, f"{' '.join(words)}: status {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return json.loads(done.stdout) if done.stdout.startswith("{") else {}


def catalog_of(folder):
    pond = os.path.join(folder, ".pond")
    return SqlCatalog("pond", uri=f"sqlite:///{pond}/catalog.db", warehouse=f"file://{pond}/tables")


def ids(folder, table, ref=None):
    """The `_row`s of a table at a ref, as PyIceberg reads them."""
    found = catalog_of(folder).load_table("main." + table)
    if ref is None and found.current_snapshot() is None:
        return []
    snapshot = found.refs()[ref].snapshot_id if ref else None
    return sorted(row.hex() for row in found.scan(snapshot_id=snapshot, selected_fields=("_row",)).to_arrow()["_row"].to_pylist())


def write(source, name, paragraphs):
    with open(os.path.join(source, name), "w") as file:
        file.write("\n\n".join(f"Paragraph {i} of {name} speaks of weirs and millraces, wheels and stones." for i in range(paragraphs)))


def flow(folder, source, name, tokens):
    with open(os.path.join(folder, name), "w") as file:
        file.write(FLOW.format(source=json.dumps(source), tokens=tokens))


def branch_and_merge(folder, source):
    run(folder, "init")
    flow(folder, source, "pond.yaml", 200)
    run(folder, "build")
    before = ids(folder, "chunks")
    run(folder, "tag", "first")
    run(folder, "branch", "trial")
    that("trial" in catalog_of(folder).load_table("main.chunks").refs(), "PyIceberg sees the branch")
    flow(folder, source, "pond.trial.yaml", 40)
    run(folder, "build", "--branch", "trial")
    that(ids(folder, "chunks") == before, "main is untouched by a build on the branch")
    on_branch = ids(folder, "chunks", "trial")
    that(len(on_branch) > len(before), f"the branch has other chunks: {len(on_branch)} and {len(before)}")
    diff = run(folder, "diff", "main", "trial", "--table", "chunks")["tables"][0]
    that(diff["rows_added"] == len(set(on_branch) - set(before)) and diff["rows_removed"] == len(set(before) - set(on_branch)),
         f"diff counts what PyIceberg sees: {diff['rows_added']} {diff['rows_removed']}")
    hits = run(folder, "search", "millraces", "--branch", "trial", "--limit", "5")["hits"]
    that(bool(hits) and all(hit["citation"] in on_branch for hit in hits), "a search on the branch finds its rows")

    # Main goes on: the branch must take that up before it can be merged.
    write(source, "later.md", 7)
    run(folder, "build")
    run(folder, "merge", "trial", status=5)
    that(ids(folder, "chunks", "trial") == on_branch, "a refused merge changes nothing")
    run(folder, "branch", "trial", "--update")
    run(folder, "build", "--branch", "trial")
    wanted = ids(folder, "chunks", "trial")
    run(folder, "merge", "trial", "--drop")
    that(ids(folder, "chunks") == wanted and len(wanted) > len(on_branch), "main is what the branch was")
    that("trial" not in catalog_of(folder).load_table("main.chunks").refs(), "the branch is dropped")
    os.replace(os.path.join(folder, "pond.trial.yaml"), os.path.join(folder, "pond.yaml"))
    run(folder, "build")
    that(ids(folder, "chunks") == wanted, "a build after the merge makes nothing again")

    # A clean build of the same files has the same rows.
    clean = tempfile.mkdtemp(dir=os.path.dirname(folder))
    run(clean, "init")
    flow(clean, source, "pond.yaml", 40)
    run(clean, "build")
    that(ids(clean, "chunks") == wanted, "the merged rows are those of a clean build")
    run(folder, "rollback", "first")
    that(ids(folder, "chunks") == before, "rollback to the tag")
    run(folder, "build")
    that(ids(folder, "chunks") == wanted, "a build after a rollback catches up")
    run(folder, "check")



def cherry_picked(folder, source):
    """One change of a branch on main and on another branch; rows by PyIceberg."""
    def rows(ref="main"):
        table = catalog_of(folder).load_table("main.notes")
        found = table.scan(snapshot_id=table.refs()[ref].snapshot_id).to_arrow().to_pylist()
        return sorted((row["id"], row["note"]) for row in found)

    def sql(statement, *words, status=0):
        run(folder, "sql", *words, "--write", statement, status=status)

    def head(ref):
        return str(catalog_of(folder).load_table("main.notes").refs()[ref].snapshot_id)

    sql("create table notes as select i as id, 'n' || i as note from range(5) r(i)")
    run(folder, "branch", "left")
    run(folder, "branch", "right")
    sql("insert into notes values (10, 'left')", "--branch", "left")
    added = head("left")
    sql("update notes set note = 'changed' where id = 2", "--branch", "left")
    sql("delete from notes where id = 3", "--branch", "left")
    deleted = head("left")
    updated = str(catalog_of(folder).load_table("main.notes").snapshot_by_id(int(deleted)).parent_snapshot_id)
    sql("insert into notes values (20, 'main')")
    first = [(i, f"n{i}") for i in range(5)]
    run(folder, "cherry-pick", updated, "--dry-run")
    that(rows() == first + [(20, "main")], f"a dry run changed main: {rows()}")
    run(folder, "cherry-pick", updated)
    that(rows() == [(2, "changed") if i == 2 else (i, note) for i, note in first] + [(20, "main")], f"the update alone: {rows()}")
    run(folder, "--branch", "right", "cherry-pick", added)
    that(rows("right") == first + [(10, "left")], f"on another branch: {rows('right')}")
    that(catalog_of(folder).load_table("main.notes").current_snapshot().summary["source-snapshot-id"] == updated, "what was picked")
    run(folder, "cherry-pick", updated, status=4)                    # picked before
    run(folder, "--branch", "left", "cherry-pick", added, status=4)  # it is there
    run(folder, "cherry-pick", "12345", status=3)
    sql("delete from notes where id < 20")
    before = rows()
    run(folder, "cherry-pick", deleted, status=5)                    # its rows are gone
    that(rows() == before, "a refused pick changed main")
    run(folder, "branch", "built")
    flow(folder, source, "pond.built.yaml", 30)
    run(folder, "build", "--branch", "built")
    chunks = str(catalog_of(folder).load_table("main.chunks").refs()["built"].snapshot_id)
    run(folder, "cherry-pick", chunks, status=5)                     # a build makes it


def relocated(folder):
    """A copy whose origin is gone: nothing may lead back there."""
    run(folder, "branch", "side")
    wanted = {table: ids(folder, table) for table in ("sources", "documents", "chunks")}
    moved = folder + "-moved"
    os.rename(folder, moved)
    try:
        catalog_of(moved).load_table("main.chunks").scan().to_arrow()
        that(False, "PyIceberg read the pond before it was relocated: the test shows nothing")
    except Exception:
        that(True, "")
    run(moved, "relocate")
    for table, rows in wanted.items():
        that(ids(moved, table) == rows, f"PyIceberg reads {table} at its new place")
        that(ids(moved, table, "first" if table != "rejects" else None) is not None, f"the tag of {table} is readable")
    that(ids(moved, "chunks", "side") == wanted["chunks"], "and its branch")
    run(moved, "check")
    run(moved, "build")
    that(bool(run(moved, "search", "millraces")["hits"]), "search finds passages at the new place")
    that(run(moved, "relocate")["moved"] == [], "a second time there is nothing to do")


def main():
    place = tempfile.mkdtemp(prefix="millpond-branches-")
    try:
        source, folder = os.path.join(place, "source"), os.path.join(place, "pond")
        os.makedirs(source)
        os.makedirs(folder)
        for i in range(4):
            write(source, f"text{i}.md", 5 + i)
        branch_and_merge(folder, source)
        os.remove(os.path.join(source, "text0.md"))  # so that there are deletes, whose files name others
        run(folder, "build")
        cherry_picked(folder, source)
        relocated(folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print(f"{counts['passed']} passed, {counts['failed']} failed, 0 skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
