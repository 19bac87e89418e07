"""How close an extraction is to the truth: text, tables, main content, headings. All scores lie between 0 and 1."""

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from html.parser import HTMLParser

from Levenshtein import ratio
from rapidfuzz.distance import Indel


def words(text):
    """Lower case, compatibility forms; a word that was hyphenated at a line's end is one word."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(\w)[-\u00ad\ufffe\u2010]\s*\n\s*(\w)", r"\1\2", text)
    return re.findall(r"\w+", text.lower())


def order(truth, found, by_character=False):
    """Similarity of the sequences of words (or of characters, for writing without spaces): insertions and deletions counted."""
    squeeze = (lambda text: re.sub(r"\W+", "", unicodedata.normalize("NFKC", text))) if by_character else words
    return Indel.normalized_similarity(squeeze(truth), squeeze(found))


def raw(truth, found):
    """Similarity character by character, spaces and line ends included."""
    return ratio(truth, found)


def f1(hits, wanted, found):
    return 2 * hits / max(1, wanted + found)


# ---- tables: which cell is the next one to the right and below

def letters(text):
    return re.sub(r"[^\w]", "", (text or "").lower())


def neighbours(cells):
    """Pairs of cells (first row, last row, first column, last column, text) that stand next to each other, empty ones skipped."""
    grid, pairs = {}, set()
    for number, (row0, row1, column0, column1, text) in enumerate(cells):
        if letters(text):
            grid.update({(r, c): number for r in range(row0, row1 + 1) for c in range(column0, column1 + 1)})
    if not grid:
        return Counter()
    rows, columns = (max(place[axis] for place in grid) + 1 for axis in (0, 1))
    for (row, column), number in grid.items():
        for down, right in ((0, 1), (1, 0)):
            r, c = row + down, column + right
            while r < rows and c < columns and grid.get((r, c), number) == number:
                r, c = r + down, c + right
            if r < rows and c < columns:
                pairs.add((number, grid[r, c], down))
    return Counter((letters(cells[a][4]), letters(cells[b][4]), down) for a, b, down in pairs)


def icdar_tables(structure_xml):
    """The truth of one document of the ICDAR 2013 competition."""
    total = Counter()
    for region in ET.parse(structure_xml).getroot().iter("region"):
        cells = []
        for cell in region.iter("cell"):
            at = {key: int(cell.get(key)) for key in ("start-row", "start-col")}
            ends = {key: int(cell.get(f"end-{key}") or at[f"start-{key}"]) for key in ("row", "col")}
            text = "".join(content.text or "" for content in cell.iter("content"))
            cells.append((at["start-row"], ends["row"], at["start-col"], ends["col"], text))
        total += neighbours(cells)
    return total


def icdar_pages(structure_xml):
    """The pages of a document, from 1, that have tables."""
    return sorted({int(region.get("page")) for region in ET.parse(structure_xml).getroot().iter("region")})


def found_tables(tables):
    """Of tables as lists of rows of cells, or as lists of (row0, row1, column0, column1, text)."""
    total = Counter()
    for table in tables:
        if table and isinstance(table[0], tuple):
            total += neighbours(table)
        else:
            total += neighbours([(y, y, x, x, str(cell or "")) for y, row in enumerate(table) for x, cell in enumerate(row)])
    return total


class TableReader(HTMLParser):
    """The cells of each table of a page; a cell over several rows or columns counts where it begins."""

    def __init__(self):
        super().__init__()
        self.tables, self.cell = [], None

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            spans = dict(attributes)
            self.cell = ["", int(spans.get("rowspan") or 1), int(spans.get("colspan") or 1)]

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.cell:
            self.tables[-1][-1].append(self.cell)
            self.cell = None

    def handle_data(self, text):
        if self.cell:
            self.cell[0] += text


def html_tables(html):
    reader, tables = TableReader(), []
    reader.feed(html)
    for rows in reader.tables:
        taken, cells = {}, []
        for r, row in enumerate(rows):
            c = 0
            for text, down, right in row:
                while (r, c) in taken:
                    c += 1
                taken.update({(r + i, c + j): (text if i == j == 0 else "") for i in range(down) for j in range(right)})
                c += right
        if taken:
            cells = [[taken.get((r, c), "") for c in range(max(k[1] for k in taken) + 1)] for r in range(max(k[0] for k in taken) + 1)]
        tables.append(cells)
    return tables


# ---- the main content of a web page: shingles of four words

def shingles(text, length=4):
    tokens = re.findall(r"\w+", text or "")
    return Counter(tuple(tokens[i:i + length]) for i in range(max(1, len(tokens) - length + 1)) if tokens)


def content_f1(pairs):
    """Precision and recall are means over the pages (truth, found); F1 is of these means."""
    precision, recall = [], []
    for truth, found in pairs:
        want, got = shingles(truth), shingles(found)
        hits, misses, extra = sum((want & got).values()), sum((want - got).values()), sum((got - want).values())
        if hits + extra:
            precision.append(hits / (hits + extra))
        if hits + misses:
            recall.append(hits / (hits + misses))
    p, r = sum(precision) / max(1, len(precision)), sum(recall) / max(1, len(recall))
    return 2 * p * r / max(1e-9, p + r)


# ---- office files: the words of two Markdown texts in order

def markdown_words(text):
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower())


def markdown_similarity(truth, found):
    a, b = markdown_words(truth), markdown_words(found)
    return Indel.normalized_similarity(a, b) if a or b else 1.0


# ---- headings: a page, a level and the words of the title

def heading_f1(outline, titles):
    """Both: lists of (level, page, title). A title counts once; its page may be off by one (a heading at a page's end)."""
    def key(title):  # outlines leave the numbers out: "Chapter 2. Scope" and "2.1 Scope" are "scope"
        title = unicodedata.normalize("NFKC", title).lower().strip()
        title = re.sub(r"^(chapter|appendix|kapitel|anhang)\s+", "", title)
        return re.sub(r"\W+", "", re.sub(r"^([0-9]+|[a-z](?=\.))([.][0-9]+)*[.]?\s+", "", title))
    left = Counter((level, page, key(title)) for level, page, title in titles)
    hits = 0
    for level, page, title in outline:
        for near in (page, page + 1, page - 1):
            if left[level, near, key(title)] > 0:
                left[level, near, key(title)] -= 1
                hits += 1
                break
    return f1(hits, len(outline), len(titles))


def load(path):
    return json.loads(path.read_text())
