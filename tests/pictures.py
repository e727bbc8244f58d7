"""Test pictures: digits enlarged, laid out on paper and encoded."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
from PIL import Image

SEVEN = ((70, 75), (205, 75), (130, 230))  # x, y of a drawn 7's corners, in pixels of a 280x280 image


def drawn_seven(*, ink: int = 20, paper: int = 255, width: int = 18, side: int = 280) -> np.ndarray:
    """(side, side) uint8 with a hand-drawn 7."""
    board = np.full((side, side), paper, np.uint8)
    corners = np.array(SEVEN) * side // 280
    cv2.polylines(board, [corners], isClosed=False, color=(ink,), thickness=width, lineType=cv2.LINE_AA)
    return board


def enlarged(digit: np.ndarray, factor: int = 8) -> np.ndarray:
    """(28, 28) light on dark -> (28 f, 28 f) dark on light."""
    size_wh = (digit.shape[1] * factor, digit.shape[0] * factor)
    return 255 - cv2.resize(digit, size_wh, interpolation=cv2.INTER_CUBIC)


def row_of(digits: list[np.ndarray], *, factor: int = 4, gap: int = 30) -> np.ndarray:
    """Well-separated digits side by side on white paper."""
    trimmed = [digit[:, digit.max(axis=0) > 60] for digit in digits]
    blank = np.full((28 * factor, gap), 255, np.uint8)
    parts = [blank] + [part for digit in trimmed for part in (enlarged(digit, factor), blank)]
    return np.pad(np.concatenate(parts, axis=1), 30, constant_values=255)


def table_of(
    digits: tuple[np.ndarray, np.ndarray], cells: list[list[str]], *, size_wh: tuple[int, int] = (150, 90)
) -> np.ndarray:
    """A ruled table of the given numbers ("" for an empty cell), written with digits from `digits` (images, labels)."""
    images, labels = digits
    w, h = size_wh
    paper = np.full((60 + h * len(cells), 60 + w * len(cells[0])), 255, np.uint8)
    for i, row in enumerate(cells):
        for j, text in enumerate(row):
            x, y = 30 + j * w, 30 + i * h
            cv2.rectangle(paper, (x, y), (x + w, y + h), (60,), 2)
            if text:
                chosen = [images[np.flatnonzero(labels == int(each))[3]] for each in text]
                ink = np.concatenate([enlarged(each[:, each.max(axis=0) > 60], 3) for each in chosen], axis=1)
                top, left = y + (h - ink.shape[0]) // 2, x + (w - ink.shape[1]) // 2
                part = paper[top : top + ink.shape[0], left : left + ink.shape[1]]
                part[:] = np.minimum(part, ink)
    return paper


def ruled(row: np.ndarray) -> np.ndarray:
    """A row of digits joined by a ruled line through all of them."""
    y, ink = int(0.72 * len(row)), 255 - np.median(row)
    line = row.copy()
    line[y : y + 3, 10:-10] = ink
    return line


def overlap(ink: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of (H, W) ink, 0..1 or bool, and a bool mask."""
    found = ink > 0.5
    return float((found & truth).sum() / (found | truth).sum())


def encoded(picture: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Chunk names and contents -> a PNG file, with a checksum for each chunk."""

    def whole(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    return b"\x89PNG\r\n\x1a\n" + b"".join(whole(*chunk) for chunk in chunks)


def png_header(w: int, h: int) -> bytes:
    """A PNG whose header claims w x h pixels but which contains almost no data, like a decompression bomb."""
    head = struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)
    return png_of([(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")])


def remarkable_tiffs() -> list[bytes]:
    """Two TIFFs that make Pillow warn: one claims 60,000 samples per pixel, the other ends inside its tags."""
    tags = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 273: 200, 277: 60_000, 278: 64, 279: 4096}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    whole = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(8000)
    return [whole, whole[:50]]
