"""Deterministic input: small files from a word list of its own, and real documents multiplied until they are large."""

import json
import pathlib
import random
import re
import shutil

from measure import WORK, say

WORDS = """mill pond water wheel stone grain flour river sluice weir miller baker village bridge meadow harvest winter summer
market price contract notice period tenant landlord repair invoice payment deposit inspection machine bearing pressure valve
temperature sensor reading record archive catalogue index passage chapter section author edition library reader answer question
method result measure sample interval average error limit budget schedule meeting decision owner member council district road
station harbour vessel cargo customs tariff letter signature witness statement court appeal ruling office clerk register""".split()
LINKS = "the a of in on under after before with without for and or but while because that which this every some no its".split()


def sentence(chance):
    words = []
    for _ in range(chance.randint(6, 14)):
        words += [chance.choice(LINKS), chance.choice(WORDS)]
    return " ".join(words).capitalize() + f" {chance.randint(1, 99999)}."


def small_files(folder, count):
    """Files of 40 to 90 words, alternately text, Markdown and HTML, in folders of 500; every one different."""
    for i in range(count):
        chance = random.Random(i)
        title, body = " ".join(chance.sample(WORDS, 3)), [sentence(chance) for _ in range(chance.randint(2, 3))]
        place = folder / f"{i // 500:03}"
        place.mkdir(parents=True, exist_ok=True)
        if i % 3 == 0:
            (place / f"note{i:05}.txt").write_text(f"{title}\n\n" + "\n\n".join(body) + "\n")
        elif i % 3 == 1:
            (place / f"note{i:05}.md").write_text(f"# {title}\n\n" + "\n\n".join(body) + "\n")
        else:
            paragraphs = "".join(f"<p>{each}</p>\n" for each in body)
            (place / f"note{i:05}.html").write_text(f"<html><head><title>{title}</title></head><body><h1>{title}</h1>\n{paragraphs}</body></html>\n")
    return folder


class Varied:
    """A document whose copies differ: in copy n, every seventh word (another seventh each time) is another word of the collection."""

    def __init__(self, text, markup, vocabulary):
        split = re.split(r"(<script.*?</script>|<style.*?</style>|<[^>]*>|&[^;\s]*;)" if markup else r"($^)", text, flags=re.S)
        self.pieces, self.words = [], []
        for i, part in enumerate(split):
            if i % 2:
                self.pieces.append(part)
                continue
            for piece in re.split(r"(\b[a-z]{4,}\b)", part or ""):
                if re.fullmatch(r"[a-z]{4,}", piece):
                    self.words.append(len(self.pieces))
                self.pieces.append(piece)
        self.vocabulary = vocabulary

    def copy(self, number):
        pieces, total = self.pieces.copy(), len(self.vocabulary)
        for i in self.words[number % 7::7]:
            pieces[i] = self.vocabulary[(i * 7919 + number * 104729) % total]
        return "".join(pieces)


def _varied(folders, suffix):
    files = [p for folder in folders for p in sorted(folder.rglob("*" + suffix))]
    texts = [p.read_text("utf8", "replace") for p in files]
    vocabulary = sorted({word for text in texts for word in re.findall(r"\b[a-z]{4,12}\b", text)})
    return [Varied(text, suffix == ".html", vocabulary) for text in texts]


def stamp_of(folder):
    return folder.with_name(folder.name + ".json")


def _kept(folder, want):
    """Whether the folder was made from the same wishes; otherwise it is emptied."""
    stamp = stamp_of(folder)
    if stamp.exists() and json.loads(stamp.read_text()) == want and folder.is_dir():
        return True
    shutil.rmtree(folder, ignore_errors=True)
    stamp.unlink(missing_ok=True)
    folder.mkdir(parents=True)
    say(f"making {want['size_mb']} MB of input in {folder} (kept for the next time)")
    return False


def multiplied(folders, suffix, size_mb):
    """Copies of the real documents of this type until there are size_mb, each file as large as its original. Returns the folder."""
    folder = WORK / f"material{suffix}-{size_mb}"
    want = {"folders": list(map(str, folders)), "suffix": suffix, "size_mb": size_mb, "version": 2}
    if _kept(folder, want):
        return folder
    size, number, sources = 0, 0, _varied(folders, suffix)
    while size < size_mb * 1e6:
        place = folder / f"{number:04}"
        place.mkdir()
        for i, source in enumerate(sources):
            content = source.copy(number).encode("utf8")
            (place / f"document{i:04}{suffix}").write_bytes(content)
            size += len(content)
            if size >= size_mb * 1e6:
                break
        number += 1
    stamp_of(folder).write_text(json.dumps(want))
    return folder


def large_text(folders, size_mb, large_mb):
    """size_mb of plain text: four files of large_mb, the rest in files of 1 MB, made of the documents' texts one after another."""
    folder = WORK / f"material-large-{size_mb}"
    want = {"folders": list(map(str, folders)), "size_mb": size_mb, "large_mb": large_mb, "version": 2}
    if _kept(folder, want):
        return folder
    sources, done, number, turn = _varied(folders, ".txt"), 0.0, 0, 0
    while done < size_mb:
        size = min(large_mb if number < 4 else 1, size_mb - done)
        with open(folder / f"text{number:05}.txt", "wb") as file:
            while file.tell() < size * 1e6:
                file.write(sources[turn % len(sources)].copy(turn).encode("utf8"))
                turn += 1
        done += size
        number += 1
    stamp_of(folder).write_text(json.dumps(want))
    return folder


def size_mb(folder):
    return sum(p.stat().st_size for p in pathlib.Path(folder).rglob("*") if p.is_file()) / 1e6
