"""The training process: it reports progress, executes commands, resumes, and leaves a working bundle."""

from __future__ import annotations

import base64
import errno
import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling import Reader
from inkling.errors import BadData, CannotWrite
from inkling.lab_protocol import hyperparameters
from inkling.lab_protocol.lab_folder import LabFolder, read_json, write_json
from inkling.models import registry
from inkling.training.data.mnist import Mnist
from inkling.training.lab_worker import samples, training_process
from inkling.training.lab_worker.event_log import EventLog
from inkling.training.recipe import Augmentation
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN
SIDE = 28


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabFolder:
    """A lab's folder, with the small data set instead of MNIST."""
    monkeypatch.setattr("inkling.training.data.mnist.load_mnist", small_mnist)
    monkeypatch.setattr(hyperparameters, "N_VALIDATION", 200)
    monkeypatch.setattr(training_process, "IDLE_S", 0.0)
    lab = LabFolder(tmp_path / "lab")
    lab.run.mkdir(parents=True)
    return lab


def ask(lab: LabFolder, **values: Any) -> None:
    small = {"hidden": 16, "n_train": 500, "batch_size": 32, "learning_rate": 0.01, "epochs": 3}
    write_json(lab.facts, {"run": "r1", "choices": hyperparameters.validated({**small, **values})})


def tell(lab: LabFolder, command: str) -> None:
    write_json(lab.control, {"n": time.time_ns(), "do": command})


def events(lab: LabFolder, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in lab.events.read_text().splitlines()] if lab.events.exists() else []
    return [line for line in lines if line["type"] == kind]


def steered(lab: LabFolder, steer: Callable[[], None]) -> dict[str, Any]:
    """Trains while `steer` runs in another thread; returns the final state."""
    helper = threading.Thread(target=steer, daemon=True)
    helper.start()
    training_process.train_in(lab)
    helper.join(timeout=60)
    return read_json(lab.state)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_in(lab: LabFolder, state: str) -> Callable[[], bool]:
    return lambda: read_json(lab.state).get("state") == state


@pytest.mark.parametrize("architecture", ["ann", "ann-dropout", "cnn-small"])
def test_a_training_is_reported_and_ends_in_a_bundle(lab: LabFolder, architecture: str) -> None:
    ask(lab, architecture=architecture, rotation=5)
    training_process.train_in(lab)
    state = read_json(lab.state)
    assert [event["state"] for event in events(lab, "state")] == ["starting", "running", "saving", "finished"]
    assert state["state"] == "finished"
    assert [row["epoch"] for row in state["rows"]] == [1, 2, 3]
    assert state["rows"][2]["loss"] < state["rows"][0]["loss"]
    assert (state["n_train"], state["steps_of_epoch"]) == (500, 15)
    assert state["last"] == lab.events.stat().st_size
    assert [event["step"] for event in events(lab, "step")][-1] == 45
    found = registry.find(lab.run)
    assert state["bundle"]["version"] == found.version
    assert state["parameters"] == found.manifest["parameters"]
    assert set(found.manifest["scores"]) == {"mnist-validation", "validation-augmented"}, (
        "the test images are left alone"
    )
    assert Reader(lab.run).read(np.full((60, 60), 255, np.uint8)).outcome == "empty"


def test_a_snapshot_shows_weights_confusions_and_mistakes(lab: LabFolder) -> None:
    ask(lab, epochs=1)
    training_process.train_in(lab)
    snapshot = read_json(lab.snapshot)
    assert snapshot["n"] == len(events(lab, "snapshot")) == read_json(lab.state)["snapshot"]
    maps = np.frombuffer(base64.b64decode(snapshot["weights"]["maps"]), np.uint8)
    assert len(maps) == snapshot["weights"]["n"] * SIDE * SIDE
    assert (snapshot["weights"]["n"], snapshot["weights"]["of"]) == (16, 16)
    assert maps.min() >= 1
    confusion = np.array(snapshot["judged"]["confusion"])
    assert confusion.sum() == snapshot["judged"]["n"] == 200
    assert np.trace(confusion) / 200 == pytest.approx(snapshot["judged"]["accuracy"], abs=1e-4)
    wrong = snapshot["wrong"]
    assert len(base64.b64decode(wrong["tiles"])) == len(wrong["labels"]) * SIDE * SIDE
    assert all(label != read for label, read in zip(wrong["labels"], wrong["read"], strict=True))
    assert lab.snapshot.stat().st_size < 60_000


