""" "Why 7, and not 1?" beside the answer: for a single digit, for a digit of a row, and for every network."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, checked_page
from tests.browser.test_accessibility import faults_of
from tests.browser.test_board import draw
from tests.browser.test_rows import draw_row

pytestmark = pytest.mark.browser

READY_MS = 20_000


def open_why(page: Page) -> None:
    expect(page.locator("#why")).to_be_enabled(timeout=READY_MS)
    page.locator("#why").click()
    expect(page.locator("#why-panel")).to_be_visible()


@pytest.mark.parametrize("network", ["cnn", "ann-tutorial"])
def test_the_network_that_read_it_is_asked_why(page: Page, network: str) -> None:
    page.locator("#model").select_option(network)
    draw(page, 7)
    expect(page.locator("#why")).to_have_text(re.compile(r"^Why 7(, and not \d)?\?$"), timeout=READY_MS)
    open_why(page)
    view = page.locator("#why-view")
    expect(view.get_by_role("heading")).to_have_text(re.compile(r"^Why 7, and not \d\?$"))
    expect(view.locator(".why-sentence")).to_contain_text("as probable as a", timeout=READY_MS)
    view.get_by_role("button", name="and not 2").click()
    expect(view.get_by_role("heading")).to_have_text("Why 7, and not 2?")
    expect(view.locator(".why-sentence")).to_contain_text("a 2", timeout=READY_MS)
    for _ in range(15):  # one round, which includes the browser's own controls once
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('body, #why-panel *')")
    page.keyboard.press("Escape")
    expect(page.locator("#why-panel")).to_be_hidden()
    expect(page.locator("#answer")).to_have_text("7")  # Escape has not cleared the board
    expect(page.locator("#why")).to_be_focused()
    expect(page.locator("#why")).to_have_text("Why 7, and not 2?")
    page.locator("#why").click()
    expect(view.get_by_role("heading")).to_have_text("Why 7, and not 2?")


def test_a_button_names_a_second_digit_only_where_it_is_probable(page: Page) -> None:
    asked = page.evaluate(
        """async () => {
          const { WhyPanel } = await import("/static/js/draw/why_panel.js");
          const panel = new WhyPanel({ engine: () => Promise.resolve(null) });
          const tile = Array.from({ length: 28 }, () => new Array(28).fill(0));
          return [0.004, 0.006].map((second) => {
            const probs = [0, 0, 0, 0, 1 - second, 0, 0, 0, 0, second];
            panel.set({ model: { name: "cnn" }, digits: [{ digit: 4, probs, tile }] }, 0);
            return document.getElementById("why").textContent;
          });
        }"""
    )
    assert asked == ["Why 4?", "Why 4, and not 9?"]


def test_of_several_digits_the_selected_one_is_explained(page: Page) -> None:
    draw(page, 4, centre=0.3, height=0.5)
    draw(page, 7, centre=0.7, height=0.5)
    expect(page.locator("#why")).to_have_text(re.compile("^Why 7"), timeout=READY_MS)
    page.locator("#tiles [aria-pressed]").nth(0).click()
    expect(page.locator("#why")).to_have_text(re.compile("^Why 4"))


def test_a_row_is_explained_by_its_columns(page: Page) -> None:
    draw_row(page)
    expect(page.locator("#filmstrip [data-step=columns] img")).to_have_count(1, timeout=READY_MS)
    open_why(page)
    expect(page.locator("#row-why-view .why-sentence")).to_contain_text(re.compile("Columns? .* gives? 7"))
    expect(page.locator("#why-view")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_is_accessible_and_fits_a_phone(chromium: Browser, address: str, scheme: Any) -> None:
    with checked_page(chromium, address, (390, 664), color_scheme=scheme, reduced_motion="reduce", **PHONE) as page:
        draw(page, 7)
        open_why(page)
        expect(page.locator("#why-view .why-sentence")).to_contain_text("as probable", timeout=READY_MS)
        assert faults_of(page) == []
        sheet = page.locator("#why-panel").bounding_box()
        assert sheet is not None
        assert (sheet["x"], sheet["width"]) == (0, 390)
        assert sheet["y"] + sheet["height"] <= 664
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
