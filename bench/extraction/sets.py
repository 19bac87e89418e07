"""The sets of documents, each with its truth, its peers and its goals."""

import gzip
import json
import pathlib
import shutil
import statistics
import sys

import measure
import score
from measure import MILLPOND, ROOT, Result, run, say

sys.path.insert(0, str(ROOT / "bench" / "extraction"))


class Bench:
    """Runs ours and the peers on files, and takes down results."""

    def __init__(self, options, results, skipped):
        self.options, self.results, self.skipped = options, results, skipped

    def folder(self, *words):
        found = measure.data_folder("docs", *words)
        if not found:
            self.skipped.append(f"{'/'.join(words)}: not under $MILLPOND_DATA/docs")
        return found

    def skips(self, program):
        """Takes down that a program is not installed."""
        if shutil.which(program):
            return False
        self.skipped.append(f"{program} is not installed")
        return True

    def files(self, paths):
        paths = sorted(paths)
        return paths[:2] if self.options.quick else paths

    def ours(self, files, form, *options):
        """What millpond writes for each file, and the process."""
        folder = measure.scratch("extraction/ours")
        process = run([MILLPOND, "--threads", "1", "extract", "--format", form, *options, "--out", folder, *files], check=False)
        ending = {"markdown": ".md", "html": ".html", "json": ".json", "text": ".txt"}[form]
        made = [folder / (f.name + ending) for f in files]
        return [m.read_text(errors="replace") if m.exists() else "" for m in made], process

    def peer(self, tool, kind, files):
        """The same of a peer; None if it is not wanted."""
        if self.options.no_peers:
            return None, None
        say(f"  {tool}")
        folder = measure.scratch(f"extraction/{tool}")
        process = run([sys.executable, ROOT / "bench/peers/extract.py", tool, kind, folder, *files])
        ending = {"tables": ".tables.json", "markdown": ".md"}.get(kind, ".txt")
        made = [folder / (f.name + ending) for f in files]
        return [m.read_text(errors="replace") if m.exists() else "" for m in made], json.loads(process.out.splitlines()[-1])

    def add(self, what, ours, unit, goal, peers, most=False, note=""):
        """`peers`: name -> figure; the best one is the one to compare with."""
        peers = {name: value for name, value in peers.items() if value is not None}
        best = (min if most else max)(peers, key=peers.get) if peers else ""
        rest = ", ".join(f"{name} {value:.3f}" for name, value in peers.items() if name != best)
        note = "; ".join(filter(None, [note, rest]))
        self.results.append(Result(what, ours, unit, goal, most, peers.get(best), best, note))


def mean(values):
    return statistics.fmean(values) if values else 0.0


def read_truth(path):
    data = path.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError:  # the Russian manual comes in KOI8-R
        return data.decode("koi8-r")


def text(bench):
    folder = bench.folder("geotopo")
    if folder:
        files, truth = [folder / "GeoTopo.pdf"], (folder / "GeoTopo.txt").read_text()
        ours, _ = bench.ours(files, "text", "--as-printed")  # the truth has running headers, leaders and the pages' lines
        peers = {tool: bench.peer(tool, "text", files)[0] for tool in ("pdfium", "pymupdf", "liteparse", "kreuzberg")}
        bench.add("PDF text, a book with formulas, raw ratio", score.raw(truth, ours[0]), "", 0.975,
                  {tool: found and score.raw(truth, found[0]) for tool, found in peers.items()})
        bench.add("  the words of it in order", score.order(truth, ours[0]), "", None,
                  {tool: found and score.order(truth, found[0]) for tool, found in peers.items()})
    folder = bench.folder("debian_triples")
    if not folder:
        return
    files = bench.files(folder.glob("*.pdf"))
    truth = [read_truth(f.with_suffix(".txt")) for f in files]
    japanese = [f.stem.endswith(".ja") for f in files]

    def scored(found):
        return found and mean([score.order(*each) for each in zip(truth, found, japanese)])
    ours, _ = bench.ours(files, "text")
    peers = {tool: scored(bench.peer(tool, "text", files)[0]) for tool in ("pdfium", "pymupdf", "liteparse", "kreuzberg")}
    worst = ", ".join(f"{f.stem} {score.order(t, o, j):.3f}" for f, t, o, j in zip(files, truth, ours, japanese) if score.order(t, o, j) < 0.95)
    bench.add("PDF text in order, Debian's manuals", scored(ours), "", 0.95, peers, note=f"below .95: {worst}" if worst else "")


