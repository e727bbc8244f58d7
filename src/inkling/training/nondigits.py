"""Images of non-digits, from which a network learns to refuse such images.

Training on outliers generalizes to outliers of other kinds: Hendrycks, Mazeika, Dietterich, "Deep Anomaly Detection
with Outlier Exposure" (2019). The examples are letters, scribbles, two or three digits in one image, halves of digits
(which help to segment a row; LeCun, Bottou, Bengio, Haffner 1998, section VI), digits on their side, upside down or
mirrored if the result is not another digit, fragments of words, and blots.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from inkling.pipeline.normalize import SIDE, normalize_crop
from inkling.training.recipe import Recipe
from inkling.training.synthetic_digits import draw_strokes, smooth_curve

NO_DIGIT = 10  # the label of non-digits
POOL_EPOCHS = 4  # the pool made before training is enough for four epochs; augmentation varies it afterward
# Without the letters that look like a digit on their own: O o D Q I i l S s Z z B b g q, and y, which many people write
# like an open 4. Letters similar to a digit are half as frequent.
LETTERS = 2 * "AEFHKMNPRWXdefhkmnprwx#&@%+?*=$" + "CGJLTUVYacjtuv<>"
FACES = (
    *(cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX),
    *(cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX, cv2.FONT_HERSHEY_PLAIN),
)
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneralItalic", "cmmi10", "cmss10")
HALVES = {0: "lr", 2: "lr", 3: "l", 5: "lr", 6: "l", 9: "l"}  # left or right; other halves can look like digits
ON_SIDE = (2, 3, 4, 5, 7)
MIRRORED = (3, 4, 6, 7, 9)
UPSIDE_DOWN = (3, 4, 7)

Rng = np.random.Generator
Images = np.ndarray


def n_per_epoch(recipe: Recipe, n_digits: int) -> int:
    """The number of non-digits in an epoch with `n_digits` digits."""
    return round(recipe.nondigits * n_digits)


def make_pool(recipe: Recipe, images: Images, labels: np.ndarray) -> np.ndarray:
    """A run's non-digits, made from its training digits: (K, 28, 28) uint8; (0, 28, 28) if the recipe has none."""
    rng = np.random.default_rng((recipe.seed, 0x0DD5))  # a separate stream
    n = POOL_EPOCHS * n_per_epoch(recipe, len(images))
    return np.asarray(np.rint(make_nondigits(n, images, labels, rng) * 255), np.uint8)


def make_nondigits(n: int, images: Images, labels: np.ndarray, rng: Rng) -> np.ndarray:
    """(n, 28, 28) float32 normalized non-digits in 0..1, made from (N, 28, 28) uint8 digits and their labels (N,)."""
    kinds: list[tuple[float, Callable[[Images, np.ndarray, Rng], np.ndarray]]] = [
        (0.38, lambda images, labels, rng: letter(rng)),
        (0.18, lambda images, labels, rng: scribble(rng)),
        (0.20, lambda images, labels, rng: adjacent_digits(images, rng)),
        (0.08, half_digit),
        (0.08, rotated_or_mirrored),
        (0.04, lambda images, labels, rng: word_fragment(rng)),
        (0.04, lambda images, labels, rng: blot(rng)),
    ]
    shares = np.array([share for share, _ in kinds])
    tiles = np.empty((n, SIDE, SIDE), np.float32)
    for tile, kind in zip(tiles, rng.choice(len(kinds), n, p=shares / shares.sum()), strict=True):
        tile[:] = normalize_crop(kinds[kind][1](images, labels, rng))
    return tiles


def letter(rng: Rng) -> np.ndarray:
    """A warped letter or sign -> (h, w) float32 ink, 0..1."""
    sign = LETTERS[rng.integers(len(LETTERS))]
    return warp(printed_sign(sign, rng), rng)


def word_fragment(rng: Rng) -> np.ndarray:
    """Two to five warped letters -> (h, w) float32 ink, 0..1."""
    signs = "".join(LETTERS[i] for i in rng.integers(len(LETTERS), size=rng.integers(2, 6)))
    return warp(stroke_font_text(signs, rng), rng)


