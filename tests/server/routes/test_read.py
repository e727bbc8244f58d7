"""POST /api/v1/read and GET /api/v1/models: successful answers."""

from __future__ import annotations

import base64
import io
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import jsonschema_rs
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from inkling.errors import Overloaded
from inkling.server.app import create_app
from inkling.server.request_context import current_client
from inkling.server.schemas import ReadQuery
from inkling.server.settings import Settings
from tests.documents import files as documents
from tests.pictures import drawn_seven, encoded, row_of, ruled
from tests.pipeline.layout.pages import comb

READ = "/api/v1/read"


def form(*contents: bytes, field: str = "image") -> dict[str, Any]:
    return {field: [(io.BytesIO(content), f"{i}.png") for i, content in enumerate(contents)]}


def conforms(client: FlaskClient, name: str, answer: Any) -> bool:
    """Whether an answer conforms to its schema in the OpenAPI document."""
    spec = client.get("/openapi.json").json
    schema = {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}
    return bool(jsonschema_rs.Draft202012Validator(schema).is_valid(answer))


def test_reads_a_raw_body(client: FlaskClient, seven: bytes) -> None:
    response = client.post(READ, data=seven, content_type="image/png")
    assert response.status_code == 200
    answer = response.json
    assert (answer["ok"], answer["text"], len(answer["digits"])) == (True, "7", 1)
    digit = answer["digits"][0]
    assert digit["digit"] == int(np.argmax(digit["probs"])) == 7
    assert sum(digit["probs"]) == pytest.approx(1, abs=1e-3)
    x, y, w, h = digit["box"]
    assert 50 < x < 75, "the box encloses the ink"
    assert 55 < y < 80
    assert 190 < x + w < 230
    assert 220 < y + h < 250
    assert "tile" not in digit
    assert answer["size"] == [280, 280]
    assert len(answer["model"]["version"]) == 12
    assert answer["took_ms"] > 0
    assert conforms(client, "Answer", answer)


SEVEN = encoded(drawn_seven())
DATA_URL = "data:image/png;base64," + base64.b64encode(SEVEN).decode()
FORMS: dict[str, dict[str, Any]] = {
    "raw": {"data": SEVEN, "content_type": "image/png"},
    "JSON": {"json": {"image": DATA_URL}},
    "JSON, base64 alone": {"json": {"image": DATA_URL.partition(",")[2]}},
    "a data URL as text": {"data": DATA_URL, "content_type": "text/plain"},
    "a form's file `image`": {"data": {"image": (io.BytesIO(SEVEN), "7.png")}},
    "a form's file `file`": {"data": {"file": (io.BytesIO(SEVEN), "7.png")}},
    "a form's data URL": {"data": {"image": DATA_URL}, "content_type": "multipart/form-data"},
    "a URL-encoded form's data URL": {"data": {"file": DATA_URL}},
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("route", ["read", "compare", "filmstrip"])
def test_a_picture_reads_the_same_in_every_form(client: FlaskClient, route: str, name: str) -> None:
    given = {**FORMS[name]}
    if isinstance(file := given.get("data"), dict):  # a stream can be read only once
        given["data"] = {key: (io.BytesIO(SEVEN), "7.png") if isinstance(of, tuple) else of for key, of in file.items()}
    response = client.post(f"/api/v1/{route}", **given)
    assert response.status_code == 200, response.text
    answer = response.json["readings"][0] if route == "compare" else response.json
    assert (answer["text"], answer["size"]) == ("7", [280, 280])


def test_several_pictures_in_json_and_what_is_known_of_them(client: FlaskClient) -> None:
    answer = client.post(READ, json={"image": [DATA_URL, DATA_URL], "length": "1", "pattern": "[17]"}).json
    assert [reading["text"] for reading in answer["readings"]] == ["7", "7"]
    assert all(reading["constraint"]["satisfied"] for reading in answer["readings"])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "JSON object with 'image'"),
        ([DATA_URL], "JSON object with 'image'"),
        ({"image": 7}, "not a base64 data URL"),
        ({"image": []}, "no pictures"),
        ({"image": "data:image/png;base64,%%"}, "not a base64 data URL"),
        ({"image": "data:image/svg+xml,<svg/>"}, "not a base64 data URL"),
        ({"image": "https://example.org/7.png"}, "not a base64 data URL"),
        ({"image": DATA_URL, "lenght": "3"}, "Did you mean 'length'?"),
        ({"image": [DATA_URL] * 101}, "101 pictures"),
    ],
)
def test_json_that_holds_no_picture(client: FlaskClient, body: Any, says: str) -> None:
    response = client.post(READ, json=body)
    assert (response.status_code, response.json["kind"]) == (400, "BadRequest")
    assert says in response.json["error"]


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "application/octet-stream", "image/png; charset=x", None])
def test_the_format_is_recognized_by_content(client: FlaskClient, seven: bytes, kind: str | None) -> None:
    assert client.post(READ, data=seven, content_type=kind).json["text"] == "7"


