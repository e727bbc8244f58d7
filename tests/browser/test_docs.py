"""The form on /docs that tries a reading, and links to closed sections."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP_WH, PHONE_WH, checked_page
from tests.browser.test_accessibility import faults_of
from tests.pictures import drawn_seven, encoded

pytestmark = pytest.mark.browser


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    picture = tmp_path / "it's seven.png"
    picture.write_bytes(encoded(drawn_seven()))
    return picture


def test_a_picture_is_read_with_parameters(page: Page, address: str, seven: Path) -> None:
    page.goto(f"{address}/docs")
    page.set_input_files("input[name=picture]", seven)
    page.get_by_text("Parameters", exact=True).first.click()
    page.select_option("select[name=mode]", "single")
    page.fill("input[name=length]", "1")
    page.get_by_role("button", name="Read it").click()
    expect(page.locator("#try-status")).to_contain_text("7 · read · ")
    expect(page.locator("#try-json")).to_contain_text('"satisfied": true')
    command = page.locator("#try-command").inner_text()
    assert f"'{address}/api/v1/read?mode=single&length=1'" in command
    assert "'@it'\\''s seven.png'" in command


def test_an_example_is_read_and_an_error_is_told(page_with_refusals: Page, address: str) -> None:
    page = page_with_refusals
    page.goto(f"{address}/docs")
    page.get_by_role("button", name="Use an example").click()
    expect(page.locator("#try-preview")).to_be_visible()
    page.get_by_role("button", name="Read it").click()
    expect(page.locator("#try-status")).to_contain_text("2047 · read · ")
    page.get_by_text("Parameters", exact=True).first.click()
    page.fill("input[name=model]", "cn")
    page.get_by_role("button", name="Read it").click()
    expect(page.locator("#try-status")).to_contain_text("404 UnknownName: ")


def test_a_link_opens_what_it_leads_to(page: Page, address: str) -> None:
    page.goto(f"{address}/docs#op-read")
    expect(page.locator("#op-read dl").first).to_be_visible()
    page.locator("#op-read").get_by_role("link", name="ReadRequest").click()
    expect(page.locator("#schema-ReadRequest dl")).to_be_visible()


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
def test_every_section_opened_is_within_the_width_and_accessible(
    chromium: Browser, address: str, size_wh: tuple[int, int]
) -> None:
    with checked_page(chromium, f"{address}/docs", size_wh) as page:
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= size_wh[0]
        assert faults_of(page) == []
