"""The best text over several ways to part a picture into digits: best-first, or among a list of numbers."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.constraints import n_best_texts
from inkling.constraints.allowlist import Roster
from inkling.constraints.checks import Check
from inkling.constraints.n_best_texts import Scored
from inkling.constraints.pattern import Automaton

MOST_TEXTS = 10_000  # looked at in one picture, some tenth of a second
NEAR = 1e-9  # of the best number's probability: what is less probable adds nothing to a digit's probability
REST = 1e-3  # of the probability of all that may satisfy: when less is left unseen, confidences are as good as exact


@dataclass(frozen=True)
class Way:
    """One candidate, as it is ranked."""

    at: int  # which candidate
    log_weight: float
    log_probs: np.ndarray  # (n, 10)

    @property
    def n(self) -> int:
        return len(self.log_probs)

    def score(self, digits: Sequence[int]) -> float:
        """Logarithm of the probability of n digits and this way."""
        return self.log_weight + float(self.log_probs[np.arange(self.n), list(digits)].sum())


@dataclass(frozen=True)
class Found:
    """The best text; see `inkling.constraints.constraints.Best`."""

    digits: tuple[int, ...]
    way: int
    confidence: float
    exact: bool
    fits: float
    probs: np.ndarray  # (n, 10)
    parted: float


def best_first(
    ways: Sequence[Way], automaton: Automaton, check: Check | None, *, most_texts: int = MOST_TEXTS
) -> Found | None:
    """The most probable text that the automaton accepts and the check passes; None when none is found."""
    masses = np.array([way.log_weight + n_best_texts.log_mass(way.log_probs, automaton)[0, 0] for way in ways])
    total = float(np.logaddexp.reduce(masses))  # logarithm of the probability that the automaton accepts
    if total == -np.inf:
        return None
    shares = np.exp(masses - total)  # of each way in what the automaton accepts
    same_length = Counter(way.n for way in ways)
    crowd = max(same_length.values())  # so many ways may share a text, and add up
    seen: dict[tuple[int, ...], float] = {}  # text -> its probability among all that the automaton accepts
    passed: dict[tuple[int, ...], float] = {}
    rest, best, kept = 1.0, 0.0, 0.0  # probability of what was not seen, of the best that passed, of all that passed
    exact = False
    for score, digits in heapq.merge(*(_texts(way, automaton) for way in ways), key=lambda text: -text.score):
        # A text not seen yet is at most as probable as its ways would be together, each with this score.
        settled = best > 0 and best >= crowd * np.exp(score - total)
        exact = settled and (check is None or rest <= REST * kept)
        if exact or len(seen) >= most_texts:
            break
        if digits in seen:
            continue
        sharing = [way.score(digits) for way in ways if way.n == len(digits)] if crowd > 1 else [score]
        mass = float(np.exp(np.logaddexp.reduce(sharing) - total))
        seen[digits] = mass
        rest = max(0.0, rest - mass)
        if check is None or check.passes("".join(map(str, digits))):
            passed[digits] = mass
            kept += mass
            best = max(best, mass)
    else:
        rest, exact = 0.0, True
    if not passed:
        return None
    digits = max(passed, key=lambda text: passed[text])
    n = len(digits)
    alike = [(way, float(share)) for way, share in zip(ways, shares, strict=True) if way.n == n]
    parted = sum(share for _, share in alike)
    at = _best_way(ways, digits)
    if check is None:
        given = sum(share * n_best_texts.marginals(way.log_probs, automaton) for way, share in alike) / parted
        return Found(digits, at, passed[digits], exact, float(np.exp(total)), np.asarray(given), parted)
    network = sum(share * np.exp(way.log_probs) for way, share in alike) / parted
    unseen = max(0.0, parted - sum(mass for text, mass in seen.items() if len(text) == n))
    own = {text: mass for text, mass in passed.items() if len(text) == n}
    masses = np.array(list(own.values()))
    given = (_counted(np.array(list(own)).T, masses) + unseen * network) / (masses.sum() + unseen)
    return Found(
        digits,
        at,
        confidence=passed[digits] / (kept + rest),
        exact=exact,
        fits=kept * float(np.exp(total)),
        probs=given,
        parted=float(masses.sum()) / (kept + rest),
    )


def among(ways: Sequence[Way], roster: Roster) -> Found | None:
    """The most probable number of a roster; None when none has as many digits as any way."""
    by_length: dict[int, np.ndarray] = {}  # logarithm of the probability of each number of that length
    for way in ways:
        if way.n in roster.by_length:
            scores = way.log_weight + roster.by_length[way.n].log_probs(way.log_probs)
            by_length[way.n] = np.logaddexp(by_length[way.n], scores) if way.n in by_length else scores
    if not by_length:
        return None
    masses = {n: _log_sum(scores) for n, scores in by_length.items()}
    total = float(np.logaddexp.reduce(list(masses.values())))
    n = max(by_length, key=lambda n: by_length[n].max())
    scores, numbers = by_length[n], roster.by_length[n].digits
    best = int(scores.argmax())
    digits = tuple(numbers[:, best].tolist())
    near = scores > scores[best] + np.log(NEAR)
    near_masses = np.exp(scores[near] - scores[best])
    return Found(
        digits,
        _best_way(ways, digits),
        confidence=float(np.exp(scores[best] - total)),
        exact=True,
        fits=float(np.exp(min(total, 0.0))),
        probs=_counted(numbers[:, near], near_masses) / near_masses.sum(),
        parted=float(np.exp(masses[n] - total)),
    )


def _texts(way: Way, automaton: Automaton) -> Iterator[Scored]:
    for score, digits in n_best_texts.most_probable_first(way.log_probs, automaton):
        yield Scored(way.log_weight + score, digits)


def _best_way(ways: Sequence[Way], digits: tuple[int, ...]) -> int:
    """The candidate in which these digits are most probable."""
    return max((way for way in ways if way.n == len(digits)), key=lambda way: way.score(digits)).at


def _counted(columns: np.ndarray, masses: np.ndarray) -> np.ndarray:
    """(n, M) digits of M texts and their (M,) probabilities -> (n, 10): the probability of each digit at each place."""
    return np.array([np.bincount(column, weights=masses, minlength=10) for column in columns])


def _log_sum(scores: np.ndarray) -> float:
    """Logarithm of the sum of exponentials, without overflow; np.logaddexp.reduce takes ten times as long."""
    top = scores.max()
    return float(top + np.log(np.exp(scores - top).sum()))
