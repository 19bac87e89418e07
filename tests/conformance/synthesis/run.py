#!/usr/bin/env python3
"""Rows that a model writes: asked for over OpenAI's chat API, paid for once, rejected where the answer is no use, and marked as
synthetic in every table and file that comes from them. The service here speaks the API and fails as services do; its texts
are made by rule, so that every answer is known.
"""
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cases import cases_of, run_cases  # noqa: E402 - of tests/conformance

ROOT = Path(__file__).resolve().parents[3]
MILLPOND = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))
ROWS = [{"id": f"r{i}", "text": f"the mill number {i} stands at the river"} for i in range(24)]


class Service:
    """Answers with the text in capitals, or with two questions; the first try of every third prompt fails."""

    def __init__(self):
        self.asked, self.failed, self.keys, lock = [], set(), set(), threading.Lock()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                prompt = body["messages"][-1]["content"]
                text = prompt.rsplit("\n\n", 1)[-1]
                with lock:
                    service.keys.add(self.headers.get("Authorization"))
                    fails = int("0" + "".join(filter(str.isdigit, text))) % 3 == 0 and prompt not in service.failed
                    service.failed.add(prompt)
                    if not fails:
                        service.asked.append(text)
                if fails:
                    return self.answer(429, {"error": {"message": "slow down"}}, {"Retry-After": "0"})
                content, finish = text.upper(), "stop"
                if "JSON" in prompt:
                    content = "```json\n" + json.dumps([{"question": f"q{i} {text}?", "answer": text} for i in (1, 2)]) + "\n```"
                if "number 5 " in text:
                    content = "I cannot help with that." if "JSON" in prompt else "  "
                if "number 7 " in text:
                    finish = "length"
                    content = content[:10]
                self.answer(200, {"choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": finish}],
                                  "usage": {"prompt_tokens": 10, "completion_tokens": 4}})

            def answer(self, status, value, headers=None):
                data = json.dumps(value).encode()
                self.send_response(status)
                for name, text in {"Content-Type": "application/json", "Content-Length": len(data), **(headers or {})}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def run(folder, *words, status=0):
    env = {**os.environ, "MILL_KEY": "sk-secret"}
    done = subprocess.run([MILLPOND, *map(str, words)], cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == status, f"{words}: status {done.returncode}: {done.stdout}{done.stderr}"
    assert "sk-secret" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def rows(folder, query):
    done = subprocess.run([MILLPOND, "sql", query, "--format", "jsonl"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def write_flow(folder, service, step, more="", **options):
    given = ", ".join(f"{name}: {value}" for name, value in
                      {"url": service.url, "model": "ruler-1", "key_env": "MILL_KEY", **options}.items())
    (folder / "pond.yaml").write_text("sources: [{files: corpus.jsonl}]\ntables:\n"
                                      "  texts: {from: sources, steps: [read_records]}\n"
                                      f"  made: {{from: texts, keep: [id, text], steps: [{step}: {{{given}}}]}}\n" + more)


def pond(folder, count=24):
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS[:count]))
    run(folder, "init")


def test_rewrites_are_marked_and_asked_for_once(folder):
    service = Service()
    pond(folder, 20)
    write_flow(folder, service, "rewrite")
    run(folder, "build")
    made = {row["id"]: row for row in rows(folder, "select * from made")}
    assert set(made) == {f"r{i}" for i in range(20) if i not in (5, 7)}
    assert made["r3"]["text"] == "THE MILL NUMBER 3 STANDS AT THE RIVER"
    assert all(row["synthetic"].startswith("rewrite:ruler-1:") and len(row["synthetic"]) == 48 for row in made.values())
    reasons = [row["reason"] for row in rows(folder, "select reason from rejects order by reason")]
    assert reasons == ["the answer is empty", "the answer is longer than tokens_max"], reasons
    assert len(service.asked) == 20 and service.keys == {"Bearer sk-secret"}, (len(service.asked), service.keys)
    spent = rows(folder, "select sum(prompt_tokens) as p, sum(completion_tokens) as c from made")
    assert spent == [{"p": 180, "c": 72}], spent
    assert rows(folder, "select count(*) as n from made m join texts t on m._parent = t._row") == [{"n": 18}]
    run(folder, "build")
    assert len(service.asked) <= 22, "only what was rejected may be asked again"
    before = len(service.asked)
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    run(folder, "build")
    assert len(rows(folder, "select id from made")) == 22
    assert set(service.asked[before:]) <= {row["text"] for row in ROWS[20:]} | {ROWS[5]["text"], ROWS[7]["text"]}


def test_a_budget_stops_it_and_nothing_is_paid_for_twice(folder):
    service = Service()
    pond(folder)
    write_flow(folder, service, "rewrite", replies="kept", tokens_budget=100, concurrent=1)
    problem = run(folder, "--threads", "1", "build", status=8)
    assert "the budget of tokens is used up: 100" in problem and "is not asked again" in problem, problem
    first = list(service.asked)
    assert 8 <= len(first) <= 9, first
    write_flow(folder, service, "rewrite", replies="kept", concurrent=3)
    run(folder, "build")
    assert sorted(service.asked) == sorted(row["text"] for row in ROWS), "each text once, over both builds"
    assert len(rows(folder, "select id from made")) == 22
    write_flow(folder, service, "rewrite", replies="kept", prompt='"Shorter, please:\\n\\n{text}"')
    run(folder, "build")
    assert len(service.asked) == 48, "another prompt is another question"


def test_questions_and_answers(folder):
    service = Service()
    pond(folder)
    write_flow(folder, service, "question_answers")
    run(folder, "build")
    made = rows(folder, "select id, text, question, answer, synthetic, prompt_tokens from made order by id, question")
    assert len(made) == 44 and {row["id"] for row in made} == {f"r{i}" for i in range(24)} - {"r5", "r7"}
    assert made[2]["question"].startswith("q1 the mill number 1 ") and made[2]["text"] == made[2]["answer"]
    assert sum(row["prompt_tokens"] or 0 for row in made) == 220, "an answer of two rows is counted once"
    reasons = sorted(row["reason"] for row in rows(folder, "select reason from rejects"))
    assert reasons == ["the answer is longer than tokens_max",
                       "the answer is no list of questions and answers: I cannot help with that."], reasons


def test_the_mark_stays(folder):
    service = Service()
    pond(folder)
    more = ('  distinct_texts: {from: made, keep: [id, text], fold: {dedup_exact: {by: [text]}}}\n'
            '  joint: {sql: "select id, text, synthetic from distinct_texts union all select id, text, null from texts"}\n'
            '  sizes: {sql: "select count(*) as n from distinct_texts"}\n')
    write_flow(folder, service, "rewrite", more)
    run(folder, "build")
    assert rows(folder, "select count(*) as n from distinct_texts where synthetic like 'rewrite:%'") == [{"n": 22}]
    assert rows(folder, "select count(synthetic) as made, count(*) as n from joint") == [{"made": 22, "n": 46}]
    note = run(folder, "export", "joint", "out.jsonl", "--columns", "id,text")
    assert "synthetic" in note
    lines = [json.loads(line) for line in (folder / "out.jsonl").open()]
    assert sum(row["synthetic"] is not None for row in lines) == 22
    words = ["export", "joint", "shards", "--format", "tokens", "--json", "--set",
             f"tokenizer={ROOT}/tests/golden/text_encoder/gpt2.json"]
    report = json.loads(subprocess.run([MILLPOND, *words], cwd=folder, capture_output=True, text=True, check=True).stdout)
    assert report["synthetic_documents"] == 22, report
    write_flow(folder, service, "rewrite", '  bare: {sql: "select t.id, m.text from texts t join made m using (id)"}\n')
    problem = run(folder, "build", status=2)
    assert "has texts, but not the column that says which of them a model made: made.synthetic" in problem, problem


def test_mistakes_are_told_before_anything_is_sent(folder):
    service = Service()
    pond(folder)
    for options, said in (({"prompt": "Rewrite"}, "`prompt` has no place for the text: Rewrite"),
                          ({"key_env": "NO_SUCH_KEY"}, "NO_SUCH_KEY"), ({"concurrent": 0}, "concurrent must be from 1")):
        write_flow(folder, service, "rewrite", **options)
        done = subprocess.run([MILLPOND, "build"], cwd=folder, capture_output=True, text=True,
                              env={**os.environ, "MILL_KEY": "k"})
        assert done.returncode != 0 and said in done.stderr, (options, done.stderr)
    assert service.asked == []


if __name__ == "__main__":
    sys.exit(run_cases(cases_of(sys.modules[__name__])))
