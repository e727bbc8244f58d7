"""benchmarks.accuracy.report and markdown: docs/benchmark.md matches the JSON files."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import markdown
from benchmarks.accuracy import report_tables
from benchmarks.accuracy.report_tables import PAGE, TABLES, numbers_of
from inkling.errors import BadData

FIGURES = PAGE.with_suffix("")
FILES = [f"{name}.svg" for name in ("baselines", "paper", "out_of_distribution", "calibration", "memory")]
FILES += [f"out_of_distribution_images-{theme}.png" for theme in ("light", "dark")]


def score(right: float) -> dict[str, Any]:
    return {"n": 200, "right": right, "right_95": [right - 0.05, right], "cpu_ms": 2.0}


BASELINES = {
    "versions": {"inkling cnn": "abc", "Tesseract": "5.3.0"},
    "sets": {
        "one": {"n": 200, "rows": False, "readers": {"inkling cnn": score(0.98), "Tesseract": score(0.4)}},
        "two": {"n": 100, "rows": False, "readers": {"inkling cnn": score(0.96), "Tesseract": score(0.2)}},
        "rows": {"n": 50, "rows": True, "readers": {"inkling cnn": score(0.9)}},
    },
    "fidelity": {
        "cnn": {"n": 10, "direct": 0.997, "direct_95": [0.99, 1], "pipeline": 0.996, "pipeline_95": [0.99, 1],
                "points_lost": 0.1, "not_one_digit": 0}
    },
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_the_page_shows_what_the_numbers_say(name: str) -> None:
    page = PAGE.read_text("utf-8")
    block = TABLES[name](numbers_of(name))
    assert markdown.with_block(page, name, block) == page, "run: python -m benchmarks.accuracy.report"


@pytest.mark.parametrize("file", FILES)
def test_the_page_shows_figures_that_exist(file: str) -> None:
    assert f"benchmark/{file}" in PAGE.read_text("utf-8")
    assert (FIGURES / file).stat().st_size > 5_000


def test_a_block_is_replaced_and_nothing_else() -> None:
    page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
    new = markdown.with_block(page, "x", "new")
    assert new == "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n"
    assert markdown.with_block(new, "x", "new") == new


def test_a_page_without_the_block_is_an_error() -> None:
    with pytest.raises(BadData, match="<!-- x -->"):
        markdown.with_block("nothing here", "x", "new")


def test_the_mean_is_of_readers_that_read_every_set() -> None:
    block = report_tables.baselines(BASELINES)
    assert "| mean over the sets of single digits | **97.0%** | **30.0%** |" in block
    assert "| rows (50) | **90.0%** <br> 85.0% to 90.0% | - |" in block
    assert "Tesseract 5.3.0" in block
    assert "**99.70%**" in block


@pytest.mark.parametrize(("value", "shown"), [(None, "-"), (0.5, "**50.0%**")])
def test_rate(value: float | None, shown: str) -> None:
    assert markdown.rate(value) == shown


@pytest.mark.parametrize("name", [file.removesuffix(".svg") for file in FILES if file.endswith(".svg")])
@pytest.mark.learn
def test_figures_draw_the_numbers(name: str) -> None:
    from benchmarks.accuracy import report

    text = report.figure(name, numbers_of(name))
    assert "prefers-color-scheme:dark" in text
    assert report.style.SERIES[0] in text
