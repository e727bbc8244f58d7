"""Shared parts of the OpenAPI document: errors, bodies, parameters, keys and rate limits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from inkling.server.schemas import (
    CONSTRAINTS,
    AnswerSchema,
    AnswersSchema,
    ErrorAnswerSchema,
    PictureSchema,
    ReadingSchema,
    ReadRequestSchema,
)
from inkling.server.settings import Settings

BINARY = "application/octet-stream"
MULTIPART = "multipart/form-data"
IMAGE_FIELD = "image"
JSON, TEXT, URL_ENCODED = "application/json", "text/plain", "application/x-www-form-urlencoded"
PDF = "application/pdf"
FORMATS = "PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC or AVIF"
BYTES: dict[str, Any] = {"type": "string", "format": "binary"}  # the notation that client generators support
BYTES_CONTENT = {BINARY: {"schema": BYTES}}

# The groups of the document. A generated client has one class per group.
READING_TAG, MODELS_TAG, SERVICE_TAG, LAB_TAG, HANDS_TAG = "reading", "models", "service", "lab", "hands"
TAGS = [
    {"name": READING_TAG, "description": "Read handwritten digits in pictures."},
    {"name": MODELS_TAG, "description": "List the models, and get their reports and internals."},
    {"name": HANDS_TAG, "description": "Learn a writer's handwriting from corrected digits. See `INKLING_HANDS`."},
    {"name": SERVICE_TAG, "description": "The state of the service, for monitoring."},
    {"name": LAB_TAG, "description": "Train networks, one at a time. See `inkling serve --lab`."},
]

UNKNOWN_MODEL = "UnknownName: an unknown model or hand. HandsClosed: hands are off."
READ_ERRORS = {
    400: "EmptyPicture: no bytes. BadRequest: a wrong parameter or body.",
    404: UNKNOWN_MODEL,
    413: "ImageTooLarge: too many bytes or pixels.",
    415: "UnknownFormat: an unsupported content type, content encoding or picture format.",
    422: "ImageTooSmall: too few pixels. BrokenPicture: the file is damaged or incomplete. DeadlineExceeded: the "
    "reading takes too long.",
    503: "Overloaded: too many requests in progress. BadBundle: no usable model.",
}
OTHER_ERRORS = (
    "Any other error, in the same format: `MethodNotAllowed` (405), or `InternalError` (500), whose message contains "
    "the request id."
)
MODEL_NAME: dict[str, Any] = {
    "name": "name",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "Name of a model from `GET /api/v1/models`.",
}

LAST_EVENT_ID: dict[str, Any] = {
    "in": "header",
    "name": "Last-Event-ID",
    "schema": {"type": "string"},
    "description": "Continue after this event; browsers send this header when they reconnect.",
}


def _picture_body(schema: str, form: str, description: str) -> dict[str, Any]:
    """The request body of a route that takes pictures: JSON with this `schema`, bytes, or a form.

    JSON is first because most client generators use only the first content type, or prefer JSON. The form's fields are
    described in words instead of declared, because openapi-generator's TypeScript client imports a model for a form
    with declared fields but does not generate it.
    """
    return {
        "required": True,
        "description": f"{description} Formats: {FORMATS}.",
        "content": {
            JSON: {"schema": _reference(schema)},
            BINARY: {"schema": BYTES},
            "image/*": {"schema": BYTES},
            MULTIPART: {"schema": {"type": "object", "description": form, "additionalProperties": BYTES}},
        },
    }


def _reference(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


READ_BODY = _picture_body(
    "ReadRequest",
    "Field `image` or `file`: a picture file, or its `data:` URL; repeat the field for several. Fields "
    + ", ".join(f"`{name}`" for name in CONSTRAINTS)
    + ": as in the query.",
    "One picture or document (PDF, multi-page TIFF) as JSON, or its bytes as the raw body; or one or more in a form. "
    "A `data:` URL as `text/plain` and a URL-encoded form are also accepted.",
)
# For the routes that take a single picture.
SINGLE_IMAGE_BODY = _picture_body(
    "Picture",
    "Field `image` or `file`: the picture file, or its `data:` URL.",
    "One picture as JSON, as the raw body, or in a form.",
)

BEARER, API_KEY = "bearer", "apiKey"
_ERROR_CONTENT = {JSON: {"schema": _reference("ErrorAnswer")}}
_REQUEST_ID = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": "The request id; the client's own if it sent one."}
}
_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait before a retry."}}
_UNAUTHORIZED = {
    "description": "BadKey: the service requires a key, and it is missing or wrong.",
    "content": _ERROR_CONTENT,
    "headers": {**_REQUEST_ID, "WWW-Authenticate": {"schema": {"type": "string"}}},
}
_TOO_MANY_REQUESTS = {
    "description": "TooManyRequests: the client exceeds the rate limit.",
    "content": _ERROR_CONTENT,
    "headers": {**_REQUEST_ID, **_RETRY_AFTER},
}


def info(settings: Settings) -> dict[str, Any]:
    """The document's title block."""
    key = "A key is required, as `Authorization: Bearer KEY` or `X-API-Key: KEY`."
    return {
        "summary": "Reads handwritten digits.",
        "description": "Send a picture; get its digits, each with a confidence and an optional explanation. "
        + (key if settings.api_key else "No key is required."),
        "license": {"name": "MIT", "identifier": "MIT"},
    }


