"""While the user writes, nothing moves, and remarks wait until the pen rests; words agree with numbers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP_WH, PHONE, checked_page
from tests.browser.test_board import paths

pytestmark = pytest.mark.browser

PHONES_WH = [(320, 568), (375, 667), (390, 664), (844, 390)]

# Records every layout shift, even those that browsers ignore after an input, and the remarks while the pen is down.
OBSERVE = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const moved = entry.sources.map(({ node }) => `${node?.nodeName} ${node?.id} in ${node?.parentElement?.id}`);
      window.shifts.push([entry.value, ...moved]);
    }
  }).observe({ type: "layout-shift", buffered: false });
  window.said = new Set();
  let frames = 0; // since the pen was put down; 0 while it is up
  addEventListener("pointerdown", () => (frames = 1), { capture: true });
  addEventListener("pointerup", () => (frames = 0), { capture: true });
  const note = () => {
    requestAnimationFrame(note);
    if (frames === 0 || frames++ < 3) return;
    for (const id of ["sure", "reason", "ignored"]) window.said.add(document.getElementById(id).textContent);
    for (const box of document.querySelectorAll("#boxes .refused")) window.said.add(box.textContent);
  };
  note();
}"""


def write_slowly(page: Page, digit: int) -> None:
    """Draws with the mouse, 25 ms per move; pauses between strokes are too short for remarks to appear."""
    for (x0, y0), *rest in paths(page, digit):
        page.mouse.move(x0, y0)
        page.mouse.down()
        page.wait_for_timeout(250)  # the pen rests on the first point
        for x, y in rest:
            page.mouse.move(x, y)
            page.wait_for_timeout(25)
        page.mouse.up()
        page.wait_for_timeout(150)


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, *PHONES_WH], ids=str)
def test_nothing_moves_and_nobody_is_scolded(chromium: Browser, address: str, size_wh: tuple[int, int]) -> None:
    options = {} if size_wh == DESKTOP_WH else PHONE
    with checked_page(chromium, address, size_wh, demonstration=True, **options) as page:
        page.keyboard.press("Shift")  # the ghost pen ends
        page.evaluate(OBSERVE)
        for digit in (5, 7, 4, 8):
            page.evaluate("window.said.clear()")
            write_slowly(page, digit)
            said = set(page.evaluate("[...window.said]"))
            assert said <= {"", "Nothing written yet.", "Reading \u2026"}, f"while {digit} is written"
            expect(page.locator("#answer")).to_have_text(str(digit))
            expect(page.locator("#sure")).to_have_text(re.compile(r"^Read, \d"))
            page.keyboard.press("Escape")
            expect(page.locator("#answer")).to_be_empty()
            page.wait_for_timeout(500)
        assert page.evaluate("window.shifts") == []


def test_an_answer_is_grey_until_the_pen_rests(page: Page) -> None:
    ((x0, y0), *rest) = paths(page, 7)[0]
    page.mouse.move(x0, y0)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y)
    answer = page.locator("#answer")
    expect(answer).to_have_text("7")
    expect(answer).to_have_class("tentative")
    expect(answer).to_have_attribute("aria-busy", "true")
    expect(page.locator("#why")).to_be_disabled()
    page.wait_for_timeout(800)
    expect(answer).to_have_class("tentative")  # a pen resting on the paper is still writing
    page.mouse.up()
    expect(answer).not_to_have_class("tentative")
    expect(page.locator("#sure")).to_have_text(re.compile("^Read, "))
    expect(page.locator("#why")).to_be_enabled()


def scribble(page: Page) -> None:
    board = page.locator("#board").bounding_box()
    assert board is not None
    page.mouse.move(board["x"] + 0.3 * board["width"], board["y"] + 0.3 * board["height"])
    page.mouse.down()
    for i in range(1, 18):
        page.mouse.move(
            board["x"] + (0.3 + 0.03 * i) * board["width"], board["y"] + (0.3, 0.7)[i % 2] * board["height"]
        )
    page.mouse.up()


def test_a_scribble_shows_its_tile_and_the_share_of_none_of_the_ten(page: Page) -> None:
    scribble(page)
    expect(page.locator("#sure")).to_have_text("Not a digit")
    tile = page.locator("#tiles button[aria-pressed]")
    expect(tile).to_have_count(1)
    expect(tile).to_have_attribute("aria-label", "Refused ink: read as no digit")
    expect(tile.locator("canvas")).to_have_js_property("width", 28)
    expect(page.locator("#is-digit .said")).to_have_text(re.compile(r"^No: none of the ten, \d\d"))
    expect(page.locator("#alternatives")).to_have_text(re.compile(r"^If it is a digit, most likely \d\.$"))
    expect(page.locator("#bars .best")).to_have_count(0)


def test_is_it_a_digit_and_which_one_are_two_questions(page: Page) -> None:
    for path in paths(page, 4):
        page.mouse.move(*path[0])
        page.mouse.down()
        for x, y in path[1:]:
            page.mouse.move(x, y)
        page.mouse.up()
    expect(page.locator("#is-digit .said")).to_have_text(re.compile(r"^Yes, \d"))
    expect(page.locator("#alternatives")).to_have_text(re.compile("^4; no other digit is likely|^4, or else"))
    page.locator("#model").select_option("ann")
    expect(page.locator("#is-digit .said")).to_contain_text("This network cannot tell")


IGNORED: list[tuple[str, list[str], str]] = [
    ("4", [], ""),
    ("4", ["minus"], "Ignored: a dash."),
    ("-4", ["minus"], ""),
    ("-4", ["minus", "minus", "minus", "crossed_out"], "Ignored: two dashes and a crossed-out mark."),
    ("4", ["edge", "point", "text"], "Ignored: a mark at the edge, a dot and a piece of other writing."),
    ("4", ["mark", "refused"], ""),  # the reason already says so
]


@pytest.mark.parametrize(("written", "kinds", "said"), IGNORED)
def test_what_was_ignored_is_said(page: Page, written: str, kinds: list[str], said: str) -> None:
    found: Any = page.evaluate(
        """async ([written, kinds]) => {
          const { ignoredInWords } = await import("/static/js/draw/judgement.js");
          return ignoredInWords({ written, others: kinds.map((kind) => ({ kind })) });
        }""",
        [written, kinds],
    )
    assert found == said