def test_pause_one_more_epoch_go_on_and_stop(lab: LabFolder) -> None:
    ask(lab, epochs=100)
    sizes: list[float] = []

    def steer() -> None:
        until(is_in(lab, "running"))
        tell(lab, "pause")
        until(is_in(lab, "paused"))
        sizes.append(lab.events.stat().st_size)
        time.sleep(0.3)
        sizes.append(lab.events.stat().st_size)
        epochs = len(events(lab, "epoch"))
        tell(lab, "more")
        until(lambda: len(events(lab, "epoch")) == epochs + 1 and is_in(lab, "paused")())
        sizes.append(len(events(lab, "epoch")) - epochs)
        tell(lab, "resume")
        until(lambda: len(events(lab, "epoch")) >= epochs + 3)
        tell(lab, "stop")

    state = steered(lab, steer)
    assert sizes[0] == sizes[1], "training continued during a pause"
    assert sizes[2] == 1
    assert state["state"] == "stopped"
    assert 3 <= len(state["rows"]) < 100
    assert registry.find(lab.run).version == state["bundle"]["version"]


def test_a_finished_training_learns_one_more_epoch(lab: LabFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_process, "IDLE_S", 60.0)
    ask(lab, epochs=1)

    def steer() -> None:
        until(is_in(lab, "finished"))
        tell(lab, "more")
        until(lambda: len(events(lab, "epoch")) == 2 and is_in(lab, "finished")())
        tell(lab, "end")

    state = steered(lab, steer)
    assert (state["epochs"], [row["epoch"] for row in state["rows"]]) == (2, [1, 2])
    first, second = [event["bundle"]["version"] for event in events(lab, "state") if event["state"] == "finished"]
    assert first != second
    tell(lab, "more")  # also works in a new process
    training_process.train_in(lab)
    assert [row["epoch"] for row in read_json(lab.state)["rows"]] == [1, 2, 3]


def test_without_its_server_it_saves_and_resumes_later(lab: LabFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(lab, epochs=4)
    lab.server.write_text("999999999")  # not an existing process
    monkeypatch.setattr(training_process, "SERVER_CHECK_S", 0.0)
    monkeypatch.setattr(training_process, "SERVER_GONE_S", -1.0)
    training_process.train_in(lab)
    state = read_json(lab.state)
    assert state["state"] == "interrupted"
    assert "server stopped" in state["error"]
    lab.server.unlink()
    training_process.train_in(lab)
    assert [row["epoch"] for row in read_json(lab.state)["rows"]] == [1, 2, 3, 4]


def test_what_goes_wrong_is_said(lab: LabFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(lab)

    def missing() -> Mnist:
        raise BadData("MNIST is not there. Run: inkling data fetch")

    monkeypatch.setattr("inkling.training.data.mnist.load_mnist", missing)
    training_process.train_in(lab)
    assert (read_json(lab.state)["state"], read_json(lab.state)["error"][:5]) == ("failed", "MNIST")
    monkeypatch.setattr("inkling.training.data.mnist.load_mnist", lambda: 1 / 0)
    training_process.train_in(lab)
    assert "ZeroDivisionError" in read_json(lab.state)["error"]


def test_samples_are_the_same_digits_augmented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "load_mnist", small_mnist)
    out = io.StringIO()
    samples.serve(['{"rotation": 0}\n', '{"rotation": 30, "noise": 0.1}\n'], out)
    lines = [json.loads(line)["tiles"] for line in out.getvalue().splitlines()]
    plain, changed = (np.frombuffer(base64.b64decode(line), np.uint8) for line in lines)
    shape = (samples.ROWS, 10, SIDE, SIDE)
    plain, changed = plain.reshape(shape), changed.reshape(shape)
    np.testing.assert_array_equal(plain[1], plain[0])
    np.testing.assert_array_equal(changed[0], plain[0])
    assert all((changed[1, digit] != plain[0, digit]).any() for digit in range(10))
    assert (changed[1] != changed[2]).any()


def test_samples_say_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Mnist:
        raise BadData("MNIST is not there.")

    monkeypatch.setattr(samples, "load_mnist", missing)
    out = io.StringIO()
    samples.serve(["{}\n"], out)
    assert json.loads(out.getvalue()) == {"error": "MNIST is not there."}
    assert Augmentation().is_none


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux that answers as a full disk does")
def test_a_full_disk_is_one_sentence(lab: LabFolder) -> None:
    ask(lab)
    lab.events.symlink_to("/dev/full")
    with pytest.raises(CannotWrite, match=r"disk is full; a training needs 30 MB\. Make room, then continue\.$"):
        training_process.train_in(lab)


def test_what_fails_for_lack_of_room_is_told_once_there_is_some(lab: LabFolder) -> None:
    ask(lab)
    lab.snapshot.write_text("{}")
    with EventLog(lab) as log:
        full = OSError(errno.ENOSPC, "No space left on device")
        training_process._report_failure(lab, log, full, "run cannot be written; go on with: inkling train --resume")
    assert read_json(lab.state)["state"] == "failed"
    assert "Make room, then continue" in read_json(lab.state)["error"]
    assert not lab.snapshot.exists()
