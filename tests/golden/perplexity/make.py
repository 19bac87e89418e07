#!/usr/bin/env python3
"""Writes a small corpus of made-up words, and what a model of it says of other lines: make.py FOLDER

The model is estimated here from the definitions (modified Kneser-Ney, interpolated), written as ARPA, and asked by KenLM (pip install kenlm).
"""
import collections
import math
import random
import sys
import tempfile
from pathlib import Path

import kenlm

ORDER = 4


def sentences(rng, count):
    words = [a + b for a in "ka lo mi ra te no".split() for b in ("", "na", "su", "vé")]
    for _ in range(count):
        line, word = [], rng.randrange(len(words))
        for _ in range(rng.randint(1, 9)):
            line.append(words[word])
            word = (word * 5 + rng.choice([1, 1, 1, 2, 7])) % len(words)
        yield " ".join(line)


def estimate(lines):
    raw = [collections.Counter() for _ in range(ORDER)]
    for line in lines:
        words = ["<s>", *line.split(), "</s>"]
        for n in range(1, ORDER + 1):
            raw[n - 1].update(tuple(words[i:i + n]) for i in range(len(words) - n + 1))
    counts = []
    for n in range(1, ORDER + 1):
        if n == ORDER:
            counts.append(dict(raw[n - 1]))
            continue
        before = collections.defaultdict(set)
        for row in raw[n]:
            before[row[1:]].add(row[0])
        counts.append({row: raw[n - 1][row] if row[0] == "<s>" else len(before[row]) for row in raw[n - 1]})
    del counts[0][("<s>",)]
    vocabulary = len(counts[0]) + 1
    probability, backoff, fallbacks = {}, {}, 0
    for n, level in enumerate(counts, 1):
        of = collections.Counter(level.values())
        d = {1: 0.5, 2: 1.0, 3: 1.5}
        if of[1] and of[2] and of[3]:
            y = of[1] / (of[1] + 2 * of[2])
            tried = {i: i - (i + 1) * y * of[i + 1] / of[i] for i in (1, 2, 3)}
            if all(0 <= tried[i] <= i for i in tried):
                d = tried
            else:
                fallbacks += 1
        else:
            fallbacks += 1
        total, left = collections.Counter(), collections.Counter()
        for row, count in level.items():
            total[row[:-1]] += count
            left[row[:-1]] += d[min(count, 3)]
        for context in total:
            backoff[context] = left[context] / total[context]
        for row, count in level.items():
            lower = probability[row[1:]] if n > 1 else 1 / vocabulary
            probability[row] = max(count - d[min(count, 3)], 0) / total[row[:-1]] + backoff[row[:-1]] * lower
    probability[("<unk>",)] = backoff[()] / vocabulary
    print("orders with fixed discounts:", fallbacks, file=sys.stderr)
    return probability, backoff


def write_arpa(path, probability, backoff):
    rows = [[row for row in probability if len(row) == n] for n in range(1, ORDER + 1)]
    rows[0].append(("<s>",))
    with open(path, "w") as out:
        out.write("\\data\\\n" + "".join(f"ngram {n}={len(level)}\n" for n, level in enumerate(rows, 1)))
        for n, level in enumerate(rows, 1):
            out.write(f"\n\\{n}-grams:\n")
            for row in level:
                log10 = math.log10(probability[row]) if row in probability else -99
                end = f"\t{math.log10(backoff[row]):.7f}" if row in backoff else ""
                out.write(f"{log10:.7f}\t{' '.join(row)}{end if n < ORDER else ''}\n")
        out.write("\n\\end\\\n")


def main():
    folder, rng = Path(sys.argv[1]), random.Random(5)
    corpus = list(sentences(rng, 400))
    asked = list(sentences(rng, 30)) + ["ka", "unheard ka lo", "ka unheard unheard lo", "nothing", "te te te te te te"]
    with tempfile.TemporaryDirectory() as work:
        write_arpa(work + "/model.arpa", *estimate(corpus))
        model = kenlm.Model(work + "/model.arpa")
        scores = [(model.score(line), model.perplexity(line)) for line in asked]
    (folder / "corpus.txt").write_text("".join(line + "\n" for line in corpus))
    (folder / "lines.tsv").write_text("".join(f"{score:.5f}\t{perplexity:.4f}\t{line}\n" for (score, perplexity), line in zip(scores, asked)))


if __name__ == "__main__":
    main()
