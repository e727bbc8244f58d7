"""A figure -> SVG that follows the reader's colours: ink on paper by day, chalk on slate at night. Needs Matplotlib.

The pictures of `page` are PNG and carry their paper with them. These are for a page that has light and dark colours of
its own: the ground is left out, and a style sheet inside exchanges the colours where the reader prefers dark.
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
AT_NIGHT = {  # colour by day -> at night; each stands out from its ground by 3 : 1 at least, text by 4.5 : 1
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
    """The SVG text of what `draw` puts on an `ax`: no title, no ground, the same text each time."""
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
    return _slim(text.getvalue())


def _slim(text: str) -> str:
    """Without what a browser does not need, with the style sheet for the night."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]+", f"font-family: {FONTS}", text)
    text = re.sub(r"\n\s*", "\n", text)
    # Hundredths of a point are enough; what is written between tags stays as it is.
    text = re.sub(r">[^<]*<|(\d+\.\d{2})\d+", lambda found: found[1] or found[0], text)
    return text.replace("<defs>", f"<style>{_night()}</style>\n<defs>", 1)


def _night() -> str:
    """Rules that exchange the colours which Matplotlib has written into `style` attributes."""
    rules = [
        f'[style*="{what}: {day}"]{{{what}:{night}!important}}'
        for day, night in AT_NIGHT.items()
        for what in ("fill", "stroke")
    ]
    # Text without a colour of its own is black in SVG; Matplotlib writes every colour, so this is for safety.
    return "text{fill:" + style.INK + "}@media(prefers-color-scheme:dark){text{fill:#ebe7dc}" + "".join(rules) + "}"
