"""Decode an image from any source to upright grayscale.

Encoded bytes are untrusted. The format is detected from the content. Bytes, pixels and memory are checked against
limits before decoding. Every failure becomes an error with a message for the user.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol, cast

import cv2
import numpy as np
from PIL import Image, JpegImagePlugin

from inkling.errors import BadRequest, EmptyPicture, ImageTooLarge, ImageTooSmall, NotFound
from inkling.pipeline.array_input import as_array, to_picture
from inkling.pipeline.config.decoding import DECODE as CONFIG
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.decode_limits import check_decoding, check_structure, count_frames
from inkling.pipeline.decoder_errors import FORMAT_NAMES, decoder_errors
from inkling.pipeline.downscaling import reduced_by
from inkling.pipeline.grayscale import principal_edge_axis, shows_ink, to_grayscale
from inkling.pipeline.pixel_formats import to_plain_image


class HasArray(Protocol):
    """An object that NumPy can convert: a PyTorch or TensorFlow tensor, a data frame, .."""

    def __array__(self) -> Any: ...


ImageSource = str | os.PathLike[str] | bytes | IO[bytes] | Image.Image | np.ndarray | HasArray

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")  # decoded by Pillow; pi-heif decodes HEIC
SUFFIXES = {  # of files in those formats and HEIC
    *(".png", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".avif", ".heic", ".heif", ".hif"),
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")  # ISO/IEC 23008-12
_AVIF_BRANDS = (b"avif", b"avis")
_MAX_BRANDS_BYTES = 128
_EXIF_ORIENTATION = 0x0112
_SWAPS_SIDES = (5, 6, 7, 8)  # EXIF orientations that exchange width and height


@dataclass(frozen=True)
class DecodedImage:
    """An upright gray image, which may be downscaled, and its original size."""

    pixels: np.ndarray  # (h, w) uint8, 0 black .. 255 white, as decoded; downscaled if the file is very large
    size_wh: tuple[int, int]  # of the upright image before downscaling, in pixels
    n_frames: int = 1  # frames of an animation, or pages of a TIFF; this image is the first

    @cached_property
    def image(self) -> np.ndarray:
        """(H, W) uint8, longer side at most CONFIG.max_side_px; downscaled on first access."""
        return reduced_by(self.pixels, CONFIG.max_side_px / max(self.pixels.shape))

    def glance(self) -> DecodedImage:
        """A quick preview: large images are downscaled by an integer factor, to 1 to 1.5 times CONFIG.glance_side_px.

        It is much faster than `image`, and sufficient to detect a single large digit.
        """
        h, w = self.pixels.shape
        factor = max(h, w) // CONFIG.glance_side_px
        if factor < 2 or min(h, w) < factor:
            return self
        whole = self.pixels[: h // factor * factor, : w // factor * factor]
        small = cv2.resize(whole, (w // factor, h // factor), interpolation=cv2.INTER_AREA)
        return DecodedImage(small, self.size_wh, self.n_frames)


def decode(
    source: ImageSource, *, max_bytes: int = CONFIG.max_bytes, max_pixels: int = CONFIG.max_pixels
) -> DecodedImage:
    """Decode a path, encoded bytes, an open file, a PIL image, or an array or tensor (H, W[, C]) or (C, H, W).

    `array_input` defines how the values of each array type are interpreted. EXIF orientation is applied. Transparent
    images are composited over a background that contrasts with the ink. Only the first frame of an animation, or first
    page of a TIFF, is decoded; `inkling.documents` reads all pages. Raises a BadPicture (EmptyPicture, UnknownFormat,
    ImageTooLarge, ImageTooSmall, BrokenPicture), NotFound if a path is not a file, and BadRequest for any other type
    or array shape.
    """
    if isinstance(source, str | os.PathLike):
        with open_file(Path(source)) as file:
            source = file.read(max_bytes + 1)
    elif hasattr(source, "read"):
        source = _content_of(cast("IO[bytes]", source), max_bytes)
    if not isinstance(source, Image.Image) and hasattr(source, "__array__"):
        gray = _array_to_gray(to_picture(as_array(source)))
        size_wh = gray.shape[1], gray.shape[0]
        _check_size(size_wh, max_pixels)
        return DecodedImage(gray, size_wh)
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode_bytes(bytes(source), max_bytes, max_pixels)
    if isinstance(source, Image.Image):
        _check_size(source.size, max_pixels)
        gray, size_wh = _load(source, source.size)
        return DecodedImage(gray, size_wh)
    raise BadRequest(
        f"a {type(source).__name__} is not a picture; expected a path, bytes, an open file, a PIL image or an array. "
        "Pass one of these."
    )


def _content_of(file: IO[bytes], max_bytes: int) -> bytes:
    """The rest of an open file, or the whole file if its position is at the end, for example after writing."""
    content = file.read(max_bytes + 1)
    if not content and file.seekable():
        file.seek(0)
        content = file.read(max_bytes + 1)
    if not isinstance(content, bytes):
        raise BadRequest("an open file contains text; expected the bytes of a picture. Open it in the mode 'rb'.")
    return content


def open_file(path: Path) -> IO[bytes]:
    """Open a picture or document file for reading. Raises NotFound."""
    try:
        if path.is_dir():
            raise NotFound(f"{path} is a folder; expected a picture file. Name a file in it.")
        return path.open("rb")
    except OSError as error:
        raise NotFound(f"{path} cannot be read ({error.strerror}); expected a picture file. Check the path.") from error
    except ValueError as error:  # a path with a NUL byte
        raise NotFound(f"{str(path)!r} is not a path ({error}); expected a picture file. Check the path.") from error


def check_bytes(size: int, max_bytes: int) -> None:
    """Raise ImageTooLarge if `size` exceeds `max_bytes`."""
    if size > max_bytes:
        raise ImageTooLarge(
            f"picture has {size / 1e6:.1f} MB; the limit is {max_bytes / 1e6:.1f} MB. Send a smaller picture."
        )


def open_image(
    content: bytes,
    max_bytes: int,
    max_pixels: int,
    *,
    colour: bool = True,
    side_px: int = CONFIG.max_side_px,
) -> tuple[Image.Image, tuple[int, int]]:
    """A file's content -> the picture, checked but not yet decoded, and its size before Pillow downscales it.

    Without `colour`, only the brightness of a JPEG is decoded, which takes half the time. A JPEG is decoded at 1/2, 1/4
    or 1/8 of its size if the longer side is still at least `side_px`. Raises as `decode` does.
    """
    if not content:
        raise EmptyPicture(f"picture has no bytes; expected a {FORMAT_NAMES}. Send the file's content.")
    check_bytes(len(content), max_bytes)
    check_structure(content)
    with decoder_errors(content, max_pixels):
        image = _open(content)
    size_wh = image.size
    _check_size(size_wh, max_pixels)
    factor = min(1.0, side_px / max(size_wh))
    with decoder_errors():
        image.draft("RGB" if colour else "L", (round(size_wh[0] * factor), round(size_wh[1] * factor)))
    check_decoding(image, content, size_wh)
    return image, size_wh


def _open(content: bytes) -> Image.Image:
    brands = content[8 : min(int.from_bytes(content[:4], "big"), _MAX_BRANDS_BYTES)]
    if content[4:12].startswith(tuple(b"ftyp" + brand for brand in _HEIC_BRANDS)) and not any(
        brand in brands for brand in _AVIF_BRANDS
    ):
        from pi_heif import HeifImageFile  # not registered, because that would change Pillow for the whole process

        return cast(Image.Image, HeifImageFile(io.BytesIO(content)))
    return Image.open(io.BytesIO(content), formats=FORMATS)


def _decode_bytes(content: bytes, max_bytes: int, max_pixels: int) -> DecodedImage:
    """Check and decode a file's content. Pillow's pixels are freed on return."""
    image, size_wh = open_image(content, max_bytes, max_pixels, colour=False)
    with image:
        with decoder_errors():
            n_frames = count_frames(image, content)
        gray, upright_wh = _load(image, size_wh)
    if isinstance(image, JpegImagePlugin.JpegImageFile) and image.layers > 1 and not shows_ink(gray):
        small, _ = open_image(content, max_bytes, max_pixels, side_px=CONFIG.colour_side_px)
        with small, decoder_errors():
            rgb = np.asarray(small.convert("RGB"))
        if principal_edge_axis(rgb) is not None:  # the colors show the ink
            image, size_wh = open_image(content, max_bytes, max_pixels)
            with image:
                gray, upright_wh = _load(image, size_wh)
    return DecodedImage(gray, upright_wh, n_frames)


def _load(image: Image.Image, size_wh: tuple[int, int]) -> tuple[np.ndarray, tuple[int, int]]:
    """Decode an opened picture -> (h, w) uint8 upright gray, downscaled if it is large, and its upright full size."""
    check_deadline()
    with decoder_errors():
        image.load()
    gray = _image_to_gray(to_plain_image(image, CONFIG.max_side_px))
    if image.format == "TIFF":  # Pillow rotates it while decoding and then drops the orientation
        size_wh = image.size
    with decoder_errors():
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    upright_wh = size_wh[::-1] if orientation in _SWAPS_SIDES else size_wh
    return _apply_orientation(gray, orientation), upright_wh


def _check_size(size_wh: tuple[int, int], max_pixels: int) -> None:
    w, h = size_wh
    if w * h > max_pixels:
        raise ImageTooLarge(
            f"picture is {w}x{h} px; the limit is {max_pixels / 1e6:.0f} megapixels. Send a smaller picture."
        )
    shorter, longer = CONFIG.min_sides_px
    if min(w, h) < shorter or max(w, h) < longer:
        raise ImageTooSmall(
            f"picture is {w}x{h} px; a digit needs at least {shorter}x{longer} px. Send a larger picture."
        )


def _apply_orientation(gray: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation (1..8, CIPA DC-008); other values count as 1."""
    if orientation in _SWAPS_SIDES:
        gray = gray.T
    if orientation in (2, 3, 6, 7):
        gray = gray[:, ::-1]
    if orientation in (3, 4, 7, 8):
        gray = gray[::-1]
    return np.ascontiguousarray(gray)


