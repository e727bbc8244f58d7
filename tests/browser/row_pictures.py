"""Generated pictures of rows of digits and signs, like those on the Draw page and in notes on paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from tests.browser.strokes import Point
from tests.browser.writing_styles import STYLES, WritingStyle

SIGNS: dict[str, tuple[tuple[Point, ...], ...]] = {  # around the middle of a digit, in units of its height
    ".": (((0.0, 0.46), (0.02, 0.47)),),
    ",": (((0.02, 0.42), (-0.02, 0.6)),),
    "-": (((-0.25, 0.02), (0.25, 0.0)),),
    "/": (((0.22, -0.55), (-0.22, 0.55)),),
}
SHIFT = 4  # fractional bits of stroke coordinates
PENS = (0.035, 0.046, 0.065, 0.09)  # width relative to the board's height: fine, the page's default, felt pen, brush
KINDS = ("board", "light on dark", "uneven light", "rule below", "rule above", "rule through", "tilted", "photo grain")


@dataclass(frozen=True)
class RowPicture:
    """One picture and how it was made."""

    name: str
    text: str  # its text; "\\n" between rows
    image: np.ndarray  # (H, W) uint8


def row_pictures(n: int, *, seed: int = 0) -> Iterator[RowPicture]:
    """`n` pictures of one to three rows, cycling through all kinds."""
    rng = np.random.default_rng(seed)
    for i in range(n):
        kind = KINDS[i % len(KINDS)]
        texts = [_text(rng) for _ in range(1 if rng.random() < 0.85 else int(rng.integers(2, 4)))]
        style = STYLES[int(rng.integers(len(STYLES)))]
        pen = PENS[int(rng.integers(len(PENS)))]
        rows = [drawn_row(text, style, pen=pen, rng=rng) for text in texts]
        yield RowPicture(f"{i} {kind} {style.name} {pen}", "\n".join(texts), _treated(_stacked(rows), kind, rng))


def _text(rng: np.random.Generator) -> str:
    """2 to 8 digits, sometimes with a sign."""
    digits = "".join(str(rng.integers(10)) for _ in range(int(rng.integers(2, 9))))
    sign = rng.random()
    at = int(rng.integers(1, len(digits)))
    if sign < 0.15:
        return f"{digits[:at]}.{digits[at:]}"
    if sign < 0.25:
        return f"{digits[:at]},{digits[at:]}"
    if sign < 0.35:
        return f"-{digits}"
    if sign < 0.42:
        return f"{digits[:at]}/{digits[at:]}"
    return digits


def drawn_row(
    text: str, style: WritingStyle, *, pen: float = 0.046, height_px: int = 320, rng: np.random.Generator | None = None
) -> np.ndarray:
    """(H, W) uint8: black strokes on white, like the board's image. `rng` varies position and size."""
    rng = rng or np.random.default_rng(0)
    size = height_px * max(style.height, 0.4) * float(rng.uniform(0.8, 1.1))
    pitch = size * 0.82 * max(style.width, 0.9)
    image = np.full((height_px, int(pitch * len(text) + 0.8 * size)), 255, np.uint8)
    width = max(2, round(pen * height_px * max(style.height, 0.4)))
    for i, character in enumerate(text):
        middle = np.array([0.75 * size + i * pitch, height_px / 2]) + rng.uniform(-0.05, 0.05, 2) * size
        strokes = style.strokes(int(character)) if character.isdigit() else SIGNS[character]
        for stroke in strokes:
            points = np.rint((middle + size * np.array(stroke)) * 2**SHIFT).astype(np.int32)
            cv2.polylines(image, [points], False, (0,), width, cv2.LINE_AA, SHIFT)
    return image


def _stacked(rows: list[np.ndarray]) -> np.ndarray:
    """Rows stacked on one white sheet."""
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1])), constant_values=255) for row in rows]
    return np.concatenate([row[30:-30] for row in padded] if len(padded) > 1 else padded)


def _treated(image: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    h, w = image.shape
    ink = 1 - image.astype(np.float32) / 255
    if kind == "light on dark":
        return np.asarray(np.clip(30 + 205 * ink, 0, 255), np.uint8)
    if kind.startswith("rule"):
        y = int(h * {"rule below": 0.86, "rule above": 0.12, "rule through": 0.55}[kind])
        ruled = image.copy()
        cv2.line(ruled, (8, y), (w - 8, y + int(rng.integers(-3, 4))), (90,), 3, cv2.LINE_AA)
        return ruled
    if kind == "uneven light":
        y, x = np.mgrid[:h, :w]
        light = 150 + 90 * np.cos((x / w - rng.uniform()) * 2) * np.cos((y / h - rng.uniform()) * 2)
        return np.asarray(np.clip(light * (1 - 0.8 * ink), 0, 255), np.uint8)
    if kind == "tilted":
        turn = cv2.getRotationMatrix2D((w / 2, h / 2), float(rng.uniform(-9, 9)), 1)
        return np.asarray(cv2.warpAffine(image, turn, (w, h), borderValue=(255,)))
    if kind == "photo grain":
        soft = cv2.GaussianBlur(200 * (1 - 0.75 * ink) + 20, (0, 0), 1.2)
        return np.asarray(np.clip(soft + rng.normal(0, 4, (h, w)), 0, 255), np.uint8)
    return image
