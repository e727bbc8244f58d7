"""Pictures and links on the Draw page of a static site, under a prefix: the page reads them."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from inkling.site.build import build
from inkling.site.folder import write
from tests.browser.conftest import checked_page
from tests.browser.test_board import draw
from tests.browser.test_pictures import EXAMPLES, SEVEN, several, upload
from tests.browser.test_share import open_share
from tests.documents.files import scans

pytestmark = pytest.mark.browser

SLOW_MS = 30_000  # for the first reading, which loads the networks


class Host(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def static_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    top = tmp_path_factory.mktemp("host")
    write(build(), top / "some" / "where")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Host, directory=str(top))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/some/where/"
        server.shutdown()


@pytest.fixture
def static_page(chromium: Browser, static_address: str) -> Iterator[Page]:
    with checked_page(chromium, static_address) as page:
        yield page


def test_a_picture_is_read_and_cropped_in_the_page(static_page: Page) -> None:
    page = static_page
    page.locator("#upload").set_input_files(EXAMPLES / "row-shadow.webp")
    expect(page.locator("#answer")).to_have_text("196", timeout=SLOW_MS)
    page.locator("#crop-open").click()
    page.get_by_role("slider", name="Left edge").focus()
    for _ in range(11):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("6", timeout=SLOW_MS)
    page.locator("#read-all").click()
    expect(page.locator("#answer")).to_have_text("196", timeout=SLOW_MS)


@pytest.mark.parametrize(
    ("name", "kind", "content", "sentence"),
    [
        ("scan.pdf", "application/pdf", scans(1), "cannot open a PDF. Choose a picture of the page"),
        ("photo.heic", "image/heic", b"\0\0\0\x18ftypheic", "cannot open HEIC. Save the picture as JPEG or PNG"),
        ("scan.tif", "image/tiff", b"II*\0", "cannot open TIFF. Save the picture as JPEG or PNG"),
        ("not.png", "image/png", b"not a picture", "browser cannot open the picture"),
    ],
)
def test_a_file_that_only_a_server_reads_gets_one_sentence(
    static_page: Page, name: str, kind: str, content: bytes, sentence: str
) -> None:
    page = static_page
    upload(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7", timeout=SLOW_MS)
    upload(page, content, name, kind)
    expect(page.locator("#message")).to_contain_text(sentence)
    expect(page.locator("#answer")).to_be_empty()
    expect(page.locator("#unshown")).to_contain_text(name)


def test_several_pictures_are_read_in_the_page(static_page: Page) -> None:
    page = static_page
    files: Any = [*several(("a.png", SEVEN)), {"name": "s.pdf", "mimeType": "application/pdf", "buffer": scans(1)}]
    page.locator("#upload").set_input_files(files)
    expect(page.locator("#uploads-progress")).to_have_text("2 of 2 read, 1 not read", timeout=SLOW_MS)
    rows = page.locator("#uploads-body tr")
    expect(rows.nth(0).locator(".read-as")).to_have_text("7")
    expect(rows.nth(1).locator(".to-know")).to_contain_text("cannot open a PDF")


def test_a_link_opens_under_the_prefix(static_page: Page, static_address: str) -> None:
    page = static_page
    draw(page, 4, centre=0.3)
    draw(page, 7, centre=0.7)
    expect(page.locator("#answer")).to_have_text("47", timeout=SLOW_MS)
    open_share(page)
    link = page.locator("#share-address").input_value()
    assert link.startswith(f"{static_address}#d=")
    expect(page.locator("#share-warning")).to_have_text("Only this computer can open the link.")
    expect(page.locator("#way-out")).to_contain_text("Put this folder on a web host")
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator("#answer")).to_have_text("47", timeout=SLOW_MS)
