"""`/teach`: teach a hand and see what changes. Where hands are off, the page says how to turn them on."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from inkling.server.rules import PAGE, rule

blueprint = Blueprint("teach", __name__)


@blueprint.get("/teach")
@rule(PAGE)
def teach() -> ResponseReturnValue:
    """The page."""
    return render_template("teach.html", hands=current_app.config["INKLING"].keeps_hands)
