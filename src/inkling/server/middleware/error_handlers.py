"""The format of every HTTP error: {"ok": false, "kind": ..., "error": ...}.

A browser that requests a page gets the same message as HTML. Requests under /api and all other clients get JSON.
Tracebacks go to the log, never to the client.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from inkling.errors import BadData, CannotWrite, InklingError
from inkling.server.request_context import current_context

SENTENCES = {  # for errors that Flask and Werkzeug raise, by status: (kind, message)
    400: ("BadRequest", "the request could not be understood; expected a picture as documented. See /docs."),
    404: ("NotFound", "there is nothing at {path}; expected a route of this service. See /docs."),
    405: ("MethodNotAllowed", "{method} is not allowed at {path}; expected {allowed}. See /docs."),
    500: ("InternalError", "something went wrong on the server. Try again, or report the request id {request_id}."),
}


def add_error_handlers(app: Flask) -> None:
    """Replace the error formats and the log line of Flask and flask-smorest."""
    app.register_error_handler(InklingError, _answer_inkling)
    app.register_error_handler(HTTPException, _answer_http)
    app.log_exception = _log  # type: ignore[method-assign]  # Flask would log the path that the client sent


def error_json(error: InklingError) -> dict[str, Any]:
    """The JSON body of an error."""
    return {"ok": False, "kind": error.kind, "error": str(error)}


def _answer_inkling(error: InklingError) -> Response:
    message = str(error)
    if isinstance(error, BadData | CannotWrite) and not current_app.config["INKLING"].is_private:
        _log(error)
        # Without the server's paths or host names.
        message = SENTENCES[500][1].format(request_id=current_context(request.environ).request_id)
    response = _respond(error.status, error.kind, message)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="inkling"'
    if error.status in (429, 503):
        response.headers["Retry-After"] = str(getattr(error, "retry_after_s", 1))
    return response


def _answer_http(error: HTTPException) -> Response:
    """Answer an error from Flask, Werkzeug or webargs. An unexpected exception becomes a 500."""
    status = error.code or 500
    if status == 404 and (page := _page_without_slash()):
        return make_response(redirect(page, 308))
    kind, sentence = SENTENCES.get(status, (type(error).__name__, "the request failed with {error}. See /docs."))
    allowed = sorted(getattr(error, "valid_methods", None) or ())
    message = sentence.format(
        error=f"{status} {error.name}",
        method=request.method,
        path=request.path,
        allowed=" or ".join(each for each in allowed if each not in ("HEAD", "OPTIONS")),
        request_id=current_context(request.environ).request_id,
    )
    if hasattr(error, "data"):  # webargs: an invalid parameter
        status, kind, message = 400, "BadRequest", _complaints(error.data)
    response = _respond(status, kind, message)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _page_without_slash() -> str:
    """The page's path without a trailing slash: `/learn` for `/learn/`; "" if there is no such page."""
    page, query = request.path.rstrip("/"), request.query_string.decode("ascii", "ignore")
    if request.method not in ("GET", "HEAD") or page in ("", request.path) or page.startswith(("/api/", "/static/")):
        return ""
    try:
        current_app.url_map.bind("").match(page)
    except HTTPException:
        return ""
    return f"{request.script_root}{page}?{query}".rstrip("?")


def _log(exc_info: Any) -> None:
    context = current_context(request.environ)
    told = (context.method, context.route, context.request_id)
    current_app.logger.error("%s %s failed (request %s)", *told, exc_info=exc_info, extra={"request_id": told[2]})


def _complaints(data: Any) -> str:
    by_location = (data or {}).get("messages", {})
    found = [str(text) for fields in by_location.values() for texts in fields.values() for text in texts]
    return " ".join(found) or "a parameter is invalid; expected a value as documented. See /docs."


def _respond(status: int, kind: str, message: str) -> Response:
    is_page = not request.path.startswith("/api/") and "text/html" in request.accept_mimetypes.values()
    error = {"kind": kind, "error": message}
    body = render_template("error.html", status=status, **error) if is_page else jsonify(ok=False, **error)
    return make_response(body, status)
