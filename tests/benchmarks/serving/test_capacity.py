"""benchmarks.serving.simulate, capacity, report: the simulation agrees with theory, and the pages with the numbers."""

from __future__ import annotations

import math
import tomllib
from typing import Any

import pytest

from benchmarks import markdown
from benchmarks.common import PRICES, ROOT, read_json
from benchmarks.serving import capacity, report, simulate
from benchmarks.serving.baseline_servers import ALL
from inkling.server.settings import Settings

MEAN_S = 0.01
EXPONENTIAL = [-math.log(1 - (k + 0.5) / 1000) * MEAN_S for k in range(1000)]
CONSTANT = [MEAN_S]


def load(name: str) -> Any:
    return read_json(ROOT / "benchmarks" / "serving" / f"{name}.json")


@pytest.mark.parametrize("times_s", [EXPONENTIAL, CONSTANT], ids=["exponential", "constant"])
@pytest.mark.parametrize("busy", [0.5, 0.75])
def test_one_core_agrees_with_theory(times_s: list[float], busy: float) -> None:
    """M/G/1 with processor sharing: the mean time is service time / (1 - utilization) for any distribution."""
    mean = sum(times_s) / len(times_s)
    found, _ = simulate.run(
        times_s, cores=1, per_s=lambda _: busy / mean, seconds=40_000 * mean / busy, seed=3, most_in_hand=10**9
    )
    took = sum(each.took_s for each in found) / len(found)
    assert took == pytest.approx(mean / (1 - busy), rel=0.08)


def test_the_same_seed_gives_the_same() -> None:
    first, again, other = (simulate.steady(EXPONENTIAL, cores=4, busy=0.7, requests=2000, seed=s) for s in (1, 1, 2))
    assert first == again != other


def test_the_less_busy_of_two_is_better_than_chance() -> None:
    least, chance = (
        simulate.steady(CONSTANT, cores=16, busy=0.8, requests=10_000, seed=1, least=each) for each in (True, False)
    )
    assert least["p99_s"] < 0.5 * chance["p99_s"]


def test_more_than_can_be_done_is_refused() -> None:
    found = simulate.steady(CONSTANT, cores=2, busy=2.0, requests=5000, seed=1)
    assert found["refused"] == pytest.approx(0.5, abs=0.06)
    assert found["p99_s"] < MEAN_S * (simulate.MOST_IN_HAND + 1)


@pytest.mark.parametrize(("cores", "busy", "wanted"), [(10, 0.65, 10), (10, 0.9, 15), (10, 1.5, 20), (10, 0.1, 10)])
def test_the_autoscaler_counts_as_the_hpa_does(cores: int, busy: float, wanted: int) -> None:
    assert simulate.Scaler(0.6, 30).wanted(cores, busy) == wanted


@pytest.mark.slow
def test_a_step_is_met_by_more_cores_and_headroom() -> None:
    tight, wide = (
        simulate.step(CONSTANT, cores=4, target=target, times=2, at_s=20, seconds=100, lag_s=10, seed=1)
        for target in (0.7, 0.4)
    )
    assert tight["cores_after"] >= 7
    assert tight["refused"] > 0 == wide["refused"]
    assert 5 < tight["refusing_s"] < 60


def test_the_simulated_queue_is_as_long_as_a_workers() -> None:
    assert Settings(workers=1000).max_concurrent_readings + Settings().max_waiting == simulate.MOST_IN_HAND


def test_services_keep_their_shape() -> None:
    assert simulate.services([1, 2, 3], 0.2) == pytest.approx([0.1, 0.2, 0.3])


def test_cost_adds_up() -> None:
    price = {
        "vcpu_second": 0.00001, "gib_second": 0.000001, "gib_per_vcpu": 2.0, "million_requests": 0.4,
        "balancer_gb": 0.01, "egress_gb": 0.1,
    }  # fmt: skip
    found = capacity.cost(price, per_core_s=500, in_bytes=8000, out_bytes=1000, busy=0.5)
    assert found["computing"] == pytest.approx(4000 * 0.000012)
    assert found["balancer"] == pytest.approx(9 * 0.01)  # nine gigabytes
    assert found["egress"] == pytest.approx(0.1)
    assert found["all"] == pytest.approx(0.048 + 0.4 + 0.09 + 0.1)


def test_every_price_is_there_with_its_source() -> None:
    prices = tomllib.loads(PRICES.read_text("utf-8"))
    assert len(prices["cloud"]) == 3
    for cloud in prices["cloud"]:
        assert cloud["source"]
        assert capacity.cost(cloud, per_core_s=500, in_bytes=1, out_bytes=1)["all"] > 0


@pytest.mark.parametrize("name", ["measured", "cost", "scale", "validation", "step"])
def test_the_capacity_page_shows_what_the_numbers_say(name: str) -> None:
    text = capacity.PAGE.read_text("utf-8")
    blocks = capacity.blocks(load("utilisation"), tomllib.loads(PRICES.read_text("utf-8")), load("capacity"))
    assert markdown.with_block(text, name, blocks[name]) == text, "run: python -m benchmarks.serving.capacity"


@pytest.mark.parametrize("name", ["servers", "attacks", "soak", "steps", "largest"])
def test_the_serving_page_shows_what_the_numbers_say(name: str) -> None:
    text = report.PAGE.read_text("utf-8")
    assert markdown.with_block(text, name, report.blocks()[name]) == text, "run: python -m benchmarks.serving.report"


def test_a_difference_within_the_noise_is_not_a_negative_time() -> None:
    table = report.steps({"steps_us": {"decode": 90.0}, "read_us": {"ann": 80.0}, "request_us": {"ann": 70.0}})
    assert "| `decode` | 90 |" in table
    assert table.count("| within noise |") == 2


def test_the_readme_shows_the_numbers_of_a_full_run() -> None:
    text = report.README.read_text("utf-8")
    numbers = load("servers")
    block = report.sentence(numbers)
    assert markdown.with_block(text, "servers", block) == text, "run: python -m benchmarks.serving.report"


def test_only_servers_as_they_run_now_have_a_row() -> None:
    numbers = load("servers")
    row = {**numbers["servers"]["tutorial"], "per_s": 30.0}
    now = {each.name: {**row, "versions": dict.fromkeys(each.packages, "1")} for each in ALL}
    before = {**now, "inkling ann": {**row, "versions": {"another server": "1"}}, "gone": row}
    full = {**numbers, "quick": False, "servers": now}
    assert "drawings per second" in report.sentence(full)
    assert "Not measured" not in report.servers(full)
    assert report.sentence({**full, "quick": True}) == ""
    assert report.sentence({**full, "servers": before}) == ""
    table = report.servers({**full, "servers": before})
    assert "gone" not in table
    assert table.endswith("Not measured yet with current packages: inkling ann.")


@pytest.mark.learn
def test_figures_draw_the_numbers() -> None:
    from inkling.training.report import themed_svg

    for draw, name in ((report.draw, "servers"), (capacity.draw, "capacity")):
        text = themed_svg.to_svg(lambda ax, draw=draw, name=name: draw(ax, load(name)))  # type: ignore[misc]
        assert "prefers-color-scheme:dark" in text
        assert (ROOT / "docs" / "benchmark" / f"{name}.svg").stat().st_size > 3000