def equations(bench):
    """Formulas of known TeX, set by pdflatex (apt install texlive-latex-base): displayed, and within sentences."""
    import formulas
    if bench.skips("pdflatex"):
        return
    files = formulas.typeset(measure.scratch("extraction/formulas"))
    found, _ = bench.ours(files, "json")
    shown, inside = (json.loads(made)["elements"] for made in found)
    flat = set(formulas.FORMULAS) - {"matrices", "rows"}
    for what, read, kinds in (("displayed formulas", formulas.read_shown(shown), set(formulas.FORMULAS)),
                              ("formulas within sentences", formulas.read_inside(inside), flat)):
        same, alike, wrong, failed = formulas.scores(read, kinds)
        kinds_failed = ", ".join(f"{kind} {len(all_)}" for kind, all_ in failed.items())
        bench.add(f"{what} of PDFs as TeX, share that is the same", same, "", None, {}, note=f"differ: {kinds_failed}")
        bench.add("  of those read otherwise than they were set", wrong, "", None, {}, most=True)


def tables(bench):
    folder = bench.folder("icdar2013")
    if not folder:
        return
    files = bench.files(folder.rglob("*.pdf"))
    truths = {xml.name.removesuffix("-str.xml"): score.icdar_tables(xml) for xml in folder.rglob("*-str.xml")}
    if bench.options.quick:
        truths = {f.stem: truths[f.stem] for f in files if f.stem in truths}

    def scored(by_stem):
        hits = sum(sum((truth & score.found_tables(by_stem.get(stem, []))).values()) for stem, truth in truths.items())
        return score.f1(hits, sum(sum(t.values()) for t in truths.values()),
                        sum(sum(score.found_tables(by_stem.get(stem, [])).values()) for stem in truths))
    found, process = bench.ours(files, "html", "--quality", "fast")  # the peers read no pictures either
    peers, cpu = {}, {}
    for tool in ("liteparse", "kreuzberg"):  # PyMuPDF's own models need minutes for these files
        made, said = bench.peer(tool, "tables", files)
        if made:
            peers[tool] = scored({f.stem: json.loads(m or "[]") for f, m in zip(files, made)})
            cpu[tool] = said["cpu_seconds"]
    bench.add("tables of PDFs, ICDAR 2013 (EU), F1", scored({f.stem: score.html_tables(h) for f, h in zip(files, found)}), "", 0.93, peers)
    bench.add(f"  CPU for its {len(files)} files", process.cpu_seconds, "s", 1.7, cpu, most=True)


def scanned_tables(bench):
    """The pages of the same set that have tables, as pictures of 200 dots an inch: the same truth, but words by OCR."""
    folder = bench.folder("icdar2013")
    if not folder or bench.skips("tesseract"):
        return
    import pypdfium2
    scans, files, truths, pages = measure.scratch("extraction/scans"), [], [], 0
    for xml in bench.files(folder.rglob("*-str.xml")):
        source = xml.with_name(xml.name.replace("-str.xml", ".pdf"))
        if not source.exists():
            continue
        document = pypdfium2.PdfDocument(source)
        pictures = [document[number - 1].render(scale=200 / 72, grayscale=True).to_pil() for number in score.icdar_pages(xml)]
        files.append(scans / source.name)
        pictures[0].save(files[-1], save_all=True, append_images=pictures[1:], resolution=200, quality=85)
        truths.append(score.icdar_tables(xml))
        pages += len(pictures)
    found, process = bench.ours(files, "html")
    made = [score.found_tables(score.html_tables(each)) for each in found]
    hits = sum(sum((truth & each).values()) for truth, each in zip(truths, made))
    wanted, given = (sum(sum(each.values()) for each in all_) for all_ in (truths, made))
    bench.add(f"tables of {pages} scanned pages, ICDAR 2013 at 200 dpi, F1", score.f1(hits, wanted, given), "", 0.88, {},
              note=f"precision {hits / max(1, given):.3f}, recall {hits / max(1, wanted):.3f}, misread words included")
    bench.add("  CPU a page", process.cpu_seconds / max(1, pages), "s", None, {}, most=True)


