"""The routes for forms."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from benchmarks.rendering.form_sheets import written_page
from inkling.forms.examples import FOLDER, example
from inkling.server.app import create_app
from inkling.server.routes.forms import FilledFormsSchema, FormsSchema
from inkling.server.settings import load

VALUES = {"student_number": "00148943", **{f"mark_{i + 1}": "3" for i in range(9)}, "total": "27"}


@pytest.fixture(scope="module")
def scan(digits: tuple[np.ndarray, np.ndarray]) -> bytes:
    sheet = written_page(example("exam"), VALUES, digits, np.random.default_rng(5), height=1600)
    return cv2.imencode(".jpg", np.clip(sheet, 0, 255).astype(np.uint8)[..., ::-1])[1].tobytes()


def test_a_sheet(client: FlaskClient, scan: bytes) -> None:
    answer = client.post("/api/v1/forms/exam/read", data=scan, content_type="image/jpeg").json
    assert FilledFormsSchema().validate(answer) == {}
    [page] = answer["pages"]
    assert (page["ok"], page["page"], page["status"]) == (True, 1, "read")
    assert {field["name"]: field["text"] for field in page["fields"]} == VALUES
    assert answer["model"]["name"] == "cnn"


def test_every_page_of_a_pdf(client: FlaskClient, scan: bytes) -> None:
    pdf = io.BytesIO()
    blank = Image.new("L", (1000, 1400), 255)
    Image.open(io.BytesIO(scan)).convert("RGB").save(pdf, "PDF", save_all=True, append_images=[blank], resolution=140)
    answer = client.post("/api/v1/forms/exam/read", data=pdf.getvalue(), content_type="application/pdf").json
    assert answer["n_pages"] == 2
    assert answer["pages"][0]["status"] == "read"
    assert answer["pages"][1].get("status", "Overloaded") in ("blank", "Overloaded")  # on a slow machine, time is up


def test_a_broken_picture_has_its_own_error(client: FlaskClient, scan: bytes) -> None:
    form = {"image": [(io.BytesIO(b"no picture"), "a.png"), (io.BytesIO(scan), "b.jpg")]}
    pages = client.post("/api/v1/forms/tally/read", data=form).json["pages"]
    assert [page["ok"] for page in pages] == [False, True]
    assert pages[0]["kind"] == "UnknownFormat"
    assert pages[1]["status"] == "other_form"


def test_an_unknown_form(client: FlaskClient, scan: bytes) -> None:
    answer = client.post("/api/v1/forms/exams/read", data=scan, content_type="image/jpeg")
    assert answer.status_code == 404
    assert "Did you mean 'exam'?" in answer.json["error"]
    assert client.post("/api/v1/forms/..%2Fexam/read", data=scan, content_type="image/jpeg").status_code == 404


def test_the_operators_forms(tmp_path: Path, scan: bytes) -> None:
    text = (FOLDER / "exam.toml").read_text("utf-8")
    (tmp_path / "mine.toml").write_text(text.replace('name = "exam"', 'name = "mine"'))
    (tmp_path / "exam.pdf").write_bytes((FOLDER / "exam.pdf").read_bytes())
    (tmp_path / "broken.toml").write_text("name =")
    client = create_app(load({}, {"INKLING_FORMS": str(tmp_path)})).test_client()
    listed = client.get("/api/v1/forms").json
    assert FormsSchema().validate(listed) == {}
    assert [form["name"] for form in listed["forms"]] == ["exam", "tally", "mine"]
    answer = client.post("/api/v1/forms/mine/read", data=scan, content_type="image/jpeg").json
    assert answer["pages"][0]["status"] == "read"
    broken = client.post("/api/v1/forms/broken/read", data=scan, content_type="image/jpeg")
    assert (broken.status_code, broken.json["kind"]) == (400, "BadTemplate")
    assert str(tmp_path) not in broken.json["error"]
