"""GET /api/v1/models/NAME/report: the evaluation report of a model, and its images."""

from __future__ import annotations

from flask import Response, current_app, jsonify, make_response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from marshmallow.validate import Equal

from inkling.errors import UnknownName
from inkling.server.routes.openapi import BYTES, MODELS_TAG, UNKNOWN_MODEL
from inkling.server.rules import API, rule
from inkling.server.schema_fields import OkSchema, array, integer, matrix, nested, number, objects, required, string
from inkling.server.schemas import ErrorAnswerSchema, ModelRef
from inkling.server.service import reports

blueprint = Blueprint("report", __name__, url_prefix="/api/v1", description="Evaluation reports of models.")

TYPES = {"png": "image/png", "svg": "image/svg+xml"}
# A figure contains only its own style: no scripts, links or fonts.
FIGURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
NO_REPORT = f"{UNKNOWN_MODEL} NoReport: there is no report about this version of the model."
_PICTURE = {"description": "The picture.", "content": {kind: {"schema": BYTES} for kind in TYPES.values()}}


class DigitListSchema(Schema):
    """Some test digits, as lists of the same length."""

    index = array(fields.Integer(), "Their indices in the test set.")
    label = array(fields.Integer(), "The labels.")
    read = array(fields.Integer(), "The predictions.")
    confidence = array(fields.Float(), "The calibrated confidences.")


class MistakesSchema(DigitListSchema):
    """Misread test digits, the most confident first, as lists of the same length."""

    total = integer("Number of mistakes; the lists may have fewer entries.")
    columns = integer("Tiles of 28x28 pixels per row of `mistakes.png`.")


class MapSchema(DigitListSchema):
    """A 2-D map of test digits by their last hidden layer (t-SNE), as lists of the same length."""

    shared = integer("Digits with a smaller `index` are in the file shared by all pages.")
    x = array(fields.Integer(), "0 to 1000, from the left.")
    y = array(fields.Integer(), "0 to 1000, from the top.")
    near = array(
        fields.List(fields.Integer()),
        "For each entry, the entries nearest to it in the hidden layer, nearest first.",
    )
    same = number("Share of the first `shared` entries whose nearest neighbor has the same label.")
    mixed = objects("Pairs of `digits` that are most often nearest neighbors, and `n`.")


class ReportSchema(OkSchema):
    """The evaluation of a model on the 10,000 MNIST test images."""

    format = integer(check=Equal(reports.FORMAT))
    model = nested(ModelRef)
    data = string("The data set.")
    scores = required(fields.Dict, "Accuracy with interval, cross-entropy, calibration error.")
    speed = required(fields.Dict, "Microseconds per digit, alone and in a batch; `source`.")
    temperature = number("The temperature of its calibration.")
    at_sure = required(fields.Dict, "Coverage and error rate of the answers that count as sure.")
    confusion = matrix(fields.Integer(), 10, "Rows: labels. Columns: predictions.")
    per_class = objects("Precision and recall of each digit.")
    reliability = required(fields.Dict, "Confidence bins `before` and `after` temperature scaling.")
    shifted = fields.Dict(metadata={"description": "Scores, `bins` and `at_sure` on digits unlike MNIST's."})
    robustness = objects("Accuracy at each level of five kinds of damage to the tiles.")
    history = required(fields.Dict, "One list per column, one entry per epoch; null if not kept.", allow_none=True)
    mistakes = nested(MistakesSchema)
    map = nested(MapSchema)
    figures = objects("`name`, `title`, `caption`; each is at `report/NAME.svg`.")


@blueprint.route("/models/<string:name>/report", methods=["GET"], tags=[MODELS_TAG])
@rule(API)
@blueprint.doc(operationId="getReport")
@blueprint.alt_response(404, schema=ErrorAnswerSchema, description=NO_REPORT)
@blueprint.response(200, ReportSchema, description="The report. Its entity tag begins with the model's version.")
def report(name: str) -> Response:
    """Get the evaluation report of a model"""
    found = find_report(name)
    model = {**found.values["model"], "name": name}  # the model may have been trained under another name
    return _revalidated(jsonify({"ok": True, **found.values, "model": model}), found.etag)


@blueprint.route("/models/<string:name>/report/<string:file>", methods=["GET"], tags=[MODELS_TAG])
@rule(API)
@blueprint.doc(operationId="getReportPicture", responses={"200": _PICTURE})
@blueprint.alt_response(404, schema=ErrorAnswerSchema, description=f"{NO_REPORT} NotFound: another file.")
def report_image(name: str, file: str) -> Response:
    """Get a picture of a report

    `mistakes.png` contains the tiles of `mistakes`, with `columns` tiles per row. `NAME.svg` is a figure.
    """
    found = find_report(name)
    response = make_response(found.image(file))
    response.mimetype = TYPES[file.rpartition(".")[2]]
    response.headers["Content-Security-Policy"] = FIGURE_POLICY
    return _revalidated(response, found.etag)


def find_report(name: str) -> reports.Report:
    """The report about an available model. Raises UnknownName and NoReport."""
    bundles = current_app.extensions["inkling"].bundles()
    if name not in bundles:
        raise UnknownName("model", name, bundles)
    return reports.load_report(bundles[name], name)


def _revalidated(response: Response, etag: str) -> Response:
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"  # the browser keeps it and revalidates it each time
    response.make_conditional(request)
    return response
