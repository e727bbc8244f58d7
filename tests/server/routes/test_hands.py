"""/api/v1/hands: correct, teach, read with the hand, roll back; access; errors."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from inkling.server.app import create_app
from inkling.server.routes.hand_schemas import (
    AddedSchema,
    CorrectionsSchema,
    DeletedSchema,
    HandAnswerSchema,
    HandsSchema,
    ImportedSchema,
    LessonsSchema,
    TaughtSchema,
)
from inkling.server.settings import Settings
from tests.pictures import encoded

HANDS = "/api/v1/hands"


@pytest.fixture(scope="module")
def hands_app() -> Flask:
    return create_app(Settings())


@pytest.fixture
def app(hands_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app of `hands_app`, with an empty store."""
    monkeypatch.setenv("INKLING_STORE", f"sqlite:///{tmp_path}/hands.sqlite")
    hands = hands_app.extensions["inkling-hands"]
    hands.close()
    return hands_app


def odd_seven(lean: int = 0) -> bytes:
    """A 7 without most of its bar, which the network reads as a 1."""
    board = np.full((280, 280), 255, np.uint8)
    points = np.array([[118 - lean, 92], [150, 62], [150 - lean, 225]])
    cv2.polylines(board, [points], isClosed=False, color=0, thickness=18, lineType=cv2.LINE_AA)
    return encoded(Image.fromarray(board))


