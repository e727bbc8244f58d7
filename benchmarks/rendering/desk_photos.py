"""Photographs of 10 megapixels: a page with one to three numbers on a desk with other objects, in varying light."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.common import Digits
from benchmarks.rendering.paper_sets import Picture
from benchmarks.rendering.printed_sheet import Sheet, light
from benchmarks.rendering.surfaces import Colour, Image, as_bytes
from benchmarks.rendering.written_numbers import Writer, random_number

SIZE_WH = (3648, 2736)  # pixels: 10 megapixels
DESKS: tuple[Colour, ...] = (
    (150, 104, 66), (96, 66, 44), (196, 160, 116), (58, 56, 60), (120, 124, 128), (206, 202, 196), (66, 84, 80),
)  # fmt: skip
PAGE_KINDS = ("blank", "ruled", "squared", "margin")


def desk_photo(kind: str, digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """The whole photograph of a kind of page as JPEG bytes, in portrait or landscape format like the page."""
    page, text = _page(kind, digits, rng)
    return Picture(on_desk(page, rng), text)


def on_desk(page: Image, rng: np.random.Generator) -> bytes:
    """A page, (h, w, 3) uint8, photographed on a desk: JPEG bytes."""
    w, h = SIZE_WH if page.shape[1] > page.shape[0] else SIZE_WH[::-1]
    photo = _desk((w, h), rng)
    if rng.random() < 0.4:
        _book(photo, rng)
    corners = _place(page.shape[1::-1], (w, h), rng)
    _shadow_and_page(photo, page, corners, rng)
    if rng.random() < 0.5:
        _pen(photo, corners, rng)
    shade = as_bytes(255 * light((h // 8, w // 8), rng))
    cv2.multiply(photo, cv2.resize(shade, (w, h)), photo, 1 / 255)
    photo = cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.8, 2.2))
    noise = rng.uniform(2, 7) * rng.standard_normal((h // 2, w // 2), np.float32)
    noise = cv2.resize(np.rint(noise).astype(np.int16), (w, h))
    photo = cv2.add(photo, cv2.merge([noise] * 3), dtype=cv2.CV_8U)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(75, 93))]
    return cv2.imencode(".jpg", photo[..., ::-1], quality)[1].tobytes()


def _page(kind: str, digits: Digits, rng: np.random.Generator) -> tuple[Image, str]:
    """A sheet with numbers, (h, w, 3) uint8, smaller than in the photograph, and their text."""
    w = int(rng.integers(1500, 1900))
    sheet = Sheet((w, w * rng.choice([0.707, 0.8, 1.25, 1.414])), rng)
    height = rng.uniform(65, 150)
    pitch = height * rng.uniform(1.0, 1.5) if kind == "ruled" else height * rng.uniform(0.55, 0.9)
    pale: Colour = ((150, 176, 214), (186, 196, 214), (170, 170, 176))[rng.integers(3)]
    lines_at = np.arange(pitch * 1.5, sheet.h, pitch)
    if kind in ("ruled", "squared"):
        for y in lines_at:
            sheet.stroke((0, y), (sheet.w, y), width=2, colour=pale)
    if kind == "squared":
        for x in np.arange(0.5 * pitch, sheet.w, pitch):
            sheet.stroke((x, 0), (x, sheet.h), width=2, colour=pale)
    if kind in ("ruled", "margin"):
        x = 0.12 * sheet.w
        sheet.stroke((x, 0), (x, sheet.h), width=3, colour=(226, 120, 120))
    writer = Writer(digits, rng, height=height)
    longest = max(2, min(7, int(0.7 * sheet.w / height)))
    texts = [random_number(rng, int(rng.integers(2, longest + 1))) for _ in range(rng.integers(1, 4))]
    y = rng.uniform(0.15, 0.35) * sheet.h
    for text in texts:
        number = writer.write(text)
        if kind == "ruled":
            y = lines_at[np.abs(lines_at - y).argmin()] - 0.02 * height
        room = max(sheet.w - number.ink.shape[1], 0)
        sheet.write(number, max(0.15 * sheet.w, room * rng.uniform(0.2, 0.6)), y)
        y += height * rng.uniform(1.8, 3.2)
    return as_bytes(sheet.image()), "\n".join(texts)


def _desk(size_wh: tuple[int, int], rng: np.random.Generator) -> Image:
    """A desk with horizontal grain, computed at an eighth of the resolution."""
    w, h = (side // 8 for side in size_wh)
    rings = cv2.resize(rng.normal(0, 1, (h, 6)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    grain = 1 + rng.uniform(0, 0.12) * cv2.GaussianBlur(rings, (0, 0), 1.2)
    colour = np.array(DESKS[rng.integers(len(DESKS))], np.float32) * rng.uniform(0.85, 1.1)
    return cv2.resize(as_bytes(colour * grain[..., None]), size_wh, interpolation=cv2.INTER_CUBIC)


def _place(page_wh: tuple[int, ...], photo_wh: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """The page's corners in the photograph, (4, 2): rotated, and seen by a tilted pinhole camera."""
    page, photo = np.array(page_wh, float), np.array(photo_wh, float)
    flat = (np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) - 0.5) * page * (photo / page).min()
    turn, nod, lean = np.deg2rad(rng.uniform((-8, -25, -10), (8, 8, 10)))
    x, y = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ flat.T
    depth = 1.2 * photo.max() + y * np.sin(nod) + x * np.sin(lean)  # the focal length is 1.2 times the longer side
    seen = np.stack([x * np.cos(lean), y * np.cos(nod)], axis=1) / depth[:, None]
    middle, span = (seen.max(axis=0) + seen.min(axis=0)) / 2, np.ptp(seen, axis=0)
    corners = (seen - middle) * (photo / span).min() * rng.uniform(0.78, 0.98)
    return np.asarray(corners + photo * rng.uniform(0.47, 0.53, 2), np.float32)


