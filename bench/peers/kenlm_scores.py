"""Perplexity of texts by KenLM, beside us. Runs in the environment `kenlm`.

usage: kenlm_scores.py MODEL.arpa TEXTS.jsonl     a line for each text: its id, a tab, its perplexity; CPU seconds to stderr
"""

import json
import sys
import time

import kenlm


def main():
    model = kenlm.Model(sys.argv[1])
    texts = [json.loads(line) for line in open(sys.argv[2])]
    began = time.process_time()
    found = []
    for text in texts:
        total, words = 0.0, 0
        for line in text["text"].split("\n"):
            if count := len(line.encode().split()):  # as KenLM itself takes a sentence apart
                total += model.score(line, bos=True, eos=True)
                words += count + 1
        found.append((text["id"], 10 ** (-total / words) if words else None))
    print(json.dumps({"cpu_seconds": time.process_time() - began}), file=sys.stderr)
    for name, perplexity in found:
        print(f"{name}\t{perplexity!r}")


if __name__ == "__main__":
    main()
