"""The whole page by keyboard: Tab reaches everything, arrows and Space draw."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def go(page: Page, keys: str) -> None:
    """Presses `keys`, given as letters: l r u d for steps, capitals for leaps, a blank for Space."""
    arrows = {"l": "ArrowLeft", "r": "ArrowRight", "u": "ArrowUp", "d": "ArrowDown"}
    for key in keys:
        if key == " ":
            page.keyboard.press("Space")
        else:
            page.keyboard.press(f"Shift+{arrows[key.lower()]}" if key.isupper() else arrows[key])


def to_the_board(page: Page) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "board":
            return
    raise AssertionError("Tab does not reach the board")


def test_a_digit_is_drawn_and_read_by_keyboard_alone(page: Page) -> None:
    to_the_board(page)
    expect(page.locator("#by-keys")).to_have_css("opacity", "1")
    expect(page.locator("#nib")).to_be_visible()
    go(page, "LUUU RRR")
    for _ in range(6):  # down and to the left: two arrows held together move diagonally
        page.keyboard.down("ArrowDown")
        page.keyboard.down("Shift")
        page.keyboard.down("ArrowLeft")
        page.keyboard.up("ArrowLeft")
        page.keyboard.up("Shift")
        page.keyboard.up("ArrowDown")
    expect(page.locator("#spoken")).to_contain_text("Pen down")
    go(page, " ")
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#spoken")).to_have_text("Pen lifted.")
    page.keyboard.press("Control+z")
    expect(page.locator("#answer")).to_be_empty()
    page.keyboard.press("Control+y")
    expect(page.locator("#answer")).to_have_text("7")


def test_the_pen_tells_where_it_is_and_stays_on_the_board(page: Page) -> None:
    to_the_board(page)
    expect(page.locator("#board")).to_have_attribute("aria-describedby", "by-keys")
    go(page, "R")
    expect(page.locator("#spoken")).to_contain_text("from the left, 50 % from the top")
    go(page, "LLLLLLLLLLLLUUUUUUUUU")
    expect(page.locator("#spoken")).to_have_text("0 % from the left, 0 % from the top.")
    page.keyboard.press("Home")
    expect(page.locator("#spoken")).to_have_text("50 % from the left, 50 % from the top.")


def test_escape_lifts_the_pen_before_it_clears(page: Page) -> None:
    to_the_board(page)
    go(page, "UUU DDDDDD")
    page.keyboard.press("Escape")
    expect(page.locator("#answer")).to_have_text("1")
    page.keyboard.press("Escape")
    expect(page.locator("#answer")).to_be_empty()
    page.keyboard.press("Control+z")
    expect(page.locator("#answer")).to_have_text("1")


def test_the_eraser_works_by_keyboard(page: Page) -> None:
    to_the_board(page)
    go(page, "UUU DDDDDD ")
    expect(page.locator("#answer")).to_have_text("1")
    for _ in range(3):
        page.keyboard.press("]")
    expect(page.get_by_role("radio", name="Eraser")).to_be_checked()
    go(page, " UUUUUU ")
    expect(page.locator("#answer")).to_be_empty()


def test_every_control_is_reached_by_tab_and_shows_it(page: Page) -> None:
    to_the_board(page)
    go(page, "UUU DDDDDD ")
    expect(page.locator("#answer")).to_have_text("1")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => {
                  const one = document.activeElement;
                  const shown = one.matches(":focus-visible") && one !== document.body;
                  return shown ? one.id || one.name || one.textContent.trim() : "nothing";
                }"""
            )
        )
    assert {"pen", "undo", "clear", "upload", "link", "model", "Keys", "The digits as a table"} <= reached
