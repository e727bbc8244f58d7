"""Pages at every width: no horizontal scrolling, large enough touch targets, readable contrast."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from playwright.sync_api import Browser, Page, expect

from inkling.server.pages import MASTHEAD
from tests.browser.conftest import checked_page, context_of
from tests.browser.test_board import draw

pytestmark = pytest.mark.browser

PATHS = [path for path, _ in MASTHEAD]
SIZES_WH = [(320, 568), (390, 844), (768, 1024), (1440, 900), (3840, 2160)]


def too_wide(page: Page, sizes_wh: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The width of the page's content, in pixels, in each window that is narrower than the content."""
    found = {}
    for w, h in sizes_wh:
        page.set_viewport_size({"width": w, "height": h})
        width = page.evaluate("new Promise(requestAnimationFrame).then(() => document.documentElement.scrollWidth)")
        if width > w:
            found[w, h] = width
    return found


@pytest.mark.parametrize("path", [*PATHS, "/models/cnn"])
def test_nothing_scrolls_sideways(chromium: Browser, address: str, path: str) -> None:
    context = context_of(chromium, SIZES_WH[0])
    page = context.new_page()
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert too_wide(page, SIZES_WH) == {}
    context.close()


def test_the_phone_shows_board_tools_and_answer_at_once(phone: Page) -> None:
    draw(phone, 7)
    expect(phone.locator("#answer")).to_have_text("7")
    for name in ("#board", "#undo", "#clear", "label[for=upload]", "#answer"):
        box = phone.locator(name).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844, name
        assert box["height"] >= 44, f"{name} is big enough for a thumb"


def test_a_long_number_fits(page: Page) -> None:
    digits = (1, 7, 1, 7, 1, 7, 1, 7)
    for i, digit in enumerate(digits):
        draw(page, digit, centre=0.08 + 0.12 * i, height=0.2)
    expect(page.locator("#answer")).to_have_text("17171717")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    assert page.locator("#answer").evaluate("answer => answer.scrollWidth <= answer.clientWidth + 1")


def test_every_control_has_a_name(page: Page) -> None:
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, a, img, canvas")]
          .filter((one) => one.getClientRects().length && one.alt !== "" && !one.closest("[aria-hidden=true]"))
          .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.alt || one.labels?.length))
          .map((one) => one.outerHTML)"""
    )
    assert nameless == []


def test_without_javascript_a_picture_can_be_sent(chromium: Browser, address: str) -> None:
    from tests.browser.test_pictures import SEVEN

    context = context_of(chromium, (390, 844), java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.locator("form.plain input[type=file]").set_input_files(
        {"name": "7.png", "mimeType": "image/png", "buffer": SEVEN}
    )
    page.locator("form.plain button").click()
    expect(page.locator("#answer")).to_have_text("7")
    context.close()


def test_the_dark_board_is_drawn_in_light_ink(chromium: Browser, address: str) -> None:
    with checked_page(chromium, address, (1440, 900), color_scheme="dark") as page:
        draw(page, 7)
        expect(page.locator("#answer")).to_have_text("7")
        ink = page.locator("#board").evaluate(
            """board => {
              const { data } = board.getContext("2d").getImageData(0, 0, board.width, board.height);
              let [sum, n] = [0, 0];
              for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) [sum, n] = [sum + data[i], n + 1];
              return sum / n;
            }"""
        )
        assert ink > 200
