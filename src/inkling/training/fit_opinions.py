"""Weights of the second opinion: how much the line network and the classifier count in a doubtful row.

Pictures of known numbers go through the whole pipeline. Of each doubtful row, the texts that may be right and the
opinions on them are kept. The weights are those that make the right texts most probable: a conditional logistic
regression (McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import NamedTuple

import numpy as np

from inkling.models.bundle import Bundle
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.prefix_search import ScoredText
from inkling.pipeline.reader import Reader
from inkling.pipeline.row_reader import Recognized, RowReader
from inkling.pipeline.second_opinion import Weights, opinions, worth_judging

L2 = 1e-2  # on the weights' distance from "the line network alone": a weight that no picture tells stays there
ITERATIONS = 30  # of Newton's method; it has converged after ten


class Choice(NamedTuple):
    """The texts of one row between which opinions decide."""

    opinions: np.ndarray  # (K, 6) of `second_opinion.opinions`
    right: int  # the index of the right one


class _Recorder(RowReader):
    """A row reader that keeps what it was in doubt about."""

    seen: list[tuple[list[ScoredText], np.ndarray]]

    def judge(self, texts: Sequence[ScoredText], row: Recognized) -> list[ScoredText]:
        judged = worth_judging(texts)
        if any(one.text for one in judged):
            given = opinions(judged, row.line, row.cells, self.classify, crossed_out=row.crossed_out)
            self.seen.append((judged, given))
        return list(texts)


def choices(bundle: Bundle, pictures: Iterable[tuple[ImageSource, str]]) -> list[Choice]:
    """The doubtful rows of pictures, those for which one of the texts is right.

    `pictures`: each with one row, and the digits that it shows. `bundle`: a line network's. The classifier is the
    packaged one.
    """
    reader = Reader()
    recorder = _Recorder(bundle, reader.classify)
    found = []
    for picture, text in pictures:
        recorder.seen = []
        recorder.read(reader.prepare(picture).decoded)
        if len(recorder.seen) == 1:
            [(texts, given)] = recorder.seen
            found += [Choice(given, k) for k, one in enumerate(texts) if "".join(map(str, one.text)) == text]
    return found


def fit_weights(rows: Sequence[Choice]) -> Weights:
    """The weights of highest likelihood (with L2), rounded to three decimals."""
    start = Weights().as_array()
    weights = start.copy()
    for _ in range(ITERATIONS):
        gradient, hessian = L2 * (weights - start), L2 * np.eye(len(weights))
        for given, right in rows:
            scores = given @ weights
            probs = np.exp(scores - scores.max())
            probs /= probs.sum()
            mean = probs @ given
            gradient += (mean - given[right]) / len(rows)
            hessian += ((given * probs[:, None]).T @ given - np.outer(mean, mean)) / len(rows)
        weights -= np.linalg.solve(hessian, gradient)
    return Weights(**{each.name: round(float(w), 3) for each, w in zip(fields(Weights), weights, strict=True)})
