from __future__ import annotations

import cv2
import numpy as np
import pytest

from inkling.errors import BadRequest, DeadlineExceeded
from inkling.hands.box import Correction, box_lessons, digit_tiles
from inkling.pipeline.deadline import deadline
from inkling.pipeline.reader import Reader, prepare


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader("cnn")


def picture(text: str, *, gap: int = 60, height: int = 160) -> np.ndarray:
    """Digits in a row, `gap` pixels apart."""
    image = np.full((height, 60 + gap * len(text)), 255, np.uint8)
    for i, digit in enumerate(text):
        cv2.putText(image, digit, (20 + gap * i, 110), cv2.FONT_HERSHEY_DUPLEX, 2.5, 0, 6, cv2.LINE_AA)
    return image


def test_a_box_of_the_reading_gives_what_the_network_saw(reader: Reader) -> None:
    trace = reader.trace(picture("47", gap=80))
    prepared = prepare(picture("47", gap=80))
    for digit, tile in zip(trace.reading.digits, prepared.tiles, strict=True):
        [found] = digit_tiles(prepared, digit.box, 1)
        assert np.abs(found - tile).max() < 1e-6


def test_many_boxes_end_at_the_deadline(reader: Reader) -> None:
    prepared = prepare(picture("47"))
    with deadline(1e-9), pytest.raises(DeadlineExceeded):
        box_lessons(reader, prepared, [Correction((20, 40, 60, 80), "4")] * 100)


def test_a_lesson_has_what_was_said_and_how_probable_that_was(reader: Reader) -> None:
    image = picture("47", gap=80)
    boxes = [digit.box for digit in reader.read(image).digits]
    given = [Correction(boxes[0], "4"), Correction(boxes[1], "1", said="7"), Correction(boxes[1], "none")]
    lessons = box_lessons(reader, prepare(image), given, source="board", session="today")
    assert [(each.label, each.said) for each in lessons] == [("4", "4"), ("1", "7"), ("none", "7")]
    assert all(each.confidence is not None and each.confidence > 0.9 for each in lessons)
    assert {(each.model_name, each.source, each.session) for each in lessons} == {("cnn", "board", "today")}
    assert [each.box for each in lessons] == [boxes[0], boxes[1], boxes[1]]


@pytest.mark.parametrize(("gap", "pieces"), [(80, 2), (40, 1)])
def test_two_digits_in_one_box_are_cut_apart(reader: Reader, gap: int, pieces: int) -> None:
    image = picture("38", gap=gap)
    assert len(prepare(image).tiles) == pieces
    x, y, w, h = cv2.boundingRect(255 - image)
    lessons = box_lessons(reader, prepare(image), [Correction((x, y, w, h), "38", said="4")])
    assert [(each.label, each.said) for each in lessons] == [("3", "3"), ("8", "8")]


def test_a_neighbour_that_reaches_into_the_box_is_left_out(reader: Reader) -> None:
    image = np.full((200, 300), 255, np.uint8)
    cv2.putText(image, "6", (60, 140), cv2.FONT_HERSHEY_DUPLEX, 3, 0, 7, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect(255 - image)
    [alone] = digit_tiles(prepare(image), (x, y, w, h), 1)
    cv2.line(image, (x + w + 8, y), (x + w + 8, y + h), 0, 6)  # beside the digit, outside its box
    cv2.line(image, (0, 190), (299, 190), 0, 3)
    wide = (x, y, w + 30, h)
    [same] = digit_tiles(prepare(image), (x, y, w, 200 - y), 1)
    assert np.abs(same - alone).max() < 0.1
    [both] = digit_tiles(prepare(image), wide, 1)
    assert np.abs(both - alone).max() > 0.5, "ink inside the box is part of the digit"


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ((0, 0, 5, 5), "contains no ink"),
        ((-1, 0, 5, 5), "not inside the picture of 140x160 px"),
        ((100, 0, 60, 5), "not inside"),
        ((0, 0, 0, 5), "not inside"),
    ],
)
def test_a_wrong_box_is_refused(box: tuple[int, int, int, int], said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        digit_tiles(prepare(picture("7", gap=80)), box, 1)


def test_more_digits_than_there_is_ink_are_refused() -> None:
    image = np.full((100, 100), 255, np.uint8)
    cv2.line(image, (50, 20), (50, 80), 0, 4)
    with pytest.raises(BadRequest, match="too little ink for 20 digits"):
        digit_tiles(prepare(image), (10, 10, 80, 80), 20)
