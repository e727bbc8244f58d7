"""road.looks: doubted tiles are looked at from all sides, clear ones once."""

from __future__ import annotations

import numpy as np
import pytest

from inkling import Reader
from inkling.road.looks import CLEAR, SIDES, look, moved

Digits = tuple[np.ndarray, np.ndarray]


def spot(y: int, x: int) -> np.ndarray:
    tile = np.zeros((28, 28), np.float32)
    tile[y, x] = 1
    return tile


@pytest.mark.parametrize(("by", "ends"), [((0, 1), (5, 8)), ((0, -1), (5, 6)), ((1, 0), (6, 7)), ((-1, 0), (4, 7))])
def test_ink_moves_by_a_pixel(by: tuple[int, int], ends: tuple[int, int]) -> None:
    np.testing.assert_array_equal(moved(spot(5, 7)[None], *by)[0], spot(*ends))


def test_what_passes_the_border_is_lost_and_does_not_come_back_on_the_other_side() -> None:
    for by, corner in zip(SIDES, [(9, 27), (9, 0), (27, 9), (0, 9)], strict=True):
        assert moved(spot(*corner)[None], *by).sum() == 0


class Asked:
    """Says of a tile what its upper left pixel tells, and of ink that was moved, always 3."""

    def __init__(self) -> None:
        self.n: list[int] = []

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        self.n.append(len(tiles))
        out = np.zeros((len(tiles), 11), np.float32)
        first = len(self.n) == 1
        out[:, 1], out[:, 3] = (tiles[:, 0, 0], 1 - tiles[:, 0, 0]) if first else (0, 1)
        return out


def test_only_the_doubted_tile_is_looked_at_again_and_its_answer_is_the_mean() -> None:
    tiles = np.zeros((3, 28, 28), np.float32)
    tiles[:, 0, 0] = CLEAR + 0.1, 0.6, 1 - CLEAR - 0.1
    network = Asked()
    outputs, doubted = look(tiles, network)
    assert network.n == [3, len(SIDES)]
    assert doubted.tolist() == [False, True, False]
    np.testing.assert_allclose(outputs[:, 1], [CLEAR + 0.1, 0.6 / 5, 1 - CLEAR - 0.1], atol=1e-6)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-6)


def test_no_tiles_no_look() -> None:
    outputs, doubted = look(np.zeros((0, 28, 28), np.float32), Asked())
    assert outputs.shape == (0, 11)
    assert doubted.shape == (0,)


def test_a_plain_network_looks_once(digits: Digits) -> None:
    tiles = digits[0][:50] / np.float32(1000)  # pale, so that it doubts some
    network = Reader("ann-tutorial").model.outputs
    outputs, doubted = look(tiles, network)
    assert outputs.max(axis=1).min() < CLEAR
    assert not doubted.any()
    np.testing.assert_array_equal(outputs, network(tiles))


def test_a_doubted_answer_depends_less_on_where_the_ink_stands(digits: Digits) -> None:
    tiles = digits[0] / np.float32(255)
    network = Reader("cnn").model.outputs
    rng = np.random.default_rng(0)
    unclear = np.clip(0.5 * tiles + 0.5 * tiles[rng.permutation(len(tiles))], 0, 1)  # two digits over each other
    doubted = network(unclear).max(axis=1) < CLEAR
    assert doubted.sum() > 20
    here, there = unclear[doubted], moved(unclear[doubted], 0, 1)
    once, again = (np.abs(answer(here) - answer(there)).mean() for answer in (network, lambda t: look(t, network)[0]))
    assert again < 0.9 * once
