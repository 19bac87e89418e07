#!/usr/bin/env python3
"""Writes texts made by chance with what NeMo Curator's and Data-Juicer's own filters measure of them.

    python3 tests/golden/heuristics/make.py > tests/golden/heuristics/texts.jsonl

A line: `text`; `values`, by column (null: the package raises; a list: equally frequent rows of words, of which the
package takes one by chance); `nemo` and `juicer`, whether they keep the text (null: by chance).
In the environment of bench/peers/install.sh heuristics.
"""
import json
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "bench" / "peers"))
import heuristics  # noqa: E402

PIECES = ("a b I U S the The of and be . .. ... … (...) […] [...] -» read more Read More.. , : ; - — / ( ) [ ] { } ⟨ ⟩ $ 0 1 "
          "12 ٣ ² ½ Ⅷ # ## #a# • ‣ ● ⦿ ⁃ ! ? \" ' http://x.yz/ https://a.b/c%20d?e=f http://porn.example/1 https:// http "
          "é ß İ ΣΑΣ ΟΔΟΣ ς ñ 漢 字 한글 か ي ़ ☃ 🙂 👍🏽 Г г Ø ø K Ａ ﬁ ー ´ « » × \b \v \f \u0085 \u00a0 \u2003 \u2028 \u200b "
          "\t \r \r\n \n \n\n \n\n\n").split(" ")
PHRASES = ["Read our Privacy Policy now", "we use COOKIES", "We Use Cookies here", "Terms of use", "Lorem ipsum dolor",
           "This site uses cooKies daily", "privacy & cookies policy", "the cookie jar", "a private privacy matter"]
WORDS = ("the mill stands beside river and turns to grind corn of farms that have with be water wheel stone by day it "
         "rests at night while miller sleeps near heron egret reed under bridge over weir fast slow old new").split()
LISTS = {"stopwords": {"en": ["the", "and", "of", "to", "a", "ς", "σας", "ø", "i̇", "г"]},
         "flagged_words": {"en": ["miller", "heron", "漢", "οδος"]}}


def scrap(rng):
    return "".join(rng.choice(PIECES) + (" " if rng.random() < 0.6 else "") for _ in range(rng.randint(0, 40)))


def sentence(rng, words):
    return " ".join(rng.choice(words) for _ in range(rng.randint(1, 14))) + rng.choice([".", "!", "", "...", "…", " read more"])


def prose(rng):
    words = rng.sample(WORDS, rng.randint(3, len(WORDS)))
    lines = [sentence(rng, words) for _ in range(rng.randint(1, 25))]
    lines += [rng.choice(lines) for _ in range(rng.randint(0, 12) if rng.random() < 0.5 else 0)]
    if rng.random() < 0.4:
        lines.insert(rng.randint(0, len(lines)), rng.choice(PHRASES))
    if rng.random() < 0.4:
        lines.append(scrap(rng))
    return "".join(line + rng.choice(["\n", " ", "\n\n", "\n"]) for line in lines)


def main():
    rng = random.Random(7)
    lists = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, words in LISTS.items():
        (lists / f"{name}.json").write_text(json.dumps(words, ensure_ascii=False) + "\n")
    nemo, juicer = heuristics.nemo_filters(), heuristics.juicer_filters(lists)
    texts = ["", " ", "\n", "\n\n", "a", "...", "#", "x" * 1200, "漢" * 30, "\u2028"]
    texts += [scrap(rng) for _ in range(150)] + [prose(rng) for _ in range(150)]
    for text in texts:
        values, nemo_kept = heuristics.nemo_of(nemo, text)
        for n in heuristics.TOP:
            if len(text.split()) >= n:
                may_be = heuristics.top_values(text, n)
                assert values[f"nemo_top_{n}_gram_frac"] in may_be
                values[f"nemo_top_{n}_gram_frac"] = may_be
        if heuristics.unsure(values):
            nemo_kept = None
        more, juicer_kept = heuristics.juicer_of(juicer, text)
        print(json.dumps({"text": text, "values": {**values, **more}, "nemo": nemo_kept, "juicer": juicer_kept},
                         ensure_ascii=False))


if __name__ == "__main__":
    main()
