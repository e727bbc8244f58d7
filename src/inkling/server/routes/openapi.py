"""What the routes share in the OpenAPI document: errors, bodies and parameters; keys and rate limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inkling.server.schemas import CONSTRAINTS, AnswerSchema, AnswersSchema, ErrorSchema, ReadingSchema
from inkling.server.settings import Settings

BINARY = "application/octet-stream"
MULTIPART = "multipart/form-data"
IMAGE_FIELD = "image"
JSON, TEXT, URL_ENCODED = "application/json", "text/plain", "application/x-www-form-urlencoded"
FORMATS = "PNG, JPEG, WebP, GIF, BMP or TIFF"
BYTES_CONTENT = {BINARY: {"schema": {"type": "string", "contentMediaType": BINARY}}}

UNKNOWN_MODEL = "UnknownName: a model that is not offered."
READ_ERRORS = {
    400: "EmptyPicture: no bytes. BadRequest: a wrong parameter or body.",
    404: UNKNOWN_MODEL,
    413: "ImageTooLarge: too many bytes or pixels.",
    415: "UnknownFormat: a content type, content encoding or picture format that is not read.",
    422: "ImageTooSmall. BrokenPicture: the bytes cannot be decoded to the end. DeadlineExceeded: it takes too long.",
    503: "Overloaded: more work than the service takes on at once. BadBundle: no usable model.",
}
MODEL_NAME: dict[str, Any] = {
    "name": "name",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "Name of a model from `GET /api/v1/models`.",
}
DATA_URL = {
    "type": "string",
    "description": "A picture as a `data:` URL in base64, as `canvas.toDataURL()` gives it.",
    "example": "data:image/png;base64,iVBORw0KGgo=",
}
IMAGES_BODY: dict[str, Any] = {
    "required": True,
    "description": f"One picture ({FORMATS}) as the raw body, or one or more in a form or in JSON.",
    "content": {
        "image/*": {},
        BINARY: {},
        JSON: {
            "schema": {
                "type": "object",
                "required": [IMAGE_FIELD],
                "properties": {IMAGE_FIELD: {"anyOf": [DATA_URL, {"type": "array", "minItems": 1, "items": DATA_URL}]}},
            }
        },
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": [IMAGE_FIELD],
                "properties": {
                    IMAGE_FIELD: {
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
_FORM_SCHEMA: dict[str, Any] = IMAGES_BODY["content"][MULTIPART]["schema"]
READ_BODY = {
    **IMAGES_BODY,
    "content": {
        **IMAGES_BODY["content"],
        MULTIPART: {
            "schema": {
                **_FORM_SCHEMA,
                "properties": {
                    **_FORM_SCHEMA["properties"],
                    **{name: {"type": "string", "description": "As in the query."} for name in CONSTRAINTS},
                },
            }
        },
    },
}
# For the routes that take a single picture.
SINGLE_IMAGE_BODY = {
    **IMAGES_BODY,
    "description": f"One picture ({FORMATS}) as the raw body, or as a form's field `{IMAGE_FIELD}`.",
}

BEARER, API_KEY = "bearer", "apiKey"
_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_REQUEST_ID = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": "The request's id, the client's own if it sent one."}
}
_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until another try makes sense."}}
_UNAUTHORIZED = {
    "description": "BadKey: no key or a wrong one, where the operator asks for one.",
    "content": _ERROR,
    "headers": {**_REQUEST_ID, "WWW-Authenticate": {"schema": {"type": "string"}}},
}
_TOO_MANY_REQUESTS = {
    "description": "TooManyRequests: more than the operator allows one client.",
    "content": _ERROR,
    "headers": {**_REQUEST_ID, **_RETRY_AFTER},
}


def info(settings: Settings) -> dict[str, Any]:
    """The document's title block."""
    key = "A key is needed, as `Authorization: Bearer KEY` or `X-API-Key: KEY`."
    return {
        "summary": "Reads handwritten digits.",
        "description": "Send a picture; get the digits, how sure each is, and why. "
        + (key if settings.api_key else "No key is needed."),
        "license": {"name": "MIT", "identifier": "MIT"},
    }


def register_schemas(spec: Any) -> None:
    """Name the schemas that the document refers to by reference."""
    spec.components.schema("Reading", schema=ReadingSchema)
    spec.components.schema("Answer", schema=AnswerSchema)
    spec.components.schema("Answers", schema=AnswersSchema)
    spec.components.schemas.pop("PaginationMetadata", None)  # flask-smorest adds it to every document


def error_responses(blueprint: Any, errors: Mapping[int, str]) -> Any:
    """A decorator that documents a view's errors: HTTP status -> description."""

    def document(view: Any) -> Any:
        for status, description in errors.items():
            view = blueprint.alt_response(status, schema=ErrorSchema, description=description)(view)
        return view

    return document


def document_access(spec: Any, settings: Settings) -> None:
    """Add the two ways to send a key, the errors 401 and 429, and the request's id to the finished document."""
    spec.components.security_scheme(BEARER, {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme(API_KEY, {"type": "apiKey", "in": "header", "name": "X-API-Key"})
    needed: list[dict[str, list[str]]] = [{BEARER: []}, {API_KEY: []}]
    original = spec.to_dict

    def to_dict() -> dict[str, Any]:
        document: dict[str, Any] = original()
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
