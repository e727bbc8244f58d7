"""scripts/check_python.py: an unsupported Python is reported in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.check_python import complaint

PROJECT = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize("version", [(3, 11), (3, 14)])
def test_the_base_runs_on_supported_pythons(version: tuple[int, int]) -> None:
    assert complaint(version, "", PROJECT) == ""


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 15), (4, 0)])
def test_other_pythons_are_refused_in_one_sentence(version: tuple[int, int]) -> None:
    said = complaint(version, "", PROJECT)
    assert said.startswith(f"this is Python {version[0]}.{version[1]}; inkling needs Python 3.11 to 3.14. ")
    assert "\n" not in said


def test_training_waits_for_a_tensorflow_release() -> None:
    assert complaint((3, 13), "learn", PROJECT) == ""
    assert "TensorFlow has no release for Python 3.14 yet" in complaint((3, 14), "learn", PROJECT)
