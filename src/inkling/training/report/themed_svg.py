"""A plot as SVG that follows the reader's colour scheme, light or dark. Needs Matplotlib.

The figures of `report_page` are PNG with a light background. These SVGs are for pages with their own colour scheme: the
background is transparent, and a style sheet inside replaces the colours where the reader prefers dark.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from inkling.training.report import style

SIZE_IN = (4.6, 3.1)  # inches; a page shows two or three beside each other
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif"
DARK = {  # light colour -> dark colour; contrast with the background is at least 3 : 1, of text 4.5 : 1
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
    """The SVG text of what `draw` puts on an `ax`: no title, no background, deterministic."""
    changes: dict[str, Any] = {
        **style.rc_params(),
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "svg.fonttype": "none",  # text stays text: small, sharp, in the reader's own font
        "svg.hashsalt": "inkling",
    }
    with mpl.rc_context(changes):
        figure, ax = style.new_figure(size_in, "")
        draw(ax)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _shrink(text.getvalue())


def _shrink(text: str) -> str:
    """Remove what a browser does not need, and add the style sheet for dark colours."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]+", f"font-family: {FONTS}", text)
    text = re.sub(r"\n\s*", "\n", text)
    # Hundredths of a point are enough; what is written between tags stays as it is.
    text = re.sub(r">[^<]*<|(\d+\.\d{2})\d+", lambda found: found[1] or found[0], text)
    return text.replace("<defs>", f"<style>{_dark_rules()}</style>\n<defs>", 1)


def _dark_rules() -> str:
    """CSS rules that replace the colours in Matplotlib's `style` attributes."""
    rules = [
        f'[style*="{what}: {light}"]{{{what}:{dark}!important}}'
        for light, dark in DARK.items()
        for what in ("fill", "stroke")
    ]
    # Matplotlib writes every colour; the rule for text is for safety: its default in SVG is black.
    return "text{fill:" + style.INK + "}@media(prefers-color-scheme:dark){text{fill:#ebe7dc}" + "".join(rules) + "}"
