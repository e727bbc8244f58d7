"""POST /api/v1/filmstrip: the steps of a reading, also with some of them switched off."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from inkling.explain import ablation
from inkling.server.routes.filmstrip import SWITCHES, FilmstripSchema
from tests.pictures import drawn_seven, encoded, row_of, ruled


def strip(client: FlaskClient, content: bytes, query: str = "") -> Any:
    return client.post(f"/api/v1/filmstrip{query}", data=content, content_type="image/png")


def test_the_switches_are_those_of_the_pipeline() -> None:
    assert SWITCHES == ablation.SWITCHES


def test_the_steps_of_a_reading(client: FlaskClient, seven: bytes) -> None:
    answer = strip(client, seven, "?model=ann").json
    assert FilmstripSchema().validate(answer) == {}
    assert (answer["text"], answer["off"], answer["model"]["name"]) == ("7", [], "ann")
    assert [step["name"] for step in answer["steps"]] == ["image", "ink", "glyphs"]
    assert all(step["picture"].startswith("data:image/png;base64,") for step in answer["steps"])
    assert max(max(step["size"]) for step in answer["steps"]) <= 320
    assert len(answer["digits"][0]["tile"]) == 28


def test_steps_can_be_off(client: FlaskClient, seven: bytes) -> None:
    answer = strip(client, seven, "?model=ann&off=centre,ink").json
    assert answer["off"] == ["ink", "centre"]
    assert answer["text"] != "7"
    assert strip(client, seven, "?off=").json["off"] == []


def test_a_blank_sheet_has_no_glyphs(client: FlaskClient) -> None:
    answer = strip(client, encoded(drawn_seven(ink=255))).json
    assert (answer["outcome"], [step["name"] for step in answer["steps"]]) == ("empty", ["image", "ink"])


def test_a_row_has_the_steps_of_rows(client: FlaskClient, digits: Any) -> None:
    answer = strip(client, encoded(ruled(row_of([digits[0][i] for i in (0, 3, 30)]))), "?model=cnn").json
    assert FilmstripSchema().validate(answer) == {}
    sizes = {step["name"]: step["size"] for step in answer["steps"]}
    assert list(sizes) == ["image", "layout", "rows", "columns", "symbols", "texts"]
    assert max(sizes["columns"]) <= 640
    assert {len(digit["tile"]) for digit in answer["digits"]} == {32}


@pytest.mark.parametrize("query", ["?off=paper", "?off=ink,,nothing", "?model=gone"])
def test_an_unknown_name_is_an_error(client: FlaskClient, seven: bytes, query: str) -> None:
    answer = strip(client, seven, query)
    assert answer.status_code in (400, 404)
    assert "; " in answer.json["error"]


def test_a_wrong_picture_gets_an_error(client: FlaskClient) -> None:
    assert strip(client, b"text").status_code == 415
