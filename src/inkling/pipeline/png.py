"""PNG bytes -> pixels, for the plain ones that a drawing board sends: several times as fast as Pillow.

Chromium writes a canvas as 8-bit pixels, each row as its steps from the row above (filter 2, "Up", of the PNG
specification, W3C). So a picture is the running sum of its rows, and where no step is, on the bare paper, there is
nothing to add up. Whatever else a PNG may be, and all that is odd about one, is left to Pillow.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import cv2
import numpy as np

START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
END = b"\0\0\0\0IEND\xaeB`\x82"
HEADER_BYTES = 33
CHANNELS = {0: 1, 2: 3, 6: 4}  # colour type -> grey, RGB, RGBA
PLAIN = (0, 0, 0)  # compression, filters, no interlacing
UP = 2  # the filter of a row that is steps from the row above
GLANCE = 2  # rows that are unpacked to see whether the filter is always that
SIDES = (2, 1024)  # pixels: a larger picture leaves the caches, and Pillow is about as fast


@dataclass(frozen=True)
class Drawing:
    """A picture whose rows are all like the first, but for a box."""

    first: np.ndarray  # (1, W, C) uint8, C = 1 grey, 3 RGB or 4 RGBA
    inside: np.ndarray  # (h, w, C) uint8: the box
    corner_xy: tuple[int, int]  # of the box; below it, its last row goes on
    height: int

    @property
    def size_wh(self) -> tuple[int, int]:
        """Pixels."""
        return self.first.shape[1], self.height

    @property
    def opaque(self) -> bool:
        """Whether no pixel lets anything through."""
        parts = [part for part in (self.first, self.inside) if part.size]
        return self.first.shape[2] != 4 or all(cv2.extractChannel(part, 3).min() == 255 for part in parts)

    def grey(self) -> np.ndarray:
        """(H, W) uint8: the usual brightness."""
        return self._whole(_grey(self.first), _grey(self.inside))

    def pixels(self) -> np.ndarray:
        """(H, W, C) uint8."""
        return self._whole(self.first, self.inside)

    def _whole(self, first: np.ndarray, inside: np.ndarray) -> np.ndarray:
        x, y = self.corner_xy
        h, w = inside.shape[:2]
        whole = np.empty((self.height, *first.shape[1:]), np.uint8)
        whole[: y + h] = first
        whole[y : y + h, x : x + w] = inside
        whole[y + h :] = whole[y + h - 1]
        return whole


def read_plain(content: bytes) -> Drawing | None:
    """PNG bytes -> Drawing; None where it is not as a drawing board writes it, or damaged in any way."""
    size = _header(content)
    packed = _packed(content) if size else None
    if size is None or packed is None:
        return None
    h, w, channels = size
    try:
        rows = _unpacked(packed, h, 1 + w * channels)
    except zlib.error:
        return None
    return None if rows is None else _drawing(rows[:, 1:], channels)


def _header(content: bytes) -> tuple[int, int, int] | None:
    """Height, width and number of channels; None where it is no PNG of 8 bits a channel, or a large one."""
    if not content.startswith(START) or len(content) < HEADER_BYTES + len(END):
        return None
    w, h, bits, kind, *rest, check = struct.unpack_from(">IIBBBBBI", content, len(START))
    if check != zlib.crc32(content[12 : HEADER_BYTES - 4]) or bits != 8 or kind not in CHANNELS or tuple(rest) != PLAIN:
        return None
    return (h, w, CHANNELS[kind]) if SIDES[0] <= min(w, h) and max(w, h) <= SIDES[1] else None


def _packed(content: bytes) -> bytes | None:
    """The zlib stream of a PNG that has pixels and nothing else; None where a chunk's checksum does not fit."""
    parts, at = [], HEADER_BYTES
    while content[at + 4 : at + 8] == b"IDAT":
        end = at + 8 + int.from_bytes(content[at : at + 4], "big")
        if content[end : end + 4] != zlib.crc32(content[at + 4 : end]).to_bytes(4, "big"):
            return None
        parts.append(content[at + 8 : end])
        at = end + 4
    return b"".join(parts) if content[at:] == END else None


def _unpacked(packed: bytes, h: int, width: int) -> np.ndarray | None:
    """A zlib stream -> (h, width) uint8 rows that all begin with the filter "Up"; None where it holds anything else.

    Raises zlib.error. The stream's own checksum would take longer than unpacking it; those of the chunks, which cover
    the same bytes, have been looked at.
    """
    glance = zlib.decompressobj().decompress(packed, width * GLANCE)
    if set(glance[::width]) != {UP}:
        return None
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    content = unpacker.decompress(packed[2:-4], h * width + 1)
    if len(content) != h * width or not unpacker.eof or unpacker.unused_data:
        return None
    rows = np.frombuffer(content, np.uint8).reshape(h, width)
    return rows if (rows[:, 0] == UP).all() else None


def _drawing(steps: np.ndarray, channels: int) -> Drawing:
    """(H, W * C) uint8: the first row and the steps to each further one -> Drawing."""
    height, width = steps.shape
    start, top, length, h = cv2.boundingRect(steps[1:])  # zero where the paper is bare
    x, end = start // channels * channels, -(-(start + length) // channels) * channels
    box = steps[top + 1 : top + 1 + h, x:end].copy()
    box[:1] += steps[:1, x:end]
    inside = summed(box).reshape(h, (end - x) // channels, channels)
    return Drawing(steps[:1].reshape(1, width // channels, channels), inside, (x // channels, top + 1), height)


def summed(rows: np.ndarray) -> np.ndarray:
    """(h, n) uint8 -> each row plus all above it, modulo 256. Each turn doubles how many rows one covers."""
    reach = 1
    while reach < len(rows):
        wider = np.empty_like(rows)
        wider[:reach] = rows[:reach]
        np.add(rows[reach:], rows[:-reach], out=wider[reach:])
        rows, reach = wider, 2 * reach
    return rows


def _grey(pixels: np.ndarray) -> np.ndarray:
    """(h, w, C) uint8 -> (h, w) uint8."""
    channels = pixels.shape[2]
    if channels == 1 or pixels.size == 0:
        return pixels[..., 0]
    return cv2.cvtColor(pixels, cv2.COLOR_RGBA2GRAY if channels == 4 else cv2.COLOR_RGB2GRAY)
