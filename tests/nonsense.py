"""Deterministic pictures that show no number, or a number that must not be read without doubt."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Image = np.ndarray

WORDS = ("quick", "brown", "fox", "jumps", "over", "lazy", "dog", "while", "five", "boxing", "wizards", "look", "vex")


def _rng() -> np.random.Generator:
    return np.random.default_rng(17)


def blank() -> Image:
    return np.full((480, 640), 243, np.uint8)


def black() -> Image:
    return np.zeros((480, 640, 3), np.uint8)


def grain() -> Image:
    """White noise: independent pixels."""
    return _rng().integers(0, 256, (480, 640, 3), dtype=np.uint8)


def clouds() -> Image:
    """Noise at several scales, as in a photograph of gravel or leaves."""
    total = np.zeros((480, 640), np.float32)
    for side in (4, 16, 64, 240):
        part = _rng().normal(0, 1, (side, side)).astype(np.float32)
        total += cv2.resize(part, (640, 480), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.normalize(total, total, 0, 255, cv2.NORM_MINMAX), np.uint8)


def face() -> Image:
    """A portrait in front of a wall."""
    picture = np.full((600, 480, 3), (196, 204, 210), np.uint8)
    cv2.ellipse(picture, (240, 640), (230, 190), 0, 0, 360, (60, 80, 140), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (240, 230), (150, 180), 0, 0, 360, (70, 48, 34), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (240, 270), (120, 155), 0, 0, 360, (226, 184, 160), -1, cv2.LINE_AA)
    for x in (190, 290):
        cv2.ellipse(picture, (x, 245), (26, 13), 0, 0, 360, (250, 250, 250), -1, cv2.LINE_AA)
        cv2.circle(picture, (x, 245), 11, (60, 40, 30), -1, cv2.LINE_AA)
        cv2.ellipse(picture, (x, 215), (34, 10), 0, 180, 360, (70, 48, 34), 7, cv2.LINE_AA)
    cv2.polylines(picture, [np.array([(240, 250), (226, 310), (250, 314)])], False, (190, 140, 120), 4, cv2.LINE_AA)
    cv2.ellipse(picture, (240, 355), (48, 20), 0, 0, 180, (170, 70, 70), 9, cv2.LINE_AA)
    light = np.linspace(1.0, 0.6, 480, dtype=np.float32)[None, :, None]
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 2) * light, np.uint8)


def qr_code() -> Image:
    code = cv2.QRCodeEncoder.create().encode("https://example.org/a/rather/long/address?with=some&query=42")
    return np.pad(cv2.resize(code, None, fx=9, fy=9, interpolation=cv2.INTER_NEAREST), 40, constant_values=255)


def small_qr_code() -> Image:
    code = cv2.QRCodeEncoder.create().encode("407")
    return np.pad(cv2.resize(code, None, fx=12, fy=12, interpolation=cv2.INTER_NEAREST), 40, constant_values=255)


def page_of_text() -> Image:
    """Thirty lines of printed words."""
    page = np.full((1400, 1000), 250, np.uint8)
    rng = _rng()
    for y in range(80, 1340, 42):
        line = " ".join(rng.choice(WORDS, 9))[:54]
        cv2.putText(page, line, (60, y), cv2.FONT_HERSHEY_COMPLEX, 0.85, 30, 2, cv2.LINE_AA)
    return page


def paragraph() -> Image:
    """Three lines of printed words."""
    page = np.full((300, 900), 250, np.uint8)
    for y, line in (
        (80, "the quick brown fox jumps"),
        (160, "over the lazy dog while five"),
        (240, "boxing wizards look on"),
    ):
        cv2.putText(page, line, (40, y), cv2.FONT_HERSHEY_COMPLEX, 1.4, 30, 2, cv2.LINE_AA)
    return page


def word() -> Image:
    page = np.full((200, 600), 250, np.uint8)
    cv2.putText(page, "Hamburg", (40, 130), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 3.5, 30, 6, cv2.LINE_AA)
    return page


def checkerboard() -> Image:
    return np.asarray(255 * (np.indices((480, 640)) // 40).sum(axis=0) % 510, np.uint8)


def gradient() -> Image:
    return np.broadcast_to(np.linspace(0, 255, 640), (480, 640)).astype(np.uint8)


def blot() -> Image:
    """Spilled ink: round, with a ragged edge."""
    picture = np.full((480, 480), 246, np.uint8)
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    far = 150 + 12 * _rng().normal(0, 1, 90)
    outline = np.stack([240 + far * np.cos(angle), 240 + far * np.sin(angle)], axis=1).astype(np.int32)
    cv2.fillPoly(picture, [outline], 25, cv2.LINE_AA)
    return picture


def stripes() -> Image:
    return np.asarray(np.where(np.arange(480)[:, None] % 48 < 24, 30, 230) * np.ones((1, 640)), np.uint8)


def halftone() -> Image:
    """A newspaper halftone: dots of many sizes on a slanted grid."""
    y, x = np.mgrid[:480, :640].astype(np.float32)
    screen = np.cos((x + y) * 0.45) + np.cos((x - y) * 0.45)
    return np.asarray(np.where(screen > 4 * (x / 640) - 2, 30, 245), np.uint8)


def bar_chart() -> Image:
    picture = np.full((400, 600), 255, np.uint8)
    for n, height in enumerate((120, 240, 180, 300, 90)):
        cv2.rectangle(picture, (80 + 100 * n, 360 - height), (140 + 100 * n, 360), 90, -1)
    cv2.line(picture, (50, 360), (580, 360), 0, 2)
    return picture


def leaves() -> Image:
    """Overlapping filled ellipses in several colors and directions."""
    rng = _rng()
    picture = np.full((480, 640, 3), (70, 90, 50), np.uint8)
    for _ in range(400):
        centre = (int(rng.integers(0, 640)), int(rng.integers(0, 480)))
        colour = tuple(int(value) for value in rng.integers((20, 60, 10), (140, 220, 90)))
        cv2.ellipse(picture, centre, (34, 12), float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    return picture


def scribble() -> Image:
    points = np.cumsum(_rng().normal(0, 40, (60, 2)), axis=0)
    points = (points - points.min(axis=0)) / np.ptp(points, axis=0) * 200 + 40
    picture = np.full((280, 280), 255, np.uint8)
    cv2.polylines(picture, [points.astype(np.int32)], False, 20, 10, cv2.LINE_AA)
    return picture


NONSENSE: dict[str, Callable[[], Image]] = {
    each.__name__: each
    for each in (
        blank,
        black,
        grain,
        clouds,
        face,
        qr_code,
        small_qr_code,
        page_of_text,
        paragraph,
        word,
        checkerboard,
        gradient,
        blot,
        stripes,
        halftone,
        bar_chart,
        leaves,
        scribble,
    )
}
