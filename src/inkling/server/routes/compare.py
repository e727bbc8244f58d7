"""POST /api/v1/compare: read one image with every network."""

from __future__ import annotations

import time
from typing import Any

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint
from marshmallow import fields
from marshmallow.validate import Length

from inkling.server.routes.openapi import READ_ERRORS, READING_TAG, SINGLE_IMAGE_BODY, error_responses
from inkling.server.routes.request_body import single_image
from inkling.server.rules import COMPARISON, rule
from inkling.server.schema_fields import OkSchema, array, boolean, number
from inkling.server.schemas import AnswerSchema, ReadQuery
from inkling.server.service.reading import model_and_time, reading_json

blueprint = Blueprint("compare", __name__, url_prefix="/api/v1", description="Read one picture with several networks.")

MAX_NETWORKS = 8  # maximum: the first that `GET /api/v1/models` lists


class ComparisonSchema(OkSchema):
    """The readings of one picture by several networks."""

    agree = boolean("Whether all give the same `text`.")
    readings = array(
        fields.Nested(AnswerSchema),
        "One answer per network, in the order of `GET /api/v1/models`; each digit has its `tile`. The picture is "
        "prepared once, so each `took_ms` is the time of the network alone.",
        Length(min=1, max=MAX_NETWORKS),
    )
    took_ms = number("Total time, in milliseconds.")


@blueprint.route("/compare", methods=["POST"], tags=[READING_TAG])
@rule(COMPARISON)
@blueprint.doc(requestBody=SINGLE_IMAGE_BODY, operationId="compare")
@error_responses(blueprint, READ_ERRORS)
@blueprint.arguments(ReadQuery(only=("mode",)), location="query")
@blueprint.response(200, ComparisonSchema, description="The reading of each network.")
def compare(query: dict[str, Any]) -> Response:
    """Read one picture with every network

    Uses the first 8 networks that `GET /api/v1/models` lists.
    """
    readers = current_app.extensions["inkling"]
    content = single_image()
    chosen = readers.several(MAX_NETWORKS)
    readings = []
    with readers.permit() as permit:
        prepared = chosen[0].prepare(content, mode=query["mode"])
        for reader in chosen:
            start_s = time.perf_counter()
            answer = reading_json(reader, reader.trace_prepared(prepared), explain="tiles")
            readings.append({**answer, **model_and_time(reader, time.perf_counter() - start_s)})
    agree = len({reading["text"] for reading in readings}) == 1
    return jsonify(ok=True, agree=agree, readings=readings, took_ms=round(permit.held_s * 1000, 2))
