"""Search by words: tantivy beside us, and BM25 as its definition says. Runs in the environment `words`.

usage: words.py tantivy TEXTS QUERIES FOLDER REPEAT     one JSON line: build_cpu_s, qps_cpu, size_bytes
       words.py reference FOLDER                        one JSON line: queries, worst (the largest difference of a score)
"""

import json
import pathlib
import shutil
import sys
import time


def lines(path):
    return pathlib.Path(path).read_text().split("\n")[:-1]


def tantivy_index(texts, queries, folder, repeat):
    import tantivy

    texts, queries, best_build, best_search = lines(texts), lines(queries), 1e9, 1e9
    for _ in range(repeat):
        shutil.rmtree(folder, ignore_errors=True)
        pathlib.Path(folder).mkdir(parents=True)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", stored=False, tokenizer_name="en_stem", index_option="position")
        index = tantivy.Index(builder.build(), path=str(folder))
        began = time.process_time()
        writer = index.writer(heap_size=200_000_000, num_threads=1)
        for text in texts:
            writer.add_document(tantivy.Document(text=text))
        writer.commit()
        writer.wait_merging_threads()
        best_build = min(best_build, time.process_time() - began)
    index.reload()
    searcher = index.searcher()
    # The words of a query, any of them: as our analysis reads it.
    asked = [" ".join("".join(c if c.isalnum() else " " for c in query).lower().split()) for query in queries]
    for _ in range(repeat):
        began = time.process_time()
        for query in asked:
            searcher.search(index.parse_query(query, ["text"]), limit=10)
        best_search = min(best_search, time.process_time() - began)
    size = sum(each.stat().st_size for each in pathlib.Path(folder).iterdir())
    return {"build_cpu_s": best_build, "qps_cpu": len(queries) / best_search, "size_bytes": size, "version": tantivy.__version__}


def reference(folder, k1=1.2, b=0.75):
    import numpy

    def read(name):
        raw, at, out = numpy.fromfile(f"{folder}/{name}.u32", dtype=numpy.uint32), 0, []
        while at < len(raw):
            out.append(raw[at + 1:at + 1 + int(raw[at])])
            at += 1 + int(raw[at])
        return out

    texts, queries = read("texts"), read("queries")
    lengths = numpy.array([len(text) for text in texts], dtype=numpy.float64)
    rows = numpy.repeat(numpy.arange(len(texts), dtype=numpy.int64), lengths.astype(numpy.int64))
    pairs, counts = numpy.unique(numpy.concatenate(texts).astype(numpy.int64) * len(texts) + rows, return_counts=True)
    terms, rows = pairs // len(texts), pairs % len(texts)
    norm = k1 * (1 - b + b * lengths / lengths.mean())
    worst = 0.0
    for query, line in zip(queries, lines(f"{folder}/hits.jsonl")):
        scores = numpy.zeros(len(texts))
        for term, times in zip(*numpy.unique(query, return_counts=True)):
            low, high = numpy.searchsorted(terms, [term, int(term) + 1])
            at, tf = rows[low:high], counts[low:high]
            idf = numpy.log1p((len(texts) - len(at) + .5) / (len(at) + .5))
            scores[at] += times * idf * tf * (k1 + 1) / (tf + norm[at])
        hits = json.loads(line)
        best = numpy.sort(scores)[::-1][:10]
        best = best[best > 0]
        if len(best) != len(hits):
            worst = float("inf")
            continue
        for (row, score), wanted in zip(hits, best):  # rows of equal scores may stand in any order
            worst = max(worst, abs(score - wanted), abs(score - scores[row]))
    return {"queries": len(queries), "worst": worst}


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    print(json.dumps(tantivy_index(*rest[:3], int(rest[3])) if verb == "tantivy" else reference(*rest)))
