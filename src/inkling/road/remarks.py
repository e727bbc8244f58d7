"""picture, ink, glyphs -> remarks: what is wrong with a picture, and what the person can do about it.

Each is one sentence in two halves: what is wrong; what to do. They are asked for where a reading is not plainly
"read", or where its ink touches the border, and cost some tens of microseconds: a few rows of a few glyphs are looked
at. The thresholds were chosen on rendered pictures of MNIST's validation digits (benchmarks/surfaces.py, scenes.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from inkling.road.glyphs import Glyphs

DARK = 24  # grey levels: a picture without ink whose lightest hundredth is darker was taken without light
LOW = 13  # pixels: lower digits are hard to read for a person too
PALE = 0.2  # of the paper's light that the ink takes: less is faint
SOFT = 0.09  # of a digit's height that the edge of a stroke is wide: more is a blurred picture
LEAST_EDGE = 3.0  # pixels: a narrower edge is that of a small picture
SOLID = 0.85  # of a glyph's box is ink
TALL = 2.0  # times as high as wide: a 1 may fill its box
MANY = 60  # marks in a picture, from which the question is whether these are digits
HUNDREDS = 400  # marks: nobody writes so many digits for one picture
PIECES = 900  # connected pieces of ink before specks are dropped
UNEVEN = 0.3  # interquartile range of the marks' heights for each median height: digits of one hand differ less
BLOTS = 0.3  # of the marks are solid: the modules of a code, a halftone
APART = 0.15  # of a digit's height: paper between the ink and the border opposite to the one that it touches
LOOKED_AT = (6, 12)  # glyphs, and rows of each


@dataclass(frozen=True)
class Remark:
    """Something about a picture that makes reading hard."""

    code: str  # for a program: one of CODES
    text: str  # for a person: what is wrong; what to do

    def to_json(self) -> dict[str, str]:
        return {"code": self.code, "text": self.text}


CODES = ("dark", "blank", "page", "blot", "border", "small", "blurred", "faint")  # in order of importance


def remarks(image: np.ndarray, ink: np.ndarray, glyphs: Glyphs) -> tuple[Remark, ...]:
    """(H, W) uint8 picture, its (H, W) float32 ink and glyphs -> what is wrong, the most important first.

    () where nothing is, which is usual for a clean drawing.
    """
    boxes = np.array([glyph.box_xywh for glyph in glyphs.flat], np.int64).reshape(-1, 4)
    if len(boxes) == 0:
        return (_without_ink(image),)
    if is_page(ink, glyphs):
        text = f"{len(boxes)} marks of many shapes: this looks like a page of text, a code or a pattern; "
        return (Remark("page", text + "cut the picture to the number alone."),)
    found = [_blot(ink, boxes), _border(boxes, ink.shape), _small(boxes, image.shape), *_focus(image, ink, boxes)]
    return tuple(remark for remark in found if remark is not None)


def touches_border(ink: np.ndarray, glyphs: Glyphs) -> bool:
    """Whether a glyph reaches the border of the picture, so that some of it may be missing."""
    h_picture, w_picture = ink.shape
    boxes = (glyph.box_xywh for glyph in glyphs.flat)
    return any(x <= 0 or y <= 0 or x + w >= w_picture or y + h >= h_picture for x, y, w, h in boxes)


def is_page(ink: np.ndarray, glyphs: Glyphs) -> bool:
    """Whether the marks are a page of text, a code or a pattern rather than numbers.

    Digits of one hand are about equally high, and few of them are solid; a page of digits remains one.
    """
    boxes = np.array([glyph.box_xywh for glyph in glyphs.flat], np.int64).reshape(-1, 4)
    n = len(boxes)
    if n < MANY:
        return False
    if n > HUNDREDS or int(glyphs.labels.max(initial=0)) > PIECES:
        return True
    low, middle, high = np.quantile(boxes[:, 3], [0.25, 0.5, 0.75])
    solid = np.mean([_is_solid(ink, box) for box in boxes])
    return bool((high - low) > UNEVEN * middle or solid > BLOTS)


def _without_ink(image: np.ndarray) -> Remark:
    if np.quantile(image[::7, ::7], 0.99) < DARK:
        return Remark("dark", "the picture is almost black; take it with more light.")
    return Remark("blank", "nothing stands out from the paper; write larger or darker, or come closer.")


def _blot(ink: np.ndarray, boxes: np.ndarray) -> Remark | None:
    if not any(_is_solid(ink, box) for box in boxes[: LOOKED_AT[0]]):
        return None
    return Remark("blot", "there is a solid patch and no line; write with a pen, and leave other things out.")


def _is_solid(ink: np.ndarray, box_xywh: np.ndarray) -> bool:
    x, y, w, h = (int(value) for value in box_xywh)
    step = max(1, min(w, h) // 16)
    return bool(h < TALL * w and ink[y : y + h : step, x : x + w : step].mean() > SOLID)


def _border(boxes: np.ndarray, shape: tuple[int, ...]) -> Remark | None:
    """A digit that is cut touches one border; a tight crop leaves no paper at the opposite one either."""
    x, y = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    margins = np.array([x, y, shape[1] - right, shape[0] - bottom])
    opposite = np.roll(margins, 2)
    if not np.any((margins <= 0) & (opposite > APART * np.median(boxes[:, 3]))):
        return None
    return Remark("border", "a mark touches the border of the picture; show all of it, with paper around.")


def _small(boxes: np.ndarray, shape: tuple[int, ...]) -> Remark | None:
    height = int(np.median(boxes[:, 3]))
    if height >= LOW:
        return None
    text = f"the digits are only {height} of {shape[0]} pixels high; come closer, or cut the picture to the number."
    return Remark("small", text)


def _focus(image: np.ndarray, ink: np.ndarray, boxes: np.ndarray) -> tuple[Remark | None, Remark | None]:
    """Whether the picture is blurred, and whether its ink is faint, from rows through some of the glyphs."""
    edges, crossings, dark, light = 0, 0, [], []
    most, rows = LOOKED_AT
    for box in boxes[:: -(-len(boxes) // most)]:
        x, y, w, h = (int(value) for value in box)
        across = slice(max(x - w // 8 - 2, 0), x + w + w // 8 + 2)
        chosen = slice(y, y + h, -(-h // rows))
        marks, levels = ink[chosen, across], image[chosen, across]
        edges += int(np.count_nonzero((marks > 0.15) & (marks < 0.85)))
        crossings += int(np.count_nonzero((marks[:, 1:] > 0.5) != (marks[:, :-1] > 0.5)))
        dark.append(levels[marks > 0.7])
        light.append(levels[marks < 0.05])
    height = float(np.median(boxes[:, 3]))
    edge = edges / max(crossings, 1)
    blurred = edge > max(LEAST_EDGE, SOFT * height)
    return (
        Remark("blurred", "the picture is blurred; hold still, or let the camera focus.") if blurred else None,
        Remark("faint", "the ink is faint; use a darker pen, or more light.") if _is_faint(dark, light) else None,
    )


def _is_faint(dark: list[np.ndarray], light: list[np.ndarray]) -> bool:
    marks, paper = np.concatenate(dark), np.concatenate(light)
    if marks.size == 0 or paper.size == 0:
        return False
    step = abs(float(np.median(marks)) - float(np.median(paper)))
    return step < PALE * (max(float(np.median(marks)), float(np.median(paper))) + 24)
