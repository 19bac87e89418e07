#!/usr/bin/env python3
"""Writes probabilities made by chance, and the rows that cleanlab 2.9.0 finds in them: make.py > cases.tsv

A line: "case N labels" begins a case; "row LABEL P P …"; "found ROW ROW …", the worst first.
"""
import numpy
from cleanlab.filter import find_label_issues


def main():
    rng = numpy.random.default_rng(11)
    for number, (rows, labels, sharp) in enumerate([(60, 2, 1.0), (150, 4, 2.0), (200, 7, 3.0), (90, 3, 0.3), (120, 5, 6.0)]):
        truth = rng.integers(labels, size=rows)
        truth[:labels] = numpy.arange(labels)
        given = numpy.where(rng.random(rows) < 0.15, rng.integers(labels, size=rows), truth)
        given[:labels] = numpy.arange(labels)
        scores = rng.normal(size=(rows, labels))
        scores[numpy.arange(rows), truth] += sharp
        scores *= rng.uniform(0.3, 3, size=(rows, 1))
        p = numpy.exp(scores) / numpy.exp(scores).sum(1, keepdims=True)
        p = numpy.round(p, 5)
        found = find_label_issues(given, p / p.sum(1, keepdims=True), filter_by="confident_learning",
                                  return_indices_ranked_by="self_confidence", n_jobs=1)
        print("case", number, labels)
        for label, row in zip(given, p):
            print("row", label, *(f"{x:.5f}" for x in row))
        print("found", *found)


if __name__ == "__main__":
    main()
