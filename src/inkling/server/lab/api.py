"""The API under /api/v1/lab."""

# mypy: disable-error-code="untyped-decorator"
# (flask-smorest comes without types)

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint

from inkling.errors import BadRequest, NotFound
from inkling.lab_protocol.hyperparameters import HYPERPARAMETERS, PRESETS, validated
from inkling.lab_protocol.lab_folder import read_json
from inkling.server.lab import schemas
from inkling.server.lab.csrf_guard import check_caller, json_body
from inkling.server.lab.event_stream import follow
from inkling.server.lab.training_manager import CLOSED, MNIST_TEST, Laboratory
from inkling.server.schemas import ErrorSchema

if TYPE_CHECKING:
    from inkling.models.bundle import Bundle

blueprint = Blueprint(
    "lab", __name__, url_prefix="/api/v1/lab", description="Trains networks, one at a time. See `inkling serve --lab`."
)

_CLOSED = "LabClosed: the server has no lab, no `learn` extra or no MNIST. CannotWrite: its folder is full."
_REFUSALS = {
    400: "BadRequest: a wrong value, name or body.",
    403: "ForeignRequest: another site's page may have sent it.",
    409: "Busy: another training is at work, or the command makes no sense now.",
    415: "UnknownFormat: a body that is no JSON.",
    503: _CLOSED,
}
COMMANDS = "pause,resume,more,stop"


@blueprint.before_request
def guard() -> None:
    """Everything here is for this service's own page, and for programs."""
    check_caller(request, current_app.config["INKLING"])


def steers(schema: str = "") -> Any:
    """Documents a route that changes something: its JSON body, if it has one, and its refusals."""

    def document(view: Any) -> Any:
        for status, description in _REFUSALS.items():
            view = blueprint.alt_response(status, schema=ErrorSchema, description=description)(view)
        if schema:
            content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
            view = blueprint.doc(requestBody={"required": True, "content": content})(view)
        return view

    return document


def looks(view: Any) -> Any:
    """Documents a route that only looks."""
    for status in (403, 503):
        view = blueprint.alt_response(status, schema=ErrorSchema, description=_REFUSALS[status])(view)
    return view


def register_schemas(spec: Any) -> None:
    """Names the schemas that the document refers to by reference."""
    spec.components.schema("Training", schema=schemas.TrainingSchema)
    spec.components.schema("Augmentation", schema=schemas.AugmentationSchema)
    spec.components.schema("Keep", schema=schemas.KeepSchema)


def laboratory() -> Laboratory:
    """The lab of this app."""
    found: Laboratory = current_app.extensions["inkling-lab"]
    return found


@blueprint.route("")
class Lab(MethodView):
    """What can be chosen."""

    @blueprint.doc(operationId="lab")
    @looks
    @blueprint.response(200, schemas.LabSchema, description="Choices and presets.")
    def get(self) -> Response:
        """Say what can be chosen for a training, and whether one can be started here"""
        reason = laboratory().closed()
        return jsonify(
            ok=True,
            open=not reason,
            reason=CLOSED[reason] if reason else "",
            choices=[dataclasses.asdict(choice) for choice in HYPERPARAMETERS],
            presets=[dataclasses.asdict(preset) for preset in PRESETS],
        )


@blueprint.route("/samples")
class Samples(MethodView):
    """Digits drawn anew."""

    @blueprint.doc(operationId="samples")
    @steers("Augmentation")
    @blueprint.response(200, schemas.SamplesSchema, description="The digits 0 to 9, and drawn anew.")
    def post(self) -> Response:
        """Draw digits anew with chosen values, as a training would"""
        laboratory().check_open()
        values = validated(json_body(request))
        parts = {choice.name: values[choice.name] for choice in HYPERPARAMETERS if choice.part == "augmentation"}
        return jsonify(ok=True, **laboratory().samples.draw(parts))


@blueprint.route("/training")
class Training(MethodView):
    """The training of now, or the last one."""

    @blueprint.doc(operationId="training")
    @looks
    @blueprint.response(200, schemas.TrainingStateSchema, description="Where it stands.")
    def get(self) -> Response:
        """Say where the training stands"""
        laboratory().check_open()
        return jsonify(ok=True, **laboratory().state())

    @blueprint.doc(operationId="train")
    @steers("Training")
    @blueprint.response(200, schemas.TrainingStateSchema, description="It has begun.")
    def post(self) -> Response:
        """Start a training, in place of the last one"""
        return jsonify(ok=True, **laboratory().start(json_body(request)))

    @blueprint.doc(operationId="discard")
    @steers()
    @blueprint.response(200, schemas.TrainingStateSchema, description="It is gone.")
    def delete(self) -> Response:
        """Throw the last training away"""
        return jsonify(ok=True, **laboratory().discard())


