"""START HERE: constraints on a number, and the most probable text that satisfies them.

    constraints = parse_constraints(length="8", check="luhn")
    constrained_reading.read(reader, "photo.jpg", constraints)

A constraint applies to the number in an image: the digits of all its lines, joined. Signs between them are ignored,
unless the pattern contains signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from inkling.constraints import solver
from inkling.constraints.allowlist import Allowlist, build_allowlist, parse_allowlist, parse_lines
from inkling.constraints.automata import intersection, length_automaton
from inkling.constraints.checks import Check, find_check
from inkling.constraints.pattern import MAX_REPETITIONS, compile_pattern
from inkling.constraints.roster import Roster, read_roster, read_text, split_column
from inkling.constraints.solver import Solution
from inkling.errors import BadRequest
from inkling.pipeline.ctc import N_DIGITS, keep_symbols
from inkling.pipeline.prefix_search import Automaton


@dataclass(frozen=True)
class Constraints:
    """Constraints that every number must satisfy. None: no such constraint. Create them with `parse_constraints`."""

    automaton: Automaton  # accepts what `length` and `pattern` allow, except texts without digits
    length: tuple[int, int] | None = None  # minimum and maximum number of digits
    pattern: str | None = None
    check: Check | None = None
    allowlist: Allowlist | None = None  # only the numbers that satisfy the other constraints
    roster: Roster | None = None  # the table whose column is the list
    sure_at: float | None = None  # lowest probability, 0..1, at which a number is "read"; None: the network's

    @property
    def stated(self) -> bool:
        """Whether there is any constraint."""
        return bool(self.length or self.pattern or self.check or self.allowlist)

    @property
    def n_symbols(self) -> int:
        """The number of relevant `symbols.CLASSES`: the ten digits, plus the signs if the pattern contains any."""
        return int(self.automaton.step.shape[1])

    @property
    def by_chance(self) -> float | None:
        """The probability, 0..1, that random digits are on the list; None without a list."""
        return self.allowlist.by_chance if self.allowlist else None

    def in_words(self) -> str:
        """The constraints as text for the user."""
        parts = [
            self.length and length_in_words(self.length),
            self.pattern and f"fits {self.pattern}",
            self.check and f"passes {self.check.name}",
            self.allowlist and f"one of {len(self.allowlist):,} in {self.allowlist.name}",
        ]
        return ", ".join(part for part in parts if part)

    def listed(self, text: str, *, satisfied: bool) -> dict[str, str]:
        """The roster's cells for a text that was read: empty unless the roster lists it; {} without a roster."""
        return self.roster.of(text.replace("\n", "") if satisfied else "") if self.roster else {}

    def allow(self, number: str) -> bool:
        """Whether a number, digits only, satisfies all constraints except the allowlist."""
        return self.automaton.accepts([int(digit) for digit in number]) and (
            self.check is None or self.check.passes(number)
        )


def parse_constraints(
    *,
    length: str | int | None = None,
    pattern: str | None = None,
    check: str | None = None,
    among: str | Path | None = None,
    sure: str | float | None = None,
) -> Constraints:
    """Parse constraints that the user gives as text.

    `length`: "8" or "6-8"; `pattern`: see `compile_pattern`; `check`: see `find_check`; `among`: a file with one
    number per line, or `roster.csv:student_no` for a column of a table; `sure`: the lowest probability, 0..1, at
    which a number is "read". Raises BadRequest, NotFound or UnknownName for an invalid constraint, and BadRequest if no
    number satisfies all of them.

    >>> parse_constraints(length="6-8").allow("12345678")
    True
    """
    stated = _parse(None if length is None else str(length), pattern, check)
    if sure is not None:
        stated = replace(stated, sure_at=_parse_sure(sure))
    if among is None:
        return stated
    path, column = split_column(str(among))
    if not column:
        return _with_allowlist(stated, parse_lines(read_text(path), path), str(path), path.name)
    roster = read_roster(path, column)
    return replace(_with_allowlist(stated, roster.rows, str(path), path.name), roster=roster)