def content(bench):
    folder = bench.folder("aeb_html")
    if not folder:
        return
    truth = score.load(folder / "ground-truth.json")
    names = bench.files(truth)
    pages = measure.scratch("extraction/pages")
    files = []
    for name in names:
        files.append(pages / f"{len(files):03}.html")
        files[-1].write_bytes(gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()))
    wanted = [truth[name].get("articleBody", "") for name in names]
    found, process = bench.ours(files, "text")
    peers, rate = {}, {}
    for tool in ("trafilatura", "resiliparse"):
        made, said = bench.peer(tool, "content", files)
        if made:
            peers[tool] = score.content_f1(zip(wanted, made))
            rate[tool] = len(files) / said["cpu_seconds"]
    bench.add(f"main content of {len(files)} web pages, F1", score.content_f1(zip(wanted, found)), "", 0.972, peers)
    bench.add("  pages a CPU second", len(files) / process.cpu_seconds, "/s", 600, rate)


def several(files, times):
    """The files, and so many copies of each under other names, the originals first."""
    if times == 1:
        return files
    folder, made = measure.scratch("extraction/copies"), []
    for number in range(times):
        for f in files:
            made.append(folder / f"{number:02}-{f.name}")
            made[-1].symlink_to(f)
    return made


def office(bench):
    for kind, goal in (("docx", 0.98), ("pptx", 0.95), ("xlsx", 0.93), ("odf", None), ("html", None), ("md", None), ("csv", None),
                       ("epub", None), ("webvtt", None)):
        folder = bench.folder("docling", kind)
        if not folder:
            return
        truths = {f: folder / "groundtruth" / (f.name + ".md") for f in bench.files((folder / "sources").iterdir())}
        files = [f for f, truth in truths.items() if truth.exists()]
        truth = [truths[f].read_text(errors="replace") for f in files]
        # A rate of eight files is the start of two processes; so the same files are read until there are some hundreds.
        many = several(files, 1 if bench.options.quick or not goal else -(-400 // len(files)))
        found, process = bench.ours(many, "markdown")
        scored = lambda made: made and mean([score.markdown_similarity(t, m) for t, m in zip(truth, made)])
        peers, rate = {}, {}
        for tool in ("docling-rs", "kreuzberg"):
            made, said = bench.peer(tool, "markdown", many)
            if made:
                peers[tool], rate[tool] = scored(made), len(many) / max(1e-9, said["cpu_seconds"])
        bench.add(f"{kind}: words in order, to docling's output", scored(found), "", goal, peers)
        bench.add(f"  {kind} a CPU second", len(many) / process.cpu_seconds, "/s", 600 if goal else None, rate, note=f"{len(many)} files")


def headings(bench):
    folder = bench.folder("debian_triples")
    if not folder:
        return
    import pypdfium2
    files = bench.files(folder.glob("*.pdf"))
    truths = []
    for f in files:
        document = pypdfium2.PdfDocument(f)
        entries = [(b.level + 1, b.get_dest().get_index() + 1 if b.get_dest() else 0, b.get_title()) for b in document.get_toc()]
        truths.append(entries)
    files, truths = zip(*[(f, entries) for f, entries in zip(files, truths) if entries])  # one has no outline, so no truth

    def scored(given):
        found, _ = bench.ours(given, "json")
        titles = [[(e["level"], e["page"], e["text"]) for e in json.loads(made)["elements"] if e["kind"] == "title"] for made in found]
        return mean([score.heading_f1(outline, each) for outline, each in zip(truths, titles)])
    bench.add("headings with level, Debian's manuals, F1", scored(files), "", 0.97, {})
    bare = measure.scratch("extraction/bare")
    for f in files:  # the same without their outline: from type and place alone; the page tree is all that is kept
        document = pypdfium2.PdfDocument.new()
        document.import_pages(pypdfium2.PdfDocument(f))
        document.save(bare / f.name)
    bench.add("  the same files without their outline", scored([bare / f.name for f in files]), "", None, {})


def columns(bench):
    import typeset
    folder = measure.scratch("extraction/columns")
    made = typeset.columns(folder, pages=2 if bench.options.quick else 12)
    files = [path for path, _ in made]
    scored = lambda found: found and mean([score.order(truth, each) for (_, truth), each in zip(made, found)])
    found, _ = bench.ours(files, "text")
    peers = {tool: scored(bench.peer(tool, "text", files)[0]) for tool in ("pdfium", "pymupdf", "liteparse", "kreuzberg")}
    bench.add("reading order of 2 and 3 columns", scored(found), "", 0.98, peers)


def speed(bench):
    folder = bench.folder("debian_triples")
    if not folder:
        return
    import pypdfium2
    files = bench.files(folder.glob("*.pdf"))
    pages = sum(len(pypdfium2.PdfDocument(f)) for f in files)
    found, process = bench.ours(files, "markdown", "--quality", "fast")
    rate = {}
    for tool, kind in (("pdfium", "text"), ("liteparse", "markdown"), ("kreuzberg", "markdown")):
        _, said = bench.peer(tool, kind, files)
        rate[tool] = said and pages / said["cpu_seconds"]
    note = "ours with --quality fast; pdfium gives text alone; the others Markdown"
    bench.add(f"PDF pages a CPU second, {pages} pages", pages / process.cpu_seconds, "/s", 350, rate, note=note)
    bench.add("  peak memory of one process", process.peak_rss_mb, "MB", 100, {}, most=True)


def memory(bench):
    """Whether one worker gives back what it took: the same small files over and over, each under a name of its own."""
    folder = bench.folder("icdar2013")
    if not folder:
        return
    small = [f for f in sorted(folder.rglob("*.pdf")) if f.stat().st_size < 60_000]
    links = measure.scratch("extraction/links")
    count = 1_000 if bench.options.quick else 10_000
    files = [links / f"{number:05}.pdf" for number in range(count)]
    for number, link in enumerate(files):
        link.symlink_to(small[number % len(small)])
    few, many = (bench.ours(files[:n], "text", "--quality", "fast")[1].peak_rss_mb for n in (100, count))
    bench.add(f"PDF, peak memory after {count} documents, of that after 100", many / few, "x", 1.1, {}, most=True,
              note=f"{few:.0f} MB after 100; the larger of the worker and of the program, which keeps the list of files")


def ocr(bench):
    """Pages of the manuals as pictures of 200 dots an inch; the truth is the text that stands on them."""
    folder = bench.folder("debian_triples")
    if not folder or bench.skips("tesseract"):
        return
    import pypdfium2
    pictures, truth = measure.scratch("extraction/pictures"), []
    for name, pages in (("devref", (14, 20)), ("install.en", (20, 33, 50)), ("policy", (18, 40))):
        for number in pages[:1] if bench.options.quick else pages:
            page = pypdfium2.PdfDocument(folder / f"{name}.pdf")[number]
            page.render(scale=200 / 72, grayscale=True).to_pil().save(pictures / f"{name}-{number:03}.png", dpi=(200, 200))
            # A word that is hyphenated at a line's end is one word here as in `words`.
            truth.append((f"{name}-{number:03}.png", page.get_textpage().get_text_range().replace("\ufffe", "-\n")))
    truth.sort()
    files = [pictures / name for name, _ in truth]
    scored = lambda found: mean([score.order(text, each) for (_, text), each in zip(truth, found)])
    found, process = bench.ours(files, "text", "--as-printed")
    peers, cpu = {}, {}
    if not bench.options.no_peers:
        say("  tesseract")
        runs = [run(["tesseract", f, "-", "--dpi", "200"], env={"OMP_THREAD_LIMIT": "1"}) for f in files]
        peers["tesseract"] = scored([r.out for r in runs])
        cpu["tesseract"] = sum(r.cpu_seconds for r in runs) / len(files)
    bench.add(f"OCR of {len(files)} clean pages, 200 dpi, words in order", scored(found), "", 0.997, peers)
    bench.add("  CPU a page", process.cpu_seconds / len(files), "s", 1.0, cpu, most=True)


def chunks(bench):
    """The figures of bench/chunking.py."""
    flags = ["--quick"] * bench.options.quick + ["--no-peers"] * bench.options.no_peers
    answer = run([sys.executable, ROOT / "bench/chunking.py", "--json", *flags]).json()
    bench.skipped += answer["skipped"]
    for entry in answer["results"]:
        bench.results.append(Result(**{key: value for key, value in entry.items() if key not in ("ratio", "holds")}))


# Memory first: a child begins with the peak of the Python that started it, which pictures make large.
ALL = {"speed": speed, "memory": memory, "text": text, "formulas": equations, "tables": tables, "scans": scanned_tables, "content": content, "office": office, "headings": headings, "columns": columns, "ocr": ocr, "chunks": chunks}