def _shadow_and_page(photo: Image, page: Image, corners: np.ndarray, rng: np.random.Generator) -> None:
    """Place the page on the desk, with a soft shadow."""
    h, w = photo.shape[:2]
    shade = np.zeros((h // 8, w // 8), np.uint8)
    moved = (corners + rng.uniform(-30, 30, 2)) / 8
    cv2.fillConvexPoly(shade, np.rint(moved).astype(np.int32), 110)
    shade = cv2.resize(cv2.GaussianBlur(shade, (0, 0), rng.uniform(1, 4)), (w, h))
    cv2.multiply(photo, cv2.merge([255 - shade] * 3), photo, 1 / 255)
    flat = np.array([(0, 0), (page.shape[1], 0), page.shape[1::-1], (0, page.shape[0])], np.float32)
    warp = cv2.getPerspectiveTransform(flat, corners)
    mask = cv2.warpPerspective(np.full(page.shape[:2], 255, np.uint8), warp, (w, h))
    cv2.copyTo(cv2.warpPerspective(page, warp, (w, h)), mask, photo)


def _book(photo: Image, rng: np.random.Generator) -> None:
    """Draw a dark book at one side of the photograph; the page may cover it."""
    h, w = photo.shape[:2]
    far = rng.uniform(0.05, 0.16)
    near = far + rng.uniform(-0.03, 0.05)
    side = np.array([(0, 0), (far * w, 0), (near * w, h), (0, h)])
    if rng.random() < 0.5:
        side = (w, 0) + side * (-1, 1)
    cv2.fillConvexPoly(photo, np.rint(side).astype(np.int32), [int(v) for v in rng.integers(10, 90, 3)], cv2.LINE_AA)
    edge = np.rint(side[1:3]).astype(np.int32)
    cv2.polylines(photo, [edge], isClosed=False, color=(214, 208, 190), thickness=int(rng.integers(8, 30)))


def _pen(photo: Image, corners: np.ndarray, rng: np.random.Generator) -> None:
    """Draw a pen across the lower right corner of the page."""
    tip = corners[2] + (corners[0] - corners[2]) * rng.uniform(0.02, 0.12)
    way = rng.uniform(0.15, 1.2)
    end = tip + 1300 * np.array([np.cos(way), np.sin(way)])
    colour = [int(v) for v in rng.integers(10, 200, 3)]
    points = [tuple(map(int, tip + (end - tip) * t)) for t in (0, 0.08, 1)]
    cv2.line(photo, points[0], points[1], (190, 190, 196), 22, cv2.LINE_AA)
    cv2.line(photo, points[1], points[2], colour, int(rng.integers(60, 90)), cv2.LINE_AA)
    cv2.line(photo, points[1], points[2], [min(v + 60, 255) for v in colour], 14, cv2.LINE_AA)
