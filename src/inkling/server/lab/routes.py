"""The API under /api/v1/lab."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Response, current_app, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint

from inkling.errors import BadRequest, NotFound
from inkling.lab_protocol.hyperparameters import HYPERPARAMETERS, PRESETS, validated
from inkling.lab_protocol.lab_folder import read_json
from inkling.models.bundle import MNIST_TEST, Bundle
from inkling.server.lab import schemas
from inkling.server.lab.event_stream import event_stream
from inkling.server.lab.model_reports import make_report as start_report
from inkling.server.lab.model_reports import report_state
from inkling.server.lab.training_manager import CLOSED_REASONS, TrainingManager
from inkling.server.middleware.keys_and_rates import check_caller
from inkling.server.routes.openapi import LAST_EVENT_ID, error_responses
from inkling.server.routes.request_body import json_body
from inkling.server.rules import LAB, LAB_CHANGE, rule
from inkling.server.schemas import ErrorAnswerSchema

blueprint = Blueprint(
    "lab", __name__, url_prefix="/api/v1/lab", description="Train networks, one at a time. See `inkling serve --lab`."
)

_ERRORS = {
    400: "BadRequest: a wrong value, name or body.",
    403: "ForeignRequest: another site's page may have sent the request.",
    409: "Busy: another training is running, or the command is not possible in the current state.",
    413: "ImageTooLarge: a body of more than 10,000 bytes.",
    415: "UnknownFormat: a body that is not JSON.",
    503: "LabClosed: the server has no lab, no `learn` extra or no MNIST. CannotWrite: its folder is full.",
}
COMMANDS = "pause,resume,more,stop"
documents_read = error_responses(blueprint, {status: _ERRORS[status] for status in (403, 503)})


def documents_change(schema: str = "") -> Any:
    """Document a route that changes state: its errors, and its JSON body if it has one."""

    def document(view: Any) -> Any:
        if schema:
            content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
            view = blueprint.doc(requestBody={"required": True, "content": content})(view)
        return error_responses(blueprint, _ERRORS)(view)

    return document


@blueprint.before_request
def guard() -> None:
    """Reject requests from other sites' pages."""
    check_caller(request, current_app.config["INKLING"])


def register_schemas(spec: Any) -> None:
    """Register the schemas that the OpenAPI document references by name."""
    spec.components.schema("Training", schema=schemas.TrainingSchema)
    spec.components.schema("Augmentation", schema=schemas.AugmentationSchema)
    spec.components.schema("Keep", schema=schemas.KeepSchema)
    spec.components.schema("Watch", schema=schemas.WatchSchema)


def manager() -> TrainingManager:
    """The lab of this app."""
    found: TrainingManager = current_app.extensions["inkling-lab"]
    return found


def open_manager() -> TrainingManager:
    """The lab of this app. Raises LabClosed if nothing can be trained."""
    manager().check_open()
    return manager()


@blueprint.route("", methods=["GET"])
@rule(LAB)
@blueprint.doc(operationId="getLab")
@documents_read
@blueprint.response(200, schemas.LabSchema, description="Hyperparameters and presets.")
def lab() -> Response:
    """List the hyperparameters, and whether training is available"""
    reason = manager().closed_reason()
    return jsonify(
        ok=True,
        open=not reason,
        reason=CLOSED_REASONS.get(reason, ""),
        choices=[dataclasses.asdict(choice) for choice in HYPERPARAMETERS],
        presets=[dataclasses.asdict(preset) for preset in PRESETS],
    )


@blueprint.route("/samples", methods=["POST"])
@rule(LAB_CHANGE)
@blueprint.doc(operationId="drawSamples")
@documents_change("Augmentation")
@blueprint.response(200, schemas.SamplesSchema, description="The digits 0 to 9, and augmented copies.")
def samples() -> Response:
    """Augment digits with the given values, as during training"""
    samples = open_manager().samples
    values = validated(json_body())
    return jsonify(
        ok=True,
        **samples.draw(
            {choice.name: values[choice.name] for choice in HYPERPARAMETERS if choice.part == "augmentation"}
        ),
    )


@blueprint.route("/training")
class Training(MethodView):
    """The current or last training run."""

    @rule(LAB)
    @blueprint.doc(operationId="getTraining")
    @documents_read
    @blueprint.response(200, schemas.TrainingStateSchema, description="The state of the training.")
    def get(self) -> Response:
        """Get the state of the training"""
        return jsonify(ok=True, **open_manager().state())

    @rule(LAB_CHANGE)
    @blueprint.doc(operationId="startTraining")
    @documents_change("Training")
    @blueprint.response(200, schemas.TrainingStateSchema, description="The training has started.")
    def post(self) -> Response:
        """Start a training run, which replaces the last one"""
        return jsonify(ok=True, **manager().start(json_body()))

    @rule(LAB)
    @blueprint.doc(operationId="discardTraining")
    @documents_change()
    @blueprint.response(200, schemas.TrainingStateSchema, description="The training is deleted.")
    def delete(self) -> Response:
        """Delete the last training run"""
        return jsonify(ok=True, **manager().discard())