def parse_stated(*, length: str = "", pattern: str = "", check: str = "", among: str = "") -> Constraints:
    """Like `parse_constraints`, for texts from a request: "" is no constraint, and `among` is the list itself.

    The numbers are separated by commas, semicolons, spaces or line feeds.
    """
    stated = _parse(length or None, pattern or None, check or None)
    return _with_allowlist(stated, parse_allowlist(among), "the list", "the list") if among else stated


@lru_cache(maxsize=64)
def _parse(length: str | None, pattern: str | None, check: str | None) -> Constraints:
    """The constraints without an allowlist."""
    least, greatest = (1, None) if length is None else _parse_length(length)
    if pattern is None:
        automaton = length_automaton(least, greatest, N_DIGITS)
    else:
        fitting = compile_pattern(pattern)
        what = f"pattern {pattern!r}" + (f" with length {length}" if length else "")
        automaton = intersection(fitting, length_automaton(least, greatest, fitting.step.shape[1]), what=what)
    allowed = None if greatest is None else (least, greatest)
    if allowed and not automaton.final.any():
        raise BadRequest(
            f"no number of {length_in_words(allowed)} fits the pattern {pattern!r}; expected constraints "
            "that can be satisfied together. Change --length or --pattern."
        )
    return Constraints(automaton, allowed, pattern, None if check is None else find_check(check))


def _with_allowlist(stated: Constraints, numbers: Iterable[str], source: str, name: str) -> Constraints:
    if stated.n_symbols > N_DIGITS:
        raise BadRequest(
            f"pattern {stated.pattern!r} contains signs, which the numbers of {source} do not have; expected a pattern "
            "of digits. Remove the signs from --pattern, or leave out --among."
        )
    numbers = list(numbers)
    kept = [number for number in numbers if stated.allow(number)] if stated.stated else numbers
    if not kept:
        raise BadRequest(
            f"none of the {len(numbers):,} numbers of {source} satisfies the other constraints; expected at least one. "
            "Compare --among with --length, --pattern and --check."
        )
    return replace(stated, allowlist=build_allowlist(kept, name))


def best_texts(columns: np.ndarray, constraints: Constraints) -> Solution | None:
    """(T, 22) column probabilities -> the most probable texts that satisfy the constraints; None if none is found.

    A text is a tuple of numbers of `symbols.CLASSES`: only digits, or digits and signs if the pattern contains signs.
    `solver` documents what is exact.
    """
    if len(columns) == 0:
        return None
    columns = keep_symbols(columns, constraints.n_symbols)
    if constraints.allowlist is not None:
        return solver.best_in_allowlist(columns, constraints.allowlist)
    return solver.best_texts(columns, constraints.automaton, constraints.check)


def _parse_length(length: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*([0-9]+)(?:\s*-\s*([0-9]+))?\s*", length)
    least, greatest = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= least <= greatest <= MAX_REPETITIONS:
        raise BadRequest(
            f"length is {length!r}; expected a number of digits from 1 to {MAX_REPETITIONS}, or a range such as 6-8. "
            "Change --length."
        )
    return least, greatest


def _parse_sure(sure: str | float) -> float:
    try:
        value = float(sure)
    except ValueError:
        value = 0.0
    if not 0.5 <= value < 1:
        raise BadRequest(
            f"--sure is {sure}; expected a probability of at least 0.5 and below 1, such as 0.99. Change --sure."
        )
    return value


def length_in_words(length: tuple[int, int]) -> str:
    """A range of lengths, for the user."""
    least, greatest = length
    return count_digits(least) if least == greatest else f"{least} to {greatest} digits"


def count_digits(n: int) -> str:
    """A number of digits, for the user."""
    return "1 digit" if n == 1 else f"{n} digits"
