"""START HERE: constraints on a number, and the most probable text that satisfies them.

    constraints = parse_constraints(length="8", check="luhn")
    constrained_reading.read(reader, "photo.jpg", constraints)

A constraint applies to the number in an image: the digits of all its lines, joined. Signs between them do not matter,
unless the pattern names signs.
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
from inkling.constraints.checks import Check, find_check
from inkling.constraints.pattern import MAX_REPETITIONS, N_DIGITS, both, compile_pattern, length_automaton
from inkling.constraints.roster import Roster, read_roster, read_text, split_column
from inkling.constraints.solver import Solution
from inkling.errors import BadRequest
from inkling.pipeline.ctc import keep_symbols
from inkling.pipeline.prefix_search import Automaton


@dataclass(frozen=True)
class Constraints:
    """What every number satisfies. Made by `parse_constraints`; None: no such constraint."""

    automaton: Automaton  # accepts what `length` and `pattern` allow, and no text without a digit
    length: tuple[int, int] | None = None  # least and greatest number of digits
    pattern: str | None = None
    check: Check | None = None
    allowlist: Allowlist | None = None  # only those of its numbers that satisfy the other constraints
    roster: Roster | None = None  # the table that the list is a column of
    sure_at: float | None = None  # probability, 0..1, from which a number is "read"; None: the network's

    @property
    def stated(self) -> bool:
        """Whether there is any constraint."""
        return bool(self.length or self.pattern or self.check or self.allowlist)

    @property
    def n_symbols(self) -> int:
        """How many of `symbols.CLASSES` count: the ten digits, or also the signs if the pattern names some."""
        return int(self.automaton.step.shape[1])

    @property
    def by_chance(self) -> float | None:
        """How probable it is, 0..1, that random digits are on the list; None without one."""
        return self.allowlist.by_chance if self.allowlist else None

    def in_words(self) -> str:
        """The constraints as text for a person."""
        parts = [
            self.length and length_in_words(self.length),
            self.pattern and f"fits {self.pattern}",
            self.check and f"passes {self.check.name}",
            self.allowlist and f"one of {len(self.allowlist):,} in {self.allowlist.name}",
        ]
        return ", ".join(part for part in parts if part)

    def listed(self, text: str, *, satisfied: bool) -> dict[str, str]:
        """What the roster says of a text that was read: empty cells unless it is one of its numbers; {} without one."""
        return self.roster.of(text.replace("\n", "") if satisfied else "") if self.roster else {}

    def allow(self, number: str) -> bool:
        """Whether a number, digits only, satisfies every constraint but the allowlist."""
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
    """The constraints that a user states as text.

    `length`: "8" or "6-8"; `pattern`: see `compile_pattern`; `check`: see `find_check`; `among`: a file with
    a number a line, or `roster.csv:student_no` for a column of a table; `sure`: the probability, 0..1, from which a
    number is "read". Raises BadRequest, NotFound or UnknownName for a constraint that is not understood, and BadRequest
    if no number satisfies all of them.

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
    """As `parse_constraints`, of texts from a request: "" states nothing, and `among` is the list itself.

    Its numbers are separated by commas, semicolons, spaces or line feeds.
    """
    stated = _parse(length or None, pattern or None, check or None)
    return _with_allowlist(stated, parse_allowlist(among), "the list", "the list") if among else stated


@lru_cache(maxsize=64)
def _parse(length: str | None, pattern: str | None, check: str | None) -> Constraints:
    """The constraints without an allowlist."""
    least, greatest = (1, None) if length is None else _parse_length(length)
    compiled = None if pattern is None else compile_pattern(pattern)
    n_symbols = N_DIGITS if compiled is None else compiled.automaton.step.shape[1]
    automaton = length_automaton(least, greatest, n_symbols)
    if compiled is not None:
        what = f"pattern {pattern!r}" + (f" with length {length}" if length else "")
        automaton = both(compiled.automaton, automaton, what=what)
    allowed = None if greatest is None else (least, greatest)
    if allowed and not automaton.final.any():
        raise BadRequest(
            f"no number of {length_in_words(allowed)} fits the pattern {pattern!r}; expected constraints "
            "that some number satisfies. Change --length or --pattern."
        )
    return Constraints(automaton, allowed, pattern, None if check is None else find_check(check))


def _with_allowlist(stated: Constraints, numbers: Iterable[str], source: str, name: str) -> Constraints:
    if stated.n_symbols > N_DIGITS:
        raise BadRequest(
            f"pattern {stated.pattern!r} names signs, which the numbers of {source} do not have; expected a pattern of "
            "digits. Take the signs out of --pattern, or leave out --among."
        )
    numbers = list(numbers)
    kept = [number for number in numbers if stated.allow(number)] if stated.stated else numbers
    if not kept:
        raise BadRequest(
            f"none of the {len(numbers):,} numbers of {source} satisfies the other constraints; expected some that do. "
            "Check --among against --length, --pattern and --check."
        )
    return replace(stated, allowlist=build_allowlist(kept, name))


def best_texts(columns: np.ndarray, constraints: Constraints) -> Solution | None:
    """(T, 22) column probabilities -> the most probable texts that satisfy the constraints; None if none is found.

    A text is a tuple of numbers of `symbols.CLASSES`: of digits alone, or also of signs if the pattern names some. See
    `solver` for what is exact.
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
            f"--sure is {sure}; expected a probability from 0.5 to below 1, for example 0.99. Change --sure."
        )
    return value


def length_in_words(length: tuple[int, int]) -> str:
    """A range of lengths for a person."""
    least, greatest = length
    return count_digits(least) if least == greatest else f"{least} to {greatest} digits"


def count_digits(n: int) -> str:
    """A number of digits for a person."""
    return "1 digit" if n == 1 else f"{n} digits"
