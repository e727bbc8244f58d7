"""Damaged bytes raise BadPicture. Errors in our code and MemoryError are not converted."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from benchmarks.serving.soak.image_mutators import mutate
from inkling.errors import BadPicture, BrokenPicture
from inkling.pipeline import decode, decode_limits, pixel_formats
from tests.pictures import drawn_seven, encoded, png_of

RGB = Image.fromarray(np.dstack([drawn_seven(side=64)] * 3))


@pytest.mark.parametrize("error", [TypeError("a bug"), ValueError("a bug"), MemoryError()], ids=repr)
@pytest.mark.parametrize(
    ("module", "name"),
    [
        (decode, "to_plain_image"),
        (decode, "shows_ink"),
        (decode, "_apply_orientation"),
        (pixel_formats, "_plain_mode"),
        (decode, "check_structure"),
        (decode_limits, "_decoded_bytes"),
    ],
)
def test_our_own_errors_come_through(
    module: object, name: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(module, name, fail)
    with pytest.raises(type(error)) as caught:
        decode.decode(encoded(RGB))
    assert caught.value is error


def test_a_decoder_without_memory_is_no_broken_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(image: PngImagePlugin.PngImageFile) -> None:
        raise MemoryError

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", fail)
    for source in (encoded(RGB), Image.open(io.BytesIO(encoded(RGB)))):
        with pytest.raises(MemoryError):
            decode.decode(source)


@pytest.mark.parametrize(
    "error", [TypeError, KeyError, EOFError, struct.error, zlib.error, OverflowError, UserWarning, SyntaxError]
)
def test_what_pillow_raises_is_a_broken_picture(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(image: PngImagePlugin.PngImageFile) -> None:
        raise error("damage")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", fail)
    with pytest.raises(BrokenPicture, match="damage"):
        decode.decode(encoded(RGB))


def with_chunk(name: bytes, content: bytes, mode: str = "RGB") -> bytes:
    """A valid PNG with an additional chunk."""
    header = struct.pack(">IIBBBBB", 20, 20, 8, {"L": 0, "RGB": 2}[mode], 0, 0, 0)
    rows = zlib.compress(bytes(20 * (1 + 20 * len(mode))))
    return png_of([(b"IHDR", header), (name, content), (b"IDAT", rows), (b"IEND", b"")])


def tiff(**changed: tuple[int, bytes]) -> bytes:
    """A TIFF of 64x64 px in one deflated strip. `changed`: type and 4 value bytes of some tags."""
    packed = zlib.compress(bytes(64 * 64))
    tags = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 273: 200, 277: 1, 278: 64, 279: len(packed)}
    fields = {tag: (4, struct.pack("<I", value)) for tag, value in tags.items()}
    fields.update({int(tag.removeprefix("tag")): field for tag, field in changed.items()})
    entries = b"".join(struct.pack("<HHI", tag, kind, 1) + value for tag, (kind, value) in sorted(fields.items()))
    start = b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + entries
    return start.ljust(200, b"\0") + packed + struct.pack("<d", np.nan) * 10


def without_sampling() -> bytes:
    """A progressive JPEG in which all components have a sampling factor of 0."""
    content = bytearray(encoded(RGB, "JPEG", progressive=True))
    at = content.index(b"\xff\xc2")
    content[at + 11 : at + 20 : 3] = bytes(3)
    return bytes(content)


@pytest.mark.parametrize(
    ("make", "kind"),
    {
        "text named as EXIF": (lambda: with_chunk(b"tEXt", b"exif\0no bytes"), BrokenPicture),
        "text named as transparency": (lambda: with_chunk(b"tEXt", b"transparency\0no level", "L"), BrokenPicture),
        "text named as raw EXIF": (lambda: with_chunk(b"tEXt", b"Raw profile type exif\0\n\n\nzz"), BrokenPicture),
        "text for the rows of a strip": (lambda: tiff(tag278=(2, b"ab\0\0")), BrokenPicture),
        "NaN for a tile's width": (lambda: tiff(tag322=(11, struct.pack("<f", np.nan))), BrokenPicture),
        "no sampling factors": (without_sampling, BrokenPicture),
        "a directory beyond any offset": (lambda: b"MM\0+" + b"\xff" * 40, BadPicture),
    }.values(),
)  # fmt: skip
def test_a_hostile_structure_is_a_bad_picture(make: Callable[[], bytes], kind: type[BadPicture]) -> None:
    with pytest.raises(kind):
        decode.decode(make())


def test_the_structures_above_are_sound_without_what_is_hostile() -> None:
    assert decode.decode(tiff()).size_wh == (64, 64)
    assert decode.decode(with_chunk(b"tEXt", b"Comment\0seven")).size_wh == (20, 20)


@pytest.mark.slow
def test_thousands_of_mutated_files_are_bad_pictures_or_read() -> None:
    refused = 0
    for number in range(3000):
        try:
            decode.decode(mutate(5, number).body)
        except BadPicture:
            refused += 1
    assert 1000 < refused < 2500
