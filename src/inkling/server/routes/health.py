"""/healthz: the process answers. /readyz: the model is loaded and has read. /metrics: for Prometheus."""

from __future__ import annotations

import platform

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint

from inkling import __version__
from inkling.errors import InklingError, Overloaded
from inkling.server.rules import HEALTH, METRICS, rule
from inkling.server.schemas import ErrorAnswerSchema, HealthSchema
from inkling.server.stopping import stopping

blueprint = Blueprint("service", __name__, description="The state of the service, for machines that watch it.")


@blueprint.route("/healthz", methods=["GET"])
@rule(HEALTH)
@blueprint.doc(operationId="getHealth")
@blueprint.response(200, HealthSchema, description="The process answers.")
def healthz() -> Response:
    """Say whether the process answers"""
    return jsonify(ok=True)


@blueprint.route("/readyz", methods=["GET"])
@rule(HEALTH)
@blueprint.doc(operationId="getReadiness")
@blueprint.alt_response(
    503, schema=ErrorAnswerSchema, description="The model is being loaded or unusable, or the service stops."
)
@blueprint.response(200, HealthSchema, description="The model is loaded and has read.")
def readyz() -> Response:
    """Say whether the service can read now"""
    if stopping.is_set():
        raise Overloaded("the service is stopping and finishes what it has; expected no more. Ask another one.")
    current_app.extensions["inkling"].check()
    return jsonify(ok=True)


@blueprint.route("/metrics", methods=["GET"])
@rule(METRICS)
@blueprint.doc(operationId="getMetrics")
@blueprint.response(200, {"type": "string"}, content_type="text/plain", description="Prometheus text format.")
def metrics() -> Response:
    """Show what all workers have counted, for Prometheus"""
    counted = current_app.extensions["inkling-metrics"]
    counted.set("inkling_build_info", 1, *build_info())
    return Response(counted.text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def build_info() -> tuple[str, ...]:
    """What is running, as labels."""
    try:
        model = current_app.extensions["inkling"].default()
        name, version = model.name, model.version
    except InklingError:
        name = version = ""
    return (__version__, platform.python_version(), name, version)
