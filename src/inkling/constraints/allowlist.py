"""A list of all possible numbers, as a tree of prefixes, so that each shared prefix is scored once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkling.errors import BadRequest

_FIRST_COLUMN = re.compile(r'\s*(?:="?|")?([^,;\t"]*)')  # also matches ="0042", which keeps leading zeros
_SEPARATORS = str.maketrans("", "", " -./\u00a0")
NEGLIGIBLE_SHARE = 1e-9  # of the most probable prefix of one length; less probable ones are pruned at first ..
MAX_MISSING = 1e-3  # .. unless their total exceeds this fraction of the most probable number
MAX_STATED = 20_000  # numbers in a request, which take about 50 ms
MAX_STATED_DIGITS = 64
MAX_CELLS = 2_000_000  # prefixes of one length times columns; limits the memory of a search to about 50 MB


@dataclass(frozen=True)
class _Level:
    """All prefixes of one length."""

    parents: np.ndarray  # (P,) intp: index, in the previous level, of the prefix without its last digit
    digits: np.ndarray  # (P,) intp: the last digit
    whole: np.ndarray  # (P,) intp: index of the number that ends here, or -1


@dataclass(frozen=True)
class Allowlist:
    """Numbers as a tree of their prefixes."""

    name: str  # the file's name, for messages
    numbers: tuple[str, ...]  # sorted, without duplicates
    levels: tuple[_Level, ...]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def by_chance(self) -> float:
        """The probability, 0..1, that random digits are one of the numbers."""
        return min(1.0, sum(0.1**n * int((level.whole >= 0).sum()) for n, level in enumerate(self.levels, 1)))

    def probs(self, columns: np.ndarray) -> tuple[np.ndarray, float]:
        """(T, 11) column probabilities of digits -> (M,) probabilities of the numbers, and a bound for pruned ones.

        The CTC forward algorithm, vectorized over all prefixes of one length, so each prefix is computed once for all
        numbers that begin with it. Improbable prefixes are pruned at first; if they might matter, all are computed, as
        far as memory allows. Pruned numbers get 0, and the bound is the maximum of their total probability.
        """
        found, missing = self._probs(columns, least_share=NEGLIGIBLE_SHARE)
        if missing > MAX_MISSING * found.max():
            found, missing = self._probs(columns, least_share=0.0)
        return found, missing

    def _probs(self, columns: np.ndarray, *, least_share: float) -> tuple[np.ndarray, float]:
        """Like `probs`. `least_share`: of the most probable prefix; prefixes with less are pruned."""
        found, missing = np.zeros(len(self.numbers)), 0.0
        most = max(MAX_CELLS // (len(columns) + 1), 1)
        blank = np.cumprod(np.append(1.0, columns[:, -1]))[:, None]  # (T + 1, P): the prefix, ending in blank
        symbol = np.zeros_like(blank)  # the same, ending in its last digit
        last, kept = np.array([-1]), np.array([0])  # the last digits of the prefixes, and their indices in the level
        size = 1
        for level in self.levels:
            place = np.full(size, -1)
            place[kept] = np.arange(len(kept))
            size = len(level.digits)
            chosen = np.flatnonzero(place[level.parents] >= 0)
            parents, digits = place[level.parents[chosen]], level.digits[chosen]
            masses = _begin_masses(columns, blank, symbol, last)[parents, digits]
            order = np.argsort(-masses, kind="stable")
            n = min(most, int(np.count_nonzero(masses >= least_share * masses.max(initial=0.0))))
            missing += float(masses[order[n:]].sum())
            order = np.sort(order[:n])
            chosen, parents, digits = chosen[order], parents[order], digits[order]
            before = blank[:, parents] + symbol[:, parents] * (last[parents] != digits)
            blank, symbol = _forward(columns, before, digits)
            last, kept = digits, chosen
            ends = level.whole[chosen] >= 0
            found[level.whole[chosen[ends]]] = (blank[-1] + symbol[-1])[ends]
        return found, missing


def _forward(columns: np.ndarray, before: np.ndarray, digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T + 1, P) probabilities of P prefixes without their last digits, and these digits -> those of the P prefixes.

    Returns (T + 1, P) probabilities of ending in blank, and of ending in the last digit.
    """
    blank, symbol = np.zeros_like(before), np.zeros_like(before)
    of_digits = columns[:, digits]  # (T, P)
    for t, p_blank in enumerate(columns[:, -1]):
        symbol[t + 1] = (before[t] + symbol[t]) * of_digits[t]
        blank[t + 1] = (blank[t] + symbol[t]) * p_blank
    return blank, symbol


