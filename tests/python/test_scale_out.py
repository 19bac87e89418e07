"""A build on a real Spark and on a real Ray makes the rows of the embedded build, one for one and in order."""

import json
import os
import random
import re
import subprocess
import sys
import unittest
from pathlib import Path

import millpond as mp
import numpy
import pyarrow as pa
from ponds import PondTest

DOCS = Path(__file__).resolve().parents[2] / "docs"
RECIPE = """sources: [{{files: {folder}/web.jsonl, name: web}}, {{files: {folder}/wiki.jsonl, name: wiki}}]
tables:
  texts: {{from: sources, keep: [source], steps: [read_records]}}
  training:
    from: texts
    keep: [id, text, source]
    curate: {{preset: gopher, gopher_quality: {{words_min: 20, letter_words_min: 0.5}}}}
  mixed: {{from: training, keep: [id, text, source], fold: {{mix: {{weights: ["web=0.5", "wiki=0.5"], epochs_max: 2}}}}}}
"""
CHAINS = """sources: [{{files: {folder}/web.jsonl, name: web}}, {{files: {folder}/wiki.jsonl, name: wiki}}]
tables:
  texts: {{from: sources, keep: [source], steps: [read_records]}}
  near:
    from: texts
    keep: [id, text, source]
    steps: [minhash]
    fold: {{dedup_minhash: {{keep: longest, drop: false}}}}
  taken: {{from: texts, keep: [id, text, source], fold: {{dsir: {{target: [wiki], words_min: 20}}}}}}
"""
REPEATS = """sources: [{{files: {folder}/web.jsonl, name: web}}, {{files: {folder}/wiki.jsonl, name: wiki}}]
tables:
  texts: {{from: sources, keep: [source], steps: [read_records]}}
  lines: {{from: texts, keep: [id, text], fold: {{dedup_lines: {{bytes_min: 20}}}}}}
  spans: {{from: texts, keep: [id, text], fold: {{dedup_spans: {{bytes: 60}}}}}}
  bloom: {{from: texts, keep: [id, text], fold: {{dedup_bloom: {{unit: line, words: 4, items: 2000, false_positives: 0.2}}}}}}
  vectors:
    sql: >
      select id, list_transform(range(16), i -> (sin((length(text) % 40) * 7 + i * 3) + 0.05 * cos((hash(id) % 1000)::int + i))::float)
      as embedding from texts order by id
  meanings: {{from: vectors, keep: [id, embedding], fold: {{dedup_semantic: {{groups: 5, similarity_min: 0.99, drop: false, by: id, keep: longest}}}}}}
"""
PYTHONPATH = os.pathsep.join([str(Path(mp.__file__).parents[1]), str(Path(__file__).parent)])


