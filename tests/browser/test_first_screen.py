"""The first screen: what the page is, a demonstration pen, and one link to continue; networks have readable names."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from inkling.models.titles import TITLES
from tests.browser.conftest import DESKTOP_WH, checked_page
from tests.browser.test_board import draw

pytestmark = pytest.mark.browser

WRITES_MS = 20_000  # for the ghost pen's first number, on a busy machine


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    with checked_page(chromium, address, demonstration=True) as page:
        yield page


@pytest.fixture
def still(chromium: Browser, address: str) -> Iterator[Page]:
    with checked_page(chromium, address, demonstration=True, reduced_motion="reduce") as page:
        yield page


def test_it_says_what_it_is_and_leads_on(page: Page) -> None:
    expect(page.locator("h1")).to_have_text("Write a number. A neural network reads it.")
    page.locator("#how").click()
    page.wait_for_url("**/inside*")


def test_a_pen_writes_a_number_and_it_is_read(page: Page) -> None:
    answer = page.locator("#answer")
    expect(page.locator("#ghost")).to_be_visible()
    expect(answer).to_have_text("7", timeout=WRITES_MS)
    expect(page.locator("#sure")).to_have_text(re.compile("^Read, "), timeout=WRITES_MS)
    expect(answer).to_have_attribute("aria-busy", "true")  # screen readers are not interrupted
    expect(page.locator("#demonstration")).to_have_text("A demonstration: your first stroke takes over.")
    assert page.locator("#undo").is_disabled()


@pytest.mark.parametrize("how", ["touch", "key"])
def test_it_ends_for_good_at_the_first_touch_or_key(page: Page, how: str) -> None:
    expect(page.locator("#answer")).to_have_text("7", timeout=WRITES_MS)
    if how == "key":
        page.keyboard.press("Tab")
    else:
        page.locator("h1").click()
    expect(page.locator("#ghost")).to_be_hidden()
    expect(page.locator("#ghost-nib")).to_be_hidden()
    expect(page.locator("#answer")).to_be_empty()
    page.wait_for_timeout(1500)
    expect(page.locator("#answer")).to_be_empty()
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(1500)
    expect(page.locator("#ghost")).to_be_hidden()


def test_its_ink_is_neither_stored_nor_in_a_link(page: Page) -> None:
    expect(page.locator("#answer")).to_have_text("7", timeout=WRITES_MS)
    assert page.evaluate("Object.values(localStorage).join() + location.hash").count("d=") == 0
    kept = page.evaluate("import('/static/js/common/drawing.js').then(({ savedDrawing }) => savedDrawing())")
    assert not kept or kept["strokes"] == []
    draw(page, 4)
    expect(page.locator("#answer")).to_have_text("4")
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")


def test_with_reduced_motion_the_number_stands_still(still: Page) -> None:
    expect(still.locator("#answer")).to_have_text("506", timeout=WRITES_MS)
    expect(still.locator("#ghost-nib")).to_be_hidden()
    ink = "board => board.getContext('2d').getImageData(0, 0, board.width, board.height).data.join()"
    before = still.locator("#ghost").evaluate(ink)
    still.wait_for_timeout(700)
    assert still.locator("#ghost").evaluate(ink) == before


def test_a_drawing_that_is_kept_is_shown_instead(page: Page) -> None:
    draw(page, 3)
    expect(page.locator("#answer")).to_have_text("3")
    page.evaluate("sessionStorage.clear()")
    page.reload()
    expect(page.locator("#answer")).to_have_text("3")
    expect(page.locator("#ghost")).to_be_hidden()


def test_networks_have_names_for_people(page: Page) -> None:
    options = page.locator("#model option")
    named = {one.get_attribute("value"): one.inner_text() for one in options.all()}
    assert named == {name: title for name, title in TITLES.items() if name != "line"}
    told = page.request.get(f"{page.url}api/v1/models").json()["models"]
    assert {one["name"]: one["title"] for one in told} == named


def test_it_works_where_storage_is_forbidden(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport={"width": DESKTOP_WH[0], "height": DESKTOP_WH[1]})
    forbid = (
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    context.add_init_script(forbid)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    draw(page, 4)
    expect(page.locator("#answer")).to_have_text("4")
    context.close()


def test_a_stroke_is_answered_without_a_request(page: Page) -> None:
    page.locator("#compare summary").click()  # the steps are already open
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(
        "import('/static/js/common/page_engine.js').then(({ pageEngine }) => pageEngine('cnn')).then(() => 1)"
    )
    draw(page, 4, centre=0.3, height=0.5)
    expect(page.locator("#took")).to_have_text(re.compile("^Read in this page in "), timeout=WRITES_MS)
    asked: list[str] = []
    expect(page.locator("#networks li")).to_have_count(4, timeout=WRITES_MS)  # every network is here
    page.wait_for_load_state("networkidle")
    page.on("request", lambda request: asked.append(request.url))
    draw(page, 7, centre=0.7, height=0.5)
    expect(page.locator("#answer")).to_have_text("47")
    page.locator("#undo").click()
    expect(page.locator("#answer")).to_have_text("4")
    expect(page.locator("#filmstrip [data-step=answer] .frame")).to_have_text("4")
    expect(page.locator("#compare-status")).to_contain_text("read 4")
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == []


def test_without_an_engine_the_server_reads(page_without_engine: Page) -> None:
    draw(page_without_engine, 4)
    expect(page_without_engine.locator("#answer")).to_have_text("4")
    expect(page_without_engine.locator("#took")).to_have_text(re.compile("^Read by the server in "))
