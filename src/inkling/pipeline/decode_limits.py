"""Reject images that would take too much memory or time to decode, before decoding them.

A few hundred bytes can encode a gigabyte: a uniform image compresses well, and decoders differ in how many copies they
make. So the limit applies to the maximum number of bytes that Pillow and the underlying library hold.

A running decoder cannot be stopped, so its time is limited beforehand as well, through its most expensive inputs: the
parts of the file, for which Python creates objects; the scans of a JPEG, each of which may visit every pixel; the
packed bytes of a TIFF's strips, which may overlap; and the pixels that Pillow unpacks in Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice, takewhile

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
from inkling.pipeline.file_parts import (
    GIF_FRAME,
    gif_blocks,
    jpeg_segments,
    png_chunks,
    tiff_directories,
    too_many_parts,
    webp_chunks,
)

_REGISTERED = (AvifImagePlugin, WebPImagePlugin)  # importing a plug-in registers it; otherwise Pillow loads all of them
# Bytes that decoders hold:
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}  # per pixel; other modes: 4
_FORMAT_BYTES = {  # per pixel, instead of the mode's
    "WEBP": 16,  # the current frame, the previous one, a copy on request, and Pillow's copy
    "GIF": 3,  # indices, and the initial state of the next frame
    "BMP": 4,  # color, or indices that are unpacked in Python
    "HEIF": 8,  # the decoder's copy, bytes, and Pillow's copy; measured
    "AVIF": 10,  # the same, and a copy on request; measured
}
_ROW_BYTES = 16  # per pixel of width: a decoder holds the current row and the one above; samples have at most 16 bits
_POINTER_BYTES = 8  # per row: Pillow's row pointer
_COEFFICIENT_BYTES = 2  # per sample: a JPEG with several scans is held as full-size coefficients
_PACKED_TEXTS = (b"zTXt", b"iTXt", b"iCCP")  # PNG chunks

_TIFF_JPEG = ("jpeg", "tiff_jpeg")
# Compressions used by scanners and cameras. Others take memory that cannot be estimated from the file.
_TIFF_COMPRESSIONS = (
    *("raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "group3", "group4", "tiff_ccitt"),
    *_TIFF_JPEG,
)
_JPEG_STRIP_COPIES = 4  # copies of a strip or tile that libtiff makes
_JPEG_STRIP_SCANS = 100  # maximum scans per strip or tile in libtiff
_TILE_BYTE_COUNTS = 325  # TIFF tag
_ANIMATED = ("PNG", "WEBP", "AVIF", "HEIF")  # further pictures in a JPEG are copies in other sizes
_MAX_GIF_BLOCKS = 500_000  # maximum counted: about 0.2 s, or 100 MB of a typical file

_END_OF_IMAGE, _START_OF_SCAN, _TABLES, _APP1, _APP13 = 0xD9, 0xDA, 0xDB, 0xE1, 0xED
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_PROGRESSIVE_FRAME, _SCAN = b"\xff\xc2", b"\xff\xda"
_RARE_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, *range(0xC9, 0xCC), *range(0xCD, 0xD0), 0xDE)
_FOR_PYTHON = (_TABLES, _APP1, _APP13, *_FRAMES)  # segments that Pillow parses


def check_structure(content: bytes) -> None:
    """Raise ImageTooLarge if a file has too many parts. Call this before Pillow opens the file.

    Raises UnknownFormat for a kind of JPEG that no camera writes.
    """
    if content.startswith(b"\x89PNG"):
        _check_count(png_chunks(content))
        _check_bytes("picture has texts or a color profile that", _text_bytes(content))
    elif content.startswith(b"\xff\xd8"):
        _check_segments(content)
    elif content.startswith(b"GIF"):
        _check_count(takewhile(lambda kind: kind != GIF_FRAME, gif_blocks(content)))
    elif content.startswith(b"RIFF"):
        _check_count(webp_chunks(content))
    elif content.startswith((b"II", b"MM")):
        _check_count(range(_tag_values(content)), CONFIG.max_tag_values)


def check_decoding(image: Image.Image, content: bytes, size_wh: tuple[int, int]) -> None:
    """Raise ImageTooLarge if decoding an opened image would take too much memory or time.

    Raises BrokenPicture for invalid tags, and UnknownFormat for a TIFF with a rare compression.
    """
    exif = image.info.get("exif")
    if isinstance(exif, bytes):  # a PNG's text chunk named "exif" is a str
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
    """The number of pictures in a file: frames of an animation, or pages of a TIFF.

    Thumbnails do not count. In a GIF with very many parts, only the first parts are examined.
    """
    if content.startswith(b"GIF"):
        return max(1, sum(kind == GIF_FRAME for kind in islice(gif_blocks(content), _MAX_GIF_BLOCKS)))
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return max(1, sum(not directory.is_thumbnail for directory in tiff_directories(content)))
    return getattr(image, "n_frames", 1) if image.format in _ANIMATED else 1


def _check_count(parts: Iterable[object], most: int = CONFIG.max_parts) -> None:
    if sum(1 for _ in islice(parts, most + 1)) > most:
        raise too_many_parts(most)


def _check_bytes(what: str, size: int) -> None:
    if size > CONFIG.max_decoded_bytes:
        raise ImageTooLarge(
            f"{what} would take {size / 1e6:.0f} MB to decode; the limit is {CONFIG.max_decoded_bytes / 1e6:.0f} MB. "
            "Send a smaller picture, or save it as a JPEG that is not progressive."
        )


def _check_segments(content: bytes) -> None:
    """Check a JPEG up to its first scan. Pillow examines each byte between segments, and parses some segments."""
    parts, kinds, end = 0, Counter[int](), 2
    for marker, at, next_at in jpeg_segments(content):
        parts += at - end  # 2 for a marker that follows immediately
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
    """Limit the scans of a JPEG: each may visit every pixel, however few bytes it has."""
    most = _most_scans(pixels)
    if scans > most:
        raise ImageTooLarge(
            f"picture is a JPEG of {pixels / 1e6:.1f} megapixels in more than {most} scans, the limit for this size; "
            "a camera writes 1 or 10. Save it as a JPEG that is not progressive."
        )


def _most_scans(pixels: int) -> int:
    return CONFIG.max_scanned_pixels // max(pixels, 1)


def _check_strips(image: TiffImagePlugin.TiffImageFile, content: bytes, pixels: int) -> None:
    """Check a TIFF's strips or tiles: they may overlap, and each may be a JPEG with several scans."""
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
    """Limit run-length encoded BMPs, which Pillow unpacks in Python."""
    if image.tile and image.tile[0][0] == "bmp_rle" and max(pixels, len(content)) > CONFIG.max_run_pixels:
        raise ImageTooLarge(
            f"picture is a run-length encoded BMP of {pixels / 1e6:.1f} megapixels and {len(content) / 1e6:.1f} MB; "
            f"the limit is {CONFIG.max_run_pixels / 1e6:.0f} of each. Save it as PNG or JPEG and send that."
        )


