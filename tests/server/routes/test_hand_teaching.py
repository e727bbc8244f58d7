"""Teaching a whole network in another process: start, follow and cancel it over HTTP.

The process here follows the protocol but learns nothing; tests with the marker `learn` run the real one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inkling.hands import full_job
from inkling.hands.store import Store
from inkling.server.app import create_app
from inkling.server.routes.hand_schemas import HandsSchema
from inkling.server.routes.hand_version_schemas import CancelledSchema, JobSchema, TeachingSchema
from inkling.server.settings import Settings
from tests.hands.conftest import lesson
from tests.server.test_workers import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="whole networks cannot be taught on Windows")
HAND = "/api/v1/hands/anna"
WORKER = """
import sys, time
from pathlib import Path
from inkling.hands.full_job import EventFile
log = EventFile(Path(sys.argv[3]))
log.append("progress", stage="learning", done=0.5)
while not Path(sys.argv[3]).with_name("go").exists():
    time.sleep(0.02)
log.append("done", version=7, promoted=True, reason="Promoted: it was told to be.")
"""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    url = f"sqlite:///{tmp_path}/hands.sqlite"
    monkeypatch.setenv("INKLING_STORE", url)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(full_job, "WORKER", (sys.executable, "-c", WORKER))
    monkeypatch.setattr(full_job, "not_here", lambda bundle: "")
    with Store(url) as store:
        store.add("anna", [lesson(n) for n in range(full_job.MIN_LESSONS)])
    app: Flask = create_app(Settings())
    return app.test_client()


def start(client: FlaskClient) -> str:
    answer = client.post(f"{HAND}/teach", json={"kind": "full"})
    assert answer.status_code == 202, answer.json
    JobSchema().load(answer.json)
    return str(answer.json["job"])


def finish(tmp_path: Path) -> None:
    [job] = (tmp_path / "data").rglob("job.json")
    job.with_name("go").touch()


def state(client: FlaskClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"{HAND}/teach").json
    TeachingSchema().load(answer)
    return answer


def events(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            found.append((lines["id"], lines["event"], json.loads(lines["data"])))
    return found


@pytest.mark.slow
def test_it_is_started_followed_and_done(client: FlaskClient, tmp_path: Path) -> None:
    every = client.get("/api/v1/hands").json
    HandsSchema().load(every)
    assert (every["kinds"], every["full_reason"]) == (["light", "full"], "")
    assert state(client)["state"] == "none"
    job = start(client)
    until(lambda: state(client).get("stage") == "learning")
    assert state(client)["done"] == 0.5
    again = client.post(f"{HAND}/teach", json={"kind": "full"})
    assert (again.status_code, again.json["kind"]) == (409, "Busy")
    finish(tmp_path)
    told = events(client.get(f"{HAND}/events").text)
    assert [kind for _, kind, _ in told] == ["started", "progress", "done"]
    assert told[-1][2]["version"] == 7
    assert all(each[0].startswith(f"{job}:") for each in told)
    rest = events(client.get(f"{HAND}/events", headers={"Last-Event-ID": told[1][0]}).text)
    assert rest == told[2:]
    assert (state(client)["state"], state(client)["promoted"]) == ("done", True)


def test_it_is_cancelled(client: FlaskClient) -> None:
    start(client)
    answer = client.delete(f"{HAND}/teach").json
    CancelledSchema().load(answer)
    assert answer["cancelled"] is True
    assert state(client)["state"] == "cancelled"
    assert events(client.get(f"{HAND}/events").text)[-1][1] == "cancelled"
    assert client.delete(f"{HAND}/teach").json["cancelled"] is False


@pytest.mark.parametrize("path", [HAND, "/api/v1/hands"])
def test_deleting_a_hand_ends_its_teaching_and_leaves_nothing_of_it(
    client: FlaskClient, tmp_path: Path, path: str
) -> None:
    start(client)
    assert client.delete(path).status_code == 200
    assert not list((tmp_path / "data").rglob("*.jsonl"))
    for route in ("teach", "events"):
        assert client.get(f"{HAND}/{route}").status_code == 404
    assert client.post(f"{HAND}/teach", json={"kind": "full"}).status_code == 404


def test_too_few_lessons_and_a_machine_without_tensorflow(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.delete(f"{HAND}/lessons/1")
    few = client.post(f"{HAND}/teach", json={"kind": "full"})
    assert (few.status_code, few.json["kind"]) == (400, "BadRequest")
    monkeypatch.setattr(full_job, "not_here", lambda bundle: full_job.NOT_HERE["extra"])
    every = client.get("/api/v1/hands").json
    assert every["kinds"] == ["light"]
    assert "make install-learn" in every["full_reason"]
    answer = client.post(f"{HAND}/teach", json={"kind": "full"})
    assert (answer.status_code, answer.json["kind"]) == (503, "LabClosed")
    assert client.post(f"{HAND}/teach", json={"kind": "whole"}).status_code == 400


def test_there_are_few_streams(client: FlaskClient) -> None:
    start(client)
    places = [client.application.extensions["inkling-streams"].acquire() for _ in range(16)]
    assert client.get(f"{HAND}/events").status_code == 503
    for release in places:
        release()
    client.delete(f"{HAND}/teach")
