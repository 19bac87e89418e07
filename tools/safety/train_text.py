#!/usr/bin/env python3
"""Trains the weights of `toxicity` and `nsfw_text`, and measures them: train_text.py LABELS OUT [--report FILE].

LABELS is a folder with what docs/safety.md names: davidson.csv, surge.csv, wikipedia.csv (labels of texts), profanity.csv (ratings
of words), hatecheck.csv (only measured on), ordinary.jsonl and unseen.jsonl (texts of manuals: trained on, only measured on). OUT is
src/curate/safety/word_weights.cpp. The same files give the same bytes. Needs scikit-learn.
"""
import argparse
import collections
import csv
import html
import json
import re
import sys
from pathlib import Path

import numpy as np
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

MASK = (1 << 64) - 1
LEET = bytes.maketrans(b"@$130", b"asieo")
# Words for groups of people are no insult by themselves, but what is collected for its insults has them with insults: so these are learnt, too.
GROUPS = ("women men girls boys gay lesbian bisexual homosexual transgender trans queer black white asian african latino hispanic mexican chinese "
          "arab jewish jews muslim muslims christian christians catholic hindu buddhist atheist immigrant immigrants refugees foreign "
          "disabled blind deaf autistic elderly feminist indigenous turkish indian american european").split()
NEUTRAL = ["{}", "{} people", "a {} person", "the {} community", "the rights of {} people in law", "my neighbours are {}",
           "a history of {} art", "many {} families live here", "she wrote a book about {} culture", "we met {} students at school",
           "doctors asked {} patients", "laws that protect {} workers", "i am {}", "he is proud to be {}", "{} and others took part",
           "it is wrong to insult {} people", "statistics on {} voters", "they welcomed {} guests"]
# What the list of ratings lacks: words of advertisements for pornography, on its scale by our own judgement.
ADVERTISED = {"porn": 2.4, "porno": 2.6, "pornstar": 2.6, "hot sex": 2.0, "sex video": 2.2, "sex videos": 2.2, "sex tape": 1.8, "free sex": 2.4,
              "sex cam": 2.4, "sex chat": 2.4, "naked girls": 2.4, "nude girls": 2.6, "nude pics": 2.6, "nude teen": 2.8, "hot girls": 1.4,
              "xxx videos": 2.6, "horny": 2.2, "hentai": 2.4, "erotic": 1.2, "escort girls": 2.4, "live cams": 1.6, "orgasm": 1.4}
PASSAGE_WORDS, PASSAGE_WORDS_MIN = 60, 20


def words_of(text):
    """(word, whether a passage may end behind it) for each word, as src/curate/safety/passages.cpp has them."""
    data = text.encode().lower()
    at, size = 0, len(data)
    word, out, ends = bytearray(), [], []

    apart = False  # something that is no word stands behind the last word

    def finish(ends_here):
        nonlocal apart
        token = bytes(word).rstrip(b"'@*").lstrip(b"'@*$")
        apart = bool(word or apart) and not token
        word.clear()
        if token:
            token = re.sub(rb"(.)\1\1+", rb"\1", token, flags=re.S)
            letters = sum(97 <= byte <= 122 for byte in token)
            if letters * 2 >= len(token) and len(token) >= 4 and letters < len(token):
                token = token.translate(LEET)
            out.append(b"0" if token.isdigit() else token)
            ends.append(False)
        if ends_here and ends and not apart:
            ends[-1] = True

    while at < size:
        byte = data[at]
        if data[at:at + 3] == b"\xe2\x80\x99":
            word += b"'"
            at += 3
        elif data[at:at + 2] == b"\xe2\x80":
            finish(False)
            at += 3
        elif 97 <= byte <= 122 or 48 <= byte <= 57 or byte >= 128 or byte in b"'@$*":
            word.append(byte)
            at += 1
        else:
            finish(byte in b".!?\n")
            at += 1
    finish(True)
    return list(zip(out, ends))


def hash_of(word):
    value = 0xCBF29CE484222325
    for byte in word:
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def key_of(value):
    value ^= value >> 32
    return value & 0xFFFFFFFF


def passages(text):
    """The keys of the features of each passage, and how many words it has."""
    keys, count, before, out = set(), 0, 0, []
    for word, end in words_of(text):
        here = hash_of(word)
        keys.add(key_of(here))
        if count:
            keys.add(key_of(((before * 0x9E3779B97F4A7C15) & MASK) ^ here))
        before, count = here, count + 1
        if count >= PASSAGE_WORDS or (end and count >= PASSAGE_WORDS_MIN):
            out.append((keys, count))
            keys, count = set(), 0
    if count:
        out.append((keys, count))
    return out


