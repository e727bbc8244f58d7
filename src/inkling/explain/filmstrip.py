"""The filmstrip of a reading: every step from the image to the answer, drawn, with a caption each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from inkling.explain.annotate import Line, draw_answer, draw_bars, draw_boxes
from inkling.explain.recognized_glyphs import MAX_DIGITS, recognized_glyphs
from inkling.explain.render import LIGHT, Theme, gray_image, ink_image, tile_grid
from inkling.explain.words import counted, verdict
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.reader import Trace
from inkling.pipeline.segmentation import threshold

SIDE = 1024  # pixels: the longer side of a step's picture, unless another is asked for
SLACK = 2  # pixels: by how much a box may miss the ink that it was cut from


@dataclass(frozen=True)
class Step:
    """One step of the pipeline."""

    name: str  # "image", "ink", "glyphs", "tiles", "probs", "answer": as in inkling.pipeline
    title: str
    caption: str  # one or two sentences for a beginner
    draw: Callable[[int, Theme], np.ndarray]  # longer side in pixels at most, colours -> (h, w, 3) uint8

    def image(self, side: int = SIDE, theme: Theme = LIGHT) -> np.ndarray:
        """(h, w, 3) uint8, its longer side at most `side` pixels."""
        return self.draw(side, theme)


def filmstrip(trace: Trace) -> tuple[Step, ...]:
    """The steps of one reading; where no ink was found, those up to the ink and the answer."""
    reading = trace.reading
    image = Step("image", "The picture", _image_caption(trace), lambda side, _: gray_image(trace.image, side))
    ink = Step(
        "ink",
        "The ink",
        "Ink is told from paper: shade and colour of the paper are taken away, and the ink is dark whether it was "
        "dark on light or light on dark.",
        lambda side, theme: ink_image(trace.ink, side, theme),
    )
    answer = Step(
        "answer",
        "The answer",
        "The most probable digits, in reading order.",
        lambda side, theme: draw_answer(reading.text, [verdict(reading), reading.reason], side, theme),
    )
    if not len(trace.tiles):
        return image, ink, answer
    found = list(recognized_glyphs(trace))
    boxes = [(glyph.box, is_digit) for glyph, _, is_digit in found]
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


def _image_caption(trace: Trace) -> str:
    w, h = trace.reading.size_wh
    return f"{w} x {h} pixels, turned upright and reduced to shades of grey."


def _glyphs_caption(digits: int, others: int, cuts: int) -> str:
    parts = [f"{counted(digits, 'digit')} found, numbered in reading order."]
    if cuts:
        parts.append(f"The orange {'line cuts' if cuts == 1 else 'lines cut'} apart what touches.")
    if others:
        parts.append(f"{counted(others, 'mark')} in orange: taken for no digit, and left out.")
    return " ".join(parts)


def _first(n: int) -> str:
    return f" The first {MAX_DIGITS} of {n} are shown." if n > MAX_DIGITS else ""
