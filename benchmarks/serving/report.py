"""servers.json, read.json, soak.json and memory.json -> docs/serving.md, its figure, and the sentence in README.md.

python -m benchmarks.serving.report        (needs the learn extra, for Matplotlib)
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import markdown as tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE, FIGURE, README = ROOT / "docs" / "serving.md", ROOT / "docs" / "benchmark" / "servers.svg", ROOT / "README.md"
TRIAL = "These figures are of a short trial on a busy machine, not of a full run."

Numbers = dict[str, Any]


def servers(numbers: Numbers) -> str:
    """A row for each server, the most requests first; then where and how it ran."""
    tutorial = numbers["servers"]["tutorial"]["per_s"]
    ordered = sorted(numbers["servers"].items(), key=lambda item: -float(item[1]["per_s"]))
    rows = [
        [
            f"**{name}** <br> {each['about']} <br> {_versions(each)}",
            f"{each['per_s']:,.0f}", f"{each['per_s'] / tutorial:,.0f}x", f"{each['p50_ms']:.1f} ms",
            f"{each['p99_ms']:.0f} ms", f"{each['memory_mb']:,.0f} MB", f"{each['start_s']:.2f} s",
            f"{each['size_mb']:,.0f} MB", f"{each['errors']:,}",
        ]
        for name, each in ordered
    ]  # fmt: skip
    head = ["server", "requests/s", "tutorial's", "p50", "p99", "memory", "start to answer", "installed", "errors"]
    return f"{tables.markdown(head, rows)}\n\n{where(numbers)}"


def where(numbers: Numbers) -> str:
    """On what machine and how long, in a sentence."""
    facts = numbers["machine"]
    how = (
        f"{numbers['rounds']} interleaved rounds of {numbers['seconds']} s, {numbers['connections']} connections, "
        f"{facts['cores']} cores ({facts['cpu']}), Python {facts['python']}; medians."
    )
    return f"{how} {TRIAL}" if numbers["quick"] else how


def _versions(each: Numbers) -> str:
    return ", ".join(f"{name} {version}" for name, version in each["versions"].items())


def soak(numbers: Numbers) -> str:
    """A row for each thing that must hold."""
    from benchmarks.serving.soak.__main__ import PROGRAMS

    rows, tried = [], []
    for name, program in PROGRAMS.items():
        part = numbers["parts"].get(name)
        if part is None:
            continue
        tried += [name] if part["quick"] else []
        rows += [[what, bound, found, "yes" if good else "**no**"] for what, bound, found, good in program.lines(part)]
    table = tables.markdown(["what", "at most", "found", "holds"], rows)
    return f"{table}\n\nOf a short trial: {', '.join(tried)}. {TRIAL}" if tried else table


def steps(numbers: Numbers) -> str:
    """Where the microseconds of one drawing go, in the process."""
    rows = [[f"`{name}`", f"{each:,.0f}"] for name, each in numbers["steps_us"].items()]
    rest = {name: each - sum(numbers["steps_us"].values()) for name, each in numbers["read_us"].items()}
    rows += [[f"parting, network `{name}`, reading", f"{rest[name]:,.0f}"] for name in ("ann", "cnn") if name in rest]
    web = [each - numbers["read_us"][name] for name, each in numbers.get("request_us", {}).items()]
    if web:
        rows.append(["the request around it: routing, parameters, JSON, headers", f"{statistics.median(web):,.0f}"])
    return tables.markdown(["step", "microseconds"], rows)


def largest(numbers: Numbers) -> str:
    """What the largest accepted picture of each format and mode takes, the most first."""
    ordered = sorted(numbers["largest"].items(), key=lambda item: -float(item[1]["above_mb"]))
    rows = [
        [
            name,
            f"{each['side']}x{each['side']}",
            f"{each['kb']:,.0f} KB",
            f"{each['above_mb']:.0f} MB",
            f"{each['ms']} ms",
        ]
        for name, each in ordered
    ]
    return tables.markdown(["format", "largest accepted", "file", "memory", "time"], rows)


def sentence(numbers: Numbers) -> str:
    """What the README says; nothing of a trial."""
    if numbers["quick"]:
        return ""
    ann, cnn, tutorial = (numbers["servers"][name] for name in ("inkling ann", "inkling cnn", "tutorial"))
    return (
        f"Two workers on {numbers['machine']['cores']} cores answer {ann['per_s']:,.0f} drawings a second with `ann`, "
        f"{cnn['per_s']:,.0f} with `cnn`, {ann['per_s'] / tutorial['per_s']:,.0f} and "
        f"{cnn['per_s'] / tutorial['per_s']:,.0f} times what Flask with `model.predict` does, in "
        f"{cnn['memory_mb']:,.0f} MB and {cnn['start_s']:.1f} s after the start; "
        "[beside other servers, under overload and under fire](docs/serving.md)."
    )


def draw(ax: Axes, numbers: Numbers) -> Axes:
    """A bar for each server, its length the requests a second."""
    from inkling.training.report import style

    ordered = sorted(numbers["servers"].items(), key=lambda item: float(item[1]["per_s"]))
    most = max(each["per_s"] for _, each in ordered)
    for y, (name, each) in enumerate(ordered):
        colour = style.SERIES[0] if name.startswith("inkling") else style.BEFORE
        ax.barh(y, each["per_s"], 0.62, color=colour)
        words = f"{each['per_s']:,.0f}/s, p99 {each['p99_ms']:.0f} ms, {each['memory_mb']:,.0f} MB"
        ax.text(each["per_s"] + most / 80, y, words, va="center", color=style.QUIET)
    ax.set_yticks(range(len(ordered)), [name for name, _ in ordered], color=style.INK)
    ax.set_xlim(0, 1.75 * most)  # room for the words
    ax.set_xticks([])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    return ax


def main() -> None:
    from inkling.training.report import themed_svg

    numbers = json.loads((HERE / "servers.json").read_text("utf-8"))
    page = tables.with_block(PAGE.read_text("utf-8"), "servers", servers(numbers))
    page = tables.with_block(page, "soak", soak(json.loads((HERE / "soak.json").read_text("utf-8"))))
    page = tables.with_block(page, "steps", steps(json.loads((HERE / "read.json").read_text("utf-8"))))
    page = tables.with_block(page, "largest", largest(json.loads((HERE / "memory.json").read_text("utf-8"))))
    PAGE.write_text(page, "utf-8")
    FIGURE.write_text(themed_svg.to_svg(lambda ax: draw(ax, numbers), (8.6, 3.6)), "utf-8")
    README.write_text(tables.with_block(README.read_text("utf-8"), "servers", sentence(numbers)), "utf-8")
    print("docs/serving.md, docs/benchmark/servers.svg, README.md")


if __name__ == "__main__":
    main()
