"""Draw boxes and cuts, bars of probabilities, and the answer in large figures."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkling.explain.render import LIGHT, Theme, ink_image
from inkling.pipeline.result import Box

Line = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels of the upright image


def draw_boxes(
    ink: np.ndarray,
    boxes: list[tuple[Box, bool]],
    cuts: list[Line],
    *,
    size_wh: tuple[int, int],
    side: int,
    theme: Theme = LIGHT,
) -> np.ndarray:
    """Ink with a numbered box around each glyph, in reading order, and the cuts between touching digits.

    ink: (H, W) float32. boxes: in pixels of the upright image of `size_wh`, and whether it is taken for a digit.
    cuts: x0, y0, x1, y1 in the same pixels. Returns (h, w, 3) uint8, its longer side at most `side` pixels.
    """
    picture = Image.fromarray(ink_image(ink, side, theme))
    draw = ImageDraw.Draw(picture)
    x_scale, y_scale = picture.width / size_wh[0], picture.height / size_wh[1]
    width = max(2, round(max(picture.size) / 260))
    letter = max(13, round(max(picture.size) / 22))
    number = 0
    for (x, y, w, h), is_digit in boxes:
        corners = (x * x_scale - width, y * y_scale - width, (x + w) * x_scale + width, (y + h) * y_scale + width)
        draw.rectangle(corners, outline=theme.plus if is_digit else theme.minus, width=width)
        number += is_digit
        left, top = max(corners[0], 0), corners[1] - letter * 1.35
        if top < 0:
            top = min(corners[3] + 2, picture.height - letter * 1.35)
        label = (f"#{number}" if len(boxes) > 1 else "") if is_digit else "no digit"
        draw.text((left, top), label, fill=theme.plus if is_digit else theme.minus, font=font(letter))
    for x0, y0, x1, y1 in cuts:
        draw.line((x0 * x_scale, y0 * y_scale, x1 * x_scale, y1 * y_scale), fill=theme.minus, width=width)
    return np.asarray(picture)


def draw_bars(rows: list[tuple[float, ...]], side: int, theme: Theme = LIGHT) -> np.ndarray:
    """N times ten probabilities -> (h, w, 3) uint8: ten bars each, the most probable in full colour."""
    columns = 2 if len(rows) == 4 else min(len(rows), 3)
    w, h = side // columns, max(120, side // (columns + 1))
    canvas = Image.new("RGB", (w * columns, h * -(-len(rows) // columns)), theme.paper)
    draw = ImageDraw.Draw(canvas)
    letter = max(11, w // 26)
    for i, probs in enumerate(rows):
        x0, y0 = i % columns * w + w * 0.05, i // columns * h + h * 0.06
        slot, top, foot = w * 0.09, y0 + letter * 1.6, y0 + h * 0.94 - letter * 1.9
        best = max(range(10), key=lambda digit: probs[digit])
        for digit, share in enumerate(probs):
            left = x0 + digit * slot
            right = left + slot * 0.72
            draw.rectangle((left, top, right, foot), fill=theme.rule)
            tall = (foot - top) * share
            if tall >= 0.5:
                draw.rectangle((left, foot - tall, right, foot), fill=theme.plus if digit == best else theme.quiet)
            middle = (left + right) / 2
            colour = theme.ink if digit == best else theme.quiet
            draw.text((middle, foot + letter * 0.3), str(digit), fill=colour, font=font(letter), anchor="ma")
            if digit == best:
                text = f"{min(share, 0.999):.1%}" if share > 0.99 else f"{share:.0%}"
                draw.text((middle, top - letter * 0.3), text, fill=colour, font=font(letter * 0.8), anchor="ms")
    return np.asarray(canvas)


def draw_answer(text: str, lines: list[str], side: int, theme: Theme = LIGHT) -> np.ndarray:
    """The answer in large figures with lines of words below. (h, w, 3) uint8"""
    rows = text.split("\n") if text else ["\N{EN DASH}"]
    large = min(side // 4, round(side * 0.85 / (0.62 * max(map(len, rows)))))
    small = max(14, side // 36)
    wrapped = [part for line in lines for part in _wrapped(line, font(small), side * 0.9)]
    height = round(large * 1.1 * len(rows) + small * (1.5 * len(wrapped) + 2.2))
    canvas = Image.new("RGB", (side, height), theme.paper)
    draw = ImageDraw.Draw(canvas)
    y = small * 0.8
    for row in rows:
        draw.text((side * 0.05, y), row, fill=theme.ink, font=font(large))
        y += large * 1.1
    for line in wrapped:
        y += small * 1.5
        draw.text((side * 0.05, y), line, fill=theme.quiet, font=font(small), anchor="ls")
    return np.asarray(canvas)


def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own typeface, so that an image is the same everywhere."""
    return ImageFont.load_default(size)


def _wrapped(text: str, face: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and face.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
