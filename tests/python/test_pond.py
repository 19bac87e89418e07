import datetime as dt
import http.server
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest
from typing import Any

import millpond as mp
from ponds import FLOW, HANDBOOK, PondTest


class Import(unittest.TestCase):
    def test_is_quick_and_leaves_arrow_for_later(self) -> None:
        program = (
            "import sys, time; t = time.process_time(); import millpond; t = time.process_time() - t; "
            "assert 'pyarrow' not in sys.modules and 'numpy' not in sys.modules; print(t)"
        )
        taken = [float(subprocess.check_output([sys.executable, "-c", program])) for _ in range(3)]
        self.assertLess(min(taken), 0.1)


class Building(PondTest):
    def test_from_a_folder_to_a_cited_answer(self) -> None:
        pond = mp.open(self.folder / "answers", create=True)
        sources = self.handbook()
        self.assertEqual(pond.add(sources), [str(sources)])
        self.assertEqual(pond.add(sources), [])
        seen: list[mp.Progress] = []
        report = pond.build(progress=seen.append)
        self.assertEqual(report["documents"].rows_out, 3)
        self.assertIn("chunks", {each.phase for each in seen})
        self.assertFalse(pond.build().run)
        self.assertEqual({"chunks", "documents", "sources"} - set(pond.tables()), set())

        found = pond.search("notice period", k=2)
        self.assertIn("notice period", found[0].text.lower())
        answer = pond.ask("How long is the notice period?")
        self.assertEqual(answer.kind, "quoted")
        self.assertIn("three months", str(answer))
        self.assertIn(answer.citations[0].quotes[0], answer.citations[0].passage.text)
        self.assertFalse(pond.ask("Which planet has the largest moon?"))

        shown = pond.show(answer.citations[0])
        self.assertEqual([each.table for each in shown.lineage], ["chunks", "documents", "sources"])
        self.assertEqual(shown.lineage[0].steps[0].step, "chunk")
        self.assertEqual(shown.lineage[2].values["path"], str(sources / "employment.md"))
        self.assertEqual(pond.runs()[0]["status"], "ok")

        before = pond["chunks"].snapshot
        (sources / "employment.md").write_text("# Employment\n\nThe notice period is one day.\n")
        pond.build()
        self.assertIn("one day", str(pond.ask("How long is the notice period?")))
        self.assertIn("three months", str(pond.ask("How long is the notice period?", at=before)))

    def test_a_branch_has_rows_of_its_own(self) -> None:
        pond = self.pond("branched", self.notes("branching", 1))
        pond.build()
        with self.assertRaises(mp.NotFoundError):
            mp.open(pond.path, branch="trial")
        program = os.environ.get("MILLPOND", str(HANDBOOK.parents[2] / "build/release/millpond"))
        if not os.path.exists(program):
            self.skipTest("the program is not built: ./dev build")
        subprocess.check_call([program, "branch", "trial"], cwd=pond.path, stdout=subprocess.DEVNULL)
        trial = mp.open(pond.path, branch="trial")
        self.assertEqual((trial.branch, pond.branch, trial.flow_file), ("trial", "", pond.path / "pond.yaml"))
        own = pond.path / "pond.trial.yaml"
        own.write_text(pond.flow_file.read_text().replace("tokens > 12", "tokens > 4"))
        self.assertEqual(trial.flow_file, own)
        main, rows = pond["longer"].snapshot, len(pond["longer"])
        trial.build()
        self.assertGreater(len(trial["longer"]), rows)
        self.assertEqual((pond["longer"].snapshot, len(pond["longer"])), (main, rows))
        self.assertEqual(trial.sql("select count(*) as n from longer").to_pylist(), [{"n": len(trial["longer"])}])
        self.assertEqual({run["engine"] for run in trial.runs()}, {"embedded"})
        self.assertEqual(mp.open(pond.path, branch="main").branch, "")

    def test_sql_reads_the_tables_and_changes_them_only_when_told(self) -> None:
        pond = self.pond("queries", self.notes("queried", 1))
        report = pond.build()
        self.assertIn("it groups rows", report["counted"].how)
        chunks = len(pond["chunks"])
        self.assertEqual(pond.sql("select count(*) as n from chunks").to_pylist(), [{"n": chunks}])
        self.assertEqual(pond.sql("select sum(parts)::bigint as n from counted").to_pylist(), [{"n": chunks}])
        before = pond["chunks"].snapshot
        with self.assertRaises(mp.PermissionDeniedError):
            pond.sql("create table mine as select 1 as id")
        self.assertEqual(len(pond.sql("create table mine as select 1 as id", write=True).to_pylist()), 1)
        self.assertEqual(pond["mine"].scan().to_pylist(), [{"id": 1}])
        (self.folder / "queried" / "n0.md").unlink()
        pond.build()
        self.assertEqual(pond.sql("select count(*) as n from chunks", at=before).to_pylist(), [{"n": chunks}])
        shown = pond.show(pond["longer"].scan(["_row"]).to_pylist()[0]["_row"].hex())
        self.assertEqual([each.table for each in shown.lineage], ["longer", "chunks", "documents", "sources"])

    def test_a_reject_is_told(self) -> None:
        pond = self.pond("rejects", self.notes("rejected", 1))
        self.assertEqual(pond.build()["documents"].rows_rejected, 1)
        self.assertTrue(pond.rejects()[0]["uri"].endswith("bad.pdf"))

    def test_what_progress_raises_stops_the_build_and_is_raised(self) -> None:
        pond = self.pond("raising", self.notes("raised", 1))

        def stop(progress: mp.Progress) -> None:
            if progress.phase == "documents":
                raise RuntimeError("enough")

        with self.assertRaisesRegex(RuntimeError, "enough"):
            pond.build(progress=stop)
        self.assertEqual(pond.build()["documents"].rows_out, 4)

    def test_an_interrupt_stops_a_build_and_the_next_goes_on(self) -> None:
        pond = self.pond("interrupted", self.notes("interrupts", 1))

        def interrupt(progress: mp.Progress) -> None:
            if progress.phase == "chunks" and not progress.rows:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.3)

        # A shell has background jobs ignore it.
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        with self.assertRaises(KeyboardInterrupt):
            pond.build(progress=interrupt)
        self.assertGreater(pond.build()["chunks"].rows_out, 0)

    def test_other_threads_run_meanwhile(self) -> None:
        pond = self.pond("threads", self.notes("threaded", 2))
        ticks = 0
        done = threading.Event()

        def tick() -> None:
            nonlocal ticks
            while not done.wait(0.002):
                ticks += 1

        thread = threading.Thread(target=tick)
        thread.start()
        pond.build()
        done.set()
        thread.join()
        self.assertGreater(ticks, 10)

    def test_signs_context_and_rerankers_of_a_search(self) -> None:
        pond = self.pond("asked", self.notes("ask"))
        pond.build()
        self.assertEqual(len(pond.search('"period notice"', syntax=True)), 0)
        self.assertGreater(len(pond.search('"period notice"')), 0)
        plain = pond.search("notice period", k=3)
        self.assertEqual([each.before + each.after for each in plain], ["", "", ""])
        self.assertAlmostEqual(plain.words_weight + plain.vector_weight + plain.feedback_weight, 1)
        around = pond.search("pears", k=12, context="section")
        sections = [(each.document, *each.heading_path) for each in around]
        self.assertEqual(len(set(sections)), len(sections), "a section is given once")
        varied = pond.search("pears", k=3, diverse=1.0)
        self.assertEqual(len({each.text for each in varied}), 3)
        unread = pond.search("notice period", k=3, rerank=False)
        self.assertEqual([each.citation for each in unread], [each.citation for each in plain])
        with self.assertRaises(mp.NotFoundError):
            pond.search("notice period", rerank="/no/such/model")
        with self.assertRaises(ValueError):
            pond.search("notice period", context="page")  # type: ignore[arg-type]

    def test_the_parent_of_a_part_is_given_once(self) -> None:
        flow = FLOW.replace("chunk: {{tokens_max: 24, tokens_min: 4}}", "chunk: {{by: hierarchical, tokens_max: 20, tokens_min: 4}}")
        sources = self.notes("parents", 2)
        words = [f"Pears of kind {i} are picked in week {i} of the year." for i in range(9)]
        (sources / "long.md").write_text("# Orchard\n\n" + " ".join(words) + "\n")
        pond = self.pond("parented", sources, flow)
        pond.build()
        plain = pond.search("pears of kind 4 picked in week 4", k=12)
        around = pond.search("pears of kind 4 picked in week 4", k=12, context="parent")
        parts = [each for each in plain if each.uri.endswith("long.md")]
        given = [each for each in around if each.uri.endswith("long.md")]
        self.assertGreater(len(parts), len(given))
        told = [word for word in words if any(word in each.in_context for each in given)]
        self.assertEqual(told, words, "parents hold what their parts leave out")
        for word in words:
            self.assertLessEqual(sum(word in each.in_context for each in given), 1, word)

    def test_a_service_reads_the_first_hits_again(self) -> None:
        pond = self.pond("reread", self.notes("reading"))
        pond.build()
        usual = pond.search("notice period", k=6)
        asked: list[dict[str, Any]] = []

        class Backwards(http.server.BaseHTTPRequestHandler):
            """The form of Text Embeddings Inference; the later a passage comes, the better."""

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                asked.append(body)
                known = "texts" in body and self.path == "/v1/rerank"
                answer: object = {"error": "missing field `texts`"}
                if known:
                    answer = [{"index": i, "score": i - 2.5} for i in range(len(body["texts"]))][::-1]
                sent = json.dumps(answer).encode()
                self.send_response(200 if known else 422)
                self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *_: object) -> None:
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Backwards) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}/v1"
            ranking = f'ranking: {{rerank: judge, rerank_url: "{url}", rerank_top: 4}}'
            flow = pond.flow_file
            flow.write_text(flow.read_text().replace("vector: embedding}", f"vector: embedding, {ranking}}}"))
            pond = mp.open(pond.path)
            self.assertFalse(pond.build().run, "how hits are ordered is no reason to build again")
            found = pond.search('"notice period" -kangaroo notice period', k=6, syntax=True)
            self.assertEqual(found.reranker, "judge")
            found = pond.search("notice period", k=6)
            server.shutdown()
        self.assertEqual([set(each) & {"documents", "texts"} for each in asked], [{"documents"}, {"texts"}, {"texts"}])
        self.assertNotIn('"', asked[0]["query"])
        self.assertEqual(asked[0]["top_n"], len(asked[0]["documents"]))
        self.assertEqual(len(asked[2]["texts"]), 4)
        order = [each.citation for each in usual]
        self.assertEqual([each.citation for each in found], [*order[3::-1], *order[4:]])
        self.assertEqual([each.found_rank for each in found], [4, 3, 2, 1, 0, 0])
        self.assertEqual(found[0].rerank_score, 0.5)
        scores = [each.score for each in found]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual([each.citation for each in pond.search("notice period", k=6, rerank=False)], order)
        with self.assertRaises(mp.UnavailableError):
            pond.search("notice period")

    def test_a_condition_narrows_a_search(self) -> None:
        pond = self.pond("narrowed", self.notes("narrow"))
        pond.build()
        everything = pond.search("pears", k=50)
        self.assertEqual(everything.matching, everything.rows)
        uris = sorted({each.uri for each in everything})
        for where in (mp.col("uri") == uris[0], f"uri = '{uris[0]}'", f"lower(uri) = '{uris[0].lower()}'"):
            found = pond.search("pears", k=50, where=where)
            self.assertEqual({each.uri for each in found}, {uris[0]})
            self.assertEqual(found.matching, len(found))
        one = (mp.col("ordinal") < 1) & ~mp.col("uri").is_in(uris[1:]) & mp.col("text").contains("o")
        self.assertEqual({each.uri for each in pond.search("pears", k=50, where=one)}, {uris[0]})
        words = {each.citation: each.words_score for each in pond.search("pears", k=50, by="words")}
        for each in pond.search("pears", k=50, by="words", where=one):
            self.assertEqual(each.words_score, words[each.citation])
        self.assertFalse(pond.ask("What is more text about?", where="ordinal > 1000"))
        for wrong in ("nix = 1", "text in (select text from documents)"):
            with self.assertRaises((mp.InvalidArgumentError, mp.PermissionDeniedError)):
                pond.search("pears", where=wrong)

    def test_vectors_of_another_model_are_refused(self) -> None:
        pond = self.pond("swapped", self.handbook("swap"))
        pond.build()
        self.assertTrue(pond.search("notice period", by="vector"))

        class Other(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                texts = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
                texts = [texts] if isinstance(texts, str) else texts
                data = [
                    {"index": i, "embedding": [random.Random(f"{text}{d}").gauss(0, 1) for d in range(384)]}
                    for i, text in enumerate(texts)
                ]
                body = json.dumps({"data": data}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *_: object) -> None:
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            flow = pond.flow_file
            service = f'embed: {{model: other, dimensions: 384, url: "http://127.0.0.1:{server.server_port}/v1"}}'
            flow.write_text(flow.read_text().replace("embed: {model: minilm-l6}", service))
            with self.assertRaisesRegex(mp.InvalidArgumentError, "not made by the model"):
                mp.open(self.folder / "swapped").search("notice period")
            self.assertTrue(mp.open(self.folder / "swapped").search("notice period", by="words"))
            server.shutdown()

    def test_searches_from_several_threads(self) -> None:
        pond = self.pond("searching", self.handbook("searched"))
        pond.build()
        results: list[str] = []

        def search() -> None:
            results.append(pond.search("notice period", k=1)[0].citation)

        threads = [threading.Thread(target=search) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(results), 4)
        self.assertEqual(len(set(results)), 1)


class Errors(PondTest):
    def test_each_code_has_a_class(self) -> None:
        from millpond import _errors

        self.assertEqual(len(_errors.BY_CODE), 14)
        for code, kind in _errors.BY_CODE.items():
            self.assertIs(getattr(mp, kind.__name__), kind, code)

    def test_they_say_what_to_do(self) -> None:
        with self.assertRaises(mp.NotFoundError) as raised:
            mp.Pond(self.folder)
        self.assertIn("mp.init", raised.exception.hint)
        pond = mp.init(self.folder / "errors")
        with self.assertRaises(mp.AlreadyExistsError):
            mp.init(self.folder / "errors")
        with self.assertRaises(LookupError) as missing:
            pond.table("nothing")
        self.assertIsInstance(missing.exception, mp.Error)
        self.assertEqual(missing.exception.code, "not_found")
        self.assertEqual(missing.exception.http_status, 404)
        pond.flow_file.write_text("version: 1\ntables:\n  a: {from: sources, steps: [chonk]}\n")
        with self.assertRaises(mp.NotFoundError) as flawed:
            pond.build()
        self.assertIn("pond.yaml:3", str(flawed.exception))

    def test_a_time_in_any_form(self) -> None:
        from millpond._table import at_text

        moment = dt.datetime(2026, 1, 31, 13, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))
        self.assertEqual(at_text(moment), "2026-01-31T12:00:00.000Z")
        self.assertEqual(at_text(dt.date(2026, 1, 31)), "2026-01-31")
