"""The parts of image files: chunks of a PNG or WebP, segments of a JPEG, blocks of a GIF, directories of a TIFF.

Files are untrusted: a part may claim any length.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from inkling.errors import ImageTooLarge
from inkling.pipeline.config.decoding import DECODE_LIMITS as CONFIG

GIF_FRAME = ord(",")  # the first byte of a frame's block
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")  # JPEG markers; coded data contains only restart markers
_STANDALONE = (0x01, 0xC8, 0xD8, 0xD9, *range(0xF0, 0xFE))  # markers without a length, as Pillow reads them
_ONE_OBJECT_TYPES = (1, 2, 7)  # types of TIFF tags: byte, text, undefined
_NEW_SUBFILE_TYPE, _REDUCED = 254, 1  # TIFF tag, and its bit for a smaller copy


def png_chunks(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Each chunk's name and length, up to IEND, where Pillow stops."""
    at, kind = 8, content[12:16]
    while kind not in (b"", b"IEND"):
        length = int.from_bytes(content[at : at + 4], "big")
        yield kind, length
        at += length + 12
        kind = content[at + 4 : at + 8]


def jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Each marker except restarts, its end, and the end of its segment. Coded data is skipped."""
    at = 2
    while found := _MARKER.search(content, at):
        marker, at = found[1][0], found.end()
        length = 0 if marker in _STANDALONE else max(2, int.from_bytes(content[at : at + 2], "big"))
        yield marker, at, at + length
        at += length


def gif_blocks(content: bytes) -> Iterator[int]:
    """The first byte of each block, and 0 for each of its sub-blocks."""
    at = 13 + _colour_bytes(content, 10)
    while content[at : at + 1] not in (b";", b""):
        yield (kind := content[at])
        if kind == GIF_FRAME:
            at += 11 + _colour_bytes(content, at + 9)
        elif kind == ord("!"):
            at += 2
        else:
            at += 1
            continue
        while content[at : at + 1] > b"\0":
            yield 0
            at += 1 + content[at]
        at += 1


def _colour_bytes(content: bytes, at: int) -> int:
    """Bytes of a GIF's color table, from the flags at offset `at`."""
    flags = content[at] if len(content) > at else 0
    return 3 << (flags % 8 + 1) if flags & 0x80 else 0


def webp_chunks(content: bytes) -> Iterator[int]:
    """The offset of each chunk of a WebP."""
    at = 12
    while at + 8 <= len(content):
        yield at
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + length + length % 2


class TiffDirectory(NamedTuple):
    """A directory of a TIFF or of EXIF. Its claims are limited by the size of the file."""

    at: int  # its offset
    next_at: int  # where the offset of the next directory is stored
    header_at: int  # where the offset of the first directory is stored
    offset_format: str  # of an offset, for `struct`
    n_values: int  # entries, plus numbers in them
    is_thumbnail: bool  # a smaller copy of another picture


def tiff_directories(content: bytes) -> Iterator[TiffDirectory]:
    """The directories of a TIFF or of EXIF, each once, up to the end of the bytes.

    Raises ImageTooLarge for too many entries.
    """
    order = "<" if content.startswith(b"II") else ">"
    big = content[2:4] in (b"\0+", b"+\0")
    offset, count, entry, header_at = ("Q", "Q", "HHQI4x", 8) if big else ("I", "H", "HHII", 4)
    size = struct.calcsize(order + entry)
    seen, all_values = set[int](), 0
    with suppress(struct.error, OverflowError):  # beyond the end of the bytes, or not a possible offset
        (start,) = struct.unpack_from(order + offset, content, header_at)
        while start and start not in seen:
            seen.add(start)
            (entries,) = struct.unpack_from(order + count, content, start)
            at = start + struct.calcsize(order + count)
            n_values: int = max(min(entries, (len(content) - at) // size), 0)
            whole, is_thumbnail = n_values, False
            if whole <= CONFIG.max_tag_values:
                for tag, kind, n, value in struct.iter_unpack(order + entry, content[at : at + whole * size]):
                    if kind not in _ONE_OBJECT_TYPES and n <= len(content):
                        n_values += n
                    if tag == _NEW_SUBFILE_TYPE:
                        is_thumbnail = bool(value & _REDUCED)
            next_at = at + entries * size
            yield TiffDirectory(start, next_at, header_at, order + offset, n_values, is_thumbnail)
            all_values += n_values + 1
            if all_values > CONFIG.max_all_tag_values:
                raise too_many_parts(CONFIG.max_all_tag_values)
            (start,) = struct.unpack_from(order + offset, content, next_at)


def too_many_parts(most: int) -> ImageTooLarge:
    """The error for a file with more than `most` parts."""
    return ImageTooLarge(
        f"picture's file has more than {most:,} parts; files from cameras and scanners have a few hundred. "
        "Save it as JPEG and send that."
    )
