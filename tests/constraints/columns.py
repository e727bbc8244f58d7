"""Column probabilities of digits for tests, and enumeration of their texts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from inkling.pipeline.recognized_row import DecodedRow, decode_row, glyph_row
from tests.pipeline.ctc_oracle import every_text

_enumerated: dict[bytes, dict[tuple[int, ...], float]] = {}


def sharp(text: str, *, sure: float = 0.95, doubt: dict[int, tuple[int, float]] | None = None) -> np.ndarray:
    """(n, 10) probabilities: `sure` for the digits of `text`; `doubt`: position -> other digit and its probability."""
    probs = np.full((len(text), 10), (1 - sure) / 9)
    for i, digit in enumerate(text):
        probs[i, int(digit)] = sure
        if doubt and i in doubt:
            other, p = doubt[i]
            probs[i, other] += p
    return np.asarray(probs / probs.sum(axis=1, keepdims=True))


def row_of_digits(probs: np.ndarray, not_digit: list[float] | None = None, *, y: int = 0) -> DecodedRow:
    """(n, 10) probabilities of isolated digits -> a decoded row."""
    none = np.zeros(len(probs)) if not_digit is None else np.array(not_digit)
    return decode_row(glyph_row(probs, none, [(30 * i, y, 20, 40) for i in range(len(probs))]))


def allowed_texts(columns: np.ndarray, allowed: Callable[[str], bool], symbols: str = "0123456789") -> dict[str, float]:
    """Every allowed text of (T, C) columns and its probability, by enumeration."""
    if columns.tobytes() not in _enumerated:  # enumeration is slow
        _enumerated[columns.tobytes()] = every_text(columns)
    every = _enumerated[columns.tobytes()]
    found = {"".join(symbols[k] for k in text): prob for text, prob in every.items()}
    return {text: prob for text, prob in found.items() if allowed(text)}
