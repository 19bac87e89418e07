"""What fastText makes of texts. Usage: classify.py labels MODEL TEXTS OUT | train LABELLED MODEL | toxicity TEXTS OUT | outliers VECTORS OUT

TEXTS: one a line. LABELLED: label, tab, text a line. Prints JSON with the CPU seconds of the work alone.
issues PREDICTIONS: the ids of rows whose label cleanlab thinks wrong, of what `millpond classify issues --predictions` wrote. OUT: label and probability a line.
Training has the settings that are millpond's defaults, on one thread.
"""

import json
import sys
import tempfile
import time

import fasttext


def labels(model, texts, out):
    model = fasttext.load_model(model)
    lines = [line.rstrip("\n") for line in open(texts, newline="\n")]
    began = time.process_time()
    # The method below the Python wrapper, which breaks with newer versions of NumPy.
    found = [model.f.predict(line + "\n", 1, 0.0, "strict") for line in lines]
    seconds = time.process_time() - began
    with open(out, "w") as file:
        for each in found:
            file.write(f"{each[0][1].removeprefix('__label__')}\t{each[0][0]:.6f}\n" if each else "-\t0\n")
    return seconds


def train(labelled, model):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        for line in open(labelled):
            label, text = line.rstrip("\n").split("\t", 1)
            file.write(f"__label__{label} {text}\n")
        file.flush()
        began = time.process_time()
        trained = fasttext.train_supervised(file.name, epoch=10, lr=0.5, dim=32, wordNgrams=2, minn=3, maxn=5,
                                            bucket=200000, minCount=2, thread=1, verbose=0)
        seconds = time.process_time() - began
    trained.save_model(model)
    return seconds


def toxicity(texts, out):
    import profanity_check
    lines = [line.rstrip("\n") for line in open(texts, newline="\n")]
    began = time.process_time()
    found = profanity_check.predict_prob(lines)
    seconds = time.process_time() - began
    with open(out, "w") as file:
        file.writelines(f"{score:.4f}\n" for score in found)
    return seconds


def outliers(vectors, out):
    """Of JSON lines with a vector `v` each: the score of each row on its features."""
    import numpy
    from cleanlab.outlier import OutOfDistribution
    features = numpy.array([json.loads(line)["v"] for line in open(vectors)])
    began = time.process_time()
    scores = OutOfDistribution().fit_score(features=features, verbose=False)
    seconds = time.process_time() - began
    with open(out, "w") as file:
        file.writelines(f"{score:.9f}\n" for score in scores)
    return seconds


def issues(predictions):
    import numpy
    from cleanlab.filter import find_label_issues
    rows = [json.loads(line) for line in open(predictions)]
    names = sorted({row["label"] for row in rows})
    given = numpy.array([names.index(row["label"]) for row in rows])
    p = numpy.array([row["probabilities"] for row in rows])
    found = find_label_issues(given, p / p.sum(1, keepdims=True), filter_by="confident_learning",
                              return_indices_ranked_by="self_confidence", n_jobs=1)
    return [rows[i]["id"] for i in found]


if __name__ == "__main__":
    if sys.argv[1] == "issues":
        print(json.dumps({"issues": issues(sys.argv[2])}))
        sys.exit()
    print(json.dumps({"cpu_seconds": {"labels": labels, "train": train, "toxicity": toxicity, "outliers": outliers}[sys.argv[1]](*sys.argv[2:])}))
