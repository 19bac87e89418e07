"""kill -9 of builds, of set-ups and of maintenance: at random moments, and right at the calls that write.

After each kill a build is run as if nothing had been; then the pond holds what a clean build of the same files holds.
"""
import os
import signal
import subprocess
import time

from ponds import Broken, Pond, Truth, chance, change_corpus, problems_of, strays, write_corpus, write_source


class Scenario:
    """A pond before its build, the build's command, and what must come of it."""

    def __init__(self, place, name, pond, truth, command=("build",)):
        self.place, self.name, self.pond, self.truth, self.command = place, name, pond, truth, command
        self.saved = pond.save()
        began = time.monotonic()
        done = pond.run(*command)
        self.seconds = time.monotonic() - began
        assert done.returncode == 0, done.stderr
        pond.restore(self.saved)
        log = os.path.join(place.folder, f"log {name}")
        pond.run(*command, env=place.fault(pond.root, log=log))
        with open(log) as file:
            self.calls = [line.split("\t")[1] for line in file]

    def kill_after(self, pond, seconds):
        process = pond.start(*self.command)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def kill_at(self, pond, call):
        return pond.run(*self.command, env=self.place.fault(pond.root, at=call)).returncode == -signal.SIGKILL

    def prove(self, checks, kills, by_call, rng):
        """Kills spread evenly over the build, each on a fresh copy, some twice in a row."""
        killed = 0
        for i in range(kills):
            pond = self.pond
            pond.restore(self.saved)
            for _ in range(1 if i % 4 else 2):
                if by_call:
                    where = 1 + (i * len(self.calls) // kills + rng.randrange(1 + len(self.calls) // kills)) % len(self.calls)
                    killed += self.kill_at(pond, where)
                    place = f"call {where} ({self.calls[where - 1]})"
                else:
                    where = self.seconds * (i + rng.random()) / kills
                    killed += self.kill_after(pond, where)
                    place = f"{where * 1000:.0f} ms"
            what = f"{self.name}, killed at {place}"
            done = pond.build()
            if not checks.that(done.returncode == 0, f"{what}: the next build: {done.returncode} {done.stdout[-600:]}{done.stderr}"):
                continue
            if not checks.none(problems_of(pond, self.truth, independent=i % 3 == 0), what):
                continue
            if i % 5 == 0:
                checks.none(strays(pond) + problems_of(pond, self.truth, independent=True), what + ", then maintain")
        return killed


def kill_init(place, checks, source, truth, kills):
    """A half-made pond is made whole by `init`, or is none."""
    log = os.path.join(place.folder, "log-init")
    Pond(place, place.new_folder("init"), source)
    folder = place.new_folder("init")
    probe = Pond(place, folder, source)
    probe.init(env=place.fault(folder, log=log))
    with open(log) as file:
        calls = len(file.readlines())
    killed = 0
    for i in range(kills):
        where = 1 + i * calls // kills
        pond = Pond(place, place.new_folder("init"), source)
        killed += pond.init(env=place.fault(pond.folder, at=where)).returncode == -signal.SIGKILL
        done = pond.init()
        whole = done.returncode == 0 or "already" in done.stderr
        done = pond.build() if whole else done
        checks.that(done.returncode == 0, f"init, killed at call {where}: {done.stdout}{done.stderr}")
        if done.returncode == 0:
            checks.none(problems_of(pond, truth), f"init, killed at call {where}")
    return killed


def workers_end(place, checks, pond):
    """The processes that parse end with the build that was killed."""
    process = pond.start("build")
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        left = subprocess.run(["pgrep", "-f", "^" + place.binary + " extract-worker"], capture_output=True, text=True).stdout.split()
        left = [pid for pid in left if parent_of(pid) in (1, process.pid)]
        if not left:
            break
        time.sleep(0.1)
    checks.that(not left, f"workers outlive a killed build: {left}")


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def run(place, checks, quick):
    rng = chance("kill9")
    source = place.new_folder("source")
    write_corpus(source)
    truth = Truth(place, source)
    empty = Pond(place, place.new_folder("pond"), source)
    assert empty.init().returncode == 0
    first = Scenario(place, "first build", empty, truth)
    killed = first.prove(checks, 8 if quick else 50, True, rng)
    killed += first.prove(checks, 6 if quick else 30, False, rng)
    killed += kill_init(place, checks, source, truth, 6 if quick else 20)
    empty.restore(first.saved)
    workers_end(place, checks, empty)

    pond = truth.pond  # built from the files as they were
    change_corpus(source)
    truth = Truth(place, source)
    edited = Scenario(place, "edits and deletes", pond, truth)
    killed += edited.prove(checks, 8 if quick else 50, True, rng)
    killed += edited.prove(checks, 4 if quick else 20, False, rng)

    pond = truth.pond
    pond.write_flow(tokens=64)
    rebuilt = Scenario(place, "another option", pond, Truth(place, source, tokens=64))
    killed += rebuilt.prove(checks, 6 if quick else 30, True, rng)
    killed += rebuilt.prove(checks, 2 if quick else 10, False, rng)

    make_small_commits(pond)
    everything = ("maintain", "--keep-snapshots", "1", "--keep-days", "0", "--orphan-hours", "0")
    tidied = Scenario(place, "maintain", pond, Truth(place, source, tokens=64), everything)
    killed += tidied.prove(checks, 6 if quick else 30, True, rng)
    killed += kill_embedding(place, checks, 4 if quick else 12, rng)
    if place.reader is None:
        checks.skip("the independent reader after kills", "PyIceberg is not installed")
    print(f"kill9: {killed} kills", flush=True)


def kill_embedding(place, checks, kills, rng):
    """With the model, whose work is what a kill would be dear to lose."""
    source = place.new_folder("source")
    write_corpus(source, files=6)
    pond = Pond(place, place.new_folder("embedding"), source, embed=True)
    assert pond.init().returncode == 0
    try:
        scenario = Scenario(place, "with embedding", pond, Truth(place, source, embed=True))
    except Broken as failure:
        checks.skip("kills while embedding", str(failure).replace("\n", " ")[-200:])
        return 0
    return scenario.prove(checks, kills // 2, True, rng) + scenario.prove(checks, kills - kills // 2, False, rng)


def make_small_commits(pond):
    """So that there is something to compact, to expire and to merge."""
    for version in range(2, 6):
        write_source(pond.source, "part0/file0.md", version, 3)
        write_source(pond.source, f"more/extra{version}.md", version, 2)
        assert pond.build().returncode == 0
