"""training.calibrate_lines: the probability of a text matches its accuracy, and `sure_at` reaches its accuracy."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from inkling.models import registry
from inkling.pipeline.config.line import LineRecognizerConfig
from inkling.pipeline.ctc import calibrate_columns
from inkling.pipeline.symbols import BLANK, CLASSES, MARK
from inkling.training import calibrate_lines
from inkling.training.calibrate_lines import Line, fit_sure_at, fit_temperature, line_scores, read
from inkling.training.recipe import Texts
from inkling.training.synthetic_lines.handwriting import DigitImages
from tests.training.small import small_mnist

POINT, MARKED = CLASSES.index("."), CLASSES.index(MARK)


def line_of(text: list[int], doubts: list[float], rng: np.random.Generator) -> Line:
    """A line with calibrated probabilities: the next digit replaces each symbol with its probability in `doubts`."""
    columns = np.full((2 * len(text) + 1, BLANK + 1), 1e-7)
    columns[::2, BLANK] = 1
    shown = []
    for place, (symbol, doubt) in enumerate(zip(text, doubts, strict=True)):
        columns[2 * place + 1, [symbol, (symbol + 1) % 10]] = 1 - doubt, doubt
        shown.append((symbol + 1) % 10 if rng.random() < doubt else symbol)
    image = np.zeros((32, 4 * len(columns)), np.float32)
    return Line(image, columns / columns.sum(axis=1, keepdims=True), shown)


def no_opinion(images: np.ndarray) -> np.ndarray:
    """A network that must not be called, because only doubtful lines have stretched views."""
    raise AssertionError("views are for doubtful lines")


def shown_as(line: Line, text: list[int]) -> Line:
    return dataclasses.replace(line, text=text)


def honest_lines(n: int, seed: int = 0) -> list[Line]:
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(n):
        length = int(rng.integers(1, 5))
        doubts = (rng.choice([0.0005, 0.3], p=[0.8, 0.2]) * rng.random(length)).tolist()
        lines.append(line_of(rng.integers(0, 10, length).tolist(), doubts, rng))
    return lines


@pytest.fixture
def one_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns off the stretched views of doubtful lines."""
    monkeypatch.setattr(calibrate_lines, "LINE_RECOGNIZER", LineRecognizerConfig(stretches=()))


@pytest.mark.parametrize("true_temperature", [0.7, 1.3])
def test_the_temperature_is_found_again(true_temperature: float) -> None:
    rng = np.random.default_rng(0)
    lines = [line_of([int(rng.integers(10))], [0.5 * rng.random()], rng) for _ in range(900)]
    spoilt = [dataclasses.replace(line, probs=calibrate_columns(line.probs, 1 / true_temperature)) for line in lines]
    assert fit_temperature(spoilt) == pytest.approx(true_temperature, rel=0.2)


@pytest.mark.usefixtures("one_view")
@pytest.mark.slow
def test_scores_tell_coverage_and_how_much_of_it_is_right() -> None:
    lines = honest_lines(500, seed=1)
    low, high = (line_scores(lines, no_opinion, temperature=1.0, sure_at=at) for at in (0.5, 0.99))
    assert low["accuracy"] == high["accuracy"] < 0.95
    assert low["coverage"] > high["coverage"] > 0.4
    assert high["selective_accuracy"] > low["selective_accuracy"]
    assert low["calibration_error_calibrated"] < 0.05


@pytest.mark.slow
def test_of_pictures_that_are_called_read_so_many_are_right() -> None:
    mnist = small_mnist()
    digits, line = DigitImages(mnist.x_train, mnist.y_train), registry.line_recognizer()
    sure_at = fit_sure_at(line, digits, Texts(signs=0.1), n=80, seed=0)
    assert 0 < sure_at <= 1
    assert fit_sure_at(line, digits, Texts(signs=0.1), n=80, seed=0) == sure_at


def test_a_mark_makes_a_line_unsure_and_is_no_mistake() -> None:
    rng = np.random.default_rng(0)
    marked = line_of([3, MARKED], [0.0, 0.0], rng)
    missed = shown_as(line_of([3], [0.0], rng), [3, MARKED])
    point = line_of([POINT], [0.0], rng)
    found = line_scores([marked, missed, point], no_opinion, temperature=1.0, sure_at=0.9)
    assert found["accuracy"] == 1.0
    assert found["coverage"] == pytest.approx(1 / 3, abs=1e-6)


def test_scores_by_length_and_with_signs() -> None:
    rng = np.random.default_rng(0)
    right = [line_of(list(range(n)), [0.0] * n, rng) for n in (1, 2, 3, 9)]
    no_point = shown_as(line_of([4, 2], [0.0, 0.0], rng), [4, POINT, 2])
    wrong = shown_as(line_of([1] * 5, [0.0] * 5, rng), [2] * 12)
    found = line_scores([*right, no_point, wrong], no_opinion, temperature=1.0, sure_at=0.9)
    assert found["n"] == 6
    assert found["accuracy"] == pytest.approx(5 / 6, abs=1e-6)
    assert found["accuracy_written"] == pytest.approx(4 / 6, abs=1e-6)
    assert found["accuracy_by_length"] == {"1": 1.0, "2-3": 1.0, "7-10": 1.0, "11 or more": 0.0}
    assert found["coverage"] == 1.0
    assert found["selective_accuracy"] == pytest.approx(5 / 6, abs=1e-6)
    assert line_scores([wrong], no_opinion, temperature=1.0, sure_at=1.0)["selective_accuracy"] is None


def test_a_doubtful_line_is_seen_stretched_too() -> None:
    rng = np.random.default_rng(0)
    doubtful, other = line_of([3], [0.4], rng), line_of([4], [0.0], rng)
    widths = []

    def sees_another(images: np.ndarray) -> np.ndarray:
        widths.append(images.shape[2])
        return other.probs[None]

    reading = read(doubtful, sees_another, temperature=1.0, sure_at=0.9)
    assert widths == [16, 16]  # the smallest width
    assert reading.text == "4"
    assert reading.confidence == pytest.approx((0.4 + 1 + 1) / 3, abs=0.01)
    read(other, no_opinion, temperature=1.0, sure_at=0.9)
