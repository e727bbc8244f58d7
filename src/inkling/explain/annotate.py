"""Draw boxes, probability bars, rows and their columns, and the answer in large digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkling.explain.render import LIGHT, Theme, ink_image
from inkling.explain.words import short_percent
from inkling.pipeline.box import Box
from inkling.pipeline.layout import Layout
from inkling.pipeline.layout.geometry import mapped_corners
from inkling.pipeline.symbols import BLANK, CLASSES, CURRENCY, MARK

MAX_CLASSES = 8  # lines of a heat map, except blank: the text's classes, and others with high peaks up to this number
MIN_SHARE = 0.05  # probability; a class that does not reach it in any column has no line


@dataclass(frozen=True)
class LabelledBox:
    """A box to be drawn."""

    box: Box  # pixels of the upright image
    label: str
    is_digit: bool  # otherwise it is drawn in the color of ignored ink


def draw_boxes(
    ink: np.ndarray,
    boxes: Sequence[LabelledBox],
    *,
    size_wh: tuple[int, int],
    side: int,
    theme: Theme = LIGHT,
) -> np.ndarray:
    """Draw ink with a labeled box around each glyph.

    ink: (H, W) float32. size_wh: of the upright image. Returns (h, w, 3) uint8, longer side at most `side` pixels.
    """
    picture = Image.fromarray(ink_image(ink, side, theme))
    draw = ImageDraw.Draw(picture)
    x_scale, y_scale = picture.width / size_wh[0], picture.height / size_wh[1]
    width = max(2, round(max(picture.size) / 260))
    letter = max(13, round(max(picture.size) / 22))
    for each in boxes:
        (x, y, w, h), colour = each.box, theme.plus if each.is_digit else theme.minus
        corners = (x * x_scale - width, y * y_scale - width, (x + w) * x_scale + width, (y + h) * y_scale + width)
        draw.rectangle(corners, outline=colour, width=width)
        left, top = max(corners[0], 0), corners[1] - letter * 1.35
        if top < 0:
            top = min(corners[3] + 2, picture.height - letter * 1.35)
        draw.text((left, top), each.label, fill=colour, font=font(letter))
    return np.asarray(picture)


def draw_layout(
    ink: np.ndarray, layout: Layout, rows: Sequence[np.ndarray], side: int, theme: Theme = LIGHT
) -> np.ndarray:
    """Draw ink with the rows that were read, the cells that were found, and ignored ink. (h, w, 3) uint8

    ink: (H, W) float32 of the layout's image. rows: (4, 2) corners each, pixels of that image.
    """
    picture = Image.fromarray(ink_image(ink, side, theme))
    draw = ImageDraw.Draw(picture)
    to_drawn = np.diag([picture.width / ink.shape[1], picture.height / ink.shape[0], 1.0])
    width = max(2, round(max(picture.size) / 260))
    letter = max(13, round(max(picture.size) / 26))
    for ignored in layout.ignored:
        draw.polygon(_corners(ignored.box, to_drawn), outline=theme.minus, width=width)
    for row in layout.rows:
        for cell in row.cells:
            colour = {"written": theme.plus, "empty": theme.quiet, "crossed_out": theme.minus}[cell.state]
            draw.polygon(_corners(cell.box, to_drawn @ row.to_image), outline=colour, width=max(1, width // 2))
    for number, corners in enumerate(rows, 1):
        drawn = [(float(x), float(y)) for x, y in corners * np.diag(to_drawn)[:2]]
        draw.polygon(drawn, outline=theme.plus, width=width)
        if len(rows) > 1:
            left, top = drawn[0]
            draw.text((max(left, 2) + width, max(top, 0) + width), str(number), fill=theme.plus, font=font(letter))
    return np.asarray(picture)


def _corners(box: Box, matrix: np.ndarray) -> list[tuple[float, float]]:
    """The corners of a box, in clockwise order, mapped by a (3, 3) matrix."""
    return [(x, y) for x, y in mapped_corners(box, matrix).tolist()]


def draw_row_images(images: Sequence[np.ndarray], side: int, theme: Theme = LIGHT) -> np.ndarray:
    """At least one row image of (32, W_i) float32 -> (h, w, 3) uint8: stacked vertically, at the same scale."""
    gap, longest = 3, max(image.shape[1] for image in images)
    canvas = np.full((len(images) * (len(images[0]) + gap) - gap, longest), np.nan, np.float32)
    for i, image in enumerate(images):
        top = i * (len(image) + gap)
        canvas[top : top + len(image), : image.shape[1]] = image
    drawn = ink_image(np.nan_to_num(canvas), side, theme)
    outside = cv2.resize(np.isnan(canvas).astype(np.uint8), drawn.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    return np.asarray(np.where(outside[..., None], np.array(theme.rule, np.uint8), drawn))


def draw_columns(
    image: np.ndarray,
    probs: np.ndarray,
    spans: Sequence[tuple[int, int]],
    text: Sequence[int],
    *,
    side: int,
    theme: Theme = LIGHT,
) -> np.ndarray:
    """Draw a row's image, with the probability of each symbol below each column. (h, w, 3) uint8

    image: (32, 4 T) float32. probs: (T, 22). spans: the columns of each symbol of the text, first and last + 1, which
    are framed. Lines are drawn for the classes of the text and those that reach MIN_SHARE in a column.
    """
    shown = _classes_that_matter(probs, text)
    n = len(probs)
    letter, gutter = max(12, side // 36), max(44, side // 11)
    column = max(1, min((side - gutter) // n, side // 24))
    line, height = round(letter * 1.35), 8 * column
    canvas = Image.new("RGB", (gutter + n * column, height + letter // 2 + line * (len(shown) + 1)), theme.paper)
    draw = ImageDraw.Draw(canvas)
    row = np.clip(cv2.resize(image, (n * column, height), interpolation=cv2.INTER_NEAREST), 0, 1)
    canvas.paste(Image.fromarray(ink_image(row, max(row.shape), theme)), (gutter, 0))
    top = height + letter // 2
    for i, k in enumerate(shown):
        y = top + i * line
        label = "blank" if k == BLANK else "mark" if CLASSES[k] == MARK else as_drawn([k])
        draw.text((gutter - letter // 3, y + line / 2), label, fill=theme.quiet, font=font(letter), anchor="rm")
        for t, share in enumerate(probs[:, k].tolist()):
            colour = theme.quiet if k == BLANK else theme.plus
            mixed = tuple(round(a + (b - a) * share) for a, b in zip(theme.well, colour, strict=True))
            draw.rectangle((gutter + t * column, y, gutter + (t + 1) * column - 1, y + line - 2), fill=mixed)
    frame, foot = max(2, letter // 7), top + (len(shown) + 0.5) * line
    for k, (start, end) in zip(text, spans, strict=True):
        y, x0, x1 = top + shown.index(k) * line, gutter + start * column, gutter + end * column
        draw.rectangle((x0 - frame, y - frame, x1 - 1 + frame, y + line - 2 + frame), outline=theme.minus, width=frame)
        middle = (x0 + x1) / 2
        draw.line((middle, height - column, middle, height), fill=theme.minus, width=frame)
        draw.text((middle, foot), as_drawn([k]), fill=theme.ink, font=font(letter * 1.1), anchor="mm")
    draw.text((gutter - letter // 3, foot), "text", fill=theme.ink, font=font(letter), anchor="rm")
    return np.asarray(canvas)


def _classes_that_matter(probs: np.ndarray, text: Sequence[int]) -> list[int]:
    """The classes of the text and those with the highest peaks, in order; blank last."""
    peaks = probs[:, :BLANK].max(axis=0)
    rest = [k for k in np.argsort(-peaks).tolist() if peaks[k] >= MIN_SHARE and k not in text]
    own = sorted(set(text))
    return [*sorted([*own, *rest[: max(0, MAX_CLASSES - len(own))]]), BLANK]


def draw_texts(texts: Sequence[tuple[str, float]], side: int, theme: Theme = LIGHT) -> np.ndarray:
    """At least one text with its probability, the best first -> (h, w, 3) uint8: a bar for each."""
    letter = max(13, side // 19)
    line, left = round(letter * 1.7), max(font(letter).getlength(text) for text, _ in texts)
    left = min(round(left) + letter, round(side * 0.6))
    right = side - round(letter * 3.6)
    canvas = Image.new("RGB", (side, line * len(texts) + letter // 2), theme.paper)
    draw = ImageDraw.Draw(canvas)
    for i, (text, prob) in enumerate(texts):
        y, colour = i * line + line / 2 + letter / 4, theme.ink if i == 0 else theme.quiet
        draw.text((letter / 3, y), text, fill=colour, font=font(letter), anchor="lm")
        draw.rectangle((left, y - letter * 0.4, right, y + letter * 0.4), fill=theme.well)
        if prob * (right - left) >= 0.5:
            end = left + prob * (right - left)
            draw.rectangle((left, y - letter * 0.4, end, y + letter * 0.4), fill=theme.plus if i == 0 else theme.quiet)
        draw.text((side - letter / 3, y), short_percent(prob), fill=colour, font=font(letter * 0.9), anchor="rm")
    return np.asarray(canvas)


def as_drawn(text: Sequence[int]) -> str:
    """Symbol numbers -> text in characters of Pillow's font: "*" for a mark, "$" for any currency sign."""
    return "".join({MARK: "*", CURRENCY: "$"}.get(CLASSES[k], CLASSES[k]) for k in text)


def draw_bars(rows: list[tuple[float, ...]], side: int, theme: Theme = LIGHT) -> np.ndarray:
    """N times ten probabilities -> (h, w, 3) uint8: ten bars each, the most probable in full color."""
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
    """Draw the answer in large digits, with lines of text below. (h, w, 3) uint8"""
    rows = text.replace("\t", "  ").split("\n") if text else ["\N{EN DASH}"]
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
    """Pillow's built-in font, so that images are the same everywhere."""
    return ImageFont.load_default(size)


def _wrapped(text: str, face: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and face.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
