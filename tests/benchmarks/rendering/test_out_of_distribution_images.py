"""Out-of-distribution images: deterministic, complete, dark on light, and without look-alikes."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.rendering import letters, overlaid
from benchmarks.rendering.letters import Font
from benchmarks.rendering.out_of_distribution_images import KINDS, LOOK_ALIKES, draw_kind
from benchmarks.rendering.scribbles import SCRIBBLES
from benchmarks.rendering.stroke_rendering import (
    LONGEST,
    distort,
    draw,
    enlarged,
    fitted,
    on_paper,
    smooth_line,
    straight,
    trimmed,
)
from benchmarks.rendering.symbols import SYMBOLS
from inkling.training.data.mnist import Mnist

DRAWINGS = {**SCRIBBLES, **SYMBOLS}


@pytest.fixture(scope="module")
def mnist(digits: tuple[np.ndarray, np.ndarray]) -> Mnist:
    """200 of MNIST's test images in place of the whole data set."""
    images, labels = digits
    return Mnist(images, labels, images, labels)


@pytest.fixture(scope="module")
def fonts() -> list[Font]:
    """Matplotlib's font, which is always available in the tests; the benchmark does not use it."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return [Font("DejaVu Sans", path, frozenset((*letters.LETTERS, *letters.LOOK_ALIKES, *"?!&")), True)]


@pytest.mark.parametrize(("name", "seed"), list(product(DRAWINGS, range(2))))
def test_drawings_are_whole(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = draw(DRAWINGS[name](rng), rng)
    assert ink.dtype == np.float32
    assert ink.min() >= 0
    assert ink.max() <= 1
    assert 0.01 < (trimmed(ink) > 0.5).mean() < 0.95
    assert max(ink[0].max(), ink[-1].max(), ink[:, 0].max(), ink[:, -1].max()) == 0  # nothing is cut off
    assert LONGEST[0] / 2 < max(trimmed(ink).shape) < 2 * LONGEST[1]


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings_differ_by_seed_and_by_nothing_else(name: str) -> None:
    one, again, two = (draw(DRAWINGS[name](rng), rng) for rng in map(np.random.default_rng, (0, 0, 1)))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)


def test_no_letter_is_a_look_alike() -> None:
    assert not set(letters.LETTERS) & set(letters.LOOK_ALIKES)
    assert len(letters.LETTERS) + len(letters.LOOK_ALIKES) == 52
    assert set("OoIilSsZzBbGgq") <= set(letters.LOOK_ALIKES)
    assert set("ACEFHKMNRTVWX") <= set(letters.LETTERS)


@pytest.mark.learn
def test_fonts_of_the_machine_can_draw_what_they_say() -> None:
    for font in letters.installed_fonts():
        assert font.family in letters.HANDWRITTEN + letters.PRINTED
        assert not font.family.startswith(("DejaVu", "STIX", "cm"))
        assert len(font.characters & set(letters.LETTERS)) > 20


@pytest.mark.parametrize("character", ["A", "e", "R", "M"])
@pytest.mark.learn
def test_letter_keeps_pieces_and_holes(fonts: list[Font], character: str) -> None:
    plain = letters._printed(character, fonts[0].path, 300)
    for seed in range(5):
        ink, drawn_character, family = letters.letter(fonts, character, np.random.default_rng(seed))
        assert (drawn_character, family) == (character, "DejaVu Sans")
        assert _holes(ink) == _holes(plain)


def _holes(ink: np.ndarray) -> int:
    paper = cv2.copyMakeBorder((ink <= 0.5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    return int(cv2.connectedComponents(paper, connectivity=4)[0]) - 2


@pytest.mark.learn
def test_pen_changes_width(fonts: list[Font]) -> None:
    inks = [trimmed(letters.letter(fonts, "T", np.random.default_rng(seed))[0]) for seed in range(20)]
    shares = [(ink > 0.5).mean() for ink in inks]
    assert max(shares) > 1.4 * min(shares)


@pytest.mark.learn
def test_examples_is_the_same_each_time(mnist: Mnist, fonts: list[Font]) -> None:
    for kind in (*KINDS, LOOK_ALIKES):
        one, two = (list(draw_kind(kind, 4, mnist, fonts)) for _ in range(2))
        assert [each.name for each in one] == [each.name for each in two]
        for a, b in zip(one, two, strict=True):
            assert np.array_equal(a.image, b.image)
            assert a.image.dtype == np.uint8
            assert np.median(a.image[[0, -1]]) == 255  # paper around it
            assert a.image.min() < 60


def test_examples_without_fonts_has_no_letters(mnist: Mnist) -> None:
    assert list(draw_kind("letters", 3, mnist, [])) == []
    assert {each.name for each in draw_kind("symbols", 30, mnist, [])} <= set(SYMBOLS)


def test_two_digits_have_the_ink_of_two(mnist: Mnist) -> None:
    rngs = [np.random.default_rng(seed) for seed in range(20)]
    pairs = [(overlaid.two_digits(mnist.x_test, mnist.y_test, rng) < 128).sum() for rng in rngs]
    alone = [(enlarged(image) < 128).sum() for image in mnist.x_test]
    assert np.mean(pairs) > 1.4 * np.mean(alone)


def test_two_digits_never_pair_what_stays_a_digit() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 4:24, 13:15] = images[1, 4:24, 4:6] = images[1, 4:24, 22:24] = 255
    assert frozenset((1, 0)) in overlaid.STAY_DIGITS
    assert overlaid._beside(images[0], images[1]) == 1
    assert overlaid._beside(images[0], images[0]) == 0


def test_crossed_out_has_much_more_ink(mnist: Mnist) -> None:
    rngs = [np.random.default_rng(seed) for seed in range(20)]
    struck = [(overlaid.crossed_out(mnist.x_test, rng) < 128).sum() for rng in rngs]
    assert np.mean(struck) > 1.5 * np.mean([(enlarged(image) < 128).sum() for image in mnist.x_test])


def test_enlarged_is_dark_on_light(mnist: Mnist) -> None:
    image = enlarged(mnist.x_test[0], times=4)
    assert image.shape == (112, 112)
    assert image[0, 0] == 255
    assert image.min() < 30


def test_distortion_without_change_is_the_same_shape() -> None:
    ink = np.zeros((60, 60), np.float32)
    ink[20:40, 25:35] = 1
    out = distort(ink, np.random.default_rng(3), slant=0, turn=0, bend=0)
    height, width = trimmed(out).shape
    assert abs(height - 20) <= 2
    assert 0.8 * 10 - 2 <= width <= 1.25 * 10 + 2


def test_lines_reach_their_corners() -> None:
    line = straight((0, 0), (1, 0), (1, 2))
    assert line[0].tolist() == [0, 0]
    assert line[-1].tolist() == [1, 2]
    curve = smooth_line(np.array([[0.0, 0.0], [1, 3], [2, 0]]))
    assert np.allclose(curve[[0, -1]], [[0, 0], [2, 0]])
    assert np.isclose(curve, [1, 3]).all(axis=1).any()
    (only,) = fitted(line)
    assert only.min() >= 0
    assert np.ptp(only[:, 1]) == pytest.approx(1)


def test_on_paper_has_its_margin() -> None:
    ink = np.zeros((50, 50), np.float32)
    ink[10:20, 30:33] = 1
    image = on_paper(ink, margin=7)
    assert image.shape == (24, 17)
    assert image[7:17, 7:10].max() == 0
