"""Refuse an image whose decoding would take too much memory or time, before any is spent on it.

A few hundred bytes can encode a gigabyte: an even image compresses well, and decoders differ in how many copies they
make. So an image is refused by the most bytes that Pillow and the library beneath it will hold.

Nothing stops a decoder at work, so its time is bounded beforehand too, by what costs it most: the parts of the file,
for each of which Python makes objects; the scans of a JPEG, each of which may visit every pixel; the packed bytes of a
TIFF's strips, which may overlap; and the pixels that Pillow unpacks in Python.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice, takewhile
from typing import NamedTuple

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from inkling.errors import ImageTooLarge, UnknownFormat
from inkling.pipeline.config.decoding import DECODE_LIMITS as CONFIG
from inkling.pipeline.decoder_errors import decoder_errors

_REGISTERED = (AvifImagePlugin, WebPImagePlugin)  # importing a plug-in registers it; else Pillow loads all of them
# Bytes that decoders hold:
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}  # a pixel; other modes: 4
_FORMAT_BYTES = {  # a pixel, in place of the mode's
    "WEBP": 16,  # this frame and the one before it, a copy on request, and Pillow's
    "GIF": 3,  # indices, and what the next frame begins with
    "BMP": 4,  # colour, or indices that are unpacked in Python
    "HEIF": 8,  # as the decoder holds it, as bytes, and Pillow's; measured
    "AVIF": 10,  # the same, and a copy on request; measured
}
_ROW_BYTES = 16  # a pixel of width: a decoder holds this row and the one above, of samples of at most 16 bits
_POINTER_BYTES = 8  # a row, which Pillow finds by it
_COEFFICIENT_BYTES = 2  # a sample: a JPEG of several scans is held as coefficients, in its full size
_PACKED_TEXTS = (b"zTXt", b"iTXt", b"iCCP")  # of a PNG
_ONE_OBJECT_TYPES = (1, 2, 7)  # of TIFF tags: byte, text, undefined

_TIFF_JPEG = ("jpeg", "tiff_jpeg")
# Compressions of scanners and cameras. Others take memory that the file does not show.
_TIFF_COMPRESSIONS = (
    *("raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "group3", "group4", "tiff_ccitt"),
    *_TIFF_JPEG,
)
_JPEG_STRIP_COPIES = 4  # of a strip or tile, as libtiff unpacks it
_JPEG_STRIP_SCANS = 100  # of a strip or tile: libtiff refuses more
_TILE_BYTE_COUNTS = 325  # a TIFF's tag
_NEW_SUBFILE_TYPE, _REDUCED = 254, 1  # a TIFF's tag, and its bit of a smaller copy
_ANIMATED = ("PNG", "WEBP", "AVIF", "HEIF")  # a JPEG's further pictures are its own in another size
_GIF_FRAME = ord(",")
_MAX_GIF_BLOCKS = 500_000  # that are counted: some 0.2 s, or 100 MB of a usual file

_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")  # of a JPEG, whose coded data holds none but restarts
_STANDALONE = (0x01, 0xC8, 0xD8, 0xD9, *range(0xF0, 0xFE))  # markers that no length follows, as Pillow reads them
_END_OF_IMAGE, _START_OF_SCAN, _TABLES, _APP1, _APP13 = 0xD9, 0xDA, 0xDB, 0xE1, 0xED
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_PROGRESSIVE_FRAME, _SCAN = b"\xff\xc2", b"\xff\xda"
_RARE_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, *range(0xC9, 0xCC), *range(0xCD, 0xD0), 0xDE)
_FOR_PYTHON = (_TABLES, _APP1, _APP13, *_FRAMES)  # segments that Pillow takes apart


def check_structure(content: bytes) -> None:
    """Raise ImageTooLarge if Pillow would make too much of a file's parts. To be called before it sees them.

    Raises UnknownFormat for a JPEG of a kind that no camera writes.
    """
    if content.startswith(b"\x89PNG"):
        _check_count(_png_chunks(content))
        _check_bytes("picture has texts or a colour profile that", _text_bytes(content))
    elif content.startswith(b"\xff\xd8"):
        _check_segments(content)
    elif content.startswith(b"GIF"):
        _check_count(takewhile(lambda kind: kind != _GIF_FRAME, _gif_blocks(content)))
    elif content.startswith(b"RIFF"):
        _check_count(_webp_chunks(content))
    elif content.startswith((b"II", b"MM")):
        _check_count(range(_tag_values(content)), CONFIG.max_tag_values)


def check_decoding(image: Image.Image, content: bytes, size_wh: tuple[int, int]) -> None:
    """Raise ImageTooLarge if decoding an opened image would take too much memory or time.

    Raises BrokenPicture for wrong tags, and UnknownFormat for a TIFF in a rare compression.
    """
    exif = image.info.get("exif")
    if isinstance(exif, bytes):  # a PNG's text named "exif" is none
        _check_count(range(_tag_values(exif.removeprefix(b"Exif\0\0"))), CONFIG.max_tag_values)
    pixels = size_wh[0] * size_wh[1]
    several_scans = isinstance(image, JpegImagePlugin.JpegImageFile) and _has_several_scans(image, content)
    if several_scans:
        _check_scans(_count_scans(content, _most_scans(pixels)), pixels)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _check_strips(image, content, pixels)
    if isinstance(image, BmpImagePlugin.BmpImageFile):
        _check_runs(image, content, pixels)
    what = f"picture is a {image.format} of {size_wh[0]}x{size_wh[1]} px in mode {image.mode}, which"
    _check_bytes(what, _decoded_bytes(image, content, size_wh, several_scans=several_scans))


def count_frames(image: Image.Image, content: bytes) -> int:
    """How many pictures a file holds: the frames of an animation, the pages of a TIFF.

    Thumbnails are none; of a GIF of very many parts, the frames among the first of these are counted.
    """
    if content.startswith(b"GIF"):
        return max(1, sum(kind == _GIF_FRAME for kind in islice(_gif_blocks(content), _MAX_GIF_BLOCKS)))
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return max(1, sum(not directory.is_thumbnail for directory in tiff_directories(content)))
    return getattr(image, "n_frames", 1) if image.format in _ANIMATED else 1


def _check_count(parts: Iterable[object], most: int = CONFIG.max_parts) -> None:
    if sum(1 for _ in islice(parts, most + 1)) > most:
        raise _too_many_parts(most)


def _too_many_parts(most: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"picture's file has more than {most:,} parts; a camera's or scanner's has some hundred. "
        "Save it as JPEG and send that."
    )


def _check_bytes(what: str, size: int) -> None:
    if size > CONFIG.max_decoded_bytes:
        raise ImageTooLarge(
            f"{what} would take {size / 1e6:.0f} MB to decode; the limit is {CONFIG.max_decoded_bytes / 1e6:.0f} MB. "
            "Send a smaller picture, or save it as a JPEG that is not progressive."
        )


def _check_segments(content: bytes) -> None:
    """A JPEG up to its first scan: Pillow looks at each byte between segments, and takes some kinds apart."""
    parts, kinds, end = 0, Counter[int](), 2
    for marker, at, next_at in _jpeg_segments(content):
        parts += at - end  # 2 for a marker that follows at once
        end = next_at
        if parts > 2 * CONFIG.max_parts:
            _check_count(range(parts))
        if marker in _RARE_FRAMES:
            raise UnknownFormat(
                "this is an arithmetic, lossless or hierarchical JPEG; expected a baseline or progressive one, as "
                "cameras write. Save it as PNG or JPEG and send that."
            )
        if marker in _FOR_PYTHON and (marker != _APP1 or content.startswith(b"Exif", at + 2)):
            kinds[marker] += 1
            if kinds[marker] > CONFIG.max_like_segments:
                raise ImageTooLarge(
                    f"picture's file has more than {CONFIG.max_like_segments} segments 0x{marker:X}; a camera writes "
                    "one or two. Save it again as JPEG and send that."
                )
        if marker == _START_OF_SCAN:
            return


def _check_scans(scans: int, pixels: int) -> None:
    """Each scan of a JPEG may visit every pixel, however few bytes it has."""
    most = _most_scans(pixels)
    if scans > most:
        raise ImageTooLarge(
            f"picture is a JPEG of {pixels / 1e6:.1f} megapixels in more than {most} scans, the limit for this size; "
            "a camera writes 1 or 10. Save it as a JPEG that is not progressive."
        )


def _most_scans(pixels: int) -> int:
    return CONFIG.max_scanned_pixels // max(pixels, 1)


def _check_strips(image: TiffImagePlugin.TiffImageFile, content: bytes, pixels: int) -> None:
    """A TIFF's strips or tiles may overlap, and each may be a JPEG of several scans."""
    compression = image.info.get("compression")
    if compression not in _TIFF_COMPRESSIONS:
        raise UnknownFormat(
            f"this is a TIFF compressed by {compression}; expected LZW, deflate, PackBits, fax, JPEG or none. "
            "Save it as PNG or JPEG and send that."
        )
    if compression in _TIFF_JPEG and _PROGRESSIVE_FRAME in content:
        _check_scans(_JPEG_STRIP_SCANS, pixels)
    packed = 0
    for tag in (TiffImagePlugin.STRIPBYTECOUNTS, _TILE_BYTE_COUNTS):
        with decoder_errors():
            counts = image.tag_v2.get(tag) or ()
            counts = counts if isinstance(counts, tuple) else (counts,)
            packed += sum(min(int(count), len(content)) for count in counts)
    if packed > CONFIG.max_strip_overlap * len(content):
        raise ImageTooLarge(
            f"picture's strips or tiles have {packed / 1e6:.1f} MB in a file of {len(content) / 1e6:.1f} MB; expected "
            "ones that do not overlap. Save it as PNG or JPEG and send that."
        )


