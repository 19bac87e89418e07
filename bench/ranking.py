"""How well searches rank: nDCG@10 and recall@100 by words, by meaning and by both, on judged collections, beside bm25s,
tantivy, MiniLM (sentence-transformers) and reciprocal rank fusion of bm25s and MiniLM.

Collections are folders in BEIR's form: $MILLPOND_DATA/judged/NAME/{corpus,queries}.jsonl and qrels/test.tsv. Each becomes a pond, and
`millpond eval retrieval` asks it every judged question. The peers get the same texts: title and text, joined. All are scored by one
rule: the gain is the grade. Ponds and the peers' vectors stay in build/bench-work/ranking for the next run.
"""

import json

import measure
from measure import PEERS, ROOT, Result, run, say

# What the best of the peers reaches, and what is wanted above it; None: shown, not judged.
GOALS = {"cranfield": .445, "cisi": .455, "vaswani": .445, "xquad_en": .975, "xquad_de": None}
FLOW = """sources:
  - files: {corpus}
tables:
  records: {{from: sources, keep: [uri], steps: [read_records: {{id: _id}}]}}
  papers: {{sql: "select uri, id, attributes['title'] as title, text, [attributes['title']] as heading_path from records"}}
  passages: {{from: papers, keep: [uri, id, title, text, heading_path], steps: [embed: {{model: minilm-l6, context: headings}}]}}
indexes:
  passages: {{text: [title, text], vector: embedding}}
"""


def head(source, target, lines):
    with open(source) as all_lines:
        text = "".join(line for line, _ in zip(all_lines, range(lines or 10**9)))
    if not target.exists() or target.read_text() != text:  # an unchanged file is not built again
        target.write_text(text)


def pond_of(collection, folder, lines):
    """The words of the command line that name the pond; it is built when anything changed."""
    folder.mkdir(parents=True, exist_ok=True)
    head(collection / "corpus.jsonl", folder / "corpus.jsonl", lines)
    call = [measure.MILLPOND, "--pond", folder / "pond"]
    if not (folder / "pond").exists():
        run([*call, "init"])
    (folder / "pond" / "pond.yaml").write_text(FLOW.format(corpus=folder / "corpus.jsonl"))
    run([*call, "build"], quiet=False)
    return call


def peers_of(collection, folder, lines, options):
    python = PEERS / "ranking/bin/python"
    if options.no_peers or not python.exists():
        return {}
    say(f"{collection.name}: peers")
    words = [python, ROOT / "bench/peers/ranking.py", collection, folder, lines]
    return run([*words, *(["--no-model"] if options.words else [])], quiet=False).json()


def best(peers, names, metric):
    there = {name: peers[name][metric] for name in names if name in peers}
    name = max(there, key=there.get, default="")
    return (there.get(name), name)


def shown(estimate):
    return f"{estimate['mean']:.4f} ({estimate['low']:.3f}..{estimate['high']:.3f})"


def lines_of(name, legs, peers, goal):
    ndcg = {leg: legs[leg]["nDCG@10"] for leg in legs}
    recall = {leg: legs[leg]["recall@100"] for leg in legs}
    both = [each for each in ("bm25s", "tantivy", "MiniLM", "RRF") if each in peers]
    note = "95 % of resampled means: " + "; ".join(f"{leg} {shown(ndcg[leg])}" for leg in legs)
    note += "; peers: " + ", ".join(f"{each} {peers[each]['ndcg']:.4f}" for each in both) if both else ""
    results = [Result(f"{name}: words, nDCG@10", ndcg["words"]["mean"], "", None, False, *best(peers, ("bm25s", "tantivy"), "ndcg"))]
    if "vector" in ndcg:
        results.append(Result(f"{name}: meaning, nDCG@10", ndcg["vector"]["mean"], "", None, False, *best(peers, ("MiniLM",), "ndcg")))
        results.append(Result(f"{name}: both, nDCG@10", ndcg["hybrid"]["mean"], "", goal, False, *best(peers, both, "ndcg"), note))
        least = ndcg["hybrid"]["mean"] - max(ndcg["words"]["mean"], ndcg["vector"]["mean"])
        results.append(Result(f"{name}: both, above its better leg", least, "", 0, False))
        results.append(Result(f"{name}: both, recall@100", recall["hybrid"]["mean"], "", None, False, *best(peers, both, "recall")))
    return results


def main():
    options = measure.arguments(__doc__, collections=(",".join(GOALS), "which"), words=(0, "1: by words alone, without a model"))
    data = measure.data_folder("judged")
    if not data:
        return measure.finish(options, [], ["everything: set MILLPOND_DATA to a folder with judged/"])
    lines, results, skipped = 200 if options.quick else 0, [], []
    if not (PEERS / "ranking/bin/python").exists() and not options.no_peers:
        skipped.append("bm25s, tantivy, MiniLM and RRF: run bench/peers/install.sh ranking")
    for name in options.collections.split(","):
        collection = data / name
        if not (collection / "corpus.jsonl").exists():
            skipped.append(f"{name}: no such folder under $MILLPOND_DATA/judged")
            continue
        folder = measure.WORK / ("ranking-quick" if options.quick else "ranking") / name
        say(f"{name}: millpond")
        call = pond_of(collection, folder, lines)
        by = ["--by", "words"] if options.words else []
        answer = run([*call, "--json", "eval", "retrieval", "--no-keep", *by, collection / "queries.jsonl", collection / "qrels/test.tsv"])
        legs = {leg["leg"]: leg for leg in json.loads(answer.out)["legs"]}
        results += lines_of(name, legs, peers_of(collection, folder, lines, options), GOALS.get(name))
    measure.finish(options, results, skipped)


if __name__ == "__main__":
    main()
