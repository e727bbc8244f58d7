"""Plot functions: numbers and an `ax` in, the `ax` out. Lines, bars, maps; nothing is saved here.

A mapping `name -> numbers` draws a line for each name, written at its end; one name alone needs no label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

from inkling.training.report.measurements import ReliabilityBin, RiskCoverage
from inkling.training.report.robustness import RobustnessCurve
from inkling.training.report.style import (
    AFTER,
    BEFORE,
    DIGITS,
    INK,
    PAPER,
    QUIET,
    RULE,
    SERIES,
    WRONG,
    WRONG_MAP,
    as_percent,
    label_ends,
)

FEW = 10  # digits: a bin with fewer says nothing about reliability and is not drawn


def learning_curves(
    ax: Axes,
    lines: Mapping[str, Sequence[float]],
    *,
    what: str,
    percent: bool = False,
    colours: Sequence[str] = SERIES,
) -> Axes:
    """One value an epoch for each name. A scale by powers of ten, since learning slows by factors.

    Such a scale has no 0: a line ends where it reaches it.
    """
    above = {name: np.where(np.asarray(v) > 0, v, np.nan) for name, v in lines.items()}
    for values, colour in zip(above.values(), colours, strict=False):
        epochs = np.arange(1, len(values) + 1)
        ax.plot(epochs, values, color=colour, marker="o" if len(values) <= 12 else None, markersize=4)
    ax.set_yscale("log")
    set_log_ticks(ax, [v for values in lines.values() for v in values], percent=percent)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    most = max((len(values) for values in lines.values()), default=1)
    ax.set_xlim(1 - 0.03 * most, most + 0.03 * most)
    ax.set_xlabel("epoch")
    ax.set_ylabel(what)
    ends = []
    for (name, values), colour in zip(above.items(), colours, strict=False):
        drawn = np.flatnonzero(np.isfinite(values))
        if drawn.size:
            ends.append((int(drawn[-1]) + 1, float(values[drawn[-1]]), name, colour))
    return label_ends(ax, ends)


def confusion_matrix(ax: Axes, counts: np.ndarray) -> Axes:
    """(10, 10) row = the label, column = what was read. Only mistakes are coloured: they are what one looks for."""
    wrong = counts - np.diag(np.diag(counts))
    most = max(int(wrong.max()), 1)
    sns.heatmap(
        wrong, ax=ax, cmap=WRONG_MAP, vmin=0, vmax=most, cbar=False, square=True, linewidths=1.5, linecolor=PAPER
    )
    for label in range(10):
        for read in range(10):
            n = int(counts[label, read])
            if label == read:
                ax.text(read + 0.5, label + 0.5, f"{n:,}", ha="center", va="center", color=QUIET, fontsize=8.5)
            elif n:
                colour = PAPER if n > 0.55 * most else INK
                ax.text(read + 0.5, label + 0.5, str(n), ha="center", va="center", color=colour, fontsize=10)
    ax.tick_params(length=0, labelrotation=0)
    ax.grid(False)
    ax.set_xlabel("read as")
    ax.set_ylabel("label")
    return ax


def compared_class_errors(ax: Axes, rows: Sequence[Mapping[str, float]]) -> Axes:
    """The part of each digit that was missed (1 - recall) and of its readings that is wrong (1 - precision)."""
    digits = np.arange(len(rows))
    missed = [1 - row["recall"] for row in rows]
    misread = [1 - row["precision"] for row in rows]
    ax.bar(digits - 0.2, missed, 0.38, color=SERIES[0])
    ax.bar(digits + 0.2, misread, 0.38, color=SERIES[5], alpha=0.75)
    top = max([*missed, *misread, 1e-4])
    ax.set_ylim(0, top * 1.04)
    key: dict[str, Any] = {"transform": ax.transAxes, "va": "bottom", "fontsize": 10.5}
    ax.text(0, 1.02, "a digit that was missed", color=SERIES[0], **key)
    ax.text(1, 1.02, "a reading that was wrong", color=SERIES[5], ha="right", **key)
    ax.set_xticks(digits, [str(int(row["digit"])) for row in rows])
    ax.tick_params(axis="x", length=0, labelsize=12, labelcolor=INK)
    ax.set_xlabel("digit")
    return as_percent(ax)


def class_errors_compared(ax: Axes, lines: Mapping[str, Sequence[Mapping[str, float]]]) -> Axes:
    """Of each digit, the part that each of several models missed: a dot a model."""
    for k, ((name, rows), colour) in enumerate(zip(lines.items(), SERIES, strict=False)):
        at = np.arange(len(rows)) + (k - (len(lines) - 1) / 2) * 0.16
        ax.scatter(at, [1 - row["recall"] for row in rows], s=34, color=colour, label=name, zorder=3)
    ax.set_ylim(bottom=0)
    ax.set_xticks(range(10))
    ax.tick_params(axis="x", length=0, labelsize=12, labelcolor=INK)
    ax.set_xlabel("digit")
    ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, handletextpad=0, borderpad=0)
    return as_percent(ax)


def reliability_diagram(
    ax: Axes, lines: Mapping[str, Sequence[ReliabilityBin]], *, colours: Sequence[str] = (BEFORE, AFTER)
) -> Axes:
    """Mean confidence against accuracy of each bin, with 95 % intervals; on the diagonal a network knows itself."""
    ax.plot([0, 1], [0, 1], color=RULE, linewidth=1.2, zorder=1)
    ends = []
    for (name, bins), colour in zip(lines.items(), colours, strict=False):
        full = [each for each in bins if each.n >= FEW]
        x, y = [each.confidence for each in full], [each.accuracy for each in full]
        reach = [[e.accuracy - e.accuracy_95[0] for e in full], [e.accuracy_95[1] - e.accuracy for e in full]]
        ax.errorbar(x, y, np.maximum(reach, 0), color=colour, marker="o", markersize=5, elinewidth=1, capsize=0)
        ends.append((name, colour))
    for k, (name, colour) in enumerate(reversed(ends)):
        ax.text(0.98, 0.05 + 0.09 * k, name, color=colour, ha="right", transform=ax.transAxes)
    # Least confidence that ten classes allow is a tenth, but hardly any digit is read with less than a third.
    lowest = min((each.confidence for bins in lines.values() for each in bins if each.n >= FEW), default=0.0)
    ax.set_xlim(max(0.0, np.floor(10 * lowest) / 10), 1.015)
    ax.set_ylim(0, 1.03)
    ax.set_xlabel("confidence")
    ax.set_ylabel("part that is right")
    return as_percent(as_percent(ax), axis="x")


def confidence_histogram(ax: Axes, confidence: np.ndarray, right: np.ndarray, *, sure_at: float) -> Axes:
    """How many digits were read with which confidence (N,), apart by `right` (N,). Counts by powers of ten."""
    edges = np.linspace(0, 1, 21)
    hits, misses = np.histogram(confidence[right], edges)[0], np.histogram(confidence[~right], edges)[0]
    width = 0.021
    ax.bar(edges[:-1] + 0.0135, hits, width, color=SERIES[0])
    ax.bar(edges[:-1] + 0.0365, misses, width, color=WRONG)
    ax.set_yscale("log")
    ax.set_ylim(0.7, max(int(hits.max()), 1) * 4)
    set_log_ticks(ax, [1, max(int(hits.max()), 10)], percent=False)
    used = np.flatnonzero(hits + misses)
    ax.set_xlim(edges[used[0]] - 0.02 if used.size else 0, 1.01)
    ax.axvline(sure_at, color=INK, linewidth=1.2, linestyle=(0, (2, 2)))
    low, high = ax.get_xlim()
    side: dict[str, Any] = (
        {"ha": "left", "xytext": (5, 0)} if sure_at < (low + high) / 2 else {"ha": "right", "xytext": (-5, 0)}
    )
    at: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "va": "top"}
    ax.annotate("sure from here", (sure_at, 0.98), **side, **at)
    ax.text(0, 1.02, "read right", color=SERIES[0], va="bottom", transform=ax.transAxes)
    ax.text(0.25, 1.02, "read wrong", color=WRONG, va="bottom", transform=ax.transAxes)
    ax.set_xlabel("confidence")
    ax.set_ylabel("digits")
    return as_percent(ax, axis="x")


def risk_coverage(ax: Axes, lines: Mapping[str, tuple[Sequence[RiskCoverage], RiskCoverage]]) -> Axes:
    """Error among the digits answered against the part answered, as `sure_at` moves; a dot at the manifest's."""
    ends = []
    for (name, (curve, at_sure)), colour in zip(lines.items(), SERIES, strict=False):
        x, y = [each.coverage for each in curve], [each.error for each in curve]
        ax.plot(x, y, color=colour)
        if len(lines) == 1:
            ax.fill_between(x, [e.error_95[0] for e in curve], [e.error_95[1] for e in curve], color=colour, alpha=0.15)
        if at_sure.n:
            ax.plot(at_sure.coverage, at_sure.error, "o", color=colour, markersize=7, markeredgecolor=PAPER)
            if len(lines) == 1:
                words = f"sure_at {at_sure.sure_at:.3g}\n{at_sure.coverage:.2%} answered\n{at_sure.error:.2%} wrong"
                ax.annotate(words, (at_sure.coverage, at_sure.error), (-8, 8), textcoords="offset points", ha="right")
        if curve:
            ends.append((x[0], y[0], name, colour))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("part of the digits answered")
    ax.set_ylabel("wrong among them")
    if len(lines) > 1:
        label_ends(ax, ends)
    return as_percent(as_percent(ax), axis="x")


