"""Plot functions for metrics: curves, bars, matrices, maps. They draw on an `ax` and return it; none saves a file.

`lines` maps each name to its data, which are drawn as one line or as one set of dots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.axis import Axis
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

MIN_BIN_COUNT = 10  # digits; the accuracy of smaller bins is too noisy to draw


def learning_curves(
    ax: Axes,
    lines: Mapping[str, Sequence[float]],
    *,
    what: str,
    percent: bool = False,
    colours: Sequence[str] = SERIES,
    borders: Sequence[int] = (),
) -> Axes:
    """Draws one value per epoch for each name, on a logarithmic scale.

    A line has a gap where its value is 0. Marks `borders`, the last epoch of each training stage but the final one.
    """
    for number, last in enumerate(borders, 2):
        ax.axvline(last + 0.5, color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
        ax.annotate(
            f"stage {number}",
            (last + 0.5, 1),
            xycoords=ax.get_xaxis_transform(),
            xytext=(4, -4),
            textcoords="offset points",
            va="top",
            color=QUIET,
            fontsize="small",
        )
    ends = []
    for (name, numbers), colour in zip(lines.items(), colours, strict=False):
        values = np.where(np.asarray(numbers) > 0, numbers, np.nan)
        marker = "o" if len(values) <= 12 else None
        ax.plot(np.arange(1, len(values) + 1), values, color=colour, marker=marker, markersize=4)
        drawn = np.flatnonzero(np.isfinite(values))
        if drawn.size:
            ends.append((int(drawn[-1]) + 1, float(values[drawn[-1]]), name, colour))
    ax.set_yscale("log")
    set_log_ticks(ax.yaxis, [v for values in lines.values() for v in values], percent=percent)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    most = max((len(values) for values in lines.values()), default=1)
    ax.set_xlim(1 - 0.03 * most, most + 0.03 * most)
    ax.set_xlabel("epoch")
    ax.set_ylabel(what)
    return label_ends(ax, ends)


def confusion_matrix(ax: Axes, counts: np.ndarray) -> Axes:
    """Draws (10, 10) counts, row = label, column = prediction. Only errors are colored."""
    wrong = counts - np.diag(np.diag(counts))
    most = max(int(wrong.max()), 1)
    sns.heatmap(
        wrong, ax=ax, cmap=WRONG_MAP, vmin=0, vmax=most, cbar=False, square=True, linewidths=1.5, linecolor=PAPER
    )
    centred: dict[str, Any] = {"ha": "center", "va": "center"}
    for (label, read), n in np.ndenumerate(counts):
        if label == read:
            ax.text(read + 0.5, label + 0.5, f"{n:,}", color=QUIET, fontsize=8.5, **centred)
        elif n:
            ax.text(read + 0.5, label + 0.5, str(n), color=PAPER if n > 0.55 * most else INK, fontsize=10, **centred)
    ax.tick_params(length=0, labelrotation=0)
    ax.grid(False)
    ax.set_xlabel("prediction")
    ax.set_ylabel("label")
    return ax


def class_errors(ax: Axes, rows: Sequence[Mapping[str, float]]) -> Axes:
    """Draws two bars per digit: the share missed (1 - recall) and the share of wrong predictions (1 - precision)."""
    missed = [1 - row["recall"] for row in rows]
    misread = [1 - row["precision"] for row in rows]
    digits = np.arange(len(rows))
    ax.bar(digits - 0.2, missed, 0.38, color=SERIES[0])
    ax.bar(digits + 0.2, misread, 0.38, color=SERIES[5], alpha=0.75)
    ax.set_ylim(0, max([*missed, *misread, 1e-4]) * 1.04)
    legend: dict[str, Any] = {"transform": ax.transAxes, "va": "bottom", "fontsize": 10.5}
    ax.text(0, 1.02, "missed (1 - recall)", color=SERIES[0], **legend)
    ax.text(1, 1.02, "wrong (1 - precision)", color=SERIES[5], ha="right", **legend)
    return _digit_axis(ax)


def compared_class_errors(ax: Axes, lines: Mapping[str, Sequence[Mapping[str, float]]]) -> Axes:
    """Draws the share of each digit that was missed, with one dot per model."""
    for k, ((name, rows), colour) in enumerate(zip(lines.items(), SERIES, strict=False)):
        x = np.arange(len(rows)) + (k - (len(lines) - 1) / 2) * 0.16
        ax.scatter(x, [1 - row["recall"] for row in rows], s=34, color=colour, label=name, zorder=3)
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, handletextpad=0, borderpad=0)
    return _digit_axis(ax)


def reliability_diagram(
    ax: Axes, lines: Mapping[str, Sequence[ReliabilityBin]], *, colours: Sequence[str] = (BEFORE, AFTER)
) -> Axes:
    """Draws the accuracy of each bin against its mean confidence, with 95% intervals.

    A calibrated network is on the diagonal.
    """
    ax.plot([0, 1], [0, 1], color=RULE, linewidth=1.2, zorder=1)
    lowest = 1.0
    for k, ((name, bins), colour) in enumerate(zip(lines.items(), colours, strict=False)):
        full = [each for each in bins if each.n >= MIN_BIN_COUNT]
        confidence, accuracy = [each.confidence for each in full], [each.accuracy for each in full]
        reach = [[e.accuracy - e.accuracy_95[0] for e in full], [e.accuracy_95[1] - e.accuracy for e in full]]
        ax.errorbar(
            confidence, accuracy, np.maximum(reach, 0), color=colour, marker="o", markersize=5, elinewidth=1, capsize=0
        )
        lowest = min([lowest, *confidence])
        height = 0.05 + 0.09 * (len(lines) - 1 - k)
        ax.text(0.98, height, name, color=colour, ha="right", transform=ax.transAxes)
    # With ten classes, confidences can be as low as 0.1, but few are below 0.3.
    ax.set_xlim(np.floor(10 * lowest) / 10 if lowest < 1 else 0.0, 1.015)
    ax.set_ylim(0, 1.03)
    ax.set_xlabel("confidence")
    ax.set_ylabel("accuracy")
    return as_percent(as_percent(ax), axis="x")


def confidence_histogram(ax: Axes, confidence: np.ndarray, right: np.ndarray, *, sure_at: float) -> Axes:
    """Draws counts of right and misread digits by confidence, on a logarithmic scale. confidence, right: (N,)"""
    edges = np.linspace(0, 1, 21)
    hits, misses = np.histogram(confidence[right], edges)[0], np.histogram(confidence[~right], edges)[0]
    ax.bar(edges[:-1] + 0.0135, hits, 0.021, color=SERIES[0])
    ax.bar(edges[:-1] + 0.0365, misses, 0.021, color=WRONG)
    ax.set_yscale("log")
    ax.set_ylim(0.7, max(int(hits.max()), 1) * 4)
    set_log_ticks(ax.yaxis, [1, max(int(hits.max()), 10)])
    used = np.flatnonzero(hits + misses)
    low = edges[used[0]] - 0.02 if used.size else 0
    ax.set_xlim(low, 1.01)
    ax.axvline(sure_at, color=INK, linewidth=1.2, linestyle=(0, (2, 2)))
    side, offset = ("left", (5, 0)) if sure_at < (low + 1.01) / 2 else ("right", (-5, 0))
    ax.annotate(
        "sure_at", (sure_at, 0.98), offset, xycoords=("data", "axes fraction"), textcoords="offset points",
        ha=side, va="top",
    )  # fmt: skip
    ax.text(0, 1.02, "right", color=SERIES[0], va="bottom", transform=ax.transAxes)
    ax.text(0.25, 1.02, "misread", color=WRONG, va="bottom", transform=ax.transAxes)
    ax.set_xlabel("confidence")
    ax.set_ylabel("digits")
    return as_percent(ax, axis="x")


def risk_coverage(ax: Axes, lines: Mapping[str, tuple[Sequence[RiskCoverage], RiskCoverage]]) -> Axes:
    """Draws the error of the answered digits against coverage as `sure_at` varies; a dot marks the manifest's value."""
    alone, ends = len(lines) == 1, []
    for (name, (curve, at_sure)), colour in zip(lines.items(), SERIES, strict=False):
        x, y = [each.coverage for each in curve], [each.error for each in curve]
        ax.plot(x, y, color=colour)
        if alone:
            ax.fill_between(x, [e.error_95[0] for e in curve], [e.error_95[1] for e in curve], color=colour, alpha=0.15)
        if at_sure.n:
            ax.plot(at_sure.coverage, at_sure.error, "o", color=colour, markersize=7, markeredgecolor=PAPER)
            if alone:
                words = f"sure_at {at_sure.sure_at:.3g}\n{at_sure.coverage:.2%} answered\n{at_sure.error:.2%} wrong"
                ax.annotate(words, (at_sure.coverage, at_sure.error), (-8, 8), textcoords="offset points", ha="right")
        if curve:
            ends.append((x[0], y[0], name, colour))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("coverage (share of digits answered)")
    ax.set_ylabel("error rate of these digits")
    if not alone:
        label_ends(ax, ends)
    return as_percent(as_percent(ax), axis="x")


