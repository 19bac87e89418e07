"""Heuristic filters on one thread: MB of text per CPU second, beside NeMo Curator's and Data-Juicer's own filters.

Texts as in bench/curation.py; the peers get a part of them. Checked on that part: the same value of every measure within
1e-9, and the same decision for every document. Where NeMo takes one of equally frequent rows of words by chance, ours
must be among what it may take. CPU seconds are those of the work alone; ours the fastest of five.
"""

import json
import re
import shutil

import curation
import measure
from measure import Result, run, say, scratch

# Words of our own choosing: neither package ships lists.
LISTS = {"stopwords": {"en": "a about after all also an and any are as at be been but by can could do for from had has have he "
                             "her his how i if in into is it its more no not of on one only or other our out she so some than "
                             "that the their them then there these they this to up use was we were what when which who will "
                             "with would you your".split()},
         "flagged_words": {"en": "casino poker bet viagra sexy nude".split()}}


def equal(ours, theirs):
    if theirs is None:
        return ours is None or ours == 0
    if isinstance(theirs, list):
        return any(abs(ours - each) <= 1e-9 for each in theirs)
    return abs(ours - theirs) <= 1e-9


def compare(kind, ours, theirs):
    """How many values and decisions are equal; says what is not."""
    values = decisions = chance = 0
    for name, expected in theirs["documents"].items():
        found = ours[name]
        for column, value in expected["values"].items():
            own = found["values"][column]
            own = min(own, 1) if column == "nemo_porn_urls" else own
            if not equal(own, value):
                raise SystemExit(f"{kind}: {column} of {name} is {own}, and theirs {value}")
            values += 1
        if expected["kept"] is None:
            chance += 1
            continue
        if expected["kept"] != (found["dropped"] == ""):
            raise SystemExit(f"{kind}: {name} is {found['dropped'] or 'kept'}, and theirs {expected['kept']}")
        decisions += 1
    return f"all {values} values and {decisions} decisions equal" + (f"; {chance} left to chance there" if chance else "")


def main():
    options = measure.arguments(__doc__)
    folder = scratch("heuristics")
    documents, _, source = curation.pages()
    texts = curation.pack(folder / "texts", documents)
    some, size_mb = curation.part(documents, 1 if options.quick else 6)
    part = curation.pack(folder / "part", some)
    for name, words in LISTS.items():
        (folder / f"{name}.json").write_text(json.dumps(words))
    lists = f"stop_word_file={folder}/stopwords.json,flagged_word_file={folder}/flagged_words.json"
    kinds = {"nemo": ["nemo_signals", "nemo_quality"], "juicer": [f"data_juicer_signals,{lists}", "data_juicer_quality"]}
    python, tool = measure.PEERS / "heuristics" / "bin" / "python", measure.tool("bench_heuristics")
    results, skipped, peer_seconds = [], [], 0

    def ours(path, steps):
        out = folder / "out.jsonl"
        process = run(["bash", "-c", 'exec "$0" "$@" 2>&1 >"$OUT"', tool, path, *steps], env={"OUT": str(out)})
        lines = map(json.loads, out.read_text().splitlines())
        return float(re.search(r"([0-9.]+) MB/s", process.out)[1]), {line["id"]: line for line in lines}

    for kind, steps in kinds.items():
        rate, _ = ours(texts, steps)
        peer, checked = None, "not compared"
        name = "NeMo Curator" if kind == "nemo" else "Data-Juicer"
        if python.exists():
            say(f"{name} on {size_mb:.1f} MB")
            theirs = json.loads(run([python, measure.ROOT / "bench/peers/heuristics.py", kind, part, folder]).out)
            peer, peer_seconds = size_mb / theirs["seconds"], peer_seconds + theirs["seconds"]
            checked = compare(kind, ours(part, steps)[1], theirs)
        results.append(Result(f"{name}'s filters", rate, "MB/CPU-s", None, False, peer, name if peer else "", checked))
    rate, _ = ours(texts, [kinds["nemo"][0], kinds["juicer"][0], kinds["nemo"][1], kinds["juicer"][1]])
    results.append(Result("both, every value of every text", rate, "MB/CPU-s", 100, False,
                          size_mb / peer_seconds if peer_seconds else None, "both" if peer_seconds else ""))
    if not python.exists():
        skipped.append("the peers (bench/peers/install.sh heuristics)")
    measure.finish(options, results, skipped, source=str(source))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
