"""`/docs`: the API documentation, generated from the OpenAPI document, with a form to try a reading."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from inkling.server.rules import PAGE, rule

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

blueprint = Blueprint("docs", __name__)
HOST = "http://host.invalid"  # placeholder in the cached page


@blueprint.get("/docs")
@rule(PAGE)
def docs() -> ResponseReturnValue:
    """The API documentation. Each worker renders it once (20 ms), then fills in the host of each request.

    A static site shows a notice instead.
    """
    if current_app.config["IS_STATIC"]:
        return render_template(
            "needs_server.html",
            heading="The API needs a server",
            sentence="These pages read digits in the browser. For programs, run an inkling server, which has an API.",
            command="make serve",
        )
    kept = current_app.extensions
    if "inkling-docs" not in kept:
        spec = openapi()
        kept["inkling-docs"] = render_template(
            "docs.html",
            spec=spec,
            groups=groups(spec),
            tried=spec["paths"]["/api/v1/read"]["post"],
            schemas=dict(sorted(spec["components"]["schemas"].items())),
            host=HOST,
            needs_key=bool(current_app.config["INKLING"].api_key),
        )
    page: str = kept["inkling-docs"]
    return page.replace(HOST, escape(request.host_url.rstrip("/")))


@blueprint.app_template_filter()
def markdown(text: str) -> Markup:
    """A Markdown description as HTML paragraphs."""
    return Markup(_parser().render(text))  # noqa: S704 - text is escaped, raw HTML and links to scripts refused


@blueprint.app_template_filter()
def inline_markdown(text: str) -> Markup:
    """A Markdown description as inline HTML."""
    return Markup(_parser().renderInline(text))  # noqa: S704 - as above


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False})


def openapi() -> dict[str, Any]:
    """The OpenAPI document."""
    spec: dict[str, Any] = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return spec


def groups(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The document's groups (tags), each with its `operations` in document order, with path and method."""
    operations = [
        {
            "path": path,
            "method": method.upper(),
            **operation,
            "parameters": [*methods.get("parameters", []), *operation.get("parameters", [])],
        }
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "delete")
    ]
    return [
        {**tag, "operations": [each for each in operations if each["tags"] == [tag["name"]]]} for tag in spec["tags"]
    ]