@blueprint.route(f"/training/<any({COMMANDS}):command>")
class Command(MethodView):
    """Steers the training."""

    @blueprint.doc(operationId="steer")
    @steers()
    @blueprint.response(200, schemas.TrainingStateSchema, description="It has been asked; the events say when it does.")
    def post(self, command: str) -> Response:
        """Pause the training, go on, learn one more epoch and pause, or stop

        `more` lets a finished training learn one more epoch, and a paused one learn to the end of its epoch. `resume`
        also goes on with one whose process has died, from its last whole epoch.
        """
        json_body(request)
        return jsonify(ok=True, **laboratory().command(command))


@blueprint.route("/snapshot")
class Snapshot(MethodView):
    """A look into the network."""

    @blueprint.doc(operationId="snapshot")
    @looks
    @blueprint.alt_response(404, schema=ErrorSchema, description="NotFound: nothing has been trained yet.")
    @blueprint.response(200, schemas.SnapshotSchema, description="The latest.")
    def get(self) -> Response:
        """Look into the network that is learning: weights, confusions, mistakes"""
        laboratory().check_open()
        found = read_json(laboratory().lab.snapshot)
        if not found:
            raise NotFound("there is nothing to look at yet; expected a training that has begun to learn. Start one.")
        return jsonify(ok=True, **found)


@blueprint.route("/events")
class Events(MethodView):
    """The training, live."""

    @blueprint.doc(
        operationId="events",
        parameters=[
            {
                "in": "header",
                "name": "Last-Event-ID",
                "schema": {"type": "string"},
                "description": "Go on behind this event; a browser sends it by itself.",
            }
        ],
    )
    @looks
    @blueprint.response(
        200,
        {"type": "string"},
        content_type="text/event-stream",
        description="`all` (the state as of GET /training), then `state`, `step`, `epoch`, `snapshot` and `models`.",
    )
    def get(self) -> Response:
        """Follow the training by server-sent events"""
        laboratory().check_open()
        seat = current_app.extensions["inkling-listeners"].enter()
        response = Response(
            follow(laboratory(), request.headers.get("Last-Event-ID", "")),
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        response.call_on_close(seat.leave)
        return response


@blueprint.route("/models")
class Models(MethodView):
    """What was kept."""

    @blueprint.doc(operationId="keptModels")
    @looks
    @blueprint.response(200, schemas.KeptModelsSchema, description="The kept models.")
    def get(self) -> Response:
        """List the models that were kept"""
        laboratory().check_open()
        return jsonify(ok=True, **kept_json())

    @blueprint.doc(operationId="keep")
    @steers("Keep")
    @blueprint.response(200, schemas.KeptModelsSchema, description="It is kept, and can be asked for at once.")
    def post(self) -> Response:
        """Keep what was learnt as a model"""
        given = json_body(request)
        test = given.get("test", False)
        if not isinstance(test, bool):
            raise BadRequest(f"test is {test!r}; expected true or false. Change it.")
        laboratory().keep(given.get("name"), test=test, taken=set(current_app.extensions["inkling"].bundles()))
        return jsonify(ok=True, **kept_json())


@blueprint.route("/models/<name>")
class Model(MethodView):
    """One kept model."""

    @blueprint.doc(operationId="deleteModel")
    @steers()
    @blueprint.alt_response(404, schema=ErrorSchema, description="UnknownName: no kept model of that name.")
    @blueprint.response(200, schemas.KeptModelsSchema, description="It is gone.")
    def delete(self, name: str) -> Response:
        """Delete a kept model"""
        laboratory().delete(name)
        return jsonify(ok=True, **kept_json())


def kept_json() -> dict[str, Any]:
    """The kept models, the latest first."""
    kept = laboratory().kept
    models = sorted(kept.bundles().values(), key=lambda each: str(each.manifest.get("created", "")), reverse=True)
    return {"folder": str(kept.folder), "models": [model_json(each) for each in models]}


def model_json(kept: Bundle) -> dict[str, Any]:
    """What the page says of a kept model."""
    facts = kept.manifest
    scores = facts.get("scores", {})
    return {
        "name": kept.name,
        "version": kept.version,
        "architecture": str(facts.get("architecture", "")),
        "parameters": int(facts.get("parameters", 0)),
        "validation": float(scores.get("mnist-validation", {}).get("accuracy", 0)),
        "test": scores.get(MNIST_TEST, {}).get("accuracy"),
        "created": str(facts.get("created", "")),
    }
