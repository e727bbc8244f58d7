"""The most probable text of column probabilities that satisfies constraints: by prefix search, or from an allowlist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling.constraints.allowlist import Allowlist
from inkling.constraints.checks import Check
from inkling.pipeline.prefix_search import Automaton, PrefixSearch, ScoredText

MAX_TEXTS = 2_000  # tried for one image
MAX_COLUMNS = 50_000  # of all prefixes extended for one image, which takes some 50 ms
MAX_LISTED = 100  # numbers of an allowlist whose digits count, the most probable ones
MAX_UNSEEN = 1e-3  # relative to what passed: with less unseen, confidences are practically exact
N_DIGITS = 10


@dataclass(frozen=True)
class Solution:
    """The most probable texts that satisfy the constraints, the best first."""

    texts: tuple[ScoredText, ...]  # at least one; probabilities given the image alone
    unseen: float  # probability, given the image alone, of texts that may satisfy and were not tried
    exact: bool  # False: too much was left unseen, so there may be a better text, and the numbers are lower bounds
    fits: float  # probability, given the image alone, that it shows a text that satisfies the constraints, 0..1

    @property
    def confidence(self) -> float:
        """Probability of the best text given the image and the constraints, 0..1."""
        return min(1.0, self.texts[0].prob / (self.fits + self.unseen))


def best_texts(columns: np.ndarray, automaton: Automaton, check: Check | None) -> Solution | None:
    """(T, C) column probabilities -> the texts that the automaton accepts and the check passes; None if none is found.

    The order is exact wherever some text is probable. Without a check, so are all probabilities: the search ends when
    the best texts are known. With a check it goes on until the untried texts hold nearly none, or it gives up.
    """
    search = PrefixSearch(columns, automaton)
    if check is None:
        texts = search.n_best(max_columns=MAX_COLUMNS)
        exact = search.columns < MAX_COLUMNS
        return Solution(tuple(texts), 0.0, exact=exact, fits=search.accepted) if texts else None
    passed, kept = [], 0.0
    for n, text in enumerate(search.texts(max_columns=MAX_COLUMNS)):
        if n == MAX_TEXTS:
            break
        if check.passes("".join(str(symbol) for symbol in text.text if symbol < N_DIGITS)):
            passed.append(text)
            kept += text.prob
        if search.unseen <= MAX_UNSEEN * kept:
            break
    if not passed:
        return None
    return Solution(tuple(passed), search.unseen, exact=search.unseen <= MAX_UNSEEN * kept, fits=kept)


def best_in_allowlist(columns: np.ndarray, allowlist: Allowlist) -> Solution | None:
    """(T, 11) column probabilities of digits -> the most probable numbers of a list; None if none is possible."""
    probs, missing = allowlist.probs(columns)
    order = np.argsort(-probs, kind="stable")[:MAX_LISTED]
    texts = [ScoredText(tuple(map(int, allowlist.numbers[i])), float(probs[i])) for i in order.tolist() if probs[i] > 0]
    if not texts:
        return None
    fits = float(probs.sum())
    return Solution(tuple(texts), missing, exact=missing <= MAX_UNSEEN * fits, fits=fits)
