"""START HERE: constraints on a number, and the most probable text that satisfies them.

    constraints = parse_constraints(length="8", check="luhn")
    best = best_text(reader.hypotheses("photo.jpg"), constraints)
    best.text, best.confidence, best.changed

A constraint applies to the number in an image: the digits of all its lines, joined.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inkling.constraints import n_best_texts, solver
from inkling.constraints.allowlist import Allowlist, build_allowlist, read_allowlist
from inkling.constraints.checks import Check, find_check
from inkling.constraints.pattern import ANY_TEXT, MAX_DIGITS, Automaton, compile_pattern
from inkling.constraints.solver import RankedHypothesis, Solution
from inkling.errors import BadRequest
from inkling.pipeline.hypothesis import Hypothesis


@dataclass(frozen=True)
class Constraints:
    """What every number satisfies. Made by `parse_constraints`; None: no such constraint."""

    length: tuple[int, int] | None = None  # least and greatest number of digits
    pattern: str | None = None
    automaton: Automaton = ANY_TEXT  # of `pattern`
    check: Check | None = None
    allowlist: Allowlist | None = None  # only those of its numbers that satisfy the other constraints

    @property
    def stated(self) -> bool:
        """Whether there is any constraint."""
        return bool(self.length or self.pattern or self.check or self.allowlist)

    def in_words(self) -> str:
        """The constraints as text for a person."""
        parts = [
            self.length and _length_in_words(self.length),
            self.pattern and f"fits {self.pattern}",
            self.check and f"passes {self.check.name}",
            self.allowlist and f"one of {len(self.allowlist):,} in {self.allowlist.name}",
        ]
        return ", ".join(part for part in parts if part)

    def allow_length(self, n: int) -> bool:
        """Whether a number may have n digits."""
        return not self.length or self.length[0] <= n <= self.length[1]

    def allow(self, number: str) -> bool:
        """Whether a number, digits only, satisfies every constraint but the allowlist."""
        return (
            self.allow_length(len(number))
            and (self.automaton is ANY_TEXT or self.automaton.accepts(number))
            and (self.check is None or self.check.passes(number))
        )


@dataclass(frozen=True)
class BestText(Solution):
    """The most probable text that satisfies the constraints; if none does, the text read without constraints."""

    text: str  # digits, lines joined by "\n"
    satisfied: bool
    changed: bool  # `text` differs from `first`
    first: str  # the text read without constraints
    why: str = ""  # for a person: which constraint is not satisfied


def parse_constraints(
    *,
    length: str | int | None = None,
    pattern: str | None = None,
    check: str | None = None,
    among: str | Path | None = None,
) -> Constraints:
    """The constraints that a user states as text.

    `length`: "8" or "6-8"; `pattern`: see `compile_pattern`; `check`: see `find_check`; `among`: a file, see
    `read_allowlist`. Raises BadRequest, NotFound or UnknownName for a constraint that is not understood, and BadRequest
    if no number satisfies all of them.

    >>> parse_constraints(length="6-8").allow("12345678")
    True
    """
    stated = Constraints(
        length=None if length is None else _parse_length(str(length)),
        pattern=pattern,
        automaton=ANY_TEXT if pattern is None else compile_pattern(pattern),
        check=None if check is None else find_check(check),
    )
    if stated.length and pattern is not None:
        least, greatest = stated.length
        if not stated.automaton.accepted_lengths(greatest)[least:].any():
            raise BadRequest(
                f"no number of {_length_in_words(stated.length)} fits the pattern {pattern!r}; expected constraints "
                "that some number satisfies. Change --length or --pattern."
            )
    if among is None:
        return stated
    numbers = read_allowlist(Path(among))
    kept = [number for number in numbers if stated.allow(number)]
    if not kept:
        raise BadRequest(
            f"none of the {len(numbers):,} numbers of {among} satisfies the other constraints; expected some that do. "
            "Check --among against --length, --pattern and --check."
        )
    return replace(stated, allowlist=build_allowlist(kept, Path(among).name))


def best_text(
    hypotheses: Sequence[Hypothesis], constraints: Constraints, *, max_texts: int = solver.MAX_TEXTS
) -> BestText:
    """The most probable text over all hypotheses that satisfies the constraints.

    The probability of a text is its sum over the hypotheses. The ranking is exact: dynamic programming for length and
    pattern, every number scored for an allowlist, and best-first search for a checksum. `confidence` is normalized over
    all texts that satisfy the constraints. With a checksum it is a lower bound: unseen texts count as if they passed,
    until they hold at most a thousandth of the probability. The search gives up after `max_texts` texts.

    `hypotheses[0]` is the reading without constraints and must exist. A hypothesis without digits satisfies nothing.
    """
    weights = np.array([hypothesis.log_weight for hypothesis in hypotheses])
    weights = weights - np.logaddexp.reduce(weights)
    ranked = [
        RankedHypothesis(index, float(weight), n_best_texts.safe_log(hypothesis.probs))
        for index, (weight, hypothesis) in enumerate(zip(weights, hypotheses, strict=True))
    ]
    first = tuple(int(digit) for digit in hypotheses[0].probs.argmax(axis=1))
    first_text = join_digits(first, hypotheses[0])
    fitting = [one for one in ranked if one.n and constraints.allow_length(one.n)]
    solution = None
    if constraints.allowlist is not None:
        solution = solver.best_in_allowlist(fitting, constraints.allowlist)
    elif fitting:
        solution = solver.best_first_search(fitting, constraints.automaton, constraints.check, max_texts=max_texts)
    if solution is None:
        unconstrained = Solution(
            first,
            hypothesis=0,
            confidence=float(np.exp(ranked[0].score(first))),
            exact=True,
            fits=0.0,
            probs=np.asarray(hypotheses[0].probs, np.float64),
            length_probability=1.0,
        )
        why = _why_not(ranked, fitting, constraints, max_texts)
        return BestText(
            **vars(unconstrained), text=first_text, satisfied=False, changed=False, first=first_text, why=why
        )
    text = join_digits(solution.digits, hypotheses[solution.hypothesis])
    return BestText(**vars(solution), text=text, satisfied=True, changed=solution.digits != first, first=first_text)


def join_digits(digits: Sequence[int], hypothesis: Hypothesis) -> str:
    """Digits in the lines of a hypothesis -> text, lines joined by a line feed."""
    rest = iter(digits)
    return "\n".join("".join(str(next(rest)) for _ in line) for line in hypothesis.lines)


def _parse_length(length: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*([0-9]+)(?:\s*-\s*([0-9]+))?\s*", length)
    least, greatest = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= least <= greatest <= MAX_DIGITS:
        raise BadRequest(
            f"length is {length!r}; expected a number of digits from 1 to {MAX_DIGITS}, or a range such as 6-8. "
            "Change --length."
        )
    return least, greatest


def _length_in_words(length: tuple[int, int]) -> str:
    least, greatest = length
    return _count(least) if least == greatest else f"{least} to {greatest} digits"


def _count(n: int) -> str:
    return "1 digit" if n == 1 else f"{n} digits"


def _why_not(
    ranked: Sequence[RankedHypothesis], fitting: Sequence[RankedHypothesis], constraints: Constraints, max_texts: int
) -> str:
    """Which constraint is not satisfied, and what to do about it."""
    found = _count(ranked[0].n)
    if not fitting and constraints.length:
        return (
            f"{found} found where {_length_in_words(constraints.length)} are expected; look for touching or stray ones."
        )
    if constraints.allowlist is not None:
        return f"{found} found, and no number of {constraints.allowlist.name} has as many; check it by eye."
    if constraints.check is not None:
        lead = f"none of the {max_texts:,} likeliest ways" if 10 ** fitting[0].n > max_texts else "no way"
        pattern = f" and fits {constraints.pattern}" if constraints.pattern else ""
        return f"{lead} to read these {found} passes {constraints.check.name}{pattern}; check it by eye."
    return f"{found} found, and no number of as many fits {constraints.pattern}; check it by eye."
