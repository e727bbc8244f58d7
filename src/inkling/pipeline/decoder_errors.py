"""Turn what Pillow raises on foreign or damaged bytes into a BadPicture with one sentence for the user."""

from __future__ import annotations

import codecs
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from PIL import Image, UnidentifiedImageError

from inkling.errors import BrokenPicture, ImageTooLarge, UnknownFormat
from inkling.pipeline.config.decoding import DECODE

# Pillow itself lists most of these as what its plug-ins raise on damaged bytes (ImageFile.__init__), but `load`,
# `convert` and `getexif` let them through. Its warnings are raised where the interpreter makes errors of them.
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

FORMAT_NAMES = "PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC or AVIF"  # what is read, for a sentence
_MAGIC = (
    (b"%pdf", "a PDF document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML or SVG document"),
    (b"pk\x03\x04", "a ZIP archive or office document"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
)
_HEAD_BYTES = 512  # are enough to name a format


@contextmanager
def decoder_errors(content: bytes = b"", max_pixels: int = DECODE.max_pixels) -> Iterator[None]:
    """Raise UnknownFormat, ImageTooLarge or BrokenPicture for an error of Pillow.

    Wrap calls of Pillow only: the same exception in our own code is a bug and must stay one. MemoryError passes, since
    `decode_limits` refuses what would take too much.
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
            f"picture cannot be decoded to the end ({str(error) or type(error).__name__}); expected a whole file. "
            "Save or send it again."
        ) from error


def _describe(content: bytes) -> str:
    """What some bytes are, for a sentence that begins with "this is"."""
    head = content[:_HEAD_BYTES]
    start = head.lstrip().lower()
    for magic, name in _MAGIC:
        if start.startswith(magic):
            return name
    if content[4:8] == b"ftyp":
        return "a video file"
    if not head.strip(b"\0"):
        return "nothing but zero bytes"
    with suppress(UnicodeDecodeError):
        if "\0" not in codecs.getincrementaldecoder("utf-8")().decode(head):  # the last letter may be cut
            return "text"
    return "no picture format that inkling knows, or a damaged one"
