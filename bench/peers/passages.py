"""Vectors of 768 numbers from real text: passages of Debian's documentation, by latent semantic analysis.

usage: passages.py texts FOLDER ROWS | passages.py vectors FOLDER ROWS

texts: fetches documentation packages of this Debian release with apt-get (unpacked beside FOLDER, not installed), and cuts their pages into
passages of 50 words, each once; FOLDER/passages.txt has ROWS and a thousand more, a sample of all that is the same every time.
vectors: tf-idf of the words, and of a sample of 100,000 passages the 768 directions that hold most (a randomised SVD); each passage
is projected on them and made a unit vector. The last thousand passages are the queries. base.npy, queries.npy, all.npy (their exact
ten nearest by inner product).
"""

import gzip
import hashlib
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import time

QUERIES, WORDS, DIMENSIONS, TOP = 1000, 50, 768, 10
PACKAGES = """postgresql-doc-15 python3.11-doc python-django-doc debian-handbook developers-reference libreoffice-help-en-us manpages
manpages-dev libboost1.74-doc llvm-15-doc rust-doc linux-doc-6.1 libreoffice-help-de libreoffice-help-fr
libreoffice-help-es manpages-de manpages-fr erlang-doc openjdk-17-doc qtbase5-doc-html octave-doc maxima-doc libgtk-3-doc ghc-doc
racket-doc python-pandas-doc python-scipy-doc perl-doc installation-guide-amd64 libgtk-4-doc libreoffice-help-it libreoffice-help-pt
libreoffice-help-nl""".split()
HIDDEN = re.compile(r"<(script|style|head|nav)\b.*?</\1\s*>|<!--.*?-->", re.S | re.I)
TAG = re.compile(r"<[^>]*>")
ROFF = re.compile(r"^[.'].*$|\\f[A-Z]|\\f\(..|\\[&,/]", re.M)
LETTERS = re.compile(r"[^\W\d_]")


def fetched(folder, package):
    """The folder that a package is unpacked into."""
    place = folder.parent / "million-packages" / package  # one place for all sizes
    if not place.exists():
        debs = place.parent / "debs"
        debs.mkdir(parents=True, exist_ok=True)
        got = subprocess.run(["apt-get", "download", "-q", "-o", "Acquire::Retries=3", package], cwd=debs, capture_output=True, text=True)
        if got.returncode:
            sys.exit(f"cannot fetch {package}: {got.stderr.strip()[-300:]}\nRun apt-get update, or see whether this is Debian 12.")
        deb = next(debs.glob(f"{package}_*.deb"))
        begun = place.with_suffix(".begun")
        begun.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg", "-x", deb, begun], check=True)
        begun.rename(place)
        deb.unlink()
    return place


def text_of(path):
    """The text of a page of HTML, of a manual page or of plain text; empty for anything else."""
    name = path.name.removesuffix(".gz")
    page, manual = name.endswith((".html", ".xhtml", ".htm")), "/man/" in str(path)
    if not page and not manual and not name.endswith((".txt", ".rst", ".md")):
        return ""
    raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    text = raw[:8_000_000].decode("utf8", "replace")
    if page:
        text = html.unescape(TAG.sub(" ", HIDDEN.sub(" ", text)))
    elif manual:
        text = ROFF.sub(" ", text).replace("\\-", "-")
    return text


def is_prose(words):
    """Most of the words are words: letters, not signs of a program or a table of numbers."""
    letters = sum(len(LETTERS.findall(word)) for word in words)
    return sum(word.isalpha() for word in words) >= .5 * len(words) and letters >= .75 * sum(map(len, words))


