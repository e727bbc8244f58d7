"""`/inside`: the network at work on the current drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("inside", __name__)


@blueprint.get("/inside")
def inside() -> ResponseReturnValue:
    """The page."""
    return render_template("inside.html")
