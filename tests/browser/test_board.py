"""Drawing: every digit with the mouse, one by touch, whole numbers, undo, clear and keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.strokes import DIGITS, Point, pen_moves

pytestmark = pytest.mark.browser


def paths(page: Page, digit: int, *, centre: float = 0.5, height: float = 0.62) -> list[list[Point]]:
    """The strokes of a digit in pixels of the page; `centre` and `height` as shares of the board."""
    board = page.locator("#board").bounding_box()
    assert board is not None
    side = height * board["height"]
    left = board["x"] + centre * board["width"] - side / 2
    top = board["y"] + (board["height"] - side) / 2
    return [[(left + x * side, top + y * side) for x, y in pen_moves(stroke)] for stroke in DIGITS[digit]]


def draw(page: Page, digit: int, **place: float) -> None:
    for (x0, y0), *rest in paths(page, digit, **place):
        page.mouse.move(x0, y0)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(x, y)
        page.mouse.up()


def tap_and_drag(page: Page, path: list[Point]) -> None:
    """Draws with a finger, through the browser's input pipeline."""
    session = page.context.new_cdp_session(page)
    for i, (x, y) in enumerate(path):
        kind = "touchStart" if i == 0 else "touchMove"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("digit", range(10))
def test_a_drawn_digit_is_read(page: Page, digit: int) -> None:
    draw(page, digit)
    expect(page.locator("#answer")).to_have_text(str(digit))
    best = page.locator("#bars .best")
    expect(best).to_have_attribute("data-digit", str(digit))
    # Read both at the same moment, because the answer to the last move may still change the share.
    named = "bar => bar.ariaLabel === `${bar.dataset.digit}: ${parseFloat(bar.querySelector('.share').innerText)} %`"
    assert best.evaluate(named)
    expect(page.locator("#tiles [aria-pressed]")).to_have_count(1)
    expect(page.locator("#boxes .box")).to_have_count(1)
    version = page.request.get(f"{page.url}api/v1/models").json()["models"][0]["version"]
    expect(page.locator("#took")).to_have_attribute("title", f"cnn, version {version}")


@pytest.mark.parametrize("digit", [2, 7])
def test_a_finger_draws_and_the_page_stays_put(phone: Page, digit: int) -> None:
    for path in paths(phone, digit):
        tap_and_drag(phone, path)
    expect(phone.locator("#answer")).to_have_text(str(digit))
    assert phone.evaluate("scrollY") == 0


def test_it_is_read_before_the_pen_is_lifted(page: Page) -> None:
    ((x0, y0), *rest) = paths(page, 7)[0]
    page.mouse.move(x0, y0)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y)
    expect(page.locator("#answer")).to_have_text("7")
    page.mouse.up()


def test_a_number_and_the_weighing_of_each_digit(page: Page) -> None:
    for digit, centre in ((4, 0.22), (0, 0.5), (7, 0.78)):
        draw(page, digit, centre=centre, height=0.5)
    expect(page.locator("#answer")).to_have_text("407")
    tiles = page.locator("#tiles [aria-pressed]")
    expect(tiles).to_have_count(3)
    expect(tiles.nth(2)).to_have_attribute("aria-pressed", "true")
    tiles.nth(0).click()
    expect(tiles.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#bars .best")).to_have_attribute("data-digit", "4")
    expect(page.locator("#boxes .selected")).to_contain_text("4")


def test_undo_and_clear(page: Page) -> None:
    expect(page.locator("#undo")).to_be_disabled()
    draw(page, 7, centre=0.3)
    draw(page, 1, centre=0.7)
    expect(page.locator("#answer")).to_have_text("71")
    page.locator("#undo").click()
    expect(page.locator("#answer")).to_have_text("7")
    page.locator("#clear").click()
    expect(page.locator("#answer")).to_be_empty()
    expect(page.locator("#sure")).to_have_text("Nothing written yet.")
    expect(page.locator("#bars .best")).to_have_count(0)
    expect(page.locator("#boxes .box")).to_have_count(0)
    page.locator("#undo").click()
    expect(page.locator("#answer")).to_have_text("7")
    for answer in ("", "7", ""):
        page.locator("#undo" if answer == "" else "#redo").click()
        expect(page.locator("#answer")).to_have_text(answer)


@pytest.mark.parametrize("clearing", ["Escape", "Delete"])
def test_keys(page: Page, clearing: str) -> None:
    draw(page, 7, centre=0.3)
    draw(page, 1, centre=0.7)
    expect(page.locator("#answer")).to_have_text("71")
    page.keyboard.press("Control+z")
    expect(page.locator("#answer")).to_have_text("7")
    for again in ("Control+y", "Control+Shift+Z"):
        page.keyboard.press(again)
        expect(page.locator("#answer")).to_have_text("71")
        page.keyboard.press("Control+z")
        expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#why")).to_be_enabled()  # once the pen rests; a disabled button takes no focus
    page.locator("#why").focus()
    page.keyboard.press(clearing)
    expect(page.locator("#answer")).to_have_text("7")
    page.locator("#board").focus()
    page.keyboard.press(clearing)
    expect(page.locator("#answer")).to_be_empty()


def test_writing_survives_a_turned_phone(phone: Page) -> None:
    for path in paths(phone, 3):
        tap_and_drag(phone, path)
    expect(phone.locator("#answer")).to_have_text("3")
    phone.set_viewport_size({"width": 844, "height": 390})
    phone.locator("#model").evaluate("select => select.dispatchEvent(new Event('change'))")
    phone.wait_for_timeout(300)
    expect(phone.locator("#answer")).to_have_text("3")


def test_it_waits_for_a_server_that_is_away_and_goes_on(page_without_engine: Page) -> None:
    page = page_without_engine
    page.route("**/api/v1/read*", lambda route: route.abort())
    notice = page.locator("#offline")
    draw(page, 7)
    expect(notice).to_be_visible()
    page.unroute("**/api/v1/read*")
    expect(page.locator("#answer")).to_have_text("7")
    expect(notice).to_be_hidden()


def test_a_scribble_is_refused_in_words(page: Page) -> None:
    board = page.locator("#board").bounding_box()
    assert board is not None
    page.mouse.move(board["x"] + 0.3 * board["width"], board["y"] + 0.3 * board["height"])
    page.mouse.down()
    for i in range(1, 18):  # up and down, like crossing something out
        page.mouse.move(
            board["x"] + (0.3 + 0.03 * i) * board["width"], board["y"] + (0.3, 0.7)[i % 2] * board["height"]
        )
    page.mouse.up()
    expect(page.locator("#sure")).to_have_text("Not a digit")
    expect(page.locator("#answer")).to_have_text("")
    expect(page.locator("#reason")).to_contain_text("write")
    expect(page.locator("#boxes .box.refused")).to_have_count(1)
    page.locator("#clear").click()
    expect(page.locator("#boxes .box")).to_have_count(0)
