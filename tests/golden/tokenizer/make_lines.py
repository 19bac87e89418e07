#!/usr/bin/env python3
"""Writes lines of mixed scripts with the ids that the reference `tokenizers` package gives them.

    python3 make_lines.py MODEL_FOLDER LINES SEED > lines.tsv        # LINES random lines
    python3 make_lines.py MODEL_FOLDER every 0   > every.tsv         # each code point, between letters

A line of the output: the text's bytes in hexadecimal, the ids, the byte span of each token ("-" where the text is not
valid UTF-8, for which the reference has no byte positions). The texts are made here, by chance, from no other text.
"""
import random
import sys

from tokenizers import Tokenizer

WORDS = ("the of and a to in is was it for with he be on i that by at you are his had not this have from but which she "
         "they or an her were there we their been has when who will no more if out so up said what its about than into "
         "them can only other time new some could these two may first then do Istanbul Zürich naïve façade Ångström "
         "tokenization unbelievable antidisestablishmentarianism e.g. i.e. 3.14 10,000 foo_bar http://x.org/a?b=c&d "
         "don't rock'n'roll U.S.A. [SEP] [CLS] [MASK] [PAD] [UNK] [unused1] [sep] [[SEP]] ##ing ## [MASK").split()
RANGES = {
    "latin": [(0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF), (0x300, 0x36F)],
    "greek": [(0x370, 0x3FF), (0x1F00, 0x1FFF)],
    "cyrillic": [(0x400, 0x52F), (0x483, 0x489)],
    "arabic": [(0x600, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF)],
    "hebrew": [(0x591, 0x5F4)],
    "thai": [(0xE01, 0xE5B), (0xE81, 0xEDF)],
    "indic": [(0x900, 0x97F), (0x980, 0x9FF), (0xB80, 0xBFF), (0xC00, 0xCFF), (0xD00, 0xDFF)],
    "tibetan": [(0xF00, 0xFFF), (0x1000, 0x109F)],
    "cjk": [(0x4E00, 0x4FFF), (0x3000, 0x30FF), (0xFF00, 0xFFEF), (0xF900, 0xFAFF), (0x20000, 0x20100), (0x2F800, 0x2FA1F)],
    "hangul": [(0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x302A, 0x302F)],
    "symbols": [(0x2000, 0x2BFF), (0x1F300, 0x1FAFF), (0x1D100, 0x1D1FF), (0x1D400, 0x1D7FF)],
    "invisible": [(0x00, 0x20), (0x7F, 0xA0), (0x200B, 0x200F), (0x2028, 0x202F), (0x2060, 0x206F), (0xFE00, 0xFE0F),
                  (0xE0001, 0xE007F), (0xFEFF, 0xFEFF), (0x180B, 0x180F)],
    "marks": [(0x300, 0x36F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0xA8E0, 0xA8F1), (0x8D3, 0x8E1),
              (0x16FF0, 0x16FF1), (0x1D165, 0x1D172), (0x302A, 0x302F), (0x1CD0, 0x1CF9), (0x1E130, 0x1E136), (0xA953, 0xA953)],
    "other": [(0xE000, 0xF8FF), (0xF0000, 0xF00FF), (0x378, 0x379), (0x30000, 0x31350), (0x1E900, 0x1E95F), (0xA640, 0xABFF)],
    "all": [(0, 0xD7FF), (0xE000, 0x10FFFF)],
}
NAMES = sorted(RANGES)


def random_char(rng, name):
    first, last = rng.choice(RANGES[name])
    return chr(rng.randint(first, last))


def random_word(rng, name):
    if rng.random() < 0.25:
        word = rng.choice(WORDS)
        return word.upper() if rng.random() < 0.2 else word
    size = rng.randint(95, 130) if rng.random() < 0.01 else rng.randint(1, 9)
    word = "".join(random_char(rng, name) for _ in range(size))
    if rng.random() < 0.15:  # a mark or something invisible in its middle
        at = rng.randint(0, len(word))
        extra = "".join(random_char(rng, rng.choice(("marks", "invisible", "latin"))) for _ in range(rng.randint(1, 6)))
        word = word[:at] + extra + word[at:]
    return word


def random_line(rng):
    names = rng.sample(NAMES, rng.randint(1, 3)) + ["latin"]
    parts = []
    for _ in range(rng.randint(1, 14)):
        parts.append(random_word(rng, rng.choice(names)))
        parts.append(rng.choice((" ", " ", " ", " ", "", "\n", "\t", ", ", ". ", "-", "\u00a0", "\u3000")))
    text = "".join(parts).encode("utf-8")
    if rng.random() < 0.15:  # damage: cut sequences, surrogates, overlong forms
        damaged = bytearray(text)
        for _ in range(rng.randint(1, 4)):
            at = rng.randint(0, len(damaged))
            damaged[at:at + rng.randint(0, 2)] = rng.choice(
                (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82", b"\xf0\x9f", b"\x80", b"\xf4\x90\x80\x80", b"\xf5"))
        text = bytes(damaged)
    return text


def every_code_point():
    points = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    for i in range(0, len(points), 32):
        yield " ".join("x" + chr(c) + "Y" + chr(c) for c in points[i:i + 32]).encode("utf-8")


def spans(text, encoding):
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError:
        return "-"
    at = [0]
    for ch in decoded:
        at.append(at[-1] + len(ch.encode("utf-8")))
    return " ".join(f"{at[a]}:{at[b]}" for a, b in encoding.offsets)


def main():
    folder, lines, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    rng = random.Random(seed)
    texts = every_code_point() if lines == "every" else (random_line(rng) for _ in range(int(lines)))
    batch = []

    def flush():
        encodings = tokenizer.encode_batch([t.decode("utf-8", "replace") for t in batch], add_special_tokens=False)
        for text, encoding in zip(batch, encodings):
            sys.stdout.write(f"{text.hex()}\t{' '.join(map(str, encoding.ids))}\t{spans(text, encoding)}\n")
        batch.clear()

    for text in texts:
        batch.append(text)
        if len(batch) == 2000:
            flush()
    flush()


if __name__ == "__main__":
    main()
