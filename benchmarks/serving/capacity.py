"""Write docs/capacity.md and its figure from measurements, list prices and a simulation.

    python -m benchmarks.serving.capacity        (needs the learn extra, for Matplotlib; half a minute)

Reads utilisation.json, servers.json and prices.toml. Writes capacity.json. The seed is fixed.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import markdown
from benchmarks.common import MODELS, PRICES, ROOT, Numbers, read_json, write_json
from benchmarks.serving import simulate
from benchmarks.serving.report import TRIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).parent
PAGE, FIGURE = ROOT / "docs" / "capacity.md", ROOT / "docs" / "benchmark" / "capacity.svg"
SEED = 8
GOAL_PER_S = 100_000
TARGET = 0.6  # target utilization of the cores
TARGETS = (0.4, 0.5, 0.6, 0.7)
BUSY = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
MANY, FEW = 32, 10  # cores of a simulated service; initial cores of an autoscaled one
STEP = {"times": 2.0, "at_s": 30.0, "seconds": 180.0, "lag_s": 30.0}
REQUESTS = 60_000  # simulated per point


def cost(price: Numbers, *, per_core_s: float, in_bytes: float, out_bytes: float, busy: float = TARGET) -> Numbers:
    """Dollars per million readings, by category."""
    core_s = 1e6 / (per_core_s * busy)
    parts = {
        "computing": core_s * (price["vcpu_second"] + price["gib_per_vcpu"] * price["gib_second"]),
        "requests": price["million_requests"],
        "balancer": price["balancer_gb"] * (in_bytes + out_bytes) / 1e3,  # 1e6 readings / 1e9 bytes per GB
        "egress": price["egress_gb"] * out_bytes / 1e3,
    }
    return {**parts, "all": sum(parts.values())}


def study(measured: Numbers) -> Numbers:
    """Simulate one model, from its measured capacity and its latency without load."""
    mean_s = 1 / measured["capacity_per_s"]
    alone = measured["alone_ms"]
    times_s = simulate.services(alone["percentiles"], mean_s)
    beside_s = max(alone["mean"] / 1000 - mean_s, 0.0)  # part of the latency on other cores: network and client
    balancers = {
        "1 core": (1, True),
        f"{MANY} cores, at random": (MANY, False),
        f"{MANY} cores, the less busy of two": (MANY, True),
    }

    def at(busy: float, cores: int = 1, *, least: bool = True, requests: int = REQUESTS) -> Numbers:
        found = simulate.steady(times_s, cores=cores, busy=busy, requests=requests, seed=SEED, least=least)
        return {
            "p50_ms": round(1000 * (found["p50_s"] + beside_s), 1),
            "p99_ms": round(1000 * (found["p99_s"] + beside_s), 1),
            "refused": round(found["refused"], 4),
        }

    curves = {
        name: {str(busy): at(busy, cores, least=least) for busy in BUSY} for name, (cores, least) in balancers.items()
    }
    validation = {
        busy: {"measured": {key: point[key] for key in ("p50_ms", "p99_ms")}, "simulated": at(float(busy))}
        for busy, point in measured["busy"].items()
    }
    cores = math.ceil(GOAL_PER_S / (measured["capacity_per_s"] * TARGET))
    goal = {"cores": cores, **at(TARGET, cores, requests=4 * REQUESTS)}
    steps = {str(target): simulate.step(times_s, cores=FEW, target=target, seed=SEED, **STEP) for target in TARGETS}
    return {"validation": validation, "curves": curves, "goal": goal, "steps": steps}


def measured_table(utilisation: Numbers) -> str:
    """Each model on one core: capacity, and latency by utilization."""
    busy = list(utilisation["models"][MODELS[0]]["busy"])
    rows = [
        [f"`{name}`", f"{each['capacity_per_s']:,.0f}", f"{each['alone_ms']['mean']:.1f} ms",
         *(f"{p['p50_ms']:.1f} / {p['p99_ms']:.0f} ms" for p in each["busy"].values())]
        for name, each in utilisation["models"].items()
    ]  # fmt: skip
    heads = [f"{float(each):.0%} busy: p50 / p99" for each in busy]
    table = markdown.table(["one core", "max. requests/s", "without load", *heads], rows)
    return f"{table}\n\n{TRIAL}" if utilisation["quick"] else table


def cost_table(utilisation: Numbers, prices: Numbers, *, in_bytes: float, out_bytes: float) -> str:
    """Dollars per million readings on each cloud."""
    rows = []
    for cloud in prices["cloud"]:
        for model in MODELS:
            per_core_s = utilisation["models"][model]["capacity_per_s"]
            found = cost(cloud, per_core_s=per_core_s, in_bytes=in_bytes, out_bytes=out_bytes)
            parts = [f"{found[key]:.2f}" for key in ("computing", "requests", "balancer", "egress")]
            rows.append([f"{cloud['name']}, `{model}` <br> {cloud['about']}", *parts, f"**{found['all']:.2f}**"])
    head = ["US dollars per million readings", "computing", "requests", "load balancer", "egress", "total"]
    sources = "; ".join(f"{cloud['name']}: {cloud['source']}" for cloud in prices["cloud"])
    said = (
        f"List prices from {prices['noted']}, from pages about them; cores at {TARGET:.0%} utilization, requests of "
        f"{in_bytes / 1000:.1f} KB, answers of {out_bytes / 1000:.1f} KB. Prices change: check them at {sources}."
    )
    return f"{markdown.table(head, rows)}\n\n{said}"


def scale_table(utilisation: Numbers, found: Numbers, *, in_bytes: float, out_bytes: float) -> str:
    """The cores and memory for 100,000 requests per second."""
    rows = []
    for model in MODELS:
        each = utilisation["models"][model]
        cores = math.ceil(GOAL_PER_S / (each["capacity_per_s"] * TARGET))
        gigabytes = cores * each["memory_mb"] / 2 / 1000  # measured with two workers; a service has one per core
        rows.append([f"`{model}`", f"{cores:,}", f"{gigabytes:,.0f} GB"])
    gbit = [GOAL_PER_S * each * 8 / 1e9 for each in (in_bytes, out_bytes)]
    goal = found["goal"]
    table = markdown.table([f"{GOAL_PER_S:,} requests/s", f"cores, {TARGET:.0%} busy", "memory of the workers"], rows)
    return (
        f"{table}\n\nNetwork traffic: {gbit[0]:.1f} Gbit/s in, {gbit[1]:.1f} Gbit/s out. Simulated with "
        f"{goal['cores']:,} cores and `{MODELS[0]}`: p50 {goal['p50_ms']:.1f} ms, p99 {goal['p99_ms']:.1f} ms, "
        f"{goal['refused']:.1%} refused."
    )


def validation_table(found: Numbers) -> str:
    """A comparison of simulation and measurement."""
    columns = [(what, key) for key in ("p50_ms", "p99_ms") for what in ("measured", "simulated")]
    rows = [
        [f"{float(busy):.0%}", *(f"{pair[what][key]:.1f} ms" for what, key in columns)]
        for busy, pair in found["validation"].items()
    ]
    return markdown.table(["utilization of one core", "p50 measured", "simulated", "p99 measured", "simulated"], rows)


def step_table(found: Numbers) -> str:
    """The effect of doubling the load, by target utilization."""
    rows = [
        [f"{float(target):.0%}", f"{each['refused']:.1%}", f"{each['refusing_s']:.0f} s",
         f"{1000 * each['worst_p99_s']:.0f} ms", f"{FEW} to {each['cores_after']}"]
        for target, each in found["steps"].items()
    ]  # fmt: skip
    return markdown.table(["target utilization", "refused", "refusing for", "p99 in the worst second", "cores"], rows)


def draw(ax: Axes, found: Numbers) -> Axes:
    """Plot p99 by utilization: simulations as lines, measurements as dots."""
    from inkling.training.report import style

    for k, (name, curve) in enumerate(found["curves"].items()):
        x, y = [float(busy) for busy in curve], [point["p99_ms"] for point in curve.values()]
        ax.plot(x, y, color=style.SERIES[k])
        ax.text(0.02, 0.94 - 0.08 * k, name, color=style.SERIES[k], transform=ax.transAxes)
    measured = {float(busy): pair["measured"]["p99_ms"] for busy, pair in found["validation"].items()}
    ax.plot(list(measured), list(measured.values()), "o", color=style.INK, markersize=6)
    ax.text(0.02, 0.94 - 0.08 * len(found["curves"]), "1 core, measured", color=style.INK, transform=ax.transAxes)
    ax.set_ylim(0)
    ax.set_xlabel("how busy the cores are")
    ax.set_ylabel("p99, ms")
    return style.as_percent(ax, axis="x")


def blocks(utilisation: Numbers, prices: Numbers, found: Numbers) -> dict[str, str]:
    """The page's generated blocks by name."""
    sizes = {"in_bytes": found["in_bytes"], "out_bytes": found["out_bytes"]}
    return {
        "measured": measured_table(utilisation),
        "cost": cost_table(utilisation, prices, **sizes),
        "scale": scale_table(utilisation, found, **sizes),
        "validation": validation_table(found),
        "step": step_table(found),
    }


def main() -> None:
    from inkling.training.report import themed_svg

    utilisation, servers = (read_json(HERE / f"{name}.json") for name in ("utilisation", "servers"))
    prices = tomllib.loads(PRICES.read_text("utf-8"))
    found = {
        "written_by": "python -m benchmarks.serving.capacity",
        "in_bytes": servers["picture_bytes"] + 150,  # 150 for the request headers
        "out_bytes": servers["servers"]["inkling cnn"]["answer_bytes"],
        **study(utilisation["models"][MODELS[0]]),
    }
    write_json(HERE / "capacity.json", found)
    markdown.write_blocks(PAGE, blocks(utilisation, prices, found))
    FIGURE.write_text(themed_svg.to_svg(lambda ax: draw(ax, found), (7.0, 3.8)), "utf-8")
    print("docs/capacity.md, docs/benchmark/capacity.svg")


if __name__ == "__main__":
    main()
