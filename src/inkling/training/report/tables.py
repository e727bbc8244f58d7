"""Measurements as pandas tables: raw for CSV, formatted for the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from inkling.training.report.measurements import Measurements, risk_coverage_at

LEVELS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)  # values of sure_at in the page's table


def _interval(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.2%} to {ends[1]:.2%}"


# Column -> its heading on the page, and a function that formats a value.
COLUMNS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "model": ("model", str),
    "parameters": ("parameters", "{:,}".format),
    "bytes": ("size", lambda n: f"{n / 1000:,.0f} KB"),
    "data": ("digits", str),
    "accuracy": ("accuracy", "{:.2%}".format),
    "accuracy_95": ("95% interval", _interval),
    "calibration_error": ("calibration error", "{:.2%}".format),
    "coverage": ("answered", "{:.2%}".format),
    "error": ("wrong of these", lambda rate: "" if pd.isna(rate) else f"{rate:.2%}"),
    "error_95": ("95% interval", _interval),
    "sure_at": ("sure_at", "{:.4g}".format),
    "single_us": ("one tile", "{:,.1f} \N{MICRO SIGN}s".format),
    "batch_us": ("per tile in a batch", "{:,.1f} \N{MICRO SIGN}s".format),
    "distortion": ("distortion", str),
    "level": ("level", "{:g}".format),
}


def overview(found: Sequence[Measurements]) -> pd.DataFrame:
    """One row per model: size, accuracy, calibration, speed."""
    rows = [
        {
            "model": m.subject.label,
            "version": m.subject.bundle.version,
            "parameters": int(m.subject.bundle.manifest.get("parameters", 0)),
            "bytes": m.bytes,
            "accuracy": m.summary["accuracy"],
            "accuracy_95": tuple(m.summary["accuracy_95"]),
            "cross_entropy": m.summary["cross_entropy_calibrated"],
            "calibration_error": m.summary["calibration_error_calibrated"],
            "single_us": m.latency.single_us,
            "batch_us": m.latency.batch_us,
        }
        for m in found
    ]
    return pd.DataFrame(rows)


def coverage(found: Sequence[Measurements]) -> pd.DataFrame:
    """Coverage and error for the LEVELS of sure_at and for the manifest's value."""
    rows = [
        {"model": m.subject.label, **asdict(risk_coverage_at(m.probs, m.labels, sure_at))}
        for m in found
        for sure_at in sorted({*LEVELS, m.subject.bundle.sure_at})
    ]
    return pd.DataFrame(rows)


def calibration(found: Sequence[Measurements]) -> pd.DataFrame:
    """Two rows per model: calibration on MNIST's test digits, and on digits unlike them."""
    rows = [
        {
            "model": m.subject.label,
            "data": name,
            "n": summary["n"],
            "accuracy": summary["accuracy"],
            "calibration_error": summary["calibration_error_calibrated"],
            "coverage": at_sure.coverage,
            "error": at_sure.error,
            "error_95": at_sure.error_95,
        }
        for m in found
        for name, summary, at_sure in (
            ("test digits", m.summary, m.at_sure),
            (m.shifted.name, m.shifted.summary, m.shifted.at_sure),
        )
    ]
    return pd.DataFrame(rows)


def robustness(found: Sequence[Measurements]) -> pd.DataFrame:
    """One row per model, distortion and level."""
    rows = [
        {
            "model": m.subject.label,
            "distortion": c.name,
            "level": level,
            "n": c.n,
            "accuracy": rate,
            "accuracy_95": ends,
        }
        for m in found
        for c in m.robustness
        for level, rate, ends in zip(c.levels, c.accuracy, c.accuracy_95, strict=True)
    ]
    return pd.DataFrame(rows)


def all_tables(found: Sequence[Measurements]) -> dict[str, pd.DataFrame]:
    """All tables by name, for CSV; intervals become two columns."""

    def joined(frame_of: Callable[[Measurements], pd.DataFrame]) -> pd.DataFrame:
        frames = {m.subject.label: frame_of(m) for m in found}
        frames = {label: frame for label, frame in frames.items() if len(frame)}
        return pd.concat(frames, names=["model"]).reset_index("model") if frames else pd.DataFrame()

    tables = {
        "overview": overview(found),
        "coverage": coverage(found),
        "calibration": calibration(found),
        "robustness": robustness(found),
        "per-class": joined(lambda m: pd.DataFrame(m.per_class)),
        "reliability": joined(lambda m: pd.DataFrame(asdict(b) for b in m.bins)),
        "reliability-shifted": joined(lambda m: pd.DataFrame(asdict(b) for b in m.shifted.bins)),
        "mistakes": joined(lambda m: pd.DataFrame(m.mistake(int(i)) for i in m.worst)),
        "confusion": joined(lambda m: pd.DataFrame(m.confusion).rename_axis("label").reset_index()),
        "history": joined(lambda m: pd.DataFrame(m.subject.history)),
    }
    return {name: _split_intervals(frame) for name, frame in tables.items() if len(frame)}


def as_text(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Headings and formatted rows of the given columns."""
    headings = [COLUMNS[name][0] for name in columns]
    rows = [[COLUMNS[name][1](row[name]) for name in columns] for _, row in frame.iterrows()]
    return headings, rows


def _split_intervals(frame: pd.DataFrame) -> pd.DataFrame:
    for name in [each for each in frame.columns if str(each).endswith("_95")]:
        at = frame.columns.get_loc(name)
        low, high = zip(*frame.pop(name), strict=True)
        frame.insert(at, f"{name}_low", low)
        frame.insert(at + 1, f"{name}_high", high)
    return frame