def test_a_form_with_one_picture_answers_like_a_raw_body(client: FlaskClient, seven: bytes) -> None:
    answer = client.post(READ, data=form(seven)).json
    assert (answer["text"], "readings" in answer) == ("7", False)
    assert conforms(client, "Answer", answer)


def test_a_form_with_several_pictures_answers_with_a_list(client: FlaskClient, seven: bytes, digits: Any) -> None:
    images, labels = digits
    row = encoded(row_of([images[0], images[2]]))
    answer = client.post(READ, data=form(seven, b"not a picture", row, b"")).json
    assert [one["ok"] for one in answer["readings"]] == [True, False, True, False]
    assert answer["readings"][0]["text"] == "7"
    assert answer["readings"][1]["kind"] == "UnknownFormat"
    assert answer["readings"][2]["text"] == f"{labels[0]}{labels[2]}"
    assert answer["readings"][3]["kind"] == "EmptyPicture"
    assert conforms(client, "Answers", answer)


@pytest.mark.parametrize(("kind", "mimetype"), [("PDF", "application/pdf"), ("TIFF", "image/tiff")])
def test_a_document_answers_with_its_pages(client: FlaskClient, kind: str, mimetype: str) -> None:
    answer = client.post(f"{READ}?thumbnails=1", data=documents.scans(3, kind), content_type=mimetype).json
    assert [(one["page"], one["pages"], one["text"]) for one in answer["readings"]] == [(n, 3, "7") for n in (1, 2, 3)]
    for one in answer["readings"]:
        small = Image.open(io.BytesIO(base64.b64decode(one["thumbnail"].removeprefix("data:image/jpeg;base64,"))))
        assert small.size == (300, 400)  # pages are not enlarged
    assert conforms(client, "Answers", answer)


