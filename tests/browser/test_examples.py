"""The JavaScript example on /docs, run in the browser on that page."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page

from tests.client.test_examples import examples
from tests.pictures import drawn_seven, encoded

pytestmark = pytest.mark.browser

CALL = "read(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))).catch(String)"
SEVEN = encoded(drawn_seven())


def test_the_javascript_example_reads(page_with_refusals: Page, address: str) -> None:
    assert read_by_example(page_with_refusals, address, SEVEN) == "7"
    assert read_by_example(page_with_refusals, address, b"").startswith("Error: EmptyPicture: ")


def read_by_example(page: Page, address: str, content: bytes) -> str:
    """The result of the example, run on /docs, for a picture."""
    page.goto(f"{address}/docs")
    script = f"(text) => {{ {examples(address)['javascript']}\n return {CALL} }}"
    said: str = page.evaluate(script, base64.b64encode(content).decode())
    return said
