"""Bundle + test images -> every number of the report. NumPy only; nothing is drawn here."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from inkling.pipeline.classifier import MAX_BATCH, Classifier
from inkling.pipeline.result import calibrate
from inkling.training import scores
from inkling.training.data.mnist import Mnist, as_input
from inkling.training.report import robustness
from inkling.training.report.robustness import RobustnessCurve
from inkling.training.report.subject import Subject

N_SUBSET = 2_000  # images for the robustness curves and the map of the hidden layer
N_WORST = 50
N_THRESHOLDS = 200
BINS = 10
REPEATS = 200  # calls of which the median is the latency

Progress = Callable[[str], None]  # told what comes next


@dataclass(frozen=True)
class ReliabilityBin:
    """Digits whose confidence lies in low..high."""

    low: float
    high: float
    n: int
    confidence: float  # their mean; nan when n is 0
    accuracy: float  # part that is right; nan when n is 0
    accuracy_95: tuple[float, float]


@dataclass(frozen=True)
class RiskCoverage:
    """What is answered, and how often wrongly, when only digits of at least `sure_at` count."""

    sure_at: float
    n: int  # digits answered
    coverage: float  # part of all digits, 0..1
    error: float  # part of those answered that is wrong; nan when there are none
    error_95: tuple[float, float]


@dataclass(frozen=True)
class Latency:
    """Median time of the network alone on one core of this machine, microseconds."""

    single_us: float  # a batch of one tile
    batch_us: float  # a tile in a batch of `batch`
    batch: int


@dataclass(frozen=True)
class Measurements:
    """Everything known about one subject on one data set of N images."""

    subject: Subject
    images: np.ndarray  # (N, 28, 28) uint8
    labels: np.ndarray  # (N,)
    probs: np.ndarray  # (N, 10) calibrated
    summary: dict[str, Any]  # learn.scores.summary
    confusion: np.ndarray  # (10, 10) row = the label, column = what was read
    per_class: list[dict[str, float]]
    bins_before: list[ReliabilityBin]  # as the network says
    bins: list[ReliabilityBin]  # after temperature scaling
    thresholds: list[RiskCoverage]  # rising confidence
    at_sure: RiskCoverage  # at the manifest's sure_at
    worst: np.ndarray  # indices of the mistakes, the most confident first, at most N_WORST
    robustness: list[RobustnessCurve]
    subset: np.ndarray  # indices of the images behind `robustness`
    latency: Latency
    bytes: int  # of model.tflite

    def to_json(self) -> dict[str, Any]:
        """Every number, without pictures, as JSON takes it (nan becomes None)."""
        found = self.subject.bundle
        table: dict[str, Any] = _plain(
            {
                "label": self.subject.label,
                "model": {"name": found.name, "version": found.version},
                "architecture": found.manifest.get("architecture"),
                "parameters": found.manifest.get("parameters"),
                "bytes": self.bytes,
                "temperature": found.temperature,
                "sure_at": found.sure_at,
                "scores": self.summary,
                "at_sure": asdict(self.at_sure),
                "latency": asdict(self.latency),
                "confusion": self.confusion.tolist(),
                "per_class": self.per_class,
                "reliability": {
                    "before": [asdict(b) for b in self.bins_before],
                    "after": [asdict(b) for b in self.bins],
                },
                "coverage": [asdict(t) for t in self.thresholds],
                "worst": [self.mistake(int(i)) for i in self.worst],
                "robustness": [asdict(curve) for curve in self.robustness],
                "history": self.subject.history,
            }
        )
        return table

    def mistake(self, index: int) -> dict[str, Any]:
        """One image: its place in the data set, what it is, what was read, how surely."""
        row = self.probs[index]
        read = int(row.argmax())
        return {
            "index": index,
            "label": int(self.labels[index]),
            "read": read,
            "confidence": float(row[read]),
            "confidence_in_label": float(row[self.labels[index]]),
        }


def measure(subject: Subject, mnist: Mnist, *, tell: Progress = lambda what: None) -> Measurements:
    """Judges a bundle on the test images of `mnist`. Raises BadBundle if the network cannot run."""
    model = Classifier(subject.bundle)
    images, labels = mnist.x_test, mnist.y_test.astype(int)
    tell("reading the test images")
    raw = model(as_input(images))  # (N, 28, 28) -> (N, 10)
    probs = calibrate(raw, subject.bundle.temperature)
    confusion = scores.confusion_matrix(probs.argmax(1), labels)
    tell("timing the network")
    latency = measure_latency(model, as_input(images[:MAX_BATCH]))
    at_sure = risk_coverage_at(probs, labels, subject.bundle.sure_at)
    chosen = robustness.subset(labels, N_SUBSET)
    found = []
    tell("making the tiles worse")
    for curve in robustness.robustness_curves(model, as_input(images[chosen]), labels[chosen]):
        found.append(curve)
        tell(f"making the tiles worse: {curve.name}")
    return Measurements(
        subject,
        images,
        labels,
        probs,
        scores.summary(raw, labels, temperature=subject.bundle.temperature),
        confusion,
        scores.per_class(confusion),
        reliability_bins(raw, labels),
        reliability_bins(probs, labels),
        risk_coverage_curve(probs, labels, down_to=min(0.5, at_sure.coverage)),
        at_sure,
        most_confident_errors(probs, labels),
        found,
        chosen,
        latency,
        subject.bundle.model_path.stat().st_size,
    )


def reliability_bins(probs: np.ndarray, labels: np.ndarray, *, bins: int = BINS) -> list[ReliabilityBin]:
    """Confidence against accuracy in bins of equal width from 0 to 1 (Guo et al. 2017)."""
    confidence, right = probs.max(1), probs.argmax(1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    found = []
    for k in range(bins):
        inside = which == k
        n, hits = int(inside.sum()), int(right[inside].sum())
        mean = float(confidence[inside].mean()) if n else float("nan")
        rate = hits / n if n else float("nan")
        found.append(ReliabilityBin(k / bins, (k + 1) / bins, n, mean, rate, scores.wilson_interval(hits, n)))
    return found


def risk_coverage_at(probs: np.ndarray, labels: np.ndarray, sure_at: float) -> RiskCoverage:
    """What is answered at one threshold. probs: (N, 10) calibrated; labels: (N,)"""
    answered = probs.max(1) >= sure_at
    n = int(answered.sum())
    wrong = int((probs.argmax(1) != labels)[answered].sum())
    error = wrong / n if n else float("nan")
    return RiskCoverage(sure_at, n, n / max(len(labels), 1), error, scores.wilson_interval(wrong, n))


def risk_coverage_curve(
    probs: np.ndarray, labels: np.ndarray, *, down_to: float = 0.5, most: int = N_THRESHOLDS
) -> list[RiskCoverage]:
    """The way from answering everything to answering `down_to` of it, at the confidences of the digits themselves."""
    if len(probs) == 0:
        return []
    confidence = np.unique(np.quantile(probs.max(1), np.linspace(0, 1 - down_to, most), method="lower"))
    return [risk_coverage_at(probs, labels, float(at)) for at in confidence]


def most_confident_errors(probs: np.ndarray, labels: np.ndarray, *, most: int = N_WORST) -> np.ndarray:
    """Indices of the digits read wrongly, the most confident first. -> (at most `most`,)"""
    wrong = np.flatnonzero(probs.argmax(1) != labels)
    order = np.argsort(-probs[wrong].max(1), kind="stable")
    return np.asarray(wrong[order][:most])


def measure_latency(model: Classifier, tiles: np.ndarray, *, repeats: int = REPEATS) -> Latency:
    """Medians of `repeats` calls with one tile and of a tenth as many with all of `tiles`, after a warm-up."""
    single = _median_us(lambda: model(tiles[:1]), repeats)
    batch = _median_us(lambda: model(tiles), max(repeats // 10, 5))
    return Latency(round(single, 2), round(batch / max(len(tiles), 1), 2), len(tiles))


def _median_us(call: Callable[[], Any], repeats: int) -> float:
    times = []
    for turn in range(repeats + 3):
        start = time.perf_counter()
        call()
        if turn >= 3:
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def _plain(value: Any) -> Any:
    """Containers of numbers -> what JSON can hold; floats to 6 places, nan as None."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
