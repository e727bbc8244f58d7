"""POST /api/v1/compare: read one picture with every network."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inkling.server.routes.compare import MAX_NETWORKS, ComparisonSchema
from tests.pictures import drawn_seven, encoded


def compare(client: FlaskClient, content: bytes, query: str = "") -> Any:
    return client.post(f"/api/v1/compare{query}", data=content, content_type="image/png")


def test_every_network_reads_as_it_does_alone(client: FlaskClient, seven: bytes) -> None:
    answer = compare(client, seven).json
    assert ComparisonSchema().validate(answer) == {}
    names = [one["name"] for one in client.get("/api/v1/models").json["models"]]
    assert [one["model"]["name"] for one in answer["readings"]] == names
    assert answer["agree"] is True
    for reading in answer["readings"]:
        alone = client.post(
            f"/api/v1/read?explain=tiles&model={reading['model']['name']}", data=seven, content_type="image/png"
        ).json
        assert {**reading, "took_ms": 0} == {**alone, "took_ms": 0}


def test_a_form_and_a_mode_are_understood(client: FlaskClient, seven: bytes) -> None:
    form = {"image": (io.BytesIO(seven), "7.png")}
    assert client.post("/api/v1/compare?mode=single", data=form).json["readings"][0]["text"] == "7"


def test_disagreement_is_seen(app: Flask, client: FlaskClient, seven: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    tutorial = app.extensions["inkling"].get("ann-tutorial")
    blank = tutorial.trace(encoded(drawn_seven(ink=255)))
    monkeypatch.setattr(tutorial, "trace_prepared", lambda one: blank)
    answer = compare(client, seven).json
    assert answer["agree"] is False
    assert [one["text"] for one in answer["readings"]].count("7") == len(answer["readings"]) - 1


def test_the_number_of_networks_is_limited(
    app: Flask, client: FlaskClient, seven: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = app.extensions["inkling"]
    ann = readers.get("ann")
    many = {f"n{i}": None for i in range(MAX_NETWORKS + 3)}
    monkeypatch.setattr(readers, "bundles", lambda: many)
    monkeypatch.setattr(readers, "get", lambda name: ann)
    assert len(compare(client, seven).json["readings"]) == MAX_NETWORKS


@pytest.mark.parametrize(("content", "status"), [(b"", 400), (b"text", 415)])
def test_a_wrong_picture_gets_an_error(client: FlaskClient, content: bytes, status: int) -> None:
    answer = compare(client, content)
    assert (answer.status_code, answer.json["ok"]) == (status, False)


def test_two_pictures_or_a_wrong_mode_are_refused(client: FlaskClient, seven: bytes) -> None:
    form = {"image": [(io.BytesIO(seven), "a.png"), (io.BytesIO(seven), "b.png")]}
    for answer in (client.post("/api/v1/compare", data=form), compare(client, seven, "?mode=x")):
        assert (answer.status_code, answer.json["kind"]) == (400, "BadRequest")
