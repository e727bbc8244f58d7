"""The ten digits, drawn as strokes in every writing style, are read correctly."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.writing_styles import STYLES, WritingStyle

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_all_ten_digits_of_a_style_are_read(page: Page, style: WritingStyle) -> None:
    assert page.locator("#model").input_value() == "cnn"
    board = page.locator("#board").bounding_box()
    assert board is not None
    side = style.height * board["height"]
    middle = (board["x"] + board["width"] / 2, board["y"] + board["height"] / 2)
    for digit in range(10):
        for stroke in style.strokes(digit):
            for i, (x, y) in enumerate(stroke):
                page.mouse.move(middle[0] + x * side, middle[1] + y * side)
                if i == 0:
                    page.mouse.down()
            page.mouse.up()
        expect(page.locator("#answer")).to_have_text(str(digit))
        expect(page.locator("#sure")).to_have_attribute("data-outcome", "read")
        page.keyboard.press("Escape")
        expect(page.locator("#answer")).to_be_empty()
