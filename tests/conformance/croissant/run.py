#!/usr/bin/env python3
"""`mlcroissant` accepts what `millpond datasheet` writes, and reads its rows; every number of the summary for the EU is what
the query beside it gives.

It is skipped where that package is not installed; with MILLPOND_REQUIRE_ALL=1 it fails.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MILLPOND = os.environ.get("MILLPOND", str(Path(__file__).resolve().parents[3] / "build/release/millpond"))
ROWS = [{"id": str(i), "text": f"Row {i} of the mill, naïve and plain.", "license": "CC0" if i % 3 else "MIT"}
        for i in range(50)] + [{"id": "x", "text": ""}]


def run(folder, *words):
    done = subprocess.run([MILLPOND, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: status {done.returncode}: {done.stderr}"
    return done.stdout


def main():
    try:
        import mlcroissant
    except ImportError as problem:
        print(f"skipped: mlcroissant: {problem}")
        return 1 if os.environ.get("MILLPOND_REQUIRE_ALL") == "1" else 77
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        run(folder, "init")
        (folder / "pond.yaml").write_text("sources: [{files: corpus.jsonl, name: mill}]\ntables:\n"
                                          "  texts: {from: sources, keep: [source], steps: [read_records]}\n")
        run(folder, "build")
        report = json.loads(run(folder, "datasheet", "texts", "set", "--json", "--name", "mill-texts", "--license",
                                "https://creativecommons.org/publicdomain/zero/1.0/", "--url", "https://example.org/mill"))
        assert report["by"] == {"license": {"CC0": 33, "MIT": 17}, "source": {"mill": 50}}, report
        assert report["tables"][0]["drops"] == {"read_records: empty": 1}, report

        data = mlcroissant.Dataset(jsonld=str(folder / "set/croissant.json"))
        issues = data.metadata.ctx.issues
        assert not issues.errors, issues.report()
        assert not issues.warnings - {w for w in issues.warnings if "citeAs" in w}, issues.report()
        read = list(data.records("rows"))
        assert len(read) == 50, len(read)
        text = lambda value: value.decode() if isinstance(value, bytes) else value
        for row, record in zip(ROWS, read):
            assert text(record["rows/id"]) == row["id"] and text(record["rows/text"]) == row["text"], record
            assert record["rows/record"] == int(row["id"]) + 1, record

        sheet = (folder / "set/README.md").read_text()
        for line in ("50 rows", "| mill | 50 |", "| CC0 | 33 |", "| read_records: empty | 1 |"):
            assert line in sheet, f"{line} is not in\n{sheet}"
        check_eu_summary(folder)
    print("ok")
    return 0


def check_eu_summary(folder):
    pages = [("https://a.example/1", "long " * 400), ("https://a.example/2", "b " * 50), ("http://b.example:80/x", "short")]
    pages += [(f"https://s{i}.example/", "tiny") for i in range(18)]
    rows = [{"id": url, "text": text, "language": "en" if i % 2 else "de", "date": f"2026-0{i % 9 + 1}-01"}
            for i, (url, text) in enumerate(pages)]
    (folder / "web.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "pond.yaml").write_text(
        "sources: [{files: corpus.jsonl, name: mill}, {files: web.jsonl, name: web}]\ntables:\n"
        "  texts: {from: sources, keep: [source], steps: [read_records]}\n"
        "  marked: {sql: \"select *, case when source = 'mill' then 'rewrite:ruler-1:00ff' end as synthetic from texts\"}\n")
    run(folder, "build")
    answers = {"provider_name": "Mill AG", "sources": {"web": "crawled", "mill": "licensed"}, "crawlers": "millbot, keeps to robots.txt"}
    (folder / "answers.json").write_text(json.dumps(answers))
    done = subprocess.run([MILLPOND, "datasheet", "marked", "eu", "--eu", "--answers", "answers.json"], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode == 0 and "Only you can state" in done.stderr + done.stdout, done
    summary = json.loads((folder / "eu/eu-summary.json").read_text())
    text = (folder / "eu/eu-summary.md").read_text()
    figures = summary["figures"]
    assert figures["size"]["rows"][0]["rows"] == 71
    assert [row["domain"] for row in figures["domains"]["rows"]] == ["a.example", "b.example"], figures["domains"]
    assert figures["synthetic"]["rows"][0]["texts"] == 50 and figures["synthetic"]["rows"][0]["model"] == "ruler-1"
    assert [row["source"] for row in figures["crawled"]["rows"]] == ["web"] and figures["crawled"]["rows"][0]["texts"] == 21
    assert {row["licence"]: row["texts"] for row in figures["licensed"]["rows"]} == {"CC0": 33, "MIT": 17}
    assert figures["latest"]["rows"][0]["latest_content"] == "2026-09-01"
    for name, figure in figures.items():
        again = run(folder, "sql", figure["query"], "--format", "jsonl").splitlines()
        assert [json.loads(line) for line in again] == figure["rows"], name
        assert figure["query"] in text, name
    for line in ("less than 1 billion tokens", "Name and contact of the provider: Mill AG", "millbot, keeps to robots.txt",
                 "*to be stated: `code_of_practice`*", "| a.example | 2 |", "### 2.5 Synthetic data"):
        assert line in text, f"{line} is not in\n{text}"
    (folder / "answers.json").write_text('{"sources": {"web": "found"}}')
    done = subprocess.run([MILLPOND, "datasheet", "marked", "eu2", "--eu", "--answers", "answers.json"], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode == 2 and "no such kind of source" in done.stderr and not (folder / "eu2").exists(), done


if __name__ == "__main__":
    sys.exit(main())
