"""Write the tables of docs/benchmark.md and the figures in docs/benchmark from the JSON files. Needs Matplotlib.

    python -m benchmarks.accuracy.report

The figures are SVG files that follow the user's light or dark color scheme. The examples of out-of-distribution images
are drawn only if handwriting fonts are installed, and need MNIST.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from PIL import Image, ImageColor, ImageDraw, ImageFont

from benchmarks import markdown
from benchmarks.accuracy.report_tables import PAGE, TABLES, numbers_of
from benchmarks.common import ROOT, Numbers
from benchmarks.rendering import letters
from benchmarks.rendering.out_of_distribution_images import KINDS, draw_kind
from benchmarks.rendering.stroke_rendering import trimmed
from inkling.training.data.mnist import load_mnist
from inkling.training.report import style, themed_svg

FIGURES = ROOT / "docs" / "benchmark"
LEAST = 0.0005  # start of the axis: fraction of digits refused
EXAMPLES, SIDE = 14, 96  # examples of each kind, and the side of one in pixels
LABEL_WIDTH = 150  # pixels
THEMES = {"light": (style.PAPER, style.INK), "dark": ("#15181f", "#e8e6df")}  # paper, ink


def baselines(ax: Axes, numbers: Numbers) -> Axes:
    """A row for each set, with a marker for each reader and a line for its 95 % interval."""
    sets = numbers["sets"]
    readers = list(dict.fromkeys(name for each in sets.values() for name in each["readers"]))
    step = 0.76 / max(len(readers) - 1, 1)
    for row, each in enumerate(sets.values()):
        for k, reader in enumerate(readers):
            found = each["readers"].get(reader)
            if found is None:
                continue
            y, x, (low, high) = row - 0.38 + k * step, found["right"], found["right_95"]
            ax.plot([low, high], [y, y], color=_colour(k), linewidth=1.4, alpha=0.65)
            ax.plot(x, y, _marker(reader), color=_colour(k), markersize=6)
    for row in range(1, len(sets)):
        ax.axhline(row - 0.5, color=style.RULE, linewidth=0.7)
    ax.set_yticks(range(len(sets)), [f"{name}\n{each['n']:,} images" for name, each in sets.items()])
    ax.set_ylim(len(sets) - 0.5, -0.5)
    ax.set_xlim(-0.01, 1.01)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    columns = int(np.ceil(len(readers) / 2))
    for k, name in enumerate(readers):  # the legend: colored names above the axes, in two rows
        row, column = divmod(k, columns)
        x, y = column / columns, 1.052 - 0.032 * row
        ax.plot(x + 0.006, y, _marker(name), color=_colour(k), markersize=6, transform=ax.transAxes, clip_on=False)
        ax.text(x + 0.02, y, name, color=_colour(k), va="center", transform=ax.transAxes)
    return style.as_percent(ax, axis="x")


def paper(ax: Axes, numbers: Numbers) -> Axes:
    """Risk by coverage for each set of numbers on paper and for all; a dot marks answers with the outcome "read"."""
    curves = {name: (each["risk_coverage"], each["all"]) for name, each in numbers["sets"].items()}
    curves["all"] = (numbers["risk_coverage"], numbers["all"])
    ends = []
    for k, (name, (points, found)) in enumerate(curves.items()):
        colour = style.INK if name == "all" else _colour(k)
        coverage, risk = zip(*points, strict=True)
        ax.plot(coverage, risk, color=colour, linewidth=2.6 if name == "all" else 1.6)
        if "read_right" in found:
            ax.plot(found["read"], 1 - found["read_right"], "o", color=colour, markersize=6, zorder=5)
        ends.append((1.0, risk[-1], name, colour))
    ax.set_xlim(0, 1.0)
    ax.set_ylim(0, 0.01 + 1.1 * max(risk for points, _ in curves.values() for at, risk in points if at > 0.1))
    ax.set_xlabel("coverage: the surest answers, as a share of all")
    ax.set_ylabel("risk: the share of them that is wrong")
    return style.label_ends(style.as_percent(style.as_percent(ax), axis="x"), ends)


def out_of_distribution(ax: Axes, numbers: Numbers) -> Axes:
    """The default model's reject option: the rate of other images accepted, by the rate of digits refused."""
    model = numbers["models"]["cnn"]
    words = {"not_digit": "the network's own answer", "softmax": "softmax confidence", "energy": "energy"}
    shown = [score for score in words if score in model["roc"]]
    for k, score in enumerate(shown):
        curve, area = model["roc"][score], model["out_of_distribution"]["all"]["auroc"][score]
        refused = np.maximum(1 - np.array(curve["digits"]), LEAST / 2)
        ax.plot(refused, curve["out_of_distribution"], color=_colour(k))
        words_at = {"ha": "right", "transform": ax.transAxes}
        ax.text(0.98, 0.92 - 0.08 * k, f"{words[score]}, AUROC {area:.3f}", color=_colour(k), **words_at)
    if model["reject_at"] < 1:
        at = (max(model["digits"]["mnist-test"]["refused"], LEAST), model["out_of_distribution"]["all"]["accepted"])
        ax.plot(*at, "o", color=style.INK, markersize=7, zorder=5)
        text = f"\N{BLACK CIRCLE} as shipped: {at[0]:.2%} of digits refused,\n{at[1]:.1%} of other images accepted"
        ax.text(0.98, 0.92 - 0.08 * len(shown), text, color=style.INK, ha="right", va="top", transform=ax.transAxes)
    ax.set_xscale("log")
    ax.set_xlim(LEAST, 0.5)
    ax.set_ylim(0, 1.0)
    ax.set_xticks([0.001, 0.01, 0.1, 0.5], ["0.1%", "1%", "10%", "50%"])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("digits refused")
    ax.set_ylabel("other images accepted as digits")
    return style.as_percent(ax)


