import io
import json
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from inkling.cli.form_editor import create_editor
from inkling.cli.form_editor.proposals import proposals
from inkling.errors import BadTemplate
from inkling.forms.blank import blank_picture
from inkling.forms.examples import FOLDER, example
from inkling.forms.template_parser import load_template

TOKEN = {"X-Token": "secret"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "exam.pdf").write_bytes((FOLDER / "exam.pdf").read_bytes())
    return tmp_path


@pytest.fixture
def client(folder: Path) -> FlaskClient:
    return create_editor(folder / "exam.pdf", folder / "exam.toml", token="secret").test_client()


def test_found_boxes_are_offered() -> None:
    template = example("exam")
    found = proposals(blank_picture(template))
    by_kind = {region["kind"]: region for region in found}
    assert [region["kind"] for region in found] == ["comb", "table"]
    for region in template.regions[:2]:
        assert by_kind[region.kind]["box"] == pytest.approx(region.box, abs=9)
    assert (by_kind["comb"]["columns"], by_kind["table"]["rows"]) == (8, 9)
    assert proposals(np.full((900, 700), 255, np.uint8)) == []


def test_a_template_is_saved_and_opened_again(client: FlaskClient, folder: Path) -> None:
    start = client.get("/start", headers=TOKEN).json
    data = start["template"]
    assert data["blank"] == "exam.pdf"
    data["region"] = [{"name": "number", **start["proposals"][0], "length": 8}]
    saved = client.post("/save", data=json.dumps(data), headers=TOKEN)
    assert saved.json["path"] == str(folder / "exam.toml")
    assert load_template(folder / "exam.toml").fields[0].constraints.length == (8, 8)
    again = create_editor(folder / "exam.pdf", folder / "exam.toml", token="secret").test_client()
    assert again.get("/start", headers=TOKEN).json["template"] == data


def test_what_is_wrong_is_said_and_not_saved(client: FlaskClient, folder: Path) -> None:
    data = client.get("/start", headers=TOKEN).json["template"]
    data["region"] = [{"name": "number", "kind": "comb", "box": [0, 0, 9999, 10], "columns": 2}]
    answer = client.post("/save", data=json.dumps(data), headers=TOKEN)
    assert (answer.status_code, answer.json["kind"]) == (400, "BadTemplate")
    assert "within the blank" in answer.json["error"]
    assert client.post("/save", data="{", headers=TOKEN).status_code == 400
    assert client.post("/try", data={"template": json.dumps(data)}, headers=TOKEN).status_code == 400
    assert not (folder / "exam.toml").exists()


def test_a_list_is_saved_and_checked(client: FlaskClient, folder: Path) -> None:
    (folder / "roster.csv").write_text("name,no\nAda,12345678\nAlan,123\n")
    data = client.get("/start", headers=TOKEN).json["template"]
    region = {"name": "number", "kind": "comb", "box": [420, 432, 624, 84], "columns": 8}
    for among in (["12345678", "00345678"], "roster.csv:no"):
        data["region"] = [{**region, "among": among}]
        assert client.post("/save", data=json.dumps(data), headers=TOKEN).status_code == 200
        listed = load_template(folder / "exam.toml").fields[0].constraints.allowlist
        assert listed is not None
        assert "12345678" in listed.numbers
    for among, says in (
        ("missing.csv", "missing.csv cannot be read"),
        ("roster.csv:number", "unknown column"),
        (["12a"], "expected"),
        (7, "expected a list of numbers or a file"),
    ):
        data["region"] = [{**region, "among": among}]
        answer = client.post("/save", data=json.dumps(data), headers=TOKEN)
        assert (answer.status_code, answer.json["kind"]) == (400, "BadTemplate")
        assert says in answer.json["error"]


def test_a_sample_is_tried(client: FlaskClient) -> None:
    data = {**example("exam").to_data()}
    sample = (io.BytesIO((FOLDER / "exam.pdf").read_bytes()), "blank.pdf")
    answer = client.post("/try", data={"template": json.dumps(data), "sample": sample}, headers=TOKEN).json
    assert (answer["status"], len(answer["fields"])) == ("empty", 11)


@pytest.mark.parametrize("path", ["/", "/start", "/blank.png"])
def test_only_with_the_token_and_on_this_machine(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 403
    assert client.get(path, headers={"X-Token": "other"}).status_code == 403
    assert client.get(path, headers={**TOKEN, "Host": "evil.example"}).status_code == 403
    assert client.get(path, headers=TOKEN).status_code == 200
    assert "default-src 'none'" in client.get(path, headers=TOKEN).headers["Content-Security-Policy"]


def test_only_its_own_files(client: FlaskClient) -> None:
    assert client.get("/assets/editor.js").status_code == 200
    assert client.get("/assets/__init__.py").status_code == 404


def test_a_blank_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 broken")
    with pytest.raises(BadTemplate, match="the blank form cannot be opened"):
        create_editor(tmp_path / "a.pdf", tmp_path / "a.toml")
