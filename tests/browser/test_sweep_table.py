"""The page of a sweep: its table can be sorted, it fits a phone, and it loads nothing from other hosts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from inkling import offline_page
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
    """Renders the template with fake numbers, because real ones need Ray and Optuna. Returns its address."""
    figures = [{"title": "a figure", "caption": "what it shows", "svg": SVG, "wide": wide} for wide in (False, True)]
    text = offline_page.render(
        HERE / "sweep_page.html",
        styles=(offline_page.REPORT_CSS, HERE / "sweep_page.css"),
        script=HERE / "sortable_table.js",
        title="ann-tutorial",
        lead="3 trials.",
        facts=[("98.12%", "best accuracy on 5,000 validation images")] * 5,
        progress=figures,
        hyperparameters=figures,
        comparison={
            "headings": ["setting", "recipe", "best", "matters"],
            "rows": [["augmentation.elastic_sigma", "4.5", "7.25", "60%"]],
        },
        headings=["trial", "state", "loss", "optimizer"],
        rows=[[{"text": text, "sort_key": key} for text, key in row] for row in ROWS],
        best={"number": 10},
        recipe='about = "' + "long " * 60 + '"',
        about=["How the numbers came to be."],
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
