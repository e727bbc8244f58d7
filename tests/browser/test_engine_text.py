"""The engine's decoding of rows (`static/js/engine/rows/`) compared with the Python pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from inkling.pipeline import ctc
from inkling.pipeline.config.line import LINE_IMAGE
from inkling.pipeline.line_image import make_line_image
from inkling.pipeline.prefix_search import PrefixSearch, with_symbols_between
from inkling.pipeline.recognized_row import LineRow, decode_row, of_more_views, of_one_view
from inkling.pipeline.symbol_boxes import symbol_boxes, without_rules
from inkling.pipeline.symbols import BLANK, CLASSES, SIGNS, as_written
from tests.browser.engine_modules import ADDRESS, Engine
from tests.pipeline.ctc_oracle import random_columns, sharp_columns

pytestmark = pytest.mark.browser

SEEDS = range(6)
ROWS = f"{ADDRESS}/static/js/engine/rows"


@pytest.fixture(scope="module")
def engine(chromium: Browser) -> Iterator[Engine]:
    page = chromium.new_page()
    yield Engine(page)
    page.close()


def columns(probs: np.ndarray) -> dict[str, object]:
    """(T, C) -> the engine's format."""
    t, c = probs.shape
    return {"data": probs.astype(float).ravel(), "t": t, "c": c}


