"""The page at every width: nothing to scroll sideways, everything big enough to touch, readable contrast."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from inkling.server.pages import MASTHEAD
from tests.browser.conftest import checked_page, context_of
from tests.browser.test_board import draw

pytestmark = pytest.mark.browser

PATHS = [path for path, _ in MASTHEAD]


@pytest.mark.parametrize("size_wh", [(320, 568), (390, 844), (768, 1024), (1440, 900), (3840, 2160)])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_scrolls_sideways(chromium: Browser, address: str, size_wh: tuple[int, int], path: str) -> None:
    context = context_of(chromium, size_wh)
    page = context.new_page()
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= size_wh[0]
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


CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const linear = (c) => (c <= 10 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.slice(0, 3).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.closest("noscript, [hidden], button:disabled") || !element.getClientRects().length) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${element.tagName} "${element.textContent.trim().slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  return low;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_text_has_contrast(chromium: Browser, address: str, scheme: Any, path: str) -> None:
    context = context_of(chromium, (1440, 900), color_scheme=scheme)
    page = context.new_page()
    page.goto(address + path)
    if path == "/":
        page.wait_for_selector("html[data-ready]")
        draw(page, 4)
        expect(page.locator("#answer")).not_to_be_empty()
    assert page.evaluate(CONTRASTS) == [], "WCAG 2.2 AA asks 4.5 : 1"
    context.close()


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
