"""Which pictures are in the plan already, in 16 bytes each: 16 MB for a million, at most twice that for a moment."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

BITS = 128  # of a hash: among a billion pictures two alike occur once in 10**20 archives
Level = tuple[np.ndarray, np.ndarray]  # (n,) uint64 upper halves, ascending, and the lower halves beside them


class NameSet:
    """A set of names that only grows: a log-structured merge of sorted arrays.

    At a billion it takes 16 GB, so an archive of that size is better read as many runs, one a folder or prefix.
    """

    def __init__(self) -> None:
        self._levels: list[Level] = []  # each at least twice as long as the next

    def __len__(self) -> int:
        return sum(len(high) for high, _ in self._levels)

    def add(self, names: Sequence[str]) -> np.ndarray:
        """Names -> (n,) bool: which are seen for the first time. All are seen afterwards."""
        if not names:
            return np.zeros(0, bool)
        hashes = np.frombuffer(b"".join(map(_hash, names)), np.dtype("<u8")).reshape(-1, 2)
        order = np.lexsort((hashes[:, 1], hashes[:, 0]))
        high, low = hashes[order].T
        first = np.ones(len(names), bool)
        first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])  # lexsort is stable: the first of equals stays
        for level in self._levels:
            first &= ~_within(level, high, low)
        self._levels.append((high[first], low[first]))
        self._merge()
        new = np.empty(len(names), bool)
        new[order] = first
        return new

    def _merge(self) -> None:
        while len(self._levels) > 1 and 2 * len(self._levels[-1][0]) > len(self._levels[-2][0]):
            (high, low), (more_high, more_low) = self._levels[-2:]
            high, low = np.concatenate([high, more_high]), np.concatenate([low, more_low])
            order = np.argsort(high, kind="stable")
            self._levels[-2:] = [(high[order], low[order])]


def _within(level: Level, high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """(n,) bool: which hashes are in a level."""
    its_high, its_low = level
    found = np.zeros(len(high), bool)
    at = np.searchsorted(its_high, high)
    while True:  # upper halves are hardly ever alike, so this ends after the second round
        alike = np.zeros(len(high), bool)
        inside = at < len(its_high)
        alike[inside] = its_high[at[inside]] == high[inside]
        if not alike.any():
            return found
        found[alike] |= its_low[at[alike]] == low[alike]
        at = at + alike
        at[~alike] = len(its_high)


def _hash(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=BITS // 8).digest()


def hash_fraction(name: str) -> float:
    """A number in 0..1 that depends on the name alone and is spread evenly over names: for samples."""
    return int.from_bytes(_hash(name)[:8], "big") / 2**64
