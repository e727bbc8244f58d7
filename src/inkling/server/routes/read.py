"""The API: POST /api/v1/read and GET /api/v1/models."""

# mypy: disable-error-code="untyped-decorator"
# (flask-smorest comes without types)

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint

from inkling.errors import BadPicture, BadRequest, EmptyPicture, Overloaded, UnknownFormat
from inkling.server.error_handlers import body_of
from inkling.server.middleware.request_context import note_of
from inkling.server.request_body import form_files, whole_body
from inkling.server.schemas import AnswerSchema, AnswersSchema, ErrorSchema, ModelsSchema, ReadingSchema, ReadQuery
from inkling.server.service.readers import Readers
from inkling.server.service.reading import answer, read_by, reading_json, traced

if TYPE_CHECKING:
    from inkling.models.bundle import Bundle
    from inkling.pipeline.reader import Reader

blueprint = Blueprint("inkling", __name__, url_prefix="/api/v1", description="Reads handwritten digits in pictures.")

FIELD = "image"
BINARY = "application/octet-stream"
MULTIPART = "multipart/form-data"
MOST_S = 15  # for the pictures of one request: less than a proxy, or `front/hangup.py`, waits for an answer
LATE = Overloaded(
    f"the pictures before this one took {MOST_S} s, all that one request may; expected fewer, or smaller ones. "
    "Send this one again in another request."
)

_REQUEST_BODY = {
    "required": True,
    "description": "One picture (PNG, JPEG, WebP, GIF, BMP or TIFF) as the raw body, or one or more in a form.",
    "content": {
        "image/*": {},
        BINARY: {},
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": [FIELD],
                "properties": {
                    FIELD: {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "string", "contentMediaType": BINARY},
                        "description": "A picture; repeat the field for several.",
                    }
                },
            }
        },
    },
}
# For the routes that take one picture and no more.
ONE_PICTURE = {
    **_REQUEST_BODY,
    "description": "One picture (PNG, JPEG, WebP, GIF, BMP or TIFF) as the raw body, or as a form's field `image`.",
}
_ERRORS = {
    400: "EmptyPicture: no bytes. BadRequest: a wrong parameter or body.",
    404: "UnknownName: a model that is not offered.",
    413: "ImageTooLarge: too many bytes or pixels.",
    415: "UnknownFormat: a content type, content encoding or picture format that is not read.",
    422: "ImageTooSmall, or BrokenPicture: the bytes cannot be decoded to the end.",
    503: "Overloaded: more work than the service takes on at once. BadBundle: no usable model.",
}


def documents_errors(view: Any) -> Any:
    """Adds every error status of reading to the OpenAPI document."""
    for status, description in _ERRORS.items():
        view = blueprint.alt_response(status, schema=ErrorSchema, description=description)(view)
    return view


@blueprint.route("/read")
class Read(MethodView):
    """Reads pictures."""

    @blueprint.doc(requestBody=_REQUEST_BODY, operationId="read")
    @documents_errors
    @blueprint.arguments(ReadQuery(), location="query")  # a class would be made into a schema at every request
    @blueprint.response(
        200,
        {"anyOf": [{"$ref": "#/components/schemas/Answer"}, {"$ref": "#/components/schemas/Answers"}]},
        description="An Answer for one picture; Answers for several.",
    )
    def post(self, query: dict[str, str]) -> Response:
        """Read the digits in a picture

        One picture gives one answer. Several pictures in one form give a list in the same order, with status 200:
        a picture among them that cannot be read has its own error in its place, and the others are still read.
        """
        readers = current_app.extensions["inkling"]
        contents = pictures()
        watched = {"metrics": current_app.extensions["inkling-metrics"], "note": note_of(request.environ)}
        if len(contents) == 1:
            return jsonify(answer(readers, contents[0], query, **watched))
        reader = readers.get(query["model"] or None)
        readings, took_s = read_each(readers, reader, contents, query, **watched)
        return jsonify({"ok": True, "readings": readings, **read_by(reader, took_s)})


