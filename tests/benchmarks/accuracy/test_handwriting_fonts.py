"""benchmarks.accuracy.handwriting_fonts: a font's digits in many shapes, on paper and in boxes."""

from __future__ import annotations

import json
from pathlib import Path

import click.testing
import numpy as np
import pytest

from benchmarks.accuracy import handwriting_fonts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one font, which comes with Matplotlib."""
    import matplotlib

    found: Path = tmp_path_factory.mktemp("fonts")
    name = "DejaVuSans.ttf"
    (found / name).write_bytes((Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name).read_bytes())
    return found


@pytest.mark.learn
def test_each_digit_is_drawn_several_times_by_seed(folder: Path) -> None:
    ((family, path),) = handwriting_fonts.fonts_in(folder).items()
    assert family == "DejaVu Sans Book"
    found, again = (handwriting_fonts.written(path, family, 2) for _ in range(2))
    assert [digit for digit, _, _ in found] == list("0123456789" * 2)
    for (_, paper, box), (_, paper_again, box_again) in zip(found, again, strict=True):
        assert box.shape == (16, 16)
        assert set(np.unique(box)) <= {0, 255}
        assert paper[0].min() == 255  # white around it
        assert paper.min() < 30
        assert np.array_equal(paper, paper_again)
        assert np.array_equal(box, box_again)
    assert not np.array_equal(found[0][1], found[10][1])


@pytest.mark.learn
def test_the_command_prints_what_is_read_right_and_keeps_the_documented_numbers(folder: Path) -> None:
    before = handwriting_fonts.OUT.read_text("utf-8")
    given = ["--fonts", str(folder), "--model", "cnn", "--each", "1"]
    answer = click.testing.CliRunner().invoke(handwriting_fonts.main, given, catch_exceptions=False)
    assert answer.exit_code == 0
    assert "on paper" in answer.output
    assert " of 10; wrong" in answer.output
    assert handwriting_fonts.OUT.read_text("utf-8") == before
    assert json.loads(before)["pictures"] > 1000


def test_a_folder_without_fonts_is_an_error(tmp_path: Path) -> None:
    answer = click.testing.CliRunner().invoke(handwriting_fonts.main, ["--fonts", str(tmp_path)])
    assert answer.exit_code != 0
    assert "no handwriting font was found" in answer.output