def data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def read(client: FlaskClient, png: bytes, query: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = client.post(f"/api/v1/read{query}", data=png, content_type="image/png").json
    assert answer["ok"], answer
    return answer


def correct(client: FlaskClient, png: bytes, label: str, name: str = "anna", **more: Any) -> dict[str, Any]:
    [digit] = read(client, png)["digits"]
    correction = {"box": digit["box"], "label": label, "said": str(digit["digit"])}
    body = {"image": data_url(png), "lessons": [correction], **more}
    answer: dict[str, Any] = client.post(f"{HANDS}/{name}/lessons", json=body).json
    assert answer["ok"], answer
    AddedSchema().load(answer)
    return answer


def test_misread_corrected_taught_right_rolled_back_wrong_again(client: FlaskClient) -> None:
    png = odd_seven()
    assert read(client, png)["text"] == "1"
    correct(client, png, "7")
    assert read(client, png, "?hand=anna")["hand"] == {"name": "anna", "version": 0}
    taught = client.post(f"{HANDS}/anna/teach", json={"kind": "light"}).json
    TaughtSchema().load(taught)
    assert taught["version"]["promoted"], taught["version"]["reason"]
    assert taught["version"]["changed"] == [{"lesson": 1, "label": "7", "before": "1", "after": "7"}]
    assert taught["hand"]["active"] == 1
    answer = read(client, odd_seven(6), "?hand=anna")
    assert (answer["text"], answer["hand"]) == ("7", {"name": "anna", "version": 1})
    assert read(client, png)["text"] == "1", "other digits are read as before"
    assert "hand" not in read(client, png)
    used = client.post(f"{HANDS}/anna/use", json={"version": 0}).json
    HandAnswerSchema().load(used)
    assert read(client, png, "?hand=anna")["text"] == "1"
    client.post(f"{HANDS}/anna/use", json={"version": 1})
    assert read(client, png, "?hand=anna")["text"] == "7"


def test_lessons_are_listed_and_deleted(client: FlaskClient, tmp_path: Path) -> None:
    first = correct(client, odd_seven(), "7", source="board", session="s1")
    assert (first["stored"], first["known"], first["hand"]["misread"]) == (1, 0, 1)
    again = correct(client, odd_seven(), "7")
    assert (again["stored"], again["known"], again["hand"]["lessons"]) == (0, 1, 1)
    other = correct(client, odd_seven(), "")
    assert [each["label"] for each in other["contradictions"]] == ["7", "none"]
    assert other["lessons"][0]["contradicts"] == [first["lessons"][0]["id"]]
    assert other["hand"]["contradictions"] == 1
    listed = client.get(f"{HANDS}/anna/lessons").json
    LessonsSchema().load(listed)
    assert [each["label"] for each in listed["lessons"]] == ["none", "7"]
    assert listed["lessons"][1]["source"] == "board"
    older = client.get(f"{HANDS}/anna/lessons?limit=1&before={listed['lessons'][0]['id']}").json["lessons"]
    assert [each["label"] for each in older] == ["7"]
    gone = client.delete(f"{HANDS}/anna/lessons/{older[0]['id']}")
    DeletedSchema().load(gone.json)
    assert client.delete(f"{HANDS}/anna/lessons/{older[0]['id']}").status_code == 404
    correct(client, odd_seven(), "7", name="bob")
    every = client.get(HANDS).json
    HandsSchema().load(every)
    assert [(each["name"], each["digits"]["none"], each["digits"]["7"]) for each in every["hands"]] == [
        ("anna", 1, 0),
        ("bob", 0, 1),
    ]
    assert every["store"] == str(tmp_path / "hands.sqlite")
    assert client.delete(f"{HANDS}/anna").json["deleted"] == 1
    assert client.get(f"{HANDS}/anna").status_code == 404
    assert client.delete(HANDS).json["deleted"] == 1
    assert client.get(HANDS).json["hands"] == []


def test_a_reader_of_a_deleted_hand_is_not_that_of_a_new_one_with_its_name(client: FlaskClient) -> None:
    png = odd_seven()
    correct(client, png, "7")
    client.post(f"{HANDS}/anna/teach", json={})
    assert read(client, png, "?hand=anna")["text"] == "7"
    client.delete(f"{HANDS}/anna")
    correct(client, png, "1")
    client.post(f"{HANDS}/anna/teach", json={})
    client.post(f"{HANDS}/anna/use", json={"version": 1})
    assert read(client, png, "?hand=anna")["text"] == "1"


def test_several_digits_in_one_box_are_several_lessons(client: FlaskClient) -> None:
    board = np.full((160, 200), 255, np.uint8)
    for digit, x in (("3", 20), ("8", 100)):
        cv2.putText(board, digit, (x, 110), cv2.FONT_HERSHEY_DUPLEX, 2.5, 0, 6, cv2.LINE_AA)
    box = list(cv2.boundingRect(255 - board))
    body = {"image": data_url(encoded(Image.fromarray(board))), "lessons": [{"box": box, "label": "38", "said": "4"}]}
    answer = client.post(f"{HANDS}/anna/lessons", json=body).json
    assert [(each["label"], each["said"]) for each in answer["lessons"]] == [("3", "3"), ("8", "8")]


WRONG = [
    ({"lessons": [{"box": [1, 2, 3], "label": "1"}]}, 400, "lessons.0.box is wrong"),
    ({"lessons": [{"box": [1, 2, 3, "4"], "label": "1"}]}, 400, "lessons.0.box.3 is wrong"),
    ({"lessons": [{"box": [1, 2, 3, 4], "label": "x"}]}, 400, "label is 'x'; expected up to 20 digits, or none"),
    ({"lessons": [{"box": [1, 2, 3, 4], "label": "1", "said": "12"}]}, 400, "said is wrong"),
    ({"lessons": []}, 400, "lessons is wrong"),
    ({"lessons": [{"box": [1, 2, 3, 4], "label": "1"}] * 101}, 400, "lessons is wrong"),
    ({"lessons": [{"box": [1, 2, 3, 4], "label": "1"}]}, 400, "contains no ink"),
    ({"lessons": [{"box": [1, 2, 3, 4], "label": "1"}], "source": "x" * 201}, 400, "source is wrong"),
    ({"lessons": [{"box": [1, 2, 3, 4], "label": "1"}], "lesson": 1}, 400, "lesson is wrong: Unknown field"),
    ({"lessons": [{"box": [1, 2, 3, 4], "label": "1"}], "image": "no"}, 400, "is not a base64 data URL"),
    ({"lessons": [{"box": [1, 2, 3, 4], "label": "1"}], "image": "data:text/plain;base64,aGFsbG8="}, 415, "picture"),
]


@pytest.mark.parametrize(("body", "status", "says"), WRONG)
def test_what_is_wrong_is_said_and_nothing_stored(client: FlaskClient, body: Any, status: int, says: str) -> None:
    answer = client.post(f"{HANDS}/anna/lessons", json={"image": data_url(odd_seven()), **body})
    assert answer.status_code == status, answer.json
    assert says in answer.json["error"]
    assert client.get(HANDS).json["hands"] == []


@pytest.mark.parametrize("name", ["..", "%2e%2e%2fetc", "a%2fb", "%00", "-x", "x" * 41, "%F0%9F%98%80", "a%0ab", "'--"])
def test_bad_names_are_refused_everywhere(client: FlaskClient, name: str) -> None:
    body = {"image": data_url(odd_seven()), "lessons": [{"box": [60, 50, 120, 190], "label": "7"}]}
    for answer in (
        client.post(f"{HANDS}/{name}/lessons", json=body),
        client.get(f"{HANDS}/{name}"),
        client.post(f"/api/v1/read?hand={name}", data=odd_seven(), content_type="image/png"),
    ):
        assert answer.status_code in (400, 404), (name, answer.status_code)
        assert answer.json["ok"] is False
    assert client.get(HANDS).json["hands"] == []


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_a_number_that_no_database_holds_is_not_found(client: FlaskClient, number: int) -> None:
    correct(client, odd_seven(), "7")
    for answer in (
        client.delete(f"{HANDS}/anna/lessons/{number}"),
        client.get(f"{HANDS}/anna/versions/{number}/weights"),
        client.get(f"{HANDS}/anna/versions/{number}/map"),
    ):
        assert (answer.status_code, answer.json["kind"]) == (404, "NotFound")


def test_a_name_in_another_unicode_form_is_the_same_hand(client: FlaskClient) -> None:
    correct(client, odd_seven(), "7", name="Zoe\u0308")
    assert client.get(f"{HANDS}/Zo\u00eb").json["hand"]["lessons"] == 1


def test_more_lessons_than_are_kept_are_refused(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from inkling.server.service import hands

    monkeypatch.setattr(hands, "MAX_LESSONS", 1)
    correct(client, odd_seven(), "7")
    [digit] = read(client, odd_seven(9))["digits"]
    body = {"image": data_url(odd_seven(9)), "lessons": [{"box": digit["box"], "label": "7"}]}
    answer = client.post(f"{HANDS}/anna/lessons", json=body)
    assert (answer.status_code, answer.json["kind"]) == (422, "StoreFull")
    assert "at most 1 are kept" in answer.json["error"]


@pytest.mark.parametrize(
    ("settings", "closed"),
    [
        (Settings(host="0.0.0.0"), True),
        (Settings(host="0.0.0.0", hands="on"), False),
        (Settings(hands="off"), True),
        (Settings(host="::1"), False),
        (Settings(host="localhost"), False),
        (Settings(trusted_proxies=1), True),
        (Settings(trusted_proxies=1, hands="on"), False),
    ],
    ids=lambda value: f"{value.host}-{value.hands}-{value.trusted_proxies}" if isinstance(value, Settings) else "",
)
def test_hands_are_off_where_others_can_reach_the_server(settings: Settings, closed: bool) -> None:
    client = create_app(settings).test_client()
    answers = [
        client.get(HANDS),
        client.get(f"{HANDS}/anna/lessons"),
        client.post("/api/v1/read?hand=anna", data=odd_seven(), content_type="image/png"),
    ]
    for answer in answers:
        assert (answer.json.get("kind") == "HandsClosed") is closed
    if closed:
        assert {answer.status_code for answer in answers} == {404}
        assert "INKLING_HANDS=on" in answers[0].json["error"]


@pytest.mark.parametrize("settings", [Settings(host="0.0.0.0", hands="on"), Settings(trusted_proxies=1, hands="on")])
def test_other_machines_are_not_told_where_the_store_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("INKLING_STORE", f"sqlite:///{tmp_path}/hands.sqlite")
    client = create_app(settings).test_client()
    assert client.get(HANDS).json["store"] == "a database of this server"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
def test_other_sites_pages_are_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    for answer in (
        client.get(HANDS, headers=headers),
        client.delete(HANDS, headers=headers),
        client.post(f"{HANDS}/anna/teach", json={}, headers=headers),
    ):
        assert (answer.status_code, answer.json["kind"]) == (403, "ForeignRequest")


def test_a_form_of_another_site_cannot_pass_for_json(client: FlaskClient) -> None:
    answer = client.post(f"{HANDS}/anna/teach", data="{}", content_type="text/plain")
    assert answer.status_code == 415


def test_the_key_guards_hands() -> None:
    client = create_app(Settings(api_key="secret")).test_client()
    for answer in (client.get(HANDS), client.delete(f"{HANDS}/anna"), client.post(f"{HANDS}/anna/lessons", json={})):
        assert answer.status_code == 401


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "before=0", "after=1"])
def test_a_wrong_query_is_refused(client: FlaskClient, query: str) -> None:
    correct(client, odd_seven(), "7")
    answer = client.get(f"{HANDS}/anna/lessons?{query}")
    assert (answer.status_code, answer.json["kind"]) == (400, "BadRequest")


