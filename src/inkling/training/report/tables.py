"""Numbers -> pandas tables: raw for CSV, worded for the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from inkling.training.report.measurements import Measurements, risk_coverage_at

LEVELS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)  # values of sure_at that the page's table shows

# How a column is worded on the page: heading, value -> text.
Wording = tuple[str, Callable[[Any], str]]
WORDS: dict[str, Wording] = {
    "model": ("model", str),
    "version": ("version", str),
    "parameters": ("parameters", "{:,}".format),
    "bytes": ("size", lambda n: f"{n / 1000:,.0f} KB"),
    "accuracy": ("right", "{:.2%}".format),
    "accuracy_95": ("95% interval", lambda ends: f"{ends[0]:.2%} to {ends[1]:.2%}"),
    "cross_entropy": ("cross-entropy", "{:.4f}".format),
    "calibration_error": ("calibration error", "{:.2%}".format),
    "coverage": ("answered", "{:.2%}".format),
    "error": ("wrong among them", lambda rate: "" if pd.isna(rate) else f"{rate:.2%}"),
    "error_95": ("95% interval", lambda ends: f"{ends[0]:.2%} to {ends[1]:.2%}"),
    "sure_at": ("sure_at", lambda at: f"{at:.4g}"),
    "n": ("digits", "{:,}".format),
    "single_us": ("one tile", lambda us: f"{us:,.1f} \N{MICRO SIGN}s"),
    "batch_us": ("a tile of many", lambda us: f"{us:,.1f} \N{MICRO SIGN}s"),
    "distortion": ("distortion", str),
    "level": ("level", lambda level: f"{level:g}"),
}


def overview(found: Sequence[Measurements]) -> pd.DataFrame:
    """A row a model: size, accuracy, calibration, what its own sure_at gives, speed."""
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
    """What is answered and how often wrongly, for a few values of sure_at and for the manifest's own."""
    rows = []
    for m in found:
        chosen = sorted({*LEVELS, m.subject.bundle.sure_at})
        for at in chosen:
            rows.append({"model": m.subject.label, **asdict(risk_coverage_at(m.probs, m.labels, at))})
    return pd.DataFrame(rows)


def robustness(found: Sequence[Measurements]) -> pd.DataFrame:
    """A row a model, distortion and level."""
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
    """All tables by name, for CSV; pairs of numbers become two columns."""
    label = [m.subject.label for m in found]
    tables = {
        "overview": overview(found),
        "coverage": coverage(found),
        "robustness": robustness(found),
        "per-class": _joined([pd.DataFrame(m.per_class) for m in found], label),
        "reliability": _joined([pd.DataFrame([asdict(b) for b in m.bins]) for m in found], label),
        "mistakes": _joined([pd.DataFrame([m.mistake(int(i)) for i in m.worst]) for m in found], label),
        "confusion": _joined([pd.DataFrame(m.confusion).rename_axis("label").reset_index() for m in found], label),
        "history": _joined([pd.DataFrame(m.subject.history) for m in found], label),
    }
    return {name: _flat(frame) for name, frame in tables.items() if len(frame)}


def as_text(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows as text, of the columns named."""
    headings = [WORDS[name][0] for name in columns]
    rows = [[WORDS[name][1](row[name]) for name in columns] for _, row in frame.iterrows()]
    return headings, rows


def _joined(frames: Sequence[pd.DataFrame], labels: Sequence[str]) -> pd.DataFrame:
    parts = [frame.assign(model=label) for frame, label in zip(frames, labels, strict=True) if len(frame)]
    if not parts:
        return pd.DataFrame()
    joined = pd.concat(parts, ignore_index=True)
    return joined[["model", *[name for name in joined.columns if name != "model"]]]


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    for name in [each for each in frame.columns if str(each).endswith("_95")]:
        ends = pd.DataFrame(frame[name].tolist(), index=frame.index, columns=[f"{name}_low", f"{name}_high"])
        at = frame.columns.get_loc(name)
        frame = pd.concat([frame.iloc[:, :at], ends, frame.iloc[:, at + 1 :]], axis=1)
    return frame
