"""/models and its reports: the content for each model, and the messages if there is nothing to show."""

from __future__ import annotations

import html
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from jinja2 import Template
from PIL import Image

from inkling.errors import NoReport
from inkling.models import bundle, registry
from inkling.models.bundle import Bundle
from inkling.server.app import create_app
from inkling.server.pages.dot_plots import AXIS_W, accuracy_axis, robustness_panels
from inkling.server.pages.models import frequent_mistakes, microseconds, per_cent, sure
from inkling.server.routes.reports import ReportSchema
from inkling.server.service.model_card_html import to_html
from inkling.server.service.reports import load_report
from inkling.server.settings import Settings

NAMES = sorted(registry.packaged())
CURVE = {"name": "rotation", "unit": "degrees", "levels": [0, 10], "accuracy": [1, 0.9]}
FORGED: list[dict[str, Any]] = [
    {"robustness": 5},
    {"robustness": [{**CURVE, "accuracy": [1]}]},
    {"robustness": [{**CURVE, "accuracy": [1, "high"]}]},
    {"robustness": [{**CURVE, "levels": [0, float("inf")]}]},
    {"robustness": [{"name": "rotation"}]},
    {"speed": {"single_us": "fast"}},
    {"speed": ["fast"]},
    {"more": "x" * 3_000_000},
]
MOST_BYTES = 500_000  # of a report including its pictures


def api(name: str, file: str = "") -> str:
    return f"/api/v1/models/{name}/report{file}"


@pytest.fixture
def bare(tmp_path: Path) -> tuple[FlaskClient, Bundle]:
    """A server whose default model, `mine`, has neither a report nor a card, as after training."""
    folder = tmp_path / "mine"
    folder.mkdir()
    source = registry.PACKAGED / "ann-tutorial"
    shutil.copy(source / "model.tflite", folder)
    manifest = json.loads((source / "manifest.json").read_text("utf-8"))
    manifest["name"] = "mine"
    del manifest["scores"]["mnist-test"]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return create_app(Settings(model=str(folder))).test_client(), bundle.open_bundle(folder)


def test_the_table_lists_every_model(client: FlaskClient) -> None:
    page = html.unescape(client.get("/models").text)
    for entry in client.get("/api/v1/models").json["models"]:
        assert f'href="/models/{entry["name"]}"' in page
        assert f"{entry['parameters']:,}" in page
        assert f"<strong>{entry['accuracy']:.2%}</strong>" in page
    assert page.count('class="reach"') == len(NAMES), "an interval for each"
    assert 'aria-current="page">Models' in page


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_its_report_on_its_page(client: FlaskClient, name: str) -> None:
    page, report = html.unescape(client.get(f"/models/{name}").text), client.get(api(name)).json
    assert f"<h1>{name}" in page
    for label, counts in enumerate(report["confusion"]):
        for read, n in enumerate(counts):
            opens = f'href="#cell-{label}-{read}" data-cell="{label}-{read}"><span' in page
            assert opens == (n > 0 and label != read), "each cell with mistakes opens them"
            assert (f'id="cell-{label}-{read}"' in page) == opens
    assert page.count("<image ") >= len(report["mistakes"]["index"]), "every mistake is there without JavaScript"
    assert page.count('<th scope="col">') >= 10
    assert page.count('<th scope="row">') >= 10
    assert f"{report['scores']['calibration_error']:.2%}" in page
    for figure in report["figures"]:
        assert f'src="{api(name, "/" + figure["name"])}.svg"' in page
    assert "Learning curves" in page
    assert ("was not stored" in page) == (report["history"] is None)
    assert "<h3>Limits</h3>" in page
    assert "<li>It recognizes only the digits 0 to 9" in page, "the card is rendered"
    assert "## " not in page


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_as_documented_and_belongs_to_its_network(client: FlaskClient, name: str) -> None:
    response = client.get(api(name))
    report, manifest = response.json, registry.find(name).manifest
    assert ReportSchema().validate(report) == {}
    assert report["model"] == {"name": name, "version": manifest["version"]}
    assert report["scores"]["accuracy"] == manifest["scores"]["mnist-test"]["accuracy"]
    confusion, mistakes, places = report["confusion"], report["mistakes"], report["map"]
    n_wrong = sum(map(sum, confusion)) - sum(confusion[digit][digit] for digit in range(10))
    assert sum(map(sum, confusion)) == 10_000
    assert mistakes["total"] == n_wrong == round(10_000 * (1 - report["scores"]["accuracy"]))
    assert {len(mistakes[key]) for key in ("index", "label", "read", "confidence")} == {min(n_wrong, 400)}
    assert all(label != read for label, read in zip(mistakes["label"], mistakes["read"], strict=True))
    assert mistakes["confidence"] == sorted(mistakes["confidence"], reverse=True)
    n = len(places["index"])
    assert places["index"] == sorted({*range(1000), *mistakes["index"]})
    assert {len(places[key]) for key in ("x", "y", "label", "read", "confidence", "near")} == {n}
    assert all(0 <= at <= 1000 for key in ("x", "y") for at in places[key])
    assert all(i not in near and min(near) >= 0 and max(near) < n for i, near in enumerate(places["near"]))
    wrong = {i for i in range(n) if places["label"][i] != places["read"][i]}
    assert {places["index"][i] for i in wrong} == set(mistakes["index"])
    assert [curve["name"] for curve in report["robustness"]] == ["rotation", "shift", "noise", "stroke", "contrast"]


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_small(name: str) -> None:
    sizes = {path.name: path.stat().st_size for path in (registry.find(name).path / "report").iterdir()}
    assert sum(sizes.values()) < MOST_BYTES, sizes
    assert sizes["report.json"] < 150_000
    assert all(size < 40_000 for file, size in sizes.items() if file.endswith(".svg")), sizes


