"""Renderings of difficult cameras, screens and surroundings; functions have the signature of those in `surfaces`."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.rendering.surfaces import BIRO, BLACK, CREAM, WHITE, Image, Surface, as_bytes, camera, jpeg, laid, sheet


def glare(ink: Image, rng: np.random.Generator) -> Image:
    """A whiteboard with a lamp's reflection."""
    lit = laid(0.9 * ink, sheet(ink.shape, rng, (205, 208, 212), grain=1), (40, 60, 120))
    spot = _spot(ink.shape, rng, size=rng.uniform(0.06, 0.2))
    return camera(lit + 90 * spot[..., None], rng)


def vignette(ink: Image, rng: np.random.Generator) -> Image:
    """Ballpoint through a cheap lens: the corners get a quarter of the light."""
    h, w = ink.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    far = ((x / w - 0.5) ** 2 + (y / h - 0.5) ** 2) / 0.5
    light = 1 - 0.75 * far
    return camera(laid(0.9 * ink, sheet(ink.shape, rng), BIRO) * light[..., None], rng)


def dim(ink: Image, rng: np.random.Generator) -> Image:
    """A photograph in the evening: dark and noisy."""
    return camera(0.16 * laid(0.9 * ink, sheet(ink.shape, rng), BLACK), rng, noise=4, quality=60)


def overexposed(ink: Image, rng: np.random.Generator) -> Image:
    """Thin ink in an overexposed photograph."""
    return camera(1.5 * laid(0.35 * ink, sheet(ink.shape, rng, (225, 225, 222)), BIRO) - 45, rng)


def moire(ink: Image, rng: np.random.Generator) -> Image:
    """A photograph of a screen: moire between the pixel grids of screen and sensor."""
    h, w = ink.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(5, 30)
    beat = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle) + 9 * np.sin(y / 90)) / period)
    tint = np.stack([np.roll(beat, n, axis=1) for n in (0, 2, 4)], axis=-1)
    grid = 1 - 0.1 * ((x % 3 < 1) | (y % 3 < 1))[..., None]
    return camera(laid(ink, sheet(ink.shape, rng, (232, 240, 248), grain=0), BLACK) * grid + 14 * tint, rng)