def rows_of(folder, name):
    with open(folder / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def held_out(source, text):
    return source == "wikipedia" or hash_of(text.encode()) % 5 == 0


def labelled(folder):
    """(source, text, toxic, obscene or None) of what people judged."""
    for row in rows_of(folder, "davidson.csv"):
        yield "davidson", html.unescape(row["tweet"]), row["class"] != "2", None
    for row in rows_of(folder, "surge.csv"):
        yield "surge", row["text"], row["is_toxic"] == "Toxic", None
    for row in rows_of(folder, "wikipedia.csv"):
        yield "wikipedia", row["comment_text"], row["toxic"] == "1", row["obscene"] == "1"


def manuals(folder, name, most):
    with open(folder / name, encoding="utf-8") as file:
        return [json.loads(line)["text"] for _, line in zip(range(most), file)]


def matrix(rows, numbers):
    pointers, columns = [0], []
    for keys in rows:
        columns += sorted(numbers[key] for key in keys if key in numbers)
        pointers.append(len(columns))
    return scipy.sparse.csr_matrix((np.ones(len(columns), np.float32), columns, pointers), (len(rows), len(numbers)))


def train_toxic(folder):
    rows, labels, weights = [], [], []
    for source, text, toxic, _ in labelled(folder):
        if held_out(source, text):
            continue
        for keys, _ in passages(text)[:3]:
            rows.append(keys)
            labels.append(toxic)
            weights.append((0.1 if toxic else 1.0) if source == "davidson" else 3.0)
    for text in manuals(folder, "ordinary.jsonl", 600):
        for keys, _ in passages(text)[:40]:
            rows.append(keys)
            labels.append(False)
            weights.append(1.0)
    phrases = [(row, words_of(row["text"])) for row in rows_of(folder, "profanity.csv")]
    for row, words in phrases:
        if row["severity_description"] != "Mild":
            rows += [keys for keys, _ in passages(row["text"])]
            labels += [True] * (len(rows) - len(labels))
            weights += [0.2] * (len(rows) - len(weights))
    for pattern in NEUTRAL:
        for group in GROUPS:
            for keys, _ in passages(pattern.format(group)):
                rows.append(keys)
                labels.append(False)
                weights.append(1.0)
    counts = collections.Counter(key for keys in rows for key in keys)
    numbers = {key: number for number, key in enumerate(sorted(key for key, count in counts.items() if count >= 3))}
    model = LogisticRegression(C=1.0, max_iter=2000, solver="liblinear", random_state=0)
    model.fit(matrix(rows, numbers), np.array(labels), np.array(weights))
    scale = {key: float(model.coef_[0][number]) for key, number in numbers.items()}
    return {key: value for key, value in scale.items() if abs(value) >= 0.15}, float(model.intercept_[0])


def nsfw_words(folder):
    """How strong people rate a sexual word, as a weight."""
    found = {}

    def rate(phrase, severity):
        words = [word for word, _ in words_of(phrase)]
        if not 1 <= len(words) <= 2 or min(sum(97 <= byte <= 122 for byte in word) for word in words) < 2:
            return
        value = hash_of(words[-1])
        if len(words) == 2:
            value ^= (hash_of(words[0]) * 0x9E3779B97F4A7C15) & MASK
        found[key_of(value)] = max(found.get(key_of(value), 0.0), 2.0 * severity)

    for row in rows_of(folder, "profanity.csv"):
        if row["category_1"] != "sexual anatomy / sexual acts":
            continue
        rate(row["text"], float(row["severity_rating"]))
    for words, severity in ADVERTISED.items():
        rate(words, severity)
    return found, -4.5


def quantise(toxic, toxic_bias, nsfw, nsfw_bias):
    step = max(max(map(abs, toxic.values())), max(map(abs, nsfw.values()))) / 127
    rows = {key: (round(toxic.get(key, 0) / step), round(nsfw.get(key, 0) / step)) for key in sorted(set(toxic) | set(nsfw))}
    return {key: row for key, row in rows.items() if row != (0, 0)}, step, (toxic_bias, nsfw_bias)


def write(path, weights, step, biases):
    cells = [f"{{{key:#x},{toxic},{nsfw}}}" for key, (toxic, nsfw) in weights.items()]
    lines, line = [], "   "
    for cell in cells:
        if len(line) + len(cell) > 117:
            lines.append(line)
            line = "   "
        line += " " + cell + ","
    lines.append(line)
    path.write_text(
        "// Made by tools/safety/train_text.py; do not edit. Of which labels: docs/safety.md.\n#include \"curate/safety/word_weights.h\"\n\n"
        "namespace millpond::curate {\nnamespace {\n// clang-format off\nconstexpr WordWeight kWeights[] = {\n" + "\n".join(lines) +
        "\n};\n// clang-format on\n}  // namespace\n\nWordWeights word_weights() { return "
        f"{{kWeights, {step!r}, {{{biases[0]!r}, {biases[1]!r}}}}}; }}\n\n}}  // namespace millpond::curate\n")


class Model:
    """Scores as the program does."""

    def __init__(self, weights, step, biases):
        self.weights, self.step, self.biases = weights, step, biases

    def passage(self, keys, column):
        total = sum(self.weights[key][column] for key in keys if key in self.weights)
        return round(float(1 / (1 + np.exp(-(self.biases[column] + self.step * total)))), 4)

    def score(self, text, column):
        """The worst passage, and the share of the words that are in passages from one half on."""
        found = [(self.passage(keys, column), count) for keys, count in passages(text)]
        words = sum(count for _, count in found)
        return max((score for score, _ in found), default=0.0), \
            round(sum(count for score, count in found if score >= 0.5) / max(words, 1), 4)


def calibration_error(scores, truth):
    bins = np.minimum((scores * 15).astype(int), 14)
    return sum(abs(scores[bins == b].mean() - truth[bins == b].mean()) * (bins == b).mean() for b in range(15) if (bins == b).any())


def measures(scores, truth):
    scores, truth = np.array(scores), np.array(truth, bool)
    said = scores >= 0.5
    hits = int((said & truth).sum())
    return {"rows": len(truth), "positive": int(truth.sum()), "precision": hits / max(int(said.sum()), 1), "recall": hits / max(int(truth.sum()), 1),
            "auc": roc_auc_score(truth, scores), "calibration_error": calibration_error(scores, truth)}


def report(folder, model):
    parts = collections.defaultdict(list)
    for source, text, toxic, obscene in labelled(folder):
        if not held_out(source, text):
            continue
        parts[f"toxicity: {source}"].append((model.score(text, 0)[0], toxic))
        if obscene is not None:
            parts["nsfw: wikipedia, obscene"].append((model.score(text, 1)[0], obscene))
    for row in rows_of(folder, "hatecheck.csv"):
        parts["toxicity: hatecheck"].append((model.score(row["test_case"], 0)[0], row["label_gold"] == "hateful"))
    out = {name: measures(*zip(*rows)) for name, rows in parts.items()}
    kinds = collections.defaultdict(list)
    for row in rows_of(folder, "hatecheck.csv"):
        kinds[row["functionality"]].append(model.score(row["test_case"], 0)[0] >= 0.5)
    out["hatecheck, share called toxic"] = {kind: sum(said) / len(said) for kind, said in sorted(kinds.items())}
    texts = manuals(folder, "unseen.jsonl", 1000)
    for column, name in enumerate(["toxicity", "nsfw"]):
        scored = [model.score(text, column) for text in texts]
        out[f"{name}: manuals, none is"] = {"rows": len(texts), "worst passage >= 0.5": sum(worst >= 0.5 for worst, _ in scored),
                                            "share >= 0.1": sum(share >= 0.1 for _, share in scored)}
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--golden", type=Path, help="JSON lines with a text each, whose scores are written into them")
    args = parser.parse_args()
    toxic, toxic_bias = train_toxic(args.labels)
    nsfw, nsfw_bias = nsfw_words(args.labels)
    weights, step, biases = quantise(toxic, toxic_bias, nsfw, nsfw_bias)
    write(args.out, weights, step, biases)
    model = Model(weights, step, biases)
    if args.golden:
        texts = [json.loads(line)["text"] for line in args.golden.read_text().splitlines()]
        args.golden.write_text("".join(json.dumps({"text": text, "toxicity": model.score(text, 0), "nsfw": model.score(text, 1)}) + "\n"
                                       for text in texts))
    found = report(args.labels, model)
    text = json.dumps({"weights": len(weights), **found}, indent=1, default=float)
    print(text)
    if args.report:
        args.report.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
