"""Cut individual digits out of a picture, from the boxes of a reading and the labels given by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkling.errors import BadRequest
from inkling.hands.lesson import NONE, Lesson, as_tile
from inkling.pipeline.box import Box
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.normalize import glyph_crops, normalize_crop
from inkling.pipeline.reader import PreparedImage, Reader, to_original_box
from inkling.pipeline.segmentation import padded_corners, segment

MIN_INSIDE = 0.25  # fraction of a component's ink in a box; with less, it belongs to a neighbor or a printed line
CUT_RANGE = 0.35  # maximum distance of a cut from an even division, in digit widths
MAX_DIGITS = 20  # in one box


@dataclass(frozen=True)
class Correction:
    """The correct label of one box."""

    box: Box  # x, y, w, h in pixels of the upright picture
    right: str  # its digits, or "none" for a non-digit
    said: str = ""  # what was read: a digit or "none"; "" to ask the network


def box_lessons(
    reader: Reader, prepared: PreparedImage, corrections: Sequence[Correction], *, source: str = "", session: str = ""
) -> list[Lesson]:
    """A lesson for each digit of each correction, in order, with the prediction of `reader` for its tile.

    Raises BadRequest for a box without ink or outside the picture, and DeadlineExceeded.
    """
    lessons = []
    for correction in corrections:
        check_deadline()
        labels = [NONE] if correction.right == NONE else list(correction.right)
        said = correction.said if len(labels) == 1 else ""
        for tile, label in zip(digit_tiles(prepared, correction.box, len(labels)), labels, strict=True):
            lesson = Lesson(as_tile(tile), label, said=said, box=correction.box, source=source, session=session)
            lessons.append((lesson, tile))
    return with_answers(reader, lessons)


def with_answers(reader: Reader, lessons: Sequence[tuple[Lesson, np.ndarray]]) -> list[Lesson]:
    """Lessons with the prediction of `reader` for each tile, its probability, and the network's name and version.

    `lessons`: each with its tile, (28, 28) float32. An existing `said` is kept.
    """
    if not lessons:
        return []
    prediction = reader.classify(np.stack([tile for _, tile in lessons]))
    return [
        _with_answer(lesson, reader, probs, float(not_digit))
        for (lesson, _), probs, not_digit in zip(lessons, prediction.probs, prediction.not_digit, strict=True)
    ]


def _with_answer(lesson: Lesson, reader: Reader, probs: np.ndarray, not_digit: float) -> Lesson:
    """The lesson with its prediction and the network's probability for it."""
    said = lesson.said or (NONE if not_digit >= reader.bundle.reject_at else str(probs.argmax()))
    confidence = not_digit if said == NONE else float(probs[int(said)])
    name, version = reader.bundle.name, reader.bundle.version
    return replace(lesson, said=said, confidence=round(confidence, 4), model_name=name, model_version=version)


def digit_tiles(prepared: PreparedImage, box: Box, n: int) -> list[np.ndarray]:
    """The n digits in a box, from left to right, each (28, 28) float32.

    If n is 1 and the reader found that box, the result is the reader's own tile.

    Raises BadRequest for a box without ink or outside the picture, or with too little ink for n digits.
    """
    if n == 1:
        glyphs = prepared.segmentation.glyphs
        for glyph, tile in zip(glyphs, prepared.tiles, strict=True):
            if to_original_box(glyph.box_xywh, prepared.decoded) == box:
                return [tile]
    ink = _ink_in(prepared, box)
    if n == 1:
        return [normalize_crop(ink)]
    apart = segment(ink)
    if len(apart.glyphs) == n:
        crops = dict(zip(apart.glyphs, glyph_crops(ink, apart), strict=True))
        return [normalize_crop(crops[glyph]) for glyph in sorted(apart.glyphs, key=lambda each: each.box_xywh[0])]
    pieces = np.split(ink, _cuts(ink.sum(axis=0), n), axis=1)
    if not all(piece.any() for piece in pieces):
        raise BadRequest(f"the box {list(box)} has too little ink for {n} digits; expected each. Correct its label.")
    return [normalize_crop(piece) for piece in pieces]


def _ink_in(prepared: PreparedImage, box: Box) -> np.ndarray:
    """(h, w) float32: the ink of a box with a margin of one pixel, without the ink of its neighbors."""
    (w_image, h_image), (rows, columns) = prepared.decoded.size_wh, prepared.ink.shape
    x, y, w, h = box
    if not (0 <= x < x + w <= w_image and 0 <= y < y + h <= h_image):
        raise BadRequest(
            f"the box {list(box)} is not inside the picture of {w_image}x{h_image} px; expected x, y, w, h in pixels "
            "of the upright picture. Send the box from the reading."
        )
    x_scale, y_scale = columns / w_image, rows / h_image
    left, top = int(x * x_scale), int(y * y_scale)
    size = max(1, round((x + w) * x_scale) - left), max(1, round((y + h) * y_scale) - top)
    x0, y0, x1, y1 = padded_corners((left, top, *size))
    ink = prepared.ink[y0:y1, x0:x1].copy()
    labels = _component_numbers(prepared)[y0:y1, x0:x1]
    numbers, n_inside = np.unique(labels[labels > 0], return_counts=True)
    n_all = np.bincount(prepared.segmentation.labels.ravel())[numbers]
    foreign = numbers[n_inside < MIN_INSIDE * n_all]
    if len(foreign) < len(numbers):
        ink[np.isin(labels, foreign)] = 0
    if not ink.any():
        raise BadRequest(f"the box {list(box)} contains no ink; expected a digit. Send the box from the reading.")
    return ink


def _component_numbers(prepared: PreparedImage) -> np.ndarray:
    """(H, W): 0 = background, otherwise the number of a connected component of the ink."""
    labels, (x, y) = prepared.segmentation.labels, prepared.segmentation.corner_xy
    numbers = np.zeros(prepared.ink.shape, labels.dtype)
    numbers[y : y + labels.shape[0], x : x + labels.shape[1]] = labels
    return numbers


def _cuts(profile: np.ndarray, n: int) -> list[int]:
    """(w,) ink of each column -> the n - 1 columns to cut at: those with the least ink near an even division."""
    each = len(profile) / n
    cuts: list[int] = []
    for k in range(1, n):
        low, high = round((k - CUT_RANGE) * each), round((k + CUT_RANGE) * each) + 1
        low = max(low, cuts[-1] + 1 if cuts else 1)
        window = profile[low : max(high, low + 1)]
        cuts.append(low + int(window.argmin()) if len(window) else low)
    return cuts
