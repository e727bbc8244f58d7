"""Write the example images of the drawing page: MNIST test images on rendered backgrounds.

    python scripts/make_examples.py mnist.npz

`mnist.npz` contains x_test (10000, 28, 28) uint8 and y_test (10000,). The same input gives the same files. The
examples are test images, so the page shows handwriting that was not used for training.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

FOLDER = Path(__file__).parents[1] / "src/inkling/server/static/examples"
SEED = 20
QUALITY = 70  # of WebP, 0 to 100; every example is read the same way as at 82
Array = np.ndarray


@dataclass(frozen=True)
class Example:
    """One image: its digits and its background."""

    name: str
    shows: str  # the digits, in reading order
    alt: str
    surface: Callable[[Array, np.random.Generator], Array]  # (H, W) float32 ink 0..1 -> (H, W, 3) uint8 BGR
    pick: int = 0  # selects the test images: the i-th digit is image 7 * pick + i of its class


def main() -> None:
    """Write every example and examples.json."""
    with np.load(sys.argv[1]) as data:
        images, labels = data["x_test"], data["y_test"]
    rng = np.random.default_rng(SEED)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in (*FOLDER.glob("*.webp"), *FOLDER.glob("*.jpg"), *FOLDER.glob("*.png")):
        old.unlink()
    listed = []
    for example in EXAMPLES:
        picture = example.surface(write(example, images, labels, rng), rng)
        file = f"{example.name}.webp"
        Image.fromarray(picture[..., ::-1]).save(FOLDER / file, quality=QUALITY, method=6)
        h, w = picture.shape[:2]
        listed.append({"file": file, "shows": example.shows, "alt": example.alt, "width": w, "height": h})
    (FOLDER / "examples.json").write_text(json.dumps(listed, indent=1) + "\n", "utf-8")


def write(example: Example, images: Array, labels: Array, rng: np.random.Generator) -> Array:
    """Render the digits side by side as smooth ink with margins: (320, W) float32, 0 paper .. 1 ink."""
    digits = [stroke(images[labels == int(digit)][example.pick * 7 + i]) for i, digit in enumerate(example.shows)]
    side, step = 320, 150
    width = max(side, 150 + step * len(digits))
    ink = np.zeros((side, width), np.float32)
    x = (width - step * len(digits)) // 2 - (224 - step) // 2
    for digit in digits:
        y = (side - 224) // 2 + int(rng.integers(-10, 11))
        part = ink[y : y + 224, max(0, x) : x + 224]
        np.maximum(part, digit[:, max(0, -x) : max(0, -x) + part.shape[1]], out=part)
        x += step
    return ink


def stroke(image: Array) -> Array:
    """Upsample an MNIST image to smooth strokes: (28, 28) uint8 -> (224, 224) float32 0..1."""
    large = cv2.resize(image.astype(np.float32) / 255, (224, 224), interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), 3)
    return np.asarray(np.clip((large - 0.42) / 0.16, 0, 1), np.float32)


def blend(ink: Array, surface: Array, colour_bgr: tuple[int, int, int]) -> Array:
    """Blend ink of one color over a surface: (H, W, 3) float32 0..255 -> uint8."""
    alpha = ink[..., None]
    mixed = surface * (1 - alpha) + np.array(colour_bgr, np.float32) * alpha
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def grain(shape: tuple[int, int], rng: np.random.Generator, *, strength: float) -> Array:
    """Smooth noise like paper fibers: (H, W, 1) float32 around 0."""
    fine = rng.normal(0, strength, shape).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(fine, (0, 0), 0.8) * 2)[..., None]


def plain_paper(ink: Array, rng: np.random.Generator) -> Array:
    surface = np.full((*ink.shape, 3), (236, 245, 250), np.float32) + grain(ink.shape, rng, strength=2)
    return blend(ink * 0.95, surface, (58, 38, 28))


def blue_pen(ink: Array, rng: np.random.Generator) -> Array:
    surface = np.full((*ink.shape, 3), (246, 248, 248), np.float32) + grain(ink.shape, rng, strength=2)
    return blend(ink * 0.92, surface, (150, 66, 32))


def pencil(ink: Array, rng: np.random.Generator) -> Array:
    surface = np.full((*ink.shape, 3), (228, 236, 240), np.float32) + grain(ink.shape, rng, strength=3)
    texture = 0.72 + 0.28 * rng.random(ink.shape, dtype=np.float32)
    return blend(ink * texture * 0.8, surface, (74, 72, 70))


def squared_paper(ink: Array, rng: np.random.Generator) -> Array:
    surface = np.full((*ink.shape, 3), (247, 250, 250), np.float32) + grain(ink.shape, rng, strength=1.5)
    surface[16::32] = surface[:, 16::32] = (232, 220, 208)
    return blend(ink * 0.95, surface, (120, 50, 24))


def shadowed_photo(ink: Array, rng: np.random.Generator) -> Array:
    h, w = ink.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    light = 0.55 + 0.45 / (1 + np.exp(-(x + 0.7 * y - 0.75 * w) / 42))  # a soft-edged shadow
    light *= 1 - 0.18 * ((x / w - 0.8) ** 2 + (y / h - 0.3) ** 2)
    surface = np.full((h, w, 3), (206, 224, 232), np.float32) + grain(ink.shape, rng, strength=4)
    photo = blend(ink * 0.88, surface, (72, 52, 44)).astype(np.float32) * light[..., None]
    photo = cv2.GaussianBlur(photo, (0, 0), 1.1) + rng.normal(0, 3, photo.shape)
    rotation = cv2.getRotationMatrix2D((w / 2, h / 2), 4, 1.02)
    return cv2.warpAffine(np.clip(photo, 0, 255).astype(np.uint8), rotation, (w, h), borderMode=cv2.BORDER_REPLICATE)


def chalkboard(ink: Array, rng: np.random.Generator) -> Array:
    surface = np.full((*ink.shape, 3), (58, 66, 44), np.float32) + grain(ink.shape, rng, strength=4)
    dust = 0.75 + 0.25 * rng.random(ink.shape, dtype=np.float32)
    return blend(ink * dust, surface, (236, 244, 240))


def night_screen(ink: Array, rng: np.random.Generator) -> Array:
    return blend(ink, np.full((*ink.shape, 3), (40, 28, 22), np.float32), (120, 206, 255))


def kraft_paper(ink: Array, rng: np.random.Generator) -> Array:
    surface = np.full((*ink.shape, 3), (122, 164, 196), np.float32) + grain(ink.shape, rng, strength=6)
    return blend(ink * 0.92, surface, (30, 26, 24))


EXAMPLES = (
    Example("three", "3", "A 3 in dark ink on paper", plain_paper, 3),
    Example("five", "5", "A 5 in blue ink", blue_pen, 1),
    Example("eight-chalk", "8", "An 8 in chalk on a board", chalkboard, 2),
    Example("row", "2047", "The number 2047 on squared paper", squared_paper, 1),
    Example("seven-shadow", "7", "A photographed 7, half of it in shadow", shadowed_photo, 2),
    Example("four-pencil", "4", "A 4 in pencil", pencil, 3),
    Example("row-shadow", "196", "A photograph of the number 196 with a shadow", shadowed_photo, 1),
    Example("six-screen", "6", "A 6 in yellow on a dark screen", night_screen, 1),
    Example("nine-kraft", "9", "A 9 on brown paper", kraft_paper, 2),
    Example("row-chalk", "58", "The number 58 in chalk", chalkboard, 4),
    Example("zero", "0", "A 0 in pencil", pencil, 1),
    Example("one", "1", "A 1 in blue ink", blue_pen, 2),
)

if __name__ == "__main__":
    main()
