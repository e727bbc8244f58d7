"""The most probable text over several hypotheses: by best-first search, or from an allowlist."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.constraints import n_best_texts
from inkling.constraints.allowlist import Allowlist
from inkling.constraints.checks import Check
from inkling.constraints.n_best_texts import ScoredText
from inkling.constraints.pattern import Automaton

MAX_TEXTS = 10_000  # tried for one image, in some 0.1 s
NEGLIGIBLE = 1e-9  # relative to the best number: less probable numbers do not change a digit's probability
MAX_UNSEEN = 1e-3  # relative to the probability that passed: with less unseen, confidences are practically exact


@dataclass(frozen=True)
class RankedHypothesis:
    """One segmentation hypothesis in the log domain."""

    index: int  # among the image's hypotheses
    log_weight: float
    log_probs: np.ndarray  # (n, 10)

    @property
    def n(self) -> int:
        return len(self.log_probs)

    def score(self, digits: Sequence[int]) -> float:
        """Log-probability of this hypothesis together with these n digits."""
        return self.log_weight + float(self.log_probs[np.arange(self.n), list(digits)].sum())


@dataclass(frozen=True)
class Solution:
    """The most probable text that satisfies the constraints."""

    digits: tuple[int, ...]
    hypothesis: int  # index of the hypothesis in which these digits are most probable
    confidence: float  # probability of the text given the image and the constraints, 0..1
    exact: bool  # False: `confidence` and `fits` are lower bounds, because too many texts were left unseen
    fits: float  # probability, given the image alone, that it shows a text that satisfies the constraints, 0..1
    probs: np.ndarray  # (n, 10) of each digit, given the constraints
    length_probability: float  # probability, given the constraints, that the text has n digits, 0..1


def best_first_search(
    hypotheses: Sequence[RankedHypothesis], automaton: Automaton, check: Check | None, *, max_texts: int = MAX_TEXTS
) -> Solution | None:
    """The most probable text that the automaton accepts and the check passes; None if none is found."""
    masses = np.array([one.log_weight + n_best_texts.log_mass(one.log_probs, automaton)[0, 0] for one in hypotheses])
    total = float(np.logaddexp.reduce(masses))  # log-probability that the automaton accepts
    if total == -np.inf:
        return None
    shares = np.exp(masses - total)  # of each hypothesis in what the automaton accepts
    same_length = max(Counter(one.n for one in hypotheses).values())  # at most so many hypotheses share a text
    seen: dict[tuple[int, ...], float] = {}  # text -> its probability among all that the automaton accepts
    passed: dict[tuple[int, ...], float] = {}
    unseen, best, kept = 1.0, 0.0, 0.0  # probability of unseen texts, of the best that passed, of all that passed
    exact = False
    for score, digits in heapq.merge(*(_texts(one, automaton) for one in hypotheses), key=lambda text: -text.score):
        # An unseen text is at most as probable as if every hypothesis of its length gave it this score.
        settled = best > 0 and best >= same_length * np.exp(score - total)
        exact = settled and (check is None or unseen <= MAX_UNSEEN * kept)
        if exact or len(seen) >= max_texts:
            break
        if digits in seen:
            continue
        sharing = [one.score(digits) for one in hypotheses if one.n == len(digits)] if same_length > 1 else [score]
        mass = float(np.exp(np.logaddexp.reduce(sharing) - total))
        seen[digits] = mass
        unseen = max(0.0, unseen - mass)
        if check is None or check.passes("".join(map(str, digits))):
            passed[digits] = mass
            kept += mass
            best = max(best, mass)
    else:
        unseen, exact = 0.0, True
    if not passed:
        return None
    digits = max(passed, key=lambda text: passed[text])
    n = len(digits)
    of_length_n = [(one, float(share)) for one, share in zip(hypotheses, shares, strict=True) if one.n == n]
    share_n = sum(share for _, share in of_length_n)
    index = _best_hypothesis(hypotheses, digits)
    if check is None:
        given = sum(share * n_best_texts.marginals(one.log_probs, automaton) for one, share in of_length_n) / share_n
        return Solution(digits, index, passed[digits], exact, float(np.exp(total)), np.asarray(given), share_n)
    unconstrained = sum(share * np.exp(one.log_probs) for one, share in of_length_n) / share_n
    unseen_n = max(0.0, share_n - sum(mass for text, mass in seen.items() if len(text) == n))
    passed_n = {text: mass for text, mass in passed.items() if len(text) == n}
    masses_n = np.array(list(passed_n.values()))
    counted = _weighted_counts(np.array(list(passed_n)).T, masses_n)
    return Solution(
        digits,
        index,
        confidence=passed[digits] / (kept + unseen),
        exact=exact,
        fits=kept * float(np.exp(total)),
        probs=(counted + unseen_n * unconstrained) / (masses_n.sum() + unseen_n),
        length_probability=float(masses_n.sum()) / (kept + unseen),
    )


def best_in_allowlist(hypotheses: Sequence[RankedHypothesis], allowlist: Allowlist) -> Solution | None:
    """The most probable number of an allowlist; None if no number has the length of any hypothesis."""
    by_length: dict[int, np.ndarray] = {}  # log-probability of each number of that length
    for one in hypotheses:
        if one.n in allowlist.by_length:
            scores = one.log_weight + allowlist.by_length[one.n].log_probs(one.log_probs)
            by_length[one.n] = np.logaddexp(by_length[one.n], scores) if one.n in by_length else scores
    if not by_length:
        return None
    masses = {n: _log_sum_exp(scores) for n, scores in by_length.items()}
    total = float(np.logaddexp.reduce(list(masses.values())))
    n = max(by_length, key=lambda n: by_length[n].max())
    scores, numbers = by_length[n], allowlist.by_length[n].digits
    best = int(scores.argmax())
    digits = tuple(numbers[:, best].tolist())
    near = scores > scores[best] + np.log(NEGLIGIBLE)
    near_masses = np.exp(scores[near] - scores[best])
    return Solution(
        digits,
        _best_hypothesis(hypotheses, digits),
        confidence=float(np.exp(scores[best] - total)),
        exact=True,
        fits=float(np.exp(min(total, 0.0))),
        probs=_weighted_counts(numbers[:, near], near_masses) / near_masses.sum(),
        length_probability=float(np.exp(masses[n] - total)),
    )


def _texts(hypothesis: RankedHypothesis, automaton: Automaton) -> Iterator[ScoredText]:
    for score, digits in n_best_texts.n_best(hypothesis.log_probs, automaton):
        yield ScoredText(hypothesis.log_weight + score, digits)


def _best_hypothesis(hypotheses: Sequence[RankedHypothesis], digits: tuple[int, ...]) -> int:
    """Index of the hypothesis in which these digits are most probable."""
    return max((one for one in hypotheses if one.n == len(digits)), key=lambda one: one.score(digits)).index


def _weighted_counts(columns: np.ndarray, masses: np.ndarray) -> np.ndarray:
    """(n, M) digits of M texts, (M,) probabilities -> (n, 10): probability of each digit at each position."""
    return np.array([np.bincount(column, weights=masses, minlength=10) for column in columns])


def _log_sum_exp(scores: np.ndarray) -> float:
    """Logarithm of the sum of exponentials, without overflow; np.logaddexp.reduce takes ten times as long."""
    top = scores.max()
    return float(top + np.log(np.exp(scores - top).sum()))
