"""`/learn`: six short chapters on how a network reads digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("learn", __name__)


@blueprint.get("/learn")
def learn() -> ResponseReturnValue:
    """The page."""
    return render_template("learn.html")
