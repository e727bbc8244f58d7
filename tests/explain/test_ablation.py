"""The pipeline without some of its steps."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from inkling import Reader
from inkling.explain.ablation import SWITCHES, trace_without
from inkling.pipeline.normalize import LONGEST, SIDE
from tests.pictures import drawn_seven, encoded


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader("ann")


def test_without_ablation_it_is_the_plain_reading(reader: Reader) -> None:
    trace, same = reader.trace(drawn_seven()), trace_without(reader, drawn_seven())
    assert same.reading == trace.reading
    assert np.array_equal(same.tiles, trace.tiles)


def test_the_steps_that_remain_make_the_same_tile(reader: Reader) -> None:
    """`tile_without` with no step off composes the same tile as the pipeline."""
    from inkling.explain.ablation import tile_without
    from inkling.pipeline.normalize import glyph_crops, trim

    one = reader.prepare(drawn_seven())
    (crop,) = glyph_crops(one.ink, one.segmentation)
    assert np.allclose(tile_without(trim(crop), ()), one.tiles[0], atol=1e-6)


def test_without_ink_white_paper_is_ink(reader: Reader) -> None:
    trace = trace_without(reader, drawn_seven(), ["ink"])
    assert trace.ink[0, 0] > 0.9
    assert trace.tiles.shape == (1, SIDE, SIDE)
    assert trace.tiles[0].mean() > 0.3
    assert trace.reading.text != "7"


def test_without_glyphs_the_whole_picture_is_one(reader: Reader) -> None:
    two = np.hstack([drawn_seven(), drawn_seven()])
    assert trace_without(reader, two).reading.text == "77"
    trace = trace_without(reader, two, ["glyphs"])
    assert [digit.box for digit in (*trace.reading.digits, *trace.reading.others)] == [(0, 0, 560, 280)]


def test_without_shape_it_fills_the_tile(reader: Reader) -> None:
    rows = trace_without(reader, drawn_seven(), ["shape"]).tiles[0].max(axis=1) > 0.3
    usual = trace_without(reader, drawn_seven()).tiles[0].max(axis=1) > 0.3
    assert rows.sum() == SIDE
    assert usual.sum() <= LONGEST + 1


def test_without_centring_it_is_in_the_corner(reader: Reader) -> None:
    tile = trace_without(reader, drawn_seven(), ["centre"]).tiles[0]
    assert tile[LONGEST:].max() == 0
    assert tile[:, LONGEST:].max() == 0
    assert tile[0].max() > 0.3


def test_without_the_pen_a_fine_line_fades(reader: Reader) -> None:
    fine = np.full((400, 400), 255, np.uint8)
    fine[40:360, 199:202] = 0
    fine[40:43, 120:202] = 0
    thin = trace_without(reader, fine, ["pen"]).tiles.sum()
    assert thin < 0.7 * trace_without(reader, fine).tiles.sum()


@pytest.mark.parametrize("n", [1, 2, 5])
def test_any_steps_can_be_off_together(reader: Reader, n: int) -> None:
    for off in combinations(SWITCHES, n):
        trace = trace_without(reader, encoded(drawn_seven()), off)
        assert trace.tiles.min() >= 0
        assert trace.tiles.max() <= 1
        assert np.isfinite(trace.probs).all()


@pytest.mark.parametrize("off", [(), *((name,) for name in SWITCHES), SWITCHES])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture_is_read_too(reader: Reader, off: tuple[str, ...], level: int) -> None:
    trace = trace_without(reader, np.full((40, 60), level, np.uint8), off)
    assert trace.reading.outcome in ("read", "unsure", "empty", "not_digit")
    assert trace.reading.outcome == "empty" or {"ink", "glyphs"} & set(off)
