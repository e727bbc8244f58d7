"""Find the most probable texts of column probabilities that satisfy constraints: by prefix search or from a list."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from inkling.constraints.allowlist import Allowlist
from inkling.constraints.checks import Check
from inkling.pipeline.ctc import N_DIGITS
from inkling.pipeline.prefix_search import Automaton, PrefixSearch, ScoredText

MAX_TEXTS = 2_000  # tried per image
MAX_COLUMNS = 50_000  # summed over all prefixes extended for one image, which takes about 50 ms
MAX_LISTED = 100  # most probable numbers of an allowlist that are kept
MAX_UNSEEN = 1e-3  # relative to the probability of texts that passed; with less unseen, confidences are nearly exact


@dataclass(frozen=True)
class Solution:
    """The most probable texts that satisfy the constraints, the best first."""

    texts: tuple[ScoredText, ...]  # at least one; probabilities given only the image
    unseen: float  # probability, given only the image, of untried texts that may satisfy the constraints
    fits: float  # probability, given only the image, that its text satisfies the constraints, 0..1

    @property
    def confidence(self) -> float:
        """Probability of the best text given the image and the constraints, 0..1."""
        return min(1.0, self.texts[0].prob / (self.fits + self.unseen))


def best_texts(columns: np.ndarray, automaton: Automaton, check: Check | None) -> Solution | None:
    """(T, C) column probabilities -> the texts that the automaton accepts and the check passes; None if none is found.

    The order is exact if some text is probable. Without a check, all probabilities are exact too, and the search ends
    when the best texts are known. With a check, it continues until the untried texts have almost no probability, or
    gives up.
    """
    search = PrefixSearch(columns, automaton)
    if check is None:
        texts = search.n_best(max_columns=MAX_COLUMNS)
        return Solution(tuple(texts), 0.0, search.accepted) if texts else None
    passed, kept = [], 0.0
    for text in islice(search.texts(max_columns=MAX_COLUMNS), MAX_TEXTS):
        if check.passes("".join(str(symbol) for symbol in text.text if symbol < N_DIGITS)):
            passed.append(text)
            kept += text.prob
        if search.unseen <= MAX_UNSEEN * kept:
            break
    return Solution(tuple(passed), search.unseen, kept) if passed else None


def best_in_allowlist(columns: np.ndarray, allowlist: Allowlist) -> Solution | None:
    """(T, 11) column probabilities of digits -> the most probable numbers of a list; None if none is possible."""
    probs, missing = allowlist.probs(columns)
    order = np.argsort(-probs, kind="stable")[:MAX_LISTED]
    texts = [ScoredText(tuple(map(int, allowlist.numbers[i])), float(probs[i])) for i in order.tolist() if probs[i] > 0]
    return Solution(tuple(texts), missing, float(probs.sum())) if texts else None
