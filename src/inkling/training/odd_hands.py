"""Simulated writers with unusual digit forms: each writes two or three digits in a rare form, and does so consistently.

A hand has a fixed slant, width, pen and jitter, and one variant of each odd form. Its other digits are MNIST training
images, slanted, and thinned or thickened to match. The forms are not in `stroke_forms`, which networks are trained on.
Use them only to evaluate what a hand learns (`benchmarks.accuracy.hands`), never to train a network.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.normalize import SIDE, normalize_crop
from inkling.training.nondigits import crop_to_ink, rotation_matrix
from inkling.training.stroke_forms import Form, Stroke, parsed
from inkling.training.synthetic_digits import draw_strokes, pen_path

# Flagged 1s, hooked and crossed 7s, open 4s, 4s like a psi, 9s like a rho or a g, crossed 2s, a plain 6.
_LINES: dict[int, tuple[str, ...]] = {
    1: (
        "50..80 - 0,30 100,0 40,100",
        "35..60 - 0,60 50,0 100,60; - 50,0 50,100",
        "60..90 ~ 0,50 60,30 95,0; ~ 95,0 50,100",
    ),
    2: ("- 0,0 95,0 0,100 95,100; - 15,52 80,48", "60..95 ~ 0,10 95,5 0,95 100,100; - 20,55 75,50"),
    4: (
        "50..90 - 0,0 50,50 100,0; - 50,50 50,100",
        "50..90 ~ 0,10 5,60 50,75 95,60 98,10; - 52,0 48,100",
        "60..95 ~ 90,0 30,20 0,50 95,50; - 90,0 80,100",
        "45..80 - 30,0 0,80 100,85; - 70,70 65,100",
        "40..60 - 60,0 0,40 90,45; - 90,10 80,100",
    ),
    6: ("20..40 ~ 60,0 10,60 30,100 90,95 80,85 20,85",),
    7: (
        "25..45 - 0,12 80,0; - 80,0 60,100",
        "20..40 - 30,0 85,3 50,100; - 10,55 100,45",
        "25..45 ~ 0,15 50,3 90,0 80,50 70,100",
        "50..90 - 0,0 95,5 40,100 80,98",
        "40..60 ~ 0,25 10,5 50,12 95,0; ~ 95,0 60,40 60,100; - 20,35 100,30",
    ),
    9: (
        "40..70 ~ 30,100 40,40 60,0 95,10 90,40 45,50",
        "40..75 ~ 95,15 40,0 0,25 40,50 90,20; ~ 90,20 95,80 40,100 0,85 30,70 95,65",
        "50..80 ~ 90,15 50,0 10,20 40,40 90,15 90,100; - 60,60 110,60",
        "50..80 ~ 80,0 20,10 10,40 80,40; ~ 80,0 90,80 50,100 10,70 60,60",
    ),
}
ODD_FORMS = {digit: tuple(parsed(digit, line) for line in lines) for digit, lines in _LINES.items()}
KINDS = (1, 7, 4, 4, 9)  # hands 0, 5, 10, .. have an odd 1, hands 1, 6, .. an odd 7, and so on
N_HANDS = 20
VARIANT = 0.035  # standard deviation of a hand's variant from the form, as a share of the height
DIGITS = range(10)


@dataclass(frozen=True)
class OddHand:
    """One simulated writer."""

    forms: dict[int, Form]  # of the odd digits
    slant: float  # to the right, as a share of the height
    turn: float  # radians
    widths: dict[int, float]  # of the odd digits, as a share of the height
    pen: int  # pixels, at a digit height of 44
    jitter: float  # as a share of the height


def odd_hand(number: int) -> OddHand:
    """The writer with this number, 0, 1, ..; the same number always gives the same writer."""
    rng = np.random.default_rng((number, 0x0DD))
    first = KINDS[number % len(KINDS)]
    others = [digit for digit in ODD_FORMS if digit != first]
    odd = [first, *rng.choice(others, rng.integers(1, 3), replace=False).tolist()]
    forms = {digit: _variant(ODD_FORMS[digit][rng.integers(len(ODD_FORMS[digit]))], rng) for digit in odd}
    return OddHand(
        forms,
        slant=rng.normal(0.12, 0.16),
        turn=rng.normal(0, 0.06),
        widths={digit: rng.uniform(*form.width) for digit, form in forms.items()},
        pen=int(rng.integers(2, 7)),
        jitter=rng.uniform(0.015, 0.04),
    )


def _variant(form: Form, rng: np.random.Generator) -> Form:
    def moved(stroke: Stroke) -> Stroke:
        points = np.array(stroke.points) + rng.normal(0, VARIANT, (len(stroke.points), 2))
        return Stroke(tuple((float(x), float(y)) for x, y in points), stroke.smooth)

    return Form(form.digit, tuple(moved(stroke) for stroke in form.strokes), form.width)


def write_digits(
    hand: OddHand, n_each: int, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """`n_each` of each digit -> (10 n_each, 28, 28) float32 normalized digits and their labels (10 n_each,).

    `images`, `labels`: MNIST's training images, (N, 28, 28) uint8 and (N,), for the digits that are not odd.
    """
    wanted = np.repeat(np.arange(10), n_each)
    tiles = np.empty((len(wanted), SIDE, SIDE), np.float32)
    for tile, digit in zip(tiles, wanted.tolist(), strict=True):
        if digit in hand.forms:
            ink = _draw(hand, digit, rng)
        else:
            ink = _as_written(images[rng.choice(np.flatnonzero(labels == digit))], hand, rng)
        tile[:] = normalize_crop(ink)
    return tiles, wanted


def _draw(hand: OddHand, digit: int, rng: np.random.Generator) -> np.ndarray:
    width = hand.widths[digit] * rng.uniform(0.9, 1.1)
    place = rotation_matrix(hand.turn + rng.normal(0, 0.03)) @ np.array(
        [[width, -hand.slant + rng.normal(0, 0.04)], [0, 1]]
    )
    strokes = [pen_path(stroke, hand.jitter, rng) @ place.T for stroke in hand.forms[digit].strokes]
    return draw_strokes(strokes, rng, pen=max(1, hand.pen + int(rng.integers(-1, 2))))


def _as_written(image: np.ndarray, hand: OddHand, rng: np.random.Generator) -> np.ndarray:
    """(28, 28) uint8 -> the ink slanted toward the hand's slant, thinned or thickened to match its pen."""
    ink = crop_to_ink(image)
    ink = cv2.resize(ink, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    h, w = ink.shape
    lean = 0.5 * (hand.slant - 0.12) + rng.normal(0, 0.04)
    room = int(abs(lean) * h) + 1
    shear = np.array([[1, -lean, room + lean * h / 2], [0, 1, 0]], np.float32)
    ink = cv2.warpAffine(ink, shear, (w + 2 * room, h))
    if hand.pen <= 2:
        ink = cv2.erode(ink, np.ones((2, 2), np.uint8))
    elif hand.pen >= 6:
        ink = cv2.dilate(ink, np.ones((2, 2), np.uint8))
    return np.asarray(ink if ink.max() > 0.3 else crop_to_ink(image))
