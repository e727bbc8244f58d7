"""The benchmarks' numbers -> figures in docs/benchmark, light and dark, and the tables in docs/benchmark.md.

    python -m benchmarks.accuracy.report

Reads others.json, close.json, hands.json, strangers.json, calibration.json and memory.json, as far as they are there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import NullLocator

from benchmarks import markdown as tables
from benchmarks.rendering import letters
from benchmarks.rendering import out_of_distribution_images as marks
from benchmarks.rendering.stroke_rendering import trimmed
from inkling.training.data.mnist import load_mnist
from inkling.training.report import style

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
PAGE, PICTURES = DOCS / "benchmark.md", DOCS / "benchmark"
LEAST = 0.0005  # of the digits refused: where the axis of refusals begins
EXAMPLES = 14  # of each kind of stranger
NAMES = ("baselines", "tight_crops", "handwriting_fonts", "out_of_distribution", "calibration", "memory")

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Theme:
    """The colours of a figure; names as in inkling.training.report.style."""

    name: str
    paper: str
    ink: str
    quiet: str
    rule: str
    series: tuple[str, ...]

    def rc(self) -> Numbers:
        colours = {"facecolor": self.paper}
        return style.rc_params() | {
            **{f"{part}.{key}": value for part in ("figure", "axes", "savefig") for key, value in colours.items()},
            "text.color": self.ink,
            "axes.labelcolor": self.quiet,
            "axes.edgecolor": self.rule,
            "grid.color": self.rule,
            "xtick.color": self.rule,
            "ytick.color": self.rule,
            "xtick.labelcolor": self.quiet,
            "ytick.labelcolor": self.quiet,
        }


LIGHT = Theme("light", style.PAPER, style.INK, style.QUIET, style.RULE, style.SERIES)
BRIGHT = ("#56b4e9", "#ff8f4a", "#3ac796", "#d68cc4", "#8fd0f5", "#e0b04a")
DARK = Theme("dark", "#15181f", "#e8e6df", "#a9abb3", "#343944", BRIGHT)


def others(ax: Axes, numbers: Numbers, theme: Theme) -> Axes:
    """A row for each set, a dot for each reader, a whisker for its 95 % interval."""
    sets = numbers["sets"]
    readers = list(dict.fromkeys(name for each in sets.values() for name in each["readers"]))
    step = 0.76 / max(len(readers) - 1, 1)
    for row, each in enumerate(sets.values()):
        for k, reader in enumerate(readers):
            found = each["readers"].get(reader)
            if found is None:
                continue
            y, x, (low, high) = row - 0.38 + k * step, found["right"], found["right_95"]
            colour = theme.series[k % len(theme.series)]
            ax.plot([low, high], [y, y], color=colour, linewidth=1.4, alpha=0.65)
            ax.plot(x, y, _marker(reader), color=colour, markersize=6)
    for row in range(1, len(sets)):
        ax.axhline(row - 0.5, color=theme.rule, linewidth=0.7)
    ax.set_yticks(range(len(sets)), [f"{name}\n{each['n']:,} pictures" for name, each in sets.items()])
    ax.set_ylim(len(sets) - 0.5, -0.5)
    ax.set_xlim(-0.01, 1.01)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    _legend(ax, readers, theme)
    return style.as_percent(ax, axis="x")


def refusing(ax: Axes, numbers: Numbers, theme: Theme) -> Axes:
    """What refusing costs the default model: strangers that still pass, by the share of digits that are refused."""
    rates = numbers["models"]["cnn"]
    words = {"not_digit": "the network's own answer", "softmax": "confidence alone", "energy": "energy"}
    shown = [score for score in words if score in rates["roc"]]
    for k, score in enumerate(shown):
        curve, area = rates["roc"][score], rates["strangers"]["all"]["auroc"][score]
        refused = np.maximum(1 - np.array(curve["digits"]), LEAST / 2)
        ax.plot(refused, curve["strangers"], color=theme.series[k])
        ax.text(
            0.98, 0.92 - 0.08 * k, f"{words[score]}, AUROC {area:.3f}",
            color=theme.series[k], ha="right", transform=ax.transAxes,
        )  # fmt: skip
    if rates["reject_at"] < 1:
        at = (max(rates["digits"]["mnist-test"]["refused"], LEAST), rates["strangers"]["all"]["accepted"])
        ax.plot(*at, "o", color=theme.ink, markersize=7, zorder=5)
        ax.text(
            0.98, 0.92 - 0.08 * len(shown),
            f"\N{BLACK CIRCLE} as shipped: {at[0]:.2%} of digits refused,\n{at[1]:.1%} of strangers pass",
            color=theme.ink, ha="right", va="top", transform=ax.transAxes,
        )  # fmt: skip
    ax.set_xscale("log")
    ax.set_xlim(LEAST, 0.5)
    ax.set_ylim(0, 1.0)
    ax.set_xticks([0.001, 0.01, 0.1, 0.5], ["0.1%", "1%", "10%", "50%"])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("digits refused")
    ax.set_ylabel("strangers taken for digits")
    return style.as_percent(ax)


def calibration(ax: Axes, numbers: Numbers, theme: Theme) -> Axes:
    """Confidence against the share that is right, with 95 % intervals, on the rendered rows."""
    ax.plot([0, 1], [0, 1], color=theme.quiet, linewidth=1, linestyle=(0, (3, 3)))
    lowest = 1.0
    for k, (name, model) in enumerate(numbers["models"].items()):
        bins = [each for each in model["sets"]["rendered"]["bins"] if each["n"] >= 20]
        x, y = [each["confidence"] for each in bins], [each["accuracy"] for each in bins]
        low = [max(e["accuracy"] - e["accuracy_95"][0], 0) for e in bins]
        high = [max(e["accuracy_95"][1] - e["accuracy"], 0) for e in bins]
        ax.errorbar(x, y, [low, high], color=theme.series[k], marker="o", markersize=5, elinewidth=1)
        error = model["sets"]["rendered"]["calibration_error"]
        words = f"{name}, off by {100 * error:.1f} points on average"
        ax.text(0.03, 0.93 - 0.08 * k, words, color=theme.series[k], transform=ax.transAxes)
        lowest = min([lowest, *x, *(e["accuracy_95"][0] for e in bins)])
    ticks = np.arange(np.floor(10 * lowest) / 10, 1.001, 0.1 if lowest < 0.8 else 0.05)
    ax.set_xticks(ticks)
    ax.set_yticks(ticks)
    ax.set_xlim(ticks[0], 1.01)
    ax.set_ylim(ticks[0], 1.01)
    ax.set_xlabel("confidence that was given")
    ax.set_ylabel("digits that were right")
    return style.as_percent(style.as_percent(ax), axis="x")


def memory(ax: Axes, numbers: Numbers, theme: Theme) -> Axes:
    """Memory after each photograph."""
    resident = [numbers["before_mb"], *numbers["resident_mb"]]
    ax.plot(range(len(resident)), resident, color=theme.series[0])
    ax.set_ylim(0, 1.15 * max(resident))
    ax.set_xlim(0, len(resident) - 1)
    ax.set_xlabel("photographs of 12 megapixels read")
    ax.set_ylabel("memory of the process, MB")
    return ax


def gallery(ax: Axes, numbers: Numbers, theme: Theme) -> Axes:
    """Some of each kind of stranger, as they are drawn; `numbers` are not needed."""
    mnist, fonts, side = load_mnist(), letters.installed_fonts(), 96
    sheet = np.zeros((len(marks.KINDS) * side, EXAMPLES * side), np.float32)
    for row, kind in enumerate(marks.KINDS):
        for column, shown in enumerate(marks.shown(kind, EXAMPLES, mnist, fonts)):
            whole = trimmed(1 - shown.picture / np.float32(255))
            factor = 0.8 * side / max(whole.shape)
            ink = cv2.resize(whole, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            y, x = (round(at * side + (side - long) / 2) for at, long in zip((row, column), ink.shape, strict=True))
            sheet[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    ax.imshow(
        sheet, cmap=LinearSegmentedColormap.from_list("ink", [theme.paper, theme.ink]), interpolation="antialiased"
    )
    ax.set_yticks([(row + 0.5) * side for row in range(len(marks.KINDS))], marks.KINDS)
    ax.set_xticks([])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    return ax


Draw = Callable[[Axes, Numbers, Theme], Axes]
FIGURES: dict[str, tuple[Draw, tuple[float, float]]] = {  # inches
    "baselines": (others, (10.0, 8.4)),
    "out_of_distribution": (refusing, (6.4, 4.4)),
    "calibration": (calibration, (6.4, 4.4)),
    "memory": (memory, (6.4, 3.2)),
    "out_of_distribution_images": (gallery, (10.0, 2.9)),
}


def draw(name: str, numbers: Numbers) -> None:
    """Saves one figure in both themes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    function, size_in = FIGURES[name]
    for theme in (LIGHT, DARK):
        with mpl.rc_context(theme.rc()):
            figure = Figure(size_in, layout=ConstrainedLayoutEngine(w_pad=style.MARGIN, h_pad=style.MARGIN))
            function(figure.subplots(), numbers, theme)
            figure.savefig(PICTURES / f"{name}-{theme.name}.png", dpi=160)


