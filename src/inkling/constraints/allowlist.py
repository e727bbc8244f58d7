"""A list of all numbers that can occur, stored so that a million are scored in some 0.1 s."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkling.errors import BadRequest, NotFound

_FIRST_COLUMN = re.compile(r'\s*(?:="?|")?([^,;\t"]*)')  # also of ="0042", which keeps zeros in a spreadsheet
_SEPARATORS = str.maketrans("", "", " -./\u00a0")
BLOCK = 4  # digits per table look-up


@dataclass(frozen=True)
class NumberTable:
    """M numbers of n digits."""

    digits: np.ndarray  # (n, M) uint8, one number per column
    blocks: tuple[np.ndarray, ...]  # ceil(n / BLOCK) arrays (M,) uint16: the value of each run of BLOCK digits

    def log_probs(self, log_probs: np.ndarray) -> np.ndarray:
        """(n, 10) log-probabilities of the digits at each position -> (M,) log-probability of each number."""
        scores = np.zeros(self.digits.shape[1])
        for i, block in enumerate(self.blocks):
            table = np.zeros(1)
            for row in log_probs[i * BLOCK : (i + 1) * BLOCK]:
                table = np.add.outer(table, row).ravel()  # (10 ** k,): the sum for each run of k digits
            scores += table[block]
        return scores


@dataclass(frozen=True)
class Allowlist:
    """Numbers, grouped by length."""

    name: str  # the file's name, for messages
    by_length: dict[int, NumberTable]

    def __len__(self) -> int:
        return sum(numbers.digits.shape[1] for numbers in self.by_length.values())


def read_allowlist(path: Path) -> list[str]:
    """The numbers in a file: one per line, or the first column of a CSV table; a heading is skipped.

    Spaces, hyphens, points and slashes within a number are dropped. Raises NotFound if the file cannot be read, and
    BadRequest if a line does not start with a number or the file holds none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read ({error.strerror or error}); expected a list of numbers, one a line. Check --among."
        ) from error
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"{path} is not text in UTF-8; expected a list of numbers, one a line. Save it as CSV in UTF-8."
        ) from error
    numbers = []
    first = True
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        number = _number_in(line)
        if number:
            numbers.append(number)
        elif not (first and _is_heading(line)):
            raise _bad_line(path, index, line)
        first = False
    if not numbers:
        raise BadRequest(f"{path} holds no number; expected a list of them, one a line. Check --among.")
    return numbers


def build_allowlist(numbers: Iterable[str], name: str) -> Allowlist:
    """Texts of digits -> Allowlist, without duplicates."""
    grouped = defaultdict(list)
    for number in dict.fromkeys(numbers):
        grouped[len(number)].append(number)
    return Allowlist(name, {n: _number_table(group, n) for n, group in grouped.items()})


def _number_table(group: list[str], n: int) -> NumberTable:
    digits = np.frombuffer("".join(group).encode(), np.uint8).reshape(-1, n).T - ord("0")
    digits = np.ascontiguousarray(digits)
    blocks = []
    for start in range(0, n, BLOCK):
        block = np.zeros(len(group), np.uint16)
        for row in digits[start : start + BLOCK]:
            block = block * np.uint16(10) + row
        blocks.append(block)
    return NumberTable(digits, tuple(blocks))


def _number_in(line: str) -> str:
    """The number in the first column of a line; "" if the column holds something else."""
    head = line.split(",", 1)[0]
    if head.isascii() and head.isdigit():  # the usual case, in a third of the time
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
    shown = line.strip()
    shown = shown if len(shown) <= 30 else f"{shown[:27]}..."
    return BadRequest(
        f"{path} starts line {index + 1} with {shown!r}; expected a number, digits only, as the first column. "
        "Mend the line or take it out."
    )
