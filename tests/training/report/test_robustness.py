"""The report's numbers: distortions have the stated strength, and curves and bins match values computed by hand."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import numpy as np
import pytest

from inkling import scores
from inkling.pipeline.classifier import Classifier
from inkling.training.data.mnist import Mnist, as_input
from inkling.training.report import measurements, robustness, subject

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def tiles(digits: Digits) -> np.ndarray:
    return as_input(digits[0][:40])


@pytest.fixture(scope="module")
def measured(digits: Digits) -> measurements.Measurements:
    images, labels = digits
    return measurements.measure(subject.find_subjects(["ann-tutorial"])[0], Mnist(images, labels, images, labels))


@pytest.mark.parametrize("distortion", robustness.DISTORTIONS, ids=lambda distortion: distortion.name)
def test_distortions_keep_shape_range_and_input(distortion: robustness.Distortion, tiles: np.ndarray) -> None:
    assert 0 in distortion.levels
    assert list(distortion.levels) == sorted(distortion.levels)
    before = tiles.copy()
    for level in (*distortion.levels, distortion.levels[-1]):
        worse = distortion.apply(tiles, level, np.random.default_rng(0))
        assert worse.shape == tiles.shape
        assert worse.dtype == np.float32
        assert worse.min() >= 0
        assert worse.max() <= 1
    np.testing.assert_array_equal(tiles, before)
    again = distortion.apply(tiles, distortion.levels[-1], np.random.default_rng(0))
    np.testing.assert_array_equal(again, worse)
    assert np.abs(worse - tiles).mean() > 0.01
    np.testing.assert_allclose(distortion.apply(tiles, 0, np.random.default_rng(0)), tiles, atol=1e-6)


def test_turned_turns_by_the_angle() -> None:
    bar = np.zeros((8, 28, 28), np.float32)
    bar[:, 13:15, 4:24] = 1  # horizontal
    standing = robustness.rotate(bar, 90, np.random.default_rng(0))
    np.testing.assert_allclose(standing, bar.transpose(0, 2, 1), atol=1e-3)


def test_moved_moves_the_centre_of_mass_so_far() -> None:
    dot = np.zeros((50, 28, 28), np.float32)
    dot[:, 13:16, 13:16] = 1
    y, x = np.mgrid[:28, :28]
    there = robustness.shift(dot, 4, np.random.default_rng(0))
    mass = there.sum((1, 2))
    dx, dy = (there * x).sum((1, 2)) / mass - 14, (there * y).sum((1, 2)) / mass - 14
    np.testing.assert_allclose(np.hypot(dx, dy), 4, atol=0.1)
    assert np.ptp(np.arctan2(dy, dx)) > 4  # in all directions


@pytest.mark.parametrize("pixels", [-2.0, -1.0, 1.0, 2.0, 4.0])
def test_thickened_changes_the_width_of_a_bar_so_far(pixels: float) -> None:
    bar = np.zeros((1, 28, 28), np.float32)
    bar[:, 12:16, 4:24] = 1  # 4 pixels wide
    worse = robustness.change_stroke_width(bar, pixels, np.random.default_rng(0))
    assert worse[0, :, 14].sum() == pytest.approx(4 + pixels)


def test_grained_and_faded_by_the_amount() -> None:
    grey = np.full((20, 28, 28), 0.5, np.float32)
    assert robustness.add_noise(grey, 0.1, np.random.default_rng(0)).std() == pytest.approx(0.1, rel=0.05)
    np.testing.assert_allclose(robustness.reduce_contrast(grey, 0.8, np.random.default_rng(0)), 0.1, atol=1e-6)


def test_subset_is_the_same_each_time_and_fits() -> None:
    labels = np.zeros(100)
    chosen = robustness.subset(labels, 30)
    assert len(set(chosen.tolist())) == 30
    np.testing.assert_array_equal(chosen, robustness.subset(labels, 30))
    np.testing.assert_array_equal(robustness.subset(labels, 1000), np.arange(100))
    assert len(robustness.subset(labels[:0], 30)) == 0


def test_curves_begin_at_the_accuracy_and_fall(measured: measurements.Measurements) -> None:
    assert [curve.name for curve in measured.robustness] == [d.name for d in robustness.DISTORTIONS]
    for curve in measured.robustness:
        assert curve.n == 200
        untouched = curve.accuracy[curve.levels.index(0)]
        assert untouched == measured.summary["accuracy"]
        assert min(curve.accuracy) == min(curve.accuracy[0], curve.accuracy[-1]) < untouched
        for rate, (low, high) in zip(curve.accuracy, curve.accuracy_95, strict=True):
            assert low <= rate <= high


def test_confidence_is_checked_on_other_digits_too(measured: measurements.Measurements) -> None:
    shifted = measured.shifted
    assert shifted.summary["n"] == sum(each.n for each in shifted.bins) == 200
    assert shifted.summary["accuracy"] < measured.summary["accuracy"]
    assert shifted.at_sure.coverage < measured.at_sure.coverage
    assert shifted.at_sure.error < 1 - shifted.summary["accuracy"]


def test_reliability_bins_by_hand() -> None:
    probs = np.full((4, 10), 0.0)
    probs[:, 0] = [0.95, 0.91, 0.55, 1.0]
    probs[:, 1] = 1 - probs[:, 0]
    bins = measurements.reliability_bins(probs, np.array([0, 1, 0, 0]))
    assert [b.n for b in bins] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 3]
    assert (bins[9].low, bins[9].high) == (0.9, 1.0)
    assert bins[9].confidence == pytest.approx((0.95 + 0.91 + 1.0) / 3)
    assert bins[9].accuracy == pytest.approx(2 / 3)
    assert math.isnan(bins[0].accuracy)
    assert bins[0].accuracy_95 == (0, 1)


def test_risk_coverage_and_most_confident_errors_by_hand() -> None:
    probs = np.zeros((4, 10))
    probs[np.arange(4), [1, 2, 3, 4]] = [0.9, 0.8, 0.7, 0.6]
    labels = np.array([1, 0, 3, 0])
    at = measurements.risk_coverage_at(probs, labels, 0.8)
    assert (at.n, at.coverage, at.error) == (2, 0.5, 0.5)
    assert math.isnan(measurements.risk_coverage_at(probs, labels, 0.95).error)
    curve = measurements.risk_coverage_curve(probs, labels)
    assert (curve[0].coverage, curve[0].error) == (1.0, 0.5)
    assert [t.sure_at for t in curve] == sorted(t.sure_at for t in curve)
    assert measurements.most_confident_errors(probs, labels).tolist() == [1, 3]
    assert measurements.most_confident_errors(probs, labels, most=1).tolist() == [1]
    assert measurements.risk_coverage_curve(probs[:0], labels[:0]) == []


def test_reliability_agrees_with_the_calibration_error(measured: measurements.Measurements) -> None:
    bins = [b for b in measured.bins if b.n]
    assert sum(b.n for b in bins) == 200
    gap = sum(b.n * abs(b.confidence - b.accuracy) for b in bins) / 200
    expected = scores.expected_calibration_error(measured.probs, measured.labels, bins=measurements.BINS)
    assert gap == pytest.approx(expected, abs=1e-6)


def test_measured_is_json_and_agrees_with_itself(measured: measurements.Measurements) -> None:
    table = json.loads(json.dumps(measured.to_json(), allow_nan=False))
    assert table["model"] == {"name": "ann-tutorial", "version": measured.subject.bundle.version}
    assert np.trace(np.array(table["confusion"])) == round(table["scores"]["accuracy"] * 200)
    assert table["at_sure"]["coverage"] == round(measured.at_sure.coverage, 6)
    assert all(each["label"] != each["read"] for each in table["worst"])
    assert len(table["worst"]) == 200 - np.trace(np.array(table["confusion"]))
    assert 0 < table["latency"]["batch_us"] < table["latency"]["single_us"]


def test_latency_is_of_the_network_alone() -> None:
    model = Classifier(subject.find_subjects(["ann-tutorial"])[0].bundle)
    found = measurements.measure_latency(model, np.zeros((64, 28, 28), np.float32), repeats=20)
    assert found.batch == 64
    assert 0 < found.single_us < 1e5


def test_a_busy_machine_does_not_make_the_network_slow() -> None:
    calls = 0

    def sometimes_interrupted(tiles: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls % 3:  # in two of three calls
            time.sleep(0.005)
        return tiles

    model: Any = sometimes_interrupted
    assert measurements.measure_latency(model, np.zeros((2, 28, 28), np.float32), repeats=9).single_us < 2_500