@pytest.mark.parametrize("name", NAMES)
def test_pictures_of_a_report(client: FlaskClient, name: str) -> None:
    report = client.get(api(name)).json
    response = client.get(api(name, "/mistakes.png"))
    assert response.mimetype == "image/png"
    with Image.open(io.BytesIO(response.data)) as sheet:
        columns, n = report["mistakes"]["columns"], len(report["mistakes"]["index"])
        assert sheet.size == (columns * 28, -(-n // columns) * 28)
    for figure in report["figures"]:
        response = client.get(api(name, f"/{figure['name']}.svg"))
        assert response.mimetype == "image/svg+xml"
        assert response.text.startswith("<svg")
        assert "script" not in response.headers["Content-Security-Policy"]
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "prefers-color-scheme:dark" in response.text
        assert not re.search(r"<script|href=\"http|<metadata|url\(http", response.text)


def test_the_entity_tag_names_the_version(client: FlaskClient) -> None:
    response = client.get(api("ann"))
    etag, _ = response.get_etag()
    assert etag is not None
    assert etag.startswith(registry.find("ann").version)
    again = client.get(api("ann"), headers={"If-None-Match": f'"{etag}"'})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(api("ann"), headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (api("nothing"), "UnknownName"),
        (api("nothing", "/mistakes.png"), "UnknownName"),
        (api("ann", "/report.json"), "NotFound"),
        (api("ann", "/..%2fmanifest.json"), "NotFound"),
        (api("ann", "/learning-loss.png"), "NotFound"),
    ],
)
def test_what_is_not_there(client: FlaskClient, path: str, kind: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json["kind"]) == (404, kind)
    assert 20 < len(response.json["error"]) < 400


def test_an_unknown_model_has_no_page(client: FlaskClient) -> None:
    response = client.get("/models/cn", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "choose from" in response.text


def test_a_model_without_a_report_says_so_and_how_to_get_one(bare: tuple[FlaskClient, Bundle]) -> None:
    client, found = bare
    response = client.get(api("mine"))
    assert (response.status_code, response.json["kind"]) == (404, "NoReport")
    assert "python -m inkling.training.publish" in response.json["error"]
    assert str(found.path) not in response.text, "the path is not revealed"
    page = html.unescape(client.get("/models/mine").text)
    assert response.json["error"] in page
    assert 'id="matrix"' not in page
    assert f"{found.manifest['scores']['mnist-validation']['accuracy']:.2%}" in page
    assert "of the validation images read correctly" in page
    table = client.get("/models").text
    assert 'href="/models/mine"' in table
    assert "not measured" in table
    assert client.get("/models/ann").status_code == 200


@pytest.mark.parametrize("change", FORGED, ids=lambda change: next(iter(change)))
def test_a_forged_report_does_not_break_the_page_of_all_models(
    bare: tuple[FlaskClient, Bundle], change: dict[str, Any]
) -> None:
    client, found = bare
    shutil.copytree(registry.PACKAGED / "ann-tutorial" / "report", found.path / "report")  # of the same network
    path = found.path / "report" / "report.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), "utf-8")
    page = client.get("/models")
    assert page.status_code == 200
    assert 'href="/models/ann"' in page.text
    assert client.get("/models/mine").status_code == 200


def test_a_page_is_rendered_once_and_again_when_a_file_of_a_model_changes(bare: tuple[FlaskClient, Bundle]) -> None:
    client, found = bare
    paths = ("/models", "/models/mine", "/models/ann")
    rendered: list[str] = []

    def render(_: Flask, template: Template, **__: Any) -> None:
        rendered.append(str(template.name))

    with template_rendered.connected_to(render, client.application):
        first = [client.get(path).text for path in paths]
        assert [client.get(path).text for path in paths] == first
        assert sorted(rendered) == ["model.html", "model.html", "models.html"], "the second time they were cached"
        assert client.get("/models/cn").status_code == 404
        (found.path / "README.md").write_text("# mine\n\nA new card.\n", "utf-8")
        assert "A new card." in client.get("/models/mine").text
        assert client.get("/models").text == first[0]
        assert len(rendered) == 5


def test_a_report_that_comes_later_is_shown(bare: tuple[FlaskClient, Bundle]) -> None:
    client, found = bare
    assert 'id="matrix"' not in client.get("/models/mine").text
    shutil.copytree(registry.PACKAGED / "ann-tutorial" / "report", found.path / "report")  # of the same network
    report = client.get(api("mine")).json
    assert report["model"] == {"name": "mine", "version": found.version}
    assert 'id="matrix"' in client.get("/models/mine").text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 0}, "another format"),
        ({"map": ...}, "another format"),
        ({"model": {"name": "ann", "version": "0" * 12}}, "is about version 000000000000"),
        ({"model": 5}, "damaged"),
        *((change, "damaged") for change in FORGED),
        (None, "damaged"),
    ],
)
def test_a_report_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any] | None, says: str) -> None:
    folder = tmp_path / "ann"
    shutil.copytree(registry.PACKAGED / "ann", folder)
    path = folder / "report" / "report.json"
    values = json.loads(path.read_text("utf-8"))
    changed = {key: value for key, value in {**values, **(change or {})}.items() if value is not ...}
    path.write_text("{" if change is None else json.dumps(changed), "utf-8")
    with pytest.raises(NoReport, match=says):
        load_report(bundle.open_bundle(folder), "ann")


