"""Plot functions of a sweep: they draw trials on an `ax` and return it. The cost is the loss or the error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from inkling.training.report.metric_plots import set_log_ticks
from inkling.training.report.style import BEFORE, INK, PAPER, QUIET, RULE, SERIES, as_percent
from inkling.training.sweep.plan import SweepPlan
from inkling.training.sweep.search_space import Dimension
from inkling.training.sweep.study import Trial

FINISHED, STOPPED, BEST = SERIES[0], BEFORE, SERIES[1]


def optimization_history(ax: Axes, trials: Sequence[Trial], plan: SweepPlan) -> Axes:
    """Draws each trial at the time when it ended, and the best so far as a line. Filled: finished; hollow: stopped."""
    ended = sorted((t for t in trials if t.value is not None and t.at_s), key=lambda t: t.at_s)
    last_s = ended[-1].at_s if ended else 0.0
    unit_s, unit = (3600.0, "hours") if last_s > 3 * 3600 else (60.0, "minutes")
    finished = [t for t in ended if t.state == "finished"]
    if finished:
        best = np.minimum.accumulate([plan.cost(t.value or 0.0) for t in finished])
        times = [t.at_s / unit_s for t in finished]
        ax.step([*times, last_s / unit_s], [*best, best[-1]], where="post", color=BEST)
    _dots(ax, [(t.at_s / unit_s, t) for t in ended], plan)
    ax.set_xlabel(unit)
    ax.set_xlim(0, 1.04 * (last_s / unit_s or 1.0))
    _legend(ax, best="best so far")
    return _cost_axis(ax, [plan.cost(t.value) for t in ended if t.value is not None], plan)


def learning_curves(ax: Axes, trials: Sequence[Trial], plan: SweepPlan, best: Trial | None) -> Axes:
    """Draws the cost by epoch, one line per trial; a ring marks the end of a stopped trial, a cross a failure."""
    costs = []
    for trial in sorted(trials, key=lambda t: _is(t, best)):  # the best on top
        epochs, line = [row["epoch"] for row in trial.rows], [plan.cost(plan.value(row)) for row in trial.rows]
        costs += line
        colour = _colour(trial, best)
        ax.plot(epochs, line, color=colour, linewidth=2.4 if _is(trial, best) else 1.1)
        if epochs and trial.state == "failed":
            ax.scatter(epochs[-1:], line[-1:], s=20, marker="x", color=colour, linewidths=1.2, zorder=3)
        elif epochs and trial.state != "finished":
            ax.scatter(epochs[-1:], line[-1:], s=20, facecolors=PAPER, edgecolors=colour, linewidths=1.2, zorder=3)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _legend(ax, best="best")
    return _cost_axis(ax, costs, plan)


def slice_plot(ax: Axes, each: Dimension, trials: Sequence[Trial], plan: SweepPlan, best: Trial | None) -> Axes:
    """Draws the cost of each trial against its value of one hyperparameter."""
    used = [t for t in trials if t.value is not None and each.name in t.params]
    if each.choices:
        x = [float(each.choices.index(t.params[each.name])) for t in used]
        ax.set_xticks(range(len(each.choices)), [_short(value) for value in each.choices])
        ax.set_xlim(-0.5, len(each.choices) - 0.5)
        ax.tick_params(axis="x", length=0)
    else:
        x = [float(t.params[each.name]) for t in used]
        if each.log:
            ax.set_xscale("log")
            set_log_ticks(ax.xaxis, [each.low, each.high])
            margin = (each.high / each.low) ** 0.03
            ax.set_xlim(each.low / margin, each.high * margin)
        else:
            margin = 0.03 * (each.high - each.low)
            ax.set_xlim(each.low - margin, each.high + margin)
    _dots(ax, list(zip(x, used, strict=True)), plan, best)
    ax.set_xlabel(each.name)
    return _cost_axis(ax, [plan.cost(t.value) for t in used if t.value is not None], plan)


def parallel_coordinates(ax: Axes, trials: Sequence[Trial], plan: SweepPlan, best: Trial | None) -> Axes:
    """Draws one axis per hyperparameter and one line per trial; the cost is the last axis, with low values on top."""
    used = [t for t in trials if t.value is not None and all(each.name in t.params for each in plan.space)]
    costs = np.log([max(plan.cost(t.value or 0.0), 1e-6) for t in used])
    heights = 1 - (costs - costs.min()) / (float(np.ptp(costs)) or 1.0)
    for trial, height in sorted(
        zip(used, heights, strict=True), key=lambda pair: (_is(pair[0], best), pair[0].state == "finished")
    ):
        is_best = _is(trial, best)
        ys = [*(_height(each, trial.params[each.name]) for each in plan.space), height]
        width, order = (2.6, 3) if is_best else (1.1, 2)
        ax.plot(range(len(ys)), ys, color=_colour(trial, best), linewidth=width, zorder=order)
    n = len(plan.space)
    for i, each in enumerate(plan.space):
        for value in each.choices or (each.low, each.high):
            _tick_label(ax, i, _height(each, value), _short(value))
    for y, value in ((1.0, costs.min()), (0.0, costs.max())):
        _tick_label(ax, n, y, f"{np.exp(value):.3g}")
    for i in range(n + 1):
        ax.axvline(i, color=RULE, zorder=1)
    ax.set_xticks(range(n + 1), [*(each.name.rpartition(".")[2] for each in plan.space), plan.cost_name])
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.1, n + 0.35)
    ax.set_ylim(-0.06, 1.06)
    return _no_frame(ax, xticks=True)


def importance_bars(ax: Axes, shares: Mapping[str, float]) -> Axes:
    """Draws the importance of each hyperparameter (fANOVA), the largest on top."""
    names = sorted(shares, key=lambda name: shares[name])
    values = [shares[name] for name in names]
    ax.barh(range(len(names)), values, 0.36, color=FINISHED)
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        beside: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
        ax.annotate(f"{value:.0%}", (value, i), (5, 0), color=QUIET, **beside)
        ax.annotate(name, (0, i + 0.36), (0, 0), color=INK, **beside)  # above the bar, because names can be long
    ax.set_xlim(0, max([*values, 0.01]) * 1.15)
    ax.set_ylim(-0.4, len(names) - 0.4)
    return _no_frame(ax)


def _is(trial: Trial, best: Trial | None) -> bool:
    return best is not None and trial.number == best.number


def _colour(trial: Trial, best: Trial | None) -> str:
    return BEST if _is(trial, best) else FINISHED if trial.state == "finished" else STOPPED


def _dots(ax: Axes, points: Sequence[tuple[float, Trial]], plan: SweepPlan, best: Trial | None = None) -> None:
    """Draws a dot at (x, cost) for each trial that has ended."""
    groups: dict[tuple[bool, bool], list[tuple[float, float]]] = {}
    for x, trial in points:
        if trial.value is not None and trial.state != "interrupted":
            kind = (_is(trial, best), trial.state == "finished")
            groups.setdefault(kind, []).append((x, plan.cost(trial.value)))
    for (is_best, finished), dots in sorted(groups.items()):  # the best on top
        colour = BEST if is_best else FINISHED if finished else STOPPED
        face = colour if finished else PAPER
        xs, ys = zip(*dots, strict=True)
        ax.scatter(xs, ys, s=60 if is_best else 30, facecolors=face, edgecolors=colour, linewidths=1.2, zorder=3)


def _tick_label(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(text, (x, y), (4, 0), textcoords="offset points", fontsize=9, color=INK, va="center",
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}, zorder=5)  # fmt: skip


def _legend(ax: Axes, *, best: str) -> None:
    for x, text, colour in ((0.0, "finished", FINISHED), (0.3, "stopped early", STOPPED), (0.72, best, BEST)):
        ax.text(x, 1.02, text, color=colour, va="bottom", transform=ax.transAxes, fontsize=10)


def _no_frame(ax: Axes, *, xticks: bool = False) -> Axes:
    if not xticks:
        ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return ax


def _cost_axis(ax: Axes, costs: Sequence[float], plan: SweepPlan) -> Axes:
    """Formats the y axis for the cost: logarithmic, unless the cost reaches 0 or hardly varies."""
    ax.set_ylabel(plan.cost_name)
    percent = plan.objective == "accuracy"
    if costs and min(costs) > 0 and max(costs) > 1.05 * min(costs):
        ax.set_yscale("log")
        set_log_ticks(ax.yaxis, costs, percent=percent)
        return ax
    return as_percent(ax) if percent else ax


def _height(each: Dimension, value: Any) -> float:
    """The position of a value on its axis, 0..1."""
    if each.choices:
        return each.choices.index(value) / (len(each.choices) - 1)
    if each.log:
        return float(np.log(value / each.low) / np.log(each.high / each.low))
    return (float(value) - each.low) / (each.high - each.low)


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 14 else f"\N{HORIZONTAL ELLIPSIS}{text[-13:]}"
