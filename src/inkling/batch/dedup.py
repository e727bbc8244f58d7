"""A set of names in 16 bytes per name: 16 MB for a million, and up to three times that during a merge."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

HASH_BYTES = 16  # among a billion names, the probability of a collision is about 10**-20


class NameSet:
    """An append-only set of names: hashes in a log-structured merge of sorted arrays.

    A billion names take 16 GB, so read an archive of that size in several runs.
    """

    def __init__(self) -> None:
        self._levels: list[np.ndarray] = []  # (n,) sorted hashes; each level is at least twice as long as the next

    def __len__(self) -> int:
        return sum(map(len, self._levels))

    def add(self, names: Sequence[str]) -> np.ndarray:
        """Add names -> (n,) bool: which of them are new. Of equal names, only the first is new."""
        is_new = np.zeros(len(names), bool)
        if not names:
            return is_new
        hashes = np.frombuffer(b"".join(map(_hash, names)), f"S{HASH_BYTES}")
        unique, first_at = np.unique(hashes, return_index=True)
        for level in self._levels:
            absent = level[np.searchsorted(level, unique).clip(max=len(level) - 1)] != unique
            unique, first_at = unique[absent], first_at[absent]
        is_new[first_at] = True
        if len(unique):
            self._levels.append(unique)
        while len(self._levels) > 1 and 2 * len(self._levels[-1]) > len(self._levels[-2]):
            self._levels[-2:] = [np.sort(np.concatenate(self._levels[-2:]))]
        return is_new


def _hash(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).digest()


def hash_fraction(name: str) -> float:
    """A number in 0..1 that depends only on the name and is uniform over names; used for sampling."""
    return int.from_bytes(_hash(name)[:8], "big") / 2**64
