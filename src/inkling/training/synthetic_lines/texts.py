"""Random texts as lists of the line recognizer's symbols, with gaps between groups."""

from __future__ import annotations

import numpy as np

from inkling.pipeline.symbols import CURRENCY, MARK, SIGNS
from inkling.training.recipe import Texts

GAP = " "  # between groups; not a symbol of the network
PLAIN_LENGTHS = (0.1, 0.13, 0.17, 0.18, 0.15, 0.1, 0.06, 0.05, 0.03, 0.03)  # probability of 1, 2, .. digits
MARKED = 0.07  # share of texts with a mark before or after the number
ROUND = 0.3  # share of groups of digits in which the last 0 to 3 digits become 0

Rng = np.random.Generator
Symbols = list[str]


def random_text(rng: Rng, how: Texts | None = None) -> Symbols:
    """A number as people write it, sometimes with signs and marks."""
    how = how or Texts()
    is_signed = rng.random() < how.signs
    make = _SIGNED[rng.choice(len(_SIGNED), p=_WEIGHTS)] if is_signed else _plain
    symbols = make(rng)
    if how.benford and make in _AMOUNTS and rng.random() < how.benford:
        symbols = _with_usual_first_digit(symbols, rng)
    if rng.random() < MARKED:
        mark = [MARK] * (1 + int(rng.random() < 0.3))
        symbols = [*mark, *_maybe(rng, GAP), *symbols] if rng.random() < 0.5 else [*symbols, *_maybe(rng, GAP), *mark]
    return symbols


def random_plain_text(rng: Rng, *, longest: int) -> Symbols:
    """A number without signs, as in the cells of a comb."""
    return _digits(rng, int(rng.integers(1, longest + 1)))


def _plain(rng: Rng) -> Symbols:
    symbols = _digits(rng, 1 + int(rng.choice(len(PLAIN_LENGTHS), p=PLAIN_LENGTHS)))
    if rng.random() < 0.12 and len(symbols) > 3:
        symbols.insert(int(rng.integers(1, len(symbols))), GAP)
    return symbols


def _with_usual_first_digit(symbols: Symbols, rng: Rng) -> Symbols:
    """Replaces the first digit: 1 in 30% of numbers, 9 in 5% (Benford 1938, "The Law of Anomalous Numbers").

    Does not change a number with one digit.
    """
    places = [i for i, symbol in enumerate(symbols) if symbol.isdigit()]
    if len(places) < 2:
        return symbols
    first = str(1 + int(rng.choice(9, p=_BENFORD)))
    return [first if i == places[0] else symbol for i, symbol in enumerate(symbols)]


def _digits(rng: Rng, n: int) -> Symbols:
    digits = rng.integers(0, 10, n)
    if rng.random() < ROUND:
        digits[n - int(rng.integers(0, min(n, 4))) :] = 0
    if n > 1 and rng.random() < 0.08:  # the same digit several times
        start = int(rng.integers(0, n - 1))
        digits[start : start + int(rng.integers(2, 4))] = digits[start]
    return [str(digit) for digit in digits]


def _maybe(rng: Rng, symbol: str, share: float = 0.5) -> Symbols:
    return [symbol] if rng.random() < share else []


def _grouped(rng: Rng) -> Symbols:
    """A number with a thousands separator: 1.234.567 or 12,500 or 12 500."""
    separator = str(rng.choice([".", ",", GAP], p=[0.5, 0.3, 0.2]))
    symbols = _digits(rng, int(rng.integers(1, 4)))
    for _ in range(1 + int(rng.random() < 0.2)):
        symbols += [separator, *_digits(rng, 3)]
    return symbols


def _decimal(rng: Rng) -> Symbols:
    point = str(rng.choice([".", ","]))
    return [
        *_digits(rng, int(rng.integers(1, 5))),
        point,
        *_digits(rng, int(rng.choice([1, 2, 3], p=[0.3, 0.55, 0.15]))),
    ]


