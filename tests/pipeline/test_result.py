import json

import numpy as np
import pytest

from inkling.pipeline.classifier import Prediction
from inkling.pipeline.config.quality import TEXT_PAGE
from inkling.pipeline.quality import QualityWarning
from inkling.pipeline.result import OTHER_KINDS, Reading, calibrate, compose, with_warnings
from inkling.server import schemas

MIN_GLYPHS = TEXT_PAGE.min_glyphs
BOX = (1, 2, 3, 4)


def row(**shares: float) -> np.ndarray:
    """(10,) probabilities, for example row(d7=0.9, d1=0.1)."""
    probs = np.zeros(10)
    for name, share in shares.items():
        probs[int(name[1])] = share
    return probs


def composed(probs, lines, *, not_digit=None) -> Reading:  # type: ignore[no-untyped-def]
    """A reading with `sure_at` 0.8 and `reject_at` 0.5; `not_digit`: (N,), default zeros."""
    strange = np.zeros(len(probs)) if not_digit is None else np.array(not_digit)
    return compose(Prediction(np.array(probs), strange), lines, sure_at=0.8, reject_at=0.5, size_wh=(30, 20))


@pytest.mark.parametrize(
    ("probs", "lines", "outcome", "text", "confidence"),
    [
        (np.zeros((0, 10)), [], "empty", "", 0.0),
        ([row(d7=0.99, d1=0.01)], [[BOX]], "read", "7", 0.99),
        ([row(d7=0.6, d1=0.4)], [[BOX]], "unsure", "7", 0.6),
        ([row(d4=1.0), row(d0=0.9, d6=0.1), row(d7=1.0)], [[BOX, BOX], [BOX]], "read", "40\n7", 0.9),
        ([row(d4=1.0), row(d0=0.5, d6=0.4)], [[BOX, BOX]], "unsure", "40", 0.5),
    ],
)
def test_probabilities_become_a_typed_answer(probs, lines, outcome, text, confidence) -> None:  # type: ignore[no-untyped-def]
    reading = composed(probs, lines)
    assert (reading.outcome, reading.text) == (outcome, text)
    assert reading.confidence == pytest.approx(confidence)
    assert bool(reading.reason) == (outcome != "read")
    assert json.loads(json.dumps(reading.to_json()))["digits"] == [digit.to_json() for digit in reading.digits]


@pytest.mark.parametrize(
    ("not_digit", "outcome", "text", "n_others", "words"),
    [
        ([0.0, 0.0, 0.0], "read", "407", 0, ""),
        ([0.9, 0.0, 0.0], "unsure", "07", 1, "one mark was left out"),
        ([0.0, 0.9, 0.5], "unsure", "4", 2, "2 marks were left out"),
        ([0.9, 0.9, 0.9], "not_digit", "", 3, "none of the 3 marks"),
        ([0.0, 0.3, 0.0], "unsure", "407", 0, "looks like 0 but could be 6"),  # neither rejected nor sure
    ],
)
def test_what_is_no_digit_is_left_out_and_said(not_digit, outcome, text, n_others, words) -> None:  # type: ignore[no-untyped-def]
    probs = [row(d4=1.0), row(d0=0.9, d6=0.1), row(d7=1.0)]
    reading = composed(probs, [[BOX, BOX, BOX]], not_digit=not_digit)
    assert (reading.outcome, reading.text, len(reading.others)) == (outcome, text, n_others)
    assert words in reading.reason
    assert len(reading.digits) == len(reading.text)
    assert [other["not_digit"] for other in reading.to_json()["others"]] == [x for x in not_digit if x >= 0.5]


def test_a_line_of_refused_marks_leaves_no_empty_line() -> None:
    reading = composed([row(d4=1.0), row(d7=1.0)], [[BOX], [BOX]], not_digit=[0.9, 0.0])
    assert reading.text == "7"


