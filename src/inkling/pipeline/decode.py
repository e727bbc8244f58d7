"""picture -> image: whatever a person or program hands over becomes an upright grey image.

Bytes are hostile until decoded: the format is judged by content; bytes, pixels and what decoding them takes are limited
before memory is spent; and every failure becomes one sentence.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from inkling.errors import (
    BadRequest,
    BrokenPicture,
    EmptyPicture,
    ImageTooLarge,
    ImageTooSmall,
    InklingError,
    NotFound,
    UnknownFormat,
)
from inkling.pipeline.decode_limits import check_decoded_bytes, check_parts
from inkling.pipeline.grayscale import shows_ink, to_grey
from inkling.pipeline.pixel_formats import pixels_of
from inkling.pipeline.png import Drawing, read_plain

ImageSource = str | Path | bytes | Image.Image | np.ndarray

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
SUFFIXES = {".png", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".bmp", ".tif", ".tiff"}  # of files in those formats
MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000  # a 48-megapixel phone photograph passes
MIN_SIDES = (3, 8)  # shorter and longer side, pixels: the least in which a person still sees a digit
WORKING_SIDE = 1600  # pixels; a longer picture is reduced, which costs no readable digit
BAND_ROWS = 256  # so many rows are laid on paper at a time

_EXIF_ORIENTATION = 0x0112
_KNOWN_HEADS = (
    (b"%PDF", "a PDF document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML or SVG document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
)


@dataclass(frozen=True)
class DecodedImage:
    """An upright grey image, perhaps reduced, and the size it had."""

    image: np.ndarray  # (H, W) uint8, 0 black .. 255 white, longest side at most WORKING_SIDE
    size_wh: tuple[int, int]  # the upright picture before reduction, pixels


def decode(source: ImageSource, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> DecodedImage:
    """A path, encoded bytes, a PIL image or an (H, W[, C]) uint8 array -> Picture.

    EXIF orientation is applied, transparency is laid on paper that contrasts with the ink, only the first frame of
    an animation is taken. Raises a BadPicture (EmptyPicture, UnknownFormat, ImageTooLarge, ImageTooSmall,
    BrokenPicture), NotFound for a path that is not a file and BadRequest for another type or array shape.
    """
    if isinstance(source, str | Path):
        source = _read_file(Path(source), max_bytes)
    if isinstance(source, np.ndarray):
        grey = _grey_of_array(source)
        _check_size((grey.shape[1], grey.shape[0]), max_pixels)
        return _reduced(grey, (grey.shape[1], grey.shape[0]))
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), max_bytes, max_pixels)
    if isinstance(source, Image.Image):
        with _one_sentence(max_pixels):
            _check_size(source.size, max_pixels)
            size_wh = source.size
            return _upright(pixels_of(source, WORKING_SIDE), *_orientation(source, size_wh))
    raise BadRequest(
        f"a {type(source).__name__} is not a picture; expected a path, bytes, a PIL image or a uint8 array. "
        "Pass one of these."
    )


def _read_file(path: Path, max_bytes: int) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise NotFound(f"{path} is a folder; expected a picture file. Name a file in it.")
        if size > max_bytes:
            raise _too_many_bytes(size, max_bytes)
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read ({error.strerror}); expected a picture file. Check the path.") from error
    except ValueError as error:  # a path with a NUL byte
        raise NotFound(f"{str(path)!r} is not a path ({error}); expected a picture file. Check the path.") from error


def _too_many_bytes(size: int, max_bytes: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"picture has {size / 1e6:.1f} MB; the limit is {max_bytes / 1e6:.1f} MB. Send a smaller picture."
    )


def _decode(content: bytes, max_bytes: int, max_pixels: int) -> DecodedImage:
    if not content:
        raise EmptyPicture(
            "picture has no bytes; expected a PNG, JPEG, WebP, GIF, BMP or TIFF. Send the file's content."
        )
    if len(content) > max_bytes:
        raise _too_many_bytes(len(content), max_bytes)
    drawing = read_plain(content)
    if drawing is not None:
        _check_size(drawing.size_wh, max_pixels)
        return DecodedImage(_grey_of_drawing(drawing), drawing.size_wh)
    with _one_sentence(max_pixels, content):
        return _upright(*_opened(content, max_pixels))


def _opened(content: bytes, max_pixels: int) -> tuple[np.ndarray, int, tuple[int, int]]:
    """The encoded pixels, perhaps reduced and not yet turned; the EXIF orientation; the size as stored.

    Pillow's own copy of them is gone on return.
    """
    check_parts(content)
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        size_wh = picture.size
        _check_size(size_wh, max_pixels)
        # A JPEG is decoded at 1/2, 1/4 or 1/8 of its size where that suffices.
        factor = min(1.0, WORKING_SIDE / max(size_wh))
        picture.draft("RGB", (round(size_wh[0] * factor), round(size_wh[1] * factor)))
        check_decoded_bytes(picture, content, size_wh)
        return pixels_of(picture, WORKING_SIDE), *_orientation(picture, size_wh)


@contextmanager
def _one_sentence(max_pixels: int, content: bytes = b"") -> Iterator[None]:
    """Turns whatever a decoder raises into a BadPicture."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge(
            f"picture has more than {(Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} megapixels; the limit is "
            f"{max_pixels / 1e6:.0f}. Send a smaller picture."
        ) from error
    except InklingError:
        raise
    except UnidentifiedImageError as error:
        raise UnknownFormat(
            f"this is {_describe(content)}; expected a PNG, JPEG, WebP, GIF, BMP or TIFF picture. "
            "Save it as PNG or JPEG and send that."
        ) from error
    except Exception as error:  # decoders raise almost anything on damaged bytes
        raise BrokenPicture(
            f"picture cannot be decoded to the end ({error or type(error).__name__}); expected a whole file. "
            "Save or send it again."
        ) from error


