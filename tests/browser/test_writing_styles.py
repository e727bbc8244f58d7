"""The ten digits, drawn as strokes in every writing style, are read correctly."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.writing_styles import STYLES, WritingStyle

pytestmark = pytest.mark.browser


PEN = 0.046  # width in board units
OPEN = """async ([strokes, width]) => {
  const { encode } = await import("/static/js/common/drawing.js");
  const points = (stroke) => stroke.map(([x, y]) => ({ x, y, width }));
  location.hash = `#d=${encode(strokes.map(points))}`;
}"""


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_all_ten_digits_of_a_style_are_read(page: Page, style: WritingStyle) -> None:
    assert page.locator("#model").input_value() == "cnn"
    for digit in range(10):
        strokes = [[(x * style.height, y * style.height) for x, y in stroke] for stroke in style.strokes(digit)]
        page.evaluate(OPEN, [strokes, PEN])
        expect(page.locator("#answer")).to_have_text(str(digit))
        expect(page.locator("#sure")).to_have_attribute("data-outcome", "read")
        page.keyboard.press("Escape")
        expect(page.locator("#answer")).to_be_empty()
