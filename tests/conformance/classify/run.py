#!/usr/bin/env python3
"""Labels of a language model become a small classifier: asked for over OpenAI's chat API, rejected where the answer is no use, paid for
once. The service here speaks the API and fails as services do; it judges by a rule, so that every label is known. And a model that was
trained anew makes rows again, the same one does not.
"""
import http.server
import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cases import cases_of, run_cases  # noqa: E402 - of tests/conformance

ROOT = Path(__file__).resolve().parents[3]
MILLPOND = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))
DAMAGED = 11  # exit status of data_corrupt
GOOD, BAD = "lesson gear wheel force water power turns".split(), "buy offer cheap click now price win".split()


def corpus(count):
    rng = random.Random(3)
    for i in range(count):
        words = [rng.choice(GOOD if i % 3 else BAD) if rng.random() < 0.8 else rng.choice(GOOD + BAD) for _ in range(12)]
        yield {"id": f"r{i}", "text": f"text {i}: " + " ".join(words)}


class Service:
    """Scores a text by its words; the first try of some texts fails, some answers have no score."""

    def __init__(self):
        self.asked, self.failed, lock = [], set(), threading.Lock()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                prompt = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][-1]["content"]
                text = prompt.split("The extract:\n")[1]
                number = int(text.split()[1].rstrip(":"))
                with lock:
                    if number % 10 == 1 and number not in service.failed:
                        service.failed.add(number)
                        return self.answer(429, {"error": {"message": "slow down"}}, {"Retry-After": "0"})
                    service.asked.append(number)
                good = sum(word in GOOD for word in text.split()) > 6
                content = f"It has 12 words, and 1 colon.\nScore: {4 if good else 1}."
                if number % 20 == 7:
                    content = "I would rather not say."
                return self.answer(200, {"choices": [{"message": {"content": content}, "finish_reason": "stop"}],
                                         "usage": {"prompt_tokens": 50, "completion_tokens": 9}})

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
    done = subprocess.run([MILLPOND, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, f"{words}: status {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def rows(folder, query):
    return [json.loads(line) for line in run(folder, "sql", query, "--format", "jsonl").splitlines()]


def write_flow(folder, service, more="", part=0.5):
    (folder / "pond.yaml").write_text(
        "sources: [{files: corpus.jsonl}]\ntables:\n  texts: {from: sources, steps: [read_records]}\n"
        f"  judged: {{from: texts, keep: [id, text], steps: [{{judge: {{url: '{service.url}', model: rule-1, part: {part}, "
        f"replies: '{folder}/replies'}}}}]}}\n" + more)


def built(folder, table):
    """What a build says about a table."""
    tables = json.loads(run(folder, "--json", "build"))["tables"]
    return next((entry for entry in tables if entry["table"] == table), None)


def test_labels_of_a_model_train_a_small_one(folder):
    service = Service()
    texts = list(corpus(800))
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in texts))
    run(folder, "init")
    write_flow(folder, service)
    run(folder, "build")
    judged = rows(folder, "select * from judged")
    rejected = rows(folder, "select reason from rejects")
    assert 300 < len(judged) < 450 and len(service.asked) == len(judged) + len(rejected), (len(judged), len(service.asked))
    assert {row["label"] for row in judged} == {"1", "4"}
    assert rejected and all(row["reason"].startswith('the answer has no "Score:": I would rather') for row in rejected), rejected
    assert {(row["prompt_tokens"], row["completion_tokens"]) for row in judged} == {(50, 9)}
    assert all(row["judged_by"].startswith("judge:rule-1:") for row in judged)
    run(folder, "build")
    assert len(service.asked) == len(set(service.asked)), "an answer was paid for twice"

    report = json.loads(run(folder, "--json", "classify", "train", "--table", "judged", "--model", "edu", "--buckets", "5000"))
    assert report["held_out"]["accuracy"] > 0.9 and report["trained_on"] + report["calibrated_on"] + report["held_out"]["rows"] == len(judged)
    assert "snapshot" in (folder / "edu/README.md").read_text() and report["hash"] in (folder / "edu/README.md").read_text()
    write_flow(folder, service, "  scored: {from: texts, keep: [id, text], steps: [{classify: {model: edu, of: '4'}}]}\n")
    run(folder, "build")
    wanted = {row["id"]: sum(word in GOOD for word in row["text"].split()) > 6 for row in texts}
    scored = rows(folder, "select id, label, score from scored")
    assert len(scored) == 800
    right = sum((row["score"] > 0.5) == wanted[row["id"]] for row in scored) / 800
    assert right > 0.9, right
    assert len(service.asked) == len(set(service.asked))


