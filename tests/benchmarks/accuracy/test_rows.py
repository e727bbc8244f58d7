"""benchmarks.accuracy.rows and paper_rendering: rows have the documented properties."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.accuracy import rows
from benchmarks.rendering import paper_rendering
from inkling import Reader

Digits = tuple[np.ndarray, np.ndarray]


def pieces(ink: np.ndarray) -> int:
    return cv2.connectedComponents((ink > 0.5).astype(np.uint8))[0] - 1


@pytest.fixture(scope="module")
def of_one_piece(digits: Digits) -> Digits:
    images, labels = digits
    rng = np.random.default_rng(0)
    whole = [pieces(paper_rendering.written_row([image], rng)) == 1 for image in images]
    return images[whole], labels[whole]


def test_rows_are_the_same_for_the_same_seed(digits: Digits) -> None:
    first, second = (list(rows.plain(0.5, digits, 3)) for _ in range(2))
    assert [text for _, text in first] == [text for _, text in second]
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(first, second, strict=True))


def test_separate_digits_are_as_many_pieces(of_one_piece: Digits) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert pieces(paper_rendering.written_row(list(of_one_piece[0][seed : seed + 5]), rng)) == 5


def test_all_touching_digits_are_one_piece(of_one_piece: Digits) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert pieces(paper_rendering.written_row(list(of_one_piece[0][seed : seed + 5]), rng, touching=1.0)) == 1


def test_at_least_one_pair_touches(of_one_piece: Digits) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert pieces(paper_rendering.written_row(list(of_one_piece[0][seed : seed + 5]), rng, touching=0.01)) < 5


@pytest.mark.parametrize("name", paper_rendering.SURFACES)
def test_every_paper_gives_a_picture(name: str, digits: Digits) -> None:
    ((image, text),) = rows.on_paper(name, digits, 1)
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    assert 1 <= len(text) <= rows.LONGEST


def test_the_score_counts_whole_texts(reader: Reader, digits: Digits) -> None:
    made = list(rows.plain(0.0, digits, 6))
    wrong = [(image, "0") for image, _ in made]
    assert rows.score(reader, iter(wrong))["exact"] == 0
    read = [(image, reader.read(image).text) for image, _ in made]
    assert rows.score(reader, iter(read + wrong))["exact"] == 0.5
