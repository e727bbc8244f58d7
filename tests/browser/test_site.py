"""The site without a server: every page from a plain static host under a prefix, with and without a connection."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from inkling.site.build import build, with_worker
from inkling.site.folder import write
from tests.browser.conftest import DESKTOP_WH, PHONE, PHONE_WH, context_of
from tests.browser.hands import NARROW_SEVEN, agree, correct_it, draw_odd, teach_now
from tests.browser.test_accessibility import faults_in_both_schemes, faults_of
from tests.browser.test_board import draw
from tests.browser.test_layout import too_wide

pytestmark = pytest.mark.browser

PREFIX = "some/where"
PAGES = ("", "inside/", "learn/", "learn/pictures/", "learn/learning/", "teach/", "models/")
SCREENS = ((320, 568), (375, 667), (390, 664), (844, 390))
FIRST_ANSWER_BYTES, ALL_BYTES = 1_500_000, 3_000_000  # compressed

ONLY_CACHE = """async (name) => {
  while ((await caches.keys()).join() !== name) await new Promise((resolve) => setTimeout(resolve, 50));
}"""

ASKED_LATER = """() => {  // after the digit network has loaded
  const asked = performance.getEntriesByType("resource");
  const come = asked.find(({ name }) => name.includes("/cnn.bin")).responseEnd;
  return asked.filter(({ startTime }) => startTime > come).map(({ name }) => name);
}"""


class Host(http.server.SimpleHTTPRequestHandler):
    """A static host: files, a folder's index.html, and 404.html for other addresses."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        if code != 404:
            super().send_error(code, message, explain)
            return
        content = Path(self.directory, PREFIX, "404.html").read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Hosted:
    """A site on a host that can be stopped."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Host, directory=str(top)))
        self.address = f"http://127.0.0.1:{self.server.server_port}/{PREFIX}/"
        self.site = build(address=self.address.rstrip("/"))
        write(self.site, top / PREFIX)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    hosted = Hosted(tmp_path_factory.mktemp("host"))
    yield hosted
    hosted.stop()


class Visit:
    """A page that records faults: console errors and warnings, failed requests, requests to other hosts."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page, self.faults, self.paths = context.new_page(), [], set[str]()
        self.page.set_default_timeout(120_000)  # a busy machine
        self.top = address
        self.page.on("console", lambda said: self._fault(said.text) if said.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self._fault(str(error)))
        self.page.on("response", lambda answer: self._see(answer.status, answer.url))

    def open(self, name: str) -> Page:
        self.page.goto(self.top + name)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def _fault(self, text: str) -> None:
        if "registration blocked" not in text:  # the test blocks the service worker
            self.faults.append(text)

    def _see(self, status: int, url: str) -> None:
        if url.startswith(("blob:", "data:")):
            return
        if status >= 400 or not url.startswith(self.top):
            self.faults.append(f"{status} {url}")
        self.paths.add(urlsplit(url).path.removeprefix(f"/{PREFIX}/"))


def test_a_misread_digit_is_corrected_taught_and_read(chromium: Browser, hosted: Hosted) -> None:
    context = context_of(chromium, DESKTOP_WH, service_workers="block")
    visit = Visit(context, hosted.address)
    page = visit.open("")
    draw_odd(page, NARROW_SEVEN)
    expect(page.locator("#answer")).to_have_text("1")
    correct_it(page)
    expect(page.locator("#several")).to_be_hidden()
    page.locator("#correction [data-label='7']").click()
    agree(page, "anna", store="this browser")
    expect(page.locator("#kept")).to_have_text("Kept for anna: this is a 7.")
    teach_now(page)
    expect(page.locator("#taught")).to_contain_text("Version 1 of anna is used from the next stroke on. Read again: 7.")
    page.locator("#taught-close").click()
    page.reload()  # the drawing is kept
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#hand-used")).to_have_text("as anna writes, version 1")
    page.locator("#model").select_option("ann")
    expect(page.locator("#hand-used")).to_contain_text("taught with another network")
    page.locator("#model").select_option("cnn")
    page.locator("#hand").select_option("")
    expect(page.locator("#answer")).to_have_text("1")
    page.locator("#hand").select_option("anna")
    expect(page.locator("#answer")).to_have_text("7")
    assert "anna" in visit.open("teach/").locator("#hand").inner_text()
    assert visit.faults == []
    context.close()


