"""Chunks for retrieval: what the first five found hold of the marked answers to 472 questions, beside LangChain's recursive splitter.

`millpond eval chunk` cuts the five texts, indexes all chunks together and asks every question; the peer's chunks go into rank-bm25. Each
splitter trades recall for precision with its size, so ours is held against the peer at the size where the peer has about as many chunks.
"""

import json

import measure
from measure import MILLPOND, PEERS, ROOT, Result, run, say

SIZES = (1600, 1200, 800)  # characters, of the peer
OURS = ("structure:tokens_max=256:tokens_overlap=64", "structure:tokens_max=240", "structure:tokens_max=160")


def main():
    options = measure.arguments(__doc__)
    data, python = measure.data_folder("docs", "chunking"), PEERS / "chunking/bin/python"
    if not data:
        return measure.finish(options, [], ["everything: set MILLPOND_DATA to a folder with docs/chunking"])
    texts, questions, skipped, results = data / "corpora", data / "questions_df.csv", [], []
    peer = [None] * len(SIZES)
    if not options.no_peers and python.exists():
        say("langchain, rank-bm25")
        peer = run([python, ROOT / "bench/peers/chunk.py", texts, questions, 5, *SIZES]).json()
    elif not options.no_peers:
        skipped.append("langchain: run bench/peers/install.sh chunking")
    sizes = OURS[:1] if options.quick else OURS
    for by, vectors in [(",".join(sizes), False)] + ([] if options.quick else [(sizes[0], True)]):
        say(f"millpond, {'words and vectors' if vectors else 'words'}")
        process = run([MILLPOND, "eval", "chunk", texts, questions, "--json", "--by", by, *(["--vectors"] if vectors else [])])
        for ours, theirs in zip(process.json()["results"], peer):
            first = ours["by"] == sizes[0]
            what = f"{ours['by'].replace(':tokens_', ', ').replace('max=', '')}{', words and vectors' if vectors else ', words'}"
            for name, goal in (("recall", .922), ("precision", .040)):
                results.append(Result(f"{name}, {what}", ours[name], "", goal if first and not vectors else None, False, theirs and theirs[name],
                                      f"langchain {theirs['chars']}" if theirs else "", f"{ours['chunks']} chunks"))
    measure.finish(options, results, skipped, source=str(data))


if __name__ == "__main__":
    main()
