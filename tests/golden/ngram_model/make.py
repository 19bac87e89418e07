#!/usr/bin/env python3
"""Makes the models and expectations of ngram_test.cpp with fastText, from a text of made-up words.

usage: make.py FOLDER      (needs the packages of bench/peers/requirements/classify.txt)
"""
import random
import sys
from pathlib import Path

import fasttext

SOUNDS = {
    "ola": "ka lo mi ra te no su va li do pe ni",
    "ühm": "tä nö rü schä ßi wöl kü bä drö fü gä hö",
    "да": "бо жи ка ле мы ню ра со ту ще эй ша",
    "日": "山 川 田 中 日 本 人 大 小 上 下 水",
}
MODELS = {  # settings of training; quantisation, if any
    "tree.bin": (dict(loss="hs", minn=2, maxn=4, dim=8, bucket=300), None),
    "softmax.bin": (dict(loss="softmax", wordNgrams=3, minn=0, maxn=0, dim=5, bucket=200), None),
    "each.bin": (dict(loss="ova", wordNgrams=2, minn=1, maxn=3, dim=20, bucket=100), None),
    "samples.bin": (dict(loss="ns", minn=0, maxn=0, dim=3, bucket=0), None),
    "tree.ftz": (dict(loss="hs", minn=2, maxn=3, dim=9, bucket=2000), dict(cutoff=300, qnorm=True, retrain=False)),
    "output.ftz": (dict(loss="softmax", wordNgrams=2, minn=1, maxn=2, dim=4, bucket=900), dict(qnorm=False, dsub=2)),
}


def word(rng, sounds):
    return "".join(rng.choice(sounds) for _ in range(rng.randint(1, 4)))


def texts(rng, count):
    for _ in range(count):
        label = rng.choices(list(SOUNDS), weights=[8, 4, 2, 1])[0]
        words = [word(rng, SOUNDS[label].split()) for _ in range(rng.randint(1, 12))]
        if rng.random() < 0.2:  # a piece of another one
            words += [word(rng, SOUNDS[rng.choice(list(SOUNDS))].split()) for _ in range(3)]
        yield label, " ".join(words)


def main():
    folder, rng = Path(sys.argv[1]), random.Random(7)
    folder.mkdir(exist_ok=True)
    train = folder / "train.txt"
    train.write_text("".join(f"__label__{label} {text}\n" for label, text in texts(rng, 600)))
    asked = [text for _, text in texts(rng, 40)]
    asked += ["", " ", "unheard-of words", "__label__ola ka __label__nothing", "ka </s> lo mi", "a" * 90, "b\u00fcm\u200bka",
              "\u3000 ka\u00a0lo", "ka\vlo\fmi"]
    (folder / "texts.txt").write_text("".join(text + "\n" for text in asked))
    for name, (settings, smaller) in MODELS.items():
        model = fasttext.train_supervised(str(train), epoch=50, thread=1, minCount=2, verbose=0, **settings)
        if smaller is not None:
            model.quantize(str(train), **smaller)
        model.save_model(str(folder / name))
        model = fasttext.load_model(str(folder / name))  # what was saved decides, not what was in memory
        with open(folder / (name + ".tsv"), "w") as out:
            for text in asked:
                best = model.f.predict(text + "\n", 3, 0.0, "strict")
                out.write("\t".join(f"{label.removeprefix('__label__')} {p:.6f}" for p, label in best) + "\n")
    train.unlink()


if __name__ == "__main__":
    main()
