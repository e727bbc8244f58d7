"""A server with its own store, and the strokes of an unusual 7 that the packaged network misreads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.strokes import DIGITS, Point, Stroke, pen_moves
from tests.cli.test_serve import serving

# A 7 as narrow as a 1 (a form in training/odd_hands.py), which is read as 1.
NARROW_SEVEN: tuple[Stroke, ...] = (((0.35, 0.15), (0.5, 0.03), (0.62, 0.0), (0.59, 0.5), (0.56, 1.0)),)
NARROW_SEVEN_BY_KEYS = "llUUU RDDDDDD "  # for `go` in test_keyboard.py
SURE_MS = 20_000  # to open the store or to teach, on a busy machine


@contextmanager
def serving_hands(folder: Path, *options: str, **variables: str) -> Iterator[str]:
    """A server with its lessons in `folder`."""
    variables = {"INKLING_STORE": f"sqlite:///{folder}/hands.sqlite", **variables}
    with serving(*options, port=0, **variables) as (_, url):  # 0: a free port
        yield url


def hands_of(page: Page) -> dict[str, Any]:
    """All hands by name, from the API."""
    answer = page.request.get(page.evaluate("location.origin") + "/api/v1/hands").json()
    return {hand["name"]: hand for hand in answer["hands"]}


def on_the_board(page: Page, strokes: tuple[Stroke, ...], *, centre: float = 0.5) -> list[list[Point]]:
    """Strokes in a unit square -> pixels of the page."""
    page.locator("#board").scroll_into_view_if_needed()
    board = page.locator("#board").bounding_box()
    assert board is not None
    side = 0.62 * board["height"]
    left, top = board["x"] + centre * board["width"] - side / 2, board["y"] + (board["height"] - side) / 2
    return [[(left + x * side, top + y * side) for x, y in pen_moves(stroke)] for stroke in strokes]


def draw_odd(page: Page, strokes: tuple[Stroke, ...], *, centre: float = 0.5) -> None:
    """Draws with the mouse."""
    for (x0, y0), *rest in on_the_board(page, strokes, centre=centre):
        page.mouse.move(x0, y0)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(x, y)
        page.mouse.up()


def draw_plain(page: Page, digit: int) -> None:
    """Draws a digit that is read correctly."""
    draw_odd(page, DIGITS[digit])


def correct_it(page: Page) -> None:
    """Opens "This is a …" after the whole drawing has been read, because the digit's picture changes until then."""
    finished = "performance.getEntriesByType('resource').length"
    before, now = -1, page.evaluate(finished)
    while before != now:
        page.wait_for_timeout(800)
        before, now = now, page.evaluate(finished)
    page.locator(".wrong-button").first.click()
    expect(page.locator("#correction")).to_be_visible()  # its script loads when it is first needed


def agree(page: Page, name: str, *, store: str = "hands.sqlite") -> None:
    """Agrees on the Draw page to store corrections of that hand."""
    expect(page.locator("#consent")).to_contain_text(store, timeout=SURE_MS)
    page.locator("#consent-name").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator("#kept")).to_be_visible(timeout=SURE_MS)


def teach_now(page: Page) -> None:
    """Presses the button and waits for the result."""
    page.locator("#teach-now").click()
    expect(page.locator("#taught-close")).to_be_visible(timeout=SURE_MS)
