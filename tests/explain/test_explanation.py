from collections.abc import Callable

import numpy as np
import pytest

from inkling import Reader
from inkling.errors import BrokenPicture
from inkling.explain import MAX_DIGITS, explain, explain_trace, explanation_json, recognized_glyphs
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.reader import Trace
from inkling.pipeline.result import compose
from tests.pictures import drawn_seven, encoded, row_of


def test_nothing_is_explained_where_nothing_was_read(reader: Reader) -> None:
    found = explain(reader, np.full((64, 64), 255, np.uint8))
    assert (found.digits, found.left_out) == ((), 0)
    assert [step.name for step in found.steps] == ["image", "ink", "answer"]


@pytest.mark.parametrize(("name", "method"), [("ann-tutorial", "exact contributions"), ("ann", "exact contributions")])
def test_each_digit_of_a_row(
    reader_of: Callable[[str], Reader], digits: tuple[np.ndarray, np.ndarray], name: str, method: str
) -> None:
    reader = reader_of(name)
    picture = row_of([digits[0][i] for i in (0, 3)])
    found = explain(reader, picture)
    reading = reader.read(picture)
    assert tuple(why.digit for why in found.digits) == reading.digits == found.trace.reading.digits
    for why, tile in zip(found.digits, found.trace.tiles, strict=True):
        assert why.method == method
        assert (why.tile == tile).all()
        assert why.runner_up == int(np.argsort(why.digit.probs)[-2])
        lead = np.log(why.digit.confidence / why.digit.probs[why.runner_up])
        assert why.against_runner_up.total == pytest.approx(lead, abs=1e-2)
        assert why.for_answer.total > 0
        assert len(why.units) == 6


def test_mode_single_explains_all_ink_as_one_digit(reader: Reader) -> None:
    two = np.concatenate([drawn_seven(), drawn_seven()], axis=1)
    assert [len(explain(reader, two, mode=mode).digits) for mode in ("auto", "single")] == [2, 1]


def test_many_digits_are_explained_up_to_a_limit(reader: Reader, digits: tuple[np.ndarray, np.ndarray]) -> None:
    row = row_of([digits[0][0]] * (MAX_DIGITS + 3), factor=2)
    found = explain(reader, row)
    assert (len(found.digits), found.left_out) == (MAX_DIGITS, 3)
    captions = {step.name: step.caption for step in found.steps}
    assert f"first {MAX_DIGITS} of {MAX_DIGITS + 3}" in captions["tiles"]


def test_a_picture_that_cannot_be_opened_says_so(reader: Reader) -> None:
    with pytest.raises(BrokenPicture):
        explain(reader, encoded(drawn_seven())[:300])


def refused_second(trace: Trace) -> Trace:
    """The same trace, as if the network had rejected the second glyph."""
    strange = np.zeros(len(trace.probs), np.float32)
    strange[1] = 0.9
    reading = compose(
        Prediction(trace.probs, strange), trace.lines, sure_at=0.5, reject_at=0.5, size_wh=trace.reading.size_wh
    )
    return Trace(trace.image, trace.ink, trace.lines, trace.tiles, trace.probs, reading, trace.sure_at)


def test_a_refused_mark_keeps_its_tile_and_is_not_explained(
    reader: Reader, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    picture = row_of([digits[0][i] for i in (0, 3, 5)])
    trace = refused_second(reader.trace(picture))
    found = list(recognized_glyphs(trace))
    assert [is_digit for _, _, is_digit in found] == [True, False, True]
    for (glyph, tile, _), own, probs in zip(found, trace.tiles, trace.probs, strict=True):
        assert (tile == own).all()
        assert glyph.probs == tuple(probs.tolist())
    explained = explain_trace(reader, trace)
    assert [why.digit for why in explained.digits] == list(trace.reading.digits)
    assert (explained.digits[1].tile == trace.tiles[2]).all()
    captions = {step.name: step.caption for step in explained.steps}
    assert "One mark in orange" in captions["glyphs"]


def test_json_is_bounded_and_adds_up(reader: Reader, digits: tuple[np.ndarray, np.ndarray]) -> None:
    from tests.explain.test_render import opened

    answer = explanation_json(explain(reader, row_of([digits[0][i] for i in (0, 3)], factor=9)))
    assert [step["name"] for step in answer["steps"]] == ["image", "ink", "glyphs"]
    for step in answer["steps"]:
        picture = opened(step["picture"])
        assert list(picture.size) == step["size"]
        assert 256 < max(picture.size) <= 512
    for why in answer["digits"]:
        for name in ("for", "against"):
            points = np.array(why[name])
            assert points.shape == (28, 28)
            assert points.sum() + why["biases"][name] == pytest.approx(why["totals"][name], abs=0.01)
        assert np.shape(why["missing"]) == (28, 28)
        assert f"{why['answer']} is" in why["sentence"]
    assert answer["left_out"] == 0