def printed_sign(sign: str, rng: Rng) -> np.ndarray:
    """A sign in one of OpenCV's stroke fonts or Matplotlib's fonts -> (h, w) float32 ink."""
    if rng.random() < 0.6:
        return stroke_font_text(sign, rng)
    image = truetype_text(sign, FONTS[rng.integers(len(FONTS))])
    if rng.random() < 0.5:
        image = cv2.erode(image, np.ones((2, 2), np.uint8))
    return image.astype(np.float32) / np.float32(255)


def stroke_font_text(text: str, rng: Rng) -> np.ndarray:
    """A text in one of OpenCV's fonts, letters 8 to 28 pixels high, random pen -> (h, w) float32 ink."""
    face, scale, pen = FACES[rng.integers(len(FACES))], rng.uniform(0.8, 1.3), int(rng.integers(1, 5))
    if rng.random() < 0.2:
        face |= cv2.FONT_ITALIC
    (w, h), below = cv2.getTextSize(text, face, scale, pen)
    image = np.zeros((h + below + 16, w + 16), np.uint8)
    cv2.putText(image, text, (8, h + 8), face, scale, (255,), pen, cv2.LINE_AA)
    return image.astype(np.float32) / np.float32(255)


@cache
def truetype_text(text: str, font: str) -> np.ndarray:
    """A text in one of Matplotlib's fonts, at a font size of 32 pixels -> (h, w) uint8."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    face = ImageFont.truetype(path, 32)
    left, top, right, bottom = (int(side) for side in face.getbbox(text))
    image = Image.new("L", (right - left + 16, bottom - top + 16))
    ImageDraw.Draw(image).text((8 - left, 8 - top), text, fill=255, font=face)
    return np.asarray(image)


def warp(ink: np.ndarray, rng: Rng) -> np.ndarray:
    """Shears, rotates, stretches and bends ink at random. (h, w) -> (h', w') float32."""
    h, w = ink.shape
    turn, slant = rng.normal(0, 0.15), rng.normal(0.1, 0.2)
    wider = np.exp(rng.normal(0, 0.2))
    matrix = rotation_matrix(turn) @ np.array([[wider, -slant], [0, 1]])
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2 @ matrix.T
    size = np.ceil(np.ptp(corners, axis=0)).astype(int) + 8  # w, h of the result
    back = np.linalg.inv(matrix)
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    x -= size[0] / 2
    y -= size[1] / 2
    bend = cv2.resize(
        rng.normal(0, 0.045 * h, (2, 4, 4)).astype(np.float32).transpose(1, 2, 0), (int(size[0]), int(size[1]))
    )
    x, y = x + bend[..., 0], y + bend[..., 1]
    x_from = (back[0, 0] * x + back[0, 1] * y + w / 2).astype(np.float32)
    y_from = (back[1, 0] * x + back[1, 1] * y + h / 2).astype(np.float32)
    return np.asarray(cv2.remap(ink, x_from, y_from, cv2.INTER_LINEAR))


def scribble(rng: Rng) -> np.ndarray:
    """Random lines: curls, zigzags, spirals, crosses, ticks, arrows, grids, dots."""
    kind = rng.integers(8)
    strokes: list[np.ndarray]
    if kind <= 2:  # a curl through random points
        strokes = [smooth_curve(rng.random((rng.integers(5, 14), 2))) for _ in range(rng.integers(1, 3))]
    elif kind == 3:  # a zigzag
        n = int(rng.integers(4, 12))
        strokes = [np.stack([np.linspace(0, rng.uniform(0.4, 1.5), n), np.arange(n) % 2 + rng.normal(0, 0.15, n)], 1)]
    elif kind == 4:  # a spiral of more than one turn
        t = np.linspace(0, rng.uniform(3, 8) * np.pi, 80)
        strokes = [np.stack([t * np.cos(t), t * np.sin(t) * rng.uniform(0.5, 1.2)], 1) / t[-1]]
    elif kind == 5:  # several straight lines, such as a cross, a star or a grid
        strokes = [rng.random((2, 2)) + rng.normal(0, 0.05, (2, 2)) for _ in range(rng.integers(3, 8))]
    elif kind == 6:  # an arrow or a tick
        tip = rng.random(2)
        tail = tip + rng.normal(0, 1, 2)
        strokes = [np.stack([tail, tip])]
        for angle in rng.uniform(0.35, 1.0) * np.array([1, -1]):
            strokes.append(np.stack([tip, tip + rng.uniform(0.3, 0.5) * rotation_matrix(angle) @ (tail - tip)]))
    else:  # dots and dashes
        starts = rng.random((rng.integers(4, 9), 2))
        strokes = [np.stack([start, start + rng.normal(0, 0.1, 2)]) for start in starts]
    matrix = rotation_matrix(rng.uniform(0, 2 * np.pi))
    return draw_strokes([stroke @ matrix.T for stroke in strokes], rng)


def rotation_matrix(angle: float) -> np.ndarray:
    """The (2, 2) rotation by an angle in radians."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def adjacent_digits(images: Images, rng: Rng) -> np.ndarray:
    """Two or three digits side by side, touching or close; sometimes one above the other."""
    n = 2 if rng.random() < 0.85 else 3
    parts = [crop_to_ink(images[i]) for i in rng.integers(len(images), size=n)]
    if rng.random() < 0.1:
        return side_by_side([part.T for part in parts], rng).T
    return side_by_side(parts, rng)


