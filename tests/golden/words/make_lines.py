#!/usr/bin/env python3
"""Writes texts with what the references make of them: words, normal form, MinHash values, the filters' verdicts.

    python3 tests/golden/words/make_lines.py > tests/golden/words/lines.tsv

A line: what it is, then fields; texts as the hexadecimal of their bytes. The texts are made here by chance.
    words       text, tokens parted by U+001F (datatrove's split_into_words)
    plain       text, normal form (simplify_text)
    minhash     text, the values of the signature (MinhashDedupSignature, defaults)
    verdict     text, "kept" or the reason of each filter on its own, on the text as it is: Gopher's repetition and
                quality, FineWeb, C4; then what C4's filter leaves
    contacts    text, e-mail addresses and public IPv4 addresses found, parted by U+001F (PIIFormatter)
Needs `pip install datatrove==0.10.1 spacy==3.8.18 "xxhash<4" tokenizers regex`.
"""
import random
import sys
import tempfile

from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashDedupSignature
from datatrove.pipeline.filters import (C4QualityFilter, FineWebQualityFilter, GopherQualityFilter,
                                        GopherRepetitionFilter)
from datatrove.pipeline.formatters.pii import PIIFormatter
from datatrove.utils.text import simplify_text, split_into_words

PIECES = ("a b I U S he she it that 's ' ’ ’s . .. ... , : ; - -- — / ( ) [ ] { } $ US$ 0 1 12 3.14 10,000 km mm² a.m. "
          "don't cannot :-) :) 8) <3 e.g. Ph.D. C++ + http:// www. .com @ # % & * = _ ~ ° °C. € … « » “ ” é ß İ ΣΑΣ ς ñ 漢 "
          "字 한글 か ي ़ ☃ 🙂 ^ | \\ \\n < > ? ! Q 172.16.1.1 8.8.8.8 user foo.bar ＡＢ ﬁ \u0301 \u00a0 \u2003 \n \t "
          "\u0085 \u2028 \r\n").split(" ")
CONTACTS = ("a b Z 9 1 25 256 0 . . . @ @ - _ + [ ] : é ж # 8.8.8.8 12. 1.1 ² .. x@y.zz".split(" ")) + [" "]
WORDS = ("the mill stands beside river and turns to grind corn of farms that have with be water wheel stone by day it "
         "rests at night while miller sleeps near heron egret reed under bridge over weir fast slow old new").split()


def scrap(rng):
    return "".join(rng.choice(PIECES) if rng.random() < 0.85 else " " for _ in range(rng.randint(1, 25)))


def sentence(rng):
    words = [rng.choice(WORDS) for _ in range(rng.randint(3, 14))]
    return " ".join(words).capitalize() + rng.choice([".", ".", ".", "?", "!", "", "...", ' [12].', " [edit]", ":"])


def page(rng):
    """A page of sentences in lines; some say the same twice, some are lists, some are broken."""
    pool = [sentence(rng) for _ in range(rng.randint(2, 60))]
    lines = []
    for number in range(rng.randint(1, 12)):
        line = " ".join(rng.choice(pool) if rng.random() < 0.2 else sentence(rng) for _ in range(rng.randint(1, 3)))
        kind = rng.random() * 1.5
        if kind < 0.06:
            line = "- " + line
        elif kind < 0.1:
            line = rng.choice(["Home | About | #1", "Read our Privacy Policy.", "Please enable JavaScript.", "{ x = 1; }",
                               "Lorem ipsum dolor sit amet.", "1 2 3 4 5", "# # #", "…", "menu"])
        lines.append(line)
    return rng.choice(["\n", "\n", "\n\n"]).join(lines)


def hexed(text):
    return text.encode().hex()


def main():
    rng = random.Random(11)
    say = lambda *fields: sys.stdout.write("\t".join(fields) + "\n")
    for _ in range(700):
        text = scrap(rng)
        say("words", hexed(text), hexed("\x1f".join(split_into_words(text))))
        say("plain", hexed(text), hexed(simplify_text(text)))
    formatter = PIIFormatter()
    for _ in range(400):
        text = "".join(rng.choice(CONTACTS) for _ in range(rng.randint(3, 25)))
        emails = [m.group(0) for m in formatter.emails_replacer.regex.finditer(text)]
        found = formatter.ip_replacer
        addresses = [m.group(0) for m in found.regex.finditer(text) if found.validator(m.group(0))]
        say("contacts", hexed(text), hexed("\x1f".join(emails)), hexed("\x1f".join(addresses)))
    hasher = MinhashDedupSignature(tempfile.mkdtemp())
    filters = [GopherRepetitionFilter(), GopherQualityFilter(), FineWebQualityFilter(), C4QualityFilter()]
    for number in range(90):
        text = page(rng)
        if number % 10 == 0:
            shingles = hasher.get_shingles(text)
            if shingles.size:
                say("minhash", hexed(text), " ".join(str(v) for band in hasher.get_signature(shingles) for v in band))
        verdicts = []
        for each in filters:
            document = Document(text=text, id="0")
            verdict = each.filter(document)
            verdicts.append("kept" if verdict is True else verdict[1])
        say("verdict", hexed(text), *verdicts, hexed(document.text))


main()
