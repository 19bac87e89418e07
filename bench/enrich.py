"""Keywords of texts beside YAKE, whose measures they use: how many of its ten are among ours, and MB of text per CPU second on one thread.

The texts are pages of Debian's handbook and references (./dev try fetches them), taken as text by millpond, those with 2,000 characters and more.
"""

import json
import os

import measure
from measure import MILLPOND, PEERS, ROOT, Result, run, say

FOLDERS = ("handbook", "developers-reference", "reference", "policy", "securing-debian")


def words_of(process, out):
    answer = json.loads(process.out.splitlines()[-1])
    return answer, [line.split("\t") for line in out.read_text().splitlines()]


def call(words, out):
    return words_of(run(["bash", "-c", '"$0" "$@" 2>&1 >"$OUT"', *words], env={"OUT": str(out)}), out)


def main():
    options = measure.arguments(__doc__)
    pages = sorted(page for folder in FOLDERS for page in (ROOT / ".deps/corpus" / folder).glob("*.html"))
    pages = pages[::20] if options.quick else pages[::2]
    if not pages:
        return measure.finish(options, [], ["keywords: ./dev try fetches the texts"])
    extracted, texts = measure.scratch("enrich/extracted"), measure.scratch("enrich/texts")
    run([MILLPOND, "extract", "--format", "text", "--out", extracted, *pages], check=False)
    for path in sorted(extracted.iterdir()):
        if len(text := path.read_text()) >= 2000:
            (texts / path.name).write_text(text)
    say(f"keywords of {len(os.listdir(texts))} texts")
    ours, mine = call([measure.tool("bench_enrich"), texts], measure.WORK / "enrich/ours.tsv")
    rate, shared, top, skipped = None, None, None, []
    python = PEERS / "enrich/bin/python"
    if options.no_peers or not python.exists():
        skipped.append("YAKE: bench/peers/install.sh enrich")
    else:
        theirs, yours = call([python, ROOT / "bench/peers/keywords.py", texts], measure.WORK / "enrich/yake.tsv")
        rate = ours["size_mb"] / theirs["cpu_seconds"]
        lower = lambda words: {word.lower() for word in words}
        pairs = [(lower(a), lower(b)) for a, b in zip(mine, yours, strict=True)]
        shared = sum(len(a & b) for a, b in pairs) / sum(len(b) for _, b in pairs)
        words = lambda keywords: {word for keyword in keywords for word in keyword.split()}
        top = sum(len(words(a) & words(b)) for a, b in pairs) / sum(len(words(b)) for _, b in pairs)
    results = [Result("keywords", ours["size_mb"] / ours["cpu_seconds"], "MB/CPU-s", 5, False, rate, "YAKE",
                      f"{len(mine)} texts, {ours['size_mb']:.1f} MB")]
    if shared is not None:
        results.append(Result("  of YAKE's ten, among ours", shared, "", 0.5, False, None, "", f"of the words in them {top:.2f}"))
    measure.finish(options, results, skipped)


if __name__ == "__main__":
    main()
