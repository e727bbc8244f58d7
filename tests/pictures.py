"""Pictures for tests: digits enlarged, put on paper, lit and encoded."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from PIL import Image

SEVEN = ((70, 75), (205, 75), (130, 230))  # corners of a drawn 7, pixels of a 280x280 board


def drawn_seven(*, ink: int = 20, paper: int = 255, width: int = 18, side: int = 280) -> np.ndarray:
    """(side, side) uint8 with a 7 as a person draws it."""
    board = np.full((side, side), paper, np.uint8)
    corners = np.array(SEVEN) * side // 280
    cv2.polylines(board, [corners], isClosed=False, color=ink, thickness=width, lineType=cv2.LINE_AA)
    return board


def enlarged(digit: np.ndarray, factor: int = 8) -> np.ndarray:
    """(28, 28) light on dark -> (28 f, 28 f) dark on light."""
    size_wh = (digit.shape[1] * factor, digit.shape[0] * factor)
    return 255 - cv2.resize(digit, size_wh, interpolation=cv2.INTER_CUBIC)


def row_of(digits: list[np.ndarray], *, factor: int = 4, gap: int = 30) -> np.ndarray:
    """Digits side by side on white paper, clearly apart."""
    trimmed = [digit[:, digit.max(axis=0) > 60] for digit in digits]
    blank = np.full((28 * factor, gap), 255, np.uint8)
    parts = [blank] + [part for digit in trimmed for part in (enlarged(digit, factor), blank)]
    return np.pad(np.concatenate(parts, axis=1), 30, constant_values=255)


def encoded(picture: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(w: int, h: int) -> bytes:
    """A PNG that claims w x h pixels and holds almost nothing: a decompression bomb's first bytes."""
    import struct
    import zlib

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
