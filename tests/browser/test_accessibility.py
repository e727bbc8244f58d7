"""No page has a fault that axe-core finds: light and dark, desktop and phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from inkling.server.pages import MASTHEAD
from tests.browser.conftest import DESKTOP_WH, PHONE_WH, context_of
from tests.browser.test_board import draw

pytestmark = pytest.mark.browser


def faults_of(page: Any) -> list[str]:
    """What axe-core finds wrong, a line each with the elements it means."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']]}" for each in found]


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [path for path, _ in MASTHEAD])
def test_axe_finds_nothing(chromium: Browser, address: str, path: str, scheme: Any, size_wh: tuple[int, int]) -> None:
    context = context_of(chromium, size_wh, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    if path == "/":
        page.wait_for_selector("html[data-ready]")
        draw(page, 4)
        expect(page.locator("#answer")).to_have_text("4")
    assert faults_of(page) == []
    context.close()
