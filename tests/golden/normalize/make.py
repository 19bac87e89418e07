#!/usr/bin/env python3
"""Writes texts made by chance with what ftfy and Python's unicodedata make of them.

    python3 tests/golden/normalize/make.py > tests/golden/normalize/texts.jsonl

A line: `options` of `normalize_text`, `text`, `expected`. In the environment of bench/peers/install.sh heuristics.
"""
import json
import random
import re

import ftfy

PIECES = ("a e I fi é e\u0301 A\u030a Å Å ﬁ ﬃ ﬅ ĳ ŉ Ǆ ³ ½ ｶﾞ ＡＢ ＂ ＇ ￣ ￥ ﾡ ⑨ ℌ ẛ̣ ᄀ ᅡ 각 ゙ か\u3099 “ ” „ ‟ ‘ ’ ‛ ʼ « \" ' … ー "
          "\u0085 \u0080 \u0091 \u009d \u008d \u0000 \u0007 \b \v \f \r \r\n \r\r\n \n \n\n\n \t \x1b \x1b[31m \x1b[0;1mX \x1b[ \x7f "
          "\u2028 \u2029 \u200b \u200c \u200d \u2060 \u00ad \ufeff \u180e \u200e \u202a \u2066 \u206a \u206f \ufff9 \ufffc "
          "\ufffd \u00a0 \u2003 \u3000 ١ ́ 👍🏽 👩\u200d🚀 𝔘 漢 한").split(" ")
ZERO = {"spaces": "[\u200b\u2060\ufeff\u00ad\u180e]",
        "all": "[\u200b\u2060\ufeff\u00ad\u180e\u200c-\u200f\u202a-\u202e\u2061-\u2064\u2066-\u2069]"}


def text(rng):
    return "".join(rng.choice(PIECES) + (" " if rng.random() < 0.2 else "") for _ in range(rng.randint(0, 30)))


def expected(text, options):
    config = ftfy.TextFixerConfig(
        unescape_html=False, fix_encoding=False, restore_byte_a0=False, replace_lossy_sequences=False,
        decode_inconsistent_utf8=False, fix_c1_controls=options.get("c1_controls", True),
        fix_latin_ligatures=options.get("ligatures", False), fix_character_width=options.get("width", False),
        uncurl_quotes=options.get("quotes") == "straight", fix_line_breaks=options.get("line_breaks", "unix") == "unix",
        remove_terminal_escapes=options.get("terminal_escapes", True), remove_control_chars=options.get("controls", True),
        normalization=None)
    out = ftfy.fix_text(text, config)
    if options.get("zero_width", "keep") != "keep":
        out = re.sub(ZERO[options["zero_width"]], "", out)
    form = options.get("form", "nfc")
    if form != "none":
        out = ftfy.fix_text(out, ftfy.TextFixerConfig(
            unescape_html=False, fix_encoding=False, fix_c1_controls=False, fix_latin_ligatures=False,
            fix_character_width=False, uncurl_quotes=False, fix_line_breaks=False, remove_terminal_escapes=False,
            remove_control_chars=False, normalization=form.upper()))
    if options.get("white_space") == "all":
        out = " ".join(out.split())
    if options.get("white_space") == "lines":
        out = re.sub("\n{3,}", "\n\n", "\n".join(" ".join(line.split()) for line in out.split("\n")))
    return out


def main():
    rng = random.Random(11)
    choices = {"form": ["none", "nfc", "nfd", "nfkc", "nfkd"], "line_breaks": ["keep", "unix"], "controls": [True, False],
               "terminal_escapes": [True, False], "c1_controls": [True, False], "quotes": ["keep", "straight"],
               "ligatures": [False, True], "width": [False, True], "zero_width": ["keep", "spaces", "all"],
               "white_space": ["keep", "lines", "all"]}
    for number in range(400):
        options = {} if number % 4 == 0 else {name: rng.choice(values) for name, values in choices.items()}
        sample = text(rng)
        print(json.dumps({"options": options, "text": sample, "expected": expected(sample, options)}))


if __name__ == "__main__":
    main()