def _image_to_gray(image: Image.Image) -> np.ndarray:
    """An image of mode L, LA, RGB or RGBA -> (H, W) uint8.

    Pillow extracts brightness and transparency much faster than it copies all channels.
    """
    gray = np.asarray(image.convert("L"))
    if image.mode.endswith("A"):
        alpha = np.asarray(image.getchannel("A"))
        if alpha.min() < 255:
            return _composite(gray, alpha)
    if image.mode in ("L", "LA") or shows_ink(gray):
        return gray
    del gray
    return to_grayscale(np.asarray(image if image.mode == "RGB" else image.convert("RGB")))


def _array_to_gray(array: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, C) uint8 with C in 1, 2 (gray, alpha), 3 (RGB), 4 (RGBA) -> (H, W) uint8."""
    if array.ndim == 2:
        return array
    channels = array.shape[2]
    if channels == 1:
        return np.asarray(array[:, :, 0])
    array = np.ascontiguousarray(array)
    if channels == 3:
        return to_grayscale(array)
    alpha = cv2.extractChannel(array, channels - 1)
    if cv2.minMaxLoc(alpha)[0] == 255:
        return array[:, :, 0] if channels == 2 else to_grayscale(array)
    return _composite(array[:, :, 0] if channels == 2 else cv2.cvtColor(array, cv2.COLOR_RGBA2GRAY), alpha)


def _composite(gray: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Composite a partly transparent image over a contrasting background. (H, W) uint8 gray and alpha -> (H, W) uint8.

    A mostly opaque image contains its background, so its median level is used. In a mostly transparent image, the
    opaque part is the ink, so the background is white for dark ink and black for light ink.
    """
    visible = gray[alpha > CONFIG.opaque_alpha]
    if visible.size == 0:
        background = 255.0
    elif visible.size > CONFIG.mostly_opaque_share * gray.size:
        background = float(np.median(visible))
    else:
        background = 255.0 if float(visible.mean()) < CONFIG.dark_ink_level else 0.0
    result = np.empty(gray.shape, np.uint8)
    for top in range(0, len(gray), CONFIG.alpha_band_rows):
        rows = slice(top, top + CONFIG.alpha_band_rows)
        weight = alpha[rows].astype(np.float32) / 255.0
        result[rows] = np.rint(gray[rows] * weight + background * (1.0 - weight))
    return result
