"""/healthz: the process responds. /readyz: the model is loaded and works. /metrics: metrics for Prometheus."""

from __future__ import annotations

import platform

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint

from inkling import __version__
from inkling.errors import InklingError, Overloaded
from inkling.server.rules import HEALTH, METRICS, rule
from inkling.server.schemas import ErrorAnswerSchema, HealthSchema
from inkling.server.stopping import stopping

blueprint = Blueprint("service", __name__, description="The state of the service, for monitoring.")


@blueprint.route("/healthz", methods=["GET"])
@rule(HEALTH)
@blueprint.doc(operationId="getHealth")
@blueprint.response(200, HealthSchema, description="The process responds.")
def healthz() -> Response:
    """Check that the process responds"""
    return jsonify(ok=True)


@blueprint.route("/readyz", methods=["GET"])
@rule(HEALTH)
@blueprint.doc(operationId="getReadiness")
@blueprint.alt_response(
    503, schema=ErrorAnswerSchema, description="The model is being loaded or unusable, or the service is stopping."
)
@blueprint.response(200, HealthSchema, description="The model is loaded and works.")
def readyz() -> Response:
    """Check that the service is ready to read"""
    if stopping.is_set():
        raise Overloaded("the service is stopping and accepts no new requests. Use another instance.")
    current_app.extensions["inkling"].check()
    return jsonify(ok=True)


@blueprint.route("/metrics", methods=["GET"])
@rule(METRICS)
@blueprint.doc(operationId="getMetrics")
@blueprint.response(200, {"type": "string"}, content_type="text/plain", description="Prometheus text format.")
def metrics() -> Response:
    """Get the metrics of all workers in the Prometheus format"""
    counted = current_app.extensions["inkling-metrics"]
    counted.set("inkling_build_info", 1, *build_info())
    return Response(counted.text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def build_info() -> tuple[str, ...]:
    """The versions of inkling and Python, and name and version of the default model, as label values."""
    try:
        model = current_app.extensions["inkling"].default()
        name, version = model.name, model.version
    except InklingError:
        name = version = ""
    return (__version__, platform.python_version(), name, version)
