"""A row read as a whole: its number as written, its confidence, its steps, and /inside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from inkling.pipeline.how_sure import verdict
from tests.browser.conftest import checked_page
from tests.browser.test_accessibility import faults_of
from tests.browser.test_board import draw
from tests.pipeline.test_how_sure import TABLE

pytestmark = pytest.mark.browser

ROW_STEPS = ["image", "layout", "rows", "columns", "symbols", "texts"]


def answering(**changes: Any) -> Callable[[Route], None]:
    """Changes parts of the service's answer."""

    def fulfil(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(body=json.dumps({**answer, **changes}), content_type="application/json")

    return fulfil


def draw_row(page: Page) -> None:
    """Two digits joined by a line through both."""
    draw(page, 4, centre=0.25, height=0.5)
    draw(page, 7, centre=0.7, height=0.5)
    box = page.locator("#board").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.65 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.65 * box["height"], steps=6)
    page.mouse.up()


def test_the_page_tells_the_same_as_the_program(page: Page) -> None:
    told = page.evaluate(
        """async (table) => {
          const { verdict } = await import("/static/js/common/how_sure.js");
          return table.map(([outcome, confidence]) => verdict({ outcome, confidence }));
        }""",
        TABLE,
    )
    assert [(one["word"], one["share"]) for one in told] == [verdict(outcome, share) for outcome, share, *_ in TABLE]


@pytest.mark.parametrize(
    ("outcome", "confidence", "said"),
    [
        ("read", 0.97, "Read, 97 %"),
        ("unsure", 0.66, "Probably, 66 %"),
        ("unsure", 0.32, "Not sure, 32 %"),
        ("unsure", 0.99, "Not sure"),
    ],
)
def test_word_and_number_do_not_contradict_each_other(
    page_without_engine: Page, outcome: str, confidence: float, said: str
) -> None:
    page = page_without_engine
    page.route("**/api/v1/read*", answering(outcome=outcome, confidence=confidence))
    draw(page, 4)
    expect(page.locator("#sure")).to_have_text(said)
    page.unroute_all(behavior="wait")


def test_a_number_with_signs_is_shown_as_written_and_each_sign_is_named(page_without_engine: Page) -> None:
    page = page_without_engine
    signs = [{"kind": "minus", "box": [10, 60, 20, 5]}, {"kind": "mark", "box": [40, 60, 20, 20]}]
    page.route("**/api/v1/read*", answering(text="4", written="-4", others=signs))
    draw(page, 4)
    expect(page.locator("#answer")).to_have_text("4")
    expect(page.locator("#written")).to_have_text("Written -4")
    expect(page.locator("#boxes .sign")).to_have_text(["\u2212"])
    expect(page.locator("#boxes .refused")).to_have_text(["no digit"])
    page.locator("#table summary").click()
    expect(page.locator("#table tbody td:nth-child(2)")).to_have_text(["4", "minus", "mark"])
    page.unroute_all(behavior="wait")
    page.locator("#clear").click()
    expect(page.locator("#written")).to_be_hidden()


def test_a_row_has_steps_of_its_own(page: Page) -> None:
    draw_row(page)
    steps = page.locator("#row-steps li")
    expect(steps).to_have_count(len(ROW_STEPS), timeout=20_000)
    assert [step.get_attribute("data-step") for step in steps.all()] == ROW_STEPS
    expect(page.locator("#digit-steps")).to_be_hidden()
    width = "image => image.decode().then(() => image.naturalWidth)"
    assert page.locator("[data-step=columns] img").evaluate(width) > 300
    expect(page.locator("#filmstrip-status")).to_contain_text("by the line network")
    assert page.locator("#tiles canvas").first.evaluate("canvas => canvas.width") == 32
    page.locator("#undo").click()
    expect(page.locator("#digit-steps")).to_be_visible()
    expect(page.locator("#row-steps")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_steps_of_a_row(chromium: Browser, address: str, scheme: Any) -> None:
    with checked_page(chromium, address, color_scheme=scheme, reduced_motion="reduce") as page:
        draw_row(page)
        expect(page.locator("#row-steps li")).to_have_count(len(ROW_STEPS), timeout=20_000)
        assert faults_of(page) == []
        for width in (320, 768, 3840):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_inside_shows_the_row_to_the_network_that_reads_it(chromium: Browser, address: str) -> None:
    with checked_page(chromium, f"{address}/inside#m=cnn") as page:
        draw_row(page)
        view = page.locator("#rows-why .row-why")
        expect(view.locator("canvas")).to_be_visible(timeout=20_000)
        expect(view.locator(".why-sentence")).to_contain_text("in this place")
        expect(page.locator("#maps")).to_be_hidden()
        page.locator("#model").select_option("ann")  # reads digit by digit
        expect(view).to_be_hidden(timeout=20_000)
        page.locator("#model").select_option("cnn")
        expect(view).to_be_visible(timeout=20_000)
        page.locator("#undo").click()
        expect(page.locator("#maps")).to_be_visible(timeout=20_000)
