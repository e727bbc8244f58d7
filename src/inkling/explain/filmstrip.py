"""The filmstrip of a reading: every step from the image to the answer, drawn, with a caption each."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from inkling.explain.annotate import LabelledBox, Line, draw_answer, draw_bars, draw_boxes
from inkling.explain.recognized_glyphs import MAX_DIGITS, recognized_glyphs
from inkling.explain.render import gray_image, ink_image, tile_grid
from inkling.explain.row_filmstrip import row_steps
from inkling.explain.step import Step
from inkling.explain.words import counted, how_sure
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.reader import Trace
from inkling.pipeline.result import Digit
from inkling.pipeline.segmentation import threshold

SLACK = 2  # pixels: by how much a box may miss the ink that it was cut from


def filmstrip(trace: Trace) -> tuple[Step, ...]:
    """The steps of one reading; where no ink was found, those up to the ink and the answer.

    Where rows were read as a whole, the steps are those of `row_filmstrip.row_steps`.
    """
    if trace.layout is not None:
        return _image_step(trace), *row_steps(trace, trace.layout), _answer_step(trace)
    image, answer = _image_step(trace), _answer_step(trace)
    reading = trace.reading
    ink = Step(
        "ink",
        "The ink",
        "Ink is told from paper: shade and colour of the paper are taken away, and the ink is dark whether it was "
        "dark on light or light on dark.",
        lambda side, theme: ink_image(trace.ink, side, theme),
    )
    if not len(trace.tiles):
        return image, ink, answer
    found = list(recognized_glyphs(trace))
    boxes = _numbered(found)
    cuts = find_cuts(trace)
    shown = [each for each in found if each[2]] or found  # where nothing is a digit, what was refused
    glyphs = Step(
        "glyphs",
        "The digits, one by one",
        _glyphs_caption(len(reading.digits), len(reading.others), len(cuts)),
        lambda side, theme: draw_boxes(trace.ink, boxes, cuts, size_wh=reading.size_wh, side=side, theme=theme),
    )
    tiles = Step(
        "tiles",
        "What the network sees",
        "Each digit is brought to 28 x 28 pixels the way MNIST's were: 20 pixels long, centred by its mass, with "
        f"strokes of a usual width. These 784 numbers are all that the network is given.{_first(len(shown))}",
        lambda side, theme: tile_grid(np.array([tile for _, tile, _ in shown[:MAX_DIGITS]]), side, theme),
    )
    probs = Step(
        "probs",
        "How probable each digit is",
        f"For each tile the network answers with ten probabilities that add up to 1.{_first(len(shown))}",
        lambda side, theme: draw_bars([glyph.probs for glyph, _, _ in shown[:MAX_DIGITS]], side, theme),
    )
    return image, ink, glyphs, tiles, probs, answer


def _numbered(found: list[tuple[Digit, np.ndarray, bool]]) -> list[LabelledBox]:
    """The boxes of digits, numbered if there are several, and of refused glyphs."""
    number, boxes = 0, []
    for glyph, _, is_digit in found:
        number += is_digit
        label = (f"#{number}" if len(found) > 1 else "") if is_digit else "no digit"
        boxes.append(LabelledBox(glyph.box, label, is_digit))
    return boxes


def find_cuts(trace: Trace) -> list[Line]:
    """Where a connected component was cut: the line between two neighbouring boxes that share one."""
    scale = trace.reading.size_wh[0] / trace.ink.shape[1], trace.reading.size_wh[1] / trace.ink.shape[0]
    x0s, y0s, x1s, y1s = _component_boxes(trace.ink) * np.array([*scale, *scale])[:, None]  # of the upright image
    slack = SLACK * max(1.0, scale[0])
    cuts = []
    for line in trace.lines:
        for (x0, y0, w0, h0), (x1, y1, w1, h1) in pairwise(line):
            left, top, right, bottom = min(x0, x1), min(y0, y1), max(x0 + w0, x1 + w1), max(y0 + h0, y1 + h1)
            across = (x0s <= left + slack) & (x1s >= right - slack)
            if (across & (y0s <= top + slack) & (y1s >= bottom - slack)).any():
                x = (x0 + w0 + x1) // 2
                cuts.append((x, top, x, bottom))
    return cuts


def _component_boxes(ink: np.ndarray) -> np.ndarray:
    """(4, N): left, top, right and bottom of every connected component, pixels of the ink."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(threshold(ink, SHARED.ink_threshold), connectivity=8)
    x, y, w, h = stats[1:, :4].T
    return np.array([x, y, x + w, y + h])


def _image_step(trace: Trace) -> Step:
    w, h = trace.reading.size_wh
    caption = f"{w} x {h} pixels, turned upright and reduced to shades of grey."
    return Step("image", "The picture", caption, lambda side, _: gray_image(trace.image, side))


def _answer_step(trace: Trace) -> Step:
    reading = trace.reading
    return Step(
        "answer",
        "The answer",
        "The most probable digits, in reading order, with their signs."
        if reading.written != reading.text
        else "The most probable digits, in reading order.",
        lambda side, theme: draw_answer(reading.written, [how_sure(reading), reading.reason], side, theme),
    )


def _glyphs_caption(digits: int, others: int, cuts: int) -> str:
    parts = [f"{counted(digits, 'digit')} found, numbered in reading order."]
    if cuts:
        parts.append(f"The orange {'line cuts' if cuts == 1 else 'lines cut'} apart what touches.")
    if others:
        parts.append(f"{counted(others, 'mark')} in orange: taken for no digit, and left out.")
    return " ".join(parts)


def _first(n: int) -> str:
    return f" The first {MAX_DIGITS} of {n} are shown." if n > MAX_DIGITS else ""
