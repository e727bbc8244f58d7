"""The JavaScript that /docs shows, in the browser and on the page that shows it."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page

from tests.client.test_examples import examples
from tests.pictures import drawn_seven, encoded

pytestmark = pytest.mark.browser

CALL = "read(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)))"


def test_the_javascript_example_reads(page_with_refusals: Page, address: str) -> None:
    page, code = page_with_refusals, examples(address)["javascript"]
    page.goto(f"{address}/docs")
    seven = base64.b64encode(encoded(drawn_seven())).decode()
    assert page.evaluate(f"(text) => {{ {code}\n return {CALL} }}", seven) == "7"
    assert page.evaluate(f"(text) => {{ {code}\n return {CALL}.catch(String) }}", "").startswith(
        "Error: EmptyPicture: "
    )
