from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from inkling.server.pages.stylesheets import FOLDER, SHEETS


def test_every_style_sheet_belongs_to_a_page() -> None:
    listed = {name for names in SHEETS.values() for name in names}
    assert {path.stem for path in FOLDER.glob("*.css")} == listed | {"base"}


@pytest.mark.parametrize("page", SHEETS)
def test_a_page_has_its_sheets_in_order(client: FlaskClient, page: str) -> None:
    answer = client.get(f"/static/styles/{page}.css")
    assert answer.mimetype == "text/css"
    assert "ETag" in answer.headers
    places = [answer.text.index((FOLDER / f"{name}.css").read_text("utf-8")) for name in SHEETS[page]]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "path", ["/", "/inside", "/learn", "/learn/pictures", "/teach", "/models", "/models/cnn", "/docs"]
)
def test_a_page_waits_for_two_style_sheets_at_most(client: FlaskClient, path: str) -> None:
    sheets = re.findall(r'rel="stylesheet" href="([^"]+)"', client.get(path).text)
    assert len(sheets) == 2
    for sheet in sheets:
        with client.get(sheet) as answer:
            assert answer.status_code == 200, sheet


def test_another_name_is_not_found(client: FlaskClient) -> None:
    assert client.get("/static/styles/base.css").status_code == 404
    assert client.get("/static/styles/..%2fbase.css").status_code == 404
