"""Numbers on rendered paper: MNIST digits as ink on a surface, with simulated light and camera.

A surface takes (H, W) float32 ink, 0..1, and a random generator, and returns an (H, W, 3) uint8 RGB image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

Image = np.ndarray
Surface = Callable[[Image, np.random.Generator], Image]

DIGIT = 168  # pixels: side of one enlarged MNIST image
GAP = 14  # pixels: minimum space between separate neighbors; the maximum is twice that
OVERLAP = 12  # pixels: maximum overlap of the columns of touching digits, if their strokes then touch
CONTACT = 4  # pixels: maximum overlap of the strokes of digits that must be moved closer to touch
BLUE, BLACK, RED, GREY = (32, 58, 140), (30, 30, 36), (190, 40, 44), (112, 112, 116)


def written_row(digits: Sequence[Image], rng: np.random.Generator, *, touching: float = 0.0) -> Image:
    """(28, 28) uint8 digits -> one row of smooth ink, (H, W) float32.

    `touching` is the fraction of neighbors that touch or overlap; above 0, at least one pair of the row does.
    """
    strokes = [_stroke(digit) for digit in digits]
    strokes = [stroke[:, np.flatnonzero(stroke.max(axis=0) > 0.3)] for stroke in strokes]
    gaps = [GAP + int(rng.integers(0, GAP + 1)) for _ in strokes]
    margin = int(rng.integers(60, 140))
    touches = rng.random(len(strokes)) < touching if touching else np.zeros(len(strokes), bool)
    if touching and len(strokes) > 1 and not touches[1:].any():
        touches[rng.integers(1, len(strokes))] = True
    ink = np.zeros((DIGIT + 2 * margin, sum(s.shape[1] for s in strokes) + sum(gaps) + 2 * margin), np.float32)
    end = margin - gaps[-1]
    for i, stroke in enumerate(strokes):
        y = margin + int(rng.integers(-8, 9))
        band = ink[y : y + DIGIT]
        x = end + gaps[i - 1]
        if i and touches[i]:
            x = min(end - int(rng.integers(OVERLAP + 1)), _meeting_at(band, stroke) - int(rng.integers(CONTACT)))
        part = band[:, x : x + stroke.shape[1]]
        np.maximum(part, stroke, out=part)
        end = max(end, x + stroke.shape[1])
    return ink[:, : end + gaps[-1] + margin]


def random_row(
    digits: tuple[Image, Image], n: int, rng: np.random.Generator, *, touching: float = 0.0
) -> tuple[Image, str]:
    """`n` digits drawn from (N, 28, 28) images and (N,) labels -> the ink of `written_row`, and the text."""
    images, labels = digits
    picked = rng.integers(0, len(images), n)
    return written_row(list(images[picked]), rng, touching=touching), "".join(map(str, labels[picked]))


def _meeting_at(band: Image, stroke: Image) -> int:
    """The x of a digit's left edge at which its strokes just touch those on its left."""
    ends = np.where((band > 0.5).any(axis=1), band.shape[1] - (band > 0.5)[:, ::-1].argmax(axis=1), -(10**6))
    starts = np.where((stroke > 0.5).any(axis=1), (stroke > 0.5).argmax(axis=1), 10**6)
    return int((ends - starts).max()) - 1


def _stroke(digit: Image) -> Image:
    large = cv2.resize(digit.astype(np.float32) / 255, (DIGIT, DIGIT), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip((cv2.GaussianBlur(large, (0, 0), 2.2) - 0.42) / 0.16, 0, 1), np.float32)


def clean(ink: Image, rng: np.random.Generator) -> Image:
    """A drawing program: pure black on pure white."""
    return _laid(ink, _sheet(ink, rng, (255, 255, 255), grain=0), (0, 0, 0))


def scan(ink: Image, rng: np.random.Generator) -> Image:
    return _jpeg(_laid(0.95 * ink, _sheet(ink, rng, (246, 244, 238), grain=2), BLUE), 60)


def pencil(ink: Image, rng: np.random.Generator) -> Image:
    texture = 0.5 + 0.5 * rng.random(ink.shape, dtype=np.float32)
    return _laid(0.75 * ink * texture, _sheet(ink, rng, (236, 234, 228), grain=3), GREY)


def red_pen(ink: Image, rng: np.random.Generator) -> Image:
    return _laid(0.9 * ink, _sheet(ink, rng, (248, 246, 240), grain=2), RED)


def chalk(ink: Image, rng: np.random.Generator) -> Image:
    dust = 0.65 + 0.35 * rng.random(ink.shape, dtype=np.float32)
    return _laid(ink * dust, _sheet(ink, rng, (44, 66, 58), grain=4), (240, 244, 236))


