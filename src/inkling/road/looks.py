"""A doubted tile is looked at again: from each side by a pixel, and the answer is the mean of all looks.

The mean over small changes of the input errs less than one look (test-time augmentation: Krizhevsky, Sutskever, Hinton,
"ImageNet Classification with Deep Convolutional Neural Networks", 2012). Most tiles are clear, and looked at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

CLEAR = 0.7  # a probability, as the network gives it, that is believed at the first look
SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))  # rows and columns by which the ink is moved for another look

Network = Callable[[np.ndarray], np.ndarray]  # (N, 28, 28) float32 -> (N, 10 or 11) float32, each row sums to 1


def look(tiles: np.ndarray, network: Network) -> tuple[np.ndarray, np.ndarray]:
    """(N, 28, 28) float32 tiles -> (N, 10 or 11) float32, and (N,) bool: which of them were doubted.

    A network that cannot say "none of the ten" has one look at each: its answers are explained pixel by pixel, exactly,
    and it judges no cuts.
    """
    outputs = network(tiles)
    doubted = outputs.max(axis=1, initial=0) < CLEAR
    if outputs.shape[1] == 10 or not doubted.any():
        return outputs, np.zeros(len(tiles), bool)
    again = network(np.concatenate([moved(tiles[doubted], *side) for side in SIDES]))
    outputs = outputs.copy()
    outputs[doubted] = np.mean([outputs[doubted], *np.split(again, len(SIDES))], axis=0)
    return outputs, doubted


def moved(tiles: np.ndarray, down: int, right: int) -> np.ndarray:
    """(N, 28, 28) tiles with their ink moved by so many pixels; what passes the border is lost."""
    out = np.zeros_like(tiles)
    (to_y, of_y), (to_x, of_x) = (_slices(by, side) for by, side in zip((down, right), tiles.shape[1:], strict=True))
    out[:, to_y, to_x] = tiles[:, of_y, of_x]
    return out


def _slices(by: int, side: int) -> tuple[slice, slice]:
    """Where `side` pixels go that move by some, and where they come from."""
    return slice(max(by, 0), side + min(by, 0)), slice(max(-by, 0), side + min(-by, 0))