def robustness_curves(ax: Axes, lines: Mapping[str, RobustnessCurve]) -> Axes:
    """Draws the accuracy at each level of one distortion, with 95% intervals."""
    alone, ends = len(lines) == 1, []
    for (name, curve), colour in zip(lines.items(), SERIES, strict=False):
        low, high = zip(*curve.accuracy_95, strict=True)
        ax.fill_between(curve.levels, low, high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(curve.levels, curve.accuracy, color=colour, marker="o", markersize=4.5)
        ends.append((curve.levels[-1], curve.accuracy[-1], name, colour))
        if alone:
            _label_points(ax, curve)
        ax.set_xlabel(curve.unit)
        ax.set_xticks(curve.levels, [f"{level:g}" for level in curve.levels])
    ax.set_ylim(0, 1.03)
    ax.set_ylabel("accuracy")
    if not alone:
        label_ends(ax, ends)
    return as_percent(ax)


def _label_points(ax: Axes, curve: RobustnessCurve) -> None:
    """Writes the accuracy at each level in percent next to the line."""
    steep = 0.25
    drops = -np.diff(curve.accuracy, prepend=curve.accuracy[0], append=curve.accuracy[-1])  # before, after each point
    for k, (x, y) in enumerate(zip(curve.levels, curve.accuracy, strict=True)):
        if drops[k + 1] > steep:
            offset, ha, va = (5, 4), "left", "bottom"
        elif y >= 0.13:
            offset, ha, va = (0, -9), "center", "top"
        elif drops[k] > steep:
            offset, ha, va = (7, 2), "left", "bottom"
        else:
            offset, ha, va = (0, 7), "center", "bottom"
        ax.annotate(
            f"{100 * y:.1f}", (x, y), offset, textcoords="offset points", ha=ha, va=va, fontsize=9.5,
            annotation_clip=False,
        )  # fmt: skip


def embedding_scatter(ax: Axes, xy: np.ndarray, labels: np.ndarray, wrong: np.ndarray) -> Axes:
    """Draws (M, 2) points colored by label (M,), with each digit at the median of its points; rings `wrong` (M,)."""
    colours = np.array(DIGITS)[labels]
    x, y = xy.T
    ax.scatter(x[~wrong], y[~wrong], s=7, c=colours[~wrong], alpha=0.65, linewidths=0)
    ax.scatter(x[wrong], y[wrong], s=22, c=colours[wrong], edgecolors=INK, linewidths=0.9, zorder=3)
    halo = [patheffects.withStroke(linewidth=3.5, foreground=PAPER)]
    text: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 17, "weight": "bold", "zorder": 4}
    for digit in np.unique(labels):
        middle_x, middle_y = np.median(xy[labels == digit], axis=0)
        ax.text(middle_x, middle_y, str(digit), path_effects=halo, **text)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal", "datalim")
    return ax


def set_log_ticks(axis: Axis, values: Sequence[float], *, percent: bool = False) -> None:
    """Sets plain numbers as ticks: 1, 2 and 5 times powers of ten within the values; over a long range, only powers."""
    positive = [v for v in values if v > 0]
    low, high = (min(positive), max(positive)) if positive else (0.1, 1.0)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)) - 1, np.ceil(np.log10(high)) + 1)
    steps = (1,) if high / low > 200 else (1, 2, 5)
    ticks = sorted(float(f"{p * s:.6g}") for p in powers for s in steps if low * 0.8 <= p * s <= high * 1.25)
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())
    axis.set_ticks(ticks, [f"{100 * t:g}%" if percent else f"{t:,g}" for t in ticks])


def _digit_axis(ax: Axes) -> Axes:
    """Formats the axes: digits 0..9 along x, rates along y."""
    ax.set_xticks(range(10))
    ax.tick_params(axis="x", length=0, labelsize=12, labelcolor=INK)
    ax.set_xlabel("digit")
    return as_percent(ax)
