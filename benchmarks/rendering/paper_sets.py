"""Realistic numbers on paper, with fixed seeds. Each set maps kinds to functions that draw one picture.

Ruled lines, printed boxes, signs, combs and tables, patterned paper; photographs of pages are in `desk_photos.py`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from benchmarks.common import Digits
from benchmarks.rendering.paper_rendering import clean, random_row
from benchmarks.rendering.printed_boxes import BOXES, Cell, cells_in_row, cross_out
from benchmarks.rendering.printed_sheet import CAPTURES, Sheet, flat, middle, photographed, scanned, turn
from benchmarks.rendering.surfaces import as_bytes
from benchmarks.rendering.written_numbers import Writer, digits_of, random_number

SEED = 20
RULED, BOXED, COMBED = 5, 8, 9  # digits on a ruled line, in boxes, in a comb
PLACES = ("on", "above", "below", "through")  # position of the digits relative to the ruled line
RULE_WIDTHS = (0.02, 0.05, 0.09)  # of a ruled line, relative to a digit's height
TILTS_DEG = (0, 3, -3, 8, -8)
PLAIN = 5  # digits of a clean row
TOUCHING = {"apart": 0.0, "touching": 0.5, "all touching": 1.0}  # fraction of neighbors that touch


@dataclass(frozen=True)
class Picture:
    """An image and its text."""

    image: np.ndarray | bytes  # (H, W[, 3]) uint8 RGB, or an encoded file
    text: str  # digits, rows joined by a newline; "" without a number
    written: str | None = None  # with signs, and a tab between columns; None if `text` is complete


Draw = Callable[
    [Digits, np.random.Generator, int], Picture
]  # the last argument is the picture's number within its kind


def pictures(name: str, kind: str, draw: Draw, digits: Digits, n: int) -> Iterator[Picture]:
    """Yield `n` pictures of a kind. Each has its own seed, so the first ones are the same for every `n`."""
    for i in range(n):
        yield draw(digits, np.random.default_rng((SEED, zlib.crc32(f"{name}/{kind}".encode()), i)), i)


def ruled(place: str, digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """Five digits on a ruled line; `i` cycles through widths and tilts."""
    width, tilt = RULE_WIDTHS[i % len(RULE_WIDTHS)], TILTS_DEG[i // len(RULE_WIDTHS) % len(TILTS_DEG)]
    height = rng.uniform(40, 110)
    text = random_number(rng, RULED)
    number = Writer(digits, rng, height=height).write(text)
    content = (number.ink.shape[1] + 3 * height, 2.6 * height)
    room = 0.3 * max(content)  # so that turning brings no border into view
    sheet = Sheet((content[0] + room, content[1] + room), rng)
    below = {"on": rng.uniform(-0.02, 0.05), "above": rng.uniform(0.1, 0.25), "below": rng.uniform(-1.2, -1.04),
             "through": rng.uniform(-0.7, -0.3)}[place]  # ruled line, in digit heights below the baseline  # fmt: skip
    baseline = sheet.h / 2 + 0.5 * height
    y = baseline + (below + (width / 2 if place == "above" else -width / 2 if place == "below" else 0)) * height
    sheet.stroke((0, y), (sheet.w, y), width=width * height, colour=((96, 130, 190), None, (150, 150, 156))[i % 3])
    sheet.write(number, (sheet.w - number.ink.shape[1]) / 2, baseline)
    return Picture(as_bytes(middle(turn(sheet.image(), tilt), content)), text)


def boxed(box: str, capture: str, digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """Eight digits in printed boxes."""
    h = rng.uniform(55, 110)
    size_wh = (h * rng.uniform(0.7, 0.95), h)
    cells = cells_in_row(BOXED, 1.1 * h, 1.1 * h, size_wh, BOXES[box].gap)
    sheet = Sheet((cells[-1][0] + size_wh[0] + 1.1 * h, 3.2 * h), rng)
    BOXES[box].draw(sheet, cells, rng.uniform(1, 0.035 * h))
    text = random_number(rng, BOXED)
    fill_cells(sheet, Writer(digits, rng, height=h * rng.uniform(0.58, 0.82)), cells, text)
    return Picture(CAPTURES[capture](sheet.image(), rng), text)


def fill_cells(sheet: Sheet, writer: Writer, cells: Sequence[Cell], text: str) -> None:
    """Write one digit near the middle of each cell; a space leaves a cell empty."""
    for (x, y, w, h), digit in zip(cells, text, strict=True):
        if digit != " ":
            number = writer.write(digit)
            dx, dy = sheet.rng.normal(0, 0.05, 2) * (w, h)
            left = x + (w - number.ink.shape[1]) / 2 + dx
            sheet.write(number, left, y + (h + writer.height) / 2 + dy)


NUMBERS_WITH_SIGN: dict[str, Callable[[np.random.Generator], str]] = {
    "point": lambda rng: f"{rng.integers(0, 1000)}.{rng.integers(0, 100):02d}",
    "comma": lambda rng: f"{rng.integers(0, 1000)},{rng.integers(0, 100):02d}",
    "minus": lambda rng: f"-{rng.integers(2, 10000)}",
    "plus": lambda rng: f"+{rng.integers(2, 10000)}",
    "slash": lambda rng: f"{rng.integers(1, 100)}/{rng.integers(1, 100)}",
    "colon": lambda rng: f"{rng.integers(0, 24)}:{rng.integers(0, 60):02d}",
    "percent": lambda rng: f"{rng.integers(1, 101)}%",
    "brackets": lambda rng: f"({rng.integers(2, 1000)})",
    "currency": lambda rng: f"¤{rng.integers(2, 1000)}" if rng.random() < 0.5 else f"{rng.integers(2, 1000)}¤",
    "dash": lambda rng: f"{rng.integers(10, 1000)}-{rng.integers(10, 1000)}",
}


def signed(sign: str, digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """A number with one kind of sign on plain paper, flat, scanned and photographed in turn."""
    written = NUMBERS_WITH_SIGN[sign](rng)
    height = rng.uniform(40, 110)
    number = Writer(digits, rng, height=height).write(written)
    sheet = Sheet((number.ink.shape[1] + 2.4 * height, number.ink.shape[0] + 1.8 * height), rng)
    sheet.write(number, 1.2 * height, 0.9 * height + number.baseline)
    return Picture((flat, scanned, photographed)[i % 3](sheet.image(), rng), digits_of(written), written)


def comb(state: str, digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """Nine joined boxes, tilted; some of them "empty" or "crossed out", or a "bilevel" scan of nine full boxes."""
    h = rng.uniform(45, 90)
    size_wh = (h * rng.uniform(0.75, 1), h)
    length = COMBED * size_wh[0]
    content = (length + 2 * h, 2.4 * h + 0.12 * length)
    sheet = Sheet((content[0] + 0.15 * length, content[1] + 0.3 * length), rng)
    cells = cells_in_row(COMBED, (sheet.w - length) / 2, (sheet.h - h) / 2, size_wh, 0)
    BOXES["joined"].draw(sheet, cells, rng.uniform(1, 0.05 * h))
    left_out = rng.choice(COMBED, rng.integers(1, 5), replace=False) if state in ("empty", "crossed out") else ()
    text = "".join(" " if k in left_out else str(rng.integers(10)) for k in range(COMBED))
    writer = Writer(digits, rng, height=h * rng.uniform(0.6, 0.85))
    fill_cells(sheet, writer, cells, text)
    if state == "crossed out":
        for k in left_out:
            cross_out(sheet, cells[k], 0.1 * writer.height)
    seen = middle(turn(sheet.image(), rng.uniform(-6, 6)), content)
    if state == "bilevel":
        grey = cv2.cvtColor(as_bytes(cv2.GaussianBlur(seen, (0, 0), 0.7)), cv2.COLOR_RGB2GRAY)
        image = np.where(grey > 190, 255, 0).astype(np.uint8)
    else:
        image = (scanned, photographed)[i % 2](seen, rng)
    return Picture(image, text.replace(" ", ""))


def table(digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """A printed table, three to five rows of two or three columns."""
    h, rows, columns = rng.uniform(50, 80), int(rng.integers(3, 6)), int(rng.integers(2, 4))
    w = 2.6 * h
    sheet = Sheet((columns * w + 1.6 * h, (rows + 1.6) * h), rng)
    width, edge = rng.uniform(1, 3), 0.8 * h
    for k in range(rows + 1):
        sheet.stroke((edge, edge + k * h), (edge + columns * w, edge + k * h), width=width)
    for k in range(columns + 1):
        sheet.stroke((edge + k * w, edge), (edge + k * w, edge + rows * h), width=width)
    writer = Writer(digits, rng, height=h * rng.uniform(0.45, 0.65))
    numbers = [[random_number(rng, int(rng.integers(1, 4))) for _ in range(columns)] for _ in range(rows)]
    for row, line in enumerate(numbers):
        for column, text in enumerate(line):
            number = writer.write(text)
            x = edge + column * w + (w - number.ink.shape[1]) * rng.uniform(0.3, 0.7)
            sheet.write(number, x, edge + (row + 0.5) * h + 0.5 * writer.height)
    written = "\n".join("\t".join(line) for line in numbers)
    return Picture((scanned, photographed)[i % 2](sheet.image(), rng), digits_of(written), written)


def squared(digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """One or two numbers on graph-paper squares."""
    pitch = rng.uniform(28, 60)
    writer = Writer(digits, rng, height=pitch * rng.uniform(0.8, 1.7))
    texts = [random_number(rng, int(rng.integers(2, 7))) for _ in range(rng.integers(1, 3))]
    numbers = [writer.write(text) for text in texts]
    step = np.ceil(1.5 * writer.height / pitch) * pitch
    w = max(number.ink.shape[1] for number in numbers) + 4 * pitch
    content = (w, (len(texts) - 1) * step + writer.height + 3 * pitch)
    room = 0.1 * max(content)  # on each side, so that turning brings no border into view
    sheet = Sheet((content[0] + 2 * room, content[1] + 2 * room), rng, paper=(250, 249, 246))
    colour = ((150, 176, 214), (186, 200, 216), (196, 196, 200), (120, 150, 190))[rng.integers(4)]
    width, (x0, y0) = rng.uniform(1, 2.6), rng.uniform(0, pitch, 2)
    for k in range(-1, int(max(sheet.w, sheet.h) / pitch) + 2):
        sheet.stroke((x0 + k * pitch, 0), (x0 + k * pitch, sheet.h), width=width, colour=colour)
        sheet.stroke((0, y0 + k * pitch), (sheet.w, y0 + k * pitch), width=width, colour=colour)
    for k, number in enumerate(numbers):
        sheet.write(number, room + rng.uniform(1, 2.5) * pitch, room + 1.5 * pitch + writer.height + k * step)
    return Picture(middle((scanned, photographed)[i % 2](sheet.image(), rng), content), "\n".join(texts))


AMOUNTS: tuple[Callable[[np.random.Generator], str], ...] = (
    lambda rng: f"{rng.integers(10, 100000)}",
    lambda rng: f"{rng.integers(1, 1000)}.{rng.integers(0, 100):02d}",
    lambda rng: f"{rng.integers(1, 1000)},{rng.integers(0, 100):02d}",
    lambda rng: f"{rng.integers(1, 100)}.{rng.integers(0, 1000):03d}",
    lambda rng: f"{rng.integers(10, 1000)},-",
)


def cheque(has_rule: bool, digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """An amount on a check: on waves in two pale colors, with a ruled line near the baseline if `has_rule`."""
    written = AMOUNTS[i % len(AMOUNTS)](rng)
    height = rng.uniform(38, 80)
    number = Writer(digits, rng, height=height).write(written, touching=bool(rng.random() < 0.3))
    content = (number.ink.shape[1] + 2.5 * height, number.ink.shape[0] + 1.4 * height)
    room = 0.1 * max(content)  # on each side, so that turning brings no border into view
    sheet = Sheet((content[0] + 2 * room, content[1] + 2 * room), rng, paper=(240, 244, 238))
    for colour in ((176, 208, 190), (200, 194, 224)):
        _waves(sheet, colour)
    baseline = room + 0.7 * height + number.baseline
    if has_rule:
        y = baseline + rng.uniform(-0.02, 0.12) * height
        edge = room + 0.3 * height
        sheet.stroke((edge, y), (sheet.w - edge, y), width=rng.uniform(1, 0.06 * height))
    sheet.write(number, room + 1.3 * height, baseline)
    return Picture(middle((scanned, photographed)[i % 2](sheet.image(), rng), content), digits_of(written), written)


def _waves(sheet: Sheet, colour: tuple[int, int, int]) -> None:
    rng = sheet.rng
    x = np.arange(sheet.w + 1, dtype=np.float64)
    period, depth, pitch, drift = rng.uniform(50, 180), rng.uniform(4, 18), rng.uniform(6, 14), rng.uniform(20, 60)
    mask = np.zeros((sheet.h, sheet.w), np.uint8)
    for y in np.arange(-depth, sheet.h + depth, pitch):
        line = np.stack([x, y + depth * np.sin(2 * np.pi * x / period + y / drift)], axis=1)
        whole = np.rint(line * 16).astype(np.int32)
        cv2.polylines(mask, [whole], isClosed=False, color=255, thickness=1, lineType=cv2.LINE_AA, shift=4)
    sheet.print(mask, colour)


def plain(touching: float, digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """Five digits, black on white, as saved by a drawing program."""
    ink, text = random_row(digits, PLAIN, rng, touching=touching)
    return Picture(clean(ink, rng), text)


SETS: dict[str, dict[str, Draw]] = {
    "ruled": {place: partial(ruled, place) for place in PLACES},
    "boxes": {f"{box}, {capture}": partial(boxed, box, capture) for box in BOXES for capture in CAPTURES},
    "signs": {sign: partial(signed, sign) for sign in NUMBERS_WITH_SIGN},
    "forms": {
        **{f"comb, {state}": partial(comb, state) for state in ("full", "empty", "crossed out", "bilevel")},
        "table": table, "squared": squared, "cheque": partial(cheque, False), "cheque, ruled": partial(cheque, True),
    },
    "plain": {name: partial(plain, share) for name, share in TOUCHING.items()},
}  # fmt: skip
