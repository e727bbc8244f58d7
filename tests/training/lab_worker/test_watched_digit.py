"""The watched digit: the networks of all epochs so far read it, even if it is drawn later."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inkling.lab_protocol.lab_folder import LabFolder, read_json, write_json
from inkling.training.lab_worker.event_log import EventLog
from inkling.training.lab_worker.watched_digit import WatchedDigit
from tests.training.small import LEARN

pytestmark = LEARN


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    lab = LabFolder(tmp_path)
    lab.run.mkdir()
    write_json(lab.facts, {"run": "r1", "choices": {"epochs": 3}})
    with EventLog(lab) as log:
        yield log


def draw(lab: LabFolder, n: str, ink: int = 200) -> None:
    write_json(lab.watched, {"n": n, "tile": base64.b64encode(bytes([ink]) * 784).decode() if n else ""})


def biased_to(digit: int) -> object:
    """A network that reads every picture as `digit`."""
    import keras

    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    weights, bias = (np.zeros_like(each) for each in model.get_weights())
    bias[digit] = 5
    model.set_weights([weights, bias])
    return model


def test_a_digit_drawn_late_has_its_whole_history(tmp_path: Path, log: EventLog) -> None:
    lab = LabFolder(tmp_path)
    watched = WatchedDigit(lab, log)
    for epoch, digit in enumerate((3, 7)):
        watched.keep(epoch, biased_to(digit))
    assert log.state["watched"] is None, "nothing is watched yet"
    draw(lab, "a")
    watched.report()
    watched.report()
    assert log.state["watched"]["n"] == "a"
    assert [(row[0], int(np.argmax(row[1:]))) for row in log.state["watched"]["rows"]] == [(0, 3), (1, 7)]
    assert sum(log.state["watched"]["rows"][0][1:]) == pytest.approx(1, abs=1e-3)
    watched.keep(2, biased_to(1))
    assert [row[0] for row in log.state["watched"]["rows"]] == [0, 1, 2]
    draw(lab, "b")
    watched.report()
    assert (log.state["watched"]["n"], len(log.state["watched"]["rows"])) == ("b", 3)
    draw(lab, "")
    watched.report()
    assert log.state["watched"] == {"n": "", "rows": []}
    log.save()
    assert read_json(lab.state)["watched"] == {"n": "", "rows": []}


def test_a_training_that_goes_on_from_an_epoch_forgets_later_ones(tmp_path: Path, log: EventLog) -> None:
    lab = LabFolder(tmp_path)
    draw(lab, "a")
    watched = WatchedDigit(lab, log)
    for epoch in range(3):
        watched.keep(epoch, biased_to(epoch))
    fresh = WatchedDigit(lab, log)
    fresh.keep(1, biased_to(9))
    assert [(row[0], int(np.argmax(row[1:]))) for row in log.state["watched"]["rows"]] == [(0, 0), (1, 9)]
