"""`/models`: each model's card, curves, mistakes and map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("models", __name__)


@blueprint.get("/models")
def models() -> ResponseReturnValue:
    """The page."""
    return render_template("models.html")