def test_a_server_without_a_model_still_shows_the_page(tmp_path: Path) -> None:
    client = create_app(Settings(model=str(tmp_path / "gone"))).test_client()
    assert "No model can be used" in client.get("/models").text


def test_the_card_is_safe_and_fits_into_the_page() -> None:
    card = to_html(
        "# name\n\ntext <b>&\n\n## Scores\n\n| a | b |\n| --- | ---: |\n| `x` | 1 |\n\n[bad](javascript:alert(1))\n"
    )
    assert "name" not in card, "the page already has the title"
    assert "<h3>Scores</h3>" in card
    assert "&lt;b&gt;&amp;" in card
    assert '<div class="scroll" tabindex="0" role="region" aria-label="Scores">' in card
    assert "<code>x</code>" in card
    assert '<td class="number">1</td>' in card
    assert "style=" not in card
    assert "javascript:" not in re.sub(r"\[bad\]\(javascript", "", card)


def test_numbers_in_words() -> None:
    assert (per_cent(0.98094), per_cent(0.5, 1), sure(0.9999)) == ("98.09%", "50.0%", "99%")
    assert (microseconds(13.44), microseconds(1340)) == ("13\u00a0\u00b5s", "1.3\u00a0ms")
    assert frequent_mistakes([[5, 2], [3, 5]]) == [{"label": 1, "read": 0, "n": 3}, {"label": 0, "read": 1, "n": 2}]
    assert frequent_mistakes([[5, 0], [0, 5]]) == []


def row(name: str, low: float, rate: float, high: float) -> dict[str, Any]:
    return {"name": name, "score": {"accuracy": rate, "accuracy_95": [low, high]}, "report": None}


@pytest.mark.parametrize("low", [0.0, 0.5, 0.951, 0.975, 0.9999])
def test_one_scale_holds_every_interval(low: float) -> None:
    rows = [row("a", low, low + (1 - low) / 2, 1.0), row("b", 0.99, 0.995, 0.999)]
    found = accuracy_axis(rows)
    for at in found["at"].values():
        assert 0 <= at["low"] <= at["rate"] <= at["high"] <= AXIS_W
    assert 2 <= len(found["ticks"]) <= 8
    assert found["ticks"][0] == {"x": AXIS_W, "rate": 1.0}


def test_without_measurements_nothing_is_drawn() -> None:
    unmeasured = {"name": "a", "score": None, "report": None}
    assert accuracy_axis([unmeasured])["at"] == {}
    assert robustness_panels([unmeasured]) == []
    assert accuracy_axis([])["ticks"] == []


def test_every_model_has_a_line(app: Flask) -> None:
    reports = [{"name": name, "report": load_report(found, name).values} for name, found in registry.packaged().items()]
    found = robustness_panels(reports)
    assert len(found) == 5
    for panel in found:
        assert [line["name"] for line in panel["lines"]] == NAMES
        assert len({line["series"] for line in panel["lines"]}) == len(NAMES)
