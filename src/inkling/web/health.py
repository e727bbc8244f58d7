"""/healthz: the process answers. /readyz: the model is loaded, so that traffic may come."""

# mypy: disable-error-code="untyped-decorator"
# (flask-smorest comes without types)

from __future__ import annotations

from flask import Response, current_app, jsonify
from flask.views import MethodView
from flask_smorest import Blueprint

from inkling.web.metrics import as_text
from inkling.web.schemas import ErrorSchema, HealthSchema

blueprint = Blueprint("service", __name__, description="The state of the service, for machines that watch it.")


@blueprint.route("/healthz")
class Health(MethodView):
    """Liveness."""

    @blueprint.doc(operationId="healthz")
    @blueprint.response(200, HealthSchema, description="The process answers.")
    def get(self) -> Response:
        """Say whether the process answers"""
        return jsonify(ok=True)


@blueprint.route("/readyz")
class Ready(MethodView):
    """Readiness."""

    @blueprint.doc(operationId="readyz")
    @blueprint.alt_response(503, schema=ErrorSchema, description="The model is still being loaded, or is unusable.")
    @blueprint.response(200, HealthSchema, description="The model is loaded.")
    def get(self) -> Response:
        """Say whether the model is loaded"""
        current_app.extensions["inkling"].check()
        return jsonify(ok=True)


@blueprint.route("/metrics")
class Metrics(MethodView):
    """Prometheus."""

    @blueprint.doc(operationId="metrics")
    @blueprint.response(200, {"type": "string"}, content_type="text/plain", description="Prometheus text format.")
    def get(self) -> Response:
        """Show counts and times of this worker process for Prometheus"""
        return Response(as_text(current_app.extensions["inkling-metrics"]), mimetype="text/plain")
