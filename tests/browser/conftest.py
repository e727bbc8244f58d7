"""A real server and the system's Chromium. Console errors and warnings, and requests to other hosts, fail a test."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.browser.hands import serving_hands
from tests.cli.test_serve import serving
from tests.server.pages.test_pages import STATIC

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
EXPECT_MS = 15_000  # until an expectation fails, on a busy machine
HAS_WRITTEN = "try { sessionStorage.setItem('inkling-has-written', '1') } catch {}"
WITHOUT_ENGINE = "delete globalThis.WebAssembly"
DESKTOP_WH = (1440, 900)
PHONE_WH = (390, 844)
PHONE: dict[str, Any] = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}


LONG = ("test_train", "test_site", "test_engine_reading", "test_engine_rows")  # files that take minutes

expect.set_options(timeout=EXPECT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, so that no worker waits for one of them at the end."""
    items.sort(key=lambda item: item.path.stem not in LONG)


def chromium_path() -> str | None:
    """The system's Chromium, preferably headless, which is faster; `CHROMIUM` overrides its path."""
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = tmp_path_factory.mktemp("store") / "hands.sqlite"  # not the user's store
    with serving(INKLING_STORE=f"sqlite:///{store}") as (_, url):
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        message = "Chromium is not installed; these tests drive the real page in it"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def context_of(
    chromium: Browser, size_wh: tuple[int, int], *, demonstration: bool = False, **options: Any
) -> BrowserContext:
    """A fresh profile. `demonstration`: the drawing page writes numbers by itself, as on a first visit."""
    viewport: ViewportSize = {"width": size_wh[0], "height": size_wh[1]}
    context = chromium.new_context(viewport=viewport, **options)
    if not demonstration:
        context.add_init_script(HAS_WRITTEN)
    return context


def opened(context: BrowserContext, address: str) -> tuple[Page, list[str]]:
    """The page, ready for input, and a list that collects errors, warnings and requests to other hosts."""
    page, faults = context.new_page(), []
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if urlsplit(request.url).netloc in (urlsplit(address).netloc, "") or request.url.startswith("blob:")
            else faults.append(f"request to {request.url}")
        ),
    )
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page, faults


@contextmanager
def checked_page(
    chromium: Browser,
    url: str,
    size_wh: tuple[int, int] = DESKTOP_WH,
    *,
    requests_may_fail: bool = False,
    init_script: str = "",
    demonstration: bool = False,
    **options: Any,
) -> Iterator[Page]:
    """A page that must finish without a console error or warning, or a request to another host.

    With `requests_may_fail`, the errors that the browser logs for failed requests are allowed. `init_script` runs
    before the page's scripts.
    """
    context = context_of(chromium, size_wh, demonstration=demonstration, **options)
    context.add_init_script(init_script)
    try:
        page, faults = opened(context, url)
        yield page
    finally:
        context.close()
    assert [each for each in faults if not (requests_may_fail and each.startswith("Failed to load resource"))] == []


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    with checked_page(chromium, address) as page:
        yield page


@pytest.fixture
def page_with_refusals(chromium: Browser, address: str) -> Iterator[Page]:
    with checked_page(chromium, address, requests_may_fail=True) as page:
        yield page


@pytest.fixture
def page_without_engine(chromium: Browser, address: str) -> Iterator[Page]:
    """A page in a browser without WebAssembly: the server reads the drawing. Its requests may fail."""
    with checked_page(chromium, address, requests_may_fail=True, init_script=WITHOUT_ENGINE) as page:
        yield page


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Page]:
    """A phone with a touch screen."""
    with checked_page(chromium, address, PHONE_WH, **PHONE) as page:
        yield page


@pytest.fixture(scope="module")
def hands_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with its own store of hands."""
    with serving_hands(tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture(scope="session")
def mnist() -> tuple[np.ndarray, np.ndarray]:
    """The packaged test digits: (1000, 28, 28) float32 tiles and (1000,) labels."""
    content = np.frombuffer(zlib.decompress((STATIC / "data/mnist-test-1000.zlib").read_bytes()), np.uint8)
    return content[1000:].reshape(1000, 28, 28).astype(np.float32) / 255, content[:1000]
