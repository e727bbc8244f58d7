"""Find the texts of column probabilities in order of probability, optionally under a constraint.

Prefix search (Graves, Fernandez, Gomez, Schmidhuber, "Connectionist Temporal Classification", 2006, section 3.2): the
most probable prefix is extended first. A constraint is an automaton over symbols. A prefix's probability is the sum
over the accepted texts that begin with it, so a prefix of no accepted text is never extended, and the search also gives
the probability of the constraint. The search is exact for clear writing.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np

from inkling.pipeline.config.line import CTC as CONFIG
from inkling.pipeline.ctc import Text, log_likelihoods
from inkling.pipeline.deadline import check_deadline


class ScoredText(NamedTuple):
    """A text and its probability given only the image, 0..1. The probabilities of all texts sum to 1."""

    text: Text
    prob: float


@dataclass(frozen=True)
class Automaton:
    """A deterministic finite automaton: start in state 0, take `step` for each symbol, end in a `final` state.

    Each text has exactly one sequence of states, so probabilities of states can be summed.
    """

    step: np.ndarray  # (states, symbols) intp: the next state
    final: np.ndarray  # (states,) bool

    def accepts(self, text: Sequence[int]) -> bool:
        """Whether a text of symbol numbers is accepted."""
        state = 0
        for symbol in text:
            state = self.step[state, symbol]
        return bool(self.final[state])


def any_text(n_symbols: int) -> Automaton:
    """The automaton that accepts every text."""
    return Automaton(np.zeros((1, n_symbols), np.intp), np.array([True]))


def with_symbols_between(text: Text, first: int, n_symbols: int) -> Automaton:
    """The automaton that accepts `text` with any symbols numbered `first` or higher before, between and after it."""
    dead = len(text) + 1
    step = np.full((dead + 1, n_symbols), dead)
    step[:dead, first:] = np.arange(dead)[:, None]
    step[np.arange(len(text)), list(text)] = np.arange(1, dead)
    return Automaton(step, np.arange(dead + 1) == len(text))


@dataclass(frozen=True)
class _Prefix:
    """A prefix and its forward probabilities for the first t columns, t = 0 .. T."""

    text: Text
    state: int  # of the automaton
    in_symbol: list[float]  # (T + 1,) column t - 1 belongs to the last symbol
    in_blank: list[float]  # (T + 1,) column t - 1 is blank


class PrefixSearch:
    """The texts of column probabilities, the most probable first: only those that an automaton accepts.

    >>> probs = np.array([[0.9, 0.0, 0.1], [0.0, 0.0, 1.0], [0.3, 0.7, 0.0]])
    >>> [(text, round(prob, 2)) for text, prob in PrefixSearch(probs)]
    [((0, 1), 0.63), ((0, 0), 0.27), ((1,), 0.07), ((0,), 0.03)]
    """

    def __init__(self, probs: np.ndarray, automaton: Automaton | None = None) -> None:
        """`probs`: (T, C) of at least one column; `automaton`: over C - 1 symbols; None accepts every text."""
        self._probs = np.asarray(probs, float)
        self._columns = self._probs.T.tolist()  # C lists of T: the recurrence is fastest with Python floats
        self._automaton = automaton or any_text(self._probs.shape[1] - 1)
        self._rest = accepted_rest(self._probs, self._automaton)  # (T + 1, S, C)
        self._weights: dict[int, np.ndarray] = {}
        self._heap: list[tuple[float, int, Text, _Prefix | None]] = []  # (-probability, number, text, parent or None)
        self._number = count()  # equally probable entries keep the order in which they were found
        self._least = 0.0
        self.columns = 0  # summed over all extended prefixes: the cost of the search
        self.accepted = float(self._rest[0, 0, -1])  # probability that the image shows an accepted text, 0..1
        self.unseen = self.accepted  # total probability of accepted texts that have not been found yet
        if self.accepted > 0:
            self._least = CONFIG.negligible_share * self.accepted
            blank = np.cumprod([1.0, *self._columns[-1]]).tolist()
            self._extend(_Prefix((), 0, [0.0] * len(blank), blank))

    def __iter__(self) -> Iterator[ScoredText]:
        """All texts, except those of prefixes with less than 1e-12 of the accepted probability.

        Slow if no text is probable.
        """
        return self.texts(max_columns=sys.maxsize)

    def texts(self, *, max_columns: int = CONFIG.max_columns) -> Iterator[ScoredText]:
        """Like `__iter__`, but in bounded time and possibly incomplete.

        The order is exact if some text is probable. If none is, and the extended prefixes have more than `max_columns`
        columns in total, a beam search proposes the remaining texts. Probabilities are exact in both cases.
        """
        found: set[Text] = set()
        limit = self.columns + max_columns
        while self._heap:
            check_deadline()
            if self.columns >= limit:
                for text in self._proposals(found):
                    self.unseen = max(0.0, self.unseen - text.prob)
                    yield text
                return
            whole = self._step()
            if whole is not None:
                found.add(whole.text)
                yield whole

    def n_best(self, n: int = CONFIG.n_best, *, max_columns: int = CONFIG.max_columns) -> list[ScoredText]:
        """The first `n` of `texts`, or fewer if the remaining ones have almost none of the accepted probability."""
        found = []
        for text in self.texts(max_columns=max_columns):
            found.append(text)
            if len(found) == n or self.unseen <= CONFIG.min_share * self.accepted:
                break
        return found

    def _proposals(self, found: set[Text]) -> list[ScoredText]:
        """Whole texts from the heap and from a beam search that have not been found yet, the best first."""
        texts = {text for _, _, text, parent in self._heap if parent is None}
        texts = (texts | set(beam_search(self._probs, self._automaton, self._rest))) - found
        probs = np.exp(log_likelihoods(self._probs, list(texts)))
        return sorted(map(ScoredText, texts, probs.tolist()), key=lambda one: -one.prob)

    def _step(self) -> ScoredText | None:
        """Take the most probable entry from the heap. A whole text is returned; a prefix is extended."""
        negative, _, text, parent = heapq.heappop(self._heap)
        if parent is None:
            self.unseen = max(0.0, self.unseen + negative)
            return ScoredText(text, -negative)
        self._extend(self._prefix(text, parent))
        return None

    def _prefix(self, text: Text, parent: _Prefix) -> _Prefix:
        """The prefix `text`, one symbol longer than its parent, by the forward algorithm for that symbol."""
        symbol = text[-1]
        before = parent.in_blank
        if parent.text[-1:] != text[-1:]:  # two equal symbols need a blank between them
            before = [a + b for a, b in zip(before, parent.in_symbol, strict=True)]
        s = b = 0.0
        in_symbol, in_blank = [s], [b]
        for arriving, p, p_blank in zip(before[:-1], self._columns[symbol], self._columns[-1], strict=True):
            s, b = (arriving + s) * p, (b + s) * p_blank
            in_symbol.append(s)
            in_blank.append(b)
        return _Prefix(text, int(self._automaton.step[parent.state, symbol]), in_symbol, in_blank)

    def _extend(self, prefix: _Prefix) -> None:
        """Push the prefix as a whole text, and each extension by one symbol, onto the heap."""
        self.columns += len(self._probs)
        whole = self._whole(prefix)
        if whole > self._least:
            heapq.heappush(self._heap, (-whole, next(self._number), prefix.text, None))
        masses = self._masses(prefix)
        for symbol in np.flatnonzero(masses > self._least).tolist():
            heapq.heappush(self._heap, (-float(masses[symbol]), next(self._number), (*prefix.text, symbol), prefix))

    def _whole(self, prefix: _Prefix) -> float:
        """The probability of the prefix as a whole text."""
        return (prefix.in_symbol[-1] + prefix.in_blank[-1]) * float(self._automaton.final[prefix.state])

    def _masses(self, prefix: _Prefix) -> np.ndarray:
        """(C - 1,) the total probability of the accepted texts that begin with the prefix and each next symbol."""
        if prefix.state not in self._weights:
            step = self._automaton.step[prefix.state]
            after = self._rest[1:, step, np.arange(len(step))]  # (T, C - 1)
            self._weights[prefix.state] = self._probs[:, :-1] * after
        weights = self._weights[prefix.state]
        blank, symbol = np.array(prefix.in_blank[:-1]), np.array(prefix.in_symbol[:-1])  # (T,)
        masses = (blank + symbol) @ weights
        if prefix.text:
            last = prefix.text[-1]
            masses[last] = blank @ weights[:, last]
        return np.asarray(masses)


def beam_search(probs: np.ndarray, automaton: Automaton, rest: np.ndarray) -> list[Text]:
    """Beam search over (T, C) columns: after each column, the best few prefixes are kept. Returns the accepted ones.

    Hannun, Maas, Jurafsky, Ng, "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional
    Recurrent DNNs" (2014). Prefixes are weighted by their probability of becoming accepted: `rest`, from
    `accepted_rest`.
    """
    constrained = not automaton.final.all()
    likely = np.argsort(-probs[:, :-1], axis=1)[:, : None if constrained else CONFIG.beam_symbols].tolist()
    step = automaton.step.tolist()
    beam: dict[Text, _Beam] = {(): _Beam(state=0, in_blank=1.0)}
    for p, symbols, after in zip(probs.tolist(), likely, rest[1:], strict=True):
        check_deadline()
        new = [symbol for symbol in symbols if constrained or p[symbol] > CONFIG.beam_min_prob]
        following: dict[Text, _Beam] = {}
        for text, one in beam.items():
            either, last = one.in_blank + one.in_symbol, text[-1] if text else -1
            same = following.setdefault(text, _Beam(one.state))
            same.in_blank += either * p[-1]
            same.in_symbol += one.in_symbol * p[last]
            for symbol in new:
                longer = (*text, symbol)
                if longer not in following:
                    following[longer] = _Beam(step[one.state][symbol])
                following[longer].in_symbol += (one.in_blank if symbol == last else either) * p[symbol]
        masses = np.array([(one.in_blank, one.in_symbol) for one in following.values()])
        if constrained:
            states = [one.state for one in following.values()]
            ends = [text[-1] if text else -1 for text in following]
            masses *= np.stack([after[states, -1], after[states, ends]], axis=1)
        texts = list(following)
        order = np.argsort(-masses.sum(axis=1), kind="stable")[: CONFIG.beam_width].tolist()
        beam = {texts[i]: following[texts[i]] for i in order}
    return [text for text, one in beam.items() if automaton.final[one.state]]


@dataclass(slots=True)
class _Beam:
    """A prefix in the beam."""

    state: int  # of the automaton
    in_blank: float = 0.0  # probability of the prefix if the columns so far end in blank ..
    in_symbol: float = 0.0  # .. or in its last symbol


def accepted_rest(probs: np.ndarray, automaton: Automaton) -> np.ndarray:
    """(T, C) column probabilities, S states -> (T + 1, S, C) probability that columns t .. T - 1 end in a final state.

    The last axis is the symbol or blank in column t - 1; before the first column it is blank.
    """
    (t, c), s = probs.shape, len(automaton.final)
    rest = np.ones((t + 1, s, c))
    if automaton.final.all():
        return rest
    symbols = np.arange(c - 1)
    not_same = 1.0 - np.eye(c - 1)
    rest[t] = automaton.final[:, None]
    for i in range(t - 1, -1, -1):
        p, after = probs[i], rest[i + 1]
        new = p[:-1] * after[automaton.step, symbols]  # (S, C - 1) the next column begins a symbol
        blank = p[-1] * after[:, -1]
        rest[i, :, -1] = blank + new.sum(axis=1)
        rest[i, :, :-1] = blank[:, None] + p[:-1] * after[:, :-1] + new @ not_same
    return rest
