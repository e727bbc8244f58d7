"""picture, ink, glyphs -> remarks: what is wrong with a picture, and what the person can do about it.

Each is one sentence in two halves: what is wrong; what to do. They are asked for where a reading is not plainly
"read", or where its ink touches the border, and cost some tens of microseconds: a few rows of a few glyphs are looked
at. The thresholds were chosen on rendered pictures of MNIST's validation digits (benchmarks/rendering).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inkling.pipeline.text_page_filter import MANY, boxes_of, is_solid, is_text_page

if TYPE_CHECKING:
    from inkling.pipeline.segmentation import Segmentation

DARK = 24  # grey levels: a picture without ink whose lightest hundredth is darker was taken without light
LOW = 13  # pixels: lower digits are hard to read for a person too
PALE = 0.2  # of the paper's light that the ink takes: less is faint
SOFT = 0.075  # of a digit's height that the edge of a stroke is wide: more is a blurred picture
LEAST_EDGE = 3.0  # pixels: a narrower edge is that of a small picture
HUNDREDS = 300  # marks: more than a person can check
CRUMBS = 5  # pieces of ink more than marks, from which a picture is looked at for a pattern
APART = 0.15  # of a digit's height: paper between the ink and the border opposite to the one that it touches
LOOKED_AT = (6, 12)  # glyphs, and rows of each


@dataclass(frozen=True)
class QualityWarning:
    """Something about a picture that makes reading hard."""

    code: str  # for a program: one of CODES
    text: str  # for a person: what is wrong; what to do

    def to_json(self) -> dict[str, str]:
        return {"code": self.code, "text": self.text}


CODES = ("dark", "blank", "page", "many", "blot", "border", "small", "blurred", "faint")  # in order of importance


def quality_warnings(image: np.ndarray, ink: np.ndarray, glyphs: Segmentation) -> tuple[QualityWarning, ...]:
    """(H, W) uint8 picture, its (H, W) float32 ink and glyphs -> what is wrong, the most important first.

    () where nothing is, which is usual for a clean drawing.
    """
    boxes = boxes_of(glyphs)
    if len(boxes) == 0:
        return (_without_ink(image),)
    if is_text_page(ink, glyphs):
        return (QualityWarning("page", "this looks like a page of text, a code or a pattern; show the number alone."),)
    found = (
        _many(len(boxes)),
        _blot(ink, boxes),
        _border(boxes, ink.shape),
        _small(boxes, image.shape),
        *_focus(image, ink, boxes),
    )
    return tuple(remark for remark in found if remark is not None)


def is_suspect(ink: np.ndarray, glyphs: Segmentation) -> bool:
    """Whether a picture deserves a look even where every mark resembles a digit; it costs next to nothing to ask.

    Its ink reaches the border, or is in many marks, or in many more pieces than marks.
    """
    n = sum(map(len, glyphs.lines))
    pieces = int(glyphs.labels.max(initial=0))
    return n >= MANY or pieces > n + CRUMBS or (n > 0 and touches_border(ink, glyphs))


def touches_border(ink: np.ndarray, glyphs: Segmentation) -> bool:
    """Whether a glyph reaches the border of the picture, so that some of it may be missing."""
    h_picture, w_picture = ink.shape
    boxes = (glyph.box_xywh for glyph in glyphs.flat)
    return any(x <= 0 or y <= 0 or x + w >= w_picture or y + h >= h_picture for x, y, w, h in boxes)


def _without_ink(image: np.ndarray) -> QualityWarning:
    if np.quantile(image[::7, ::7], 0.99) < DARK:
        return QualityWarning("dark", "the picture is almost black; take it with more light.")
    return QualityWarning("blank", "nothing stands out from the paper; write larger or darker, or come closer.")


def _many(n: int) -> QualityWarning | None:
    if n <= HUNDREDS:
        return None
    return QualityWarning(
        "many", f"there are {n} marks in the picture; show fewer numbers at once, or check them by eye."
    )


def _blot(ink: np.ndarray, boxes: np.ndarray) -> QualityWarning | None:
    if not any(is_solid(ink, box) for box in boxes[: LOOKED_AT[0]]):
        return None
    return QualityWarning("blot", "there is a solid patch and no line; write with a pen, and leave other things out.")


def _border(boxes: np.ndarray, shape: tuple[int, ...]) -> QualityWarning | None:
    """A digit that is cut touches one border; a tight crop leaves no paper at the opposite one either."""
    x, y = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    margins = np.array([x, y, shape[1] - right, shape[0] - bottom])
    opposite = np.roll(margins, 2)
    if not np.any((margins <= 0) & (opposite > APART * np.median(boxes[:, 3]))):
        return None
    return QualityWarning("border", "a mark touches the border of the picture; show all of it, with paper around.")


def _small(boxes: np.ndarray, shape: tuple[int, ...]) -> QualityWarning | None:
    height = int(np.median(boxes[:, 3]))
    if height >= LOW:
        return None
    text = f"the digits are only {height} of {shape[0]} pixels high; come closer, or cut the picture to the number."
    return QualityWarning("small", text)


def _focus(
    image: np.ndarray, ink: np.ndarray, boxes: np.ndarray
) -> tuple[QualityWarning | None, QualityWarning | None]:
    """Whether the picture is blurred, and whether its ink is faint, from lines through some of the glyphs."""
    most, lines = LOOKED_AT
    rows, columns, dark, light = [], [], [], []
    for box in boxes[:: -(-len(boxes) // most)]:
        x, y, w, h = (int(value) for value in box)
        wide, high = (
            slice(max(x - w // 8 - 2, 0), x + w + w // 8 + 2),
            slice(max(y - h // 8 - 2, 0), y + h + h // 8 + 2),
        )
        across = slice(y, y + h, -(-h // lines)), wide
        rows.append(_edges(ink[across]))
        columns.append(_edges(ink[high, x : x + w : -(-w // lines)].T))
        dark.append(image[across][ink[across] > 0.7])
        light.append(image[across][ink[across] < 0.05])
    # A row that runs along a stroke meets a wide edge, so the direction with the narrower ones counts.
    totals = [(sum(partly), sum(n)) for partly, n in (zip(*rows, strict=True), zip(*columns, strict=True))]
    edge = min((partly / n for partly, n in totals if n), default=0.0)
    blurred = edge > max(LEAST_EDGE, SOFT * float(np.median(boxes[:, 3])))
    return (
        QualityWarning("blurred", "the picture is blurred; hold still, or let the camera focus.") if blurred else None,
        QualityWarning("faint", "the ink is faint; use a darker pen, or more light.")
        if _is_faint(dark, light)
        else None,
    )


def _edges(lines: np.ndarray) -> tuple[int, int]:
    """(n, length) ink along lines -> how many pixels belong to edges of strokes, and how many edges there are."""
    partly = np.count_nonzero((lines > 0.15) & (lines < 0.85))
    return int(partly), int(np.count_nonzero((lines[:, 1:] > 0.5) != (lines[:, :-1] > 0.5)))


def _is_faint(dark: list[np.ndarray], light: list[np.ndarray]) -> bool:
    marks, paper = np.concatenate(dark), np.concatenate(light)
    if marks.size == 0 or paper.size == 0:
        return False
    step = abs(float(np.median(marks)) - float(np.median(paper)))
    return step < PALE * (max(float(np.median(marks)), float(np.median(paper))) + 24)
