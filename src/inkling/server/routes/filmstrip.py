"""POST /api/v1/filmstrip: every step of one reading; steps can be switched off."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint
from marshmallow import ValidationError, fields
from marshmallow.validate import OneOf

from inkling.server.explanation_schemas import STEPS, StepSchema
from inkling.server.routes.openapi import READ_ERRORS, READING_TAG, SINGLE_IMAGE_BODY, error_responses
from inkling.server.routes.request_body import single_image
from inkling.server.rules import READING, rule
from inkling.server.schema_fields import array
from inkling.server.schemas import AnswerSchema, ReadQuery
from inkling.server.service.reading import model_and_time, reading_json

blueprint = Blueprint("filmstrip", __name__, url_prefix="/api/v1", description="The steps of a reading.")

SWITCHES = ("ink", "glyphs", "shape", "centre", "pen")  # see inkling.explain.ablation, which is slow to import
IMAGE_SIDE = 320  # longer side of a step's image, in pixels


def _check_names(names: str) -> None:
    wrong = sorted(set(filter(None, names.split(","))) - set(SWITCHES))
    if wrong:
        raise ValidationError(
            f"off contains {wrong[0]!r}; expected names from: {', '.join(SWITCHES)}. Separate them with commas."
        )


class FilmstripQuery(ReadQuery):
    """The query parameters of POST /api/v1/filmstrip."""

    off = fields.String(
        load_default="",
        validate=_check_names,
        metadata={
            "description": "Steps to switch off, separated by commas. Without `ink`, the picture's gray values are "
            "used as they are, so white paper counts as ink. Without `glyphs`, the whole picture is one digit. Without "
            "`shape`, the digit is stretched to fill the tile. Without `centre`, it is placed in the corner. Without "
            "`pen`, the stroke width is not normalized.",
            "example": "centre,pen",
        },
    )


class FilmstripSchema(AnswerSchema):
    """A reading, and pictures of its steps."""

    off = array(fields.String(validate=OneOf(SWITCHES)), "The steps that were switched off, in pipeline order.")
    steps = array(fields.Nested(StepSchema), STEPS)


@blueprint.route("/filmstrip", methods=["POST"], tags=[READING_TAG])
@rule(READING)
@blueprint.doc(requestBody=SINGLE_IMAGE_BODY, operationId="traceSteps")
@error_responses(blueprint, READ_ERRORS)
@blueprint.arguments(FilmstripQuery(only=("model", "off")), location="query")
@blueprint.response(200, FilmstripSchema, description="The reading, each digit with its `tile`, and the steps.")
def filmstrip(query: dict[str, Any]) -> Response:
    """Show every step of a reading, or the reading without some of the steps"""
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