def register_schemas(spec: Any) -> None:
    """Register the schemas that the document references by name."""
    spec.components.schema("Reading", schema=ReadingSchema)
    spec.components.schema("Answer", schema=AnswerSchema)
    spec.components.schema("Answers", schema=AnswersSchema)
    spec.components.schema("ReadAnswer", {"oneOf": [_reference("Answer"), _reference("Answers")]})
    spec.components.schema("Picture", schema=PictureSchema)
    spec.components.schema("ReadRequest", schema=ReadRequestSchema)
    spec.components.schemas.pop("PaginationMetadata", None)  # flask-smorest adds it to every document


def error_responses(blueprint: Any, errors: Mapping[int, str]) -> Any:
    """A decorator that documents a view's errors. `errors`: HTTP status -> description."""

    def document(view: Any) -> Any:
        for status, description in errors.items():
            view = blueprint.alt_response(status, schema=ErrorAnswerSchema, description=description)(view)
        return view

    return document


def finish_document(spec: Any, settings: Settings) -> None:
    """Add what routes share: groups, the two ways to send a key, the errors 401 and 429, and the request id."""
    spec.components.security_scheme(BEARER, {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme(API_KEY, {"type": "apiKey", "in": "header", "name": "X-API-Key"})
    needed: list[dict[str, list[str]]] = [{BEARER: []}, {API_KEY: []}]
    original = spec.to_dict

    @cache  # all routes are registered by now, and generating the document takes milliseconds
    def to_dict() -> dict[str, Any]:
        document: dict[str, Any] = original()
        document["tags"] = TAGS
        document["components"]["responses"]["DEFAULT_ERROR"]["description"] = OTHER_ERRORS
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if method != "parameters" and (path.startswith("/api/") or path == "/metrics"):
                    _add_access(operation, limited=path.startswith("/api/"))
                    operation["security"] = needed if settings.api_key else [{}, *needed]
        return document

    spec.to_dict = to_dict


def _add_access(operation: dict[str, Any], *, limited: bool) -> None:
    responses = operation["responses"]
    responses["401"] = _UNAUTHORIZED
    if limited:
        responses["429"] = _TOO_MANY_REQUESTS
    for status, response in responses.items():
        if "$ref" not in response:
            headers = {**_REQUEST_ID, **(_RETRY_AFTER if status == "503" else {})}
            response["headers"] = {**response.get("headers", {}), **headers}