def test_every_page_opens_without_a_fault(chromium: Browser, hosted: Hosted) -> None:
    names = [path.removesuffix("index.html") for path in hosted.site.files if path.endswith("index.html")]
    assert set(PAGES) <= set(names)
    found = {}
    for name in names:
        context = context_of(chromium, DESKTOP_WH, reduced_motion="reduce", service_workers="block")
        visit = Visit(context, hosted.address)
        page = visit.open(name)
        found[name] = [*visit.faults, *faults_in_both_schemes(page)]
        context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_nothing_scrolls_sideways(chromium: Browser, hosted: Hosted) -> None:
    context = context_of(chromium, SCREENS[0], service_workers="block", **PHONE)
    visit = Visit(context, hosted.address)
    found = {name: too_wide(visit.open(name), SCREENS) for name in PAGES}
    assert {name: wide for name, wide in found.items() if wide} == {}
    context.close()


def test_a_drawing_is_read_in_the_page(chromium: Browser, hosted: Hosted) -> None:
    """No answer waits for what loads after the digit network, such as the row network."""
    context = context_of(chromium, DESKTOP_WH, service_workers="block")
    visit = Visit(context, hosted.address)
    page = visit.open("")
    draw(page, 7)
    expect(page.locator("#answer")).to_have_text("7", timeout=20_000)
    later = {urlsplit(url).path.removeprefix(f"/{PREFIX}/") for url in page.evaluate(ASKED_LATER)}
    sizes = hosted.site.compressed()
    before = sum(sizes[path if path in sizes else f"{path}index.html"] for path in visit.paths - later)
    assert before <= FIRST_ANSWER_BYTES, f"{before:,} bytes before the first answer"
    assert visit.faults == []
    context.close()


def test_the_whole_site_is_small(hosted: Hosted) -> None:
    assert sum(hosted.site.compressed().values()) <= ALL_BYTES


def test_a_wrong_address_gets_a_page_with_a_way_on(chromium: Browser, hosted: Hosted) -> None:
    context = context_of(chromium, PHONE_WH, service_workers="block")
    page = context.new_page()
    page.goto(f"{hosted.address}learn/nothing/here")
    expect(page.locator("h1")).to_have_text("Page not found")
    assert faults_of(page) == []
    page.get_by_role("link", name="Learn", exact=True).click()
    expect(page).to_have_url(f"{hosted.address}learn/")
    context.close()


def test_it_opens_without_a_connection_after_one_visit(chromium: Browser, tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    context = context_of(chromium, DESKTOP_WH)
    try:
        visit = Visit(context, hosted.address)
        page = visit.open("")
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    finally:
        hosted.stop()
    for name in PAGES:
        page = visit.open(name)
        assert page.title(), name
    page = visit.open("")
    draw(page, 4)
    expect(page.locator("#answer")).to_have_text("4", timeout=20_000)
    assert [fault for fault in visit.faults if "CONNECTION_REFUSED" not in fault] == []  # from checking the version
    page.goto(f"{hosted.address}learn")  # without a trailing slash
    expect(page).to_have_url(f"{hosted.address}learn/")
    context.close()


def test_a_new_version_is_there_after_one_reload(chromium: Browser, tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    context = context_of(chromium, DESKTOP_WH)
    try:
        visit = Visit(context, hosted.address)
        page = visit.open("models/")
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        changed = hosted.site.files["models/index.html"].replace(b"<title>", b"<title>Newer: ")
        newer = with_worker({**hosted.site.files, "models/index.html": changed})
        write(newer, tmp_path / PREFIX)
        page = visit.open("models/")
        assert not page.title().startswith("Newer")  # immediately, from the cache, while the new version loads
        page.evaluate(ONLY_CACHE, f"inkling-{newer.version}")
        page.reload()
        assert page.title().startswith("Newer")
    finally:
        context.close()
        hosted.stop()
