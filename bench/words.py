"""Search by words: how fast the index is built and asked, beside tantivy; the ranking is that of BM25's definition.

200,000 short texts of $MILLPOND_DATA/ann, 1,000 queries of the same kind, the ten best rows of each; one thread, CPU seconds, best of
--repeat rounds for both. Both keep positions, stem English words and store no text. Checked: every score is what BM25 gives that is
computed by its definition from the same terms.
"""

import gzip
import json

import measure
from measure import PEERS, ROOT, Result, run, say


def measured(options):
    """Results, and what was skipped."""
    data, python = measure.data_folder("ann"), PEERS / "words/bin/python"
    if not data:
        return [], ["search by words: set MILLPOND_DATA to a folder with ann/"]
    folder, rows = measure.scratch("words"), 5_000 if options.quick else 200_000
    texts, queries = folder / "texts.txt", folder / "queries.txt"

    def one_line(line):
        return " ".join(json.loads(line)[0].split()) + "\n"

    with gzip.open(data / "texts.jsonl.gz", "rt") as source, open(texts, "w") as out:
        for _, line in zip(range(rows), source):
            out.write(one_line(line))
    queries.write_text("".join(map(one_line, open(data / "queries.jsonl"))))
    say("millpond, words")
    ours = run([measure.tool("bench_words_index"), texts, queries, folder, "--repeat", options.repeat]).json()
    peer, name, skipped, note = None, "", [], ""
    if not python.exists():
        skipped.append("tantivy and the check of the ranking: run bench/peers/install.sh words")
    else:
        say("the ranking by definition")
        check = run([python, ROOT / "bench/peers/words.py", "reference", folder]).json()
        if check["worst"] > 1e-9:
            raise SystemExit(f"a score differs from BM25 by its definition: {check['worst']}")
        note = f"scores of {check['queries']} queries are those of BM25's definition, to {check['worst']:.0e}"
        if not options.no_peers:
            say("tantivy")
            peer = run([python, ROOT / "bench/peers/words.py", "tantivy", texts, queries, folder / "tantivy", options.repeat]).json()
            name = "tantivy"
    rate = ours["text_mb"] / ours["build_cpu_s"]
    other = ours["text_mb"] / peer["build_cpu_s"] if peer else None
    results = [
        Result("words: text indexed", rate, "MB/CPU s", 40, False, other, name, f"{ours['text_mb']:.0f} MB; positions kept"),
        Result("words: queries/CPU s", ours["qps_cpu"], "/s", 3 * peer["qps_cpu"] if peer else None, False, peer and peer["qps_cpu"], name, note),
        Result("words: index", ours["size_bytes"] / 1e6, "MB", None, True, peer and peer["size_bytes"] / 1e6, name),
    ]
    return results, skipped


def main():
    options = measure.arguments(__doc__, repeat=(3, "rounds of building and of all queries"))
    results, skipped = measured(options)
    measure.finish(options, results, skipped)


if __name__ == "__main__":
    main()
