"""benchmarks.accuracy.calibration: the scoring and the bins."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy.calibration import EDGES, aligned, read, reliability, summary
from benchmarks.rendering.paper_rendering import SURFACES, written_row
from benchmarks.rendering.pen_styles import PENS
from inkling import Reader

T, F = True, False


@pytest.mark.parametrize(
    ("text", "label", "right"),
    [
        ("", "407", []),
        ("407", "407", [T, T, T]),
        ("4407", "407", None),  # either 4 may be the surplus one
        ("07", "407", [T, T]),
        ("417", "407", [T, F, T]),
        ("123", "", [F, F, F]),
        ("99", "407", [F, F]),
    ],
)
def test_aligned(text: str, label: str, right: list[bool] | None) -> None:
    found = aligned(text, label)
    assert len(found) == len(text)
    assert sum(found) == 3 if right is None else found == right


def test_bins_hold_every_confidence_once() -> None:
    confidence = np.array([0.0, 0.5, 0.949, 0.95, 0.999, 1.0])
    bins = reliability(confidence, np.array([F, T, T, T, T, F]))
    assert [each.n for each in bins] == [1, 1, 0, 0, 1, 1, 0, 2]
    assert (bins[0].low, bins[-1].high) == (EDGES[0], EDGES[-1])
    assert bins[-1].accuracy == 0.5
    assert bins[-1].accuracy_95[0] < 0.5 < bins[-1].accuracy_95[1]


def test_summary_of_what_is_calibrated_and_what_is_not() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 20_000)
    honest = summary([(float(c), bool(r)) for c, r in zip(confidence, rng.random(20_000) < confidence, strict=True)])
    assert honest["calibration_error"] < 0.01
    assert honest["near_95"]["right"] == pytest.approx(0.95, abs=0.02)
    boastful = summary([(0.95, k % 2 == 0) for k in range(100)])
    assert boastful["calibration_error"] == pytest.approx(0.45)
    assert boastful["near_95"] == boastful["from_95"]
    assert boastful["near_95"]["n"] == 100


def test_read_gives_a_pair_for_each_digit(reader: Reader, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = digits
    rng = np.random.default_rng(2)
    rows = [rng.integers(0, len(images), 3) for _ in range(4)]
    images = [
        (SURFACES["scan"](written_row(list(images[row]), rng), rng), "".join(map(str, labels[row]))) for row in rows
    ]
    of_digits, of_texts = read(reader, images)
    assert len(of_digits) >= 10
    assert len(of_texts) == 4
    assert sum(right for _, right in of_digits) >= 9
    assert all(0 <= confidence <= 1 for confidence, _ in of_digits + of_texts)


@pytest.mark.parametrize("name", PENS)
def test_pens_change_the_ink_and_keep_most_of_it(name: str, digits: tuple[np.ndarray, np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    ink = written_row(list(digits[0][:4]), rng)
    other = PENS[name](ink, rng)
    assert other.dtype == np.float32
    assert 0 <= other.min()  # noqa: SIM300
    assert other.max() <= 1
    assert 0.5 < other.sum() / ink.sum() < 2.5
    assert other.shape != ink.shape or np.abs(other - ink).mean() > 0.002
