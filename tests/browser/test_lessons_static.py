"""/learn without a server: every chapter works from a folder of files, under a prefix, without API requests."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from inkling.server.pages.learn import CHAPTERS
from inkling.site.build import build
from inkling.site.folder import write
from tests.browser.conftest import checked_page
from tests.browser.test_learn import part, piece

pytestmark = pytest.mark.browser


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a log."""

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def static_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site on a static host, under a prefix."""
    top = tmp_path_factory.mktemp("host")
    write(build(), top / "repo")
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(top))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/repo"
        server.shutdown()


@pytest.mark.parametrize("slug", [chapter.slug for chapter in CHAPTERS])
def test_every_piece_of_a_chapter_runs(chromium: Browser, static_address: str, slug: str) -> None:
    with checked_page(chromium, f"{static_address}/learn/{slug}/") as page:
        names = page.locator("[data-piece]").evaluate_all("pieces => pieces.map((piece) => piece.dataset.piece)")
        for name in names:
            piece(page, name)
        assert page.locator(".trouble:visible").count() == 0
        assert "/api/" not in str(page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)"))


def test_networks_read_and_the_pipeline_runs(chromium: Browser, static_address: str) -> None:
    with checked_page(chromium, f"{static_address}/learn/confidence/") as page:
        expect(part(piece(page, "softmax"), "status")).to_contain_text("A 7. The network reads 7")
        page.goto(f"{static_address}/learn/drawings/")
        page.wait_for_selector("html[data-ready]")
        expect(part(piece(page, "preprocessing"), "pipeline")).to_contain_text("With the pipeline: 4", timeout=30_000)
        expect(page.locator("[data-made=page]")).to_be_visible()


def test_links_and_terms_lead_to_pages_of_the_folder(chromium: Browser, static_address: str) -> None:
    with checked_page(chromium, f"{static_address}/learn/neurons/") as page:
        page.locator("a.defined", has_text="bias").first.click()
        page.wait_for_url(f"{static_address}/learn/glossary/#bias")
        page.locator(".where a").click()
        page.wait_for_url(f"{static_address}/learn/")
        page.get_by_role("link", name="For teachers").click()
        page.wait_for_url(f"{static_address}/learn/teacher/")
        assert page.locator("a[href*='/train']").count() == 0
