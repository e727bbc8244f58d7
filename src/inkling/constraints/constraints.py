"""START HERE: what is known about a number, and the best text that agrees with it.

    constraints = make(length="8", check="luhn")
    best = best_text(reader.candidates("photo.jpg"), constraints)
    best.text, best.confidence, best.changed

A constraint is about the number in a picture: the digits of all its lines, joined.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inkling.constraints import n_best_texts, solver
from inkling.constraints.allowlist import Roster, make_roster, read_roster
from inkling.constraints.checks import Check, find_check
from inkling.constraints.pattern import ANYTHING, LONGEST, Automaton, compile_pattern
from inkling.errors import BadRequest
from inkling.pipeline.hypothesis import Hypothesis


@dataclass(frozen=True)
class Constraints:
    """What every number of a pile satisfies. Made by `make`; None: not stated."""

    length: tuple[int, int] | None = None  # least and greatest number of digits
    pattern: str | None = None
    automaton: Automaton = ANYTHING  # of `pattern`
    check: Check | None = None
    among: Roster | None = None  # only those of its numbers that satisfy the rest

    @property
    def stated(self) -> bool:
        """Whether there is any."""
        return bool(self.length or self.pattern or self.check or self.among)

    def in_words(self) -> str:
        """What is stated, for a person."""
        parts = [
            self.length and _span(self.length),
            self.pattern and f"fits {self.pattern}",
            self.check and f"passes {self.check.name}",
            self.among and f"one of {len(self.among):,} in {self.among.name}",
        ]
        return ", ".join(part for part in parts if part)

    def allow_length(self, n: int) -> bool:
        """Whether a number may have n digits."""
        return not self.length or self.length[0] <= n <= self.length[1]

    def allow(self, number: str) -> bool:
        """Whether a number, digits only, satisfies every constraint but `among`."""
        return (
            self.allow_length(len(number))
            and (self.automaton is ANYTHING or self.automaton.accepts(number))
            and (self.check is None or self.check.passes(number))
        )


@dataclass(frozen=True)
class Best:
    """The most probable text that satisfies the constraints; when none does, the one that was read without them."""

    text: str  # digits, lines joined by "\n"
    satisfied: bool
    changed: bool  # it is another text than `first`
    first: str  # what is read without constraints
    confidence: float  # probability of `text` given the picture and the constraints, 0..1
    exact: bool  # False: `confidence` and `fits` are lower bounds, since too many texts are left to look at
    fits: float  # probability, given the picture alone, that it shows a text that satisfies the constraints, 0..1
    candidate: int  # which of the candidates `digits` belong to
    digits: tuple[int, ...]
    probs: np.ndarray  # (n, 10) of each digit of that candidate, given the constraints
    parted: float  # probability, given the constraints, that the text has this many digits, 0..1
    why: str = ""  # for a person: what is not satisfied


def make(
    *,
    length: str | int | None = None,
    pattern: str | None = None,
    check: str | None = None,
    among: str | Path | None = None,
) -> Constraints:
    """Constraints as a user states them.

    `length`: "8" or "6-8"; `pattern`: see `compile_pattern`; `check`: see `find_check`; `among`: a file, see
    `read_roster`. Raises BadRequest, NotFound or UnknownName when one cannot be understood, or when together they leave
    no number that satisfies all.

    >>> make(length="6-8").allow("12345678")
    True
    """
    stated = Constraints(
        length=None if length is None else _parse_length(str(length)),
        pattern=pattern,
        automaton=ANYTHING if pattern is None else compile_pattern(pattern),
        check=None if check is None else find_check(check),
    )
    if stated.length and pattern is not None:
        least, greatest = stated.length
        if not stated.automaton.accepted_lengths(greatest)[least:].any():
            raise BadRequest(
                f"no number of {_span(stated.length)} fits the pattern {pattern!r}; expected constraints that some "
                "number satisfies. Change --length or --pattern."
            )
    if among is None:
        return stated
    numbers = read_roster(Path(among))
    kept = [number for number in numbers if stated.allow(number)]
    if not kept:
        raise BadRequest(
            f"none of the {len(numbers):,} numbers of {among} satisfies the other constraints; expected some that do. "
            "Check --among against --length, --pattern and --check."
        )
    return replace(stated, among=make_roster(kept, Path(among).name))


def best_text(
    candidates: Sequence[Hypothesis], constraints: Constraints, *, most_texts: int = solver.MOST_TEXTS
) -> Best:
    """The most probable text over all candidates that satisfies the constraints.

    The probability of a text is its sum over the candidates. Ranking is exact: by dynamic programming for length and
    pattern, by looking at every number of a roster, and for a checksum by taking texts best-first until one passes and
    no other can be more probable. Its confidence is renormalised over all texts that satisfy; with a checksum, over
    those seen, as if all that were not seen passed (a lower bound), until these have no more than a thousandth of the
    probability. After `most_texts` texts the search gives up.

    The first candidate is the one that is read without constraints; there must be one. A candidate without digits
    satisfies nothing.
    """
    weights = np.array([candidate.log_weight for candidate in candidates])
    weights = weights - np.logaddexp.reduce(weights)
    ways = [
        solver.Way(at, float(weight), n_best_texts.log_of(candidate.probs))
        for at, (weight, candidate) in enumerate(zip(weights, candidates, strict=True))
    ]
    first = tuple(int(digit) for digit in candidates[0].probs.argmax(axis=1))
    first_text = text_of(first, candidates[0])
    fitting = [way for way in ways if way.n and constraints.allow_length(way.n)]
    found = None
    if constraints.among is not None:
        found = solver.among(fitting, constraints.among)
    elif fitting:
        found = solver.best_first(fitting, constraints.automaton, constraints.check, most_texts=most_texts)
    if found is None:
        return Best(
            first_text,
            satisfied=False,
            changed=False,
            first=first_text,
            confidence=float(np.exp(ways[0].score(first))),
            exact=True,
            fits=0.0,
            candidate=0,
            digits=first,
            probs=np.asarray(candidates[0].probs, np.float64),
            parted=1.0,
            why=_why_not(ways, fitting, constraints, most_texts),
        )
    return Best(
        text_of(found.digits, candidates[found.way]),
        satisfied=True,
        changed=found.digits != first,
        first=first_text,
        confidence=found.confidence,
        exact=found.exact,
        fits=found.fits,
        candidate=found.way,
        digits=found.digits,
        probs=found.probs,
        parted=found.parted,
    )


def text_of(digits: Sequence[int], candidate: Hypothesis) -> str:
    """Digits in the lines of a candidate -> text, lines joined by a line feed."""
    rest = iter(digits)
    return "\n".join("".join(str(next(rest)) for _ in line) for line in candidate.lines)


def _parse_length(length: str) -> tuple[int, int]:
    found = re.fullmatch(r"\s*([0-9]+)(?:\s*-\s*([0-9]+))?\s*", length)
    least, greatest = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= least <= greatest <= LONGEST:
        raise BadRequest(
            f"length is {length!r}; expected a number of digits from 1 to {LONGEST}, or a range such as 6-8. "
            "Change --length."
        )
    return least, greatest


def _span(length: tuple[int, int]) -> str:
    least, greatest = length
    return _count(least) if least == greatest else f"{least} to {greatest} digits"


def _count(n: int) -> str:
    return "1 digit" if n == 1 else f"{n} digits"


def _why_not(
    ways: Sequence[solver.Way], fitting: Sequence[solver.Way], constraints: Constraints, most_texts: int
) -> str:
    """What is not satisfied, and what to do."""
    found = _count(ways[0].n)
    if not fitting and constraints.length:
        return f"{found} found where {_span(constraints.length)} are expected; look for touching or stray ones."
    if constraints.among is not None:
        return f"{found} found, and no number of {constraints.among.name} has as many; check it by eye."
    if constraints.check is not None:
        lead = f"none of the {most_texts:,} likeliest ways" if 10 ** fitting[0].n > most_texts else "no way"
        pattern = f" and fits {constraints.pattern}" if constraints.pattern else ""
        return f"{lead} to read these {found} passes {constraints.check.name}{pattern}; check it by eye."
    return f"{found} found, and no number of as many fits {constraints.pattern}; check it by eye."
