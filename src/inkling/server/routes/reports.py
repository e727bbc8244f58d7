"""GET /api/v1/models/NAME/report: what a model can and cannot do, and the images of the report."""

from __future__ import annotations

from flask import Response, current_app, jsonify, make_response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from marshmallow.validate import Equal

from inkling.errors import UnknownName
from inkling.server.routes.openapi import BYTES, MODELS_TAG, UNKNOWN_MODEL
from inkling.server.rules import API, rule
from inkling.server.schemas import (
    ErrorAnswerSchema,
    ModelRef,
    OkSchema,
    array,
    integer,
    matrix,
    nested,
    number,
    objects,
    required,
    string,
)
from inkling.server.service import reports

blueprint = Blueprint("report", __name__, url_prefix="/api/v1", description="What a model can and cannot do.")

TYPES = {"png": "image/png", "svg": "image/svg+xml"}
# A figure contains its style and nothing else: no script, no link, no font.
FIGURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
NO_REPORT = f"{UNKNOWN_MODEL} NoReport: nothing was published about this version of it."
_PICTURE = {"description": "The picture.", "content": {kind: {"schema": BYTES} for kind in TYPES.values()}}


class DigitListSchema(Schema):
    """Some test digits; lists of the same length."""

    index = array(fields.Integer(), "Their places among the test images.")
    label = array(fields.Integer(), "What they are.")
    read = array(fields.Integer(), "What was read.")
    confidence = array(fields.Float(), "How surely, calibrated.")


class MistakesSchema(DigitListSchema):
    """Test digits that were read wrongly, the most confident first; lists of the same length."""

    total = integer("How many there are; the lists may hold fewer.")
    columns = integer("Tiles of 28x28 pixels in a row of `mistakes.png`.")


class MapSchema(DigitListSchema):
    """Test digits where they lie in the last hidden layer; lists of the same length."""

    shared = integer("Digits with a smaller `index` are in the file that the pages share.")
    x = array(fields.Integer(), "0 to 1000, from the left.")
    y = array(fields.Integer(), "0 to 1000, from the top.")
    near = array(
        fields.List(fields.Integer()),
        "Which of these lists' entries are most alike in the hidden layer, nearest first.",
    )
    same = number("Part of the first `shared` whose nearest has the same label.")
    mixed = objects("Pairs of `digits` that are nearest to each other, and `n`.")


class ReportSchema(OkSchema):
    """What a model can and cannot do on the 10,000 MNIST test images."""

    format = integer(check=Equal(reports.FORMAT))
    model = nested(ModelRef)
    data = string("The data set.")
    scores = required(fields.Dict, "Accuracy with interval, cross-entropy, calibration error.")
    speed = required(fields.Dict, "Microseconds a digit, alone and among many; `source`.")
    temperature = number("What its confidence was scaled by.")
    at_sure = required(fields.Dict, "What is answered surely, and how often wrongly.")
    confusion = matrix(fields.Integer(), 10, "Row: the label. Column: what was read.")
    per_class = objects("Precision and recall of each digit.")
    reliability = required(fields.Dict, "Bins of confidence `before` and `after` scaling.")
    shifted = fields.Dict(metadata={"description": "Scores, `bins` and `at_sure` on digits unlike MNIST's."})
    robustness = objects("Accuracy at each level of five kinds of damage to the tiles.")
    history = required(fields.Dict, "A list a column, an entry an epoch; null if not kept.", allow_none=True)
    mistakes = nested(MistakesSchema)
    map = nested(MapSchema)
    figures = objects("`name`, `title`, `caption`; each is at `report/NAME.svg`.")


@blueprint.route("/models/<string:name>/report", methods=["GET"], tags=[MODELS_TAG])
@rule(API)
@blueprint.doc(operationId="getReport")
@blueprint.alt_response(404, schema=ErrorAnswerSchema, description=NO_REPORT)
@blueprint.response(200, ReportSchema, description="The report. Its entity tag begins with the model's version.")
def report(name: str) -> Response:
    """Tell what a model can and cannot do"""
    found = find_report(name)
    model = {**found.values["model"], "name": name}  # the offered name; the model may have been trained by another
    return _revalidated(jsonify({"ok": True, **found.values, "model": model}), found.etag)


@blueprint.route("/models/<string:name>/report/<string:file>", methods=["GET"], tags=[MODELS_TAG])
@rule(API)
@blueprint.doc(operationId="getReportPicture", responses={"200": _PICTURE})
@blueprint.alt_response(404, schema=ErrorAnswerSchema, description=f"{NO_REPORT} NotFound: another file.")
def report_image(name: str, file: str) -> Response:
    """Show a picture of a report

    `mistakes.png` holds the tiles of `mistakes`, as many to a row as `columns` says; `NAME.svg` is a figure.
    """
    found = find_report(name)
    response = make_response(found.image(file))
    response.mimetype = TYPES[file.rpartition(".")[2]]
    response.headers["Content-Security-Policy"] = FIGURE_POLICY
    return _revalidated(response, found.etag)


def find_report(name: str) -> reports.Report:
    """The report about a model that is offered. Raises UnknownName and NoReport."""
    bundles = current_app.extensions["inkling"].bundles()
    if name not in bundles:
        raise UnknownName("model", name, bundles)
    return reports.load_report(bundles[name], name)


def _revalidated(response: Response, etag: str) -> Response:
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"  # kept by the browser, and revalidated each time
    response.make_conditional(request)
    return response
