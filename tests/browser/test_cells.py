"""The cells of a grid on the Draw page are read, corrected, copied and saved as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, PHONE_WH, checked_page
from tests.pictures import encoded, table_of

pytestmark = pytest.mark.browser

CELLS = [["7", "", "12"], ["305", "9", ""]]


def open_picture(page: Page, picture: np.ndarray) -> None:
    content = {"name": "table.png", "mimeType": "image/png", "buffer": encoded(picture)}
    page.locator("#upload").set_input_files([content])


@pytest.fixture
def table(digits: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return table_of(digits, CELLS)


def test_cells_are_corrected_copied_and_saved(chromium: Browser, address: str, table: np.ndarray) -> None:
    with checked_page(chromium, address, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.locator("#cells summary").click()
        open_picture(page, table)
        inputs = page.locator("#cells-tables input")
        expect(inputs).to_have_count(6, timeout=20_000)
        assert [inputs.nth(i).input_value() for i in range(6)] == [text for row in CELLS for text in row]
        expect(page.locator("#cells-status")).to_contain_text("6 cells, 4 with a number")
        corrected = page.get_by_label("Row 2, column 2")
        corrected.fill("4")
        expect(page.locator("td[data-outcome=corrected]")).to_have_count(1)
        corrected.press("Enter")
        expect(page.get_by_label("Row 2, column 3")).to_be_focused()
        page.locator("#copy-cells").click()
        expect(page.locator("#copied-cells")).to_have_text("Copied.")
        wanted = [["7", "", "12"], ["305", "4", ""]]
        assert list(csv.reader(io.StringIO(page.evaluate("navigator.clipboard.readText()")))) == wanted
        with page.expect_download() as download:
            page.locator("#save-cells").click()
        assert list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines())) == wanted


def test_a_picture_without_a_grid_is_said_to_have_none(chromium: Browser, address: str) -> None:
    with checked_page(chromium, address) as page:
        page.locator("#cells summary").click()
        page.locator("[data-shows='196']").click()
        expect(page.locator("#cells-status")).to_contain_text("No grid was found", timeout=20_000)
        expect(page.locator("#copy-cells")).to_be_hidden()


def test_a_wide_table_scrolls_on_a_phone(
    chromium: Browser, address: str, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    with checked_page(chromium, address, size_wh=PHONE_WH, **PHONE) as page:
        page.locator("#cells summary").click()
        open_picture(page, table_of(digits, [["7"] + [""] * 11] * 2, size_wh=(100, 90)))
        expect(page.locator("#cells-tables input")).to_have_count(24, timeout=20_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_WH[0]
