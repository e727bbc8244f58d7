"""A drawing as text, for links and for the browser's storage."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

MODULE = "/static/js/common/drawing.js"
# A stroke of constant width, a stroke with pressure, and a dot, some of it far away and left of the middle.
STROKES = [
    [{"x": -0.31 + 0.01 * i, "y": 0.4 - 0.02 * i, "width": 0.046} for i in range(40)],
    [{"x": 1.5 - 0.03 * i, "y": -0.2 + 0.001 * i, "width": 0.03 + 0.001 * i} for i in range(20)],
    [{"x": 0.0, "y": 0.0, "width": 0.1}],
]
HALF_A_STEP = 0.5 / 2048 + 1e-9


def call(page: Page, body: str, given: Any = None) -> Any:
    """Runs `body`, in which `drawing` is the module and `given` the argument."""
    return page.evaluate(f"async (given) => {{ const drawing = await import('{MODULE}'); {body} }}", given)


def decoded(page: Page, text: str) -> Any:
    return call(page, "return drawing.decode(given)", text)


def flat(strokes: Any) -> list[float]:
    return [point[key] for points in strokes for point in points for key in ("x", "y", "width")]


def test_what_is_encoded_comes_back(page: Page) -> None:
    text = call(page, "return drawing.encode(given)", STROKES)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert len(text) < 250, "about two bytes per point"
    strokes = decoded(page, text)
    assert [len(points) for points in strokes] == [40, 20, 1]
    assert flat(strokes) == pytest.approx(flat(STROKES), abs=HALF_A_STEP)
    assert call(page, "return drawing.encode(given)", strokes) == text
    assert call(page, "return drawing.decode(drawing.encode([]))") == []


def test_text_that_is_cut_short_or_forged_is_null(page: Page) -> None:
    text = call(page, "return drawing.encode(given)", STROKES)
    for n in range(len(text)):
        assert decoded(page, text[:n]) is None, n
    for i, letter in enumerate(text[:-1]):
        forged = text[:i] + ("A" if letter != "A" else "B") + text[i + 1 :]
        assert decoded(page, forged) is None, i
    for other in ("", "AQ", "a b", "<script>", "ÿ", text + text, text + "AAAA", "A" * 40_000):
        assert decoded(page, other) is None, other[:20]
    assert call(page, "return [null, undefined, 7, {}].map(drawing.decode)") == [None] * 4


@pytest.mark.parametrize(
    "bad",
    [
        [[{"x": 9, "y": 0, "width": 0.046}]],  # far off the sheet
        [[{"x": 0, "y": 0, "width": 0}]],
        [[{"x": 0, "y": 0, "width": 0.7}]],
        [[]],
    ],
)
def test_a_right_checksum_does_not_excuse_wrong_numbers(page: Page, bad: Any) -> None:
    assert call(page, "return drawing.decode(drawing.encode(given))", bad) is None


def test_a_link_holds_a_page_full_and_no_more(page: Page) -> None:
    many = "const point = { x: 0.1, y: 0.1, width: 0.046 };"
    assert (
        call(page, many + "return drawing.decode(drawing.encode(Array(100).fill(Array(100).fill(point)))).length")
        == 100
    )
    assert call(page, many + "return drawing.encode(Array(130).fill(Array(100).fill(point)))") is None
    assert call(page, many + "return drawing.fragment({ strokes: Array(13000).fill([point]) })") is None


def test_a_fragment_carries_drawing_and_model(page: Page) -> None:
    said = call(page, "return drawing.fromFragment(drawing.fragment({ strokes: given, model: 'my run' }))", STROKES)
    assert said["model"] == "my run"
    assert len(said["strokes"]) == 3
    assert call(page, "return drawing.fromFragment('#d=AQ&m=ann')") == {"strokes": None, "model": "ann"}
    assert call(page, "return ['', '#', '#bars'].map(drawing.fromFragment)") == [None] * 3


def test_the_drawing_is_kept_and_what_is_spoiled_is_not_shown(page: Page) -> None:
    page.goto(f"{page.url}docs")  # a page that stores nothing
    page.evaluate("localStorage.clear()")
    assert call(page, "return drawing.savedDrawing()") is None
    call(page, "drawing.saveDrawing({ strokes: given, model: 'ann' })", STROKES)
    page.reload()
    kept = call(page, "return drawing.savedDrawing()")
    assert kept["model"] == "ann"
    assert flat(kept["strokes"]) == pytest.approx(flat(STROKES), abs=HALF_A_STEP)
    for spoiled in ("", "{", "null", '{"drawing": 3}', '{"drawing": "AQ"}'):
        page.evaluate("spoiled => localStorage.setItem('inkling-drawing', spoiled)", spoiled)
        assert call(page, "return drawing.savedDrawing()") is None, spoiled


def test_ten_thousand_strokes_are_kept(page: Page) -> None:
    body = """
      const stroke = Array.from({ length: 30 }, (_, i) => ({ x: i / 100, y: -i / 90, width: 0.046 }));
      drawing.saveDrawing({ strokes: Array(10000).fill(stroke) });
      return drawing.savedDrawing().strokes.length;
    """
    assert call(page, body) == 10_000
