"""Colors, fonts and sizes of the figures: dark on light, few lines, a palette that is safe for color blindness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

PAPER, INK, QUIET, RULE = "#fdfcf8", "#1f2430", "#5d6069", "#d9d6cc"
# Colors by Okabe and Ito, "Color Universal Design" (2008); the last three are darker, for contrast with the paper
SERIES = ("#0072b2", "#d55e00", "#009e73", "#a8508a", "#3f9fd8", "#b07800")
BEFORE, AFTER = "#8d8f96", SERIES[0]  # before and after calibration
WRONG = SERIES[1]
# Ten colors for ten digits; some are similar, so the digits are also written out.
DIGITS = ("#4e79a7", "#f28e2b", "#c23b3d", "#59a5a0", "#3f8f45", "#c9a227", "#9a6290", "#e0738a", "#8a6248", "#4a4a4a")
INK_MAP = LinearSegmentedColormap.from_list("ink", [PAPER, INK])
WRONG_MAP = LinearSegmentedColormap.from_list("wrong", [PAPER, "#f6c9a4", "#d55e00", "#7f3300"])
SIGN_MAP = LinearSegmentedColormap.from_list("sign", ["#8c3c00", "#e39a5c", PAPER, "#6ba6cf", "#00456f"])
HALF, WHOLE = (5.0, 3.5), (10.0, 5.2)  # inches: half and full width of the page
MARGIN = 0.14  # inches
DPI = 200  # a half-width figure is 1,000 pixels wide, sharp on high-density screens


def rc_params() -> dict[str, Any]:
    """Settings for `matplotlib.rc_context`."""
    installed = set(font_manager.get_font_names())
    wanted = ("Inter", "Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans")
    return {
        "figure.facecolor": PAPER,
        "axes.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "font.family": [name for name in wanted if name in installed][:1] or ["sans-serif"],
        "font.size": 11,
        "text.color": INK,
        "axes.labelcolor": QUIET,
        "axes.edgecolor": RULE,
        "axes.linewidth": 1.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.titlesize": 12,
        "figure.titleweight": "bold",
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": RULE,
        "grid.linewidth": 0.7,
        "xtick.color": RULE,
        "ytick.color": RULE,
        "xtick.labelcolor": QUIET,
        "ytick.labelcolor": QUIET,
        "ytick.major.size": 0,
        "lines.linewidth": 2.0,
        "lines.solid_capstyle": "round",
    }


def new_figure(size_in: tuple[float, float], title: str) -> tuple[Figure, Axes]:
    """A figure with a title and one empty `ax`. Does not use pyplot, which has global state."""
    figure = Figure(size_in, layout=ConstrainedLayoutEngine(w_pad=MARGIN, h_pad=MARGIN))
    figure.suptitle(title, x=MARGIN / size_in[0], ha="left")
    return figure, figure.subplots()


def label_ends(ax: Axes, ends: Sequence[tuple[float, float, str, str]]) -> Axes:
    """Writes each line's name at its right end without overlaps. ends: (x, y, text, color) of each line."""
    height_pt = ax.get_window_extent().height * 72 / ax.figure.dpi
    gap = mpl.rcParams["font.size"] * 1.2
    order = sorted(range(len(ends)), key=lambda i: ends[i][1])
    at_pt = [
        float(ax.transAxes.inverted().transform(ax.transData.transform(ends[i][:2]))[1]) * height_pt for i in order
    ]
    moved = list(at_pt)
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    down = (sum(moved) - sum(at_pt)) / max(len(moved), 1)  # keeps the center of the group in place
    for target, before, i in zip(moved, at_pt, order, strict=True):
        x, y, text, colour = ends[i]
        offset = (7, target - before - down)
        ax.annotate(text, (x, y), offset, textcoords="offset points", color=colour, va="center", annotation_clip=False)
    return ax


def as_percent(ax: Axes, *, axis: str = "y") -> Axes:
    """Formats the ticks of one axis, rates 0..1, as percentages."""
    {"x": ax.xaxis, "y": ax.yaxis}[axis].set_major_formatter(FuncFormatter(lambda rate, _: f"{100 * rate:.4g}%"))
    return ax
