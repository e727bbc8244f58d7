"""On a phone, upright or on its side, the answer stands in view while one writes, and a thumb reaches the tools."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, checked_page
from tests.browser.test_board import paths, tap_and_drag

pytestmark = pytest.mark.browser

PHONES_WH = [(320, 568), (375, 667), (390, 664), (844, 390)]
WRITING_TOOLS = ("#undo", "#redo", "#clear", "label:has([name=pen])")
LEAST_SIDE = 36  # CSS pixels; WCAG 2.2 asks for 24, and 44 is the height of every tool


def in_view(page: Page, selector: str) -> dict[str, float]:
    """The box of an element that must lie wholly in the viewport."""
    box = page.locator(selector).first.bounding_box()
    size = page.viewport_size
    assert box is not None, selector
    assert size is not None
    assert box["x"] >= 0, selector
    assert box["y"] >= 0, selector
    assert box["x"] + box["width"] <= size["width"], selector
    assert box["y"] + box["height"] <= size["height"], selector
    return dict(box)


@pytest.mark.parametrize("size_wh", PHONES_WH, ids=str)
def test_the_answer_stands_in_view_while_one_writes(chromium: Browser, address: str, size_wh: tuple[int, int]) -> None:
    with checked_page(chromium, address, size_wh, **PHONE) as page:
        for path in paths(page, 7):
            tap_and_drag(page, path)
        expect(page.locator("#answer")).to_have_text("7")
        answer, board = in_view(page, "#answer"), in_view(page, "#board")
        in_view(page, "#sure")
        in_view(page, "h1")
        assert board["height"] >= 200
        assert board["width"] >= 0.5 * size_wh[0]
        assert answer["height"] >= 44
        for tool in WRITING_TOOLS:
            box = in_view(page, tool)
            assert box["height"] >= 44, tool
            assert box["width"] >= LEAST_SIDE, tool
        assert page.evaluate("scrollY") == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= size_wh[0]


@pytest.mark.parametrize("size_wh", PHONES_WH, ids=str)
def test_a_long_number_does_not_push_the_answer_out_of_view(
    chromium: Browser, address: str, size_wh: tuple[int, int]
) -> None:
    with checked_page(chromium, address, size_wh, **PHONE) as page:
        page.keyboard.press("Shift")
        fit = page.evaluate(
            """async () => {
              const { showAnswer } = await import("/static/js/draw/answer.js");
              const fits = [];
              for (const text of ["7", "407", "17171717", "123456789012", "12\\n34", "1\\n2\\n3"]) {
                showAnswer({ text, written: text, outcome: "read", confidence: 0.97, reason: "", others: [] });
                const answer = document.getElementById("answer");
                const { right, bottom } = document.querySelector(".verdict").getBoundingClientRect();
                const range = document.createRange();
                range.selectNodeContents(answer);
                const lines = text.split("\\n").length * parseFloat(getComputedStyle(answer).lineHeight);
                const isInside = answer.getBoundingClientRect().top + lines <= bottom;
                fits.push(isInside && range.getBoundingClientRect().right <= right);
              }
              return fits;
            }"""
        )
        assert fit == [True] * 6
        assert page.evaluate("document.documentElement.scrollWidth") <= size_wh[0]
