#!/usr/bin/env python3
"""`mlcroissant` accepts what `millpond datasheet` writes, and reads its rows.

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
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
