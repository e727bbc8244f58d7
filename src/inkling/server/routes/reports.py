"""The API: GET /api/v1/models/NAME/report, what a model can and cannot do, and the pictures that go with it."""

# mypy: disable-error-code="untyped-decorator"
# (flask-smorest comes without types)

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify, make_response, request
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from inkling.errors import UnknownName
from inkling.server.schemas import ErrorSchema, ModelRef
from inkling.server.service import reports
from inkling.server.service.reports import Report

blueprint = Blueprint("report", __name__, url_prefix="/api/v1", description="What a model can and cannot do.")

TYPES = {"png": "image/png", "svg": "image/svg+xml"}
# A figure carries its style inside and nothing else: no script, no link, no font.
FIGURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
NO_REPORT = "UnknownName: a model that is not offered. NoReport: nothing was published about this version of it."


def _about(text: str) -> dict[str, str]:
    return {"description": text}


class MistakesSchema(Schema):
    """Test digits that were read wrongly, the most confident first; lists of the same length."""

    total = fields.Integer(required=True, metadata=_about("How many there are; the lists may hold fewer."))
    columns = fields.Integer(required=True, metadata=_about("Tiles of 28x28 pixels in a row of `mistakes.png`."))
    index = fields.List(fields.Integer(), required=True, metadata=_about("Their places among the test images."))
    label = fields.List(fields.Integer(), required=True, metadata=_about("What they are."))
    read = fields.List(fields.Integer(), required=True, metadata=_about("What was read."))
    confidence = fields.List(fields.Float(), required=True, metadata=_about("How surely, calibrated."))


class MapSchema(Schema):
    """Test digits where they lie in the last hidden layer; lists of the same length."""

    shared = fields.Integer(
        required=True, metadata=_about("Digits with a smaller `index` are in the file that the pages share.")
    )
    index = fields.List(fields.Integer(), required=True, metadata=_about("Their places among the test images."))
    x = fields.List(fields.Integer(), required=True, metadata=_about("0 to 1000, from the left."))
    y = fields.List(fields.Integer(), required=True, metadata=_about("0 to 1000, from the top."))
    label = fields.List(fields.Integer(), required=True, metadata=_about("What they are."))
    read = fields.List(fields.Integer(), required=True, metadata=_about("What was read."))
    confidence = fields.List(fields.Float(), required=True, metadata=_about("How surely, calibrated."))
    near = fields.List(
        fields.List(fields.Integer()),
        required=True,
        metadata=_about("Which of these lists' entries are most alike in the hidden layer, nearest first."),
    )
    same = fields.Float(required=True, metadata=_about("Part of the first `shared` whose nearest has the same label."))
    mixed = fields.List(
        fields.Dict(), required=True, metadata=_about("Pairs of `digits` that are nearest to each other, and `n`.")
    )


class ReportSchema(Schema):
    """What a model can and cannot do on the 10,000 MNIST test images."""

    ok = fields.Boolean(required=True, validate=validate.Equal(True))
    format = fields.Integer(required=True, validate=validate.Equal(reports.FORMAT))
    model = fields.Nested(ModelRef, required=True)
    data = fields.String(required=True, metadata=_about("The data set."))
    scores = fields.Dict(required=True, metadata=_about("Accuracy with interval, cross-entropy, calibration error."))
    speed = fields.Dict(required=True, metadata=_about("Microseconds a digit, alone and among many; `source`."))
    temperature = fields.Float(required=True, metadata=_about("What its confidence was scaled by."))
    at_sure = fields.Dict(required=True, metadata=_about("What is answered surely, and how often wrongly."))
    confusion = fields.List(
        fields.List(fields.Integer(), validate=validate.Length(equal=10)),
        required=True,
        validate=validate.Length(equal=10),
        metadata=_about("Row: the label. Column: what was read."),
    )
    per_class = fields.List(fields.Dict(), required=True, metadata=_about("Precision and recall of each digit."))
    reliability = fields.Dict(required=True, metadata=_about("Bins of confidence `before` and `after` scaling."))
    robustness = fields.List(
        fields.Dict(), required=True, metadata=_about("Accuracy at each level of five kinds of damage to the tiles.")
    )
    history = fields.Dict(
        required=True, allow_none=True, metadata=_about("A list a column, an entry an epoch; null if not kept.")
    )
    mistakes = fields.Nested(MistakesSchema, required=True)
    map = fields.Nested(MapSchema, required=True)
    figures = fields.List(
        fields.Dict(), required=True, metadata=_about("`name`, `title`, `caption`; each is at `report/NAME.svg`.")
    )


@blueprint.route("/models/<string:name>/report")
class ReportOf(MethodView):
    """Tells what was published."""

    @blueprint.doc(operationId="report")
    @blueprint.alt_response(404, schema=ErrorSchema, description=NO_REPORT)
    @blueprint.response(200, ReportSchema, description="The report. Its entity tag begins with the model's version.")
    def get(self, name: str) -> Response:
        """Tell what a model can and cannot do"""
        report = find(name)
        return _lasting(jsonify(ok=True, **_named(report.values, name)), report)


@blueprint.route("/models/<string:name>/report/<string:file>")
class Picture(MethodView):
    """Shows what was published."""

    @blueprint.doc(operationId="report_picture")
    @blueprint.alt_response(404, schema=ErrorSchema, description=f"{NO_REPORT} NotFound: another file.")
    @blueprint.response(
        200, {"type": "string", "contentMediaType": "image/png"}, content_type="image/*", description="The picture."
    )
    def get(self, name: str, file: str) -> Response:
        """Show a picture of a report

        `mistakes.png` holds the tiles of `mistakes`, as many to a row as `columns` says; `NAME.svg` is a figure.
        """
        report = find(name)
        response = make_response(report.picture(file))
        response.mimetype = TYPES[file.rpartition(".")[2]]
        response.headers["Content-Security-Policy"] = FIGURE_POLICY
        return _lasting(response, report)


def find(name: str) -> Report:
    """The report about a model that is offered. Raises UnknownName and NoReport."""
    bundles = current_app.extensions["inkling"].bundles()
    if name not in bundles:
        raise UnknownName("model", name, bundles)
    return reports.report_of(bundles[name], name)


def _named(values: dict[str, Any], name: str) -> dict[str, Any]:
    """The report under the name by which the model is offered, which may be another than it was trained by."""
    return {**values, "model": {**values["model"], "name": name}}


def _lasting(response: Response, report: Report) -> Response:
    response.set_etag(report.etag)
    response.headers["Cache-Control"] = "no-cache"  # kept by the browser, and asked about each time
    response.make_conditional(request)
    return response
