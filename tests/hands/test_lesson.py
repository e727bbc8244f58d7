from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.errors import BadRequest
from inkling.hands.lesson import MAX_TILE_BYTES, Lesson, as_tile, checked, checked_name, from_png, label_of, to_png
from tests.hands.conftest import lesson


def encoded(image: Image.Image, format: str = "PNG") -> bytes:
    content = io.BytesIO()
    image.save(content, format)
    return content.getvalue()


def test_a_tile_survives_png_and_noise_fits() -> None:
    tile = lesson(0).tile
    assert np.array_equal(from_png(to_png(tile), name="x"), tile)
    assert len(to_png(tile)) < MAX_TILE_BYTES


def test_a_normalized_digit_becomes_a_tile() -> None:
    assert as_tile(np.array([[0, 0.5, 1, 1.2]], np.float32)).tolist() == [[0, 128, 255, 255]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a PNG"),
        (b"\x89PNG\r\n\x1a\nbroken", "is not a PNG"),
        (to_png(lesson(0).tile)[:100], "cannot be decoded"),
        (encoded(Image.new("L", (29, 28))), "29x28 px"),
        (encoded(Image.new("RGB", (28, 28))), "mode RGB"),
        (encoded(Image.new("L", (28, 28)), "BMP"), "is not a PNG"),
        (b"x" * 5000, "5,000 bytes"),
    ],
)
def test_what_is_no_tile_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        from_png(content, name="x.png")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (lesson(0, "10"), "the label is '10'"),
        (lesson(0, ""), "the label is ''"),
        (lesson(0, said="ten"), "the label read"),
        (lesson(0, source="x" * 2000), "the source of a lesson has 2,000 characters"),
        (Lesson(np.zeros((28, 28), np.uint8), "7"), "empty"),
        (Lesson(np.ones((28, 28), np.float32), "7"), "float32"),
        (Lesson(np.ones((27, 28), np.uint8), "7"), "27, 28"),
    ],
)
def test_bad_lessons_are_refused(bad: Lesson, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        checked(bad)


@pytest.mark.parametrize(
    ("name", "kept"), [("anna", "anna"), (" Zoë B. ", "Zoë B."), ("e\u0301lan", "élan"), ("7", "7")]
)
def test_names_have_one_form(name: str, kept: str) -> None:
    assert checked_name(name) == kept


@pytest.mark.parametrize("name", ["", " ", "../x", "a/b", ".hidden", "x" * 41, "a\nb", "-x"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(BadRequest, match="name of the hand"):
        checked_name(name)


@pytest.mark.parametrize(
    ("name", "label"), [("7__x.png", "7"), ("407__a__b.png", "407"), ("plain.png", ""), ("__x.png", "")]
)
def test_label_of(name: str, label: str) -> None:
    assert label_of(Path(name)) == label
