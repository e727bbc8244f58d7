"""What the OpenAPI document says of keys and rates: on every route under /api, and /metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkling.server.settings import Settings

BEARER, HEADER = "bearer", "apiKey"
_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_REQUEST_ID = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": "The request's id, the client's own if it sent one."}
}
_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until another try makes sense."}}
_UNKNOWN_KEY = {
    "description": "BadKey: no key or a wrong one, where the operator asks for one.",
    "content": _ERROR,
    "headers": {**_REQUEST_ID, "WWW-Authenticate": {"schema": {"type": "string"}}},
}
_TOO_MANY = {
    "description": "TooManyRequests: more than the operator allows one client.",
    "content": _ERROR,
    "headers": {**_REQUEST_ID, **_RETRY_AFTER},
}


def description(settings: Settings) -> str:
    """The document's first words."""
    key = (
        "A key is needed, as `Authorization: Bearer KEY` or `X-API-Key: KEY`."
        if settings.api_key
        else "No key is needed."
    )
    return f"Send a picture; get the digits, how sure each is, and why. {key}"


def document(spec: Any, settings: Settings) -> None:
    """Adds the two schemes, the errors 401 and 429, and the request's id to the finished document."""
    spec.components.security_scheme(BEARER, {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme(HEADER, {"type": "apiKey", "in": "header", "name": "X-API-Key"})
    needed: list[dict[str, list[str]]] = [{BEARER: []}, {HEADER: []}]
    plain = spec.to_dict

    def to_dict() -> dict[str, Any]:
        document: dict[str, Any] = plain()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if method != "parameters" and (path.startswith("/api/") or path == "/metrics"):
                    _add(operation, limited=path.startswith("/api/"))
                    operation["security"] = needed if settings.api_key else [{}, *needed]
        return document

    spec.to_dict = to_dict


def _add(operation: dict[str, Any], *, limited: bool) -> None:
    responses = operation["responses"]
    responses["401"] = _UNKNOWN_KEY
    if limited:
        responses["429"] = _TOO_MANY
    for status, response in responses.items():
        if "$ref" in response:
            continue
        wanted = {**_REQUEST_ID, **(_RETRY_AFTER if status == "503" else {})}
        response["headers"] = {**response.get("headers", {}), **wanted}