def zipped(method: int = zipfile.ZIP_DEFLATED, /, **files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def import_zip(client: FlaskClient, content: bytes, name: str = "bob") -> Any:
    return client.post(f"{HANDS}/{name}/import", data=content, content_type="application/zip")


def test_what_is_exported_is_imported(client: FlaskClient) -> None:
    correct(client, odd_seven(), "7")
    correct(client, odd_seven(9), "1")
    answer = client.get(f"{HANDS}/anna/export")
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert sorted(name[:3] for name in archive.namelist()) == ["1__", "7__"]
    imported = import_zip(client, answer.data).json
    ImportedSchema().load(imported)
    assert (imported["stored"], imported["known"]) == (2, 0)
    assert import_zip(client, answer.data).json["known"] == 2
    pictures = [
        {each["image"] for each in client.get(f"{HANDS}/{name}/lessons").json["lessons"]} for name in ("anna", "bob")
    ]
    assert pictures[0] == pictures[1]


TILE = encoded(Image.fromarray(np.eye(28, dtype=np.uint8) * 255))
NO_ARCHIVES = {
    "no zip": b"no zip at all, and quite short",
    "empty": zipped(),
    "another file": zipped(**{"readme.txt": b"x"}),
    "no label": zipped(**{"x__1.png": TILE}),
    "a bomb": zipped(**{"7__1.png": b"\0" * 10_000_000}),
    "another size": zipped(**{"7__1.png": encoded(Image.new("L", (30, 30), 9))}),
    "a huge picture": zipped(**{"7__1.png": encoded(Image.new("1", (20_000, 20_000)))}),
    "lzma": zipped(zipfile.ZIP_LZMA, **{"7__1.png": TILE}),
    "a bzip2 bomb": zipped(zipfile.ZIP_BZIP2, **{"7__1.png": b"\0" * 10_000_000}),
    "a comment": zipped(**{"7__1.png": TILE})[:-2] + b"\5\0hello",
    "cut off": zipped(**{"7__1.png": TILE})[40:],
    "many entries": zipped(**{f"7__{i}.png": b"" for i in range(5_001)}),
}


@pytest.mark.parametrize("what", NO_ARCHIVES)
def test_what_is_no_export_is_refused_whole(client: FlaskClient, what: str) -> None:
    answer = import_zip(client, NO_ARCHIVES[what])
    assert (answer.status_code, answer.json["kind"]) == (400, "BadRequest"), answer.json
    assert "expected" in answer.json["error"] or "Split it" in answer.json["error"]
    assert client.get(HANDS).json["hands"] == []


def test_a_path_in_a_zip_names_no_file(client: FlaskClient, tmp_path: Path) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    assert import_zip(client, zipped(**{"../../7__1.png": TILE, "/tmp/3__x.png": TILE})).json["stored"] == 2
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("hands.sqlite")) == [
        name for name in before if not name.startswith("hands.sqlite")
    ]
    assert not (tmp_path.parent / "7__1.png").exists()
    assert not Path("/tmp/3__x.png").exists()