def _decoded_bytes(image: Image.Image, content: bytes, size_wh: tuple[int, int], *, several_scans: bool) -> int:
    """The maximum number of bytes held at one time while an image is decoded."""
    pixels = image.width * image.height  # for a JPEG, of the requested downscaled size
    size = pixels * _FORMAT_BYTES.get(image.format or "", _MODE_BYTES.get(image.mode, 4))
    size += image.width * _ROW_BYTES + image.height * _POINTER_BYTES
    if several_scans and isinstance(image, JpegImagePlugin.JpegImageFile):
        size += _count_coefficients(image, size_wh) * _COEFFICIENT_BYTES
    if isinstance(image, PngImagePlugin.PngImageFile):
        size += _text_bytes(content)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        with decoder_errors():
            turned = image.tag_v2.get(ExifTags.Base.Orientation, 1) != 1  # Pillow makes a second copy
        size = (2 if turned else 1) * size + _strip_bytes(image)
    return size


def _has_several_scans(image: JpegImagePlugin.JpegImageFile, content: bytes) -> bool:
    """Whether a JPEG has more than one scan."""
    if "progressive" in image.info:
        return True
    for marker, at, _ in jpeg_segments(content):
        if marker == _START_OF_SCAN:
            return content[at + 2] < len(image.layer)
    return True


def _count_scans(content: bytes, most: int) -> int:
    """The scans of a JPEG's first image, up to `most` + 1. A count of at most `most` may be too high."""
    if (claimed := content.count(_SCAN)) <= most:  # fast; it also counts bytes that only look like a scan
        return claimed
    markers = takewhile(lambda marker: marker != _END_OF_IMAGE, (marker for marker, _, _ in jpeg_segments(content)))
    return sum(1 for _ in islice((marker for marker in markers if marker == _START_OF_SCAN), most + 1))


def _count_coefficients(image: JpegImagePlugin.JpegImageFile, size_wh: tuple[int, int]) -> int:
    """The number of coefficients, which equals that of samples: 1.5 per pixel with 4:2:0 chroma subsampling."""
    samples = [across * down for _, across, down, _ in image.layer]
    return size_wh[0] * size_wh[1] * sum(samples) // (max(samples, default=0) or 1)  # a damaged file may have none


def _tag(image: TiffImagePlugin.TiffImageFile, tag: int, default: int) -> int:
    """A TIFF tag's largest number; `default` if it is missing or 0. Raises BrokenPicture if it is not a number."""
    with decoder_errors():
        values = image.tag_v2.get(tag) or default
        return max(int(value) for value in (values if isinstance(values, tuple) else (values,)))


def _strip_bytes(image: TiffImagePlugin.TiffImageFile) -> int:
    """Bytes that libtiff unpacks at a time, including copies: a strip or tile may be larger than the image."""
    compression = image.info.get("compression")
    if compression == "raw":
        return 0
    w = _tag(image, TiffImagePlugin.TILEWIDTH, 0) or _tag(image, TiffImagePlugin.IMAGEWIDTH, 0)
    length = _tag(image, TiffImagePlugin.IMAGELENGTH, 0)
    h = _tag(image, TiffImagePlugin.TILELENGTH, 0) or min(_tag(image, TiffImagePlugin.ROWSPERSTRIP, length), length)
    bits = _tag(image, TiffImagePlugin.BITSPERSAMPLE, 1) * _tag(image, TiffImagePlugin.SAMPLESPERPIXEL, 1)
    return w * h * bits // 8 * (_JPEG_STRIP_COPIES if compression in _TIFF_JPEG else 1)


def _text_bytes(content: bytes) -> int:
    """Maximum bytes of a PNG's packed texts: Pillow unpacks up to 1 MiB of each, with 4 bytes per character."""
    texts = [length for kind, length in png_chunks(content) if kind in _PACKED_TEXTS]
    return sum(4 * max(length, PngImagePlugin.MAX_TEXT_CHUNK) for length in texts)


def _tag_values(content: bytes) -> int:
    """Entries, plus numbers in them, that the first directory of a TIFF or of EXIF claims and the file could hold."""
    return next((directory.n_values for directory in tiff_directories(content)), 0)
