"""Every error that leaves through HTTP, in one shape: {"ok": false, "kind": ..., "error": ...}.

A browser that asked for a page gets the same sentence as a page; everything under /api, and every other client,
gets JSON. A traceback goes to the log and never to the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, jsonify, render_template, request
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    UnprocessableEntity,
)

from inkling.errors import InklingError
from inkling.server.middleware.request_context import note_of

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.typing import ResponseReturnValue

UNEXPECTED = "something went wrong on the server; expected an answer. Try again, and report it if it happens again"

_SENTENCES = {
    400: ("BadRequest", "the request could not be understood; expected a picture as documented. See /docs."),
}


def add_error_handlers(app: Flask) -> None:
    """Replaces the error shapes of Flask and flask-smorest."""
    app.register_error_handler(InklingError, _answer_inkling)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def body_of(error: InklingError) -> dict[str, Any]:
    """The JSON body of an error."""
    return {"ok": False, "kind": error.kind, "error": str(error)}


def too_large(max_bytes: int) -> str:
    """The sentence for a body that is refused before it is read."""
    return f"request is larger than {max_bytes / 1e6:g} MB, the limit. Send a smaller picture, or fewer at once."


def _answer_inkling(error: InklingError) -> ResponseReturnValue:
    response = _respond(error.status, error.kind, str(error))
    if error.status == 503:
        response.headers["Retry-After"] = "1"
    return response


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()  # a redirect
    kind, message = _describe(error)
    response = _respond(400 if kind == "BadRequest" else error.code or 500, kind, message)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _answer_unexpected(error: Exception) -> ResponseReturnValue:
    request_id = note_of(request.environ).id
    route = request.url_rule.rule if request.url_rule else "(none)"
    current_app.logger.error(
        "%s %s failed (request %s)", request.method, route, request_id, exc_info=error, extra={"request_id": request_id}
    )
    return _respond(500, "InternalError", f"{UNEXPECTED}, with the request's id {request_id}.")


def _describe(error: HTTPException) -> tuple[str, str]:
    """(kind, sentence) of an error that Flask, Werkzeug or webargs raised."""
    if isinstance(error, UnprocessableEntity):  # webargs: a parameter that does not fit its schema
        return "BadRequest", _complaints(getattr(error, "data", None))
    if isinstance(error, NotFound):
        return "NotFound", f"there is nothing at {request.path}; expected a route of this service. See /docs."
    if isinstance(error, MethodNotAllowed):
        allowed = sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"})
        return "MethodNotAllowed", (
            f"{request.method} does not work at {request.path}; expected {' or '.join(allowed)}. See /docs."
        )
    if isinstance(error, RequestEntityTooLarge):
        return "ImageTooLarge", too_large(current_app.config["MAX_CONTENT_LENGTH"])
    if error.code in _SENTENCES:
        return _SENTENCES[error.code]
    return type(error).__name__, f"the request failed with {error.code} {error.name}. See /docs."


def _complaints(data: Any) -> str:
    by_place = (data or {}).get("messages", {})
    found = [str(text) for fields in by_place.values() for texts in fields.values() for text in texts]
    return " ".join(found) or "a parameter is wrong; expected what is documented. See /docs."


def _respond(status: int, kind: str, message: str) -> Response:
    if _wants_page():
        page = current_app.make_response(render_template("error.html", status=status, message=message))
        page.status_code = status
        return page
    response = jsonify(ok=False, kind=kind, error=message)
    response.status_code = status
    return response


def _wants_page() -> bool:
    under_api = request.path.startswith("/api/") or request.path == "/api"
    return not under_api and "text/html" in request.accept_mimetypes.values()
