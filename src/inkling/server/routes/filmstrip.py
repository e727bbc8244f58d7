"""The API: POST /api/v1/filmstrip, every step of one reading, with steps switched off on demand."""

# mypy: disable-error-code="untyped-decorator"
# (flask-smorest comes without types)

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import ValidationError, fields, validate

from inkling.server.routes.read import ONE_PICTURE, documents_errors, one_picture
from inkling.server.schemas import AnswerSchema, ReadQuery, StepSchema
from inkling.server.service.reading import reading_json

blueprint = Blueprint("filmstrip", __name__, url_prefix="/api/v1", description="The steps of a reading.")

SWITCHES = ("ink", "glyphs", "shape", "centre", "pen")  # as in inkling.explain.ablation, which is heavy
SIDE = 320  # pixels: the longer side of a step's picture


def _known(names: str) -> None:
    wrong = sorted(set(filter(None, names.split(","))) - set(SWITCHES))
    if wrong:
        raise ValidationError(
            f"off has {wrong[0]!r}; expected names from: {', '.join(SWITCHES)}. Write commas between them."
        )


class FilmstripQuery(ReadQuery):
    """The query of POST /api/v1/filmstrip."""

    off = fields.String(
        load_default="",
        validate=_known,
        metadata={
            "description": "Steps to do without, with commas between. `ink`: the grey of the picture as it is, so that "
            "white paper counts as ink. `glyphs`: the whole picture is one digit. `shape`: stretched over the tile. "
            "`centre`: copied into the corner. `pen`: strokes as wide as they come.",
            "example": "centre,pen",
        },
    )


class FilmstripSchema(AnswerSchema):
    """A reading, and the pictures of its steps."""

    off = fields.List(
        fields.String(validate=validate.OneOf(SWITCHES)),
        required=True,
        metadata={"description": "The steps that were done without, in the order of the road."},
    )
    steps = fields.List(
        fields.Nested(StepSchema), required=True, metadata={"description": "Without `glyphs` if nothing was found."}
    )


@blueprint.route("/filmstrip")
class Filmstrip(MethodView):
    """Shows the steps of a reading."""

    @blueprint.doc(requestBody=ONE_PICTURE, operationId="filmstrip")
    @documents_errors
    @blueprint.arguments(FilmstripQuery(only=("model", "off")), location="query")
    @blueprint.response(200, FilmstripSchema, description="The reading, each digit with its `tile`, and the steps.")
    def post(self, query: dict[str, Any]) -> Response:
        """Show every step of a reading, and what it would be without some of them"""
        from inkling.explain.ablation import trace_without
        from inkling.explain.as_json import steps_json
        from inkling.explain.filmstrip import filmstrip

        readers = current_app.extensions["inkling"]
        content = one_picture()
        reader = readers.get(query["model"] or None)
        asked = query["off"].split(",")
        off = [name for name in SWITCHES if name in asked]
        with readers.turn() as turn:
            trace = trace_without(reader, content, off)
            answer = reading_json(reader, trace, explain="tiles")
            steps = steps_json(filmstrip(trace), side=SIDE)
        model = {"name": reader.bundle.name, "version": reader.bundle.version}
        return jsonify({**answer, "model": model, "took_ms": round(turn.held_s * 1000, 2), "off": off, "steps": steps})
