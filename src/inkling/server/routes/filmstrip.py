"""POST /api/v1/filmstrip: every step of one reading, with steps switched off on demand."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint
from marshmallow import ValidationError, fields
from marshmallow.validate import OneOf

from inkling.server.routes.openapi import READ_ERRORS, READING_TAG, SINGLE_IMAGE_BODY, error_responses
from inkling.server.routes.request_body import single_image
from inkling.server.rules import READING, rule
from inkling.server.schemas import STEPS, AnswerSchema, ReadQuery, StepSchema, array
from inkling.server.service.reading import model_and_time, reading_json

blueprint = Blueprint("filmstrip", __name__, url_prefix="/api/v1", description="The steps of a reading.")

SWITCHES = ("ink", "glyphs", "shape", "centre", "pen")  # as in inkling.explain.ablation, which is heavy
IMAGE_SIDE = 320  # pixels: the longer side of a step's image


def _check_names(names: str) -> None:
    wrong = sorted(set(filter(None, names.split(","))) - set(SWITCHES))
    if wrong:
        raise ValidationError(
            f"off has {wrong[0]!r}; expected names from: {', '.join(SWITCHES)}. Write commas between them."
        )


class FilmstripQuery(ReadQuery):
    """The query of POST /api/v1/filmstrip."""

    off = fields.String(
        load_default="",
        validate=_check_names,
        metadata={
            "description": "Steps to do without, with commas between. `ink`: the grey of the picture as it is, so that "
            "white paper counts as ink. `glyphs`: the whole picture is one digit. `shape`: stretched over the tile. "
            "`centre`: copied into the corner. `pen`: strokes as wide as they come.",
            "example": "centre,pen",
        },
    )


class FilmstripSchema(AnswerSchema):
    """A reading, and the pictures of its steps."""

    off = array(
        fields.String(validate=OneOf(SWITCHES)), "The steps that were done without, in the order of the pipeline."
    )
    steps = array(fields.Nested(StepSchema), STEPS)


@blueprint.route("/filmstrip", methods=["POST"], tags=[READING_TAG])
@rule(READING)
@blueprint.doc(requestBody=SINGLE_IMAGE_BODY, operationId="traceSteps")
@error_responses(blueprint, READ_ERRORS)
@blueprint.arguments(FilmstripQuery(only=("model", "off")), location="query")
@blueprint.response(200, FilmstripSchema, description="The reading, each digit with its `tile`, and the steps.")
def filmstrip(query: dict[str, Any]) -> Response:
    """Show every step of a reading, and what it would be without some of them"""
    from inkling.explain.ablation import trace_without
    from inkling.explain.as_json import steps_json
    from inkling.explain.filmstrip import filmstrip as draw_filmstrip

    readers = current_app.extensions["inkling"]
    content = single_image()
    reader = readers.get(query["model"] or None)
    asked = query["off"].split(",")
    off = [name for name in SWITCHES if name in asked]
    with readers.permit() as permit:
        trace = trace_without(reader, content, off)
        answer = reading_json(reader, trace, explain="tiles")
        steps = steps_json(draw_filmstrip(trace), side=IMAGE_SIDE)
    return jsonify({**answer, **model_and_time(reader, permit.held_s), "off": off, "steps": steps})