def robustness_curves(ax: Axes, lines: Mapping[str, RobustnessCurve]) -> Axes:
    """Accuracy along one distortion, with 95 % intervals, from none of the digits to all of them."""
    ends = []
    for (name, curve), colour in zip(lines.items(), SERIES, strict=False):
        low, high = zip(*curve.accuracy_95, strict=True)
        ax.fill_between(curve.levels, low, high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(curve.levels, curve.accuracy, color=colour, marker="o", markersize=4.5)
        ends.append((curve.levels[-1], curve.accuracy[-1], name, colour))
        if len(lines) == 1:
            _label_points(ax, curve)
        ax.set_xlabel(curve.unit)
        ax.set_xticks(curve.levels, [f"{level:g}" for level in curve.levels])
    ax.set_ylim(0, 1.03)
    ax.set_ylabel("read right")
    if len(lines) > 1:
        label_ends(ax, ends)
    return as_percent(ax)


def _label_points(ax: Axes, curve: RobustnessCurve) -> None:
    """The accuracy at each level in per cent, beside the line rather than on it."""
    steep = 0.25
    drops = -np.diff(curve.accuracy, prepend=curve.accuracy[0], append=curve.accuracy[-1])  # before, after each point
    for k, (x, y) in enumerate(zip(curve.levels, curve.accuracy, strict=True)):
        place: dict[str, Any] = {"xytext": (0, -9), "ha": "center", "va": "top"}
        if drops[k + 1] > steep:
            place = {"xytext": (5, 4), "ha": "left", "va": "bottom"}
        elif y < 0.13:
            place = {"xytext": (0, 7), "ha": "center", "va": "bottom"}
            if drops[k] > steep:
                place = {"xytext": (7, 2), "ha": "left", "va": "bottom"}
        ax.annotate(f"{100 * y:.1f}", (x, y), textcoords="offset points", fontsize=9.5, annotation_clip=False, **place)


def embedding_scatter(ax: Axes, xy: np.ndarray, labels: np.ndarray, wrong: np.ndarray) -> Axes:
    """(M, 2) places of M digits, coloured by label (M,), the digit written at the middle; wrong ones (M,) ringed."""
    colours = np.array(DIGITS)[labels]
    x, y = xy.T
    ax.scatter(x[~wrong], y[~wrong], s=7, c=colours[~wrong], alpha=0.65, linewidths=0)
    ax.scatter(x[wrong], y[wrong], s=22, c=colours[wrong], edgecolors=INK, linewidths=0.9, zorder=3)
    halo = [patheffects.withStroke(linewidth=3.5, foreground=PAPER)]
    for digit in np.unique(labels):
        middle = np.median(xy[labels == digit], axis=0)
        ax.text(
            middle[0],
            middle[1],
            str(digit),
            ha="center",
            va="center",
            fontsize=17,
            weight="bold",
            path_effects=halo,
            zorder=4,
        )
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal", "datalim")
    return ax


def set_log_ticks(ax: Axes, values: Sequence[float], *, percent: bool) -> None:
    """Plain numbers at 1, 2 and 5 times powers of ten within the values; powers alone where these reach far."""
    good = [v for v in values if v > 0]
    low, high = (min(good), max(good)) if good else (0.1, 1.0)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)) - 1, np.ceil(np.log10(high)) + 1)
    steps = (1,) if high / low > 200 else (1, 2, 5)
    ticks = sorted(float(f"{p * s:.6g}") for p in powers for s in steps if low * 0.8 <= p * s <= high * 1.25)
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(ticks, [f"{100 * t:g}%" if percent else f"{t:,g}" for t in ticks])
