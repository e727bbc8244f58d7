"""Plots as SVG that follow the viewer's color scheme, light or dark. Needs Matplotlib.

The figures of `report_page` are PNG files with a light background. These SVGs are for pages with light and dark themes:
the background is transparent, and an embedded style sheet replaces the colors in dark mode.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from inkling.training.report import style

SIZE_IN = (4.6, 3.1)  # inches; a page shows two or three side by side
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif"
DARK = {  # light color -> dark color; contrast with the background is at least 4.5:1, except for grid lines (RULE)
    style.PAPER: "#1c1f26",
    style.INK: "#ebe7dc",
    style.QUIET: "#a4a8b2",
    style.RULE: "#3a414d",
    style.BEFORE: "#8d929d",
    style.SERIES[0]: "#7fb8ef",
    style.SERIES[1]: "#f39a5b",
    style.SERIES[2]: "#55c9a4",
    style.SERIES[3]: "#dd94c5",
    style.SERIES[4]: "#a5d3f5",
    style.SERIES[5]: "#e3b455",
}


def to_svg(draw: Callable[[Axes], Axes], size_in: tuple[float, float] = SIZE_IN) -> str:
    """The deterministic SVG text of the plot that `draw` makes on an `ax`, without title or background."""
    changes: dict[str, Any] = {
        **style.rc_params(),
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "svg.fonttype": "none",  # keeps text as text: small files, sharp, in the page's font
        "svg.hashsalt": "inkling",
    }
    with mpl.rc_context(changes):
        figure, ax = style.new_figure(size_in, "")
        draw(ax)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _shrink(text.getvalue())


def _shrink(text: str) -> str:
    """Removes parts that browsers do not need, and adds the style sheet for dark mode."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]+", f"font-family: {FONTS}", text)
    text = re.sub(r"\n\s*", "\n", text)
    # Round to hundredths of a point, but do not change text between tags.
    text = re.sub(r">[^<]*<|(\d+\.\d{2})\d+", lambda found: found[1] or found[0], text)
    return text.replace("<defs>", f"<style>{_dark_rules()}</style>\n<defs>", 1)


def _dark_rules() -> str:
    """CSS rules that replace the colors in Matplotlib's `style` attributes."""
    rules = [
        f'[style*="{what}: {light}"]{{{what}:{dark}!important}}'
        for light, dark in DARK.items()
        for what in ("fill", "stroke")
    ]
    # Matplotlib writes every color explicitly. The rule for text is a safeguard: the SVG default is black.
    return "text{fill:" + style.INK + "}@media(prefers-color-scheme:dark){text{fill:#ebe7dc}" + "".join(rules) + "}"
