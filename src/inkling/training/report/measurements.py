"""Computes every number of the report from a bundle and test images. NumPy only; draws nothing."""

from __future__ import annotations

import math
import timeit
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from inkling import scores
from inkling.models.bundle import Bundle
from inkling.pipeline.classifier import MAX_BATCH, Classifier
from inkling.pipeline.result import calibrate
from inkling.training import evaluation_count
from inkling.training.data.mnist import Mnist, as_input
from inkling.training.report import robustness
from inkling.training.report.robustness import RobustnessCurve
from inkling.training.report.shifted_digits import ShiftedDigits, augmented_test_digits
from inkling.training.report.subject import Subject

N_SUBSET = 2_000  # images for the robustness curves and the map of the hidden layer
N_WORST = 50
N_THRESHOLDS = 200
BINS = 10
REPEATS = 200  # timed calls; the time of the shortest is the latency
WARM_UP = 3  # untimed calls

Tell = Callable[[str], None]  # called with a description of the next step


@dataclass(frozen=True)
class ReliabilityBin:
    """Digits with a confidence in low..high."""

    low: float
    high: float
    n: int
    confidence: float  # mean; nan when n is 0
    accuracy: float  # 0..1; nan when n is 0
    accuracy_95: tuple[float, float]


@dataclass(frozen=True)
class RiskCoverage:
    """Coverage and error if only digits with a confidence of at least `sure_at` are answered."""

    sure_at: float
    n: int  # digits answered
    coverage: float  # share of the digits answered, 0..1
    error: float  # share of these that are wrong; nan when n is 0
    error_95: tuple[float, float]


@dataclass(frozen=True)
class Latency:
    """Shortest time of the network alone on one core of this machine, in microseconds; other load only increases it."""

    single_us: float  # for a batch of one tile
    batch_us: float  # per tile in a batch of `batch`
    batch: int


@dataclass(frozen=True)
class ShiftedScores:
    """A model's accuracy and calibrated confidence on digits unlike MNIST's."""

    name: str  # of the data set
    summary: dict[str, Any]  # scores.summary
    bins: list[ReliabilityBin]
    at_sure: RiskCoverage  # at the manifest's sure_at


@dataclass(frozen=True)
class Measurements:
    """All measurements of one model on one data set of N images."""

    subject: Subject
    images: np.ndarray  # (N, 28, 28) uint8
    labels: np.ndarray  # (N,)
    probs: np.ndarray  # (N, 10) calibrated
    summary: dict[str, Any]  # scores.summary
    confusion: np.ndarray  # (10, 10) row = label, column = prediction
    per_class: list[dict[str, float]]
    bins_before: list[ReliabilityBin]  # uncalibrated
    bins: list[ReliabilityBin]  # after temperature scaling
    risk_coverage: list[RiskCoverage]  # by increasing threshold
    at_sure: RiskCoverage  # at the manifest's sure_at
    shifted: ShiftedScores
    worst: np.ndarray  # indices of the mistakes, the most confident first, at most N_WORST
    robustness: list[RobustnessCurve]
    subset: np.ndarray  # indices of the images behind `robustness`
    latency: Latency
    bytes: int  # of model.tflite

    def to_json(self) -> dict[str, Any]:
        """Every number, without images, in JSON types (nan becomes None)."""
        bundle = self.subject.bundle
        table: dict[str, Any] = _to_json(
            {
                "label": self.subject.label,
                "model": {"name": bundle.name, "version": bundle.version},
                "architecture": bundle.manifest.get("architecture"),
                "parameters": bundle.manifest.get("parameters"),
                "bytes": self.bytes,
                "temperature": bundle.temperature,
                "sure_at": bundle.sure_at,
                "scores": self.summary,
                "test_looks": bundle.test_looks,
                "at_sure": asdict(self.at_sure),
                "latency": asdict(self.latency),
                "confusion": self.confusion.tolist(),
                "per_class": self.per_class,
                "reliability": {
                    "before": [asdict(b) for b in self.bins_before],
                    "after": [asdict(b) for b in self.bins],
                },
                "shifted": asdict(self.shifted),
                "coverage": [asdict(point) for point in self.risk_coverage],
                "worst": [self.mistake(int(i)) for i in self.worst],
                "robustness": [asdict(curve) for curve in self.robustness],
                "history": self.subject.history,
            }
        )
        return table

    def mistake(self, index: int) -> dict[str, Any]:
        """One image: its index in the data set, label and prediction, and the confidence in these two."""
        row, label = self.probs[index], int(self.labels[index])
        read = int(row.argmax())
        return {
            "index": index,
            "label": label,
            "read": read,
            "confidence": float(row[read]),
            "confidence_in_label": float(row[label]),
        }


