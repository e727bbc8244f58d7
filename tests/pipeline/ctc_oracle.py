"""Reference implementation of CTC that enumerates all alignments."""

from __future__ import annotations

import itertools
import math

import numpy as np


def every_text(probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """(T, C) column probabilities, blank last -> the probability of each text."""
    blank = probs.shape[1] - 1
    found: dict[tuple[int, ...], float] = {}
    for way in itertools.product(range(blank + 1), repeat=len(probs)):
        text = tuple(symbol for symbol, _ in itertools.groupby(way) if symbol != blank)
        found[text] = found.get(text, 0.0) + math.prod(float(probs[i, symbol]) for i, symbol in enumerate(way))
    return found


def random_columns(seed: int, t: int, c: int, *, sharpness: float = 1.0) -> np.ndarray:
    """(T, C) random column probabilities; a higher sharpness makes them less uniform."""
    return np.random.default_rng(seed).dirichlet(np.full(c, 1 / sharpness), t)


def sharp_columns(*symbols: int, c: int = 22, sure: float = 0.99) -> np.ndarray:
    """(T, C) columns with one almost certain symbol each."""
    probs = np.full((len(symbols), c), (1 - sure) / (c - 1))
    probs[np.arange(len(symbols)), symbols] = sure
    return probs
