"""Server-sent events: no event is lost or sent twice, streams are limited, and they end when the server stops."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.request
from itertools import takewhile
from pathlib import Path

import pytest
from flask import Flask

from inkling.lab_protocol.lab_folder import LabFolder, write_json
from inkling.server.app import create_app
from inkling.server.lab import event_stream
from inkling.server.lab.training_manager import TrainingManager
from inkling.server.settings import Settings
from inkling.server.stopping import stopping
from tests.cli.test_serve import serving


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(TrainingManager, "closed_reason", lambda self: "")
    monkeypatch.setattr(event_stream, "POLL_S", 0.01)
    monkeypatch.setattr(event_stream, "REFRESH_S", 0.02)
    return create_app(Settings(model="ann-tutorial", lab=True, lab_folder=str(tmp_path), threads=8))


@pytest.fixture
def lab(app: Flask) -> LabFolder:
    """A finished training run with three events; its state includes the first two."""
    lab: LabFolder = app.extensions["inkling-lab"].lab
    lab.run.mkdir(parents=True)
    write_json(lab.facts, {"run": "r1", "choices": {}})
    lab.events.write_text('{"type":"step","n":1}\n{"type":"step","n":2}\n{"type":"epoch","n":3}\n')
    write_json(lab.state, {"run": "r1", "state": "finished", "last": 44, "bundle": None})
    return lab


def events_of(app: Flask, last_event_id: str = "", max_s: float = 0.15) -> list[tuple[str, str, dict[str, object]]]:
    """(id, kind, data) of each event."""
    text = "".join(event_stream.event_stream(app.extensions["inkling-lab"], last_event_id, max_s))
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in lines:
            found.append((lines.get("id", ""), lines["event"], json.loads(lines["data"])))
    return found


def test_a_stream_begins_with_the_state_and_continues_after_it(app: Flask, lab: LabFolder) -> None:
    (first_id, kind, state), *rest = events_of(app)
    assert (first_id, kind, state["state"]) == ("r1:44", "all", "finished")
    assert [(id_, kind, data["n"]) for id_, kind, data in rest] == [("r1:67", "epoch", 3)]


@pytest.mark.parametrize(("last", "numbers"), [("r1:0", [1, 2, 3]), ("r1:22", [2, 3]), ("r1:44", [3]), ("r1:67", [])])
def test_a_stream_resumes_after_the_last_event_without_a_gap(
    app: Flask, lab: LabFolder, last: str, numbers: list[int]
) -> None:
    assert [data["n"] for _, _, data in events_of(app, last)] == numbers


@pytest.mark.parametrize("last", ["r0:22", "r1:23", "r1:9999", "r1:-1", "r1:x", "r1", ":", "r1:" + "9" * 40, "r1:²"])
def test_an_id_of_another_run_or_of_no_event_starts_over(app: Flask, lab: LabFolder, last: str) -> None:
    assert events_of(app, last)[0][1] == "all"


def test_only_complete_lines_are_sent(app: Flask, lab: LabFolder) -> None:
    with lab.events.open("a") as file:
        file.write('{"type":"step","n":')
        file.flush()
        assert [data["n"] for _, _, data in events_of(app, "r1:67")] == []
        file.write("4}\n")
        file.flush()
        assert [data["n"] for _, _, data in events_of(app, "r1:67")] == [4]


def test_a_dead_process_and_a_new_run_are_reported(app: Flask, lab: LabFolder) -> None:
    write_json(lab.state, {"run": "r1", "state": "running", "last": 67, "bundle": None})
    events = events_of(app, "r1:67")
    assert [(kind, data["state"]) for _, kind, data in events] == [("all", "interrupted")]
    write_json(lab.facts, {"run": "r2", "choices": {}})
    lab.state.unlink()
    events = events_of(app, "r1:67")
    assert events[0][1] == "all"
    assert events[0][2]["run"] == "r2"


def test_a_kept_model_is_reported(app: Flask, lab: LabFolder) -> None:
    told = event_stream.event_stream(app.extensions["inkling-lab"], "r1:67", 1)
    assert next(told).startswith("retry:")
    (lab.models / "new").mkdir(parents=True)
    assert next(told).startswith("event: models\n")
    told.close()


def test_heartbeats_are_sent_while_nothing_happens(app: Flask, lab: LabFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT_S", 0.03)
    assert (
        "".join(event_stream.event_stream(app.extensions["inkling-lab"], "r1:67", 0.2)).count(": still here\n\n") >= 2
    )


def test_streams_are_limited_and_release_their_places(app: Flask, lab: LabFolder) -> None:
    client = app.test_client()
    streams = [client.get("/api/v1/lab/events") for _ in range(2)]  # the maximum with 8 threads
    assert [each.status_code for each in streams] == [200, 200]
    assert streams[0].mimetype == "text/event-stream"
    full = client.get("/api/v1/lab/events")
    assert (full.status_code, full.json["kind"]) == (503, "Overloaded")
    streams[0].close()  # without having been read
    again = client.get("/api/v1/lab/events", headers={"Last-Event-ID": "r1:22"})
    assert again.status_code == 200
    assert b'"n":2' in b"".join(takewhile(lambda part: b'"n":3' not in part, again.response))
    for each in (streams[1], again):
        each.close()


def test_a_stream_ends_when_the_server_stops(app: Flask, lab: LabFolder) -> None:
    stopping.set()
    try:
        assert list(event_stream.event_stream(app.extensions["inkling-lab"], "r1:67", 60)) == ["retry: 1000\n\n"]
    finally:
        stopping.clear()


@pytest.mark.learn
def test_a_server_with_listeners_stops_at_once_and_reads_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seven: bytes
) -> None:
    (tmp_path / "mnist.npz").write_bytes(b"")  # nothing is trained
    monkeypatch.setenv("INKLING_CACHE", str(tmp_path))
    monkeypatch.setenv("INKLING_LAB_FOLDER", str(tmp_path / "lab"))
    monkeypatch.setenv("INKLING_THREADS", "4")
    with serving("--lab") as (process, address):
        listening = urllib.request.urlopen(f"{address}/api/v1/lab/events", timeout=20)
        assert listening.readline() == b"retry: 1000\n"
        request = urllib.request.Request(f"{address}/api/v1/read", seven, {"Content-Type": "image/png"})
        with urllib.request.urlopen(request, timeout=20) as response:
            assert json.load(response)["text"] == "7"
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pytest.fail("the server waits for its streams")
        assert time.monotonic() - began < 4, "before the server kills threads that do not end"
        listening.close()
