"""axe-core finds no accessibility violation on any page, in light and dark, on desktop and phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from inkling.server.pages import MASTHEAD
from tests.browser.conftest import DESKTOP_WH, PHONE_WH, context_of
from tests.browser.test_board import draw

pytestmark = pytest.mark.browser


CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const linear = (c) => (c <= 10 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.slice(0, 3).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.closest("noscript, [hidden], button:disabled") || !element.getClientRects().length) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${element.tagName} "${element.textContent.trim().slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  return low;
}"""


def faults_of(page: Any, *, only: list[str] | None = None) -> list[str]:
    """axe-core's violations, one line each with the elements concerned. `only`: the rules to check, by default all."""
    options = {"runOnly": {"type": "rule", "values": only}} if only else {}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']]}" for each in found]


def faults_in_both_schemes(page: Page) -> list[str]:
    """All faults in the light scheme, color faults in the dark scheme, and low contrasts in both."""
    page.emulate_media(color_scheme="light")
    found = faults_of(page) + page.evaluate(CONTRASTS)
    page.emulate_media(color_scheme="dark")
    return [*found, *faults_of(page, only=["color-contrast", "link-in-text-block"]), *page.evaluate(CONTRASTS)]


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", [path for path, _ in MASTHEAD])
def test_axe_finds_nothing(chromium: Browser, address: str, path: str, size_wh: tuple[int, int]) -> None:
    context = context_of(chromium, size_wh, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    if path == "/":
        page.wait_for_selector("html[data-ready]")
        draw(page, 4)
        expect(page.locator("#answer")).to_have_text("4")
    assert faults_in_both_schemes(page) == []
    context.close()