class ScaleOut(PondTest):
    def same_rows(self, one: mp.Pond, other: mp.Pond) -> None:
        for name in ("sources", "documents", "chunks", "unique", "longer"):
            a, b = one[name].scan().to_arrow(), other[name].scan().to_arrow()
            self.assertGreater(a.num_rows, 0)
            for column in a.column_names:
                if column == "embedding":  # texts are computed beside others
                    vectors = [numpy.array(each[column].to_pylist()) for each in (a, b)]
                    self.assertGreater(float((vectors[0] * vectors[1]).sum(axis=1).min()), 0.9999)
                elif column != "mtime_ns":  # the file system's, not made by the build
                    self.assertTrue(a[column].equals(b[column]), f"{name}.{column}")
        parts = [sorted(pond.sql("select uri, parts from counted").to_arrow().to_pydict().items()) for pond in (one, other)]
        self.assertEqual(*parts)
        rejects = [sorted((r["_parent"], r["step"], r["reason"]) for r in pond.rejects()) for pond in (one, other)]
        self.assertEqual(*rejects)
        self.assertEqual(len(rejects[0]), 1)

    def both_ways(self, build, engine: str) -> None:  # type: ignore[no-untyped-def]
        sources = self.notes("notes")
        embedded, scaled = self.pond("embedded", sources, threads=1), self.pond("scaled", sources)
        here, there = embedded.build(), build(scaled)
        counts = [[(t.table, t.rows_in, t.rows_out, t.rows_rejected, t.drops) for t in r.tables] for r in (here, there)]
        self.assertEqual(*counts)
        self.assertEqual([{run["engine"] for run in pond.runs()} for pond in (embedded, scaled)], [{"embedded"}, {engine}])
        self.same_rows(embedded, scaled)
        self.assertEqual(len(scaled["chunks"].history), 1)
        self.assertEqual(scaled.search("pears", k=3)[0].citation, embedded.search("pears", k=3)[0].citation)
        again = build(scaled)
        self.assertEqual([each.table for each in again.tables if each.changed], [])
        self.assertEqual(again.run, "")
        self.assertEqual(scaled.build().run, "")

        (sources / "n1.md").write_text("# Note 1\n\nQuite another text, about plums.\n")
        (sources / "n2.md").unlink()
        embedded.build()
        self.assertEqual(build(scaled)["documents"].rows_in, 1)
        for name in ("documents", "chunks", "unique"):
            ids = [sorted(row["_row"] for row in pond[name].scan(["_row"]).to_pylist()) for pond in (embedded, scaled)]
            self.assertEqual(*ids, name)


    def branch_with_blobs(self, build) -> None:  # type: ignore[no-untyped-def]
        """A branch of its own flow, whose rows refer to kept originals: `main` stays as it is, the bytes are the pond's."""
        sources = self.notes("originals", 5)
        pond = mp.open(self.folder / "lake", create=True)
        flow = f"version: 1\nsources:\n  - files: {sources}\ntables:\n  originals:\n    from: sources\n    keep: [uri]\n    steps: [{{}}]\n"
        (self.folder / "lake" / "pond.yaml").write_text(flow.format("keep_original"))
        pond.build()
        before = pond["originals"].scan().to_arrow()
        program = os.environ.get("MILLPOND", str(Path(__file__).parents[2] / "build/release/millpond"))
        subprocess.run([program, "--pond", self.folder / "lake", "branch", "trial"], check=True, capture_output=True)
        (sources / "n1.md").write_text("# Another\n\nText that only the branch has.\n")
        trial = mp.open(self.folder / "lake", branch="trial")
        self.assertTrue(build(trial)["originals"].changed)
        self.assertTrue(pond["originals"].scan().to_arrow().equals(before))
        rows = {row["uri"].rsplit("/", 1)[-1]: row["original"] for row in trial["originals"].scan().to_pylist()}
        self.assertEqual(len(rows), len(list(sources.iterdir())))
        for name, original in rows.items():
            sha256 = original["sha256"]
            kept = self.folder / "lake" / ".pond" / "blobs" / sha256[:2] / sha256
            self.assertEqual(kept.read_bytes(), (sources / name).read_bytes(), name)


    def recipe(self, build) -> None:  # type: ignore[no-untyped-def]
        """Filters, near-duplicates and a mix give the same rows, in the same order, and the same counts of what was dropped."""
        folder = self.folder / "corpus"
        folder.mkdir()
        texts = [part for page in sorted(DOCS.glob("*.md")) for part in page.read_text().split("\n## ")]
        for name, chosen in (("web", texts[::3] + texts[1::3]), ("wiki", texts[2::3])):
            rows = [{"id": f"{name}{i}", "text": text} for i, text in enumerate(chosen)]
            rows += [{"id": f"{name}{i}b", "text": text.replace(" the ", " that ", 1)} for i, text in enumerate(chosen[::7])]
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        embedded, scaled = self.pond("one", folder, RECIPE, threads=1), self.pond("many", folder, RECIPE)
        here, there = embedded.build(), build(scaled)
        counts = [[(t.table, t.rows_in, t.rows_out, t.rows_rejected, t.drops) for t in r.tables] for r in (here, there)]
        self.assertEqual(*counts)
        for name in ("training", "mixed"):
            a, b = embedded[name].scan().to_arrow(), scaled[name].scan().to_arrow()
            self.assertTrue(a.equals(b), name)
        self.assertTrue(any("gopher" in rule for table in here.tables for rule in table.drops))
        dropped = len(embedded["training_filtered"]) - len(embedded["training"])
        self.assertGreater(dropped, 10)
        self.assertGreater(max(row["copy"] for row in embedded["mixed"].scan(["copy"]).to_pylist()), 0)


    def chains(self, build) -> None:  # type: ignore[no-untyped-def]
        """Each text is near only the next, so clusters hang together over many places; no place sees most of the rows."""
        folder = self.folder / "chains"
        folder.mkdir()
        draw = random.Random(5)
        texts = []
        for _ in range(4):  # a window that moves over words: 40 texts in a chain
            words = [f"w{draw.randrange(100_000)}" for _ in range(120 + 40 * 4)]
            texts += [" ".join(words[4 * i : 4 * i + 120 + i % 3]) for i in range(40)]
        texts += [" ".join(f"w{draw.randrange(100_000)}" for _ in range(150)) for _ in range(140)]
        draw.shuffle(texts)
        for name, chosen in (("web", texts[:240]), ("wiki", texts[240:])):
            rows = [{"id": f"{name}{i}", "text": text} for i, text in enumerate(chosen)]
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        embedded, scaled = self.pond("here", folder, CHAINS, threads=1), self.pond("there", folder, CHAINS)
        embedded.build()
        with self.assertLogs("millpond", "INFO") as logs:
            build(scaled)
        for name in ("near", "taken"):
            a, b = embedded[name].scan().to_arrow(), scaled[name].scan().to_arrow()
            self.assertGreater(a.num_rows, 0)
            self.assertTrue(a.equals(b), name)
        sizes = [row["cluster_size"] for row in embedded["near"].scan(["cluster_size"]).to_pylist()]
        self.assertGreaterEqual(max(sizes), 15)
        passes = [re.match(r"(\w+): pass (\d+) saw (\d+) (\w+) in (\d+) places, the largest ([\d.]+) %", line.getMessage())
                  for line in logs.records]
        of_rows = [found for found in passes if found and found[4] == "rows"]
        self.assertEqual({found[1] for found in of_rows}, {"near", "taken"})
        for found in of_rows:
            self.assertEqual(int(found[3]), 300, found[0])
            self.assertLess(float(found[6]), 60, found[0])
        bands = next(found for found in passes if found and found[4] == "records")
        self.assertLess(float(bands[6]), 80, bands[0])


    def repeats(self, build) -> None:  # type: ignore[no-untyped-def]
        """Lines, spans, rows of words and vectors that lie in many texts are cut as in one place; no place sees most rows."""
        folder = self.folder / "repeats"
        folder.mkdir()
        draw = random.Random(6)
        lines = [" ".join(f"w{draw.randrange(60)}" for _ in range(draw.randrange(4, 30))) for _ in range(60)]
        texts = []
        for i in range(300):
            parts = [draw.choice(lines) if draw.random() < 0.4 else f"own {i} {draw.random()} " + draw.choice(lines)[draw.randrange(30):]
                     for _ in range(draw.randrange(1, 8))]
            texts.append(draw.choice(["\n", "\n\n", " caf\u00e9 "]).join(parts) if i % 17 else texts[i // 2] if texts else "")
        for name, chosen in (("web", texts[:240]), ("wiki", texts[240:])):
            rows = [{"id": f"{name}{i}", "text": text} for i, text in enumerate(chosen)]
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        embedded, scaled = self.pond("in-one", folder, REPEATS, threads=1), self.pond("in-many", folder, REPEATS)
        embedded.build()
        with self.assertLogs("millpond", "INFO") as logs:
            build(scaled)
        tables = ["lines", "spans", "bloom", "meanings"]
        for name in tables:
            a, b = embedded[name].scan().to_arrow(), scaled[name].scan().to_arrow()
            self.assertTrue(a.equals(b), name)
            column = "cluster_size" if name == "meanings" else "repeated_bytes"
            self.assertGreater(max(a[column].to_pylist()), 2, name)
        self.assertTrue(any("The filter is made for 2000" in line.getMessage() for line in logs.records))
        passes = [re.match(r"(\w+): pass (\d+) saw (\d+) (\w+) in (\d+) places, the largest ([\d.]+) %", line.getMessage())
                  for line in logs.records]
        of_rows = [found for found in passes if found and found[4] == "rows"]
        self.assertEqual({found[1] for found in of_rows}, set(tables))
        for found in of_rows:
            self.assertEqual(int(found[3]), len(embedded["texts"]), found[0])
            self.assertLess(float(found[6]), 80, found[0])  # of five splits in two places, three are in one
        of_records = {found[1]: found for found in reversed(passes) if found and found[4] == "records"}  # the first of each
        for name in tables:
            self.assertLess(float(of_records[name][6]), 80, of_records[name][0])


class Workers(PondTest):
    def test_what_workers_raise_ends_a_build_that_is_recorded(self) -> None:
        from millpond import _jobs

        pond = self.pond("failing", self.notes("failed", 1))

        def fail(job: _jobs.Job, splits: list[str]) -> list[str]:
            raise OSError(f"a worker is gone, with {len(splits)} splits")

        with self.assertRaisesRegex(OSError, "a worker is gone"):
            _jobs.build(pond, "ray", 2, fail, fail, False, None)
        runs = [run for run in pond.runs() if run["table"] == "documents"]
        self.assertEqual([run["status"] for run in runs], ["failed"])
        self.assertIn("a worker is gone", runs[0]["message"])
        self.assertEqual(pond.build()["documents"].rows_rejected, 1)


class Spark(ScaleOut):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise unittest.SkipTest("pyspark is not installed; run ./dev install --tests") from None
        os.environ["PYSPARK_PYTHON"] = sys.executable
        os.environ["PYTHONPATH"] = PYTHONPATH
        settings = {
            "spark.ui.enabled": "false",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.shuffle.partitions": "3",
        }
        builder = SparkSession.builder.master("local[2]").appName("millpond")
        for name, value in settings.items():
            builder = builder.config(name, value)
        cls.spark = builder.getOrCreate()
        cls.spark.sparkContext.setLogLevel("ERROR")
        cls.addClassCleanup(cls.spark.stop)

    def test_rows_are_those_of_the_embedded_build(self) -> None:
        import millpond.spark as mps

        self.both_ways(lambda pond: mps.build(self.spark, pond, splits=5), "spark")

    def test_a_recipe_makes_the_rows_of_the_embedded_build(self) -> None:
        import millpond.spark as mps

        self.recipe(lambda pond: mps.build(self.spark, pond, splits=5))

    def test_chains_over_many_places(self) -> None:
        import millpond.spark as mps

        self.chains(lambda pond: mps.build(self.spark, pond, splits=5))

    def test_repeats_over_many_places(self) -> None:
        import millpond.spark as mps

        self.repeats(lambda pond: mps.build(self.spark, pond, splits=5))

    def test_a_branch_with_blobs(self) -> None:
        import millpond.spark as mps

        self.branch_with_blobs(lambda pond: mps.build(self.spark, pond, splits=3))

    def test_operators_and_folds_over_a_data_frame(self) -> None:
        import millpond.spark as mps

        rows = [(1, "hello there"), (2, ""), (3, "Hello  there"), (4, "else")]
        frame = self.spark.createDataFrame(rows, "id long, text string").repartition(3)
        made = mps.map(frame, mp.operator("mean_word_length")).orderBy("id").collect()
        self.assertEqual([(row["id"], row["mean_word_chars"]) for row in made], [(1, 5.0), (3, 5.0), (4, 4.0)])
        fold = mp.fold("dedup_exact", by=["text"], normalise=True)
        kept = mps.fold(frame, fold, order_by="id").orderBy("id").collect()
        self.assertEqual([(row["id"], row["duplicates"]) for row in kept], [(1, 1), (2, 0), (4, 0)])
        self.assertEqual(kept[0].asDict().keys(), {"id", "text", "duplicates"})


class Ray(ScaleOut):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        try:
            import ray
            import ray.data
        except ImportError:
            raise unittest.SkipTest("ray is not installed; run ./dev install --tests") from None
        os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False,
                 object_store_memory=200_000_000, runtime_env={"env_vars": {"PYTHONPATH": PYTHONPATH}})
        ray.data.DataContext.get_current().enable_progress_bars = False
        cls.addClassCleanup(ray.shutdown)

    def test_rows_are_those_of_the_embedded_build(self) -> None:
        import millpond.ray as mpr

        self.both_ways(lambda pond: mpr.build(pond, splits=4), "ray")

    def test_chains_over_many_places(self) -> None:
        import millpond.ray as mpr

        self.chains(mpr.build)

    def test_repeats_over_many_places(self) -> None:
        import millpond.ray as mpr

        self.repeats(mpr.build)

    def test_a_branch_with_blobs(self) -> None:
        import millpond.ray as mpr

        self.branch_with_blobs(lambda pond: mpr.build(pond, splits=3))

    def test_a_recipe_makes_the_rows_of_the_embedded_build(self) -> None:
        import millpond.ray as mpr

        self.recipe(mpr.build)

    def test_operators_and_folds_over_a_dataset(self) -> None:
        import millpond.ray as mpr
        import ray.data

        table = pa.table({"id": [1, 2, 3, 4], "text": ["hello there", "", "Hello  there", "else"]})
        dataset = ray.data.from_arrow(table)
        made = sorted(mpr.map(dataset, mp.operator("mean_word_length")).take_all(), key=lambda row: row["id"])
        self.assertEqual([(row["id"], row["mean_word_chars"]) for row in made], [(1, 5.0), (3, 5.0), (4, 4.0)])
        fold = mp.fold("dedup_exact", by=["text"], normalise=True)
        kept = sorted(mpr.fold(dataset, fold, order_by="id").take_all(), key=lambda row: row["id"])
        self.assertEqual([(row["id"], row["duplicates"]) for row in kept], [(1, 1), (2, 0), (4, 0)])
