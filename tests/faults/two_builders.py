"""Several builds of one pond at once, with the lock and without it, while searches look on."""
import json
import threading
import time

from ponds import MARK, Pond, Truth, change_corpus, problems_of, strays, write_corpus


class Searches:
    """Searches again and again; each must see one whole state, the old or the new."""

    def __init__(self, pond, states):
        self.pond, self.states, self.wrong, self.done, self.over = pond, states, [], 0, False
        self.thread = threading.Thread(target=self.search)
        self.thread.start()

    def search(self):
        while not self.over:
            found = self.pond.run("search", MARK, "--by", "words", "--limit", "1000", "--json")
            self.done += 1
            try:
                hits = json.loads(found.stdout)["hits"]
            except (ValueError, KeyError):
                self.wrong.append(f"status {found.returncode}: {found.stdout[-300:]}{found.stderr[-300:]}")
                continue
            if sorted((hit["uri"], hit["text"]) for hit in hits) not in self.states:
                self.wrong.append(f"a search saw {len(hits)} passages, of no state")

    def end(self):
        self.over = True
        self.thread.join()


def build_at_once(place, checks, pond, builders, locked, what):
    env = place.fault(pond.root)
    if not locked:
        env["FAULT_NO_LOCKS"] = "1"
    processes = []
    for _ in range(builders):
        processes.append(pond.start("build", "--json", env=env))
        time.sleep(0.01)
    for process in processes:
        out, err = process.communicate(timeout=120)
        checks.that(process.returncode == 0, f"{what}: a build ended with {process.returncode}: {out[-500:]}{err[-300:]}")


def run(place, checks, quick):
    source = place.new_folder("source")
    write_corpus(source)
    # One file that no parser takes, so that the table of rejects has two writers as well.
    with open(source + "/broken.pdf", "wb") as file:
        file.write(b"%PDF-1.7\nnothing more\n")
    old = Truth(place, source)
    empty = Pond(place, place.new_folder("pond"), source)
    assert empty.init().returncode == 0
    nothing = empty.save()
    rounds = 2 if quick else 6
    for i in range(rounds):
        for locked in (True, False):
            empty.restore(nothing)
            what = f"first build by {2 + i % 3}, {'with' if locked else 'without'} the lock"
            build_at_once(place, checks, empty, 2 + i % 3, locked, what)
            checks.none(problems_of(empty, old, independent=True), what)
            done = empty.build()
            checks.that(done.returncode == 0, what + ", then a build: " + done.stdout[-300:])
            checks.none(problems_of(empty, old, independent=True), what + ", then a build")

    change_corpus(source)
    new = Truth(place, source)
    pond = old.pond
    saved = pond.save()
    searched = 0
    for i in range(rounds):
        for locked in (True, False):
            pond.restore(saved)
            what = f"edits by {2 + i % 3}, {'with' if locked else 'without'} the lock"
            searches = Searches(pond, (old.content, new.content))
            try:
                build_at_once(place, checks, pond, 2 + i % 3, locked, what)
            finally:
                searches.end()
            searched += searches.done
            checks.none(searches.wrong, what)
            checks.none(problems_of(pond, new, independent=True), what)
    checks.none(strays(pond) + problems_of(pond, new, independent=True), "edits, then maintain")

    # Maintenance beside a build, and searches beside both.
    for i in range(1 if quick else 4):
        pond.restore(saved)
        searches = Searches(pond, (old.content, new.content))
        try:
            tidy = pond.start("maintain", "--json")
            build_at_once(place, checks, pond, 2, i % 2 == 0, "edits beside maintenance")
            out, err = tidy.communicate(timeout=120)
            # Losing to a build is no fault, as long as it says so.
            checks.that(tidy.returncode == 0 or "conflict" in out, f"maintenance beside builds: {tidy.returncode} {out}{err}")
        finally:
            searches.end()
        searched += searches.done
        checks.none(searches.wrong, "searches beside maintenance")
        checks.none(problems_of(pond, new, independent=True), "edits beside maintenance")
    print(f"two_builders: {4 * rounds} rounds of 2 to 4 builds, {searched} searches meanwhile", flush=True)
