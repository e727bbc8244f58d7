"""Numbers of several models -> places in the small plots of `/models`, which the template draws as SVG."""

from __future__ import annotations

import math
from typing import Any

STRIP_W, PLOT_WH = 240, (240, 130)  # units of the drawings
WORDS = {
    "rotation": ("Turned", "degrees"),
    "shift": ("Moved", "pixels"),
    "noise": ("Grain", "standard deviation, ink = 1"),
    "stroke": ("Thicker or thinner strokes", "pixels wider"),
    "contrast": ("Fainter ink", "part of the ink lost"),
}


def strip(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One scale for the accuracy of all: its lowest rate, its ticks, and for each model low, rate, high as places."""
    lows = [row["score"]["accuracy_95"][0] for row in rows if row["score"]]
    if not lows:
        return {"width": STRIP_W, "low": 0.0, "ticks": [], "at": {}}
    step = 0.005 if min(lows) > 0.96 else 0.05
    low: float = max(math.floor(min(lows) / step) * step, 0.0)

    def place(rate: float) -> float:
        return float(round((rate - low) / (1 - low) * STRIP_W, 1))

    n = round((1 - low) / step)
    every = max(-(-n // 6), 1)
    ticks = [{"x": place(1 - k * step), "rate": 1 - k * step} for k in range(0, n + 1, every)]
    at = {
        row["name"]: {
            "low": place(row["score"]["accuracy_95"][0]),
            "rate": place(row["score"]["accuracy"]),
            "high": place(row["score"]["accuracy_95"][1]),
        }
        for row in rows
        if row["score"]
    }
    return {"width": STRIP_W, "low": low, "ticks": ticks, "at": at}


def panels(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A plot for each kind of damage: a line for each model that has a report, in the order of `rows`."""
    told = [(row["name"], row["report"]["robustness"]) for row in rows if row["report"]]
    if not told:
        return []
    found = []
    for first in told[0][1]:
        lines = []
        for series, (name, curves) in enumerate(told):
            curve = next((each for each in curves if each["name"] == first["name"]), None)
            if curve is None or not curve["levels"]:
                continue
            points = [
                {"x": _across(level, curve["levels"]), "y": _up(rate), "level": level, "rate": rate}
                for level, rate in zip(curve["levels"], curve["accuracy"], strict=True)
            ]
            line = " ".join(f"{point['x']},{point['y']}" for point in points)
            lines.append({"name": name, "series": series % 6, "points": points, "line": line})
        title, unit = WORDS.get(first["name"], (first["name"], first["unit"]))
        ticks = [{"x": _across(level, first["levels"]), "level": level} for level in first["levels"]]
        found.append({"name": first["name"], "title": title, "unit": unit, "lines": lines, "ticks": ticks})
    return found


def _across(level: float, levels: list[float]) -> float:
    low, high = min(levels), max(levels)
    return round((level - low) / ((high - low) or 1) * PLOT_WH[0], 1)


def _up(rate: float) -> float:
    return round((1 - rate) * PLOT_WH[1], 1)
