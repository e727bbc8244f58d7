"""Where digits lie in the last hidden layer: a map in two dimensions and who is near whom. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

SIDE = 1000  # the map is a square of whole numbers 0..SIDE
N_NEIGHBOURS = 6
N_DIGITS = 10


@dataclass(frozen=True)
class Embedding:
    """M digits of the test set on a map."""

    index: np.ndarray  # (M,) their places in the test set
    xy: np.ndarray  # (M, 2) whole numbers 0..SIDE; y grows downwards
    near: np.ndarray  # (M, K) rows of `index` whose hidden layers are the most alike, the nearest first
    same: float  # of the first digits of the test set: part whose nearest has the same label
    mixed: list[tuple[int, int, int]]  # the most frequent pairs of other labels among them, and how many


def embed(index: np.ndarray, hidden: np.ndarray, flat: np.ndarray, labels: np.ndarray, *, first: int) -> Embedding:
    """index, labels: (M,); hidden: (M, H) the layer itself; flat: (M, 2) its map, in any unit.

    Who is near whom is counted among the `first` digits of the test set alone: further ones are there as mistakes.
    """
    plain = index < first
    own = labels[plain]
    others = own[nearest_neighbours(hidden[plain], 1)[:, 0]]
    return Embedding(
        index,
        scaled_to_square(flat),
        nearest_neighbours(hidden),
        float((others == own).mean()),
        confused_pairs(own, others),
    )


def nearest_neighbours(hidden: np.ndarray, k: int = N_NEIGHBOURS) -> np.ndarray:
    """The k other rows with the least Euclidean distance, nearest first. (M, H) -> (M, min(k, M - 1))"""
    rows = hidden.astype(np.float64)
    squares = (rows**2).sum(1)
    distance = squares[:, None] + squares[None] - 2 * rows @ rows.T  # (M, M)
    np.fill_diagonal(distance, np.inf)
    order: np.ndarray = np.argsort(distance, axis=1, kind="stable")
    return order[:, : min(k, len(rows) - 1)]


def scaled_to_square(flat: np.ndarray) -> np.ndarray:
    """(M, 2) -> whole numbers 0..SIDE, one scale for both axes, in the middle of the square."""
    low, high = flat.min(0), flat.max(0)
    scale = SIDE / max(float((high - low).max()), 1e-9)
    whole: np.ndarray = np.rint((flat - (low + high) / 2) * scale + SIDE / 2).astype(int)
    return whole


def confused_pairs(labels: np.ndarray, others: np.ndarray, most: int = 3) -> list[tuple[int, int, int]]:
    """The pairs of labels that differ, most frequent first: lower, higher, how often. labels, others: (M,)"""
    apart = labels != others
    pairs = np.sort(np.stack([labels[apart], others[apart]], 1), axis=1)  # (P, 2)
    counts = np.bincount(pairs[:, 0] * N_DIGITS + pairs[:, 1], minlength=N_DIGITS**2)
    order = np.argsort(-counts, kind="stable")[:most]
    return [(int(i) // N_DIGITS, int(i) % N_DIGITS, int(counts[i])) for i in order if counts[i]]


def to_columns(found: Embedding) -> dict[str, Any]:
    """As JSON takes it."""
    return {
        "index": found.index.tolist(),
        "x": found.xy[:, 0].tolist(),
        "y": found.xy[:, 1].tolist(),
        "near": found.near.tolist(),
        "same": round(found.same, 4),
        "mixed": [{"digits": [a, b], "n": n} for a, b, n in found.mixed],
    }