def test_an_archive_of_another_type_or_size_is_refused(client: FlaskClient) -> None:
    assert client.post(f"{HANDS}/bob/import", data=b"x", content_type="text/plain").status_code == 415
    assert import_zip(client, b"x" * 6_000_001).status_code == 413


def test_corrections_show_where_the_reader_fails(client: FlaskClient) -> None:
    correct(client, odd_seven(), "7", source="board")
    correct(client, odd_seven(9), "1", source="board")
    correct(client, odd_seven(), "none", name="bob", source="upload")
    found = client.get("/api/v1/corrections").json
    CorrectionsSchema().load(found)
    assert (found["lessons"], found["misread"]) == (3, 2)
    assert found["confusion"] == [{"said": "1", "right": "7", "n": 1}, {"said": "1", "right": "none", "n": 1}]
    assert found["by_source"] == [
        {"source": "board", "lessons": 2, "misread": 1},
        {"source": "upload", "lessons": 1, "misread": 1},
    ]
    assert [each["lessons"] for each in found["by_week"]] == [3]
    assert client.get(f"{HANDS}/bob/report").json["misread"] == 1
    assert client.get(f"{HANDS}/eve/report").status_code == 404


def test_metrics_count_lessons_and_versions(client: FlaskClient) -> None:
    def counted() -> dict[str, float]:
        lines = client.get("/metrics").text.splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[:1] != "#"}

    before = counted()
    correct(client, odd_seven(), "7")
    correct(client, odd_seven(), "7")
    correct(client, odd_seven(9), "1")
    client.post(f"{HANDS}/anna/teach", json={})
    after = counted()

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more('inkling_lessons_total{digit="7",misread="yes"}') == 1, "the second is not new"
    assert more('inkling_lessons_total{digit="1",misread="no"}') == 1
    assert sum(more(name) for name in after if name.startswith("inkling_hand_versions_total")) == 1


