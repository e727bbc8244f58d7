"""The API under /api/v1/hands: store, list, export and report corrected digits. Teaching: `hand_teaching.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint

from inkling.errors import UnknownFormat
from inkling.server.middleware.keys_and_rates import check_caller
from inkling.server.routes import hand_schemas as schemas
from inkling.server.routes.hand_version_schemas import TeachRequestSchema, UseRequestSchema
from inkling.server.routes.openapi import BINARY, BYTES, HANDS_TAG, error_responses
from inkling.server.routes.request_body import from_data_url, json_body, raw_body
from inkling.server.rules import HANDS, HANDS_IMPORT, HANDS_LESSONS, rule
from inkling.server.schema_fields import loaded
from inkling.server.service.hand_json import MAX_VERSIONS, hand_json, lesson_json
from inkling.server.service.hands import Hands

if TYPE_CHECKING:
    from inkling.hands.lesson import Lesson

blueprint = Blueprint(
    "hands",
    __name__,
    url_prefix="/api/v1/hands",
    description="Learn a writer's handwriting from corrected digits. See `INKLING_HANDS`.",
)
corrections = Blueprint("corrections", __name__, url_prefix="/api/v1/corrections")
ZIP = "application/zip"
ROW_NUMBER = "int(max=2147483647)"  # of lessons and versions in a path; the largest integer that every database stores

ERRORS = {
    400: "BadRequest: a wrong name, value or body.",
    403: "ForeignRequest: another site's page may have sent the request.",
    404: "UnknownName: an unknown hand. NotFound: an unknown lesson or version. HandsClosed: hands are off.",
    503: "CannotWrite, BadData: the store cannot be used. Overloaded: too many requests in progress.",
}
documents = error_responses(blueprint, ERRORS)
documents_picture = error_responses(
    blueprint,
    {
        **ERRORS,
        413: "ImageTooLarge: too many bytes or pixels.",
        415: "UnknownFormat: a body that is not JSON, or an unsupported picture format.",
        422: "StoreFull: too many hands or lessons. ImageTooSmall, BrokenPicture, DeadlineExceeded: the picture cannot "
        "be read. WrongNetwork: the server's network cannot learn a hand.",
    },
)


def takes(schema: str) -> Any:
    """Document a JSON body."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return blueprint.doc(requestBody={"required": True, "content": content})


def register_schemas(spec: Any) -> None:
    """Register the schemas that the OpenAPI document references by name."""
    for schema in (schemas.LessonsRequestSchema, TeachRequestSchema, UseRequestSchema):
        spec.components.schema(schema.__name__.removesuffix("Schema"), schema=schema)


@blueprint.before_request
@corrections.before_request
def guard() -> None:
    """Reject every request if hands are off, and requests from other sites' pages."""
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
    @blueprint.response(200, schemas.DeletedSchema, description="The number of deleted hands.")
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
        """Get a hand: counts of its stored digits, and its versions"""
        return jsonify(ok=True, hand=described_hand(name))

    @rule(HANDS)
    @blueprint.doc(operationId="deleteHand")
    @documents
    @blueprint.response(200, schemas.DeletedSchema, description="The number of deleted digits.")
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
    @blueprint.response(200, schemas.AddedSchema, description="The digits are stored.")
    def post(self, name: str) -> Response:
        """Store the right label for each box in a picture

        The digit in each box is stored as a picture of 28 by 28 pixels with its label; the whole picture is not stored.
        Either all digits are stored or none. A new name creates a hand.
        """
        given = loaded(schemas.LessonsRequestSchema(), json_body())
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
@blueprint.response(200, schemas.DeletedSchema, description="The digit is deleted.")
def delete_lesson(name: str, lesson: int) -> Response:
    """Delete one stored digit"""
    hands().store().delete_lesson(name, lesson)
    return jsonify(ok=True, deleted=1)


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
@blueprint.response(200, schemas.ImportedSchema, description="The digits are stored.")
def import_(name: str) -> Response:
    """Add exported digits to a hand

    Either all digits are stored or none. A new name creates a hand.
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
    """Report how a hand is misread, from its corrections"""
    return corrections_answer(name)


@corrections.route("", methods=["GET"], tags=[HANDS_TAG])
@rule(HANDS)
@corrections.doc(operationId="reportCorrections")
@error_responses(corrections, {status: ERRORS[status] for status in (403, 404, 503)})
@corrections.response(200, schemas.CorrectionsSchema, description="The report.")
def all_corrections() -> Response:
    """Report how digits are misread, from the corrections of all hands"""
    return corrections_answer(None)


def corrections_answer(name: str | None) -> Response:
    """The report about one hand, or about all hands if `name` is None."""
    from inkling.hands.corrections import report

    return jsonify(ok=True, **report(hands().store().said(name)))


def cut(given: dict[str, Any]) -> list[Lesson]:
    """The lessons in a request. Raises BadRequest and the errors of decoding."""
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