def _check_runs(image: BmpImagePlugin.BmpImageFile, content: bytes, pixels: int) -> None:
    """Pillow unpacks the runs of a BMP in Python."""
    if image.tile and image.tile[0][0] == "bmp_rle" and max(pixels, len(content)) > CONFIG.max_run_pixels:
        raise ImageTooLarge(
            f"picture is a BMP in runs of {pixels / 1e6:.1f} megapixels and {len(content) / 1e6:.1f} MB; the limit is "
            f"{CONFIG.max_run_pixels / 1e6:.0f} of each. Save it as PNG or JPEG and send that."
        )


def _decoded_bytes(image: Image.Image, content: bytes, size_wh: tuple[int, int], *, several_scans: bool) -> int:
    """The most bytes that are held at once while an image is decoded."""
    pixels = image.width * image.height  # of a JPEG, those that are asked for
    size = pixels * _FORMAT_BYTES.get(image.format or "", _MODE_BYTES.get(image.mode, 4))
    size += image.width * _ROW_BYTES + image.height * _POINTER_BYTES
    if several_scans and isinstance(image, JpegImagePlugin.JpegImageFile):
        size += _count_coefficients(image, size_wh) * _COEFFICIENT_BYTES
    if isinstance(image, PngImagePlugin.PngImageFile):
        size += _text_bytes(content)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        with decoder_errors():
            turned = image.tag_v2.get(ExifTags.Base.Orientation, 1) != 1  # in a second copy
        size = (2 if turned else 1) * size + _strip_bytes(image)
    return size


