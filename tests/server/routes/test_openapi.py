"""The OpenAPI document: valid 3.1, with all routes and errors documented."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from inkling.server.pages import MASTHEAD

PAGES = {
    *dict(MASTHEAD),
    "/favicon.ico",
    "/learn/<slug>",
    "/learn/glossary",
    "/learn/teacher",
    "/models/<string:name>",
    "/openapi.json",
    "/static/<path:filename>",
    "/static/styles/<page>.css",
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
        if method != "parameters"  # parameters shared by all methods of the path
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
    read = spec["paths"]["/api/v1/read"]["post"]["responses"]
    assert {"400", "401", "404", "413", "415", "422", "429", "503", "default"} <= set(read)


def test_no_operation_has_what_generators_of_clients_stumble_over(client: FlaskClient) -> None:
    spec = client.get("/openapi.json").json
    operations = [
        operation for methods in spec["paths"].values() for name, operation in methods.items() if name != "parameters"
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name) for name in names), names
    for operation in operations:
        assert operation["tags"][0] in [tag["name"] for tag in spec["tags"]]
        content = operation.get("requestBody", {}).get("content", {})
        assert all(body["schema"] for body in content.values()), operation["operationId"]
        assert "application/json" not in [*content][1:], "JSON must be first for client generators"
    text = json.dumps(spec["components"]["schemas"])
    assert not re.search(r'"enum": \[(true|false|\d+\.\d)', text), "a list of booleans or fractions"


@pytest.mark.parametrize("route", ["read", "compare", "filmstrip"])
def test_each_documented_form_of_a_picture_is_read(client: FlaskClient, seven: bytes, route: str) -> None:
    spec = client.get("/openapi.json").json
    bodies: dict[str, Any] = {
        "application/json": {"json": {"image": "data:image/png;base64," + base64.b64encode(seven).decode()}},
        "application/octet-stream": {"data": seven, "content_type": "application/octet-stream"},
        "image/*": {"data": seven, "content_type": "image/png"},
        "multipart/form-data": {"data": {"file": (io.BytesIO(seven), "seven.png")}},
    }
    assert list(spec["paths"][f"/api/v1/{route}"]["post"]["requestBody"]["content"]) == list(bodies)
    for kind, sent in bodies.items():
        answer = client.post(f"/api/v1/{route}", **sent).json
        assert answer["ok"], (kind, answer)
