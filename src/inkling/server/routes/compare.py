"""The API: POST /api/v1/compare, one picture through every network."""

# mypy: disable-error-code="untyped-decorator"
# (flask-smorest comes without types)

from __future__ import annotations

import time
from itertools import islice
from typing import Any

from flask import Response, current_app, jsonify
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from inkling.server.routes.read import ONE_PICTURE, documents_errors, one_picture
from inkling.server.schemas import AnswerSchema, ReadQuery
from inkling.server.service.reading import reading_json

blueprint = Blueprint("compare", __name__, url_prefix="/api/v1", description="One picture through several networks.")

MOST = 8  # networks that take part: the first that `GET /api/v1/models` lists


class ComparisonSchema(Schema):
    """What several networks make of one picture."""

    ok = fields.Boolean(required=True, validate=validate.Equal(True))
    agree = fields.Boolean(required=True, metadata={"description": "Whether all give the same `text`."})
    readings = fields.List(
        fields.Nested(AnswerSchema),
        required=True,
        validate=validate.Length(min=1, max=MOST),
        metadata={
            "description": "One answer a network, in the order of `GET /api/v1/models`; each digit has its `tile`. The "
            "picture is prepared once, so `took_ms` is what the network itself takes."
        },
    )
    took_ms = fields.Float(required=True, metadata={"description": "Time spent on all of it, milliseconds."})


@blueprint.route("/compare")
class Compare(MethodView):
    """Compares networks."""

    @blueprint.doc(requestBody=ONE_PICTURE, operationId="compare")
    @documents_errors
    @blueprint.arguments(ReadQuery(only=("mode",)), location="query")
    @blueprint.response(200, ComparisonSchema, description="What each network makes of it.")
    def post(self, query: dict[str, Any]) -> Response:
        """Read one picture with every network

        The first 8 networks that `GET /api/v1/models` lists take part.
        """
        readers = current_app.extensions["inkling"]
        content = one_picture()
        chosen = [readers.get(name) for name in islice(readers.bundles(), MOST)]
        readings = []
        with readers.turn() as whole:
            prepared = chosen[0].prepare(content, mode=query["mode"])
            for reader in chosen:
                start = time.perf_counter()
                answer = reading_json(reader, reader.trace_prepared(prepared), explain="tiles")
                model = {"name": reader.bundle.name, "version": reader.bundle.version}
                took_ms = round((time.perf_counter() - start) * 1000, 2)
                readings.append({**answer, "model": model, "took_ms": took_ms})
        agree = len({one["text"] for one in readings}) == 1
        return jsonify(ok=True, agree=agree, readings=readings, took_ms=round(whole.held_s * 1000, 2))
