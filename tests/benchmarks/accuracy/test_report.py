"""benchmarks/markdown.py and figures.py: the page shows what the JSON files say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import markdown as tables
from inkling.errors import BadData

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "benchmark.md"


def score(right: float) -> dict[str, Any]:
    return {"n": 200, "right": right, "right_95": [right - 0.05, right], "cpu_ms": 2.0}


OTHERS = {
    "versions": {"inkling cnn": "abc", "Tesseract": "5.3.0"},
    "sets": {
        "one": {"n": 200, "rows": False, "readers": {"inkling cnn": score(0.98), "Tesseract": score(0.4)}},
        "two": {"n": 100, "rows": False, "readers": {"inkling cnn": score(0.96), "Tesseract": score(0.2)}},
        "rows": {"n": 50, "rows": True, "readers": {"inkling cnn": score(0.9)}},
    },
    "fidelity": {
        "cnn": {"n": 10, "direct": 0.997, "direct_95": [0.99, 1], "road": 0.996, "road_95": [0.99, 1],
                "points_lost": 0.1, "not_one_digit": 0}
    },
}  # fmt: skip


DRAWN = [name for name in tables.BLOCKS if name not in tables.WITHOUT_FIGURE]


@pytest.mark.parametrize("name", tables.BLOCKS)
def test_page_shows_what_the_numbers_say(name: str) -> None:
    numbers = json.loads((next((ROOT / "benchmarks").rglob(f"{name}.json"))).read_text("utf-8"))
    page = PAGE.read_text("utf-8")
    assert tables.with_block(page, name, tables.BLOCKS[name](numbers)) == page, (
        "run: python -m benchmarks.accuracy.report"
    )


@pytest.mark.parametrize("name", [*DRAWN, "out_of_distribution_images"])
def test_page_shows_figures_that_are_there(name: str) -> None:
    page = PAGE.read_text("utf-8")
    for theme in ("light", "dark"):
        assert f"benchmark/{name}-{theme}.png" in page
        assert (ROOT / "docs" / "benchmark" / f"{name}-{theme}.png").stat().st_size > 5_000


def test_block_is_replaced_and_nothing_else() -> None:
    page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
    new = tables.with_block(page, "x", "new")
    assert new == "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n"
    assert tables.with_block(new, "x", "new") == new


def test_page_without_the_block_is_named() -> None:
    with pytest.raises(BadData, match="<!-- x -->"):
        tables.with_block("nothing here", "x", "new")


def test_others_means_only_what_was_read_everywhere() -> None:
    block = tables.others(OTHERS)
    assert "| mean over the sets of single digits | **97.0%** | **30.0%** |" in block
    assert "| rows (50) | **90.0%** <br> 85.0% to 90.0% | - |" in block
    assert "Tesseract 5.3.0" in block
    assert "**99.70%**" in block


@pytest.mark.parametrize(("value", "shown"), [(None, "-"), (0.5, "**50.0%**")])
def test_rate(value: float | None, shown: str) -> None:
    assert tables.rate(value) == shown


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.learn
def test_figures_draw_the_numbers(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    from benchmarks.accuracy import report as figures

    monkeypatch.setattr(figures, "PICTURES", tmp_path)
    figures.draw(name, json.loads((next((ROOT / "benchmarks").rglob(f"{name}.json"))).read_text("utf-8")))
    light, dark = (tmp_path / f"{name}-{theme}.png" for theme in ("light", "dark"))
    assert light.read_bytes() != dark.read_bytes()