def make_texts(folder, rows):
    """Passages in the order of their hashes: any first part of them is a fair sample of all that were found."""
    found, seen, wanted = [], set(), (rows + QUERIES) * 11 // 10
    for package in PACKAGES:
        place = fetched(folder, package)
        for path in sorted(path for path in place.rglob("*") if path.is_file() and not path.is_symlink()):
            words = text_of(path).split()
            for first in range(0, len(words) - WORDS + 1, WORDS):
                piece = words[first:first + WORDS]
                key = hashlib.blake2b(re.sub(r"[\W\d_]+", " ", " ".join(piece).lower()).encode(), digest_size=8).digest()
                if key not in seen and is_prose(piece):
                    seen.add(key)
                    found.append((key, " ".join(piece)))
        print(f"{package}: {len(found)} passages so far", file=sys.stderr, flush=True)
        if len(found) >= wanted:
            break
    if len(found) < rows + QUERIES:
        sys.exit(f"the documentation has fewer passages than are wanted; it has: {len(found)}")
    found.sort()
    begun = folder / "passages.begun"
    begun.write_text("".join(text + "\n" for _, text in found[:rows + QUERIES]))
    begun.rename(folder / "passages.txt")
    return {"passages": rows + QUERIES, "packages": PACKAGES.index(package) + 1}


def term_matrix(texts, words=None, idf=None):
    """Rows of tf-idf of unit length; with no words given, those that at least five passages hold, 60,000 at most."""
    import collections
    import numpy as np
    import scipy.sparse as sparse
    split = [re.findall(r"\w{2,}", text.lower()) for text in texts]
    if words is None:
        held = collections.Counter(word for each in split for word in set(each))
        often = sorted((word for word, count in held.items() if count >= 5), key=lambda word: (-held[word], word))[:60_000]
        words = {word: place for place, word in enumerate(often)}
        idf = np.array([np.log(len(split) / held[word]) for word in often], np.float32)
    columns, values, ends = [], [], [0]
    for each in split:
        counts = collections.Counter(words[word] for word in each if word in words)
        columns += counts.keys()
        values += counts.values()
        ends.append(len(columns))
    columns = np.array(columns, np.int32)
    matrix = sparse.csr_matrix(((1 + np.log(np.array(values, np.float32))) * idf[columns], columns, np.array(ends)), (len(split), len(words)))
    return matrix, words, idf


def directions(matrix):
    """The right singular vectors of the largest values, by a randomised range finder with three rounds."""
    import numpy as np
    start = np.random.default_rng(1).standard_normal((matrix.shape[1], DIMENSIONS + 32), np.float32)
    for _ in range(3):
        start = np.linalg.qr(matrix.T @ (matrix @ start))[0].astype(np.float32)
    seen = matrix @ start
    turn = np.linalg.eigh(seen.T @ seen)[1][:, ::-1][:, :DIMENSIONS]
    return np.ascontiguousarray(start @ turn.astype(np.float32))


def make_vectors(folder, rows):
    import numpy as np
    texts = (folder / "passages.txt").read_text().split("\n")[:-1]
    queries, texts = texts[-QUERIES:], texts[:rows]
    sample, words, idf = term_matrix(texts[:100_000])
    axes = directions(sample)
    base = np.lib.format.open_memmap(folder / "base.begun", "w+", np.float32, (rows, DIMENSIONS))

    def unit(part):
        made = term_matrix(part, words, idf)[0] @ axes
        made[:, 0] += 1e-6  # a passage of unknown words only still has a direction
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    for first in range(0, rows, 20_000):
        base[first:first + 20_000] = unit(texts[first:first + 20_000])
    asked = unit(queries)
    best = np.zeros((QUERIES, 0), np.float32), np.zeros((QUERIES, 0), np.int64)
    for first in range(0, rows, 50_000):
        scores = np.hstack([best[0], asked @ base[first:first + 50_000].T])
        ids = np.hstack([best[1], np.broadcast_to(np.arange(first, min(first + 50_000, rows)), (QUERIES, min(50_000, rows - first)))])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
        best = np.take_along_axis(scores, order, 1), np.take_along_axis(ids, order, 1)
    base.flush()
    np.save(folder / "queries.npy", asked)
    np.save(folder / "all.npy", best[1])
    os.rename(folder / "base.begun", folder / "base.npy")
    block, rate = np.ones(64 << 20, np.float32), 0
    for _ in range(5):
        began = time.thread_time()
        block.sum()
        rate = max(rate, block.nbytes / (time.thread_time() - began))
    return {"rows": rows, "words": len(words), "bandwidth": rate, "nearest": round(float(best[0][:, 0].mean()), 3),
            "tenth": round(float(best[0][:, -1].mean()), 3)}


if __name__ == "__main__":
    made = {"texts": make_texts, "vectors": make_vectors}[sys.argv[1]](pathlib.Path(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(made))
