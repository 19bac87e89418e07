"""kill -9, EIO and ENOSPC at each call by which `cherry-pick`, `blob put` and a build that keeps originals change the pond.

A change that is picked is there as a whole or not at all, and picking it again brings it. A blob under its name has the bytes
that the name says, and no row refers to one that is not there.
"""
import json
import os

from inject import spoken
from ponds import Pond, digest, write_corpus


def calls_of(place, pond, saved, command):
    """The calls by which a command changes the pond."""
    log = os.path.join(place.folder, "log picks")
    if os.path.exists(log):
        os.unlink(log)
    done = pond.run(*command, env=place.fault(pond.root, log=log))
    assert done.returncode == 0, done.stderr
    pond.restore(saved)
    with open(log) as file:
        return [line.split("\t")[1] for line in file]


def faulty_runs(place, pond, command, quick):
    """Each on a fresh copy of the pond: how it was spoiled, and how the command ended."""
    saved = pond.save()
    calls = calls_of(place, pond, saved, command)
    step = max(1, len(calls) // 6) if quick else 1
    for number in range(1, len(calls) + 1, step):
        for action in ("kill", "EIO", "ENOSPC"):
            pond.restore(saved)
            done = pond.run(*command, "--json", env=place.fault(pond.root, at=number, action=action))
            yield f"{command[0]}, {action} at {calls[number - 1]} {number} of {len(calls)}", action, done
    pond.restore(saved)


def value_of(pond):
    return [tuple(row.values()) for row in json.loads(pond.run("sql", "select id, word from rows order by id", "--format", "json").stdout)]


def healthy(checks, pond, what):
    checked = pond.run("check", "--json")
    checks.that(checked.returncode == 0, f"{what}: check: {checked.returncode} {checked.stdout[-400:]}{checked.stderr[-300:]}")


def picks(place, checks, quick):
    pond = Pond(place, place.new_folder("picks"), place.new_folder("source"))
    with open(os.path.join(pond.folder, "rows.csv"), "w") as file:
        file.write("id,word\n" + "".join(f"{i},w{i}\n" for i in range(500)))
    assert pond.init().returncode == 0
    assert pond.run("import", "rows.csv", "--as", "rows").returncode == 0
    assert pond.run("branch", "trial").returncode == 0
    changed = pond.run("sql", "--branch", "trial", "--write", "update rows set word = 'picked' where id % 50 = 0")
    assert changed.returncode == 0, changed.stderr
    snapshot = str(pond.json("--branch", "trial", "log", "rows")["log"][0]["snapshot"])
    assert pond.run("sql", "--write", "insert into rows values (1000, 'main')").returncode == 0
    before = value_of(pond)
    after = [(i, "picked" if i % 50 == 0 and i < 500 else word) for i, word in before]
    runs = 0
    for what, action, done in faulty_runs(place, pond, ("cherry-pick", snapshot, "--table", "rows"), quick):
        runs += 1
        if action != "kill":
            checks.none(spoken(done, pond), what)
        found = value_of(pond)
        checks.that(found in (before, after), f"{what}: part of the change is there")
        if done.returncode == 0:
            checks.that(found == after, f"{what}: it said that it was done")
        if found == before:
            again = pond.run("cherry-pick", snapshot, "--table", "rows")
            checks.that(again.returncode == 0 and value_of(pond) == after, f"{what}: again: {again.returncode} {again.stderr}")
        healthy(checks, pond, what)
    return runs


def blobs(place, checks, quick):
    pond = Pond(place, place.new_folder("blobs"), place.new_folder("source"))
    data = os.urandom(300_000)
    with open(os.path.join(pond.folder, "picture.bin"), "wb") as file:
        file.write(data)
    name = digest(data)
    kept = os.path.join(pond.root, "blobs", name[:2], name)
    assert pond.init().returncode == 0
    runs = 0
    for what, action, done in faulty_runs(place, pond, ("blob", "put", "picture.bin"), quick):
        runs += 1
        if action != "kill":
            checks.none(spoken(done, pond), what)
        there = os.path.exists(kept)
        if there:
            with open(kept, "rb") as file:
                checks.that(file.read() == data, f"{what}: other bytes than the name says")
        checks.that(there or done.returncode != 0, f"{what}: it said that it was done")
        again = pond.run("blob", "put", "picture.bin")
        out = pond.run("blob", "get", name, "--output", "out.bin")
        checks.that(again.returncode == 0 and out.returncode == 0, f"{what}: again: {again.stderr}{out.stderr}")
        with open(os.path.join(pond.folder, "out.bin"), "rb") as file:
            checks.that(file.read() == data, f"{what}: again: other bytes")
        os.unlink(os.path.join(pond.folder, "out.bin"))
    return runs


def originals(place, checks, quick):
    source = place.new_folder("source")
    write_corpus(source, files=4, pdf=False)
    pond = Pond(place, place.new_folder("originals"), source)
    with open(os.path.join(pond.folder, "pond.yaml"), "w") as file:
        file.write("version: 1\nsources:\n  - files: " + json.dumps(source) +
                   "\ntables:\n  originals: {from: sources, keep: [uri], steps: [keep_original]}\n")
    assert pond.init().returncode == 0
    runs = 0
    for what, action, done in faulty_runs(place, pond, ("build",), quick):
        runs += 1
        if action != "kill":
            checks.none(spoken(done, pond), what)
        healthy(checks, pond, what)
        again = pond.build()
        checks.that(again.returncode == 0, f"{what}: the next build: {again.stdout[-300:]}{again.stderr}")
        healthy(checks, pond, what + ", then a build")
        rows = json.loads(pond.run("sql", "select original.sha256 as name, uri from originals", "--format", "json").stdout)
        checks.that(len(rows) == 4, f"{what}: {len(rows)} originals")
        for row in rows:
            with open(os.path.join(pond.root, "blobs", row["name"][:2], row["name"]), "rb") as file:
                checks.that(digest(file.read()) == row["name"], f"{what}: {row['uri']}")
    return runs


def run(place, checks, quick):
    counts = {each.__name__: each(place, checks, quick) for each in (picks, blobs, originals)}
    print("picks_and_blobs: " + ", ".join(f"{count} faults in {name}" for name, count in counts.items()), flush=True)