def test_a_form_may_hold_pictures_and_documents(
    app: Flask, client: FlaskClient, seven: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that cannot be rendered or a document that cannot be opened does not affect the others."""
    monkeypatch.setattr(app.extensions["inkling"], "_settings", replace(app.config["INKLING"], deadline_s=1))
    hostile = documents.drawn_pdf("", "/X0 Do", extra=documents.nested_forms(2))
    answer = client.post(READ, data=form(seven, hostile, b"%PDF-1.7 seven", seven)).json
    assert [(one.get("page"), one["ok"], one.get("outcome")) for one in answer["readings"]] == [
        (None, True, "read"),
        (1, True, "empty"),
        (2, False, None),
        (None, False, None),
        (None, True, "read"),
    ]
    assert conforms(client, "Answers", answer)


def test_a_document_has_as_many_pages_as_a_request_pictures(client: FlaskClient) -> None:
    (entry,) = client.post(READ, data=documents.blank_pdf(*[(99, 99)] * 101)).json["readings"]
    assert (entry["kind"], "page" in entry) == ("ImageTooLarge", False)
    assert "more than 100 pages" in entry["error"]


def test_pages_that_come_too_late_are_not_drawn(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkling.server.routes.read.MAX_REQUEST_S", -1)
    entries = client.post(READ, data=form(documents.scans(2), documents.scans(2))).json["readings"]
    assert [entry["kind"] for entry in entries] == ["Overloaded"] * 2


def test_documents_wait_for_each_other_and_not_pictures_for_them(app: Flask, client: FlaskClient, seven: bytes) -> None:
    """Each open document has a rendering process; open documents are limited to the number of concurrent readings."""
    readers = app.extensions["inkling"]
    with ExitStack() as stack:
        for _ in range(app.config["INKLING"].max_concurrent_readings):
            stack.enter_context(readers.document())
        assert client.post(READ, data=seven).json["text"] == "7"
        monkey = stack.enter_context(pytest.MonkeyPatch.context())
        monkey.setattr(readers, "_settings", replace(app.config["INKLING"], max_wait_s=0))
        assert client.post(READ, data=documents.scans(2)).status_code == 503
    assert len(client.post(READ, data=documents.scans(2)).json["readings"]) == 2


def test_explain_adds_the_tile(client: FlaskClient, seven: bytes) -> None:
    answer = client.post(f"{READ}?explain=1", data=seven, content_type="image/png").json
    tile = np.array(answer["digits"][0]["tile"])
    assert tile.shape == (28, 28)
    assert tile.min() == 0
    assert tile.max() > 200, "255 is ink"
    rows, _ = np.nonzero(tile > 127)
    assert np.ptp(rows) <= 21, "scaled as in MNIST: the longer side is 20 px"
    assert np.average(np.arange(28), weights=tile.sum(axis=1)) == pytest.approx(13.5, abs=1.5), "centered as in MNIST"
    assert conforms(client, "Answer", answer)


def test_explain_says_why(client: FlaskClient, seven: bytes) -> None:
    answer = client.post(f"{READ}?explain=1&model=ann-tutorial", data=seven, content_type="image/png").json
    assert conforms(client, "Answer", answer)
    explanation = answer["explanation"]
    assert [step["name"] for step in explanation["steps"]] == ["image", "ink", "glyphs"]
    for step in explanation["steps"]:
        head, content = step["picture"].split(",")
        with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
            assert (head, picture.format, list(picture.size)) == ("data:image/png;base64", "PNG", step["size"])
        assert max(step["size"]) <= 512
    (why,) = explanation["digits"]
    probs = answer["digits"][0]["probs"]
    assert (why["answer"], why["method"]) == (7, "exact contributions")
    assert why["runner_up"] != 7
    assert probs[why["runner_up"]] == sorted(probs)[-2]
    tile = np.array(answer["digits"][0]["tile"])
    for name in ("for", "against"):
        points = np.array(why[name])
        assert np.abs(points[tile == 0]).max() < 0.05, "paper contributes nothing; ink below 1/255 is rounded to 0"
        assert points.sum() + why["biases"][name] == pytest.approx(why["totals"][name], abs=0.01)
    assert why["sentence"].startswith("7 is ")


def test_a_network_of_other_layers_is_explained_by_occlusion(client: FlaskClient, seven: bytes) -> None:
    answer = client.post(f"{READ}?explain=1&model=cnn", data=seven, content_type="image/png").json
    assert conforms(client, "Answer", answer)
    (why,) = answer["explanation"]["digits"]
    assert (why["method"], why["biases"]) == ("occlusion", None)
    assert np.ptp(why["against"]) > 0.5
    assert min(map(min, why["missing"])) < 0, "some ink somewhere would help another digit"


def test_tiles_alone_and_no_explanation(client: FlaskClient, seven: bytes) -> None:
    tiles = client.post(f"{READ}?explain=tiles", data=seven, content_type="image/png").json
    assert ("tile" in tiles["digits"][0], "explanation" in tiles) == (True, False)
    plain = client.post(f"{READ}?explain=0", data=seven, content_type="image/png").json
    assert ("tile" in plain["digits"][0], "explanation" in plain) == (False, False)


def test_blank_paper_and_each_of_several_pictures_are_explained(client: FlaskClient, seven: bytes) -> None:
    blank = encoded(np.full((60, 60), 255, np.uint8))
    answer = client.post(f"{READ}?explain=1&model=ann-tutorial", data=form(seven, b"no picture", blank)).json
    assert conforms(client, "Answers", answer)
    first, wrong, last = answer["readings"]
    assert [why["answer"] for why in first["explanation"]["digits"]] == [7]
    assert "explanation" not in wrong
    assert last["explanation"]["digits"] == []
    assert [step["name"] for step in last["explanation"]["steps"]] == ["image", "ink"]


def test_more_digits_than_are_explained_are_counted(client: FlaskClient, digits: Any) -> None:
    row = encoded(row_of([digits[0][0]] * 18, factor=2))
    answer = client.post(f"{READ}?explain=1&model=ann-tutorial", data=row, content_type="image/png").json
    assert len(answer["digits"]) == 18
    assert (len(answer["explanation"]["digits"]), answer["explanation"]["left_out"]) == (16, 2)
    assert len(answer["digits"][17]["tile"]) == 28
    assert conforms(client, "Answer", answer)


def test_mode_single_takes_all_ink_as_one_digit(client: FlaskClient) -> None:
    two = encoded(np.concatenate([drawn_seven(), drawn_seven()], axis=1))
    assert client.post(READ, data=two, content_type="image/png").json["text"] == "77"
    single = client.post(f"{READ}?mode=single", data=two, content_type="image/png").json
    assert len(single["digits"]) + len(single["others"]) == 1  # one symbol, which may be refused as no digit


def test_light_on_dark_and_blank(client: FlaskClient) -> None:
    dark = encoded(drawn_seven(ink=240, paper=15))
    assert client.post(READ, data=dark, content_type="image/png").json["text"] == "7"
    blank = client.post(READ, data=encoded(np.full((60, 60), 255, np.uint8)), content_type="image/png").json
    assert (blank["outcome"], blank["text"], blank["digits"], blank["confidence"]) == ("empty", "", [], 0)
    assert blank["reason"]
    assert conforms(client, "Answer", blank)


def test_an_animation_is_read_by_its_first_frame(client: FlaskClient) -> None:
    first, second = Image.fromarray(drawn_seven()), Image.new("L", (280, 280), 255)
    gif = encoded(first, "GIF", save_all=True, append_images=[second])
    assert client.post(READ, data=gif, content_type="image/gif").json["text"] == "7"


def test_a_model_can_be_named(client: FlaskClient, seven: bytes) -> None:
    listed = client.get("/api/v1/models").json
    assert listed["models"][0]["default"]
    assert conforms(client, "Models", listed)
    for model in listed["models"]:
        answer = client.post(f"{READ}?model={model['name']}", data=seven, content_type="image/png").json
        assert answer["model"] == {"name": model["name"], "version": model["version"]}


@pytest.mark.slow
def test_a_reading_is_refused_when_none_ends_in_time(app: Flask, client: FlaskClient, seven: bytes) -> None:
    busy = create_app(Settings(model=app.config["INKLING"].model, max_reading=1, max_wait_s=1))
    current_client.set("127.0.0.1")  # another client's reading could be overtaken
    with busy.extensions["inkling"].permit():
        response = busy.test_client().post(READ, data=seven, content_type="image/png")
    assert (response.status_code, response.json["kind"]) == (503, Overloaded.__name__)
    assert response.headers["Retry-After"] == "1"
    assert busy.test_client().post(READ, data=seven, content_type="image/png").status_code == 200


@pytest.mark.parametrize("pictures", [1, 2])
@pytest.mark.slow
def test_the_wait_for_a_permit_is_not_reading_time(app: Flask, seven: bytes, pictures: int) -> None:
    busy = create_app(Settings(model=app.config["INKLING"].model, max_reading=1))
    busy.extensions["inkling"].get()
    start, wait_s, held = time.perf_counter(), 0.5, threading.Event()

    def hold() -> None:
        current_client.set("127.0.0.1")  # another client's reading could be overtaken
        with busy.extensions["inkling"].permit():
            held.set()
            time.sleep(wait_s)

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(10)
    answer = busy.test_client().post(READ, data=form(*[seven] * pictures)).json
    elapsed_s = time.perf_counter() - start
    other.join()
    assert elapsed_s > wait_s
    assert 0 < answer["took_ms"] / 1000 < elapsed_s - wait_s


def test_manifests_are_read_once(app: Flask) -> None:
    readers = app.extensions["inkling"]
    first, second = readers.bundles(), readers.bundles()
    assert len(first) >= 2
    assert all(first[name] is second[name] for name in first)


def test_what_is_known_of_the_number_selects_its_text(client: FlaskClient, seven: bytes) -> None:
    free = client.post(READ, data=seven).json
    assert "constraint" not in free
    known = client.post(f"{READ}?length=1&pattern=[1-6]", data=seven).json
    assert known["text"] in set("123456")
    assert known["outcome"] == "unsure"
    assert known["constraint"]["first"] == "7"
    assert (known["constraint"]["satisfied"], known["constraint"]["changed"]) == (True, True)
    assert known["constraint"]["fits"] < 0.01
    assert conforms(client, "Answer", known)
    assert client.post(f"{READ}?among=17,7,8", data=seven).json["text"] == "7"


def test_a_list_may_be_a_field_of_the_form(client: FlaskClient, seven: bytes) -> None:
    listed = ",".join(map(str, range(100, 15_000)))
    answer = client.post(READ, data={**form(seven, seven), "among": f"7,{listed}"}).json
    assert [each["text"] for each in answer["readings"]] == ["7", "7"]
    assert all(each["constraint"]["satisfied"] for each in answer["readings"])


@pytest.mark.parametrize(
    ("query", "kind", "says"),
    [
        ("length=many", "BadRequest", "expected a number of digits"),
        ("pattern=[0-9", "BadRequest", "is not a regular expression"),
        ("pattern=((\\d{50}){50}){50}", "BadRequest", "too many states"),
        ("check=lun", "UnknownName", "luhn"),
        ("among=1;two", "BadRequest", "'two'"),
        ("length=1&explain=1", "BadRequest", "cannot be combined with constraints"),
        ("length=3&among=12", "BadRequest", "none of the 1 numbers of the list"),
    ],
)
def test_a_constraint_that_is_not_understood(
    client: FlaskClient, seven: bytes, query: str, kind: str, says: str
) -> None:
    response = client.post(f"{READ}?{query}", data=seven)
    assert (response.status_code, response.json["kind"]) == (404 if kind == "UnknownName" else 400, kind)
    assert says in response.json["error"]


def test_a_row_is_explained_from_its_image(client: FlaskClient, digits: Any) -> None:
    row = encoded(ruled(row_of([digits[0][i] for i in (0, 3, 30)])))
    answer = client.post(f"{READ}?explain=1&model=cnn", data=row, content_type="image/png").json
    assert conforms(client, "Answer", answer)
    assert [digit["digit"] for digit in answer["digits"]] == [why["answer"] for why in answer["explanation"]["digits"]]
    for digit, why in zip(answer["digits"], answer["explanation"]["digits"], strict=True):
        tile = np.array(digit["tile"])
        assert tile.shape == (32, 32)
        assert tile.max() > 200, "its ink"
        assert (why["method"], why["biases"]) == ("occlusion", None)
        assert {np.array(why[name]).shape for name in ("for", "against", "missing")} == {(32, 32)}
    names = [step["name"] for step in answer["explanation"]["steps"]]
    assert names == ["image", "layout", "rows", "columns", "symbols", "texts"]


@pytest.mark.parametrize("route", ["read?explain=1", "compare", "filmstrip"])
def test_a_reading_ends_at_its_deadline_and_the_worker_goes_on(seven: bytes, route: str) -> None:
    app = create_app(Settings(model="ann-tutorial", deadline_s=1e-6))  # type: ignore[arg-type]  # no picture takes less
    client = app.test_client()
    for _ in range(2 * app.config["INKLING"].max_concurrent_readings):  # each request must release its turn
        response = client.post(f"/api/v1/{route}", data=seven, content_type="image/png")
        assert (response.status_code, response.json["kind"]) == (422, "DeadlineExceeded")
        assert response.json["error"].endswith("Send a smaller picture, or the part with the number.")
    assert client.get("/healthz").status_code == 200


def test_cells_are_read_apart_if_asked_for(client: FlaskClient, seven: bytes) -> None:
    answer = client.post(f"{READ}?cells=1", data=encoded(comb(["7", "", "x"])), content_type="image/png").json
    [table] = answer["tables"]
    assert (table["rows"], table["columns"], answer["tables_reason"]) == (1, 3, "")
    assert [cell["outcome"] for cell in table["cells"]][1:] == ["empty", "crossed_out"]
    assert conforms(client, "Answer", answer)
    without = client.post(f"{READ}?cells=1", data=seven, content_type="image/png").json
    assert (without["text"], without["tables"]) == ("7", [])
    assert without["tables_reason"].startswith("no grid was found")
    several = client.post(f"{READ}?cells=1", data=form(seven, encoded(comb(["7", ""])))).json
    assert [len(each["tables"]) for each in several["readings"]] == [0, 1]
    assert "tables" not in client.post(READ, data=seven, content_type="image/png").json
    assert client.post(f"{READ}?cells=yes", data=seven, content_type="image/png").status_code == 400


def test_a_request_without_a_query_has_the_defaults() -> None:
    query = ReadQuery()
    first = query.load({})
    assert (first["mode"], first["explain"]) == ("auto", "0")
    first["mode"] = "single"
    assert query.load({})["mode"] == "auto"
