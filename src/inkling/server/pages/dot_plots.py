"""Coordinates of the small plots on `/models`, which the template draws as SVG."""

from __future__ import annotations

import math
from typing import Any

AXIS_W, PLOT_WH = 240, (240, 130)  # SVG units
DAMAGE_TITLES = {
    "rotation": ("Rotation", "degrees"),
    "shift": ("Shift", "pixels"),
    "noise": ("Noise", "standard deviation, ink = 1"),
    "stroke": ("Stroke width", "pixels wider"),
    "contrast": ("Contrast", "share of the ink lost"),
}


def accuracy_axis(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A common accuracy axis for all models: its lowest rate, its ticks, and each model's low, rate and high."""
    scores = {row["name"]: row["score"] for row in rows if row["score"]}
    if not scores:
        return {"width": AXIS_W, "low": 0.0, "ticks": [], "at": {}}
    lowest = min(score["accuracy_95"][0] for score in scores.values())
    step = 0.005 if lowest > 0.96 else 0.05
    low: float = max(math.floor(lowest / step) * step, 0.0)

    def x(rate: float) -> float:
        return float(round((rate - low) / (1 - low) * AXIS_W, 1))

    n = round((1 - low) / step)
    every = max(-(-n // 6), 1)
    ticks = [{"x": x(1 - k * step), "rate": 1 - k * step} for k in range(0, n + 1, every)]
    at = {
        name: {"low": x(score["accuracy_95"][0]), "rate": x(score["accuracy"]), "high": x(score["accuracy_95"][1])}
        for name, score in scores.items()
    }
    return {"width": AXIS_W, "low": low, "ticks": ticks, "at": at}


def robustness_panels(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One plot per kind of damage, with a line for each model that has a report, in the order of `rows`."""
    reports = [(row["name"], row["report"]["robustness"]) for row in rows if row["report"]]
    if not reports:
        return []
    panels = []
    for first in reports[0][1]:
        lines = []
        for series, (name, curves) in enumerate(reports):
            curve = next((each for each in curves if each["name"] == first["name"]), None)
            if curve is None or not curve["levels"]:
                continue
            points = [
                {"x": _x(level, curve["levels"]), "y": _y(rate), "level": level, "rate": rate}
                for level, rate in zip(curve["levels"], curve["accuracy"], strict=True)
            ]
            line = " ".join(f"{point['x']},{point['y']}" for point in points)
            lines.append({"name": name, "series": series % 6, "points": points, "line": line})
        title, unit = DAMAGE_TITLES.get(first["name"], (first["name"], first["unit"]))
        ticks = [{"x": _x(level, first["levels"]), "level": level} for level in first["levels"]]
        panels.append({"name": first["name"], "title": title, "unit": unit, "lines": lines, "ticks": ticks})
    return panels


def _x(level: float, levels: list[float]) -> float:
    low, high = min(levels), max(levels)
    return round((level - low) / ((high - low) or 1) * PLOT_WH[0], 1)


def _y(rate: float) -> float:
    return round((1 - rate) * PLOT_WH[1], 1)
