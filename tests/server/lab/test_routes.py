"""/api/v1/lab without TensorFlow: errors, access, one training run at a time, keeping and deleting."""

from __future__ import annotations

import base64
import json
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inkling.lab_protocol.lab_folder import is_locked, read_json, write_json
from inkling.models import bundle, registry
from inkling.server.app import create_app
from inkling.server.lab import model_reports, processes, training_manager
from inkling.server.lab.training_manager import TrainingManager
from inkling.server.settings import Settings

LAB = "/api/v1/lab"
SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def open_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A lab whose training process only sleeps."""
    monkeypatch.setattr(TrainingManager, "closed_reason", lambda self: "")
    monkeypatch.setattr(training_manager, "TRAIN", SLEEPER)
    return create_app(Settings(model="ann-tutorial", lab=True, lab_folder=str(tmp_path / "lab")))


@pytest.fixture
def lab(open_lab: Flask) -> FlaskClient:
    return open_lab.test_client()


def manager_of(app: Flask) -> TrainingManager:
    found: TrainingManager = app.extensions["inkling-lab"]
    return found


def end_training(app: Flask, **facts: Any) -> None:
    """Write the files of a finished training run, with the packaged ann-tutorial as its network."""
    lab = manager_of(app).lab
    shutil.copytree(registry.PACKAGED / "ann-tutorial", lab.run / "bundle")
    write_json(lab.facts, {"run": "r1", "choices": {"architecture": "ann"}})
    version = bundle.open_bundle(lab.run / "bundle").version
    lab.events.write_text('{"type":"state","state":"finished"}\n')
    state = {"run": "r1", "choices": {}, "state": "finished", "rows": [], "curve": [], "error": ""}
    learnt = {"version": version, "parameters": 101770, "bytes": 1, "n": 5000, "accuracy": 0.97}
    write_json(lab.state, {**state, "bundle": learnt, "last": lab.events.stat().st_size, **facts})


@pytest.fixture
def sleeping(open_lab: Flask) -> Any:
    """The processes started by a test, which are killed at its end."""
    started: list[Any] = []
    popen = processes.subprocess.Popen

    def remembered(*args: Any, **options: Any) -> Any:
        started.append(popen(*args, **options))
        return started[-1]

    processes.subprocess.Popen = remembered  # type: ignore[misc]
    yield started
    processes.subprocess.Popen = popen  # type: ignore[misc]
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("missing", "says"),
    [("off", "inkling serve --lab"), ("extra", "make install-learn"), ("data", "inkling data fetch")],
)
def test_a_closed_lab_says_how_to_open_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, says: str
) -> None:
    app = create_app(Settings(model="ann-tutorial", lab=missing != "off", lab_folder=str(tmp_path)))
    absent = "tensorflow" if missing == "extra" else ""
    monkeypatch.setattr(training_manager.importlib.util, "find_spec", lambda name: None if name == absent else True)
    monkeypatch.setattr(training_manager, "cache_folder", lambda: tmp_path / "nothing")
    client = app.test_client()
    assert client.get(LAB).json["open"] is False
    assert says in client.get(LAB).json["reason"]
    for path in ("training", "snapshot", "events", "models"):
        answer = client.get(f"{LAB}/{path}")
        assert (answer.status_code, answer.json["kind"]) == (503, "LabClosed")
        assert says in answer.json["error"]
    for path in ("training", "training/pause", "samples", "models"):
        assert client.post(f"{LAB}/{path}", json={}).json["kind"] == "LabClosed"
    page = client.get("/train").text
    assert says.replace('"', "&#34;") in page
    assert "What happens in training" in page
    assert 'id="start"' not in page, "no dead controls"
    assert 'id="settings"' not in page


def test_the_page_has_a_field_for_every_choice(lab: FlaskClient) -> None:
    page = lab.get("/train").text
    for choice in lab.get(LAB).json["choices"]:
        assert f'name="{choice["name"]}"' in page
        assert choice["about"].replace("'", "&#39;") in page
    for preset in lab.get(LAB).json["presets"]:
        assert f'data-preset="{preset["name"]}"' in page


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),  # DNS rebinding
        ({"Host": "localhost.evil.example"}, 403),
        ({"Host": "localhost:80@evil.example"}, 403),
        ({"Host": "[localhost"}, 403),
    ],
)
def test_only_the_services_own_page_and_programs_may_use_the_lab(
    lab: FlaskClient, headers: dict[str, str], status: int
) -> None:
    assert lab.get(f"{LAB}/training", headers=headers).status_code == status
    assert lab.delete(f"{LAB}/training", headers=headers).status_code == status


def test_another_host_name_can_be_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainingManager, "closed_reason", lambda self: "")
    settings = Settings(model="ann-tutorial", lab=True, lab_folder=str(tmp_path), lab_hosts="digits.example, other")
    client = create_app(settings).test_client()
    assert client.get(f"{LAB}/training", headers={"Host": "digits.example"}).status_code == 200
    assert client.get(f"{LAB}/training", headers={"Host": "example"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ({"data": "{}", "content_type": "text/plain"}, "UnknownFormat", 415),  # possible from a form on another site
        ({"data": {"epochs": "3"}}, "UnknownFormat", 415),
        ({"data": "[]", "content_type": "application/json"}, "BadRequest", 400),
        ({"data": "{", "content_type": "application/json"}, "BadRequest", 400),
        ({"data": b"\xff", "content_type": "application/json"}, "BadRequest", 400),
        ({"data": "[" * 9_000, "content_type": "application/json"}, "BadRequest", 400),
        ({"data": " " * 20_000, "content_type": "application/json"}, "ImageTooLarge", 413),
        ({"json": {"epochs": 1000}}, "BadRequest", 400),
        ({"json": {"out": "/etc"}}, "BadRequest", 400),
    ],
)
def test_a_wrong_body_starts_nothing(lab: FlaskClient, body: dict[str, Any], kind: str, status: int) -> None:
    answer = lab.post(f"{LAB}/training", **body)
    assert (answer.status_code, answer.json["kind"]) == (status, kind)
    assert lab.get(f"{LAB}/training").json["state"] == "none"


def test_one_training_at_a_time(open_lab: Flask, lab: FlaskClient, sleeping: Any) -> None:
    begun = lab.post(f"{LAB}/training", json={"epochs": 3}).json
    assert (begun["state"], begun["choices"]["epochs"]) == ("starting", 3)
    second = lab.post(f"{LAB}/training", json={})
    assert (second.status_code, second.json["kind"]) == (409, "Busy")
    assert "one at a time" in second.json["error"]
    assert lab.delete(f"{LAB}/training").status_code == 409
    other_worker = create_app(open_lab.config["INKLING"]).test_client()
    assert other_worker.post(f"{LAB}/training", json={}).status_code == 409
    assert other_worker.get(f"{LAB}/training").json["run"] == begun["run"]
    assert lab.post(f"{LAB}/training/resume").status_code == 409
    assert lab.post(f"{LAB}/training/pause").status_code == 200
    assert read_json(manager_of(open_lab).lab.control)["do"] == "pause"
    assert lab.post(f"{LAB}/training/fly").status_code == 404
    sleeping[0].kill()
    sleeping[0].wait()
    lost = lab.get(f"{LAB}/training").json
    assert lost["state"] == "interrupted"
    assert "process ended" in lost["error"]
    assert lab.post(f"{LAB}/training/resume").json["state"] in ("starting", "interrupted")
    assert is_locked(manager_of(open_lab).lab.lock), "another process continues"
    sleeping[1].kill()
    sleeping[1].wait()
    assert lab.delete(f"{LAB}/training").json["state"] == "none"


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainingManager, "closed_reason", lambda self: "")
    (tmp_path / "file").write_text("")
    app = create_app(Settings(model="ann-tutorial", lab=True, lab_folder=str(tmp_path / "file" / "lab")))
    answer = app.test_client().post(f"{LAB}/training", json={})
    assert (answer.status_code, answer.json["kind"]) == (503, "CannotWrite")
    assert "INKLING_LAB_FOLDER" in answer.json["error"]


def test_a_full_disk_is_reported_and_keeps_the_last_training(
    open_lab: Flask, lab: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_training(open_lab)
    monkeypatch.setattr(training_manager.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))  # type: ignore[attr-defined]
    answer = lab.post(f"{LAB}/training", json={})
    assert (answer.status_code, answer.json["kind"]) == (503, "CannotWrite")
    assert "200 MB" in answer.json["error"]
    assert lab.get(f"{LAB}/training").json["state"] == "finished"


def test_every_worker_offers_a_kept_model_at_once_and_forgets_a_deleted_one(
    open_lab: Flask, lab: FlaskClient, seven: bytes
) -> None:
    other_worker = create_app(open_lab.config["INKLING"]).test_client()
    read = {"data": seven, "content_type": "image/png"}
    assert other_worker.post("/api/v1/read?model=mine", **read).status_code == 404
    end_training(open_lab)
    kept = lab.post(f"{LAB}/models", json={"name": "mine"})
    assert kept.status_code == 200, kept.json
    assert [model["name"] for model in kept.json["models"]] == ["mine"]
    assert lab.get(f"{LAB}/training").json["kept_as"] == ["mine"]
    for worker in (lab, other_worker):
        assert "mine" in [model["name"] for model in worker.get("/api/v1/models").json["models"]]
        answer = worker.post("/api/v1/read?model=mine", **read).json
        assert (answer["text"], answer["model"]["name"]) == ("7", "mine")
        assert '<option value="mine"' in worker.get("/").text
    assert bundle.open_bundle(manager_of(open_lab).lab.models / "mine").manifest["recipe"]["name"] == "mine"
    assert lab.delete(f"{LAB}/models/mine").json["models"] == []
    for worker in (lab, other_worker):
        assert worker.post("/api/v1/read?model=mine", **read).status_code == 404
    assert lab.delete(f"{LAB}/models/mine").status_code == 404
    assert list(manager_of(open_lab).lab.models.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "Mine", "ann", "x" * 33, None, 7, ["a"], "../../etc"])
def test_an_invalid_name_keeps_nothing(open_lab: Flask, lab: FlaskClient, name: Any) -> None:
    end_training(open_lab)
    answer = lab.post(f"{LAB}/models", json={"name": name})
    assert (answer.status_code, answer.json["kind"]) == (400, "BadRequest")
    assert answer.json["error"].startswith("name is ")
    assert not manager_of(open_lab).lab.models.exists() or not list(manager_of(open_lab).lab.models.iterdir())


def test_a_name_is_used_once_and_nothing_is_kept_before_the_end(open_lab: Flask, lab: FlaskClient) -> None:
    assert lab.post(f"{LAB}/models", json={"name": "mine"}).status_code == 409
    end_training(open_lab)
    assert lab.post(f"{LAB}/models", json={"name": "mine", "test": "yes"}).status_code == 400
    assert lab.post(f"{LAB}/models", json={"name": "mine"}).status_code == 200
    assert "already" in lab.post(f"{LAB}/models", json={"name": "mine"}).json["error"]


def test_a_damaged_network_is_not_kept(open_lab: Flask, lab: FlaskClient) -> None:
    end_training(open_lab)
    (manager_of(open_lab).lab.run / "bundle" / "model.tflite").write_bytes(b"half")
    assert lab.post(f"{LAB}/models", json={"name": "mine"}).json["kind"] == "BadBundle"
    assert list(manager_of(open_lab).lab.models.iterdir()) == []


@pytest.mark.parametrize("name", ["..", ".", "%2e%2e", "..%2frun", "run", "%00"])
def test_deleting_follows_no_path(open_lab: Flask, lab: FlaskClient, name: str) -> None:
    end_training(open_lab)
    assert lab.delete(f"{LAB}/models/{name}").status_code in (404, 405)
    assert manager_of(open_lab).lab.run.is_dir()


def test_a_model_is_evaluated_on_the_test_images_only_on_request(
    open_lab: Flask, lab: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_training(open_lab)
    manifest = manager_of(open_lab).lab.run / "bundle" / "manifest.json"
    facts = json.loads(manifest.read_text())
    del facts["scores"]["mnist-test"]
    manifest.write_text(json.dumps({**facts, "test_looks": 0}))
    monkeypatch.setattr(training_manager, "SCORE", (sys.executable, "-c", "print('{\"accuracy\": 0.5}')"))
    assert lab.post(f"{LAB}/models", json={"name": "one"}).json["models"][0]["test"] is None
    both = lab.post(f"{LAB}/models", json={"name": "two", "test": True}).json["models"]
    models = {model["name"]: model for model in both}
    assert models["two"]["test"] == 0.5
    kept = manager_of(open_lab).kept.bundles()
    assert (kept["one"].test_looks, kept["two"].test_looks) == (0, 1)
    monkeypatch.setattr(training_manager, "SCORE", (sys.executable, "-c", "import sys; sys.exit('no such data')"))
    failed = lab.post(f"{LAB}/models", json={"name": "three", "test": True})
    assert (failed.status_code, failed.json["error"]) == (503, "no such data")
    assert sorted(path.name for path in manager_of(open_lab).lab.models.iterdir()) == ["one", "two"]


def test_a_snapshot_is_served_when_there_is_one(open_lab: Flask, lab: FlaskClient) -> None:
    assert lab.get(f"{LAB}/snapshot").status_code == 404
    end_training(open_lab)
    write_json(manager_of(open_lab).lab.snapshot, {"run": "r1", "n": 1, "weights": {}, "judged": {}, "wrong": {}})
    assert lab.get(f"{LAB}/snapshot").json["n"] == 1


def test_a_finished_training_is_ended_for_a_new_one(open_lab: Flask, lab: FlaskClient, sleeping: Any) -> None:
    lab.post(f"{LAB}/training", json={})
    first = sleeping[0]
    write_json(
        manager_of(open_lab).lab.state, {"run": read_json(manager_of(open_lab).lab.facts)["run"], "state": "finished"}
    )
    threading.Thread(target=_ends_when_asked, args=(manager_of(open_lab), first), daemon=True).start()
    assert lab.post(f"{LAB}/training", json={"epochs": 2}).json["state"] == "starting"
    assert len(sleeping) == 2


def _ends_when_asked(manager: TrainingManager, process: Any) -> None:
    while read_json(manager.lab.control).get("do") != "end":
        time.sleep(0.02)
    process.kill()


def test_a_digit_is_watched_until_none_is(open_lab: Flask, lab: FlaskClient) -> None:
    watched = manager_of(open_lab).lab.watched
    tile = base64.b64encode(bytes(range(196)) * 4).decode()
    answer = lab.post(f"{LAB}/watched", json={"tile": tile})
    assert answer.status_code == 200
    assert read_json(watched) == {"n": answer.json["n"], "tile": tile}
    again = lab.post(f"{LAB}/watched", json={"tile": tile})
    assert again.json["n"] != answer.json["n"], "another digit has another name"
    assert lab.post(f"{LAB}/watched", json={}).json["n"] == ""
    assert read_json(watched) == {"n": "", "tile": ""}


@pytest.mark.parametrize("tile", ["AAAA", "not base64!", 7, ["AAAA"], None])
def test_a_wrong_tile_is_refused(lab: FlaskClient, tile: Any) -> None:
    answer = lab.post(f"{LAB}/watched", json={"tile": tile})
    assert answer.status_code == 400
    assert "28 by 28" in answer.json["error"]


def test_a_report_is_made_by_a_process(
    open_lab: Flask, lab: FlaskClient, sleeping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_reports, "REPORT", SLEEPER)
    end_training(open_lab)
    (manager_of(open_lab).lab.run / "history.csv").write_text("epoch,loss\n1,0.5\n")
    kept = lab.post(f"{LAB}/models", json={"name": "mine"}).json["models"]
    assert [(each["name"], each["report"]) for each in kept] == [("mine", "none")]
    assert (manager_of(open_lab).lab.models / "mine" / "history.csv").is_file(), "for the learning curves in the report"
    assert lab.post(f"{LAB}/models/yours/report", json={}).status_code == 404
    made = lab.post(f"{LAB}/models/mine/report", json={})
    assert (made.status_code, made.json["models"][0]["report"]) == (200, "making")
    refused = lab.post(f"{LAB}/models/mine/report", json={})
    assert (refused.status_code, refused.json["kind"]) == (409, "Busy")
    sleeping[-1].kill()
    sleeping[-1].wait()
    write_json(manager_of(open_lab).lab.report, {"model": "mine", "error": "it went wrong"})
    (model,) = lab.get(f"{LAB}/models").json["models"]
    assert (model["report"], model["report_error"]) == ("failed", "it went wrong")
    write_json(manager_of(open_lab).lab.report, {"model": "mine", "error": ""})
    report = registry.PACKAGED / "ann-tutorial" / "report"
    shutil.copytree(report, manager_of(open_lab).lab.models / "mine" / "report", dirs_exist_ok=True)
    assert lab.get(f"{LAB}/models").json["models"][0]["report"] == "made"
