"""Plot functions of a sweep: trials and an `ax` in, the `ax` out. Low is good: the loss, or the part read wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

from inkling.training.report.metric_plots import set_log_ticks
from inkling.training.report.style import BEFORE, INK, PAPER, QUIET, RULE, SERIES, as_percent
from inkling.training.sweep.plan import Plan
from inkling.training.sweep.search_space import Setting
from inkling.training.sweep.study import Trial

FINISHED, STOPPED, BEST = SERIES[0], BEFORE, SERIES[1]


def cost(plan: Plan, value: float) -> float:
    """What a trial is judged by as something that is to be low."""
    return value if plan.judge == "loss" else 1.0 - value


def what(plan: Plan) -> str:
    """The name of the cost."""
    return "validation loss" if plan.judge == "loss" else "read wrong"


def progress(ax: Axes, trials: Sequence[Trial], plan: Plan) -> Axes:
    """Each trial at the minute at which it ended, and the best so far as a line. Finished filled, stopped hollow."""
    ended = sorted((t for t in trials if t.value is not None and t.at_s), key=lambda t: t.at_s)
    unit_s, unit = (3600.0, "hours") if ended and ended[-1].at_s > 3 * 3600 else (60.0, "minutes")
    best: list[tuple[float, float]] = []
    for trial in ended:
        if trial.state == "finished" and trial.value is not None:
            value = cost(plan, trial.value)
            if not best or value < best[-1][1]:
                best.append((trial.at_s / unit_s, value))
    if best:
        last = ended[-1].at_s / unit_s
        ax.step([*[x for x, _ in best], last], [*[y for _, y in best], best[-1][1]], where="post", color=BEST)
    _dots(ax, [(t.at_s / unit_s, t) for t in ended], plan)
    ax.set_xlabel(unit)
    ax.set_xlim(0, 1.04 * max((t.at_s / unit_s for t in ended), default=1.0))
    _key(ax, best="best so far")
    return _as_cost(ax, [cost(plan, t.value) for t in ended if t.value is not None], plan)


def learning(ax: Axes, trials: Sequence[Trial], plan: Plan, best: Trial | None) -> Axes:
    """A line a trial, epoch by epoch; a stopped one ends in a ring where it was stopped, the best stands out."""
    seen = []
    for trial in [*(t for t in trials if best is None or t.number != best.number), *([best] if best else [])]:
        costs = [cost(plan, plan.value_of(row)) for row in trial.rows]
        seen += costs
        is_best = best is not None and trial.number == best.number
        colour = BEST if is_best else FINISHED if trial.state == "finished" else STOPPED
        epochs = [row["epoch"] for row in trial.rows]
        ax.plot(epochs, costs, color=colour, linewidth=2.4 if is_best else 1.1)
        if epochs and trial.state != "finished":
            mark: dict[str, Any] = {"marker": "x"} if trial.state == "failed" else {"marker": "o", "facecolors": PAPER}
            ax.scatter(epochs[-1:], costs[-1:], s=20, color=None if "facecolors" in mark else colour, zorder=3,
                       edgecolors=colour if "facecolors" in mark else None, linewidths=1.2, **mark)  # fmt: skip
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _key(ax, best="best")
    return _as_cost(ax, seen, plan)


def setting(ax: Axes, each: Setting, trials: Sequence[Trial], plan: Plan, best: Trial | None) -> Axes:
    """What came of each value of one setting."""
    used = [t for t in trials if t.value is not None and each.name in t.settings]
    if each.choices:
        at = {value: i for i, value in enumerate(each.choices)}
        places = [(float(at[t.settings[each.name]]), t) for t in used]
        ax.set_xticks(range(len(at)), [_short(value) for value in at])
        ax.set_xlim(-0.5, len(at) - 0.5)
        ax.tick_params(axis="x", length=0)
    else:
        places = [(float(t.settings[each.name]), t) for t in used]
        if each.log:
            ax.set_xscale("log")
            _log_ticks(ax, each)
        margin = (each.high / each.low) ** 0.03 if each.log else 0.03 * (each.high - each.low)
        ends = (each.low / margin, each.high * margin) if each.log else (each.low - margin, each.high + margin)
        ax.set_xlim(*ends)
    _dots(ax, places, plan, best)
    ax.set_xlabel(each.name)
    return _as_cost(ax, [cost(plan, t.value) for t in used if t.value is not None], plan)


def parallel(ax: Axes, trials: Sequence[Trial], plan: Plan, best: Trial | None) -> Axes:
    """Settings side by side, a line a trial through its values; last the cost, low on top."""
    used = [t for t in trials if t.value is not None and all(s.name in t.settings for s in plan.space)]
    costs = np.log([max(cost(plan, t.value or 0.0), 1e-6) for t in used])
    spread = float(np.ptp(costs)) or 1.0
    heights = {t.number: 1 - float(c - costs.min()) / spread for t, c in zip(used, costs, strict=True)}
    order = {"stopped": 0, "failed": 0, "interrupted": 0, "finished": 1}
    for trial in sorted(used, key=lambda t: (best is not None and t.number == best.number, order[t.state])):
        is_best = best is not None and trial.number == best.number
        colour = BEST if is_best else FINISHED if trial.state == "finished" else STOPPED
        ys = [*(_height(s, trial.settings[s.name]) for s in plan.space), heights[trial.number]]
        ax.plot(range(len(ys)), ys, color=colour, linewidth=2.6 if is_best else 1.1, zorder=3 if is_best else 2)
    for i, each in enumerate(plan.space):
        ax.axvline(i, color=RULE, zorder=1)
        for value in each.choices or (each.low, each.high):
            _beside(ax, i, _height(each, value), _short(value))
    n = len(plan.space)
    ax.axvline(n, color=RULE, zorder=1)
    for y, value in ((1.0, costs.min()), (0.0, costs.max())):
        _beside(ax, n, y, f"{np.exp(value):.3g}")
    ax.set_xticks(range(n + 1), [*(s.name.rpartition(".")[2] for s in plan.space), what(plan)])
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0)
    ax.set_yticks([])
    ax.set_xlim(-0.1, n + 0.35)
    ax.set_ylim(-0.06, 1.06)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return ax


def importance(ax: Axes, shares: Mapping[str, float]) -> Axes:
    """The part of the differences between trials that each setting explains; the greatest on top."""
    names = sorted(shares, key=lambda name: shares[name])
    values = [shares[name] for name in names]
    ax.barh(range(len(names)), values, 0.36, color=FINISHED)
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        beside: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
        ax.annotate(f"{value:.0%}", (value, i), (5, 0), color=QUIET, **beside)
        ax.annotate(name, (0, i + 0.36), (0, 0), color=INK, **beside)  # above: names may be long
    ax.set_xlim(0, max([*values, 0.01]) * 1.15)
    ax.set_ylim(-0.4, len(names) - 0.4)
    ax.set_yticks([])
    ax.grid(False)
    ax.set_xticks([])
    ax.spines[:].set_visible(False)
    return ax


def _beside(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(text, (x, y), (4, 0), textcoords="offset points", fontsize=9, color=INK, va="center",
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}, zorder=5)  # fmt: skip


def _dots(ax: Axes, places: Sequence[tuple[float, Trial]], plan: Plan, best: Trial | None = None) -> None:
    for state, face, edge in (
        ("stopped", PAPER, STOPPED),
        ("failed", PAPER, STOPPED),
        ("finished", FINISHED, FINISHED),
    ):
        some = [(x, cost(plan, t.value)) for x, t in places if t.state == state and t.value is not None]
        if some:
            x, y = zip(*some, strict=True)
            ax.scatter(x, y, s=30, facecolors=face, edgecolors=edge, linewidths=1.2, zorder=3)
    top = [(x, cost(plan, t.value)) for x, t in places if best and t.number == best.number and t.value is not None]
    if top:
        x, y = zip(*top, strict=True)
        ax.scatter(x, y, s=60, facecolors=BEST, edgecolors=BEST, zorder=4)


def _key(ax: Axes, *, best: str = "") -> None:
    parts = [("finished", FINISHED), ("stopped early", STOPPED), *([(best, BEST)] if best else [])]
    for k, (text, colour) in enumerate(parts):
        ax.text((0.0, 0.3, 0.72)[k], 1.02, text, color=colour, va="bottom", transform=ax.transAxes, fontsize=10)


def _as_cost(ax: Axes, costs: Sequence[float], plan: Plan) -> Axes:
    above = [value for value in costs if value > 0]
    ax.set_ylabel(what(plan))
    if above and min(above) == min(costs) and max(above) > 1.05 * min(above):  # powers have no 0
        ax.set_yscale("log")
        set_log_ticks(ax.yaxis, above, percent=plan.judge == "accuracy")
        return ax
    return as_percent(ax) if plan.judge == "accuracy" else ax


def _log_ticks(ax: Axes, each: Setting) -> None:
    powers = 10.0 ** np.arange(np.floor(np.log10(each.low)), np.ceil(np.log10(each.high)) + 1)
    steps = (1,) if each.high / each.low > 500 else (1, 2, 5)
    ticks = sorted(float(f"{p * s:.6g}") for p in powers for s in steps if each.low * 0.98 <= p * s <= each.high * 1.02)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])


def _height(each: Setting, value: Any) -> float:
    """Where a value stands on its axis, 0..1."""
    if each.choices:
        return each.choices.index(value) / (len(each.choices) - 1)
    if each.log:
        return float(np.log(value / each.low) / np.log(each.high / each.low))
    return (float(value) - each.low) / (each.high - each.low)


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 14 else f"\N{HORIZONTAL ELLIPSIS}{text[-13:]}"
