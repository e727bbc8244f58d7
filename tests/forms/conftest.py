"""A filled-in exam sheet, and the example forms, ready to read."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.rendering.form_sheets import written_page
from inkling import Reader
from inkling.forms.examples import example
from inkling.forms.form import Form

MARKS = ("10", "7", "3", "2", "7", "0", "3", "10", "5")
VALUES = {"student_number": "27148943", **{f"mark_{i + 1}": mark for i, mark in enumerate(MARKS)}, "total": "47"}

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="session")
def exam(best_reader: Reader) -> Form:
    return Form(example("exam"), best_reader)


def page(digits: Digits, values: dict[str, str], *, form: str = "exam", seed: int = 5) -> np.ndarray:
    """(1600, 1131, 3) uint8: an undistorted sheet with the given values."""
    rng = np.random.default_rng(seed)
    return np.clip(written_page(example(form), values, digits, rng, height=1600), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def sheet(digits: Digits) -> np.ndarray:
    """(1600, 1131, 3) uint8: VALUES on an exam sheet."""
    return page(digits, VALUES)
