"""Keywords by YAKE, beside us. Runs in the environment `enrich`.

usage: keywords.py FOLDER     a line for each file, in the order of their names: its keywords, tabs between; CPU seconds to stderr
"""

import json
import pathlib
import sys
import time

import yake


def main():
    texts = [path.read_text() for path in sorted(pathlib.Path(sys.argv[1]).iterdir())]
    # Texts of another language would need another extractor; as millpond's, at most 3 words and 10 keywords.
    finder = yake.KeywordExtractor(lan="en", n=3, top=10)
    began = time.process_time()
    found = [finder.extract_keywords(text) for text in texts]
    print(json.dumps({"cpu_seconds": time.process_time() - began}), file=sys.stderr)
    for keywords in found:
        print("\t".join(keyword for keyword, _ in keywords))


if __name__ == "__main__":
    main()
