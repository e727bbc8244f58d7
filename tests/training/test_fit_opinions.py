"""training.fit_opinions: fits the weights that make the right texts most probable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.pipeline.second_opinion import Weights
from inkling.training.fit_opinions import Choice, choices, fit_weights
from inkling.training.synthetic_lines.handwriting import DigitImages
from inkling.training.synthetic_lines.maker import make_line
from tests.training.small import small_mnist


@pytest.mark.slow
def test_true_weights_are_found_again() -> None:
    rng = np.random.default_rng(0)
    true = np.array([0.8, 0.4, 1.5, 0.2, 0.0, -0.5])
    rows = []
    for _ in range(4000):
        given = rng.normal(0, 1.5, (4, len(true)))
        scores = given @ true + rng.gumbel(size=4)  # Gumbel noise samples from the softmax
        rows.append(Choice(given, int(scores.argmax())))
    assert fit_weights(rows).as_array() == pytest.approx(true, abs=0.1)


def test_what_no_row_tells_stays_where_the_line_network_decides() -> None:
    rows = [Choice(np.array([[-0.1, 0, 2, 0, 0, 0], [-2.5, 0, 2, 0, 0, 0]], float), 0)]
    assert replace(fit_weights(rows), line=1.0) == Weights()


def test_rows_in_doubt_are_kept_with_the_right_text() -> None:
    mnist = small_mnist()
    digits, rng = DigitImages(mnist.x_train, mnist.y_train), np.random.default_rng(3)
    lines = [make_line(digits, rng) for _ in range(30)]
    pictures = [(picture, "".join(filter(str.isdigit, symbols))) for picture, symbols in lines]
    line = registry.line_recognizer()
    rows = choices(Bundle(line.path, line.manifest), pictures)
    assert 0 < len(rows) < len(pictures)
    assert all(given.shape[1] == len(Weights().as_array()) and right < len(given) for given, right in rows)
