"""Folds that spill, under the smallest budget: killed in the middle, on a full disk, twice, and on any number of threads.

After each fault the next build gives the rows that a build without one gives, and nothing is left in the spill folder.
"""
import hashlib
import json
import os
import random
import signal

from ponds import Pond

FLOW = """sources: [{{files: {source}}}]
tables:
  texts: {{from: sources, keep: [uri], steps: [read_records]}}
  signed: {{from: texts, keep: [id, text], steps: [{{minhash: {{form: fast}}}}]}}
  near: {{from: signed, keep: [id, text, minhash], fold: {{dedup_minhash: {{keep: longest}}}}}}
  spans: {{from: texts, keep: [id, text], fold: {{dedup_spans: {{bytes: 60}}}}}}
  lines: {{from: texts, keep: [id, text], fold: {{dedup_lines: {{}}}}}}
"""
FOLDS = ("near", "spans", "lines")


def write_texts(path, count):
    """Lines of words by chance; every text borrows lines from texts before it."""
    rng = random.Random(11)
    words = ["".join(rng.choices("abcdefghijklmnop", k=rng.randint(2, 9))) for _ in range(4000)]
    known = []
    with open(path, "w") as file:
        for number in range(count):
            lines = []
            for _ in range(rng.randint(5, 40)):
                if known and rng.random() < 0.3:
                    lines.append(rng.choice(known))
                else:
                    lines.append(" ".join(rng.choices(words, k=rng.randint(4, 20))))
            known = (known + lines[:3])[-3000:]
            if number % 9 == 8:  # nearly the text before
                lines = before[:-1] + ["The end."]
            before = lines
            file.write(json.dumps({"id": f"t{number}", "text": "\n".join(lines)}) + "\n")


class FoldPond(Pond):
    def write_flow(self, *_):
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, "pond.yaml"), "w") as file:
            file.write(FLOW.format(source=json.dumps(self.source)))

    def fold(self, table, threads=2, env=None):
        return self.run("--memory", "64MB", "--threads", str(threads), "build", "--only", table, env=env)

    def digest(self, table):
        """All columns but the lineage's, in the table's order."""
        rows = self.json("sql", f"select * exclude (_row, _parent) from {table}")
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def bytes_of(self, table):
        """The data files' content, whatever their names."""
        found = []
        for folder, _, names in os.walk(os.path.join(self.root, table)):
            found += [os.path.join(folder, name) for name in names if name.endswith(".parquet")]
        return sorted(hashlib.sha256(open(path, "rb").read()).hexdigest() for path in found)

    def spilled(self):
        folder = os.path.join(self.root, "spill")
        return os.listdir(folder) if os.path.isdir(folder) else []


def spill_calls(place, pond, table, saved):
    """The numbers of the calls that write to the spill folder, and of all."""
    log = os.path.join(place.folder, f"log-{table}")
    done = pond.fold(table, env=place.fault(pond.root, calls="create,write", log=log))
    assert done.returncode == 0, done.stderr
    with open(log) as file:
        calls = [line.rstrip("\n").split("\t") for line in file]
    pond.restore(saved)
    return [int(number) for number, call, path, *_ in calls if "/spill" in path and call == "write"]


def grown(place, checks, count):
    """Rows that come later: the folds give what they give of all rows at once, and the rows of before stay first."""
    source = place.new_folder("growing")
    write_texts(os.path.join(source, "1.jsonl"), count)
    pond = FoldPond(place, place.new_folder("grown"), source)
    assert pond.init().returncode == 0 and pond.run("build").returncode == 0
    before = {table: pond.rows()[table] for table in FOLDS}
    with open(os.path.join(source, "1.jsonl")) as old, open(os.path.join(source, "2.jsonl"), "w") as new:
        for number, line in enumerate(old):
            row = json.loads(line)
            row["id"] += "-later"
            if number % 2:
                row["text"] += "\nAnd a line that nobody has seen, number %d, with words of its own." % number
            new.write(json.dumps(row) + "\n")
    assert pond.run("build").returncode == 0
    whole = FoldPond(place, place.new_folder("whole"), source)
    assert whole.init().returncode == 0 and whole.run("build").returncode == 0
    for table in FOLDS:
        checks.that(pond.digest(table) == whole.digest(table), f"{table}: grown, it is what all rows at once give")
        old = pond.json("sql", f"select count(*) as rows from {table} where id not like '%-later'")["rows"][0]["rows"]
        # `near` keeps the longest of a cluster, the others the first.
        checks.that(table == "near" or old == before[table], f"{table}: of {before[table]} rows of before {old} stay")


def run(place, checks, quick):
    grown(place, checks, 500 if quick else 3000)
    source = place.new_folder("texts")
    write_texts(os.path.join(source, "texts.jsonl"), 3000 if quick else 12000)
    pond = FoldPond(place, place.new_folder("folds"), source)
    assert pond.init().returncode == 0
    for table in ("texts", "signed"):
        done = pond.fold(table)
        assert done.returncode == 0, done.stderr
    saved = pond.save()
    faults = 0
    for table in FOLDS:
        pond.restore(saved)
        assert pond.fold(table).returncode == 0
        truth, files, rows = pond.digest(table), pond.bytes_of(table), pond.rows()[table]
        checks.that(0 < rows < pond.rows()["texts"] or table != "near", f"{table}: takes out some rows, not all: {rows}")
        checks.none(pond.spilled(), f"{table}: nothing stays in the spill folder")
        for threads in (1, 4):
            pond.restore(saved)
            checks.that(pond.fold(table, threads).returncode == 0 and pond.bytes_of(table) == files,
                        f"{table}: files on {threads} threads are the same, byte for byte")
        pond.restore(saved)
        calls = spill_calls(place, pond, table, saved)
        checks.that(len(calls) > 10, f"{table}: spills; writes: {len(calls)}")
        step = max(1, len(calls) // (3 if quick else 12))
        for number in calls[::step]:
            for action in ("kill", "ENOSPC"):
                faults += 1
                what = f"{table}: {action} at write {number}"
                pond.restore(saved)
                env = place.fault(pond.root, calls="create,write", at=number, action=action, sticky=action == "ENOSPC")
                done = pond.fold(table, env=env)
                if action == "kill":
                    checks.that(done.returncode == -signal.SIGKILL, f"{what}: it ended with {done.returncode}")
                else:
                    checks.that(done.returncode > 0 and "spill" in done.stderr and "No space" in done.stderr,
                                f"{what}: it says so: {done.returncode} {done.stderr[-300:]}")
                checks.none(pond.spilled(), f"{what}: the spill folder")
                checks.that(pond.rows().get(table, 0) == 0, f"{what}: nothing of it is in the table")
                done = pond.fold(table)
                checks.that(done.returncode == 0 and pond.digest(table) == truth, f"{what}: the next build: {done.stderr[-300:]}")
    print(f"folds: {faults} faults while spilling", flush=True)
