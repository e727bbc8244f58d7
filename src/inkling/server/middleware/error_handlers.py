"""Every error that leaves through HTTP, in one shape: {"ok": false, "kind": ..., "error": ...}.

A browser that asks for a page gets the same sentence as a page. Everything under /api, and every other client, gets
JSON. A traceback goes to the log and never to the client.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from inkling.errors import BadData, CannotWrite, InklingError
from inkling.server.middleware.api_key import CHALLENGE
from inkling.server.request_context import current_context

SENTENCES = {  # of errors that Flask and Werkzeug raise, by status: their kind, and what is said
    400: ("BadRequest", "the request could not be understood; expected a picture as documented. See /docs."),
    404: ("NotFound", "there is nothing at {path}; expected a route of this service. See /docs."),
    405: ("MethodNotAllowed", "{method} does not work at {path}; expected {allowed}. See /docs."),
    500: (
        "InternalError",
        "something went wrong on the server; expected an answer. Try again, and report it if it happens again, with "
        "the request's id {request_id}.",
    ),
}


HEADINGS = {404: "There is no such page", 500: "Something went wrong"}  # of the page that shows an error's sentence
NO_PAGE = (
    "Nothing lies at this address. It may be mistyped, or the page may have moved; the pages above are all there are."
)
OWN_FAULT = (  # instead of a sentence with paths or hosts of the server, for clients on other machines
    "the server cannot use its own files or its database now; expected that it can. Try again later, and give its "
    "operator the request's id {request_id}: the log says more."
)


def add_error_handlers(app: Flask) -> None:
    """Replace the error shapes and the log line of Flask and flask-smorest."""
    app.register_error_handler(InklingError, _answer_inkling)
    app.register_error_handler(HTTPException, _answer_http)
    app.log_exception = _log  # type: ignore[method-assign]  # Flask's names the path that the client sent


def error_json(error: InklingError) -> dict[str, Any]:
    """The JSON body of an error."""
    return {"ok": False, "kind": error.kind, "error": str(error)}


def _answer_inkling(error: InklingError) -> Response:
    message = str(error)
    if isinstance(error, BadData | CannotWrite) and not current_app.config["INKLING"].is_private:
        request_id = current_context(request.environ).request_id
        current_app.logger.error("%s (request %s)", error, request_id, extra={"request_id": request_id})
        message = OWN_FAULT.format(request_id=request_id)
    response = _respond(error.status, error.kind, message)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    if error.status in (429, 503):
        response.headers["Retry-After"] = str(getattr(error, "retry_after_s", 1))
    return response


def _answer_http(error: HTTPException) -> Response:
    """Of Flask, Werkzeug or webargs. An exception that nothing expected is a 500."""
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
    if hasattr(error, "data"):  # webargs: a parameter that does not fit its schema
        status, kind, message = 400, "BadRequest", _complaints(error.data)
    response = _respond(status, kind, message)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _page_without_slash() -> str:
    """`/learn` for a request of `/learn/`; "" where that leads nowhere."""
    page = request.path.rstrip("/")
    if request.method not in ("GET", "HEAD") or page == request.path or page.startswith("/api/"):
        return ""
    try:
        endpoint, _ = current_app.url_map.bind("").match(page, method="GET")
    except HTTPException:
        return ""
    query = request.query_string.decode("ascii", "ignore")
    return "" if endpoint == "static" or not page else f"{request.script_root}{page}{'?' * bool(query)}{query}"


def _log(exc_info: Any) -> None:
    context = current_context(request.environ)
    told = (context.method, context.route, context.request_id)
    more = {"request_id": context.request_id}
    current_app.logger.error("%s %s failed (request %s)", *told, exc_info=exc_info, extra=more)


def _complaints(data: Any) -> str:
    by_location = (data or {}).get("messages", {})
    found = [str(text) for fields in by_location.values() for texts in fields.values() for text in texts]
    return " ".join(found) or "a parameter is wrong; expected what is documented. See /docs."


def _respond(status: int, kind: str, message: str) -> Response:
    if not request.path.startswith("/api/") and "text/html" in request.accept_mimetypes.values():
        heading = HEADINGS.get(status, "That did not work")
        message = NO_PAGE if status == 404 and kind == "NotFound" else message[:1].upper() + message[1:]
        response = make_response(render_template("error.html", status=status, heading=heading, message=message))
    else:
        response = jsonify(ok=False, kind=kind, error=message)
    response.status_code = status
    return response
