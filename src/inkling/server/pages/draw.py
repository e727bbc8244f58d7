"""`/`: the drawing page. Without JavaScript it reads an uploaded picture."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from inkling.errors import InklingError
from inkling.pipeline.how_sure import verdict
from inkling.server.request_context import current_context
from inkling.server.routes.read import model_json
from inkling.server.routes.request_body import form_images
from inkling.server.rules import FORM_PAGE, PAGE, rule
from inkling.server.service.readers import Readers
from inkling.server.service.reading import trace_image

if TYPE_CHECKING:
    from inkling.pipeline.result import Reading

blueprint = Blueprint("draw", __name__)

EXAMPLES = Path(__file__).parents[1] / "static" / "examples"
PENS = ((0.026, "Fine pen"), (0.046, "Felt pen"), (0.075, "Broad pen"))  # widths in board units (strokes.js)


@blueprint.get("/")
@rule(PAGE)
def index() -> ResponseReturnValue:
    """The drawing page."""
    return render_template("draw.html", **page_data(), reading=None, error=None, how_sure=how_sure)


@blueprint.post("/")
@rule(FORM_PAGE)
def index_without_script() -> ResponseReturnValue:
    """Read an uploaded picture and render the page with the result.

    400 EmptyPicture or BadRequest, 413 ImageTooLarge, 415 UnknownFormat, 422 BrokenPicture or ImageTooSmall: the page
    shows the error message.
    """
    readers: Readers = current_app.extensions["inkling"]
    reading, error, status = None, None, 200
    try:
        content = form_images()[0]
        reader = readers.get()
        metrics, context = current_app.extensions["inkling-metrics"], current_context(request.environ)
        with readers.permit():
            reading = trace_image(reader, content, "auto", metrics=metrics, context=context).reading
    except InklingError as caught:
        error, status = str(caught), caught.status
    return render_template("draw.html", **page_data(), reading=reading, error=error, how_sure=how_sure), status


def page_data() -> dict[str, Any]:
    """The template values that do not depend on a reading."""
    readers: Readers = current_app.extensions["inkling"]
    try:
        default = readers.default().name
        models = [
            {**model_json(bundle, default=default), "refuses": bundle.can_refuse}
            for bundle in readers.bundles().values()
        ]
    except InklingError:
        models = []  # the page still works; a reading reports the error
    settings = current_app.config["INKLING"]
    return {
        "examples": read_examples(readers),
        "models": models,
        "pens": PENS,
        "max_upload_bytes": settings.max_upload_bytes,
        "hands": settings.keeps_hands and not current_app.config["IS_STATIC"],  # otherwise the browser keeps them
    }


def read_examples(readers: Readers) -> list[dict[str, str]]:
    """The example images, each with a `caption`: the default reader's result; "" while the reader is being loaded."""
    if not readers.ready():
        return [{**example, "caption": ""} for example in examples()]
    captions = current_app.extensions.setdefault("inkling-captions", {})
    version = readers.default().version
    if version not in captions:
        paths = [EXAMPLES / example["file"] for example in examples()]
        captions[version] = [caption(readers.get().read(path)) for path in paths]
    return [{**example, "caption": text} for example, text in zip(examples(), captions[version], strict=True)]


def caption(reading: Reading) -> str:
    """The caption of an example: "407 · 97 %", "4.5 · not sure"."""
    if not reading.text:
        return "nothing"
    word, share = verdict(reading.outcome, reading.confidence)
    written = reading.written.replace("\n", " / ").replace("\t", "\u2003")
    return f"{written} · {word.lower() if share is None else percent(share)}"


def how_sure(reading: Reading) -> str:
    """The verdict in words, with its confidence if it has one: "Probably, 84 %"."""
    word, share = verdict(reading.outcome, reading.confidence)
    return word if share is None else f"{word}, {percent(share)}"


def percent(share: float) -> str:
    """0.973 -> "97 %", 0.9987 -> "99.8 %", 0.0012 -> "0.2 %": never 0 or 100 %. The same rule as common/how_sure.js."""
    if share < 0.001:
        return "under 0.1 %"
    if share < 0.01:
        return f"{math.ceil(share * 1000) / 10:.1f} %"
    if share < 0.99:
        return f"{share * 100:.0f} %"
    return f"{min(math.floor(share * 1000) / 10, 99.9):.1f} %"


@functools.cache
def examples() -> list[dict[str, str]]:
    """The example images, each with `file`, `alt` and `shows`. Written by scripts/make_examples.py."""
    entries: list[dict[str, str]] = json.loads((EXAMPLES / "examples.json").read_text("utf-8"))
    return entries
