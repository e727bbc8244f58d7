"""Write the README's pictures: a screenshot of a number on the drawing page, and an animation of drawing and reading.

    python -m scripts.make_screenshots

Writes docs/screenshot-light.png, docs/drawing-light.webp and their dark versions. Starts a server and draws like the
browser tests. Needs the dev extra and Chromium.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import DESKTOP_WH, FLAGS, chromium_path, context_of, opened
from tests.browser.test_board import draw, paths
from tests.cli.test_serve import serving

DOCS = Path(__file__).parents[1] / "docs"
NUMBER = ((4, 0.2), (0, 0.5), (7, 0.8))  # digit, horizontal position on the board
DRAWN_WH = (1120, 720)  # of the recorded page
WIDTH = 840  # of the animation, in pixels
MOVES = 3  # of the pen between two frames
Frame = tuple[bytes, int]  # PNG and duration in milliseconds


def main() -> None:
    """Write all pictures."""
    with serving() as (_, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for scheme in ("light", "dark"):
            page, _ = opened(context_of(browser, DESKTOP_WH, color_scheme=scheme), address)
            for digit, centre in NUMBER:
                draw(page, digit, centre=centre, height=0.5)
            expect(page.locator("#answer")).to_have_text("407")
            page.wait_for_timeout(1500)  # for the last answer and the animation of the bars
            page.mouse.move(0, 0)
            save(page.screenshot(), DOCS / f"screenshot-{scheme}.png")
            page, _ = opened(context_of(browser, DRAWN_WH, color_scheme=scheme), address)
            save_film(film(page), DOCS / f"drawing-{scheme}.webp")
        browser.close()


def film(page: Page) -> list[Frame]:
    """Frames that show how a 4 is drawn, read and explained."""
    frames = [(page.screenshot(), 500)]
    for (x0, y0), *rest in paths(page, 4, height=0.6):
        page.mouse.move(x0, y0)
        page.mouse.down()
        for i, (x, y) in enumerate(rest):
            page.mouse.move(x, y)
            if i % MOVES == 0:
                page.wait_for_timeout(60)  # for the answer to the current drawing
                frames.append((page.screenshot(), 90))
        page.mouse.up()
    expect(page.locator("#answer")).to_have_text("4")
    page.wait_for_timeout(1500)
    frames.append((page.screenshot(), 1800))
    page.get_by_role("button", name="Why 4").click()
    page.wait_for_timeout(1500)
    frames.append((page.screenshot(), 4000))
    return frames


def save(png: bytes, path: Path) -> None:
    """Save a screenshot with the best PNG compression."""
    Image.open(io.BytesIO(png)).convert("RGB").save(path, optimize=True)


def save_film(frames: list[Frame], path: Path) -> None:
    """Save the frames, scaled down, as an animation."""
    pictures = [Image.open(io.BytesIO(png)).convert("RGB") for png, _ in frames]
    height = round(WIDTH * pictures[0].height / pictures[0].width)
    first, *rest = [picture.resize((WIDTH, height), Image.Resampling.LANCZOS) for picture in pictures]
    durations = [ms for _, ms in frames]
    first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, quality=80, method=6)


if __name__ == "__main__":
    main()
