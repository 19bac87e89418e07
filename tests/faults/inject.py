"""EIO and ENOSPC at each call by which a build changes the pond, and EIO at its reads.

The command ends with a message that names what failed, or it did its work all the same; the next build completes.
"""
import json
import os

from kill9 import Scenario
from ponds import Pond, Truth, change_corpus, problems_of, strays, write_corpus


def spoken(done, pond):
    """What is wrong with how a command that failed ended; empty if it is as it should be."""
    if done.returncode < 0:
        return [f"ended by signal {-done.returncode}"]
    if done.returncode == 0:
        return []
    try:
        error = json.loads(done.stdout)["error"]
    except (ValueError, KeyError):
        return [f"status {done.returncode} without an error in JSON: {done.stdout[-300:]}{done.stderr[-300:]}"]
    wrong = []
    if error["code"] == "internal":
        wrong.append("blames itself: " + error["message"])
    if pond.root not in error["message"]:
        wrong.append("names no file: " + error["message"])
    return wrong


def prove(place, checks, pond, truth, saved, command, faults):
    failed = 0
    for i, (calls, number, call, action, sticky) in enumerate(faults):
        pond.restore(saved)
        done = pond.run(*command, "--json", env=place.fault(pond.root, calls=calls, at=number, action=action, sticky=sticky))
        failed += done.returncode != 0
        what = f"{command[0]}, {action} at {call} {number}{' and all later' if sticky else ''}"
        checks.none(spoken(done, pond), what)
        done = pond.build()
        if not checks.that(done.returncode == 0, f"{what}: the next build: {done.returncode} {done.stdout[-600:]}{done.stderr}"):
            continue
        if checks.none(problems_of(pond, truth, independent=i % 10 == 0), what) and i % 20 == 0:
            checks.none(strays(pond), what + ", then maintain")
    return failed


def read_calls(place, pond, command):
    log = os.path.join(place.folder, "log read")
    pond.run(*command, env=place.fault(pond.root, calls="read", log=log))
    with open(log) as file:
        return sum(1 for _ in file)


def faults_of(scenario, quick):
    """Both errors at every call; for a sample also a disk that stays full."""
    step = max(1, len(scenario.calls) // 8) if quick else 1
    faults = []
    for number in range(1, len(scenario.calls) + 1, step):
        call = scenario.calls[number - 1]
        faults.append((None, number, call, "EIO", False))
        faults.append((None, number, call, "ENOSPC", (number // step) % 4 == 0))
    return faults


def run(place, checks, quick):
    source = place.new_folder("source")
    write_corpus(source, files=6)
    truth = Truth(place, source)
    empty = Pond(place, place.new_folder("pond"), source)
    assert empty.init().returncode == 0
    pond = truth.pond
    total = failed = 0
    first = Scenario(place, "first build, faults", empty, truth)
    faults = faults_of(first, quick)[:: 1 if quick else 3]
    failed += prove(place, checks, empty, truth, first.saved, ("build",), faults)
    total += len(faults)

    change_corpus(source, files=6)
    truth = Truth(place, source)
    edited = Scenario(place, "edits and deletes, faults", pond, truth)
    faults = faults_of(edited, quick)
    failed += prove(place, checks, pond, truth, edited.saved, ("build",), faults)
    total += len(faults)

    pond.restore(edited.saved)
    reads = read_calls(place, pond, ("build",))
    faults = [("read", number, "read", "EIO", False) for number in range(1, reads + 1, max(1, reads // (6 if quick else 100)))]
    failed += prove(place, checks, pond, truth, edited.saved, ("build",), faults)
    total += len(faults)
    print(f"inject: {total} injections, {failed} commands failed and said so, {total - failed} did their work all the same", flush=True)
