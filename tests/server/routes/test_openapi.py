"""The OpenAPI document: valid 3.1, and no route or error goes undocumented."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from inkling.server.pages import MASTHEAD

PAGES = {
    *dict(MASTHEAD),
    "/favicon.ico",
    "/learn/<slug>",
    "/models/<string:name>",
    "/openapi.json",
    "/static/<path:filename>",
}


def test_the_document_is_valid(client: FlaskClient) -> None:
    spec = client.get("/openapi.json").json
    assert spec["openapi"].startswith("3.1")
    OPENAPI_31_VALIDATOR.validate(spec)
    names = set(re.findall(r'"#/components/schemas/(\w+)"', client.get("/openapi.json").text))
    assert names <= set(spec["components"]["schemas"])


def test_every_route_is_documented(app: Flask, client: FlaskClient) -> None:
    documented = {
        (path, method.upper())
        for path, methods in client.get("/openapi.json").json["paths"].items()
        for method in methods
        if method != "parameters"  # of the path, shared by its methods
    }
    served = {
        (re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule not in PAGES
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert documented == served


def test_every_operation_says_what_it_answers(client: FlaskClient) -> None:
    spec = client.get("/openapi.json").json
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            assert operation["operationId"], path
            assert operation["summary"], path
            assert "200" in operation["responses"], path
    assert {"400", "404", "413", "415", "422", "503"} <= set(spec["paths"]["/api/v1/read"]["post"]["responses"])


def test_docs_show_every_operation_field_and_parameter(client: FlaskClient) -> None:
    page = client.get("/docs").text
    spec = client.get("/openapi.json").json
    for path in spec["paths"]:
        assert f"<code>{path}</code>" in page
    for parameter in spec["paths"]["/api/v1/read"]["post"]["parameters"]:
        assert f"<code>{parameter['name']}</code>" in page
    for name, schema in spec["components"]["schemas"].items():
        assert f'id="schema-{name}"' in page
        for field in schema["properties"]:
            assert f"<code>{field}</code>" in page
