"""The API under /api/v1/hands: store corrected digits, teach a hand, and choose the version that reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint

from inkling.errors import UnknownFormat
from inkling.server.middleware.csrf_guard import check_caller
from inkling.server.routes import hand_schemas as schemas
from inkling.server.routes.openapi import BINARY, BYTES, HANDS_TAG, LAST_EVENT_ID, error_responses
from inkling.server.routes.request_body import from_data_url, json_body, raw_body
from inkling.server.rules import HANDS, HANDS_CHANGE, HANDS_IMPORT, HANDS_LESSONS, HANDS_TEACH, rule
from inkling.server.service.hand_json import MAX_VERSIONS, hand_json, lesson_json, version_json
from inkling.server.service.hands import Hands

if TYPE_CHECKING:
    from inkling.hands.lesson import Lesson

blueprint = Blueprint(
    "hands",
    __name__,
    url_prefix="/api/v1/hands",
    description="Learns a writer's handwriting from corrected digits. See `INKLING_HANDS`.",
)
corrections = Blueprint("corrections", __name__, url_prefix="/api/v1/corrections")
ZIP = "application/zip"
ROW_NUMBER = "int(max=2147483647)"  # of lessons and versions in a path: what every database can hold

_ERRORS = {
    400: "BadRequest: a wrong name, value or body.",
    403: "ForeignRequest: another site's page may have sent it.",
    404: "UnknownName: an unknown hand. NotFound: an unknown lesson or version. HandsClosed: hands are off.",
    503: "CannotWrite, BadData: the store cannot be used. Overloaded: more work than the service takes on at once.",
}
documents = error_responses(blueprint, _ERRORS)
documents_picture = error_responses(
    blueprint,
    {
        **_ERRORS,
        413: "ImageTooLarge: too many bytes or pixels.",
        415: "UnknownFormat: a body that is not JSON, or a picture format that is not read.",
        422: "StoreFull: too many hands or lessons. ImageTooSmall, BrokenPicture, DeadlineExceeded: the picture. "
        "WrongNetwork: the server's network cannot learn a hand.",
    },
)
documents_json = error_responses(
    blueprint,
    {
        **_ERRORS,
        413: "ImageTooLarge: a body of more than 10,000 bytes.",
        415: "UnknownFormat: a body that is not JSON.",
        422: "StoreFull: the versions take too many bytes. WrongNetwork: the server's network cannot learn a hand.",
    },
)
documents_teach = error_responses(
    blueprint,
    {
        **_ERRORS,
        409: "Busy: this machine is already teaching a whole network.",
        413: "ImageTooLarge: a body of more than 10,000 bytes.",
        415: "UnknownFormat: a body that is not JSON.",
        422: "StoreFull: the versions take too many bytes. WrongNetwork: the server's network cannot learn a hand.",
        503: f"{_ERRORS[503]} LabClosed: no whole network can be taught here; `full_reason` of `listHands` says why.",
    },
)


def takes(schema: str) -> Any:
    """Documents a JSON body."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return blueprint.doc(requestBody={"required": True, "content": content})


def register_schemas(spec: Any) -> None:
    """Name the schemas that the document refers to by reference."""
    for schema in (schemas.LessonsRequestSchema, schemas.TeachRequestSchema, schemas.UseRequestSchema):
        spec.components.schema(schema.__name__.removesuffix("Schema"), schema=schema)


@blueprint.before_request
@corrections.before_request
def guard() -> None:
    """Refuse every request where hands are off, and requests from other sites' pages."""
    hands().check_open()
    check_caller(request, current_app.config["INKLING"])


def hands() -> Hands:
    """The hands of this app."""
    found: Hands = current_app.extensions["inkling-hands"]
    return found


def described_hand(name: str) -> dict[str, Any]:
    """A hand as JSON. Raises UnknownName."""
    store = hands().store()
    return hand_json(store.hand(name), store.versions(name, newest=MAX_VERSIONS))


@blueprint.route("")
class AllHands(MethodView):
    """All hands."""

    @rule(HANDS)
    @blueprint.doc(operationId="listHands")
    @documents
    @blueprint.response(200, schemas.HandsSchema, description="The hands.")
    def get(self) -> Response:
        """List the hands"""
        store = hands().store()
        listed = [hand_json(hand, store.versions(hand.name, newest=MAX_VERSIONS)) for hand in store.hands()]
        reason = hands().full_reason()
        kinds = ["light"] if reason else ["light", "full"]
        return jsonify(ok=True, store=hands().where(), kinds=kinds, full_reason=reason, hands=listed)

    @rule(HANDS)
    @blueprint.doc(operationId="deleteHands")
    @documents
    @blueprint.response(200, schemas.DeletedSchema, description="How many hands there were.")
    def delete(self) -> Response:
        """Delete all hands with their digits and versions"""
        return jsonify(ok=True, deleted=hands().delete_all())


