"""The last hidden layer as a map for the web page: 2-D positions, nearest neighbors, mixed pairs. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

SIDE = 1000  # coordinates on the square map are whole numbers, 0..SIDE
N_NEIGHBOURS = 6
N_DIGITS = 10
N_PAIRS = 3


@dataclass(frozen=True)
class EmbeddingMap:
    """M digits of the test set on a map."""

    index: np.ndarray  # (M,) positions in the test set
    xy: np.ndarray  # (M, 2) whole numbers 0..SIDE; y grows downward
    neighbours: np.ndarray  # (M, K) rows of `index`, nearest first, by distance in the hidden layer
    same_label: float  # 0..1, share of the shared digits whose nearest neighbor has the same label
    mixed_pairs: list[tuple[int, int, int]]  # most frequent pairs where the neighbor's label differs: labels and count

    def to_json(self) -> dict[str, Any]:
        """The map as in the published report."""
        return {
            "index": self.index.tolist(),
            "x": self.xy[:, 0].tolist(),
            "y": self.xy[:, 1].tolist(),
            "near": self.neighbours.tolist(),
            "same": round(self.same_label, 4),
            "mixed": [{"digits": [a, b], "n": n} for a, b, n in self.mixed_pairs],
        }


def embedding_map(
    index: np.ndarray, hidden: np.ndarray, flat: np.ndarray, labels: np.ndarray, *, first: int
) -> EmbeddingMap:
    """Makes the map. index, labels: (M,); hidden: (M, H) activations; flat: (M, 2) their embedding, in any unit.

    Compares the labels of neighbors only among the first `first` digits of the test set. The later ones were chosen
    because they are misread, and would bias the count.
    """
    plain = index < first
    own = labels[plain]
    others = own[nearest_neighbours(hidden[plain], 1)[:, 0]]
    same = float((others == own).mean())
    return EmbeddingMap(index, fit_square(flat), nearest_neighbours(hidden), same, mixed_pairs(own, others))


def nearest_neighbours(hidden: np.ndarray, k: int = N_NEIGHBOURS) -> np.ndarray:
    """The k other rows with the smallest Euclidean distance, nearest first. (M, H) -> (M, min(k, M - 1))"""
    rows = hidden.astype(np.float64)
    squares = (rows**2).sum(1)
    distance = squares[:, None] + squares[None] - 2 * rows @ rows.T  # (M, M)
    np.fill_diagonal(distance, np.inf)
    order: np.ndarray = np.argsort(distance, axis=1, kind="stable")
    return order[:, : min(k, len(rows) - 1)]


def fit_square(flat: np.ndarray) -> np.ndarray:
    """(M, 2) -> whole numbers 0..SIDE, with the same scale on both axes, centered in the square."""
    low, high = flat.min(0), flat.max(0)
    scale = SIDE / max(float((high - low).max()), 1e-9)
    whole: np.ndarray = np.rint((flat - (low + high) / 2) * scale + SIDE / 2).astype(int)
    return whole


def mixed_pairs(labels: np.ndarray, others: np.ndarray) -> list[tuple[int, int, int]]:
    """The N_PAIRS pairs of different labels, most frequent first, as (lower, higher, count). labels, others: (M,)"""
    apart = labels != others
    pairs = np.sort(np.stack([labels[apart], others[apart]], 1), axis=1)  # (P, 2)
    counts = np.bincount(pairs[:, 0] * N_DIGITS + pairs[:, 1], minlength=N_DIGITS**2)
    order = np.argsort(-counts, kind="stable")[:N_PAIRS]
    return [(int(i) // N_DIGITS, int(i) % N_DIGITS, int(counts[i])) for i in order if counts[i]]
