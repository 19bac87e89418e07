#!/usr/bin/env python3
"""Writes src/curate/words/english_tables.cpp: what spaCy's English tokenizer and datatrove do with each code point.

Classes are found by asking the compiled patterns of spaCy (MIT licence) and Python's own string methods about every code
point, so the result follows their version of Unicode. Needs `pip install datatrove==0.10.1 spacy==3.8.18 regex`.

    python3 tests/golden/words/make_tables.py > src/curate/words/english_tables.cpp
"""
import re
import sys
import unicodedata

import regex
import spacy
from datatrove.utils.text import PUNCTUATION_SET, PUNCTUATION_TRANS, TERMINAL_PUNCTUATION
from spacy.lang.char_classes import (ALPHA, ALPHA_LOWER, ALPHA_UPPER, CONCAT_QUOTES, CURRENCY, LIST_ICONS, UNITS)
from spacy.pipeline.sentencizer import Sentencizer
from spacy.tokenizer import Tokenizer

nlp = spacy.blank("en")
full = nlp.tokenizer
plain = Tokenizer(nlp.vocab, rules={}, prefix_search=full.prefix_search, suffix_search=full.suffix_search,
                  infix_finditer=full.infix_finditer, url_match=full.url_match)
assert len(LIST_ICONS) == 1 and full.token_match is None

MULTI_PREFIX = {".", "+"}
CLASSES = [  # name, whether a code point is in it
    ("kSpace", lambda c: c.isspace()),
    ("kAlpha", re.compile(f"[{ALPHA}]").match),
    ("kLower", re.compile(f"[{ALPHA_LOWER}]").match),
    ("kUpper", re.compile(f"[{ALPHA_UPPER}]").match),
    ("kQuote", re.compile(f"[{CONCAT_QUOTES}]").match),
    ("kIcon", re.compile(LIST_ICONS[0]).match),
    ("kPrefix", lambda c: c not in MULTI_PREFIX and full.find_prefix(c)),
    ("kSuffix", lambda c: full.find_suffix("A" + c) == 1),
    ("kBeforeStop", lambda c: full.find_suffix(c + ".") >= 1 and c != "."),
    ("kDigit", re.compile(r"\d").match),
    ("kWord", re.compile(r"\w").match),
    ("kLetter", lambda c: c.isalpha()),
    ("kSymbol", lambda c: c in PUNCTUATION_SET),
    ("kPunct", lambda c: unicodedata.category(c).startswith("P")),
    ("kSentenceEnd", lambda c: c in Sentencizer.default_punct_chars),
    ("kTerminal", lambda c: c in TERMINAL_PUNCTUATION),
]
NUMBER = regex.compile(r"\p{Nd}")
SEPARATOR = regex.compile("[.,،٫⎖⎗⎘]")


def scalars():
    return (chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def packed(entries):
    """Entries with commas, on lines of up to 120 columns."""
    lines, line = [], "   "
    for entry in entries:
        if len(line) + len(entry) > 117:
            lines.append(line)
            line = "   "
        line += " " + entry + ","
    return "\n".join(lines + [line])


def quoted(text):
    return '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text.encode()) + '"'


def plain_form(c):
    """What one character becomes: lower case, punctuation as a space, decomposed, without marks. None: itself."""
    lower = c.lower().translate(PUNCTUATION_TRANS)
    lower = re.sub(r"\s", " ", lower)
    out = "".join(x for x in unicodedata.normalize("NFD", lower) if unicodedata.category(x) != "Mn")
    return None if out == c else out


def main():
    out = []
    say = out.append
    say("// Made by tests/golden/words/make_tables.py; do not edit. Classes and exceptions as in spaCy's English rules (MIT).")
    say('#include "curate/words/english_tables.h"\n')
    say("namespace millpond::curate {")
    ranges, start, last, previous = [], 0, 0, -1
    for c in scalars():
        bits = sum(1 << i for i, (_, has) in enumerate(CLASSES) if has(c))
        bits |= (1 << 16) if NUMBER.match(c) else 0
        bits |= (1 << 17) if SEPARATOR.match(c) else 0
        if bits != previous or ord(c) != last + 1:
            if previous > 0:
                ranges.append((start, last, previous))
            start, previous = ord(c), bits
        last = ord(c)
    if previous > 0:
        ranges.append((start, last, previous))
    say("namespace {\n// clang-format off")
    say("constexpr ClassRange kRanges[] = {\n" + packed(f"{{0x{a:x},0x{b:x},0x{k:x}}}" for a, b, k in ranges) + "\n};")
    rules = sorted(full.rules.items())
    whole = []
    for text, parts in rules:
        parts = [p[65] if 65 in p else p["ORTH"] if "ORTH" in p else list(p.values())[0] for p in parts]
        assert "".join(parts) == text, (text, parts)
        if not text.isspace():
            whole.append(quoted("\x1f".join(parts)))
    say("constexpr const char* kSpecials[] = {\n" + packed(whole) + "\n};")
    rows = []
    for text, parts in rules:
        if full.faster_heuristics and not (full.find_prefix(text) or full.find_infix(text) or full.find_suffix(text)
                                           or " " in text):
            continue
        apart = [t.text for t in plain(text)]
        if len(apart) > 1:
            rows.append(quoted("\x1f".join(apart)))
        else:
            assert [t.text for t in full(text)] == apart, text
    say("constexpr const char* kMerges[] = {\n" + packed(rows) + "\n};")
    for name, alternatives in (("kUnits", UNITS), ("kCurrencies", CURRENCY)):
        texts = sorted({a.replace("\\", "") for a in alternatives.split("|")})
        say(f"constexpr const char* {name}[] = {{\n" + packed(map(quoted, texts)) + "\n};")
    rows = []
    for c in scalars():
        if 0xAC00 <= ord(c) <= 0xD7A3:
            continue  # Hangul syllables are taken apart by arithmetic
        form = plain_form(c)
        if form is not None:
            rows.append(f"{{0x{ord(c):x},{quoted(form)}}}")
    say("constexpr PlainForm kPlainForms[] = {\n" + packed(rows) + "\n};")
    say("// clang-format on\n}  // namespace\n")
    for name, type_name, array in (("class_ranges", "ClassRange", "kRanges"), ("specials", "const char*", "kSpecials"),
                                   ("merges", "const char*", "kMerges"), ("units", "const char*", "kUnits"),
                                   ("currencies", "const char*", "kCurrencies"),
                                   ("plain_forms", "PlainForm", "kPlainForms")):
        const = "" if type_name.endswith("*") else "const "
        inner = "const char* const" if type_name.endswith("*") else f"{const}{type_name}"
        say(f"std::span<{inner}> {name}() {{ return {array}; }}")
    say("\n}  // namespace millpond::curate")
    sys.stdout.write("\n".join(out) + "\n")


main()
