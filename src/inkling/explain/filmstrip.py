"""The filmstrip of a reading: a picture and a caption for every step from the image to the answer."""

from __future__ import annotations

import numpy as np

from inkling.explain.annotate import LabelledBox, draw_answer, draw_bars, draw_boxes
from inkling.explain.recognized_glyphs import MAX_DIGITS, recognized_glyphs
from inkling.explain.render import gray_image, ink_image, tile_grid
from inkling.explain.row_filmstrip import row_steps
from inkling.explain.step import Step
from inkling.explain.words import counted, how_sure
from inkling.pipeline.reader import Trace
from inkling.pipeline.result import Digit


def filmstrip(trace: Trace) -> tuple[Step, ...]:
    """The steps of one reading. Without ink, only the image, the ink and the answer.

    If rows were read as a whole, the steps between image and answer are those of `row_filmstrip.row_steps`.
    """
    image, answer = _image_step(trace), _answer_step(trace)
    if trace.layout is not None:
        return image, *row_steps(trace, trace.layout), answer
    reading = trace.reading
    ink = Step(
        "ink",
        "Binarization",
        "The paper's shading and color are removed. Ink is always shown dark, even if it was light on dark.",
        lambda side, theme: ink_image(trace.ink, side, theme),
    )
    if not len(trace.tiles):
        return image, ink, answer
    found = list(recognized_glyphs(trace))
    boxes = _numbered(found)
    shown = [each for each in found if each[2]] or found  # if nothing is a digit, the rejected glyphs
    glyphs = Step(
        "glyphs",
        "Segmentation",
        _glyphs_caption(len(reading.digits), len(reading.others)),
        lambda side, theme: draw_boxes(trace.ink, boxes, size_wh=reading.size_wh, side=side, theme=theme),
    )
    tiles = Step(
        "tiles",
        "Normalization",
        "Each digit is normalized to 28 x 28 pixels as in MNIST: 20 pixels long, centered by mass, with strokes of "
        f"typical width. These 784 numbers are the network's only input.{_first(len(shown))}",
        lambda side, theme: tile_grid(np.array([tile for _, tile, _ in shown[:MAX_DIGITS]]), side, theme),
    )
    probs = Step(
        "probs",
        "Classification",
        f"For each tile, the network outputs ten probabilities that add up to 1.{_first(len(shown))}",
        lambda side, theme: draw_bars([glyph.probs for glyph, _, _ in shown[:MAX_DIGITS]], side, theme),
    )
    return image, ink, glyphs, tiles, probs, answer


def _numbered(found: list[tuple[Digit, np.ndarray, bool]]) -> list[LabelledBox]:
    """The boxes of digits, numbered if there are several, and of rejected glyphs."""
    number, boxes = 0, []
    for glyph, _, is_digit in found:
        number += is_digit
        label = (f"#{number}" if len(found) > 1 else "") if is_digit else "not a digit"
        boxes.append(LabelledBox(glyph.box, label, is_digit))
    return boxes


def _image_step(trace: Trace) -> Step:
    w, h = trace.reading.size_wh
    caption = f"{w} x {h} pixels, rotated upright and converted to gray."
    return Step("image", "Image", caption, lambda side, _: gray_image(trace.image, side))


def _answer_step(trace: Trace) -> Step:
    reading = trace.reading
    return Step(
        "answer",
        "Result",
        "The most probable digits, in reading order, with their signs."
        if reading.written != reading.text
        else "The most probable digits, in reading order.",
        lambda side, theme: draw_answer(reading.written, [how_sure(reading), reading.reason], side, theme),
    )


def _glyphs_caption(digits: int, others: int) -> str:
    left_out = f" {counted(others, 'mark')} in orange: not a digit, left out." if others else ""
    return f"{counted(digits, 'digit')} found, numbered in reading order.{left_out}"


def _first(n: int) -> str:
    return f" The first {MAX_DIGITS} of {n} are shown." if n > MAX_DIGITS else ""