def _legend(ax: Axes, names: list[str], theme: Theme) -> None:
    """Names in their colours above the axes, in two rows, each after its mark."""
    columns = int(np.ceil(len(names) / 2))
    for k, name in enumerate(names):
        row, column = divmod(k, columns)
        x, y, colour = column / columns, 1.052 - 0.032 * row, theme.series[k % len(theme.series)]
        ax.plot(x + 0.006, y, _marker(name), color=colour, markersize=6, transform=ax.transAxes, clip_on=False)
        ax.text(x + 0.02, y, name, color=colour, va="center", transform=ax.transAxes)


def _marker(name: str) -> str:
    return "o" if name.startswith("inkling") else "D"


def main() -> None:
    page = PAGE.read_text("utf-8")
    for name in NAMES:
        path = HERE / f"{name}.json"
        if not path.is_file():
            print(f"{path.name} is not there: run benchmarks/{name}.py first")
            continue
        numbers = json.loads(path.read_text("utf-8"))
        if name not in tables.WITHOUT_FIGURE:
            draw(name, numbers)
            print(f"docs/benchmark/{name}-light.png, -dark.png")
        page = tables.with_block(page, name, tables.BLOCKS[name](numbers))
    draw("out_of_distribution_images", {})
    PAGE.write_text(page, "utf-8")
    print("docs/benchmark.md")


if __name__ == "__main__":
    main()
