"""`/train`: a network is trained in front of one's eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("train", __name__)


@blueprint.get("/train")
def train() -> ResponseReturnValue:
    """The page."""
    return render_template("train.html")