def _has_several_scans(image: JpegImagePlugin.JpegImageFile, content: bytes) -> bool:
    """Whether the first scan is not the whole image."""
    if "progressive" in image.info:
        return True
    for marker, at, _ in _jpeg_segments(content):
        if marker == _START_OF_SCAN:
            return content[at + 2] < len(image.layer)
    return True


def _count_scans(content: bytes, most: int) -> int:
    """The scans of a JPEG's first image, or a few more where they are at most `most`; `most` + 1 for any more."""
    if (claimed := content.count(_SCAN)) <= most:  # fast; it also counts what only looks like a scan
        return claimed
    markers = takewhile(lambda marker: marker != _END_OF_IMAGE, (marker for marker, _, _ in _jpeg_segments(content)))
    return sum(1 for _ in islice((marker for marker in markers if marker == _START_OF_SCAN), most + 1))


def _count_coefficients(image: JpegImagePlugin.JpegImageFile, size_wh: tuple[int, int]) -> int:
    """As many as samples: where colours are halved in both directions, 1.5 times the pixels."""
    samples = [across * down for _, across, down, _ in image.layer]
    return size_wh[0] * size_wh[1] * sum(samples) // (max(samples, default=0) or 1)  # a damaged file may claim none


def _tag(image: TiffImagePlugin.TiffImageFile, tag: int, default: int) -> int:
    """A TIFF tag's number, the largest of several; `default` for none and 0. BrokenPicture if it is no number."""
    with decoder_errors():
        values = image.tag_v2.get(tag) or default
        return max(int(value) for value in (values if isinstance(values, tuple) else (values,)))


