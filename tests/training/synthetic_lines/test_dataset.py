"""Sets of synthetic lines: reproducible, grouped by width, wide enough for their texts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from inkling.pipeline.symbols import BLANK
from inkling.training.synthetic_lines.dataset import (
    HIGH,
    LOW,
    MAX_SYMBOLS,
    MAX_WIDTH,
    PADDING,
    VIEWS,
    WIDTH_STEP,
    Lines,
    as_input,
    by_width,
    evaluation_lines,
    make_lines,
)

Digits = tuple[np.ndarray, np.ndarray]
PAPER = 64  # stored value of 0 in a line image


@pytest.fixture(scope="module")
def lines(digits: Digits) -> list[Lines]:
    return evaluation_lines(*digits, n=40, seed=0)


def assert_same(lines: list[Lines], others: list[Lines]) -> None:
    for one, other in zip(lines, others, strict=True):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.texts, other.texts)


def test_as_many_lines_as_asked_for_by_width(lines: list[Lines]) -> None:
    assert sum(len(same.images) for same in lines) == 40
    widths = [same.images.shape[2] for same in lines]
    assert widths == sorted(set(widths))
    assert all(width % WIDTH_STEP == 0 and width <= MAX_WIDTH for width in widths)
    assert all(same.images.dtype == np.uint8 and same.images.shape[1] == 32 for same in lines)


def test_every_text_fits_into_the_columns_of_its_line(lines: list[Lines]) -> None:
    for same in lines:
        columns = same.images.shape[2] // 4
        for text in same.as_lists():
            assert 1 <= len(text) <= MAX_SYMBOLS
            assert max(text) < BLANK
            assert len(text) + sum(a == b for a, b in pairwise(text)) < columns


def test_the_same_seed_gives_the_same_lines(lines: list[Lines], digits: Digits) -> None:
    assert_same(lines, evaluation_lines(*digits, n=40, seed=0))
    other = evaluation_lines(*digits, n=5, seed=1)
    texts = {tuple(text) for same in lines for text in same.as_lists()}
    assert not texts >= {tuple(text) for same in other for text in same.as_lists()}


def test_narrow_lines_are_padded_with_paper() -> None:
    ink = np.full((32, 20), 200, np.uint8)
    narrow, wide = by_width([(ink, [1, 2]), (ink[:, :16], [3]), (ink[:, :4], [4])])
    assert narrow.images.shape == (2, 32, 16)
    assert wide.images.shape == (1, 32, 32)
    assert (wide.images[0, :, :20] == 200).all()
    assert (wide.images[0, :, 20:] == PAPER).all()
    assert narrow.as_lists() == [[3], [4]]
    assert wide.texts[0].tolist() == [1, 2, *[PADDING] * (MAX_SYMBOLS - 2)]
    assert by_width([]) == []


def test_stored_levels_are_the_network_s_range() -> None:
    found = as_input(np.array([0, PAPER, 255], np.uint8))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [LOW, 0, HIGH], atol=2e-3)


@pytest.mark.slow
def test_however_many_processes_make_the_same_lines(digits: Digits) -> None:
    alone = make_lines(600, *digits, seed=0, epoch=1, processes=1)
    assert_same(alone, make_lines(600, *digits, seed=0, epoch=1, processes=3))
    texts = Counter(tuple(text) for same in alone for text in same.as_lists())
    assert all(n % VIEWS == 0 for n in texts.values()), "each line has two views"
    assert sum(texts.values()) == 1_000, "full chunks"
    following = make_lines(100, *digits, seed=0, epoch=2, processes=1)
    assert Counter(tuple(text) for same in following for text in same.as_lists()) != texts
