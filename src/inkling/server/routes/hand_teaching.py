"""The API under /api/v1/hands/NAME: teach a hand, and choose its active version."""

from __future__ import annotations

from flask import Response, current_app, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint

from inkling.server.routes.hand_schemas import HandAnswerSchema, TaughtSchema
from inkling.server.routes.hand_version_schemas import (
    CancelledSchema,
    JobSchema,
    TeachingSchema,
    TeachRequestSchema,
    UseRequestSchema,
)
from inkling.server.routes.hands import ERRORS, described_hand, documents, guard, hands, takes
from inkling.server.routes.openapi import HANDS_TAG, LAST_EVENT_ID, error_responses
from inkling.server.routes.request_body import json_body
from inkling.server.rules import HANDS, HANDS_CHANGE, HANDS_TEACH, rule
from inkling.server.schema_fields import loaded
from inkling.server.service.hand_json import version_json

blueprint = Blueprint("hand_teaching", __name__, url_prefix="/api/v1/hands", description="Teach hands.")
blueprint.before_request(guard)

documents_json = error_responses(
    blueprint,
    {
        **ERRORS,
        413: "ImageTooLarge: a body of more than 10,000 bytes.",
        415: "UnknownFormat: a body that is not JSON.",
        422: "StoreFull: the versions take too many bytes. WrongNetwork: the server's network cannot learn a hand.",
    },
)
documents_teach = error_responses(
    blueprint,
    {
        **ERRORS,
        409: "Busy: this machine is already teaching a whole network.",
        413: "ImageTooLarge: a body of more than 10,000 bytes.",
        415: "UnknownFormat: a body that is not JSON.",
        422: "StoreFull: the versions take too many bytes. WrongNetwork: the server's network cannot learn a hand.",
        503: f"{ERRORS[503]} LabClosed: this server cannot teach whole networks; see `full_reason` of `listHands`.",
    },
)


@blueprint.route("/<name>/teach", tags=[HANDS_TAG])
class Teaching(MethodView):
    """Teaching a hand."""

    @rule(HANDS_TEACH)
    @blueprint.doc(operationId="teachHand")
    @takes("TeachRequest")
    @documents_teach
    @blueprint.alt_response(202, schema=JobSchema, description="The job has started.")
    @blueprint.response(200, TaughtSchema, description="The new version, and whether it is active.")
    def post(self, name: str) -> tuple[Response, int]:
        """Teach a hand from its stored digits

        `light` responds when it is done. `full` needs TensorFlow and takes a few minutes in a separate process: follow
        its events, or poll its state. The new version becomes active if it is an improvement; `reason` explains the
        decision.
        """
        given = loaded(TeachRequestSchema(), json_body())
        if given["kind"] == "full":
            return jsonify(ok=True, job=hands().teach_full(name)), 202
        number = hands().teach(name)
        version = hands().store().version(name, number)
        return jsonify(ok=True, version=version_json(version), hand=described_hand(name)), 200

    @rule(HANDS)
    @blueprint.doc(operationId="getTeaching")
    @documents
    @blueprint.response(200, TeachingSchema, description="The state of the job.")
    def get(self, name: str) -> Response:
        """Get the state of teaching a whole network"""
        return jsonify(ok=True, **hands().job(name))

    @rule(HANDS)
    @blueprint.doc(operationId="cancelTeaching")
    @documents
    @blueprint.response(200, CancelledSchema, description="No job is running any more.")
    def delete(self, name: str) -> Response:
        """Cancel teaching a whole network"""
        return jsonify(ok=True, cancelled=hands().cancel(name))


@blueprint.route("/<name>/events", methods=["GET"], tags=[HANDS_TAG])
@rule(HANDS)
@blueprint.doc(operationId="followTeaching", parameters=[LAST_EVENT_ID])
@documents
@blueprint.response(
    200,
    {"type": "string"},
    content_type="text/event-stream",
    description="`started`, `progress` (`stage`, `done`), then `done` (`version`, `promoted`, `reason`), `failed` "
    "(`error`) or `cancelled`. Without a job there are no events.",
)
def events(name: str) -> Response:
    """Follow the teaching of a whole network through server-sent events"""
    stream = hands().events(name, request.headers.get("Last-Event-ID", ""))
    release = current_app.extensions["inkling-streams"].acquire()
    response = Response(
        stream, mimetype="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    response.call_on_close(release)
    return response


@blueprint.route("/<name>/use", methods=["POST"], tags=[HANDS_TAG])
@rule(HANDS_CHANGE)
@blueprint.doc(operationId="useVersion")
@takes("UseRequest")
@documents_json
@blueprint.response(200, HandAnswerSchema, description="The hand, with its active version.")
def use(name: str) -> Response:
    """Choose the active version: an earlier one to roll back, 0 for the original network"""
    given = loaded(UseRequestSchema(), json_body())
    hands().store().use(name, given["version"])
    return jsonify(ok=True, hand=described_hand(name))
