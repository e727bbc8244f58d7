"""The work for any picture is bounded, even for pictures designed to be slow."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from inkling import Reader

SIDE = 1600


def blobs() -> np.ndarray:
    """A few components that are half as high as the picture and not digits."""
    noise = np.random.default_rng(8).integers(0, 255, (SIDE, SIDE)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 8)
    return np.where(soft > soft.mean() + 0.7 * soft.std(), 255, 0).astype(np.uint8)


def specks(n: int) -> np.ndarray:
    image = np.full((SIDE, SIDE), 255, np.uint8)
    y, x = np.random.default_rng(0).integers(1, SIDE - 2, (2, n))
    image[y, x] = image[y + 1, x] = 0
    return image


@pytest.mark.slow
def test_large_blobs_take_bounded_time(best_reader: Reader) -> None:
    start = time.process_time()
    assert best_reader.read(blobs()).outcome != "read"
    assert time.process_time() - start < 5


@pytest.mark.slow
def test_specks_beyond_number_are_not_all_looked_at(best_reader: Reader) -> None:
    trace = best_reader.trace(specks(100_000))
    assert trace.reading.outcome == "not_digit"
    assert len(trace.tiles) < 1100
