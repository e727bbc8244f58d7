"""Fixtures for the tests of synthetic lines."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.training.synthetic_lines.handwriting import DigitImages


@pytest.fixture(scope="session")
def digit_images(digits: tuple[np.ndarray, np.ndarray]) -> DigitImages:
    """20 images of each digit."""
    return DigitImages(*digits)