def some_columns(seed: int, *, t: int = 40, sharpness: float = 6.0) -> np.ndarray:
    """(T, 22) columns like those of the network: mostly blank or one symbol, sometimes ambiguous."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (t, BLANK + 1))
    favoured = np.where(rng.random(t) < 0.55, BLANK, rng.integers(0, BLANK, t))
    logits[np.arange(t), favoured] += sharpness * rng.random(t)
    probs = np.exp(logits)
    return np.asarray(probs / probs.sum(axis=1, keepdims=True))


def some_text(seed: int, n: int = 8) -> list[int]:
    return [int(k) for k in np.random.default_rng(seed).integers(0, BLANK, n)]


def some_ink(seed: int, t: int = 40) -> np.ndarray:
    """(32, 4 t) float32 with blobs of ink, a ruled line and grain."""
    rng = np.random.default_rng(seed)
    ink = rng.normal(0, 0.05, (32, 4 * t)).astype(np.float32)
    for _ in range(10):
        x, y = rng.integers(0, 4 * t - 12), rng.integers(0, 20)
        ink[y : y + 11, x : x + rng.integers(2, 12)] += 0.9
    ink[27:29] += np.float32(0.8)
    return ink


def test_symbols(engine: Engine) -> None:
    names = [engine.call("rows/symbols", "asWritten", [k]) for k in range(BLANK)]
    assert names == [as_written([k]) for k in range(BLANK)]
    assert len(CLASSES) == 10 + len(SIGNS) + 1


@pytest.mark.parametrize("temperature", [1.0, 1.3])
def test_columns_are_calibrated(engine: Engine, temperature: float) -> None:
    raw = some_columns(3).astype(np.float32)
    raw[2] = 0
    raw[2, 4] = 1
    found = engine.call("rows/ctc", "calibrateColumns", raw.ravel(), BLANK + 1, temperature)
    expected = ctc.calibrate_columns(raw, temperature)
    np.testing.assert_allclose(found["data"].reshape(expected.shape), expected, rtol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_texts_of_columns(engine: Engine, seed: int) -> None:
    probs, text = some_columns(seed), some_text(seed)
    given = columns(probs)
    assert engine.call("rows/ctc", "greedyDecode", given) == ctc.greedy_decode(probs)
    found = engine.call("rows/ctc", "logLikelihood", given, text)
    assert found == pytest.approx(ctc.log_likelihoods(probs, [text])[0], abs=1e-9)
    assert engine.call("rows/ctc", "align", given, text) == [list(span) for span in ctc.align(probs, tuple(text))]
    shares = np.array(engine.call("rows/ctc", "substitutionProbs", given, text))
    np.testing.assert_allclose(shares, ctc.substitution_probs(probs, tuple(text)), atol=1e-12)
    kept = engine.call("rows/ctc", "keepSymbols", given, 10)
    np.testing.assert_allclose(kept["data"].reshape(-1, 11), ctc.keep_symbols(probs, 10), atol=1e-15)


@pytest.mark.parametrize("text", [[], [1], [1, 1], [1, 1, 1], [1, 2, 3, 4]])
def test_short_texts_and_those_that_do_not_fit(engine: Engine, text: list[int]) -> None:
    probs = sharp_columns(1, BLANK, 1)
    given = columns(probs)
    assert engine.call("rows/ctc", "fits", text, 3) == ctc.fits(tuple(text), 3)
    expected = ctc.log_likelihoods(probs, [text])[0]
    assert engine.call("rows/ctc", "logLikelihood", given, text) == pytest.approx(expected, abs=1e-9)
    if ctc.fits(tuple(text), 3):
        shares = engine.call("rows/ctc", "substitutionProbs", given, text)
        np.testing.assert_allclose(
            np.reshape(shares, (-1, BLANK)), ctc.substitution_probs(probs, tuple(text)), atol=1e-12
        )


SEARCHED = """async ([path, given, text]) => {
  const { PrefixSearch } = await import(`${path}/prefix_search.js`);
  const { withSymbolsBetween } = await import(`${path}/automaton.js`);
  const columns = { ...given, data: Float64Array.from(given.data) };
  const automaton = text ? [withSymbolsBetween(text, 10, columns.c - 1)] : [];
  const search = new PrefixSearch(columns, ...automaton);
  return { accepted: search.accepted, texts: search.nBest() };
}"""


def searched(engine: Engine, probs: np.ndarray, text: list[int] | None = None) -> dict[str, Any]:
    t, c = probs.shape
    given = {"data": probs.ravel().tolist(), "t": t, "c": c}
    found: dict[str, Any] = engine.page.evaluate(SEARCHED, [ROWS, given, text])
    return found


@pytest.mark.parametrize("sharpness", [2.0, 6.0, 12.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_search_finds_the_same_texts(engine: Engine, seed: int, sharpness: float) -> None:
    """This also holds if no text is probable and a beam search proposes the texts."""
    probs = ctc.keep_symbols(some_columns(seed, sharpness=sharpness), 10)
    expected = PrefixSearch(probs).n_best()
    found = searched(engine, probs)["texts"]
    assert [one["text"] for one in found] == [list(one.text) for one in expected]
    np.testing.assert_allclose([one["prob"] for one in found], [one.prob for one in expected], rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_search_finds_the_same_signs(engine: Engine, seed: int) -> None:
    probs = some_columns(seed, sharpness=8.0)
    digits = [k for k in ctc.greedy_decode(probs) if k < 10]
    search = PrefixSearch(probs, with_symbols_between(tuple(digits), 10, BLANK))
    [expected] = search.n_best(1)
    found = searched(engine, probs, digits)
    assert found["accepted"] == pytest.approx(search.accepted, rel=1e-9)
    assert found["texts"][0] == {"text": list(expected.text), "prob": pytest.approx(expected.prob, rel=1e-9)}


@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_of_symbols(engine: Engine, seed: int) -> None:
    probs, ink = some_columns(seed), some_ink(seed)
    spans = ctc.align(probs, tuple(some_text(seed)))
    plain = without_rules(ink)
    np.testing.assert_array_equal(engine.call("rows/symbol_boxes", "withoutRules", ink), plain)
    found = engine.call("rows/symbol_boxes", "symbolBoxes", plain, spans, LINE_IMAGE.width_step_px)
    np.testing.assert_allclose(found, symbol_boxes(plain, spans, column_px=LINE_IMAGE.width_step_px), atol=1e-9)


DECODED = """async ([path, given, views, ink]) => {
  const { LineRow } = await import(`${path}/line_row.js`);
  const { decodeRow, textsOfMoreViews, textsOfOneView } = await import(`${path}/decoded_row.js`);
  const { alignment } = await import(`${path}/alignment.js`);
  const columns = ({ data, t, c }) => ({ data: Float64Array.from(data), t, c });
  const image = { ...ink, data: Float32Array.from(ink.data) };
  const toPicture = [3, 0, 10, 0, 3, 20, 0, 0, 1];
  const moreViews = async () => views.map(columns);
  const row = new LineRow({ columns: columns(given), image, toPicture, moreViews });
  const texts = await textsOfMoreViews(row, textsOfOneView(row));
  const { symbols, row: _, ...rest } = decodeRow(row, texts);
  const shown = alignment({ symbols, row, ...rest });
  return {
    ...rest,
    symbols: symbols.map(({ shares, ...symbol }) => symbol),
    aligned: shown.symbols.map((symbol) => ({ ...symbol, sum: symbol.shares.reduce((a, b) => a + b) })),
  };
}"""


@pytest.mark.parametrize("sharpness", [5.0, 9.0, 30.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_row_is_decoded(engine: Engine, seed: int, sharpness: float) -> None:
    probs, ink = some_columns(seed, sharpness=sharpness), some_ink(seed)
    views = [some_columns(seed + i, t=t, sharpness=sharpness) for i, t in ((0, 34), (1, 48))]
    to_picture = np.array([[3.0, 0, 10], [0, 3, 20], [0, 0, 1]])
    row = LineRow(probs, ink, to_picture, lambda: views)
    expected = decode_row(row, of_more_views(row, of_one_view(row)))
    as_lists = [{"data": each.ravel().tolist(), "t": len(each), "c": each.shape[1]} for each in (probs, *views)]
    picture = {"data": ink.ravel().tolist(), "width": ink.shape[1], "height": ink.shape[0]}
    found = engine.page.evaluate(DECODED, [ROWS, as_lists[0], as_lists[1:], picture])
    assert (found["text"], found["written"]) == (expected.text, expected.written)
    assert found["prob"] == pytest.approx(expected.prob, rel=1e-9)
    assert found["signsProb"] == pytest.approx(expected.signs_prob, rel=1e-9)
    assert [one["text"] for one in found["texts"]] == [list(one.text) for one in expected.texts]
    for symbol, own in zip(found["symbols"], expected.symbols, strict=True):
        assert (symbol["name"], tuple(symbol["box"])) == (own.name, own.box)
        assert symbol["confidence"] == pytest.approx(own.confidence, abs=1e-9)
        assert symbol["notDigit"] == pytest.approx(own.not_digit, abs=1e-9)
        np.testing.assert_allclose(symbol["probs"], own.probs, atol=1e-9)
    for aligned, symbol in zip(found["aligned"], expected.symbols, strict=True):
        first, end = aligned["columns"]
        assert aligned["name"] == symbol.name
        assert first <= aligned["peak"] < end
        assert aligned["sum"] == pytest.approx(1, abs=1e-6)
        assert symbol.name not in [rival["name"] for rival in aligned["rivals"]]


@pytest.mark.parametrize("size_wh", [(200, 64), (700, 32), (9, 40), (37, 20), (4000, 50), (333, 87)])
@pytest.mark.parametrize("stretch", [1.0, 0.85, 1.2])
def test_line_images(engine: Engine, size_wh: tuple[int, int], stretch: float) -> None:
    rng = np.random.default_rng(sum(size_wh))
    row = (230 - 200 * (rng.random(size_wh[::-1]) < 0.1) + rng.normal(0, 5, size_wh[::-1])).clip(0, 255)
    found = engine.call("rows/line_image", "makeLineImage", row.astype(np.uint8), stretch)
    expected = make_line_image(row.astype(np.uint8), stretch=stretch)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_random_columns_as_well(engine: Engine) -> None:
    probs = random_columns(0, 5, 4)
    expected = PrefixSearch(probs).n_best()
    found = searched(engine, probs)["texts"]
    assert [one["text"] for one in found] == [list(one.text) for one in expected]
