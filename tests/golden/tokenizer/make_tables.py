#!/usr/bin/env python3
"""Writes src/model/tokenizer/bert_tables.cpp: what the reference `tokenizers` package does with each code point.

The tables are found by asking the reference about every code point (normalizer and pre-tokenizer), not by reading
Unicode's files, because the reference mixes the tables of several Unicode versions.

    python3 tests/golden/tokenizer/make_tables.py > src/model/tokenizer/bert_tables.cpp
"""
import sys
import unicodedata

import tokenizers
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

NORMALIZE = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)
CLEAN = BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
DECOMPOSE = NFD()
SPLIT = BertPreTokenizer()
WORD, DROP, DROP_MARK, SPACE, PUNCT, IDEOGRAPH, HANGUL, NONSTARTER = range(8)
NAMES = ["kWord", "kDrop", "kDropMark", "kSpace", "kPunct", "kIdeograph", "kHangul", "kNonstarter"]


def scalars():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def reference_of_each_class():
    """One combining character for each canonical combining class, classes that both libraries agree on."""
    found = {}
    for c in scalars():
        ccc = unicodedata.combining(chr(c))
        if ccc and ccc not in found:
            found[ccc] = chr(c)
    return sorted(found.items())


CLASSES = reference_of_each_class()


def combining_class(ch):
    """The class that the reference's decomposition uses, found by which neighbours it swaps."""
    ch = DECOMPOSE.normalize_str(ch)[0]
    high, low = CLASSES[-1][1], CLASSES[0][1]
    if DECOMPOSE.normalize_str("a" + high + ch) == "a" + high + ch and \
            DECOMPOSE.normalize_str("a" + ch + low) == "a" + ch + low:
        return CLASSES[-1][0] if ch == high else CLASSES[0][0] if ch == low else 0
    for ccc, other in CLASSES:
        if DECOMPOSE.normalize_str("a" + other + ch) == "a" + other + ch and \
                DECOMPOSE.normalize_str("a" + ch + other) == "a" + ch + other:
            return ccc
    raise SystemExit(f"no combining class found for U+{ord(ch):04X}")


def probe():
    kinds, maps = {}, {}
    for c in scalars():
        ch = chr(c)
        out = NORMALIZE.normalize_str("x" + ch + "y")[1:-1]
        if out == "":
            cleaned = CLEAN.normalize_str("x" + ch + "y") == "xy"
            kinds[c] = DROP if cleaned or combining_class(ch) else DROP_MARK
        elif out == " ":
            kinds[c] = SPACE
        elif out[0] == " " and out[-1] == " ":
            kinds[c] = IDEOGRAPH
            if out[1:-1] != ch:
                maps[c] = out[1:-1]
        elif 0xAC00 <= c < 0xD7A4:
            kinds[c] = HANGUL
        elif out == ch:
            ccc = combining_class(ch)
            pieces = len(SPLIT.pre_tokenize_str("a" + ch + "a"))
            kinds[c] = (NONSTARTER, ccc) if ccc else {1: WORD, 2: SPACE, 3: PUNCT}[pieces]
            if ccc and pieces != 1:
                raise SystemExit(f"U+{c:04X} is a delimiter that reorders")
        else:
            maps[c] = out
            kinds[c] = WORD
            if combining_class(ch):
                raise SystemExit(f"U+{c:04X} is mapped and reorders")
            hidden = len(DECOMPOSE.normalize_str(ch)) > len(out)
            if hidden and any(combining_class(part) for part in out):  # a dropped mark could end the run
                raise SystemExit(f"U+{c:04X} may hide the end of a run")
    for c, out in maps.items():
        for part in out:
            if kinds[c] != IDEOGRAPH and (ord(part) in maps or kinds[ord(part)] in (DROP, DROP_MARK, IDEOGRAPH, HANGUL)):
                raise SystemExit(f"U+{c:04X} maps to U+{ord(part):04X}, which is not final")
    return kinds, maps


def ranges(kinds):
    out = []
    for c in scalars():
        kind = kinds[c]
        if kind == WORD:
            continue
        if out and out[-1][2] == kind and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c, kind])
    return out


def runs(single):
    """Folds single-code-point maps with a common difference and a stride of 1 or 2 into runs; the rest stay pairs."""
    left, found = dict(single), []
    for c in sorted(single):
        if c not in left:
            continue
        best = 1
        for stride in (1, 2):
            n = 1
            while left.get(c + n * stride, None) is not None and left[c + n * stride] - (c + n * stride) == left[c] - c:
                n += 1
            if n > best:
                best, best_stride = n, stride
        if best >= 3:
            found.append((c, c + (best - 1) * best_stride, best_stride, left[c] - c))
            for k in range(best):
                del left[c + k * best_stride]
    return found, left


def emit(items, width=118):
    line = " "
    for item in items:
        if len(line) + len(item) + 2 > width:
            print(line)
            line = " "
        line += " " + item + ","
    print(line)


def main():
    kinds, maps = probe()
    single = {c: ord(out) for c, out in maps.items() if len(out) == 1}
    several = {c: out for c, out in maps.items() if len(out) > 1}
    run_list, pairs = runs(single)
    print("// Generated by tests/golden/tokenizer/make_tables.py from tokenizers " + tokenizers.__version__ + "; do not edit.")
    print('#include "model/tokenizer/bert_tables.h"\n')
    print("namespace millpond::model::tables {\nnamespace {")
    print("// clang-format off")
    print("constexpr KindRange kKindRanges[] = {")
    rows = []
    for first, last, kind in ranges(kinds):
        code = kind if isinstance(kind, int) else 16 + kind[1]
        rows.append(f"{{{first:#x},{last:#x},{code}}}")
    emit(rows)
    print("};\nconstexpr MapRun kMapRuns[] = {")
    emit(f"{{{a:#x},{b:#x},{s},{d}}}" for a, b, s, d in run_list)
    print("};\nconstexpr MapPair kMapPairs[] = {")
    emit(f"{{{c:#x},{o:#x}}}" for c, o in sorted(pairs.items()))
    print("};\nconstexpr MapSeveral kMapSeveral[] = {")
    emit(f"{{{c:#x},{{{','.join(f'{ord(p):#x}' for p in out)}}}}}" for c, out in sorted(several.items()))
    print("};\n// clang-format on\n}  // namespace\n")
    for kind in ("KindRange", "MapRun", "MapPair", "MapSeveral"):
        name = {"KindRange": "kind_ranges", "MapRun": "map_runs", "MapPair": "map_pairs", "MapSeveral": "map_several"}[kind]
        table = {"KindRange": "kKindRanges", "MapRun": "kMapRuns", "MapPair": "kMapPairs", "MapSeveral": "kMapSeveral"}[kind]
        print(f"std::span<const {kind}> {name}() {{ return {table}; }}")
    print("\n}  // namespace millpond::model::tables")
    print(f"{len(rows)} ranges, {len(run_list)} runs, {len(pairs)} pairs, {len(several)} sequences", file=sys.stderr)


if __name__ == "__main__":
    main()
