"""benchmarks.accuracy.forms: the measurements of a form, and the table of docs/forms.md."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import markdown
from benchmarks.accuracy import forms
from benchmarks.common import read_json

FOUND = {
    "sheets": 60, "fields_right": 0.981, "sure": 0.9, "sure_and_wrong": 0.0012, "called_empty": 1, "cpu_ms": 412,
    "number": 0.983, "number_of_list": 1.0, "marks": 0.955, "as_exam": {"other_form": 9, "part": 1},
}  # fmt: skip
NUMBERS = {
    "model": {"name": "cnn"},
    "exam": {"flat": FOUND, "scanned": {**FOUND, "number": 0.967}},
    "tally": {"flat": FOUND, "scanned": FOUND},
    "pdf": {"pages": 100, "20_pages": {"rows": 20, "cpu_s": 9.6, "clock_s": 5.4, "most_mb": 310},
            "100_pages": {"rows": 100, "cpu_s": 41.2, "clock_s": 22.4, "most_mb": 1310}},
}  # fmt: skip


def test_the_tables_of_the_numbers() -> None:
    exam, tally, pdf = forms.tables(NUMBERS).split("\n\n")
    assert "| student number of 8 digits, exact | **98.3%** | **96.7%** |" in exam
    assert "| fields that are sure and wrong | 0.12% | 0.12% |" in exam
    assert "| read as `exam`: reported as another form | 9 of 10 | 9 of 10 |" in tally
    assert pdf.splitlines()[2:] == ["| 20 | 10 s | 5 s | 310 MB |", "| 100 | 41 s | 22 s | 1,310 MB |"]


def test_the_page_is_written_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, numbers = tmp_path / "forms.md", tmp_path / "forms.json"
    page.write_text("before\n<!-- forms -->\nold\n<!-- /forms -->\nafter\n")
    numbers.write_text(json.dumps(NUMBERS))
    monkeypatch.setattr(forms, "PAGE", page)
    done = CliRunner().invoke(forms.main, ["--table", "--out", str(numbers)])
    assert done.exit_code == 0, done.output
    assert page.read_text() == f"before\n<!-- forms -->\n{forms.tables(NUMBERS)}\n<!-- /forms -->\nafter\n"


def test_the_page_shows_what_was_measured() -> None:
    page = forms.PAGE.read_text("utf-8")
    block = forms.tables(dict(read_json(forms.OUT))) if forms.OUT.exists() else "Not measured with this network yet."
    assert markdown.with_block(page, "forms", block) == page, "run: python -m benchmarks.accuracy.forms --table"


@pytest.mark.slow
def test_a_pdf_of_pages_is_read_and_timed(digits: tuple[np.ndarray, np.ndarray]) -> None:
    found = forms.measure_pdf(digits, 2)
    assert found["pages"] == 2
    assert [found[f"{n}_pages"]["rows"] for n in (1, 2)] == [1, 2]
    assert found["2_pages"]["cpu_s"] > 0
    assert found["2_pages"]["most_mb"] > 50