def calibration(ax: Axes, numbers: Numbers) -> Axes:
    """A reliability diagram of the rendered rows: accuracy by confidence, in bins of 20 or more."""
    ax.plot([0, 1], [0, 1], color=style.QUIET, linewidth=1, linestyle=(0, (3, 3)))
    lowest = 1.0
    for k, (name, model) in enumerate(numbers["models"].items()):
        bins = [each for each in model["sets"]["rendered"]["bins"] if each["n"] >= 20]
        x, y = [each["confidence"] for each in bins], [each["accuracy"] for each in bins]
        low = [max(e["accuracy"] - e["accuracy_95"][0], 0) for e in bins]
        high = [max(e["accuracy_95"][1] - e["accuracy"], 0) for e in bins]
        ax.errorbar(x, y, [low, high], color=_colour(k), marker="o", markersize=5, elinewidth=1)
        error = model["sets"]["rendered"]["calibration_error"]
        words = f"{name}, expected calibration error {100 * error:.1f} points"
        ax.text(0.03, 0.93 - 0.08 * k, words, color=_colour(k), transform=ax.transAxes)
        lowest = min([lowest, *x, *(e["accuracy_95"][0] for e in bins)])
    ticks = np.arange(np.floor(10 * lowest) / 10, 1.001, 0.1 if lowest < 0.8 else 0.05)
    ax.set_xticks(ticks)
    ax.set_yticks(ticks)
    ax.set_xlim(ticks[0], 1.01)
    ax.set_ylim(ticks[0], 1.01)
    ax.set_xlabel("confidence")
    ax.set_ylabel("accuracy")
    return style.as_percent(style.as_percent(ax), axis="x")


def memory(ax: Axes, numbers: Numbers) -> Axes:
    """The memory of the process after each photograph."""
    resident = [numbers["before_mb"], *numbers["resident_mb"]]
    ax.plot(range(len(resident)), resident, color=_colour(0))
    ax.set_ylim(0, 1.15 * max(resident))
    ax.set_xlim(0, len(resident) - 1)
    ax.set_xlabel("photographs of 12 megapixels read")
    ax.set_ylabel("memory of the process, MB")
    return ax


Draw = Callable[[Axes, Numbers], Axes]
SIZES_IN: dict[Draw, tuple[float, float]] = {
    baselines: (10.0, 8.4), paper: (7.4, 4.4), out_of_distribution: (6.4, 4.4), calibration: (6.4, 4.4),
    memory: (6.4, 3.2),
}  # fmt: skip
DRAWN = {draw.__name__: draw for draw in SIZES_IN}


def figure(name: str, numbers: Numbers) -> str:
    """The SVG text of one figure."""
    draw = DRAWN[name]
    return themed_svg.to_svg(lambda ax: draw(ax, numbers), SIZES_IN[draw])


def examples(fonts: list[letters.Font]) -> np.ndarray:
    """Examples of each out-of-distribution kind, one row per kind: (H, W) float32 ink."""
    mnist = load_mnist()
    sheet = np.zeros((len(KINDS) * SIDE, EXAMPLES * SIDE), np.float32)
    for row, kind in enumerate(KINDS):
        for column, each in enumerate(draw_kind(kind, EXAMPLES, mnist, fonts)):
            whole = trimmed(1 - each.image / np.float32(255))
            factor = 0.8 * SIDE / max(whole.shape)
            ink = cv2.resize(whole, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            y, x = (round(at * SIDE + (SIDE - long) / 2) for at, long in zip((row, column), ink.shape, strict=True))
            sheet[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    return sheet


def save_examples(ink: np.ndarray) -> None:
    """Save the examples as PNG files, light and dark, with each kind's name before its row."""
    size_wh = (LABEL_WIDTH + ink.shape[1], ink.shape[0])
    mask = Image.new("L", size_wh)
    mask.paste(Image.fromarray(np.rint(255 * ink.clip(0, 1)).astype(np.uint8)), (LABEL_WIDTH, 0))
    for row, kind in enumerate(KINDS):
        at = (LABEL_WIDTH - 12, (row + 0.5) * SIDE)
        ImageDraw.Draw(mask).text(at, kind, 255, ImageFont.load_default(24), anchor="rm")
    for theme, (paper, colour) in THEMES.items():
        image = Image.new("RGB", size_wh, paper)
        image.paste(ImageColor.getrgb(colour), mask=mask)
        image.save(FIGURES / f"out_of_distribution_images-{theme}.png", optimize=True)


def _colour(k: int) -> str:
    return style.SERIES[k % len(style.SERIES)]


def _marker(reader: str) -> str:
    return "o" if reader.startswith("inkling") else "D"


def main() -> None:
    """Write every table and figure."""
    numbers = {name: numbers_of(name) for name in TABLES}
    markdown.write_blocks(PAGE, {name: TABLES[name](each) for name, each in numbers.items()})
    for name in DRAWN:
        (FIGURES / f"{name}.svg").write_text(figure(name, numbers[name]), "utf-8")
    if letters.handwriting_fonts():
        save_examples(examples(letters.installed_fonts()))
    else:
        print("no handwriting font is installed: the examples are not updated; see benchmarks/README.md")
    print("docs/benchmark.md, docs/benchmark/")


if __name__ == "__main__":
    main()
