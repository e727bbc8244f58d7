"""`{{ stylesheet("PAGE") }}` in a template: all style sheets of a page in one file, /static/styles/PAGE.css.

A browser paints nothing before every style sheet has arrived, so a page with many of them appears late.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, url_for
from markupsafe import Markup

from inkling.server.rules import PAGE, rule

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

FOLDER = Path(__file__).parents[1] / "static" / "css"
# Files of static/css by page, in the order of the cascade. Every page loads base.css before them.
SHEETS = {
    "draw": (
        *("board", "tools", "answer", "panels", "cells", "filmstrip", "row-steps", "share", "glossary", "crop"),
        *("uploads", "hands", "why"),
    ),
    "inside": (
        *("inside", "inside-diagram", "inside-panels", "inside-neuron", "inside-output", "layers", "why", "textbook"),
        *("row-steps", "glossary"),
    ),
    "learn": ("learn",),
    "chapter": ("learn", "learn-controls", "learn-pieces", "small-board", "learn-questions", "glossary"),
    "teacher": ("learn", "teacher"),
    "glossary": ("learn", "glossary"),
    "teach": ("train", "hands", "board", "teach", "teach-result"),
    "models": ("models", "overview"),
    "model": ("models", "model", "confusion", "map"),
    "train": ("train", "lab", "settings", "curves", "small-board"),
    "docs": ("docs",),
}
blueprint = Blueprint("stylesheets", __name__)


def stylesheet(page: str) -> Markup:
    """The element that loads a page's style sheets."""
    return Markup('<link rel="stylesheet" href="{}">').format(url_for("stylesheets.joined", page=page))


def content(page: str) -> str:
    """A page's style sheets, one after another. Raises KeyError for a page that has none."""
    return "\n".join((FOLDER / f"{name}.css").read_text("utf-8") for name in SHEETS[page])


@blueprint.get("/static/styles/<page>.css")
@rule(PAGE)
def joined(page: str) -> ResponseReturnValue:
    """The file that `stylesheet` names."""
    if page not in SHEETS:
        abort(404)
    return Response(content(page), mimetype="text/css")
