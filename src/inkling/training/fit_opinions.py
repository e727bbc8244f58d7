"""Fits the weights of the second opinion: how much the line network and the classifier count in a doubtful row.

Pictures of known numbers go through the whole pipeline. For each doubtful row, the candidate texts and their opinion
features are recorded. The weights maximize the likelihood of the right texts: a conditional logistic regression
(McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974).
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

L2 = 1e-2  # penalty on the distance from the initial weights, which use the line network alone
ITERATIONS = 30  # of Newton's method, which converges in ten


class Choice(NamedTuple):
    """The candidate texts of one row."""

    opinions: np.ndarray  # (K, 6) from `second_opinion.opinions`
    right: int  # index of the right text


class _Recorder(RowReader):
    """A row reader that records the candidate texts of doubtful rows."""

    seen: list[tuple[list[ScoredText], np.ndarray]]

    def judge(self, texts: Sequence[ScoredText], row: Recognized) -> list[ScoredText]:
        judged = worth_judging(texts)
        if any(one.text for one in judged):
            given = opinions(judged, row.line, row.cells, self.classify, crossed_out=row.crossed_out)
            self.seen.append((judged, given))
        return list(texts)


def choices(bundle: Bundle, pictures: Iterable[tuple[ImageSource, str]]) -> list[Choice]:
    """The doubtful rows of pictures for which one of the candidate texts is right.

    `pictures`: pictures with one row each, and their digits. `bundle`: a line network. The classifier is the packaged
    one.
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
    """The maximum-likelihood weights with the L2 penalty, rounded to three decimals."""
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
