"""Make the icons of the installed page from favicon.svg, and the preview picture for shared links.

python -m scripts.make_icons        # needs the dev extra, Chromium and zopfli: pip install zopfli
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

import zopfli.png
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import FLAGS, chromium_path

STATIC = Path(__file__).parents[1] / "src" / "inkling" / "server" / "static"
PREVIEW_WH = (1200, 630)  # the size to which link previews are cropped
SAFE = 0.7  # share of a maskable icon's side: every mask shows a circle of 80 %, and the drop stays inside it


def main() -> None:
    favicon = (STATIC / "favicon.svg").read_text("utf-8")
    (STATIC / "icons").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for name, side in (("192", 192), ("512", 512)):
            save(shot(browser, page_of(favicon, side, side), (side, side)), STATIC / "icons" / f"{name}.png", 64)
        shapes = re.search(r"(<svg[^>]*>)\s*(<rect[^>]*/>)(.*</svg>)", favicon, re.DOTALL) or sys.exit("no favicon")
        opening, ground, drop = shapes.groups()
        ground = re.sub(r' rx="\d+"', "", f"{opening}{ground}</svg>")  # full bleed: the mask rounds the corners
        drop = opening + drop
        for name, side in (("maskable-512", 512), ("touch-180", 180)):
            inner = round(side * SAFE)
            body = f"{page_of(ground, side, side)}{page_of(drop, side, inner)}"
            save(shot(browser, body, (side, side)), STATIC / "icons" / f"{name}.png", 64)
        preview = (Path(__file__).parent / "preview.html").read_text("utf-8").replace("{favicon}", favicon)
        save(shot(browser, preview, PREVIEW_WH), STATIC / "preview.png", 64)
        browser.close()


def page_of(svg: str, side: int, inner: int) -> str:
    """HTML that shows an image `inner` pixels wide and high, centered in `side` pixels."""
    at = (side - inner) // 2
    style = f"position:absolute;left:{at}px;top:{at}px;width:{inner}px;height:{inner}px"
    return f'<div style="{style}">{svg.replace("<svg ", "<svg width=100% height=100% ", 1)}</div>'


def shot(browser: Browser, body: str, size_wh: tuple[int, int]) -> bytes:
    page = browser.new_page(viewport={"width": size_wh[0], "height": size_wh[1]})
    with tempfile.NamedTemporaryFile(
        "w", suffix=".html", encoding="utf-8"
    ) as file:  # a file URL can load the local fonts
        head = f'<!doctype html><meta charset="utf-8"><base href="{STATIC.as_uri()}/"><style>body{{margin:0}}</style>'
        file.write(head + body)
        file.flush()
        page.goto(Path(file.name).as_uri())
        page.evaluate("document.fonts.ready.then(() => null)")
    content = page.screenshot(omit_background=True)
    page.close()
    return content


def save(png: bytes, path: Path, n_colours: int) -> None:
    """Save with a palette, including the transparent corners, and with the best compression."""
    image, saved = Image.open(io.BytesIO(png)), io.BytesIO()
    image.quantize(n_colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(saved, "PNG", optimize=True)
    path.write_bytes(zopfli.png.optimize(saved.getvalue()))
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