@blueprint.route("/models")
class Models(MethodView):
    """Lists models."""

    @blueprint.doc(operationId="models")
    @blueprint.alt_response(503, schema=ErrorSchema, description="BadBundle: no usable model.")
    @blueprint.response(200, ModelsSchema, description="The models, the default first.")
    def get(self) -> Response:
        """List the models that can be asked for"""
        readers = current_app.extensions["inkling"]
        default = readers.default().name
        return jsonify(ok=True, models=[model_json(b, default=default) for b in readers.bundles().values()])


def register_schemas(spec: Any) -> None:
    """Names the schemas that the document refers to by reference."""
    spec.components.schema("Reading", schema=ReadingSchema)
    spec.components.schema("Answer", schema=AnswerSchema)
    spec.components.schema("Answers", schema=AnswersSchema)
    spec.components.schemas.pop("PaginationMetadata", None)  # flask-smorest adds it to every document


def pictures() -> list[bytes]:
    """The encoded pictures of the request, at least one.

    Raises UnknownFormat for another content type, EmptyPicture for no bytes, BadRequest for a form without pictures
    or with too many, and Werkzeug's RequestEntityTooLarge before more than the limit is read.
    """
    kind = request.mimetype
    if kind == MULTIPART:
        return form_pictures()
    if kind and kind != BINARY and not kind.startswith("image/"):
        raise UnknownFormat(
            f"content type is {kind!r}; expected image/*, {BINARY} or {MULTIPART}. "
            "Send the picture's bytes with the header 'Content-Type: image/png'."
        )
    content = whole_body()
    if not content:
        raise EmptyPicture("request body is empty; expected the bytes of a picture. Send the file's content.")
    return [content]


def one_picture() -> bytes:
    """The encoded picture of a request that may hold but one. Raises as `pictures` does, and BadRequest for more."""
    contents = pictures()
    if len(contents) > 1:
        raise BadRequest(f"form has {len(contents)} pictures; this route takes one. Send each in its own request.")
    return contents[0]


def form_pictures() -> list[bytes]:
    """The pictures of a multipart form's field `image`."""
    files = form_files(FIELD)
    limit: int = current_app.config["INKLING"].max_pictures
    if not files:
        given = ", ".join(sorted({*request.files, *request.form})) or "none"
        raise BadRequest(f"form has no file in field {FIELD!r} (fields: {given}); send the picture as field {FIELD!r}.")
    if len(files) > limit:
        raise BadRequest(f"form has {len(files)} pictures; the limit is {limit}. Send the rest in another request.")
    return [file.read() for file in files]


def read_each(
    readers: Readers, reader: Reader, contents: list[bytes], query: dict[str, Any], **watched: Any
) -> tuple[list[dict[str, Any]], float]:
    """Each picture's reading, or its own error in its place; and the seconds spent on them.

    A turn a picture, so that one request cannot hog; those whose turn has not come after MOST_S are not read.
    `watched`: metrics and note, as `traced` takes them.
    """
    answers, took_s, until_s = [], 0.0, time.monotonic() + MOST_S
    for content in contents:
        if time.monotonic() > until_s:
            answers.append(body_of(LATE))
            continue
        turn = readers.turn()
        try:
            with turn:
                trace = traced(reader, content, query["mode"], **watched)
                answers.append(reading_json(reader, trace, explain=query["explain"]))
        except BadPicture as error:
            answers.append(body_of(error))
        took_s += turn.held_s
    return answers, took_s


def model_json(entry: Bundle, *, default: str) -> dict[str, Any]:
    """What a client needs to choose a model."""
    facts = entry.manifest
    return {
        "name": entry.name,
        "version": entry.version,
        "default": entry.name == default,
        "architecture": str(facts.get("architecture", "")),
        "parameters": int(facts.get("parameters", 0)),
        "bytes": entry.model_path.stat().st_size,
        "accuracy": facts.get("scores", {}).get("mnist-test", {}).get("accuracy"),
    }
