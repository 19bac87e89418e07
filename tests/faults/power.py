"""The power fails: at some call the process ends, and what was written but not synced is gone.

A file whose folder was not synced since it was made is gone; a file that was written since its last sync ends half-way.
SQLite's own files are left as they are: its journal is not what is tested here.
"""
import os
import shutil

from kill9 import Scenario, make_small_commits
from ponds import Pond, Truth, chance, change_corpus, problems_of, strays, write_corpus


def lose_unsynced(log, kept_share, rng):
    """Does to the files what a power failure may do, from the record of the calls; each loss happens by chance."""
    unsynced_names, unsynced_bytes = {}, {}
    with open(log) as file:
        for line in file:
            _, call, path, *other = line.rstrip("\n").split("\t")
            if call in ("create", "mkdir"):
                unsynced_names[path] = True
            elif call == "write":
                unsynced_bytes[path] = True
            elif call == "rename":
                unsynced_names[other[0]] = True
                unsynced_names.pop(path, None)
                if unsynced_bytes.pop(path, None):
                    unsynced_bytes[other[0]] = True
            elif call == "unlink":
                unsynced_names.pop(path, None)
                unsynced_bytes.pop(path, None)
            elif call == "sync":
                unsynced_bytes.pop(path, None)
                for name in [name for name in unsynced_names if os.path.dirname(name) == path]:
                    del unsynced_names[name]
    lost = 0
    for path in unsynced_names:
        if os.path.basename(path).startswith("catalog.db") or rng.random() < kept_share or not os.path.lexists(path):
            continue
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        lost += 1
    for path in unsynced_bytes:
        if os.path.basename(path).startswith("catalog.db") or rng.random() < kept_share or not os.path.exists(path):
            continue
        os.truncate(path, os.path.getsize(path) // 2)
        lost += 1
    return lost


def prove(scenario, place, checks, failures, rng):
    lost = 0
    log = os.path.join(place.folder, "log power")
    for i in range(failures):
        pond = scenario.pond
        pond.restore(scenario.saved)
        if os.path.exists(log):
            os.unlink(log)
        at = 1 + i * (len(scenario.calls) + 1) // failures
        pond.run(*scenario.command, env=place.fault(pond.root, at=at, log=log))
        lost += lose_unsynced(log, (0, 0.5)[i % 2], rng)
        what = f"{scenario.name}, power failure at call {at}"
        done = pond.build()
        if not checks.that(done.returncode == 0, f"{what}: the next build: {done.returncode} {done.stdout[-600:]}{done.stderr}"):
            continue
        if checks.none(problems_of(pond, scenario.truth, independent=i % 3 == 0), what) and i % 5 == 0:
            checks.none(strays(pond) + problems_of(pond, scenario.truth), what + ", then maintain")
    return lost


def run(place, checks, quick):
    rng = chance("power")
    source = place.new_folder("source")
    write_corpus(source)
    truth = Truth(place, source)
    empty = Pond(place, place.new_folder("pond"), source)
    assert empty.init().returncode == 0
    counts = (6, 6, 3, 6) if quick else (50, 60, 30, 40)
    lost = prove(Scenario(place, "first build, power", empty, truth), place, checks, counts[0], rng)
    pond = truth.pond
    change_corpus(source)
    truth = Truth(place, source)
    lost += prove(Scenario(place, "edits and deletes, power", pond, truth), place, checks, counts[1], rng)
    pond = truth.pond
    pond.write_flow(tokens=64)
    lost += prove(Scenario(place, "another option, power", pond, Truth(place, source, tokens=64)), place, checks, counts[2], rng)
    make_small_commits(pond)
    everything = ("maintain", "--keep-snapshots", "1", "--keep-days", "0", "--orphan-hours", "0")
    truth = Truth(place, source, tokens=64)
    lost += prove(Scenario(place, "maintain, power", pond, truth, everything), place, checks, counts[3], rng)
    print(f"power: {sum(counts)} failures, {lost} files lost or cut", flush=True)