@blueprint.route(f"/training/<any({COMMANDS}):command>", methods=["POST"])
@rule(LAB_CHANGE)
@blueprint.doc(operationId="steerTraining")
@documents_change()
@blueprint.response(
    200, schemas.TrainingStateSchema, description="The command was sent; an event reports when it takes effect."
)
def steer(command: str) -> Response:
    """Pause or resume the training, train for one more epoch, or stop

    `more` adds one epoch to a finished training run, and trains a paused one to the end of its epoch. `resume` also
    continues a run whose process has died, from its last completed epoch.
    """
    json_body()
    return jsonify(ok=True, **manager().command(command))


@blueprint.route("/snapshot", methods=["GET"])
@rule(LAB)
@blueprint.doc(operationId="getSnapshot")
@documents_read
@blueprint.alt_response(404, schema=ErrorAnswerSchema, description="NotFound: nothing has been trained yet.")
@blueprint.response(200, schemas.SnapshotSchema, description="The latest snapshot.")
def snapshot() -> Response:
    """Get the network's current weights, confusion matrix and mistakes"""
    found = read_json(open_manager().lab.snapshot)
    if not found:
        raise NotFound("there is no snapshot yet; expected a training run that has begun. Start one.")
    return jsonify(ok=True, **found)


@blueprint.route("/watched", methods=["POST"])
@rule(LAB_CHANGE)
@blueprint.doc(operationId="watchDigit")
@documents_change("Watch")
@blueprint.response(
    200, schemas.WatchedSchema, description="The digit is read after each epoch; `watched` events report the result."
)
def watch() -> Response:
    """Have the network read your own digit after each epoch

    The digit stays in the lab's folder until it is replaced or removed.
    """
    return jsonify(ok=True, n=manager().watch(json_body().get("tile", "")))


@blueprint.route("/events", methods=["GET"])
@rule(LAB)
@blueprint.doc(operationId="followEvents", parameters=[LAST_EVENT_ID])
@documents_read
@blueprint.response(
    200,
    {"type": "string"},
    content_type="text/event-stream",
    description="`all`, the state as in GET /training; then `state`, `step`, `epoch`, `watched`, `snapshot`, `models`.",
)
def events() -> Response:
    """Follow the training through server-sent events"""
    lab = open_manager()
    release = current_app.extensions["inkling-streams"].acquire()
    response = Response(
        event_stream(lab, request.headers.get("Last-Event-ID", "")),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
    response.call_on_close(release)
    return response


@blueprint.route("/models")
class KeptModels(MethodView):
    """The kept models."""

    @rule(LAB)
    @blueprint.doc(operationId="listKeptModels")
    @documents_read
    @blueprint.response(200, schemas.KeptModelsSchema, description="The kept models.")
    def get(self) -> Response:
        """List the kept models"""
        return kept_models(open_manager())

    @rule(LAB_CHANGE)
    @blueprint.doc(operationId="keepModel")
    @documents_change("Keep")
    @blueprint.response(200, schemas.KeptModelsSchema, description="The model is kept and can be used immediately.")
    def post(self) -> Response:
        """Keep the trained network as a model"""
        given = json_body()
        test = given.get("test", False)
        if not isinstance(test, bool):
            raise BadRequest(f"test is {test!r}; expected true or false. Change it.")
        manager().keep(given.get("name"), test=test, taken=set(current_app.extensions["inkling"].bundles()))
        return kept_models(manager())


@blueprint.route("/models/<name>/report", methods=["POST"])
@rule(LAB_CHANGE)
@blueprint.doc(operationId="makeReport")
@documents_change()
@blueprint.alt_response(404, schema=ErrorAnswerSchema, description="UnknownName: no kept model with that name.")
@blueprint.response(
    200, schemas.KeptModelsSchema, description="The report is being made; a `models` event reports when it is done."
)
def make_report(name: str) -> Response:
    """Make a report about a kept model, which takes a minute or more"""
    json_body()
    start_report(manager(), name)
    return kept_models(manager())


@blueprint.route("/models/<name>", methods=["DELETE"])
@rule(LAB)
@blueprint.doc(operationId="deleteKeptModel")
@documents_change()
@blueprint.alt_response(404, schema=ErrorAnswerSchema, description="UnknownName: no kept model with that name.")
@blueprint.response(200, schemas.KeptModelsSchema, description="The model is deleted.")
def delete_model(name: str) -> Response:
    """Delete a kept model"""
    manager().delete(name)
    return kept_models(manager())


def kept_models(manager: TrainingManager) -> Response:
    """The response that lists the kept models, the newest first."""
    kept = manager.kept
    bundles = sorted(kept.bundles().values(), key=lambda each: str(each.manifest.get("created", "")), reverse=True)
    models = [kept_model_json(bundle) | report_state(manager, bundle) for bundle in bundles]
    return jsonify(ok=True, folder=str(kept.folder), models=models)


def kept_model_json(bundle: Bundle) -> dict[str, Any]:
    """A kept model as JSON."""
    manifest = bundle.manifest
    scores = manifest.get("scores", {})
    return {
        "name": bundle.name,
        "version": bundle.version,
        "architecture": str(manifest.get("architecture", "")),
        "parameters": int(manifest.get("parameters", 0)),
        "validation": float(scores.get("mnist-validation", {}).get("accuracy", 0)),
        "test": scores.get(MNIST_TEST, {}).get("accuracy"),
        "created": str(manifest.get("created", "")),
    }
