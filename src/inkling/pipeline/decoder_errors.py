"""Convert Pillow's exceptions on unknown or damaged files to a BadPicture with a message for the user."""

from __future__ import annotations

import codecs
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from PIL import Image, UnidentifiedImageError

from inkling.errors import BrokenPicture, ImageTooLarge, UnknownFormat
from inkling.pipeline.config.decoding import DECODE

# Pillow lists most of these as exceptions of its plug-ins on damaged bytes (ImageFile.__init__), but `load`, `convert`
# and `getexif` do not catch them. Its warnings are raised if the interpreter turns warnings into errors.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
    Warning,
)

FORMAT_NAMES = "PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC or AVIF"  # supported formats, for messages
_MAGIC = (
    (b"%pdf", "a PDF document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML or SVG document"),
    (b"pk\x03\x04", "a ZIP archive or office document"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
)
_HEAD_BYTES = 512  # enough to identify a format


@contextmanager
def decoder_errors(content: bytes = b"", max_pixels: int = DECODE.max_pixels) -> Iterator[None]:
    """Raise UnknownFormat, ImageTooLarge or BrokenPicture instead of Pillow's exceptions.

    Wrap only calls to Pillow: the same exception in our code is a bug and must remain visible. MemoryError is not
    converted, because `decode_limits` rejects images that would take too much memory.
    """
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge(
            f"picture has more than {(Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} megapixels; the limit is "
            f"{max_pixels / 1e6:.0f}. Send a smaller picture."
        ) from error
    except UnidentifiedImageError as error:
        raise UnknownFormat(
            f"this is {_describe(content)}; expected a {FORMAT_NAMES} picture. Save it as PNG or JPEG and send that."
        ) from error
    except _DAMAGE as error:
        raise BrokenPicture(
            f"picture cannot be decoded ({str(error) or type(error).__name__}); expected a whole file. "
            "Save or send it again."
        ) from error


def _describe(content: bytes) -> str:
    """A description of the content, to follow "this is" in a message."""
    head = content[:_HEAD_BYTES]
    start = head.lstrip().lower()
    for magic, name in _MAGIC:
        if start.startswith(magic):
            return name
    if content[4:8] == b"ftyp":
        return "a video file"
    if not head.strip(b"\0"):
        return "a file of zero bytes only"
    with suppress(UnicodeDecodeError):
        if "\0" not in codecs.getincrementaldecoder("utf-8")().decode(head):  # the last character may be cut off
            return "text"
    return "an unknown picture format, or a damaged file"