def _amount(rng: Rng) -> Symbols:
    symbols = _grouped(rng) if rng.random() < 0.5 else _decimal(rng)
    kind = rng.random()
    if kind < 0.35:
        return [CURRENCY, *_maybe(rng, GAP, 0.3), *symbols]
    if kind < 0.55:
        return [*symbols, *_maybe(rng, GAP, 0.3), CURRENCY]
    if kind < 0.7:
        return [*symbols, str(rng.choice([".", ",", "."])), "-"]
    if kind < 0.8:
        return [*symbols, "."]
    return symbols


def _signed(rng: Rng) -> Symbols:
    symbols = _decimal(rng) if rng.random() < 0.4 else _digits(rng, int(rng.integers(1, 6)))
    return [str(rng.choice(["-", "+"], p=[0.6, 0.4])), *symbols]


def _date(rng: Rng) -> Symbols:
    separator = str(rng.choice(["/", ".", "-", ","], p=[0.4, 0.33, 0.22, 0.05]))
    parts = [str(rng.integers(1, 32)), str(rng.integers(1, 13)), str(rng.integers(1930, 2060))]
    if rng.random() < 0.6:
        parts[:2] = [part.zfill(2) for part in parts[:2]]
    if rng.random() < 0.35:
        parts[2] = parts[2][2:]
    if rng.random() < 0.15:
        parts.reverse()
    return list(separator.join(parts))


def _time(rng: Rng) -> Symbols:
    separator = ":" if rng.random() < 0.85 else "."
    parts = [str(rng.integers(0, 24)), str(rng.integers(0, 60)).zfill(2)]
    if rng.random() < 0.2:
        parts.append(str(rng.integers(0, 60)).zfill(2))
    return list(separator.join(parts))


def _ratio(rng: Rng) -> Symbols:
    sign = str(rng.choice(["/", ":", "-", "+"], p=[0.4, 0.25, 0.25, 0.1]))
    return [*_digits(rng, int(rng.integers(1, 4))), sign, *_digits(rng, int(rng.integers(1, 4)))]


def _percentage(rng: Rng) -> Symbols:
    symbols = _digits(rng, int(rng.integers(1, 4))) if rng.random() < 0.6 else _decimal(rng)
    return [*symbols, *_maybe(rng, GAP, 0.25), "%"]


def _bracketed(rng: Rng) -> Symbols:
    kind = rng.random()
    inner = _digits(rng, int(rng.integers(1, 5)))
    if kind < 0.5:
        return ["(", *inner, ")"]
    if kind < 0.75:
        return [*_digits(rng, int(rng.integers(1, 4))), "(", *inner, ")"]
    if kind < 0.88:
        return [*inner, ")"]
    return ["(", *inner, ")", *_digits(rng, int(rng.integers(2, 6)))]


def _telephone(rng: Rng) -> Symbols:
    separator = str(rng.choice(["-", "/", GAP, "."], p=[0.4, 0.2, 0.3, 0.1]))
    symbols = [*_maybe(rng, "+", 0.4), *_digits(rng, int(rng.integers(2, 5)))]
    for _ in range(int(rng.integers(1, 3))):
        symbols += [separator, *_digits(rng, int(rng.integers(2, 5)))]
    return symbols


def _expression(rng: Rng) -> Symbols:
    """A short sequence of digits and random signs, so that the network cannot infer a sign from its position alone."""
    symbols: Symbols = []
    for _ in range(int(rng.integers(2, 5))):
        symbols += _digits(rng, int(rng.integers(1, 3)))
        symbols.append(str(rng.choice([*SIGNS, MARK])))
    return symbols if rng.random() < 0.3 else symbols[:-1]


_SIGNED = (_grouped, _decimal, _amount, _signed, _date, _time, _ratio, _percentage, _bracketed, _telephone, _expression)
_WEIGHTS = (0.09, 0.15, 0.17, 0.09, 0.12, 0.06, 0.06, 0.07, 0.06, 0.05, 0.08)
_AMOUNTS = (_plain, _grouped, _decimal, _amount, _signed)
_BENFORD = np.log10(1 + 1 / np.arange(1, 10))
