"""benchmarks.batch.scaling_report: the formulas, and the page from the JSON file."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from benchmarks import markdown
from benchmarks.batch import scaling, scaling_report
from benchmarks.common import PRICES, read_json

FOUND: dict[str, Any] = {
    "engines": {"one here": {"steady_per_s": 100.0}},
    "chunks": {"chunks_per_s": 10.0, "here": {"20": 160.0, "500": 200.0}, "ray": {"20": 80.0, "500": 180.0}},
    "requests": {"files": {"reads": 2.0, "writes": 0.01}, "shard": {"reads": 0.1, "writes": 0.01}},
}


def test_rates_grow_with_cores_up_to_the_driver() -> None:
    assert scaling_report.rate(FOUND, 1) == pytest.approx(90)
    assert scaling_report.rate(FOUND, 50) == pytest.approx(4500)
    assert scaling_report.rate(FOUND, 500) == pytest.approx(5000)  # ten chunks of 500


def test_a_million_costs_computing_and_requests() -> None:
    store = {"million_reads": 0.4, "million_writes": 5.0}
    cloud = {"vcpu_second": 1e-5, "gib_second": 1e-6, "gib_per_vcpu": 2.0}
    found = scaling_report.cost(FOUND, store, cloud, 10**6, shards=False)
    assert found["computing"] == pytest.approx(10**6 * 0.010 / 0.9 * 1.2e-5)
    assert found["requests"] == pytest.approx(0.8 + 0.05)
    assert scaling_report.cost(FOUND, store, cloud, 10**6, shards=True)["requests"] == pytest.approx(0.04 + 0.05)


def test_the_steady_rate_leaves_start_and_end_out() -> None:
    points = [(5.0 + n, 100 * (n + 1)) for n in range(10)]
    points = [(1.0, 100), *points[1:]]  # the first is early
    assert scaling.steady(points) == pytest.approx(100)


def test_the_page_is_what_the_command_writes() -> None:
    page = scaling.PAGE.read_text("utf-8")
    for name, block in scaling_report.blocks(read_json(scaling.OUT), tomllib.loads(PRICES.read_text("utf-8"))).items():
        assert markdown.with_block(page, name, block) == page, "run: python -m benchmarks.batch.scaling --no-measure"
