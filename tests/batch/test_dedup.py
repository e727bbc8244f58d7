"""NameSet, compared with a set."""

from __future__ import annotations

import random

import numpy as np

from inkling.batch import dedup
from inkling.batch.dedup import NameSet, hash_fraction


def test_it_agrees_with_a_set() -> None:
    rng, ours, theirs = random.Random(0), NameSet(), set()
    for _ in range(300):
        names = [f"n{rng.randrange(6000)}" for _ in range(rng.randrange(50))]
        expected = []
        for name in names:
            expected.append(name not in theirs)
            theirs.add(name)
        assert ours.add(names).tolist() == expected
    assert len(ours) == len(theirs)


def test_hashes_that_differ_in_one_byte_are_told_apart(monkeypatch) -> None:
    """Some hashes end with zero bytes, with which NumPy pads its byte strings."""

    def weak(name: str) -> bytes:
        n = int(name)
        return np.array([n % 3, n << 8 * (n % 8)], "<u8").tobytes()

    monkeypatch.setattr(dedup, "_hash", weak)
    ours = NameSet()
    for start in range(0, 60, 5):
        assert ours.add([str(i) for i in range(start, start + 5)]).all()
    assert not ours.add([str(i) for i in range(60)]).any()
    assert ours.add(["60"]).all()


def test_names_that_are_not_utf8() -> None:
    ours = NameSet()
    assert ours.add(["\udcff.png", "\udcfe.png"]).all()
    assert not ours.add(["\udcff.png"]).any()


def test_memory_is_sixteen_bytes_a_name() -> None:
    ours = NameSet()
    for start in range(0, 100_000, 4096):
        ours.add([str(i) for i in range(start, min(start + 4096, 100_000))])
    assert sum(level.nbytes for level in ours._levels) == 1_600_000
    assert len(ours._levels) < 12


def test_a_share_of_names_is_even_and_the_same_each_time() -> None:
    shares = [hash_fraction(f"scans/{i}.png") for i in range(10_000)]
    assert shares == [hash_fraction(f"scans/{i}.png") for i in range(10_000)]
    assert abs(np.mean(np.array(shares) < 0.1) - 0.1) < 0.02
