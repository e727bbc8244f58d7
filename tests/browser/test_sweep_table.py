"""The page of a sweep: its table sorts itself, nothing is wider than a phone, nothing comes from elsewhere."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from playwright.sync_api import Browser, Page

from inkling.training import sweep
from tests.browser.conftest import DESKTOP_WH, PHONE_WH, context_of

pytestmark = pytest.mark.browser

HERE = Path(str(sweep.__file__)).parent
SVG = '<svg viewBox="0 0 460 310" width="460pt" height="310pt"><rect width="460" height="310"/></svg>'
ROWS = [  # trial, state, loss, settings
    [("0", 0), ("finished", 0), ("0.2000", 0.2), ("adam", "adam")],
    [("10", 10), ("best", -1), ("0.1000", 0.1), ("sgd", "sgd")],
    [("9", 9), ("failed", 3), ("", 1e9), ("adamw", "adamw")],
]


def written(folder: Path) -> str:
    """The template with numbers of our own: drawing real ones needs Ray and Optuna. Its address."""
    drawn = [{"title": "a figure", "caption": "what it shows", "svg": SVG, "wide": wide} for wide in (False, True)]
    text = (
        jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True)
        .get_template("page.html")
        .render(
            title="ann-tutorial",
            lead="3 trials.",
            facts=[("98.12%", "of 5,000 held-back digits read right by the best")] * 5,
            progress=drawn,
            settings=drawn,
            compared=[["augmentation.elastic_sigma", "4.5", "7.25", "60%"]],
            headings=["trial", "state", "loss", "optimizer"],
            rows=[[{"text": text, "by": by} for text, by in row] for row in ROWS],
            best={"number": 10},
            recipe='about = "' + "long " * 60 + '"',
            about=["How the numbers came to be."],
            css=(HERE.parent / "report" / "page.css").read_text("utf-8") + (HERE / "page.css").read_text("utf-8"),
            script=(HERE / "sort.js").read_text("utf-8"),
        )
    )
    (folder / "report.html").write_text(text, "utf-8")
    return (folder / "report.html").as_uri()


def column(page: Page, n: int) -> list[str]:
    return page.locator(f"table.sorts tbody tr td:nth-child({n})").all_inner_texts()


@pytest.mark.parametrize("size_wh", [PHONE_WH, DESKTOP_WH], ids=["phone", "desktop"])
def test_the_table_sorts_and_the_page_keeps_to_its_width(
    chromium: Browser, tmp_path: Path, size_wh: tuple[int, int]
) -> None:
    with context_of(chromium, size_wh) as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(written(tmp_path))
        assert column(page, 1) == ["0", "10", "9"]

        trial = page.get_by_role("button", name="trial", exact=True)
        trial.click()
        assert column(page, 1) == ["0", "9", "10"]  # by number
        trial.press("Enter")
        assert column(page, 1) == ["10", "9", "0"]
        assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
        page.get_by_role("button", name="loss").click()
        assert column(page, 3) == ["0.1000", "0.2000", ""]
        page.get_by_role("button", name="optimizer").click()
        assert column(page, 4) == ["adam", "adamw", "sgd"]
        assert page.locator("th[aria-sort]").count() == 1

        assert page.evaluate("document.documentElement.scrollWidth") <= size_wh[0]
        assert not faults
        assert {url.split(":")[0] for url in asked} <= {"file", "data"}
