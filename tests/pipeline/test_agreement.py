"""Combining two readings of one image, by rows and glyph by glyph."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.agreement import agreed, is_complete, spans_picture
from inkling.pipeline.box import Box
from inkling.pipeline.quality import QualityWarning
from inkling.pipeline.result import Digit, Other, Reading, compose_empty
from inkling.pipeline.segmentation import segment

SIZE_WH = (400, 100)
BLANK = QualityWarning("blank", "nothing stands out from the paper; write larger or darker, or come closer.")


def digit(value: int, x: int, *, confidence: float = 0.99) -> Digit:
    probs = np.full(10, (1 - confidence) / 9)
    probs[value] = confidence
    return Digit(value, confidence, confidence >= 0.9, tuple(probs.tolist()), (x, 10, 40, 60))


def reading(text: str, *, confidence: float = 0.99, others: tuple[Other, ...] = ()) -> Reading:
    digits = tuple(digit(int(character), 50 * i, confidence=confidence) for i, character in enumerate(text))
    outcome = "not_digit" if not text else "read" if confidence >= 0.9 else "unsure"
    return Reading(outcome, text, confidence if text else 0.0, digits, SIZE_WH, others=others, written=text)


EMPTY = compose_empty(SIZE_WH)


@pytest.mark.parametrize(
    ("rows", "glyphs", "complete", "wins"),
    [
        pytest.param(reading("7"), reading("1"), False, "glyphs", id="a single digit is the classifier's"),
        pytest.param(reading("7"), reading(""), False, "rows", id="unless other ink hides it"),
        pytest.param(reading("7", confidence=0.6), reading(""), False, "glyphs", id="and the row is not sure"),
        pytest.param(reading("77"), reading("4", confidence=0.5), True, "rows", id="touching digits"),
        pytest.param(reading("11", confidence=0.4), reading("4", confidence=0.5), True, "glyphs", id="a wide digit"),
        pytest.param(reading("407"), EMPTY, False, "rows", id="faint ink that the row reads"),
        pytest.param(reading("40738", confidence=1e-4), EMPTY, False, "glyphs", id="texture"),
        pytest.param(reading(""), EMPTY, False, "glyphs", id="an edge where nothing is written"),
        pytest.param(EMPTY, reading(""), False, "rows", id="a printed form with nothing in it"),
        pytest.param(reading(""), reading("12"), False, "glyphs", id="rows without a digit"),
        pytest.param(
            reading("407", confidence=0.6), reading("407"), True, "glyphs", id="clean digits that stand apart"
        ),
        pytest.param(reading("407", confidence=0.6), reading("407"), False, "rows", id="the same on a rule"),
    ],
)
def test_which_reading_is_the_answer(rows: Reading, glyphs: Reading, complete: bool, wins: str) -> None:
    answer = agreed(rows, glyphs, complete=complete)
    assert (answer.outcome, answer.text) == {
        "rows": (rows.outcome, rows.text),
        "glyphs": (glyphs.outcome, glyphs.text),
    }[wins]


def test_a_sure_glyph_that_contradicts_makes_the_row_unsure() -> None:
    answer = agreed(reading("407"), reading("401"), complete=False)
    assert (answer.outcome, answer.text) == ("unsure", "407")
    assert "reads 7 where the digit alone looks like 1" in answer.reason
    assert answer.confidence < 0.9


@pytest.mark.parametrize(
    ("glyphs", "missed"),
    [
        pytest.param(reading("407"), (), id="the same"),
        pytest.param(reading("4073"), ((150, 10, 40, 60),), id="a digit more"),
        pytest.param(reading("407", others=(Other("refused", (300, 0, 20, 80)),)), ((300, 0, 20, 80),), id="a bar"),
        pytest.param(reading("407", others=(Other("refused", (300, 60, 9, 9)),)), (), id="a speck"),
    ],
)
def test_ink_as_high_as_digits_that_the_row_does_not_explain(glyphs: Reading, missed: tuple[Box, ...]) -> None:
    answer = agreed(reading("407"), glyphs, complete=False)
    assert tuple(other.box for other in answer.others) == missed
    assert answer.outcome == ("unsure" if missed else "read")


def test_the_walls_of_cells_are_explained() -> None:
    walls = reading("407", others=(Other("refused", (0, 0, 200, 90)),))
    cells = [(0, 5, 50, 80), (50, 5, 50, 80), (100, 5, 50, 80)]
    assert agreed(reading("407"), walls, complete=False, cells=cells).outcome == "read"
    assert agreed(reading("407"), walls, complete=False).outcome == "unsure"


def test_warnings_of_the_image_stay() -> None:
    warned = Reading("read", "407", 0.99, reading("407").digits, SIZE_WH, warnings=(BLANK,))
    assert agreed(reading("407"), warned, complete=False).warnings == (BLANK,)


def test_glyphs_that_are_more_probable_and_say_something_else_are_doubted() -> None:
    answer = agreed(reading("47", confidence=0.6), reading("407"), complete=True)
    assert (answer.outcome, answer.text) == ("unsure", "407")
    assert "as one row, it looks like 47" in answer.reason
    assert answer.confidence < 0.9


def test_a_sure_number_is_no_page_of_text() -> None:
    page = QualityWarning("page", "this looks like a page of text; show only the number.")
    warned = Reading("not_digit", "", 0.0, (), SIZE_WH, warnings=(page,))
    assert agreed(reading("407"), warned, complete=False).outcome == "read"
    assert agreed(reading("407", confidence=0.6), warned, complete=False).warnings == (page,)


@pytest.mark.parametrize(("confidence", "text"), [(0.6, "407"), (1e-3, "")])
def test_probable_digits_on_paper_that_looks_like_text_are_kept(confidence: float, text: str) -> None:
    page = QualityWarning("page", "this looks like a page of text; show only the number.")
    pattern = tuple(Other("refused", (50 * i, 0, 40, 60)) for i in range(4, 8))
    glyphs = Reading("not_digit", "", 0.0, (), SIZE_WH, others=pattern, warnings=(page,))
    answer = agreed(reading("407", confidence=confidence), glyphs, complete=False)
    assert (answer.text, answer.outcome) == (text, "unsure" if text else "not_digit")
    assert answer.reason == page.text


@pytest.mark.parametrize(
    ("boxes", "complete"),
    [
        ([], False),
        ([(20, 20, 10, 60)], True),
        ([(20, 20, 10, 60), (25, 90, 1, 1)], True),  # a speck is dirt
        ([(20, 20, 10, 60), (60, 20, 10, 60)], True),
        ([(20, 20, 10, 60), (60, 20, 10, 60), (40, 70, 9, 9)], False),  # a point
    ],
)
def test_all_ink_belongs_to_the_glyphs(boxes: list[Box], complete: bool) -> None:
    assert is_complete(segment(drawn(boxes))) == complete


@pytest.mark.parametrize(
    ("box", "side", "spans"),
    [((5, 5, 290, 290), 300, True), ((100, 20, 60, 200), 300, False), ((2, 2, 60, 60), 64, False)],
)
def test_an_outline_of_a_page(box: Box, side: int, spans: bool) -> None:
    assert spans_picture(segment(drawn([box], side=side)), (side, side)) == spans


def drawn(boxes: list[Box], *, side: int = 100) -> np.ndarray:
    ink = np.zeros((side, side), np.float32)
    for x, y, w, h in boxes:
        ink[y : y + h, x : x + w] = 1
    return ink