def _begin_masses(columns: np.ndarray, blank: np.ndarray, symbol: np.ndarray, last: np.ndarray) -> np.ndarray:
    """(P, 10) the total probability of all texts that begin with each prefix and each next digit."""
    digits = columns[:, :-1]
    masses = (blank[:-1] + symbol[:-1]).T @ digits
    known = np.flatnonzero(last >= 0)
    masses[known, last[known]] = np.einsum("tp,tp->p", blank[:-1, known], digits[:, last[known]])
    return np.asarray(masses)


def parse_lines(text: str, path: Path) -> list[str]:
    """The numbers in a file's text: one per line, or the first column of a CSV table. A header line is skipped.

    Spaces, hyphens, points and slashes in a number are dropped. Raises BadRequest if a line does not start with a
    number, or if there are no numbers.
    """
    numbers = []
    first = True
    for index, line in enumerate(text.splitlines()):
        if not line.strip():
            continue
        number = first_number(line)
        if number:
            numbers.append(number)
        elif not (first and _is_heading(line)):
            raise _bad_line(path, index, line)
        first = False
    if not numbers:
        raise BadRequest(f"{path} contains no number; expected a list of numbers, one per line. Check --among.")
    return numbers


def parse_allowlist(text: str) -> list[str]:
    """The numbers in a text, separated by commas, semicolons, spaces or line feeds.

    Raises BadRequest for anything but digits, and for more numbers than a request may contain.
    """
    numbers = re.split(r"[\s,;]+", text.strip(" \t\r\n,;"))
    if len(numbers) > MAX_STATED:
        raise BadRequest(
            f"the list has {len(numbers):,} numbers; the limit for a request is {MAX_STATED:,}. Send fewer, or use "
            "inkling read --among."
        )
    for number in numbers:
        if not (number.isascii() and number.isdigit() and len(number) <= MAX_STATED_DIGITS):
            raise BadRequest(
                f"the list contains {_shortened(number)!r}; expected numbers of 1 to {MAX_STATED_DIGITS} digits, "
                "separated by commas. Correct it or remove it."
            )
    return numbers


def build_allowlist(numbers: Iterable[str], name: str) -> Allowlist:
    """Texts of digits -> Allowlist, without duplicates."""
    listed = tuple(sorted(set(numbers)))
    digits = np.array(listed, dtype=bytes).view(np.uint8).reshape(len(listed), -1)  # (M, longest), 0 after the end
    lengths = np.count_nonzero(digits, axis=1)
    differs = digits[1:] != digits[:-1]
    common = np.append(-1, differs.argmax(axis=1))  # leading digits that a number shares with the previous one
    levels = []
    of_number = np.zeros(len(listed), np.intp)  # the prefix of each number in the previous level
    for n in range(1, digits.shape[1] + 1):
        reaches = lengths >= n
        is_new = reaches & (common < n)
        following = np.cumsum(is_new) - 1
        numbers_of = np.flatnonzero(is_new)
        whole = np.full(len(numbers_of), -1)
        ends = np.flatnonzero(lengths == n)
        whole[following[ends]] = ends
        levels.append(_Level(of_number[numbers_of], digits[numbers_of, n - 1].astype(np.intp) - ord("0"), whole))
        of_number = following
    return Allowlist(name, listed, tuple(levels))


def first_number(line: str) -> str:
    """The number in the first column of a line; "" if the column contains anything else."""
    head = line.split(",", 1)[0]
    if head.isascii() and head.isdigit():  # fast path
        return head
    number = _first_column(line).translate(_SEPARATORS)
    return number if number.isascii() and number.isdigit() else ""


def _is_heading(line: str) -> bool:
    column = _first_column(line)
    return bool(column) and not any(character.isdigit() for character in column)


def _first_column(line: str) -> str:
    found = _FIRST_COLUMN.match(line)
    return found[1].strip() if found else ""


def _bad_line(path: Path, index: int, line: str) -> BadRequest:
    shown = _shortened(line.strip())
    return BadRequest(
        f"{path} starts line {index + 1} with {shown!r}; expected a number, digits only, in the first column. "
        f"Correct the line, or name the column that has the numbers: {path.name}:COLUMN."
    )


def _shortened(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:27]}..."
