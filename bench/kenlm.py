"""Perplexity beside KenLM: the same model, written as ARPA by `millpond perplexity --arpa`, and MB of text per CPU second.

Texts: the families of the collection `curation` under $MILLPOND_DATA, or else Debian's manuals. Every second one is
trained on, with 5 words in a row; the others are scored by the step `perplexity` and by KenLM in Python (the package
kenlm-ex; its loading of the model is not counted, our reading and writing of tables is). Checked: the perplexity of
every text is the same, to one in ten thousand.
"""

import json
import math
import shutil

import measure
from dedup_memory import texts
from measure import PEERS, ROOT, Pond, Result, run, say

FLOW = """sources: [{{files: {folder}/train.jsonl, name: train}}, {{files: {folder}/held.jsonl, name: held}}]
tables:
  all_texts: {{from: sources, keep: [source], steps: [read_records]}}
  train: {{sql: "select id, text from all_texts where source = 'train'"}}
  held: {{sql: "select id, text from all_texts where source = 'held'"}}
"""
SCORED = "  scored: {from: held, keep: [id], steps: [{perplexity: {model: words.model}}]}\n"


def main():
    options = measure.arguments(__doc__, size_mb=(8.0, "of text to train on, and again to score"))
    folder = measure.scratch("kenlm")
    most, sizes = (0.5 if options.quick else options.size_mb) * 1e6, [0, 0]
    files = [open(folder / name, "w") for name in ("train.jsonl", "held.jsonl")]
    for number, (name, text) in enumerate(texts()):
        part = number % 2
        if min(sizes) >= most:
            break
        if sizes[part] < most:
            sizes[part] += len(text.encode())
            files[part].write(json.dumps({"id": f"{number}-{name}", "text": text}, ensure_ascii=False) + "\n")
    for file in files:
        file.close()
    pond = Pond(folder / "pond", lambda file: file.write_text(FLOW.format(folder=folder)))
    for table in ("all_texts", "train", "held"):
        pond.call("build", "--only", table)
    trained = pond.call("perplexity", "train", pond.folder / "words.model", "--arpa", folder / "words.arpa", "--memory", "6GB")
    with open(pond.folder / "pond.yaml", "a") as file:  # the model has to be there before a flow names it
        file.write(SCORED)
    scored = pond.call("--threads", "1", "build", "--only", "scored")
    rows = pond.call("--json", "sql", "select id, perplexity from scored").json()["rows"]
    ours = {row[0]: row[1] for row in rows} if rows and isinstance(rows[0], list) else {r["id"]: r["perplexity"] for r in rows}
    held_mb, rate, apart, note, skipped = sizes[1] / 1e6, None, None, f"{len(ours)} texts, not compared", []
    python = PEERS / "kenlm/bin/python"
    if options.no_peers or not python.exists():
        skipped.append("KenLM: bench/peers/install.sh kenlm")
    else:
        say(f"KenLM scores {held_mb:.0f} MB")
        answer = run(["bash", "-c", 'exec "$0" "$@" 2>"$ERRORS"', python, ROOT / "bench/peers/kenlm_scores.py", folder / "words.arpa",
                      folder / "held.jsonl"], env={"ERRORS": str(folder / "errors")})
        rate = held_mb / json.loads((folder / "errors").read_text().splitlines()[-1])["cpu_seconds"]
        theirs = dict(line.rsplit("\t", 1) for line in answer.out.splitlines())
        if set(theirs) != set(ours):
            raise SystemExit("not the same texts were scored")
        apart = max(abs(math.log(ours[name] / float(value))) for name, value in theirs.items() if value != "None")
        note = f"{len(ours)} texts; perplexities within {apart:.1e} of each other; ours with the start and the tables"
    results = [Result("perplexity of held-out texts", held_mb / scored.cpu_seconds, "MB/CPU-s", None, False, rate, "KenLM", note),
               Result("  a model of them, trained and as ARPA", sizes[0] / 1e6 / trained.cpu_seconds, "MB/CPU-s", None, False,
                      note=f"{(folder / 'words.arpa').stat().st_size / 1e6:.0f} MB of ARPA, {(pond.folder / 'words.model').stat().st_size / 1e6:.0f} MB of model")]
    if apart is not None:
        results.append(Result("  most that a perplexity is off", apart, "", 1e-4))
    measure.finish(options, results, skipped)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
