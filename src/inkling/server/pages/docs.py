"""`/docs`: the API's documentation, from the OpenAPI document, with a form that tries a reading."""

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
HOST = "http://host.invalid"  # in the page as it is kept


@blueprint.get("/docs")
@rule(PAGE)
def docs() -> ResponseReturnValue:
    """The API's documentation. Each worker renders it once, which takes 20 ms, and fills in the host.

    A folder of files has a sentence in its place.
    """
    if current_app.config["IS_STATIC"]:
        return render_template(
            "needs_server.html",
            heading="The API needs a server",
            sentence="These pages read by themselves; programs ask an inkling that serves an API.",
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
    """A description in Markdown as HTML, in paragraphs."""
    return Markup(_parser().render(text))  # noqa: S704 - text is escaped, raw HTML and links to scripts refused


@blueprint.app_template_filter()
def inline_markdown(text: str) -> Markup:
    """A description in Markdown as HTML, in the line where it stands."""
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
    """The groups of the document, and in each its operations with path and method, in the order of the document."""
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