def side_by_side(parts: list[np.ndarray], rng: Rng) -> np.ndarray:
    """Digits' ink, (h, w) float32 each, side by side: from 4 pixels of overlap to 3 pixels of space between them."""
    height = max(len(part) for part in parts) + 6
    row = np.zeros((height, sum(part.shape[1] for part in parts) + 12), np.float32)
    x, right = 0, 0
    for part in parts:
        h, w = part.shape
        x = max(x, 0)
        y = int(rng.integers(0, height - h + 1))
        place = row[y : y + h, x : x + w]
        np.maximum(place, part, out=place)
        right = x + w
        x = right + int(rng.integers(-4, 4))
    return row[:, :right]


def half_digit(images: Images, labels: np.ndarray, rng: Rng) -> np.ndarray:
    """A part of a digit: a third to two thirds of its width."""
    image, digit = _one_of(tuple(HALVES), images, labels, rng)
    part = crop_to_ink(image)
    cut = max(3, int(part.shape[1] * rng.uniform(0.35, 0.65)))
    return part[:, :cut] if rng.choice(list(HALVES.get(digit, "l"))) == "l" else part[:, -cut:]


def rotated_or_mirrored(images: Images, labels: np.ndarray, rng: Rng) -> np.ndarray:
    """A digit on its side, mirrored or upside down, if the result is not another digit."""
    kind = rng.integers(3)
    image, _ = _one_of((ON_SIDE, MIRRORED, UPSIDE_DOWN)[kind], images, labels, rng)
    part = crop_to_ink(image)
    turned = (np.rot90(part, rng.choice((1, 3))), part[:, ::-1], part[::-1, ::-1])[kind]
    return np.ascontiguousarray(turned)


def blot(rng: Rng) -> np.ndarray:
    """A spot, a bar or a texture: thresholded smooth noise."""
    rough = cv2.resize(
        rng.normal(0, 1, rng.integers(2, 9, 2)).astype(np.float32), (40, 40), interpolation=cv2.INTER_CUBIC
    )
    ink = (rough > rng.uniform(-0.5, 0.5)).astype(np.float32)
    return ink if ink.any() else np.ones((40, 40), np.float32)


def crop_to_ink(image: np.ndarray) -> np.ndarray:
    """(28, 28) uint8 -> (h, w) float32, 0..1, cropped to the ink."""
    x, y, w, h = cv2.boundingRect(np.asarray(image > 40, np.uint8))
    return np.asarray(image[y : y + h, x : x + w], np.float32) / np.float32(255) if w else np.ones((4, 4), np.float32)


def _one_of(digits: tuple[int, ...], images: Images, labels: np.ndarray, rng: Rng) -> tuple[np.ndarray, int]:
    """A random image (28, 28) uint8 whose label is in `digits` (any label, if 50 draws find none), and its label."""
    for i in rng.integers(len(images), size=50):
        if labels[i] in digits:
            break
    return images[i], int(labels[i])
