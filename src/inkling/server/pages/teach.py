"""`/teach`: teach a hand and see the effect. If the server keeps no hands, teaching runs in the browser."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from inkling.server.rules import PAGE, rule

blueprint = Blueprint("teach", __name__)


@blueprint.get("/teach")
@rule(PAGE)
def teach() -> ResponseReturnValue:
    """The page."""
    keeps_hands = current_app.config["INKLING"].keeps_hands and not current_app.config["IS_STATIC"]
    return render_template("teach.html", hands=keeps_hands)