def test_another_model_makes_the_rows_again(folder):
    service = Service()
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus(200)))
    run(folder, "init")
    write_flow(folder, service, part=1.0)
    run(folder, "build")
    train = ("classify", "train", "--table", "judged", "--buckets", "2000")
    run(folder, *train, "--model", "edu")
    write_flow(folder, service, "  scored: {from: texts, keep: [id], steps: [{classify: {model: edu}}]}\n", part=1.0)
    run(folder, "build")
    before = rows(folder, "select _key, score from scored order by id")
    run(folder, *train, "--model", "same")
    (folder / "edu").rename(folder / "old")
    (folder / "same").rename(folder / "edu")
    run(folder, "build")
    assert rows(folder, "select _key, score from scored order by id") == before, "the same bytes are the same model"
    (folder / "edu").rename(folder / "older")
    run(folder, *train, "--model", "edu", "--seed", "2")
    run(folder, "build")
    after = rows(folder, "select _key, score from scored order by id")
    assert len(after) == len(before) and all(a["_key"] != b["_key"] for a, b in zip(after, before)), "rows of the old model are left"
    (folder / "edu/model.json").write_text("{}")
    run(folder, "build", status=DAMAGED)


def test_an_index_finds_what_all_with_all_finds(folder):
    """Rows around some centres, a few far from all, a few twice: the same outliers and twins, with and without an index."""
    run(folder, "init")
    run(folder, "sql", "--write", """create table points as select 'p' || i as id, list_transform(range(48), j ->
        (case when i % 500 = 77 then 3 * sin(i * 0.77 * (j * j + 1)) else sin((i % 20 + 1.0) * (j * j + 1)) end
         + 0.3 * cos((case when i % 400 = 3 then i - 20 else i end) * 0.013 * (j * j * j + 2)))::float) as embedding
        from range(4000) as t(i)""")
    def found(*options, threads=2):
        scores = folder / f"scores{len(list(folder.glob('scores*')))}.jsonl"
        result = json.loads(run(folder, "--json", "--threads", threads, "classify", "vectors", "--table", "points",
                                "--predictions", scores, *options))
        return result, scores.read_text()

    (exact, exact_scores), (near, near_scores) = found(), found("--exact-max", 100, threads=1)
    assert exact["exact"] and not near["exact"]
    assert (near, near_scores) == found("--exact-max", 100, threads=3), "the result depends on the number of threads"
    far = {f"p{i}" for i in range(77, 4000, 500)}
    outliers = [{each["id"] for each in result["outliers"]} for result in (exact, near)]
    assert far <= outliers[0] & outliers[1] and len(outliers[0] & outliers[1]) >= 0.8 * len(outliers[0] | outliers[1]), outliers
    twins = [{tuple(each) for each in result["near_duplicates"]} for result in (exact, near)]
    assert len(twins[0]) >= 5 and len(twins[0] & twins[1]) >= 0.95 * len(twins[0] | twins[1]), twins
    pairs = zip(*([json.loads(line)["outlier_score"] for line in text.splitlines()] for text in (exact_scores, near_scores)))
    apart = sorted(abs(one - other) for one, other in pairs)
    assert len(apart) == 4000 and apart[3800] < 0.005, apart[3800]


if __name__ == "__main__":
    sys.exit(run_cases(cases_of(sys.modules[__name__])))