def ruled(ink: Image, rng: np.random.Generator) -> Image:
    """Lines of an exercise book, some of them through the digits."""
    sheet = _sheet(ink, rng, (250, 249, 244), grain=2)
    pitch = int(rng.integers(48, 110))
    for y in range(int(rng.integers(0, pitch)), len(sheet), pitch):
        sheet[y : y + 2] = (150, 176, 214)
    return _jpeg(_laid(0.95 * ink, sheet, BLUE), 80)


def squared(ink: Image, rng: np.random.Generator) -> Image:
    sheet = _sheet(ink, rng, (250, 249, 246), grain=2)
    pitch = int(rng.integers(30, 60))
    sheet[int(rng.integers(0, pitch)) :: pitch] = sheet[:, int(rng.integers(0, pitch)) :: pitch] = (196, 210, 226)
    return _laid(0.95 * ink, sheet, BLACK)


def shadow(ink: Image, rng: np.random.Generator) -> Image:
    """A photograph, about half of it in a hand's shadow."""
    h, w = ink.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    angle, place, edge = rng.uniform(0, 2 * np.pi), rng.uniform(-0.25, 0.25), rng.uniform(4, 40)
    across = (x - w / 2) * np.cos(angle) + (y - h / 2) * np.sin(angle) - place * min(h, w)
    light = 0.5 + 0.5 / (1 + np.exp(np.clip(-across / edge, -50, 50)))
    return _camera(_laid(0.9 * ink, _sheet(ink, rng, (232, 226, 208), grain=4), BLACK), light, rng)


def lamp(ink: Image, rng: np.random.Generator) -> Image:
    """A photograph under a single lamp: the light falls off around a random point."""
    h, w = ink.shape
    y, x = np.mgrid[:h, :w].astype(np.float32) / max(h, w)
    light = np.exp(-1.6 * ((x - rng.uniform(0, w / max(h, w))) ** 2 + (y - rng.uniform(0, h / max(h, w))) ** 2))
    return _camera(_laid(0.9 * ink, _sheet(ink, rng, (240, 236, 224), grain=3), BLUE), light, rng)


def desk(ink: Image, rng: np.random.Generator) -> Image:
    """A sheet on a dark desk, which is visible on some sides."""
    paper = _laid(0.92 * ink, _sheet(ink, rng, (238, 236, 228), grain=2), BLACK).astype(np.float32)
    h, w = ink.shape
    sides = rng.integers(12, 90, 4) * (rng.random(4) < 0.7)
    top, bottom, left, right = (int(side) for side in sides)
    image = np.full((h + top + bottom, w + left + right, 3), (74, 52, 38), np.float32)
    image += rng.normal(0, 6, image.shape[:2])[..., None]
    image[top : top + h, left : left + w] = paper
    rotation = cv2.getRotationMatrix2D((image.shape[1] / 2, image.shape[0] / 2), rng.uniform(-3, 3), 1.0)
    image = cv2.warpAffine(image, rotation, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    return _camera(image, np.ones(image.shape[:2], np.float32), rng)


def form(ink: Image, rng: np.random.Generator) -> Image:
    """A field of a printed form: the number inside a box."""
    sheet = _sheet(ink, rng, (252, 252, 250), grain=1)
    inked = np.argwhere(ink > 0.3)
    (y0, x0), (y1, x1) = inked.min(axis=0), inked.max(axis=0)
    room = int(rng.integers(14, 30))
    cv2.rectangle(sheet, (int(x0) - room, int(y0) - room), (int(x1) + room, int(y1) + room), (40, 40, 40), 3)
    return _laid(0.95 * ink, sheet, BLUE)


SURFACES: dict[str, Surface] = {
    each.__name__: each for each in (clean, scan, pencil, red_pen, chalk, ruled, squared, shadow, lamp, desk, form)
}


def _sheet(ink: Image, rng: np.random.Generator, colour: tuple[int, int, int], *, grain: float) -> Image:
    sheet = np.full((*ink.shape, 3), colour, np.float32)
    fibres = cv2.GaussianBlur(rng.normal(0, grain, ink.shape).astype(np.float32), (0, 0), 0.8) * 2
    return np.asarray(sheet + fibres[..., None], np.float32)


def _laid(ink: Image, sheet: Image, colour: tuple[int, int, int]) -> Image:
    share = np.asarray(ink, np.float32)[..., None]
    return np.asarray(np.clip(sheet * (1 - share) + np.array(colour, np.float32) * share, 0, 255), np.uint8)


def _camera(image: Image, light: Image, rng: np.random.Generator) -> Image:
    """Apply the light, lens blur, sensor noise and JPEG compression of a phone."""
    lit = cv2.GaussianBlur(np.asarray(image, np.float32) * light[..., None], (0, 0), 1.0)
    return _jpeg(np.clip(lit + rng.normal(0, 3, lit.shape), 0, 255).astype(np.uint8), 75)


def _jpeg(image: Image, quality: int) -> Image:
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(content, cv2.IMREAD_COLOR)
