"""Extracts files with one of the peers, and writes what it finds: NAME.md, NAME.txt or NAME.tables.json.

usage: extract.py TOOL text|markdown|tables|content FOLDER FILE...   prints {"seconds", "cpu_seconds", "failed"} as JSON
"""

import gzip
import json
import pathlib
import re
import sys
import time


def pipe_tables(markdown):
    """The tables of a Markdown text: lists of rows of cells."""
    tables, rows = [], []
    for line in markdown.splitlines() + [""]:
        line = line.strip()
        if line.startswith("|") and line.endswith("|"):
            cells = [c.strip() for c in re.split(r"(?<!\\)\|", line[1:-1])]
            if not all(re.fullmatch(r":?-+:?", c) for c in cells):
                rows.append(cells)
        elif rows:
            tables.append(rows)
            rows = []
    return tables


def html_of(path):
    data = pathlib.Path(path).read_bytes()
    return gzip.decompress(data) if str(path).endswith(".gz") else data


def pdfium(kind):
    import pypdfium2

    def text(path):
        document, pages = pypdfium2.PdfDocument(path), []
        for page in document:
            pages.append(page.get_textpage().get_text_range().replace("\r\n", "\n"))
            page.close()
        return "\n".join(pages)
    return text


def pymupdf(kind):
    import pymupdf

    def tables(path):
        return [t.extract() for page in pymupdf.open(path) for t in page.find_tables()]
    return tables if kind == "tables" else lambda path: "\n".join(page.get_text() for page in pymupdf.open(path))


def liteparse(kind):
    from liteparse import LiteParse
    parser = LiteParse(output_format="text" if kind == "text" else "markdown", ocr_enabled=False, quiet=True, num_workers=1)
    return (lambda path: pipe_tables(parser.parse(path).text)) if kind == "tables" else lambda path: parser.parse(path).text


def kreuzberg(kind):
    from kreuzberg import ExtractionConfig, extract_file_sync
    config = ExtractionConfig(use_cache=False, output_format="markdown" if kind == "markdown" else "plain")
    if kind == "tables":
        return lambda path: [t.cells for t in extract_file_sync(path, config=config).tables]
    return lambda path: extract_file_sync(path, config=config).content


def docling_rs(kind):
    from docling_rs.document_converter import DocumentConverter
    converter = DocumentConverter()
    return lambda path: converter.convert(path).document.export_to_markdown()


def trafilatura(kind):
    from trafilatura import extract
    return lambda path: extract(html_of(path), include_comments=False, fast=True) or ""


def resiliparse(kind):
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    def content(path):
        data = html_of(path)
        return extract_plain_text(bytes_to_str(data, detect_encoding(data)), main_content=True, alt_texts=False, links=False,
                                  noscript=False, list_bullets=False)
    return content


def main():
    tool, kind, folder, *files = sys.argv[1:]
    extract = globals()[tool.replace("-", "_")](kind)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    ending = {"tables": ".tables.json", "markdown": ".md"}.get(kind, ".txt")
    failed, made = [], {}
    began, cpu = time.perf_counter(), time.process_time()
    for path in files:
        try:
            made[path] = extract(path)
        except Exception as problem:
            failed.append(f"{pathlib.Path(path).name}: {type(problem).__name__}")
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    for path, found in made.items():
        (folder / (pathlib.Path(path).name + ending)).write_text(json.dumps(found) if kind == "tables" else found, errors="replace")
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "failed": failed}))


if __name__ == "__main__":
    main()
