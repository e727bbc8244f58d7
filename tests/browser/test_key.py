"""If the service requires a key, the page asks for it once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP_WH, context_of
from tests.browser.test_examples import SEVEN, read_by_example
from tests.cli.test_serve import serving
from tests.client.conftest import KEY

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def closed() -> Iterator[str]:
    with serving(INKLING_API_KEY=KEY) as (_, url):
        yield url


def asked(page: Page, answer: str | None) -> list[str]:
    """The page's prompts; each gets the given answer."""
    questions: list[str] = []

    def tell(dialog: object) -> None:
        questions.append(dialog.message)  # type: ignore[attr-defined]
        dialog.accept(answer) if answer else dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", tell)
    return questions


def tap(page: Page) -> None:
    """Draws a dot of ink, whatever it is read as."""
    box = page.locator("#board").bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 200, steps=12)
    page.mouse.up()


def test_the_board_reads_once_the_key_is_given(chromium: Browser, closed: str) -> None:
    context = context_of(chromium, DESKTOP_WH)
    page = context.new_page()
    questions = asked(page, KEY)
    page.goto(closed)
    page.wait_for_selector("html[data-ready]")
    tap(page)
    expect(page.locator("#answer")).to_have_text("1")
    assert len(questions) == 1
    page.reload()
    page.wait_for_selector("html[data-ready]")
    tap(page)
    expect(page.locator("#answer")).not_to_be_empty()
    assert len(questions) == 1, "the tab keeps it"
    context.close()


def test_who_has_no_key_is_told_and_not_asked_again(chromium: Browser, closed: str) -> None:
    context = context_of(chromium, DESKTOP_WH)
    page = context.new_page()
    questions = asked(page, None)
    page.goto(closed)
    page.wait_for_selector("html[data-ready]")
    tap(page)
    expect(page.locator("body")).to_contain_text("needs a key")
    tap(page)
    page.wait_for_timeout(300)
    assert len(questions) == 1
    context.close()


def test_the_javascript_example_sends_the_key(chromium: Browser, closed: str) -> None:
    context = context_of(chromium, DESKTOP_WH)
    page = context.new_page()
    assert read_by_example(page, closed, SEVEN) == "7"
    context.close()