def jpeg_15(ink: Image, rng: np.random.Generator) -> Image:
    small = cv2.resize(laid(0.9 * ink, sheet(ink.shape, rng), BIRO), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    return jpeg(small, 15)


def motion(ink: Image, rng: np.random.Generator) -> Image:
    """Motion blur of 20 pixels, an eighth of a digit."""
    kernel = np.zeros((21, 21), np.float32)
    angle = rng.uniform(0, np.pi)
    step = (round(10 * np.cos(angle)), round(10 * np.sin(angle)))
    cv2.line(kernel, (10 - step[0], 10 - step[1]), (10 + step[0], 10 + step[1]), 1.0)
    shot = cv2.filter2D(laid(0.95 * ink, sheet(ink.shape, rng), BLACK), -1, kernel / kernel.sum())
    return camera(shot, rng)


def defocus(ink: Image, rng: np.random.Generator) -> Image:
    return camera(laid(0.95 * ink, sheet(ink.shape, rng), BLACK), rng, soft=7)


def finger(ink: Image, rng: np.random.Generator) -> Image:
    """A finger holds the page: it enters from the border and does not cover the number."""
    room = 110
    ink = np.pad(ink, ((0, room), (0, 0)))
    image = laid(0.95 * ink, sheet(ink.shape, rng), BIRO)
    h, w = ink.shape
    x = int(rng.integers(40, w - 40))
    tip = (x, h - int(rng.integers(60, 100)))
    cv2.line(image, (x + int(rng.integers(-60, 60)), h + 60), tip, (176, 124, 100), 58, cv2.LINE_AA)
    cv2.ellipse(image, tip, (17, 20), 0, 180, 360, (206, 160, 144), -1, cv2.LINE_AA)
    return camera(image, rng, soft=1.5)


def pen(ink: Image, rng: np.random.Generator) -> Image:
    """A pen on the page, extending beyond the image."""
    room = 130
    ink = np.pad(ink, ((0, 0), (0, room)))
    image = laid(0.95 * ink, sheet(ink.shape, rng), BLACK)
    h, w = ink.shape
    y = int(rng.integers(0, h))
    tip = (w - int(rng.integers(50, 100)), h // 2)
    cv2.line(image, tip, (w + 40, y), (24, 40, 110), 22, cv2.LINE_AA)
    return camera(image, rng)


def hand_shadow(ink: Image, rng: np.random.Generator) -> Image:
    """The soft shadow of hand and phone from the bottom, as in most photographs of paper."""
    h, w = ink.shape
    dark = np.zeros((h, w), np.float32)
    x = int(rng.integers(w // 4, 3 * w // 4))
    cv2.ellipse(dark, (x, h), (int(0.4 * w), int(rng.uniform(0.4, 0.8) * h)), 0, 0, 360, 1.0, -1)
    light = 1 - 0.5 * cv2.GaussianBlur(dark, (0, 0), float(rng.uniform(6, 25)))
    return camera(laid(0.95 * ink, sheet(ink.shape, rng), BIRO) * light[..., None], rng)


def phone_app(ink: Image, rng: np.random.Generator) -> Image:
    """A screenshot: a dark status bar with symbols, a scroll bar and a gray tool bar."""
    ink = np.pad(ink, ((60, 90), (0, 0)))
    image = laid(ink, sheet(ink.shape, rng, WHITE, grain=0), BLACK)
    h, w = ink.shape
    image[:40] = (32, 33, 36)
    for n in range(4):
        cv2.rectangle(image, (w - 30 - 14 * n, 30 - 4 * n), (w - 24 - 14 * n, 30), (240, 240, 240), -1)
    image[h - 70 :] = (238, 238, 240)
    for n in range(3):
        cv2.circle(image, (w * (2 * n + 1) // 6, h - 35), 14, (120, 120, 126), 3, cv2.LINE_AA)
    top = int(rng.integers(50, h // 2))
    image[top : top + h // 4, w - 9 : w - 3] = (150, 150, 156)
    return as_bytes(image)


def dark_app(ink: Image, rng: np.random.Generator) -> Image:
    """A screenshot in dark mode, with a lighter title bar and a thin scroll bar."""
    ink = np.pad(ink, ((50, 0), (0, 0)))
    image = laid(ink, sheet(ink.shape, rng, (24, 26, 30), grain=0), (220, 222, 226))
    image[:40] = (44, 47, 53)
    top = int(rng.integers(60, len(ink) // 2))
    image[top : top + len(ink) // 4, -8:-3] = (92, 96, 104)
    return as_bytes(image)


def window(ink: Image, rng: np.random.Generator) -> Image:
    """A screenshot of a drawing program's window: one-pixel border, light tool bar, gray surroundings."""
    image = laid(ink, sheet(ink.shape, rng, WHITE, grain=0), BLACK)
    image = np.pad(image, ((60, 30), (30, 30), (0, 0)), constant_values=214)
    h, w = image.shape[:2]
    cv2.rectangle(image, (28, 20), (w - 29, h - 29), (110, 110, 110), 1)
    return as_bytes(image)


def pasted(ink: Image, rng: np.random.Generator) -> Image:
    """A photograph of a sheet, placed on a white page with a border line."""
    inner = camera(laid(0.9 * ink, sheet(ink.shape, rng, (206, 198, 180), grain=3), BIRO), rng)
    around = rng.integers(30, 120, 4)
    image = np.pad(inner, (tuple(around[:2]), tuple(around[2:]), (0, 0)), constant_values=255)
    h, w = image.shape[:2]
    cv2.rectangle(image, (6, 6), (w - 7, h - 7), (0, 0, 0), int(rng.integers(1, 5)))
    return image


def wooden_desk(ink: Image, rng: np.random.Generator) -> Image:
    """A rotated sheet on a light wooden desk, with all four edges visible."""
    h, w = ink.shape
    paper = laid(0.92 * ink, sheet(ink.shape, rng, (242, 240, 234)), BIRO)
    room = int(rng.integers(50, 120))
    size = (h + 2 * room, w + 2 * room)
    rings = cv2.resize(rng.normal(0, 1, (size[0], 4)).astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
    desk = np.array((150, 104, 66), np.float32) * (1 + 0.12 * cv2.GaussianBlur(rings, (0, 0), 2)[..., None])
    rotation = cv2.getRotationMatrix2D((w / 2, h / 2), rng.uniform(-5, 5), 1.0)
    rotation[:, 2] += room
    paper = cv2.warpAffine(paper, rotation, size[::-1])
    mask = cv2.warpAffine(np.ones((h, w), np.float32), rotation, size[::-1])[..., None]
    return camera(desk * (1 - mask) + paper * mask, rng)


def card(ink: Image, rng: np.random.Generator) -> Image:
    """An index card on a pale table: the card's edge is a faint line all around."""
    paper = laid(0.92 * ink, sheet(ink.shape, rng, (246, 244, 238)), BLACK)
    room = int(rng.integers(30, 80))
    table = sheet((ink.shape[0] + 2 * room, ink.shape[1] + 2 * room), rng, (206, 202, 196))
    shade = np.zeros(table.shape[:2], np.float32)
    shade[room + 4 : -room + 6, room + 4 : -room + 6] = 1
    table *= 1 - 0.35 * cv2.GaussianBlur(shade, (0, 0), 4)[..., None]
    table[room:-room, room:-room] = paper
    return camera(table, rng)


def perspective(ink: Image, rng: np.random.Generator) -> Image:
    """The page photographed from the side: the far end has 70 % of the height of the near end."""
    h, w = ink.shape
    image = laid(0.95 * ink, sheet(ink.shape, rng), BIRO)
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    shot = corners + np.array([(0, 0.15 * h), (0, 0), (0, 0), (0, -0.15 * h)], np.float32)
    warp = cv2.getPerspectiveTransform(corners, shot)
    return camera(cv2.warpPerspective(image, warp, (w, h), borderValue=CREAM), rng)


def small_in_large(ink: Image, rng: np.random.Generator) -> Image:
    """A 12-megapixel photograph in which the number is small."""
    factor = float(rng.uniform(0.8, 1.4))
    ink = cv2.resize(ink, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC).clip(0, 1)
    h, w = ink.shape
    image = np.full((3000, 4000, 3), (206, 202, 192), np.uint8)
    y, x = int(rng.integers(0, 3000 - h)), int(rng.integers(0, 4000 - w))
    image[y : y + h, x : x + w] = as_bytes(laid(0.9 * ink, image[y : y + h, x : x + w].astype(np.float32), BIRO))
    noise = cv2.randn(np.zeros_like(image, np.int16), 0, 5)
    return cv2.add(image, noise, dtype=cv2.CV_8U)


def icon(side: int) -> Surface:
    """One digit of the given size in pixels, or a row of that height."""

    def surface(ink: Image, rng: np.random.Generator) -> Image:
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        tight = np.pad(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 20)
        small = cv2.resize(tight, None, fx=side / len(tight), fy=side / len(tight), interpolation=cv2.INTER_AREA)
        dark = bool(rng.random() < 0.5)
        return as_bytes(laid(small, np.full((*small.shape, 3), 0.0 if dark else 255.0), WHITE if dark else BLACK))

    return surface


def _spot(shape: tuple[int, ...], rng: np.random.Generator, *, size: float) -> Image:
    h, w = shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    far = (x - rng.uniform(0, w)) ** 2 + (y - rng.uniform(0, h)) ** 2
    return np.exp(-far / (2 * (size * w) ** 2))


SCENES: dict[str, Surface] = {
    **{each.__name__: each for each in (
        glare, vignette, dim, overexposed, moire, jpeg_15, motion, defocus, finger, pen, hand_shadow, phone_app,
        dark_app, window, pasted, wooden_desk, card, perspective, small_in_large,
    )},
    "icon_28": icon(28),
    "icon_16": icon(16),
}  # fmt: skip