def measure(
    subject: Subject, mnist: Mnist, *, shifted: ShiftedDigits | None = None, tell: Tell = lambda step: None
) -> Measurements:
    """Measure a bundle on the test images of `mnist`, and its accuracy and confidence also on `shifted`.

    By default, `shifted` is the augmented test images. The look at the test images is counted. Raises BadBundle if the
    network cannot run.
    """
    bundle = subject.bundle
    model = Classifier(bundle)
    evaluation_count.count_look(bundle)
    images, labels = mnist.x_test, mnist.y_test.astype(int)
    tell("reading the test images")
    found = model.classify(as_input(images))  # (N, 28, 28) -> (N, 10)
    raw, refused = found.probs, found.not_digit >= bundle.reject_at if bundle.can_refuse else None
    probs = calibrate(raw, bundle.temperature)
    confusion = scores.confusion_matrix(probs.argmax(1), labels)
    tell("timing the network")
    latency = measure_latency(model, as_input(images[:MAX_BATCH]))
    at_sure = risk_coverage_at(probs, labels, bundle.sure_at)
    tell("reading digits unlike MNIST's")
    shifted_scores = measure_shifted(model, bundle, shifted or augmented_test_digits(mnist))
    subset = robustness.subset(labels, N_SUBSET)
    curves = []
    tell("distorting the tiles")
    for curve in robustness.robustness_curves(model, as_input(images[subset]), labels[subset]):
        curves.append(curve)
        tell(f"distorting the tiles: {curve.name}")
    return Measurements(
        subject=subject,
        images=images,
        labels=labels,
        probs=probs,
        summary=scores.summary(raw, labels, temperature=bundle.temperature, refused=refused),
        confusion=confusion,
        per_class=scores.per_class(confusion),
        bins_before=reliability_bins(raw, labels),
        bins=reliability_bins(probs, labels),
        risk_coverage=risk_coverage_curve(probs, labels, down_to=min(0.5, at_sure.coverage)),
        at_sure=at_sure,
        shifted=shifted_scores,
        worst=most_confident_errors(probs, labels),
        robustness=curves,
        subset=subset,
        latency=latency,
        bytes=bundle.model_path.stat().st_size,
    )


def measure_shifted(model: Classifier, bundle: Bundle, digits: ShiftedDigits) -> ShiftedScores:
    """Accuracy, reliability and share of sure digits, on digits unlike MNIST's."""
    raw = model(digits.tiles)  # (N, 28, 28) -> (N, 10)
    probs = calibrate(raw, bundle.temperature)
    return ShiftedScores(
        digits.name,
        scores.summary(raw, digits.labels, temperature=bundle.temperature),
        reliability_bins(probs, digits.labels),
        risk_coverage_at(probs, digits.labels, bundle.sure_at),
    )


def reliability_bins(probs: np.ndarray, labels: np.ndarray) -> list[ReliabilityBin]:
    """Confidence and accuracy in bins of equal width from 0 to 1 (Guo et al. 2017)."""
    confidence, right = probs.max(1), probs.argmax(1) == labels
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    found = []
    for k in range(BINS):
        inside = which == k
        n, hits = int(inside.sum()), int(right[inside].sum())
        mean = float(confidence[inside].mean()) if n else math.nan
        interval = scores.wilson_interval(hits, n)
        found.append(ReliabilityBin(k / BINS, (k + 1) / BINS, n, mean, hits / n if n else math.nan, interval))
    return found


def risk_coverage_at(probs: np.ndarray, labels: np.ndarray, sure_at: float) -> RiskCoverage:
    """Coverage and error at one threshold. probs: (N, 10) calibrated; labels: (N,)"""
    answered = probs.max(1) >= sure_at
    n = int(answered.sum())
    wrong = int((probs.argmax(1) != labels)[answered].sum())
    coverage, error = n / max(len(labels), 1), wrong / n if n else math.nan
    return RiskCoverage(sure_at, n, coverage, error, scores.wilson_interval(wrong, n))


def risk_coverage_curve(probs: np.ndarray, labels: np.ndarray, *, down_to: float = 0.5) -> list[RiskCoverage]:
    """Points from a coverage of 1 down to `down_to`; the thresholds are confidences of digits."""
    if len(probs) == 0:
        return []
    confidence = np.unique(np.quantile(probs.max(1), np.linspace(0, 1 - down_to, N_THRESHOLDS), method="lower"))
    return [risk_coverage_at(probs, labels, float(sure_at)) for sure_at in confidence]


def most_confident_errors(probs: np.ndarray, labels: np.ndarray, *, most: int = N_WORST) -> np.ndarray:
    """Indices of the misread digits, most confident first. -> (at most `most`,)"""
    wrong = np.flatnonzero(probs.argmax(1) != labels)
    order = np.argsort(-probs[wrong].max(1), kind="stable")
    return np.asarray(wrong[order][:most])


def measure_latency(model: Classifier, tiles: np.ndarray, *, repeats: int = REPEATS) -> Latency:
    """The shortest of `repeats` calls with one tile, and of a tenth as many (at least 5) with all tiles."""

    def shortest_us(batch: np.ndarray, calls: int) -> float:
        times_s = timeit.repeat(lambda: model(batch), number=1, repeat=calls + WARM_UP)
        return min(times_s[WARM_UP:]) * 1e6

    batch_us = shortest_us(tiles, max(repeats // 10, 5)) / max(len(tiles), 1)
    return Latency(round(shortest_us(tiles[:1], repeats), 2), round(batch_us, 2), len(tiles))


def _to_json(value: Any) -> Any:
    """Converts containers of numbers for JSON: rounds floats to 6 decimals, turns nan into None."""
    if isinstance(value, dict):
        return {key: _to_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(each) for each in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
