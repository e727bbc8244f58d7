"""Every error that leaves through HTTP, in one shape: {"ok": false, "kind": ..., "error": ...}.

A browser that asks for a page gets the same sentence as a page. Everything under /api, and every other client, gets
JSON. A traceback goes to the log and never to the client.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, jsonify, render_template, request
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    UnprocessableEntity,
)

from inkling.errors import InklingError
from inkling.server.middleware.api_key import CHALLENGE
from inkling.server.request_context import current_context


def add_error_handlers(app: Flask) -> None:
    """Replace the error shapes of Flask and flask-smorest."""
    app.register_error_handler(InklingError, _answer_inkling)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def error_json(error: InklingError) -> dict[str, Any]:
    """The JSON body of an error."""
    return {"ok": False, "kind": error.kind, "error": str(error)}


def _answer_inkling(error: InklingError) -> Response:
    response = _respond(error.status, error.kind, str(error))
    if error.status == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    if error.status in (429, 503):
        response.headers["Retry-After"] = str(getattr(error, "retry_after_s", 1))
    return response


def _answer_http(error: HTTPException) -> Any:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()  # a redirect
    kind, message = _describe(error)
    response = _respond(400 if kind == "BadRequest" else error.code or 500, kind, message)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _answer_unexpected(error: Exception) -> Response:
    request_id = current_context(request.environ).request_id
    route = request.url_rule.rule if request.url_rule else "(none)"
    current_app.logger.error(
        "%s %s failed (request %s)", request.method, route, request_id, exc_info=error, extra={"request_id": request_id}
    )
    return _respond(
        500,
        "InternalError",
        "something went wrong on the server; expected an answer. Try again, and report it if it happens again, with "
        f"the request's id {request_id}.",
    )


def _describe(error: HTTPException) -> tuple[str, str]:
    """(kind, sentence) of an error that Flask, Werkzeug or webargs raised."""
    match error:
        case UnprocessableEntity():  # webargs: a parameter that does not fit its schema
            return "BadRequest", _complaints(getattr(error, "data", None))
        case NotFound():
            return "NotFound", f"there is nothing at {request.path}; expected a route of this service. See /docs."
        case MethodNotAllowed():
            allowed = " or ".join(sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"}))
            message = f"{request.method} does not work at {request.path}; expected {allowed}. See /docs."
            return "MethodNotAllowed", message
        case RequestEntityTooLarge():
            limit_mb = current_app.config["MAX_CONTENT_LENGTH"] / 1e6
            message = f"request is larger than {limit_mb:g} MB, the limit. Send a smaller picture, or fewer at once."
            return "ImageTooLarge", message
        case BadRequest():
            message = "the request could not be understood; expected a picture as documented. See /docs."
            return "BadRequest", message
    return type(error).__name__, f"the request failed with {error.code} {error.name}. See /docs."


def _complaints(data: Any) -> str:
    by_location = (data or {}).get("messages", {})
    found = [str(text) for fields in by_location.values() for texts in fields.values() for text in texts]
    return " ".join(found) or "a parameter is wrong; expected what is documented. See /docs."


def _respond(status: int, kind: str, message: str) -> Response:
    under_api = request.path.startswith("/api/") or request.path == "/api"
    if not under_api and "text/html" in request.accept_mimetypes.values():
        response = current_app.make_response(render_template("error.html", status=status, message=message))
    else:
        response = jsonify(ok=False, kind=kind, error=message)
    response.status_code = status
    return response