def _describe(content: bytes) -> str:
    head = content[:512].lstrip().lower()
    for start, name in _KNOWN_HEADS:
        if head.startswith(start.lower()):
            return name
    if content[4:8] == b"ftyp":
        return "a HEIC, AVIF or video file"
    if not content[:512].strip(b"\0"):
        return "nothing but zero bytes"
    with suppress(UnicodeDecodeError):
        if "\0" not in codecs.getincrementaldecoder("utf-8")().decode(content[:512]):  # the last letter may be cut
            return "text"
    return "no picture format that inkling knows, or a damaged one"


def _check_size(size_wh: tuple[int, int], max_pixels: int) -> None:
    w, h = size_wh
    if w * h > max_pixels:
        raise ImageTooLarge(
            f"picture is {w}x{h} px; the limit is {max_pixels / 1e6:.0f} megapixels. Send a smaller picture."
        )
    if min(w, h) < MIN_SIDES[0] or max(w, h) < MIN_SIDES[1]:
        raise ImageTooSmall(
            f"picture is {w}x{h} px; a digit needs at least {MIN_SIDES[0]}x{MIN_SIDES[1]} px. Send a larger picture."
        )


def _orientation(picture: Image.Image, size_wh: tuple[int, int]) -> tuple[int, tuple[int, int]]:
    """The EXIF orientation of a decoded picture, and its size as stored."""
    if picture.format == "TIFF":  # Pillow turned it as it decoded it, and forgot the orientation
        size_wh = picture.size
    return picture.getexif().get(_EXIF_ORIENTATION, 1), size_wh


def _upright(pixels: np.ndarray, orientation: int, size_wh: tuple[int, int]) -> DecodedImage:
    """Greys, turns and reduces the pixels of a picture whose size, as stored, was checked."""
    grey = _turned(_grey_of_array(pixels), orientation)
    return _reduced(grey, (size_wh[1], size_wh[0]) if orientation in (5, 6, 7, 8) else size_wh)


def _turned(grey: np.ndarray, orientation: int) -> np.ndarray:
    """Applies an EXIF orientation (1..8, CIPA DC-008); anything else is taken as 1."""
    if orientation in (5, 6, 7, 8):
        grey = grey.T
    if orientation in (2, 3, 6, 7):
        grey = grey[:, ::-1]
    if orientation in (3, 4, 7, 8):
        grey = grey[::-1]
    return np.ascontiguousarray(grey)


def _reduced(grey: np.ndarray, size_wh: tuple[int, int]) -> DecodedImage:
    h, w = grey.shape
    factor = WORKING_SIDE / max(h, w)
    if factor < 1:
        small_wh = (max(1, round(w * factor)), max(1, round(h * factor)))
        grey = cv2.resize(grey, small_wh, interpolation=cv2.INTER_AREA)
    return DecodedImage(grey, size_wh)


def _grey_of_drawing(drawing: Drawing) -> np.ndarray:
    """The same as of its pixels, which in most cases need not be put together."""
    if drawing.opaque and shows_ink(grey := drawing.grey()):
        return grey
    return _grey_of_array(drawing.pixels())


def _grey_of_array(array: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, C) uint8 with C in 1, 2 (grey, alpha), 3 (RGB), 4 (RGBA) -> (H, W) uint8."""
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or 0 in array.shape or array.shape[2:] > (4,):
        raise BadRequest(
            f"array has shape {array.shape} and type {array.dtype}; expected (H, W) or (H, W, C) uint8 with 1 to 4 "
            "channels. Convert it first, for example (255 * a).astype('uint8')."
        )
    if array.ndim == 2:
        return array
    channels = array.shape[2]
    if channels == 1:
        return np.asarray(array[:, :, 0])
    array = np.ascontiguousarray(array)
    if channels == 3:
        return to_grey(array)
    alpha = cv2.extractChannel(array, channels - 1)
    if cv2.minMaxLoc(alpha)[0] == 255:
        return array[:, :, 0] if channels == 2 else to_grey(array)
    return _on_paper(array[:, :, 0] if channels == 2 else cv2.cvtColor(array, cv2.COLOR_RGBA2GRAY), alpha)


def _on_paper(grey: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lays a partly transparent image on a paper that contrasts with it. (H, W) uint8 twice -> (H, W) uint8.

    Mostly opaque: the opaque part brings its own paper, whose most usual brightness is continued. Mostly clear:
    the opaque part is the ink, so the paper is white under dark ink and black under light ink.
    """
    visible = grey[alpha > 127]
    if visible.size == 0:
        paper = 255.0
    elif visible.size > 0.5 * grey.size:
        paper = float(np.median(visible))
    else:
        paper = 255.0 if float(visible.mean()) < 128 else 0.0
    laid = np.empty(grey.shape, np.uint8)
    for top in range(0, len(grey), BAND_ROWS):
        rows = slice(top, top + BAND_ROWS)
        weight = alpha[rows].astype(np.float32) / 255.0
        laid[rows] = np.rint(grey[rows] * weight + paper * (1.0 - weight))
    return laid
