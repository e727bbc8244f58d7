"""The app exposes every metric and label used by the dashboard, the alerts and the autoscaler."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from inkling.server.app import create_app
from inkling.server.metrics.definitions import METRICS
from inkling.server.settings import Settings
from tests.pictures import drawn_seven, encoded

DEPLOY = Path(__file__).parents[2] / "deploy"
OF_PROMETHEUS = {"job", "instance", "le"}  # labels from scraping and histograms
KEY = {"X-API-Key": "key"}


def alert_queries() -> list[str]:
    groups = yaml.safe_load((DEPLOY / "monitoring" / "alerts.yml").read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def dashboard_queries() -> list[str]:
    board = json.loads((DEPLOY / "monitoring" / "grafana" / "inkling.json").read_text())
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]


def metrics_of(query: str) -> set[str]:
    """The metrics in a query; histograms by their base name."""
    names = re.findall(r"\binkling_\w+", query)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


@pytest.fixture(scope="module")
def exposed() -> set[str]:
    """The metrics after a reading, an invalid picture, and a request without the key."""
    client = create_app(Settings(api_key="key")).test_client()
    for content, headers, status in (
        (encoded(drawn_seven()), KEY, 200),
        (b"no picture", KEY, 415),
        (b"", {}, 401),
    ):
        assert client.post("/api/v1/read", data=content, headers=headers).status_code == status
    return set(re.findall(r"^# TYPE (\S+)", client.get("/metrics", headers=KEY).text, re.M))


def test_what_is_watched_is_exposed(exposed: set[str]) -> None:
    for queries in (alert_queries(), dashboard_queries()):
        named = set().union(*map(metrics_of, queries))
        assert len(named) >= 8
        assert named <= exposed
    scaled_by = re.findall(
        r"seriesQuery: (\w+)", (DEPLOY / "kubernetes/variants/requests/kustomization.yaml").read_text()
    )
    assert scaled_by
    assert set(scaled_by) <= exposed


@pytest.mark.parametrize("query", sorted({*alert_queries(), *dashboard_queries()}))
def test_labels_are_those_of_the_metric(query: str) -> None:
    metrics = [METRICS[name] for name in metrics_of(query)]
    named = set(re.findall(r'(\w+)\s*(?:=~|!=|!~|=)"', query))
    for listed in re.findall(r"\bby \(([^)]*)\)", query):
        named |= {label.strip() for label in listed.split(",")}
    assert named <= OF_PROMETHEUS.union(*(metric.labels for metric in metrics))


def test_every_signal_of_drift_is_on_the_dashboard() -> None:
    named = set().union(*map(metrics_of, dashboard_queries()))
    signals = {"inkling_confidence", "inkling_readings_total", *(name for name in METRICS if "ink_" in name)}
    assert signals | {"inkling_stroke_width", "inkling_glyph_height"} <= named
