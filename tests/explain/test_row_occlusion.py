"""Occlusion on rows: with an artificial network whose rule is known, and with the packaged network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inkling import Reader
from inkling.explain import explain_trace, recognized_glyphs, row_occlusion
from inkling.explain.row_digits import RowDigit, row_digits
from inkling.pipeline.layout import Layout
from inkling.pipeline.line_image import HEIGHT
from inkling.pipeline.reader import Trace
from inkling.pipeline.recognized_row import LineRow, decode_row
from inkling.pipeline.row_result import compose_rows
from inkling.pipeline.symbols import BLANK
from tests.pictures import row_of, ruled

TOP = slice(4, 9)  # rows of pixels; ink there turns a stem into a 7


def read_stems(images: np.ndarray) -> np.ndarray:
    """(N, 32, W) -> (N, W / 4, 22): ink in four columns of pixels is a 1, or a 7 if there is ink at the top."""
    parts = images.reshape(len(images), HEIGHT, -1, 4)
    has_ink, top = parts.max(axis=(1, 3)) > 0.5, parts[:, TOP].mean(axis=(1, 3))
    probs = np.full((*has_ink.shape, BLANK + 1), 1e-4)
    probs[..., 7] = (0.1 + 0.8 * top) * has_ink
    probs[..., 1] = (0.9 - 0.8 * top) * has_ink
    probs[..., BLANK] = np.where(has_ink, 1e-4, 1)
    return np.asarray(probs / probs.sum(axis=-1, keepdims=True))


def stems(*has_top: bool, pitch: int = 24, scale: float = 2.0) -> Trace:
    """A row of stems from left to right, read by `read_stems`, in a picture `scale` times as large."""
    image = np.zeros((HEIGHT, 4 + pitch * len(has_top)), np.float32)
    for i, top in enumerate(has_top):
        image[TOP.stop if not top else TOP.start : 28, 8 + pitch * i : 12 + pitch * i] = 1
    row = LineRow(read_stems(image[None])[0], image, np.diag([scale, scale, 1.0]))
    rows = (decode_row(row),)
    picture = np.full((int(HEIGHT * scale), int(image.shape[1] * scale)), 255, np.uint8)
    reading = compose_rows(rows, sure_at=0.5, size_wh=picture.shape[::-1])
    trace = Reader("cnn").trace(picture)
    return replace(trace, reading=reading, layout=Layout(()), rows=rows)


def digits_of(trace: Trace) -> list[RowDigit]:
    return list(row_digits(trace))


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_the_ink_that_decides_is_found(n: int) -> None:
    trace = stems(*[i % 2 == 0 for i in range(n)])
    assert trace.reading.text == ("71" * n)[:n]
    for i, why in enumerate(row_occlusion.explain_row(read_stems, digits_of(trace))):
        assert (why.answer, why.runner_up) == ((7, 1), (1, 7))[i % 2]
        assert why.against_runner_up.total == pytest.approx(np.log(9), abs=0.02), "0.9 against 0.1"
        points, (x, y, w, h) = why.against_runner_up.points, why.box or (0, 0, 0, 0)
        own = np.zeros((HEIGHT, HEIGHT), bool)
        own[y : y + h, x : x + w] = True
        if i % 2 == 0:
            assert points[TOP].sum() > 0.7 * np.abs(points).sum() > 1, "the top supports the 7"
            assert not points[~own].any()
        else:
            assert points.max() == pytest.approx(0), "the empty top supports the 1"
            assert why.missing[TOP].min() < -1
            assert why.missing[TOP.stop + 8 :].min() == pytest.approx(0, abs=1e-9)


def test_a_tile_is_the_rows_image_around_the_digit() -> None:
    trace = stems(True, False, True)
    image = digits_of(trace)[0].row.image
    for one, middle in zip(digits_of(trace), (10, 34, 58), strict=True):
        assert one.left == np.clip(middle - 16, 0, image.shape[1] - HEIGHT)
        assert (one.tile == image[:, one.left : one.left + HEIGHT]).all()
        x, _, w, _ = one.box
        assert (one.left + x, w) == (middle - 2, 4)
    shown = list(recognized_glyphs(trace))
    assert [(glyph, is_digit) for glyph, _, is_digit in shown] == [(digit, True) for digit in trace.reading.digits]


def test_a_narrow_row_is_padded() -> None:
    [one] = digits_of(stems(True, pitch=12))
    assert one.row.image.shape[1] == 16
    assert one.tile.shape == (HEIGHT, HEIGHT)
    [why] = row_occlusion.explain_row(read_stems, [one])
    assert why.against_runner_up.points[TOP].max() > 1


def test_the_work_is_bounded() -> None:
    calls: list[tuple[int, ...]] = []

    def counted(images: np.ndarray) -> np.ndarray:
        calls.append(images.shape)
        return read_stems(images)

    row_occlusion.explain_row(counted, digits_of(stems(*[True] * 16, pitch=20)))
    [(n, _, width)] = calls
    assert n <= row_occlusion.MAX_RUNS
    assert width == row_occlusion.WINDOW


def test_a_row_that_was_read_by_the_packaged_network(
    best_reader: Reader, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    trace = best_reader.trace(ruled(row_of([digits[0][i] for i in (0, 3, 30, 190)])))
    assert trace.rows
    found = explain_trace(best_reader, trace)
    assert [why.digit for why in found.digits] == list(trace.reading.digits)
    for why in found.digits:
        assert why.method == "occlusion"
        lead = np.log(why.digit.probs[why.answer] / why.digit.probs[why.runner_up])
        assert why.against_runner_up.total == pytest.approx(lead, abs=1e-3)
        assert why.tile.shape == why.against_runner_up.points.shape == why.missing.shape == (HEIGHT, HEIGHT)
        assert not why.against_runner_up.points[why.tile == 0].any()
        assert np.abs(why.against_runner_up.points).max() > 0
