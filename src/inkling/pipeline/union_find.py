"""Union-find: which items are linked directly or indirectly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


def roots_of(n: int, links: Iterable[Sequence[int]]) -> np.ndarray:
    """n items and pairs of linked ones -> (n,) int: the same number for all items of a group."""
    parent = list(range(n))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in links:
        parent[root(i)] = root(j)
    return np.array([root(i) for i in range(n)], int)