@blueprint.route("/<name>")
class OneHand(MethodView):
    """One hand."""

    @rule(HANDS)
    @blueprint.doc(operationId="getHand")
    @documents
    @blueprint.response(200, schemas.HandAnswerSchema, description="The hand.")
    def get(self, name: str) -> Response:
        """Describe a hand: its stored digits and versions"""
        return jsonify(ok=True, hand=described_hand(name))

    @rule(HANDS)
    @blueprint.doc(operationId="deleteHand")
    @documents
    @blueprint.response(200, schemas.DeletedSchema, description="How many digits it had.")
    def delete(self, name: str) -> Response:
        """Delete a hand with its digits and versions"""
        return jsonify(ok=True, deleted=hands().delete(name))


@blueprint.route("/<name>/lessons")
class Lessons(MethodView):
    """The stored digits of a hand."""

    @rule(HANDS)
    @blueprint.doc(operationId="listLessons")
    @documents
    @blueprint.arguments(schemas.LessonsQuery(), location="query", error_status_code=400)
    @blueprint.response(200, schemas.LessonsSchema, description="The digits.")
    def get(self, query: dict[str, Any], name: str) -> Response:
        """List the stored digits of a hand, the newest first"""
        found = hands().store().latest(name, **query)
        return jsonify(ok=True, lessons=lessons_json(name, found))

    @rule(HANDS_LESSONS)
    @blueprint.doc(operationId="addLessons")
    @takes("LessonsRequest")
    @documents_picture
    @blueprint.response(200, schemas.AddedSchema, description="The digits are on the disk.")
    def post(self, name: str) -> Response:
        """Store the right label of each box in a picture

        The digit in each box is stored as a picture of 28 by 28 pixels with its label; the picture itself is not.
        Either all of them are stored or none. A new name creates a new hand.
        """
        given = schemas.loaded(schemas.LessonsRequestSchema(), json_body())
        lessons = cut(given)
        added = hands().add(name, lessons)
        sent = {(each.sha256, each.label) for each in lessons}
        there = hands().store().of_pictures(name, {each.sha256 for each in lessons})
        listed = {each.id: lesson_json(each, there) for each in there}
        return jsonify(
            ok=True,
            stored=added.new,
            known=added.known,
            lessons=[listed[each.id] for each in there if (each.sha256, each.label) in sent],
            contradictions=[each for each in listed.values() if each["contradicts"]],
            hand=described_hand(name),
        )


@blueprint.route(f"/<name>/lessons/<{ROW_NUMBER}:lesson>", methods=["DELETE"])
@rule(HANDS)
@blueprint.doc(operationId="deleteLesson")
@documents
@blueprint.response(200, schemas.DeletedSchema, description="It is deleted.")
def delete_lesson(name: str, lesson: int) -> Response:
    """Delete one stored digit"""
    hands().store().delete_lesson(name, lesson)
    return jsonify(ok=True, deleted=1)


@blueprint.route("/<name>/teach")
class Teaching(MethodView):
    """Teaching a hand."""

    @rule(HANDS_TEACH)
    @blueprint.doc(operationId="teachHand")
    @takes("TeachRequest")
    @documents_teach
    @blueprint.alt_response(202, schema=schemas.JobSchema, description="A whole network is being taught.")
    @blueprint.response(200, schemas.TaughtSchema, description="What it learned, and whether that is used.")
    def post(self, name: str) -> tuple[Response, int]:
        """Teach a hand its stored digits

        `light` answers when it is done. `full`, where TensorFlow is installed, takes a few minutes in a separate
        process: follow its events, or ask for its state. The new version becomes the active one if it is an
        improvement; `reason` says why, or why not.
        """
        given = schemas.loaded(schemas.TeachRequestSchema(), json_body())
        if given["kind"] == "full":
            return jsonify(ok=True, job=hands().teach_full(name)), 202
        number = hands().teach(name)
        version = hands().store().version(name, number)
        return jsonify(ok=True, version=version_json(version), hand=described_hand(name)), 200

    @rule(HANDS)
    @blueprint.doc(operationId="getTeaching")
    @documents
    @blueprint.response(200, schemas.TeachingSchema, description="The state of the teaching.")
    def get(self, name: str) -> Response:
        """Get the state of the teaching of a whole network"""
        return jsonify(ok=True, **hands().job(name))

    @rule(HANDS)
    @blueprint.doc(operationId="cancelTeaching")
    @documents
    @blueprint.response(200, schemas.CancelledSchema, description="Nothing is being taught.")
    def delete(self, name: str) -> Response:
        """Cancel the teaching of a whole network"""
        return jsonify(ok=True, cancelled=hands().cancel(name))


