"""Find out what is wrong with an image, and what the user can do about it.

A warning's text has two parts: what is wrong; what to do. Images are checked if their reading is not "read", or if
`needs_quality_check` is true. The check takes tens of microseconds, because it samples a few rows of a few glyphs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling.pipeline.config.quality import QUALITY as CONFIG
from inkling.pipeline.config.quality import TEXT_PAGE
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.segmentation import Segmentation
from inkling.pipeline.text_page_filter import glyph_boxes, is_solid, is_text_page


@dataclass(frozen=True)
class QualityWarning:
    """A property of an image that makes it hard to read."""

    code: str  # machine-readable: one of CODES
    text: str  # for the user: what is wrong; what to do

    def to_json(self) -> dict[str, str]:
        return {"code": self.code, "text": self.text}


CODES = ("frame", "dark", "blank", "page", "many", "blot", "border", "small", "blurred", "faint")  # by importance


def quality_warnings(image: np.ndarray, ink: np.ndarray, segmentation: Segmentation) -> tuple[QualityWarning, ...]:
    """(H, W) uint8 image, its (H, W) float32 ink and glyphs -> warnings, the most important first.

    () if nothing is wrong, as with most clean drawings.
    """
    boxes = glyph_boxes(segmentation)
    if len(boxes) == 0:
        return (_without_ink(image),)
    if is_text_page(ink, segmentation):
        return (too_much("texture"),)
    found = (
        _many(len(boxes)),
        _blot(ink, boxes),
        _border(boxes, ink.shape),
        _small(boxes, image.shape),
        *_blurred_or_faint(image, ink, boxes),
    )
    return tuple(warning for warning in found if warning is not None)


def first_of(n_frames: int) -> QualityWarning:
    """The warning for a file with several pictures, of which only the first was read."""
    return QualityWarning(
        "frame", f"only the first of {n_frames:,} pictures in the file was read; send the others as separate files."
    )


def too_much(what: str) -> QualityWarning:
    """The warning for content that is too much for one answer: a "texture", a "table" or too many "rows"."""
    return {
        "texture": QualityWarning("page", "this looks like a page of text, a code or a pattern; show only the number."),
        "table": QualityWarning("many", "the table has too many cells for one answer; show a part of it."),
        "rows": QualityWarning("many", "there are too many rows for one answer; show a part of the page."),
    }[what]


def needs_quality_check(ink: np.ndarray, segmentation: Segmentation) -> bool:
    """Whether to check the quality even though every glyph resembles a digit. Takes very little time.

    True if ink touches the border, or there are many glyphs, or many more components than glyphs.
    """
    n = sum(map(len, segmentation.lines))
    n_components = int(segmentation.labels.max(initial=0))
    if n >= TEXT_PAGE.min_glyphs or n_components > n + CONFIG.max_extra_components:
        return True
    return n > 0 and touches_border(ink, segmentation)


def touches_border(ink: np.ndarray, segmentation: Segmentation) -> bool:
    """Whether a glyph touches the border of the image, so part of it may be missing."""
    h_image, w_image = ink.shape
    boxes = (glyph.box_xywh for glyph in segmentation.glyphs)
    return any(x <= 0 or y <= 0 or x + w >= w_image or y + h >= h_image for x, y, w, h in boxes)


def _without_ink(image: np.ndarray) -> QualityWarning:
    if np.quantile(image[::7, ::7], CONFIG.dark_quantile) < CONFIG.max_dark_level:
        return QualityWarning("dark", "the picture is almost black; take it with more light.")
    return QualityWarning("blank", "nothing stands out from the paper; write larger or darker, or come closer.")


def _many(n: int) -> QualityWarning | None:
    if n <= CONFIG.max_glyphs:
        return None
    return QualityWarning(
        "many", f"there are {n} marks in the picture; show fewer numbers at a time, or check them by eye."
    )


def _blot(ink: np.ndarray, boxes: np.ndarray) -> QualityWarning | None:
    if not any(is_solid(ink, box) for box in boxes[: CONFIG.sampled_glyphs]):
        return None
    return QualityWarning("blot", "there is a solid patch but no line; write with a pen, and show nothing else.")


def _border(boxes: np.ndarray, shape: tuple[int, ...]) -> QualityWarning | None:
    """A cut-off digit touches one border only. In a tight crop, there is no paper at the opposite border either."""
    x, y = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    margins = np.array([x, y, shape[1] - right, shape[0] - bottom])
    opposite = np.roll(margins, 2)
    if not np.any((margins <= 0) & (opposite > CONFIG.min_opposite_margin * np.median(boxes[:, 3]))):
        return None
    return QualityWarning("border", "a mark touches the border of the picture; show all of it, with paper around it.")


def _small(boxes: np.ndarray, shape: tuple[int, ...]) -> QualityWarning | None:
    height = int(np.median(boxes[:, 3]))
    if height >= CONFIG.min_digit_height_px:
        return None
    text = f"the digits are only {height} of {shape[0]} pixels high; come closer, or crop the picture to the number."
    return QualityWarning("small", text)


def _blurred_or_faint(image: np.ndarray, ink: np.ndarray, boxes: np.ndarray) -> list[QualityWarning]:
    """Estimate focus and contrast from rows and columns through some of the glyphs."""
    rows, columns, stroke_levels, paper_levels = [], [], [], []
    for box in boxes[:: -(-len(boxes) // CONFIG.sampled_glyphs)]:
        x, y, w, h = (int(value) for value in box)
        wide = slice(max(x - w // 8 - 2, 0), x + w + w // 8 + 2)
        high = slice(max(y - h // 8 - 2, 0), y + h + h // 8 + 2)
        across = slice(y, y + h, -(-h // CONFIG.sampled_rows)), wide
        rows.append(_count_edges(ink[across]))
        columns.append(_count_edges(ink[high, x : x + w : -(-w // CONFIG.sampled_rows)].T))
        stroke_levels.append(image[across][ink[across] > CONFIG.stroke_ink])
        paper_levels.append(image[across][ink[across] < CONFIG.paper_ink])
    # A row along a stroke has a wide edge, so the direction with the narrower edges is used.
    totals = [(sum(soft), sum(n)) for soft, n in (zip(*rows, strict=True), zip(*columns, strict=True))]
    edge_width = min((soft / n for soft, n in totals if n), default=0.0)
    warnings = []
    if edge_width > max(CONFIG.max_edge_px, CONFIG.max_edge_height_share * float(np.median(boxes[:, 3]))):
        warnings.append(QualityWarning("blurred", "the picture is blurred; hold still, or let the camera focus."))
    if _is_faint(np.concatenate(stroke_levels), np.concatenate(paper_levels)):
        warnings.append(QualityWarning("faint", "the ink is faint; use a darker pen, or more light."))
    return warnings


def _count_edges(lines: np.ndarray) -> tuple[int, int]:
    """(n, length) ink along lines -> the number of pixels on soft edges of strokes, and the number of edges."""
    low, high = CONFIG.soft_ink
    soft = np.count_nonzero((lines > low) & (lines < high))
    return int(soft), int(np.count_nonzero((lines[:, 1:] > 0.5) != (lines[:, :-1] > 0.5)))


def _is_faint(stroke_levels: np.ndarray, paper_levels: np.ndarray) -> bool:
    if stroke_levels.size == 0 or paper_levels.size == 0:
        return False
    strokes, paper = float(np.median(stroke_levels)), float(np.median(paper_levels))
    return abs(strokes - paper) < CONFIG.min_ink_contrast * (max(strokes, paper) + SHARED.level_offset)