def _strip_bytes(image: TiffImagePlugin.TiffImageFile) -> int:
    """What libtiff unpacks at a time, and its copies: a strip or a tile, which may be larger than the image."""
    compression = image.info.get("compression")
    if compression == "raw":
        return 0
    w = _tag(image, TiffImagePlugin.TILEWIDTH, 0) or _tag(image, TiffImagePlugin.IMAGEWIDTH, 0)
    length = _tag(image, TiffImagePlugin.IMAGELENGTH, 0)
    h = _tag(image, TiffImagePlugin.TILELENGTH, 0) or min(_tag(image, TiffImagePlugin.ROWSPERSTRIP, length), length)
    bits = _tag(image, TiffImagePlugin.BITSPERSAMPLE, 1) * _tag(image, TiffImagePlugin.SAMPLESPERPIXEL, 1)
    return w * h * bits // 8 * (_JPEG_STRIP_COPIES if compression in _TIFF_JPEG else 1)


def _text_bytes(content: bytes) -> int:
    """The most that a PNG's packed or international texts take: Pillow unpacks 1 MiB of each, of 4 bytes a letter."""
    texts = [length for kind, length in _png_chunks(content) if kind in _PACKED_TEXTS]
    return sum(4 * max(length, PngImagePlugin.MAX_TEXT_CHUNK) for length in texts)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Each chunk's name and length, but for the last's: Pillow looks no further."""
    at, kind = 8, content[12:16]
    while kind not in (b"", b"IEND"):
        length = int.from_bytes(content[at : at + 4], "big")
        yield kind, length
        at += length + 12
        kind = content[at + 4 : at + 8]


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Each marker but restarts, where it ends, and where its segment ends; coded data is passed over."""
    at = 2
    while found := _MARKER.search(content, at):
        marker, at = found[1][0], found.end()
        length = 0 if marker in _STANDALONE else max(2, int.from_bytes(content[at : at + 2], "big"))
        yield marker, at, at + length
        at += length


def _gif_blocks(content: bytes) -> Iterator[int]:
    """The first byte of each block, and 0 for each part of one."""
    at = 13 + _colour_bytes(content, 10)
    while content[at : at + 1] not in (b";", b""):
        yield (kind := content[at])
        if kind == _GIF_FRAME:
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
    """Of a GIF's colour table, by the flags at an offset."""
    flags = content[at] if len(content) > at else 0
    return 3 << (flags % 8 + 1) if flags & 0x80 else 0


def _webp_chunks(content: bytes) -> Iterator[int]:
    """Where each chunk of a WebP stands."""
    at = 12
    while at + 8 <= len(content):
        yield at
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + length + length % 2


class TiffDirectory(NamedTuple):
    """A directory of a TIFF or of EXIF: what it says of itself, as far as the bytes may hold it."""

    at: int
    next_at: int  # of the offset of the next directory
    header_at: int  # of the offset of the first one
    offset_format: str  # of `struct`
    n_values: int  # entries, and numbers in them
    is_thumbnail: bool  # a smaller copy of another picture


def tiff_directories(content: bytes) -> Iterator[TiffDirectory]:
    """The directories of a TIFF or of EXIF, each once, up to where the bytes end. Raises ImageTooLarge."""
    order = "<" if content.startswith(b"II") else ">"
    big = content[2:4] in (b"\0+", b"+\0")
    offset, count, entry, header_at = ("Q", "Q", "HHQI4x", 8) if big else ("I", "H", "HHII", 4)
    size = struct.calcsize(order + entry)
    seen, all_values = set[int](), 0
    with suppress(struct.error, OverflowError):  # beyond the bytes, or beyond what can be an offset
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
                raise _too_many_parts(CONFIG.max_all_tag_values)
            (start,) = struct.unpack_from(order + offset, content, next_at)


def _tag_values(content: bytes) -> int:
    """How many entries, and numbers in them, a TIFF's or EXIF's first directory claims, as the bytes may hold them."""
    return next((directory.n_values for directory in tiff_directories(content)), 0)
