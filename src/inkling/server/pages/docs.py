"""`/docs`: the API's documentation, from the OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from inkling.server.rules import PAGE, rule

blueprint = Blueprint("docs", __name__)


@blueprint.get("/docs")
@rule(PAGE)
def docs() -> ResponseReturnValue:
    """The API's documentation."""
    spec = openapi()
    return render_template(
        "docs.html",
        spec=spec,
        operations=operations(spec),
        schemas=spec["components"]["schemas"],
        needs_key=bool(current_app.config["INKLING"].api_key),
    )


@blueprint.app_template_filter()
def marked(text: str) -> Markup:
    """Escape a description of the OpenAPI document, and show its `code` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped above


def openapi() -> dict[str, Any]:
    """The OpenAPI document."""
    spec: dict[str, Any] = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return spec


def operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Each operation with its path and method, in the order of the document."""
    return [
        {
            "path": path,
            "method": method.upper(),
            "host": request.host_url.rstrip("/"),
            **operation,
            "parameters": [*methods.get("parameters", []), *operation.get("parameters", [])],
        }
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "delete")
    ]
