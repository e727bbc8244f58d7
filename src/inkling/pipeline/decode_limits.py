"""Refuse an image whose decoding would take too much memory, before any is spent on it.

A few hundred bytes can encode a gigabyte: an even image compresses well, and decoders differ in how many copies they
make. So an image is refused by the most bytes that Pillow and the library beneath it will hold, and by the number of
parts of its file, since Python makes objects for each.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import islice

from PIL import ExifTags, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from inkling.errors import ImageTooLarge
from inkling.pipeline.config.decoding import DECODE_LIMITS as CONFIG
from inkling.pipeline.decoder_errors import decoder_errors

_REGISTERED = WebPImagePlugin  # importing a plug-in registers it; else Pillow loads all of them
# Bytes that decoders hold:
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}  # a pixel; other modes: 4
_FORMAT_BYTES = {  # a pixel, in place of the mode's
    "WEBP": 16,  # this frame and the one before it, a copy on request, and Pillow's
    "GIF": 3,  # indices, and what the next frame begins with
    "BMP": 4,  # colour, or indices that are unpacked in Python
}
_ROW_BYTES = 16  # a pixel of width: a decoder holds this row and the one above, of samples of at most 16 bits
_POINTER_BYTES = 8  # a row, which Pillow finds by it
_COEFFICIENT_BYTES = 2  # a sample: a JPEG of several scans is held as coefficients, in its full size
_SINGLE_COPY = ("tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "packbits", "group3", "group4", "tiff_ccitt")
_MAX_STRIP_COPIES = 4  # of a strip or tile, by a TIFF's other compressions
_ONE_OBJECT_TYPES = (1, 2, 7)  # of TIFF tags: byte, text, undefined
_STANDALONE_MARKERS = (0x00, 0x01, *range(0xD0, 0xDA), 0xFF)  # of a JPEG: no length follows
_START_OF_SCAN = 0xDA


def check_part_count(content: bytes) -> None:
    """Raise ImageTooLarge if Pillow would make too many objects of these bytes. To be called before it sees them."""
    if content.startswith(b"\x89PNG"):
        _check_count(_png_chunks(content))
        _check_bytes("picture has texts that", _text_bytes(content))
    elif content.startswith(b"\xff\xd8"):
        _check_count(_jpeg_segments(content))
    elif content.startswith(b"GIF"):
        _check_count(_gif_blocks(content))
    elif content.startswith((b"II", b"MM")):
        _check_count(range(_tag_values(content)))


def check_decoded_bytes(image: Image.Image, content: bytes, size_wh: tuple[int, int]) -> None:
    """Raise ImageTooLarge if decoding an opened image would hold too much at once, BrokenPicture for wrong tags."""
    exif = image.info.get("exif")
    if isinstance(exif, bytes):  # a PNG's text named "exif" is none
        _check_count(range(_tag_values(exif.removeprefix(b"Exif\0\0"))))
    what = f"picture is a {image.format} of {size_wh[0]}x{size_wh[1]} px in mode {image.mode}, which"
    _check_bytes(what, _decoded_bytes(image, content, size_wh))


def _check_count(parts: Iterable[object]) -> None:
    if sum(1 for _ in islice(parts, CONFIG.max_parts + 1)) > CONFIG.max_parts:
        raise ImageTooLarge(
            f"picture's file has more than {CONFIG.max_parts:,} parts; a camera's or scanner's has some hundred. "
            "Save it as JPEG and send that."
        )


def _check_bytes(what: str, size: int) -> None:
    if size > CONFIG.max_decoded_bytes:
        raise ImageTooLarge(
            f"{what} would take {size / 1e6:.0f} MB to decode; the limit is {CONFIG.max_decoded_bytes / 1e6:.0f} MB. "
            "Send a smaller picture, or save it as a JPEG that is not progressive."
        )


def _decoded_bytes(image: Image.Image, content: bytes, size_wh: tuple[int, int]) -> int:
    """The most bytes that are held at once while an image is decoded."""
    pixels = image.width * image.height  # of a JPEG, those that are asked for
    size = pixels * _FORMAT_BYTES.get(image.format or "", _MODE_BYTES.get(image.mode, 4))
    size += image.width * _ROW_BYTES + image.height * _POINTER_BYTES
    if isinstance(image, JpegImagePlugin.JpegImageFile) and _has_several_scans(image, content):
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
    for marker, at in _jpeg_segments(content):
        if marker == _START_OF_SCAN:
            return content[at + 4] < len(image.layer)
    return True


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
    return w * h * bits // 8 * (1 if compression in _SINGLE_COPY else _MAX_STRIP_COPIES)


def _text_bytes(content: bytes) -> int:
    """The most that a PNG's packed or international texts take: Pillow unpacks 1 MiB of each, of 4 bytes a letter."""
    texts = [length for kind, length in _png_chunks(content) if kind in (b"zTXt", b"iTXt")]
    return sum(4 * max(length, PngImagePlugin.MAX_TEXT_CHUNK) for length in texts)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Each chunk's name and length, but for the last's: Pillow looks no further."""
    at, kind = 8, content[12:16]
    while kind not in (b"", b"IEND"):
        length = int.from_bytes(content[at : at + 4], "big")
        yield kind, length
        at += length + 12
        kind = content[at + 4 : at + 8]


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Each marker up to the first scan's, and where it stands."""
    at = 2
    while 0 <= (at := content.find(b"\xff", at)) < len(content) - 4:
        marker = content[at + 1]
        yield marker, at
        if marker == _START_OF_SCAN:
            return
        if marker == 0xFF:
            at += 1
        else:
            at += 2 if marker in _STANDALONE_MARKERS else 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))


def _gif_blocks(content: bytes) -> Iterator[int]:
    """Where each block up to the first frame stands, and each part of one."""
    colours = content[10] if len(content) > 10 else 0
    at = 13 + (3 << (colours % 8 + 1) if colours & 0x80 else 0)
    while content[at : at + 1] not in (b",", b";", b""):
        yield at
        if content[at] != ord("!"):
            at += 1
            continue
        at += 2
        while content[at : at + 1] > b"\0":
            yield at
            at += 1 + content[at]
        at += 1


def _tag_values(content: bytes) -> int:
    """How many numbers a TIFF's, or EXIF's, first directory claims to hold, as far as the bytes may hold them."""
    order = "<" if content.startswith(b"II") else ">"
    big = content[2:4] in (b"\0+", b"+\0")
    start, count, entry = ("8xQ", "Q", "HHQ8x") if big else ("4xI", "H", "HHI4x")
    try:
        (at,) = struct.unpack_from(order + start, content)
        (entries,) = struct.unpack_from(order + count, content, at)
    except (struct.error, OverflowError):  # beyond the bytes, or beyond what can be an offset
        return 0
    size = struct.calcsize(order + entry)
    at += struct.calcsize(order + count)
    whole = min(entries, CONFIG.max_parts, (len(content) - at) // size)
    tags = struct.iter_unpack(order + entry, content[at : at + max(whole, 0) * size])
    return sum(values for _, kind, values in tags if kind not in _ONE_OBJECT_TYPES and values <= len(content))
