"""One splitter and BM25 on questions with marked spans: prints recall, precision and IoU of the first chunks as JSON.

usage: chunk.py TEXTS QUESTIONS TOP CHARS...
"""

import csv
import json
import pathlib
import re
import sys

from langchain_text_splitters import RecursiveCharacterTextSplitter
from rank_bm25 import BM25Okapi


def words(text):
    return re.findall(r"\w+", text.lower())


def overlap(a, b):
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def merged(ranges):
    out = []
    for begin, end in sorted(ranges):
        if out and begin <= out[-1][1]:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([begin, end])
    return out


def measure(texts, questions, top, chars):
    splitter = RecursiveCharacterTextSplitter(chunk_size=chars, chunk_overlap=0, add_start_index=True)
    chunks = []
    for name, text in texts.items():
        for document in splitter.create_documents([text]):
            begin = document.metadata["start_index"]
            chunks.append((name, (begin, begin + len(document.page_content)), document.page_content))
    index = BM25Okapi([words(chunk[2]) for chunk in chunks])
    sums = [0.0, 0.0, 0.0]
    for question, name, spans in questions:
        scores = index.get_scores(words(question))
        found = [chunks[i] for i in scores.argsort()[::-1][:top]]
        marked = merged(spans)
        hit = merged((max(c[1][0], s[0]), min(c[1][1], s[1])) for c in found if c[0] == name for s in marked if overlap(c[1], s))
        held, all_marked = (sum(e - b for b, e in ranges) for ranges in (hit, marked))
        retrieved = sum(c[1][1] - c[1][0] for c in found)
        for k, value in enumerate((held / all_marked, held / retrieved, held / (retrieved + all_marked - held))):
            sums[k] += value / len(questions)
    return {"chars": chars, "recall": sums[0], "precision": sums[1], "iou": sums[2], "chunks": len(chunks)}


def main():
    folder, file, top, *sizes = sys.argv[1:]
    texts = {path.stem: path.read_text() for path in sorted(pathlib.Path(folder).iterdir())}
    with open(file, newline="") as rows:
        questions = [(row["question"], row["corpus_id"], [(s["start_index"], s["end_index"]) for s in json.loads(row["references"])])
                     for row in csv.DictReader(rows)]
    print(json.dumps([measure(texts, questions, int(top), int(size)) for size in sizes]))


main()
