#!/usr/bin/env python3
"""Keywords, summaries and entities by a language model over OpenAI's chat API: the schema of the answer is sent, an answer that
is none is asked for once more, what it cost is counted, and entities that the text does not name are left out. The service here
speaks the API and answers by rule, so that every answer is known.
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
TEXTS = {
    "good": "Ada Lovelace wrote to Charles Babbage in London on 10 July 1843. Ada Lovelace answered.",
    "second": "The Second Try Mill is in Kent.",
    "never": "The Mill That Never Answers.",
    "blank": "  ",
}


def answer_to(step, text, tries):
    """What the model says; of `second` only the second answer is of use, of `never` none."""
    if "Never" in text or ("Second" in text and tries == 1):
        return "I would rather talk about the weather."
    if step == "keywords":
        return json.dumps({"keywords": text.split()[:3]})
    if step == "summary":
        return "```json\n" + json.dumps({"summary": text.split(".")[0].upper()}) + "\n```"
    named = [("Ada Lovelace", "person"), ("Charles Babbage", "person"), ("London", "place"), ("Kent", "place"),
             ("Paris", "place"), ("10 July 1843", "date"), ("Ada", "robot")]
    return json.dumps({"entities": [{"text": name, "kind": kind} for name, kind in named]})


class Service:
    def __init__(self):
        self.bodies, lock = [], threading.Lock()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    service.bodies.append(body)
                text = body["messages"][0]["content"].rsplit("\n\n", 1)[-1]
                tries = sum(message["role"] == "user" for message in body["messages"])
                step = body.get("response_format", {}).get("json_schema", {}).get("name", "summary")
                choice = {"message": {"role": "assistant", "content": answer_to(step, text, tries)}, "finish_reason": "stop"}
                data = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 4}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def run(folder, *words, status=0):
    done = subprocess.run([MILLPOND, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, f"{words}: status {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def rows(folder, query):
    done = subprocess.run([MILLPOND, "sql", query, "--format", "jsonl"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def built(folder, step, **options):
    service = Service()
    (folder / "corpus.jsonl").write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in TEXTS.items()))
    given = ", ".join(f"{name}: {value}" for name, value in {"method": "model", "url": service.url, "model": "ruler-1",
                                                             **options}.items())
    (folder / "pond.yaml").write_text("sources: [{files: corpus.jsonl}]\ntables:\n"
                                      "  texts: {from: sources, steps: [read_records]}\n"
                                      f"  made: {{from: texts, keep: [id], steps: [{step}: {{{given}}}]}}\n")
    run(folder, "init")
    run(folder, "build")
    return service, {row["id"]: row for row in rows(folder, "select * from made")}


def test_keywords_and_what_they_cost(folder):
    service, made = built(folder, "keywords", count=2)
    assert set(made) == {"good", "second", "blank"}, made
    assert made["good"]["keywords"] == ["Ada", "Lovelace"] and made["good"]["keywords_tokens"] == 14
    assert made["second"]["keywords_tokens"] == 28, "both answers were paid for"
    assert made["good"]["keywords_by"].startswith("keywords:ruler-1:") and made["good"]["keyword_scores"] is None
    assert made["blank"]["keywords"] == [] and made["blank"]["keywords_by"] is None
    assert [row["reason"] for row in rows(folder, "select reason from rejects")] == [
        "the answer is no JSON object: I would rather talk about the weather."]
    assert len(service.bodies) == 5, "one, two and two"
    form = service.bodies[0]["response_format"]
    assert form["type"] == "json_schema" and form["json_schema"]["strict"] is True
    assert form["json_schema"]["schema"]["required"] == ["keywords"], form
    again = next(body for body in service.bodies if len(body["messages"]) == 3)
    assert [m["role"] for m in again["messages"]] == ["user", "assistant", "user"]
    assert "no JSON object" in again["messages"][2]["content"]
    assert rows(folder, "select count(*) as n from made m join texts t on m._parent = t._row") == [{"n": 3}]


def test_a_summary_in_a_fence_without_the_schema(folder):
    service, made = built(folder, "summary", json_schema="false")
    assert made["good"]["summary"] == "ADA LOVELACE WROTE TO CHARLES BABBAGE IN LONDON ON 10 JULY 1843"
    assert made["good"]["summary_by"].startswith("summary:ruler-1:") and made["blank"]["summary"] == ""
    assert all("response_format" not in body for body in service.bodies)


def test_entities_stand_where_the_text_names_them(folder):
    service, made = built(folder, "entities")
    found = [(e["kind"], e["text"], e["value"], e["begin"]) for e in made["good"]["entities"]]
    assert found == [("person", "Ada Lovelace", None, 0), ("person", "Charles Babbage", None, 22), ("place", "London", None, 41),
                     ("date", "10 July 1843", "1843-07-10", 51), ("person", "Ada Lovelace", None, 65)], found
    assert [e["text"] for e in made["second"]["entities"]] == ["Kent"]
    items = service.bodies[0]["response_format"]["json_schema"]["schema"]["properties"]["entities"]["items"]
    assert items["properties"]["kind"]["enum"] == ["person", "organization", "place"], items
    assert "one of: person, organization, place." in service.bodies[0]["messages"][0]["content"]


if __name__ == "__main__":
    sys.exit(run_cases(cases_of(sys.modules[__name__])))