def test_a_network_that_cannot_tell_refuses_nothing() -> None:
    prediction = Prediction(np.array([row(d4=1.0)]), np.ones(1))
    assert compose(prediction, [[BOX]], sure_at=0.0, size_wh=(30, 20)).text == "4"


def test_calibration_is_temperature_scaling_of_logits() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (50, 10))

    def softmax(values: np.ndarray) -> np.ndarray:
        raised = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    for temperature in (0.5, 1.0, 1.7):
        assert np.allclose(calibrate(softmax(logits), temperature), softmax(logits / temperature), atol=1e-6)


def test_calibration_keeps_the_order_and_survives_zeros() -> None:
    probs = np.array([row(d3=1.0)])
    assert calibrate(probs, 2.0).argmax() == 3
    assert np.isfinite(calibrate(probs, 2.0)).all()


def test_a_remark_says_what_to_do_after_what_it_may_be() -> None:
    warning = QualityWarning("faint", "the ink is faint; use a darker pen, or more light.")
    reading = with_warnings(composed([row(d7=0.6, d1=0.4)], [[BOX]]), (warning,))
    assert reading.reason == "it looks like 7 but could be 1; the ink is faint; use a darker pen, or more light."
    assert reading.to_json()["warnings"] == [{"code": "faint", "text": warning.text}]
    sure = with_warnings(composed([row(d7=1.0)], [[BOX]]), (warning,))
    assert (sure.outcome, sure.reason, sure.warnings) == ("read", "", (warning,))


def test_a_page_of_which_most_is_refused_is_no_number() -> None:
    warning = QualityWarning(
        "page", "200 marks of many shapes: this looks like a page of text; crop the picture to the number."
    )
    probs, lines = [row(d7=1.0)] * 3, [[BOX, BOX, BOX]]
    page = with_warnings(composed(probs, lines, not_digit=[0.9, 0.0, 0.9]), (warning,))
    assert (page.outcome, page.text, page.digits, len(page.others)) == ("not_digit", "", (), 3)
    assert page.reason == warning.text
    digits = with_warnings(composed(probs, lines, not_digit=[0.9, 0.0, 0.0]), (warning,))
    assert (digits.outcome, digits.text, digits.reason) == ("unsure", "77", warning.text)


def test_of_a_page_of_many_marks_most_must_be_sure() -> None:
    warning = QualityWarning("page", "this looks like a page of text, a code or a pattern; show only the number.")
    for n, n_sure, outcome in (
        (MIN_GLYPHS, MIN_GLYPHS // 2, "unsure"),
        (MIN_GLYPHS, MIN_GLYPHS // 2 - 1, "not_digit"),
        (MIN_GLYPHS - 1, 0, "unsure"),
    ):
        probs = [row(d7=1.0)] * n_sure + [row(d7=0.6, d1=0.4)] * (n - n_sure)
        page = with_warnings(composed(probs, [[BOX] * n]), (warning,))
        assert page.outcome == outcome
        assert len(page.digits) + len(page.others) == n, "all glyphs are kept"
    some_refused = [0.9] * (MIN_GLYPHS // 3) + [0.0] * (MIN_GLYPHS - MIN_GLYPHS // 3)
    page = with_warnings(
        composed([row(d7=0.6, d1=0.4)] * MIN_GLYPHS, [[BOX] * MIN_GLYPHS], not_digit=some_refused), (warning,)
    )
    assert page.outcome == "not_digit", "rejected glyphs count too"


def test_no_remark_changes_nothing() -> None:
    reading = composed([row(d7=0.6, d1=0.4)], [[BOX]])
    assert with_warnings(reading, ()) is reading


def test_many_digits_of_which_each_is_sure_may_be_unsure_together() -> None:
    reading = composed([row(d7=0.85, d1=0.15)] * 5, [[BOX] * 5])
    assert (reading.outcome, reading.confidence) == ("unsure", pytest.approx(0.85**5))
    assert "could be 1" in reading.reason


def test_every_kind_of_other_is_documented() -> None:
    assert OTHER_KINDS == schemas.OTHER_KINDS
