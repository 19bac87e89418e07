#!/usr/bin/env python3
"""Writes vectors made by chance, and what Datalab of cleanlab 2.9.0 finds in them: make.py > cases.jsonl

Needs cleanlab[datalab]. A case a line: vectors, the rows that are outliers and near-duplicates, sets of near-duplicates, scores, the p-value.
"""
import contextlib
import io
import json

import numpy
from cleanlab import Datalab


def cases():
    rng = numpy.random.default_rng(5)
    for rows, width, drift, copies in [(60, 8, 0, 4), (120, 16, 3, 0), (90, 3, 0, 6), (150, 5, 0.4, 20), (100, 6, 0.1, 12), (80, 32, 0, 1), (40, 2, 2, 14)]:
        centres = rng.normal(size=(3, width))
        x = centres[rng.integers(3, size=rows)] + 0.3 * rng.normal(size=(rows, width))
        x += drift * numpy.linspace(0, 1, rows)[:, None] * rng.normal(size=width)
        x[rng.integers(rows, size=3)] = 3 * rng.normal(size=(3, width))
        for number in range(copies):
            to, of = (rows - 1 - number, 0) if copies > 10 else rng.choice(rows, 2, replace=False)
            x[to] = x[of] + (0.0005 * rng.normal(size=width) if copies < 10 else 0)
        yield numpy.round(x, 4).astype(numpy.float32)


def main():
    for x in cases():
        with contextlib.redirect_stdout(io.StringIO()):
            lab = Datalab(data={"row": list(range(len(x)))})
            lab.find_issues(features=x.astype(numpy.float64), issue_types={"outlier": {}, "near_duplicate": {}, "non_iid": {}})
        issues, twins = lab.get_issues(), lab.get_info("near_duplicate")["near_duplicate_sets"]
        print(json.dumps({
            "vectors": [[float(f"{value:.4f}") for value in row] for row in x],
            "outliers": sorted(numpy.flatnonzero(issues["is_outlier_issue"]).tolist()),
            "outlier_scores": [round(value, 7) for value in issues["outlier_score"].tolist()],
            "near_duplicates": [sorted(map(int, rows)) for rows in twins],
            "near_duplicate_scores": [round(value, 7) for value in issues["near_duplicate_score"].tolist()],
            "p_value": float(lab.get_info("non_iid")["p-value"]),
        }))


if __name__ == "__main__":
    main()
