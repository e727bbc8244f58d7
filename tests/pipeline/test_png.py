"""A drawing board's PNG is read as Pillow reads it, or left to Pillow."""

import io
import struct
import zlib
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkling.errors import InklingError
from inkling.pipeline import decode
from inkling.pipeline.png import read_plain
from tests.pictures import board_png, drawn_seven, encoded, png_of

GREY = drawn_seven(side=64)
RGBA = np.dstack([GREY, GREY, np.maximum(GREY, 47), np.full_like(GREY, 255)])
ROWS = np.pad(np.diff(RGBA.reshape(64, -1), axis=0, prepend=0).astype(np.uint8), ((0, 0), (1, 0)), constant_values=2)
HEAD = struct.pack(">IIBBBBB", 64, 64, 8, 6, 0, 0, 0)
PACKED = zlib.compress(ROWS.tobytes())
IHDR, IDAT, IEND = (b"IHDR", HEAD), (b"IDAT", PACKED), (b"IEND", b"")


def outcome(content: bytes) -> tuple[object, ...]:
    """What `decode` makes of some bytes: the picture or the error, to be compared."""
    try:
        picture = decode.decode(content)
    except InklingError as error:
        return type(error), str(error)
    return picture.size_wh, picture.image.dtype, picture.image.shape, picture.image.tobytes()


@pytest.fixture
def by_pillow(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], tuple[object, ...]]:
    """`outcome` where every picture is left to Pillow."""

    def asked(content: bytes) -> tuple[object, ...]:
        with monkeypatch.context() as patch:
            patch.setattr(decode, "read_plain", lambda content: None)
            return outcome(content)

    return asked


@st.composite
def boards(draw: st.DrawFn) -> np.ndarray:
    """(H, W, C) uint8: even paper, and some box of it painted over, smoothly or with noise."""
    h, w, channels = draw(st.integers(2, 40)), draw(st.integers(2, 40)), draw(st.sampled_from([1, 3, 4]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pixels = np.broadcast_to(rng.integers(0, 256, channels, np.uint8), (h, w, channels)).copy()
    if draw(st.booleans()):
        pixels[..., -1] = 255
    top, left = draw(st.integers(0, h)), draw(st.integers(0, w))
    box = pixels[top : draw(st.integers(top, h)), left : draw(st.integers(left, w))]
    box[:] = rng.integers(0, 256, box.shape if draw(st.booleans()) else channels, np.uint8)
    return pixels


@given(boards(), st.integers(1, 5000))
def test_every_pixel_is_pillows(pixels: np.ndarray, chunk_bytes: int) -> None:
    content = board_png(pixels, chunk_bytes=chunk_bytes)
    drawing = read_plain(content)
    assert drawing is not None
    assert np.array_equal(drawing.pixels(), pixels)
    with Image.open(io.BytesIO(content)) as picture:
        assert np.array_equal(np.asarray(picture).reshape(pixels.shape), pixels)
        assert drawing.size_wh == picture.size
        rgb = np.asarray(picture.convert("RGBA").convert("RGB"))
    assert np.array_equal(drawing.grey(), cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    assert drawing.opaque == (pixels.shape[2] != 4 or bool((pixels[..., 3] == 255).all()))


def test_grey_is_as_of_the_decoded_picture(by_pillow: Callable[[bytes], tuple[object, ...]]) -> None:
    faint = np.where(GREY[..., None] > 128, [255, 255, 255, 255], [255, 255, 60, 255]).astype(np.uint8)  # yellow ink
    clear = np.dstack([np.zeros((64, 64, 3), np.uint8), 255 - GREY])
    small = np.zeros((2, 9, 1), np.uint8)
    blank = np.zeros_like(RGBA), np.full_like(RGBA, 255)
    for pixels in (RGBA, RGBA[..., :3], GREY[..., None], faint, clear, small, *blank):
        content = board_png(pixels)
        assert read_plain(content) is not None
        assert outcome(content) == by_pillow(content)


@pytest.mark.parametrize(
    "content",
    {
        "Pillow's filters": encoded(Image.fromarray(RGBA)),
        "another filter in one row": board_png(RGBA, rows=ROWS[:40].tobytes() + b"\1" + ROWS[41:].tobytes()[1:]),
        "a row too few": board_png(RGBA, rows=ROWS[:-1].tobytes()),
        "a row too many": board_png(RGBA, rows=ROWS.tobytes() + bytes(ROWS.shape[1])),
        "much too much": board_png(RGBA, rows=ROWS.tobytes() + bytes(10_000_000)),
        "no rows": board_png(RGBA, rows=b""),
        "something after the stream": png_of([IHDR, (b"IDAT", PACKED + b"x"), IEND]),
        "no zlib stream": png_of([IHDR, (b"IDAT", b"\0" + PACKED[1:]), IEND]),
        "no header": png_of([IDAT, IEND]),
        "no pixels": png_of([IHDR, IEND]),
        "no end": png_of([IHDR, IDAT]),
        "a comment": png_of([IHDR, (b"tEXt", b"Title\0seven"), IDAT, IEND]),
        "an orientation": png_of([IHDR, IDAT, (b"eXIf", Image.Exif().tobytes()), IEND]),
        "something after the end": png_of([IHDR, IDAT, IEND]) + b"x",
        "16 bits": encoded(Image.fromarray(GREY.astype(np.uint16) * 257)),
        "interlaced": png_of([(b"IHDR", HEAD[:-1] + b"\1"), IDAT, IEND]),
        "a palette": encoded(Image.fromarray(GREY).convert("P")),
        "too wide": board_png(np.zeros((8, 2000, 1), np.uint8)),
        "too small": board_png(np.zeros((1, 9, 1), np.uint8)),
        "nothing but the start": png_of([])[:8],
    }.items(),
    ids=lambda named: named[0],
)
def test_what_is_odd_is_left_to_pillow(
    content: tuple[str, bytes], by_pillow: Callable[[bytes], tuple[object, ...]]
) -> None:
    assert read_plain(content[1]) is None
    assert outcome(content[1]) == by_pillow(content[1])


@given(st.data())
def test_damage_is_left_to_pillow(data: st.DataObject) -> None:
    whole = board_png(RGBA, chunk_bytes=300)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytes([whole[at] ^ data.draw(st.integers(1, 255))])
    for damaged in (whole[:at], whole[:at] + whole[at + 1 :], whole[:at] + changed + whole[at + 1 :]):
        assert read_plain(damaged) is None


def test_the_streams_own_checksum_is_passed_over() -> None:
    content = png_of([IHDR, (b"IDAT", PACKED[:-4] + bytes(4)), IEND])
    drawing = read_plain(content)
    assert drawing is not None
    assert np.array_equal(drawing.pixels(), RGBA)
