"""On a phone, in portrait or landscape, the answer is in view while the user writes, and tools are easy to touch."""

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
    """The box of an element that must be entirely in the viewport."""
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
        expect(page.locator("#wrong")).to_be_visible()  # once the pen rests
        answer, board = in_view(page, "#answer"), in_view(page, "#board")
        in_view(page, "#sure")
        in_view(page, "h1")
        wrong = in_view(page, "#wrong")
        assert min(wrong["width"], wrong["height"]) >= 44
        assert board["height"] >= 200
        assert board["width"] >= 0.5 * size_wh[0]
        assert answer["height"] >= 44
        for tool in WRITING_TOOLS:
            box = in_view(page, tool)
            assert box["height"] >= 44, tool
            assert box["width"] >= LEAST_SIDE, tool
        assert page.evaluate("scrollY") == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= size_wh[0]


def swipe_up_beside_the_board(page: Page) -> None:
    """Swipes in the left margin of the page, 7 pixels from the board; the page scrolls, and nothing is drawn."""
    board = page.locator("#board").bounding_box()
    assert board is not None
    x, y = board["x"] - 7, board["y"] + board["height"] - 20
    tap_and_drag(page, [(x, y - 18 * i) for i in range(10)])
    page.wait_for_function("scrollY > 50")
    expect(page.locator("#clear")).to_be_disabled()


def test_a_finger_beside_the_board_scrolls_and_leaves_no_ink(chromium: Browser, address: str) -> None:
    with checked_page(chromium, address, (375, 667), **PHONE) as page:
        swipe_up_beside_the_board(page)
        page.evaluate("scrollTo(0, 0)")
        page.keyboard.press("Tab")
        page.locator("#board").focus()
        expect(page.locator("#board")).to_be_focused()
        page.evaluate(
            """() => board.dispatchEvent(new PointerEvent("pointerdown", { pointerId: 1,
              clientX: board.getBoundingClientRect().left - 7, clientY: board.getBoundingClientRect().top + 50 }))"""
        )
        expect(page.locator("#clear")).to_be_disabled()


def test_a_swipe_over_a_slider_scrolls(chromium: Browser, address: str) -> None:
    with checked_page(chromium, f"{address}/inside", (375, 667), **PHONE) as page:
        assert page.locator("#temperature").evaluate("slider => getComputedStyle(slider).touchAction") == "pan-y"


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
