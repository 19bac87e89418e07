"""Files that change, grow, shrink, vanish, come back or become folders while a build reads them.

Each build ends well; one quiet build afterwards gives what a clean build gives.
"""
import os
import shutil
import signal
import threading
import time

from ponds import Pond, Truth, chance, problems_of, strays, write_corpus, write_source


class Mover:
    """Keeps changing the files of a folder until told to stop."""

    def __init__(self, source, seed):
        self.source, self.rng, self.over, self.moves = source, chance("mover", seed), False, 0
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while not self.over:
            self.moves += 1
            self.move(os.path.join(self.source, f"moving{self.rng.randrange(8)}.md"))
            time.sleep(0.001)

    def move(self, path):
        kind = self.rng.randrange(7)
        try:
            if os.path.isdir(path):
                shutil.rmtree(path)
            if kind == 0:
                os.unlink(path)
            elif kind == 1:
                os.truncate(path, self.rng.randrange(200))
            elif kind == 2:
                with open(path, "ab") as file:
                    file.write(b"\n\nThe millrace is longer now.\n" * self.rng.randrange(1, 50))
            elif kind == 3:
                os.rename(path, path + ".away.md")
                os.rename(path + ".away.md", path)
            elif kind == 4:
                os.unlink(path)
                os.makedirs(path)
            else:
                write_source(self.source, os.path.basename(path), self.moves, self.rng.randrange(1, 30))
                os.utime(path)
        except OSError:
            pass

    def end(self):
        self.over = True
        self.thread.join()


def prove_moving(place, checks, rounds):
    moves = builds = 0
    for i in range(rounds):
        source = place.new_folder("source")
        write_corpus(source, files=6, pdf=False)
        pond = Pond(place, place.new_folder("pond"), source)
        assert pond.init().returncode == 0
        mover = Mover(source, i)
        try:
            for _ in range(4):
                done = pond.build()
                builds += 1
                checks.that(done.returncode == 0, f"a build while files move: {done.returncode} {done.stdout[-500:]}{done.stderr}")
        finally:
            mover.end()
        moves += mover.moves
        done = pond.build()
        checks.that(done.returncode == 0, f"the quiet build: {done.returncode} {done.stdout[-500:]}{done.stderr}")
        checks.none(problems_of(pond, Truth(place, source), independent=True), "files that moved")
        checks.none(strays(pond), "files that moved, then maintain")
    print(f"moving_files: {moves} changes during {builds} builds", flush=True)


def between_hash_and_parse(place, checks, name, change, undo):
    """Stops a build after it committed its list of files, changes one, lets it go on, and undoes the change."""
    source = place.new_folder("source")
    write_corpus(source, files=4, pdf=False)
    path = write_source(source, "target.md", 0, 5)
    truth = Truth(place, source)
    pond = Pond(place, place.new_folder("pond"), source)
    assert pond.init().returncode == 0
    saved = pond.save()
    log = os.path.join(place.folder, f"log {name}")
    pond.run("build", env=place.fault(pond.root, log=log))
    pond.restore(saved)
    with open(log) as file:
        at = next(n for n, line in enumerate(file, 1) if "/tables/documents" in line)
    process = pond.start("build", "--json", env=place.fault(pond.root, at=at, action="stop"))
    pid, status = os.waitpid(process.pid, os.WUNTRACED)
    stopped = os.WIFSTOPPED(status)
    checks.that(stopped, f"{name}: the build was to stop between hashing and parsing")
    if not stopped:
        return
    change(path)
    os.kill(pid, signal.SIGCONT)
    out, err = process.communicate(timeout=120)
    checks.that(process.returncode == 0, f"{name}: the build: {process.returncode} {out[-500:]}{err}")
    rejects = pond.rejects()
    checks.that(len(rejects) == 1 and rejects[0][0].endswith("target.md") and rejects[0][2] in ("conflict", "not_found", "io_error", "invalid_argument"),
                f"{name}: one reject should name the file: {rejects}")
    undo(path)
    done = pond.build()
    checks.that(done.returncode == 0, f"{name}: the next build: {done.returncode} {done.stdout[-500:]}{done.stderr}")
    checks.none(problems_of(pond, truth, independent=True), f"{name}, undone")


def rewrite(path, version):
    write_source(os.path.dirname(path), os.path.basename(path), version, 5)


def into_folder(path):
    os.rename(path, path + ".away")
    os.makedirs(path)


def out_of_folder(path):
    os.rmdir(path)
    os.rename(path + ".away", path)


def gone_for_good(place, checks):
    """A reject of a file goes with the file."""
    source = place.new_folder("source")
    write_corpus(source, files=4, pdf=False)
    truth = Truth(place, source)
    with open(source + "/broken.pdf", "wb") as file:
        file.write(b"%PDF-1.7\nnothing more\n")
    pond = Pond(place, place.new_folder("pond"), source)
    assert pond.init().returncode == 0 and pond.build().returncode == 0
    checks.that(len(pond.rejects()) == 1, f"a broken file should be rejected: {pond.rejects()}")
    os.unlink(source + "/broken.pdf")
    assert pond.build().returncode == 0
    checks.none(problems_of(pond, truth, independent=True), "a rejected file that was deleted")


def vanished_source(place, checks):
    """A source that cannot be read keeps its rows, and the build says so."""
    source = place.new_folder("source")
    write_corpus(source, files=4, pdf=False)
    truth = Truth(place, source)
    pond = Pond(place, place.new_folder("pond"), source)
    assert pond.init().returncode == 0 and pond.build().returncode == 0
    os.rename(source, source + ".away")
    done = pond.build()
    checks.that(done.returncode != 0 and source in done.stdout, f"a source that is away: {done.returncode} {done.stdout[-600:]}")
    checks.none(problems_of(pond, truth), "a source that is away")
    os.rename(source + ".away", source)
    done = pond.build()
    checks.that(done.returncode == 0, f"a source that is back: {done.returncode} {done.stdout[-600:]}")
    checks.none(problems_of(pond, truth), "a source that is back")


def run(place, checks, quick):
    prove_moving(place, checks, 2 if quick else 10)
    between_hash_and_parse(place, checks, "changed and changed back", lambda path: rewrite(path, 1), lambda path: rewrite(path, 0))
    between_hash_and_parse(place, checks, "vanished and came back", lambda path: os.rename(path, path + ".away"),
                           lambda path: os.rename(path + ".away", path))
    between_hash_and_parse(place, checks, "became a folder and a file again", into_folder, out_of_folder)
    gone_for_good(place, checks)
    vanished_source(place, checks)