@blueprint.route("/<name>/events", methods=["GET"])
@rule(HANDS)
@blueprint.doc(operationId="followTeaching", parameters=[LAST_EVENT_ID])
@documents
@blueprint.response(
    200,
    {"type": "string"},
    content_type="text/event-stream",
    description="`started`, `progress` (`stage`, `done`), then `done` (`version`, `promoted`, `reason`), `failed` "
    "(`error`) or `cancelled`. No events if no whole network was taught.",
)
def events(name: str) -> Response:
    """Follow the teaching of a whole network by server-sent events"""
    stream = hands().events(name, request.headers.get("Last-Event-ID", ""))
    release = current_app.extensions["inkling-streams"].acquire()
    response = Response(
        stream, mimetype="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    response.call_on_close(release)
    return response


@blueprint.route("/<name>/use", methods=["POST"])
@rule(HANDS_CHANGE)
@blueprint.doc(operationId="useVersion")
@takes("UseRequest")
@documents_json
@blueprint.response(200, schemas.HandAnswerSchema, description="The hand, with its active version.")
def use(name: str) -> Response:
    """Choose the version that reads: an earlier one to roll back, 0 for the original network"""
    given = schemas.loaded(schemas.UseRequestSchema(), json_body())
    hands().store().use(name, given["version"])
    return jsonify(ok=True, hand=described_hand(name))


@blueprint.route("/<name>/export", methods=["GET"])
@rule(HANDS)
@blueprint.doc(operationId="exportHand")
@documents
@blueprint.response(
    200, BYTES, content_type=ZIP, description="Files named LABEL__x.png, 28 by 28 pixels each, for `importHand`."
)
def export(name: str) -> Response:
    """Download the stored digits of a hand"""
    from inkling.hands.exchange import to_zip

    content = to_zip(hands().store().lessons(name))
    response = Response(content, mimetype=ZIP)
    response.headers.set("Content-Disposition", "attachment", filename="hand.zip")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/<name>/import", methods=["POST"])
@rule(HANDS_IMPORT)
@blueprint.doc(
    operationId="importHand",
    requestBody={"required": True, "content": {ZIP: {"schema": BYTES}, BINARY: {"schema": BYTES}}},
)
@documents_picture
@blueprint.response(200, schemas.ImportedSchema, description="The digits are on the disk.")
def import_(name: str) -> Response:
    """Add exported digits to a hand

    Either all of them are stored or none. A new name creates a new hand.
    """
    if request.mimetype not in (ZIP, BINARY):
        raise UnknownFormat(
            f"content type is {request.mimetype or 'missing'!r}; expected {ZIP}. Send an export of a hand."
        )
    added = hands().add_archive(name, raw_body())
    return jsonify(ok=True, stored=added.new, known=added.known, hand=described_hand(name))


@blueprint.route("/<name>/report", methods=["GET"])
@rule(HANDS)
@blueprint.doc(operationId="reportHand")
@documents
@blueprint.response(200, schemas.CorrectionsSchema, description="The report.")
def report(name: str) -> Response:
    """Report where a hand is misread, from its corrections"""
    return corrections_answer(name)


@corrections.route("", methods=["GET"], tags=[HANDS_TAG])
@rule(HANDS)
@corrections.doc(operationId="reportCorrections")
@error_responses(corrections, {status: _ERRORS[status] for status in (403, 404, 503)})
@corrections.response(200, schemas.CorrectionsSchema, description="The report.")
def all_corrections() -> Response:
    """Report where the reader fails, from the corrections of all hands"""
    return corrections_answer(None)


def corrections_answer(name: str | None) -> Response:
    """The report of one hand, or of all if `name` is None."""
    from inkling.hands.corrections import report

    return jsonify(ok=True, **report(hands().store().said(name)))


def cut(given: dict[str, Any]) -> list[Lesson]:
    """The lessons in a request. Raises BadRequest, and what decoding a picture raises."""
    from inkling.hands.box import Correction, box_lessons

    readers = current_app.extensions["inkling"]
    content = from_data_url(given["image"])
    corrections = [Correction(tuple(each["box"]), each["label"] or "none", each["said"]) for each in given["lessons"]]
    with readers.permit():
        reader = readers.get()
        texts = {"source": given["source"], "session": given["session"]}
        lessons = box_lessons(reader, reader.prepare(content), corrections, **texts)
    if given["model"]:
        model = given["model"]
        lessons = [replace(each, model_name=model["name"], model_version=model["version"]) for each in lessons]
    return lessons


def lessons_json(name: str, lessons: list[Lesson]) -> list[dict[str, Any]]:
    """Lessons of a hand as JSON, in the given order."""
    there = hands().store().of_pictures(name, {each.sha256 for each in lessons})
    return [lesson_json(each, there) for each in lessons]