def test_a_form_is_read_with_a_hand(client: FlaskClient) -> None:
    correct(client, odd_seven(), "7")
    client.post(f"{HANDS}/anna/teach", json={})
    blank = encoded(Image.new("L", (1000, 1400), 255))
    answer = client.post("/api/v1/forms/exam/read?hand=anna", data=blank, content_type="image/png").json
    assert answer["hand"] == {"name": "anna", "version": 1}
    assert client.post("/api/v1/forms/exam/read?hand=bob", data=blank, content_type="image/png").status_code == 404
    assert client.post("/api/v1/forms/exam/read?hnad=bob", data=blank, content_type="image/png").status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_other_machines_are_not_told_which_file_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, host: str
) -> None:
    (tmp_path / "hands.sqlite").write_bytes(b"no database" * 100)
    monkeypatch.setenv("INKLING_STORE", f"sqlite:///{tmp_path}/hands.sqlite")
    client = create_app(Settings(host=host, hands="on")).test_client()
    answer = client.get(HANDS, headers={"X-Request-Id": "mine-7"})
    assert answer.status_code == 503
    is_told = str(tmp_path) in answer.json["error"]
    assert is_told is (host == "127.0.0.1")
    if not is_told:
        assert "mine-7" in answer.json["error"]
        assert str(tmp_path) in caplog.text
