"""Typesets real text in columns, so that the right order of reading is known."""


import random

from reportlab.lib.enums import TA_JUSTIFY, TA_LEFT
from reportlab.lib.pagesizes import A4, letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import BaseDocTemplate, Frame, FrameBreak, NextPageTemplate, PageTemplate, Paragraph, Spacer

import measure


def paragraphs():
    """Running text of several hundred words a piece from the manuals."""
    base = measure.data_folder("docs", "debian_triples") or measure.ROOT / ".deps" / "corpus"
    found = []
    for path in sorted(base.rglob("*.txt")):
        if path.stem.split(".")[-1] in ("ru", "ja"):
            continue
        for block in path.read_text(errors="replace").split("\n\n"):
            words = block.split()
            if 25 <= len(words) <= 160 and "http" not in block and sum(w.isalpha() for w in words) > 0.7 * len(words):
                found.append(" ".join(words))
    return found


def columns(folder, pages):
    """Documents of two and three columns, with and without a heading over all of them, ragged and justified, narrow and wide gutters.
    Returns (path, text in the order of reading)."""
    source, made = paragraphs(), []
    rng = random.Random(7)
    for number, (count, gutter, aligned, banner, size) in enumerate(
            (c, g, a, b, s) for c in (2, 3) for g, s in ((12, 9), (20, 10)) for a in (TA_JUSTIFY, TA_LEFT) for b in (False, True)):
        path = folder / f"columns{number}.pdf"
        page = A4 if number % 2 else letter
        margin, body = 50, ParagraphStyle("body", fontName="Times-Roman", fontSize=size, leading=1.2 * size, alignment=aligned,
                                          firstLineIndent=size, spaceAfter=0 if number % 3 else 5)
        head = ParagraphStyle("head", parent=body, fontName="Times-Bold", fontSize=size + 2, leading=1.3 * (size + 2), firstLineIndent=0,
                              spaceBefore=8, spaceAfter=4, alignment=TA_LEFT)
        top = 70 if banner else 0
        width = (page[0] - 2 * margin - (count - 1) * gutter) / count
        frame = lambda i, less: Frame(margin + i * (width + gutter), margin, width, page[1] - 2 * margin - less, 0, 0, 0, 0)
        first = [frame(i, top) for i in range(count)]
        if banner:
            first.insert(0, Frame(margin, page[1] - margin - top, page[0] - 2 * margin, top, 0, 0, 0, 0))
        document = BaseDocTemplate(str(path), pagesize=page, pageTemplates=[
            PageTemplate("first", first), PageTemplate("next", [frame(i, 0) for i in range(count)])])
        story, text = [NextPageTemplate("next")], []

        def put(words, style):
            story.append(Paragraph(words.replace("&", "&amp;").replace("<", "&lt;"), style))
            text.append(words)
        if banner:
            put(" ".join(rng.choice(source).split()[:9]), ParagraphStyle("title", parent=head, fontSize=18, leading=22, alignment=1))
            story.append(FrameBreak())
        total = 0
        while total < pages * 480:
            if rng.random() < 0.15:
                put(" ".join(rng.choice(source).split()[:5]).rstrip(".,;:"), head)
            each = rng.choice(source)
            put(each, body)
            total += len(each.split())
        story.append(Spacer(1, 1))
        document.build(story)
        made.append((path, "\n".join(text)))
    return made
