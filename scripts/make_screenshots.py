"""Writes docs/screenshot-light.png and docs/screenshot-dark.png: the drawing page with a number on the board.

    python -m scripts.make_screenshots

Starts a server and draws like the browser tests. Needs the dev extra and Chromium.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import DESKTOP_WH, FLAGS, chromium_path, context_of, opened
from tests.browser.test_board import draw
from tests.cli.test_serve import serving

DOCS = Path(__file__).parents[1] / "docs"
NUMBER = ((4, 0.2), (0, 0.5), (7, 0.8))  # digit, horizontal position on the board


def main() -> None:
    """Writes both images."""
    with serving() as (_, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for scheme in ("light", "dark"):
            page, _ = opened(context_of(browser, DESKTOP_WH, color_scheme=scheme), address)
            for digit, centre in NUMBER:
                draw(page, digit, centre=centre, height=0.5)
            expect(page.locator("#answer")).to_have_text("407")
            page.wait_for_timeout(600)  # for the last answer and the animation of the bars
            page.mouse.move(0, 0)
            save(page.screenshot(), DOCS / f"screenshot-{scheme}.png")
        browser.close()


def save(png: bytes, path: Path) -> None:
    """Saves the same pixels with the best PNG compression."""
    Image.open(io.BytesIO(png)).convert("RGB").save(path, optimize=True)


if __name__ == "__main__":
    main()
