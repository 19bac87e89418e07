"""Typesets real text in columns, line by line, so that the right order of reading is known.

Half of the files draw their lines in that order; the others draw them from top to bottom across all columns, as converters of
scans and some layout programs do: only the places tell the columns.
"""

import random

from reportlab.lib.pagesizes import A4, letter
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

import measure


def paragraphs():
    """Running text of 25 to 160 words a piece from the manuals."""
    base = measure.data_folder("docs", "debian_triples") or measure.ROOT / ".deps" / "corpus"
    found = []
    for path in sorted(base.rglob("*.txt")):
        if path.stem.split(".")[-1] in ("ru", "ja", "cs"):
            continue
        for block in path.read_text(errors="replace").split("\n\n"):
            words = block.split()
            if 25 <= len(words) <= 160 and "http" not in block and max(map(len, words)) <= 20 and \
                    sum(w.isalpha() for w in words) > 0.7 * len(words):
                found.append(" ".join(words))
    return found


def wrapped(text, font, size, width, indent=0.0):
    """Lines as (words, indent, whether it is the last one)."""
    lines, line, left = [], [], width - indent
    for word in text.split():
        if line and stringWidth(" ".join([*line, word]), font, size) > left:
            lines.append((line, width - left, False))
            line, left = [], width
        line.append(word)
    return [*lines, (line, width - left, True)]


def draw(canvas, line, font, size, x, y, width, justified):
    words, indent, last = line
    text = canvas.beginText(x + indent, y)
    text.setFont(font, size)
    spare = width - indent - stringWidth(" ".join(words), font, size)
    text.setWordSpace(spare / (len(words) - 1) if justified and not last and len(words) > 1 else 0)
    text.textOut(" ".join(words))
    canvas.drawText(text)


def columns(folder, pages):
    """Documents of two and three columns, with and without a heading over all of them, ragged and justified, with narrow and wide
    gutters, drawn in order and across. Returns (path, text in the order of reading)."""
    source, made = paragraphs(), []
    rng = random.Random(7)
    variants = [(c, g, s, j, b, a) for c in (2, 3) for g, s in ((12, 9), (20, 10)) for j in (True, False) for b, a in
                ((False, False), (True, True))]
    for number, (count, gutter, size, justified, banner, across) in enumerate(variants):
        path = folder / f"columns{number}.pdf"
        page = A4 if number % 2 else letter
        canvas, text, margin, leading = Canvas(str(path), pagesize=page), [], 50, 1.2 * size
        width = (page[0] - 2 * margin - (count - 1) * gutter) / count
        waiting = []  # lines of (line, font, size, indent) that no column took yet
        for at in range(pages):
            top = page[1] - margin
            placed = []
            if banner and at == 0:
                title = " ".join(rng.choice(source).split()[:7])
                text.append(title)
                placed.append(((title.split(), 0, True), "Times-Bold", 18, margin, top - 18, page[0], False))
                top -= 60
            for column in range(count):
                y = top - size
                while y > margin:
                    if not waiting:
                        if rng.random() < 0.15:
                            head = " ".join(rng.choice(source).split()[:4]).rstrip(".,;:")
                            text.append(head)
                            waiting += [(line, "Times-Bold", size + 2) for line in wrapped(head, "Times-Bold", size + 2, width)]
                        words = rng.choice(source)
                        text.append(words)
                        waiting += [(line, "Times-Roman", size) for line in wrapped(words, "Times-Roman", size, width, size)]
                    line, font, points = waiting.pop(0)
                    placed.append((line, font, points, margin + column * (width + gutter), y, width, justified and points == size))
                    y -= leading if points == size else 1.5 * leading
            if across:
                placed.sort(key=lambda each: (-round(each[4]), each[3]))
            for each in placed:
                draw(canvas, *each)
            canvas.showPage()
        canvas.save()
        text.append(" ")
        left = sum(len(line[0]) for line, *_ in waiting)  # of the last paragraph: not on the page
        if left:
            text[-2] = " ".join(text[-2].split()[:-left])
        made.append((path, "\n".join(text)))
    return made
