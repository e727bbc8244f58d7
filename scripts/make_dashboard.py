"""Write the dashboard deploy/monitoring/grafana/inkling.json from the table below.

.venv/bin/python scripts/make_dashboard.py
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[1] / "deploy" / "monitoring" / "grafana" / "inkling.json"
COLUMNS, HEIGHT = 24, 8
SOURCE = {"type": "prometheus", "uid": "${source}"}
JOB = 'job=~"$job"'
READ = f'{JOB},route="/api/v1/read"'
FAILED = f'{JOB},status=~"5.."'


Queries = tuple[tuple[str, str], ...]  # (PromQL, legend) for each line


@dataclass(frozen=True)
class Panel:
    """One panel; `unit` is Grafana's name for the unit."""

    title: str
    about: str
    queries: Queries
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8  # of 24 columns
    stacked: bool = False
    most: float | None = None  # the top of the axis


def rate(metric: str, labels: str = JOB) -> str:
    return f"rate({metric}{{{labels}}}[$__rate_interval])"


def rate_by(label: str, metric: str) -> Queries:
    """A line for each value of a label."""
    return ((f"sum by ({label}) ({rate(metric)})", f"{{{{{label}}}}}"),)


def quantiles(metric: str, labels: str = JOB, shares: tuple[float, ...] = (0.5, 0.99)) -> Queries:
    """A line for each quantile of a histogram."""
    summed = f"sum by (le) ({rate(metric + '_bucket', labels)})"
    return tuple((f"histogram_quantile({share}, {summed})", f"{share:.0%}") for share in shares)


def per_instance(gauge: str) -> str:
    return f"sum by (instance) ({gauge}{{{JOB}}})"


ALL = f"sum({rate('inkling_requests_total')})"
GOOD = f"1 - (sum({rate('inkling_requests_total', FAILED)}) or vector(0)) / {ALL}"
LOAD = f"{per_instance('inkling_in_hand')} / {per_instance('inkling_in_hand_limit')}"
INK = (0.1, 0.5, 0.9)
ROWS: dict[str, tuple[Panel, ...]] = {
    "At a glance": (
        Panel("Requests", "Answered requests per second.", ((ALL, ""),), "reqps", "stat", 6),
        Panel("Success rate", "Share of responses that are not server errors (5xx).", ((GOOD, ""),),
              "percentunit", "stat", 6),
        Panel("99 % within", "99th percentile of the latency of readings.",
              quantiles("inkling_request_seconds", READ, (0.99,)), "s", "stat", 6),
        Panel("Workers", "Living workers.", ((f"sum(inkling_workers{{{JOB}}})", ""),), "short", "stat", 6),
    ),
    "Requests": (
        Panel("Requests by status", "503: rejected because of overload; 4xx: client errors.",
              rate_by("status", "inkling_requests_total"), "reqps", stacked=True),
        Panel("Latency of readings", "From a request's head to its response, including body and waiting.",
              quantiles("inkling_request_seconds", READ, (0.5, 0.9, 0.99)), "s"),
        Panel("Rejections by reason", "Before processing: overload, rate limit, key, body.",
              rate_by("reason", "inkling_refused_total"), "reqps", stacked=True),
        Panel("Load",
              "Readings in progress relative to the limit. Near 100 %, requests are rejected. Scale by this.",
              ((LOAD, "{{instance}}"),), "percentunit", most=1),
        Panel("Processor", "Cores used by workers.", rate_by("instance", "inkling_worker_cpu_seconds_total")),
        Panel("Memory", "Resident memory of each worker.",
              ((f"inkling_worker_memory_bytes{{{JOB}}}", "{{instance}} {{worker}}"),), "bytes"),
    ),
    "Readings": (
        Panel("Outcomes",
              "read: every digit is sure; unsure: some are not; empty: no ink; not_digit: ink, but no digit.",
              rate_by("outcome", "inkling_readings_total"), "ops", stacked=True),
        Panel("Confidence", "A falling median is the first sign that the pictures have changed.",
              quantiles("inkling_confidence", JOB, INK), "percentunit", most=1),
        Panel("Unreadable pictures", "Pictures that could not be opened, by kind of error.",
              rate_by("kind", "inkling_bad_pictures_total"), "ops", stacked=True),
        Panel("Reading time", "Without waiting in the queue.", quantiles("inkling_reading_seconds"), "s"),
        Panel("Digits by class", "A change in one class may mean another source of pictures, or a fault.",
              rate_by("digit", "inkling_digits_total"), "ops", stacked=True),
        Panel("Digits per picture", "", quantiles("inkling_digits_per_picture", JOB, (0.5, 0.9))),
    ),
    "Ink: signs of drift": (
        Panel("Stroke width", "In a 28x28 tile, pixels.", quantiles("inkling_stroke_width", JOB, INK), width=6),
        Panel("Coverage", "Share of a picture that is ink.", quantiles("inkling_ink_coverage", JOB, INK),
              "percentunit", width=6),
        Panel("Contrast", "Relative to the full range.", quantiles("inkling_ink_contrast", JOB, INK), "percentunit",
              width=6),
        Panel("Height", "Height of the tallest digit relative to its picture.",
              quantiles("inkling_glyph_height", JOB, INK),
              "percentunit", width=6),
    ),
}  # fmt: skip


def dashboard() -> dict[str, Any]:
    """The dashboard in Grafana's format."""
    panels: list[dict[str, Any]] = []
    y = 0
    for title, row in ROWS.items():
        place = {"x": 0, "y": y, "w": COLUMNS, "h": 1}
        panels.append({"id": len(panels) + 1, "type": "row", "title": title, "gridPos": place, "panels": []})
        x, y = 0, y + 1
        height = HEIGHT // 2 if row[0].kind == "stat" else HEIGHT
        for panel in row:
            if x + panel.width > COLUMNS:
                x, y = 0, y + height
            panels.append(panel_json(panel, len(panels) + 1, {"x": x, "y": y, "w": panel.width, "h": height}))
            x += panel.width
        y += height
    return {
        "uid": "inkling",
        "title": "inkling",
        "description": "Written by scripts/make_dashboard.py.",
        "tags": ["inkling"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [source_json(), job_json()]},
        "annotations": {"list": []},
        "panels": panels,
    }


def panel_json(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    custom = {"fillOpacity": 12, "lineWidth": 1, "showPoints": "never"}
    if panel.stacked:
        custom |= {"fillOpacity": 35, "stacking": {"mode": "normal", "group": "A"}}
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0, "custom": custom if panel.kind == "timeseries" else {}}
    if panel.most is not None:
        defaults["max"] = panel.most
    options: dict[str, Any] = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    if panel.kind == "stat":
        options = {"reduceOptions": {"calcs": ["lastNotNull"]}, "graphMode": "area", "colorMode": "value"}
    targets = [
        {"refId": chr(ord("A") + n), "datasource": SOURCE, "expr": query, "legendFormat": legend, "range": True}
        for n, (query, legend) in enumerate(panel.queries)
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": targets,
    }


def source_json() -> dict[str, Any]:
    return {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus", "current": {}}


def job_json() -> dict[str, Any]:
    query = "label_values(inkling_workers, job)"
    return {
        "name": "job",
        "label": "Job",
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": "job"},
        "definition": query,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "refresh": 2,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def as_text() -> str:
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(as_text())
