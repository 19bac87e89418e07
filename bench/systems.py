"""The systems that do the whole job: each is made for one folder and one store, and driven as processes."""

import json
import os
import pathlib
import re
import shutil
import signal

import measure
from measure import PEERS, ROOT, Pond, median, run

HERE = ROOT / "bench" / "whole_job"


class Millpond:
    name, repeats = "millpond", 5

    def __init__(self, store, corpus, model=True):
        self.corpus, self.model = corpus, model
        self.pond = Pond(store, None if model else measure.without_model)
        self.pond.add(corpus)
        self.setup_seconds = self.pond.seconds_to_make

    def build(self, **how):
        return self.pond.build(**how)[0]

    def rows(self, marker=""):
        return run([PEERS / "tables/bin/python", HERE / "pond_rows.py", self.pond.folder, self.corpus, marker]).json()

    def query(self, questions, rounds=3):
        asked = self.pond.folder / "questions"
        asked.write_text("warm up\n" + (questions.read_text() * rounds))
        lines = [json.loads(line) for line in self.pond.call("--json", "search", "--queries", asked).out.splitlines()][1:]
        hits = {line["query"]: [os.path.relpath(hit["uri"].removeprefix("file://"), self.corpus) for hit in line["hits"]] for line in lines}
        return {"with_embedding_ms": median(line["embed_ms"] + line["search_ms"] for line in lines),
                "without_embedding_ms": median(line["search_ms"] for line in lines), "hits": hits}

    def close(self):
        shutil.rmtree(self.pond.folder)

    @staticmethod
    def install_mb():
        """The program, its plug-ins, what they load, and the model."""
        program = pathlib.Path(measure.MILLPOND)
        parts = [program, *program.parent.rglob("*.so")]
        linked = set()
        for part in parts:
            for path in re.findall(r"=> (/\S+)", run(["ldd", part]).out):
                if ROOT not in (real := pathlib.Path(path).resolve()).parents:
                    linked.add(real)
        kept = [p for p in (ROOT / ".deps/packages").rglob("*") if p.is_file() and not p.is_symlink()]
        return sum(p.stat().st_size for p in [*parts, *linked, *kept]) / 1e6


class Peer:
    setup_seconds = 0.0

    def __init__(self, name, store, corpus, model=True, repeats=1):
        self.name, self.store, self.repeats = name, pathlib.Path(store), repeats
        self.command = [PEERS / name / "bin/python", HERE / f"{name}_app.py"]
        self.where = ["--corpus", corpus, "--store", store] + ([] if model else ["--no-model"])

    def build(self, **how):
        return run([*self.command, "build", *self.where], cwd=HERE, **how)

    def _answer(self, *words):
        return json.loads(run([*self.command, *words, *self.where], cwd=HERE).out.splitlines()[-1])

    def rows(self, marker=""):
        return self._answer("rows", "--marker", marker)

    def query(self, questions, rounds=3):
        return self._answer("query", "--questions", questions, "--rounds", str(rounds))

    def close(self):
        for left in self.store.rglob("postmaster.pid"):  # the database that Pixeltable starts outlives a killed process
            try:
                os.kill(int(left.read_text().split()[0]), signal.SIGINT)
            except (OSError, ValueError):
                pass
        shutil.rmtree(self.store, ignore_errors=True)

    def install_mb(self):
        folders = [PEERS / self.name, PEERS / "torch"]
        return sum(p.stat().st_size for f in folders for p in f.rglob("*") if p.is_file() and not p.is_symlink()) / 1e6
