"""`/inside`: the network's computation for the current drawing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from inkling.errors import BadBundle
from inkling.models.bundle import Bundle
from inkling.models.titles import title_of
from inkling.server.pages.learn import CHAPTERS
from inkling.server.rules import PAGE, rule

blueprint = Blueprint("inside", __name__)

PASSIVE_LAYERS = ("Flatten", "Dropout", "InputLayer")  # they compute nothing at inference


@blueprint.get("/inside")
@rule(PAGE)
def inside() -> ResponseReturnValue:
    """The page, with all models to choose from."""
    try:
        bundles = list(current_app.extensions["inkling"].bundles().values())
    except BadBundle:
        bundles = []  # the page still works; its first request reports the error
    models = [
        {"name": b.name, "title": title_of(b), "kind": kind_of(b), "parameters": b.manifest.get("parameters", 0)}
        for b in bundles
    ]
    return render_template("inside.html", models=models, chapters={each.slug: each.title for each in CHAPTERS})


def kind_of(bundle: Bundle) -> str:
    """ "dense" for a network with one hidden layer, which the page can show in full; otherwise "layers"."""
    layers: list[dict[str, Any]] = bundle.manifest.get("layers", [])
    return (
        "dense"
        if [layer["type"] for layer in layers if layer["type"] not in PASSIVE_LAYERS] == ["Dense"] * 2
        else "layers"
    )
