"""What a picture's bytes say that decoding them will take, before memory is spent on it.

A few hundred bytes can stand for a gigabyte: an even picture packs well, and decoders differ in how many copies they
make. So a picture is refused by the bytes that Pillow and the library beneath it will hold, at the most, and by the
number of parts of its file, for each of which Python makes objects.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import islice

from PIL import ExifTags, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from inkling.errors import ImageTooLarge

MAX_DECODED_BYTES = 210_000_000  # 50 megapixels of 4 bytes pass, as Pillow holds colour
MAX_PARTS = 100_000  # chunks, segments, blocks or numbers in tags: far above what cameras and scanners write

_LOADED = WebPImagePlugin  # importing a plug-in registers it; else Pillow loads all of them
_NARROW = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}  # bytes a pixel; other modes: 4
_FORMATS = {  # bytes a pixel, in place of the mode's
    "WEBP": 16,  # this frame and the one before it, a copy for who asks, and Pillow's
    "GIF": 3,  # indices, and what the next frame would begin with
    "BMP": 4,  # colour, or indices that are unpacked in Python
}
_ROW = 16  # bytes a pixel of width: a decoder has this row and the one above, of 16-bit samples at the most
_POINTER = 8  # bytes a row, where Pillow finds it
_COEFFICIENT = 2  # bytes: a JPEG that comes in several scans is held as such, in its full size
_FRUGAL = ("tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "packbits", "group3", "group4", "tiff_ccitt")
_LAVISH = 4  # copies of a strip or tile that a TIFF's other compressions may make
_BYTEWISE = (1, 2, 7)  # types of tags that become one object: byte, text, undefined
_STANDALONE = (0x00, 0x01, *range(0xD0, 0xDA), 0xFF)  # JPEG markers without a length
_START_OF_SCAN = 0xDA


def check_parts(content: bytes) -> None:
    """For bytes that Pillow has not seen. Raises ImageTooLarge where it would make too many objects of them."""
    if content.startswith(b"\x89PNG"):
        _check_count(_png_chunks(content))
        _check_bytes("picture has texts that", _text_bytes(content))
    elif content.startswith(b"\xff\xd8"):
        _check_count(_jpeg_segments(content))
    elif content.startswith(b"GIF"):
        _check_count(_gif_blocks(content))
    elif content.startswith((b"II", b"MM")):
        _check_count(range(_tag_values(content)))


def check_decoded_bytes(picture: Image.Image, content: bytes, size_wh: tuple[int, int]) -> None:
    """For a picture that was opened, not decoded. Raises ImageTooLarge where decoding would hold too much at once."""
    _check_count(range(_tag_values(picture.info.get("exif", b"").removeprefix(b"Exif\0\0"))))
    what = f"picture is a {picture.format} of {size_wh[0]}x{size_wh[1]} px in mode {picture.mode}, which"
    _check_bytes(what, _decoded_bytes(picture, content, size_wh))


def _check_count(parts: Iterable[object]) -> None:
    if sum(1 for _ in islice(parts, MAX_PARTS + 1)) > MAX_PARTS:
        raise ImageTooLarge(
            f"picture's file has more than {MAX_PARTS:,} parts; a camera's or scanner's has some hundred. "
            "Save it as JPEG and send that."
        )


def _check_bytes(what: str, size: int) -> None:
    if size > MAX_DECODED_BYTES:
        raise ImageTooLarge(
            f"{what} would take {size / 1e6:.0f} MB to decode; the limit is {MAX_DECODED_BYTES / 1e6:.0f} MB. "
            "Send a smaller picture, or save it as a JPEG that is not progressive."
        )


def _decoded_bytes(picture: Image.Image, content: bytes, size_wh: tuple[int, int]) -> int:
    """The most that is held at once while a picture is decoded, bytes."""
    pixels = picture.width * picture.height  # of a JPEG, those that are asked for
    size = pixels * _FORMATS.get(picture.format or "", _NARROW.get(picture.mode, 4))
    size += picture.width * _ROW + picture.height * _POINTER
    if isinstance(picture, JpegImagePlugin.JpegImageFile) and _several_scans(picture, content):
        size += _coefficients(picture, size_wh) * _COEFFICIENT
    if isinstance(picture, PngImagePlugin.PngImageFile):
        size += _text_bytes(content)
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        turned = picture.tag_v2.get(ExifTags.Base.Orientation, 1) != 1  # in a second copy
        size = (2 if turned else 1) * size + _strip_bytes(picture)
    return size


def _several_scans(picture: JpegImagePlugin.JpegImageFile, content: bytes) -> bool:
    """Whether the first scan is not the whole picture."""
    if "progressive" in picture.info:
        return True
    for marker, at in _jpeg_segments(content):
        if marker == _START_OF_SCAN:
            return content[at + 4] < len(picture.layer)
    return True


def _coefficients(picture: JpegImagePlugin.JpegImageFile, size_wh: tuple[int, int]) -> int:
    """As many as there are samples: where colours are halved both ways, a half more than pixels."""
    samples = [across * down for _, across, down, _ in picture.layer]
    return size_wh[0] * size_wh[1] * sum(samples) // max(samples)


def _strip_bytes(picture: TiffImagePlugin.TiffImageFile) -> int:
    """What libtiff unpacks at a time, and its copies: a strip or a tile, which may be larger than the picture."""
    compression = picture.info.get("compression")
    if compression == "raw":
        return 0
    tags = picture.tag_v2
    w = tags.get(TiffImagePlugin.TILEWIDTH) or tags[TiffImagePlugin.IMAGEWIDTH]
    length = tags[TiffImagePlugin.IMAGELENGTH]
    h = tags.get(TiffImagePlugin.TILELENGTH) or min(tags.get(TiffImagePlugin.ROWSPERSTRIP) or length, length)
    bits = max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,))) * tags.get(TiffImagePlugin.SAMPLESPERPIXEL, 1)
    return int(w * h * bits // 8 * (1 if compression in _FRUGAL else _LAVISH))


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
            at += 2 if marker in _STANDALONE else 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))


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
    except struct.error:
        return 0
    size = struct.calcsize(order + entry)
    at += struct.calcsize(order + count)
    whole = min(entries, MAX_PARTS, (len(content) - at) // size)
    tags = struct.iter_unpack(order + entry, content[at : at + max(whole, 0) * size])
    return sum(values for _, kind, values in tags if kind not in _BYTEWISE and values <= len(content))
