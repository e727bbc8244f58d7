"""The event log: events can be read back, infinite numbers become null, and the curve stays short."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from inkling.lab_protocol.lab_folder import LabFolder, events_after, read_json, write_json
from inkling.training.lab_worker.event_log import MAX_POINTS, EventLog, finite


@pytest.fixture
def lab(tmp_path: Path) -> LabFolder:
    lab = LabFolder(tmp_path)
    lab.run.mkdir()
    write_json(lab.facts, {"run": "r1", "choices": {"epochs": 3}})
    return lab


def test_the_state_names_its_last_event_and_a_new_process_continues_it(lab: LabFolder) -> None:
    with EventLog(lab) as log:
        log.set_state("running", epoch=1)
        log.append("epoch", epoch=2)
        log.save()
    with EventLog(lab) as log:
        assert (log.state["state"], log.state["epoch"], log.state["epochs"]) == ("running", 1, 3)
        log.set_state("finished")
    events = events_after(lab.events, 0)
    assert [json.loads(line)["type"] for _, line in events] == ["state", "epoch", "state"]
    assert read_json(lab.state)["last"] == events[-1][0] == lab.events.stat().st_size


def test_a_loss_that_diverges_is_null(lab: LabFolder) -> None:
    with EventLog(lab) as log:
        log.add_point(1 / 3, math.nan, 0.5)
        log.append("step", loss=finite(math.inf))
        log.save()
    assert read_json(lab.state)["curve"] == [[0.3333, None, 0.5]]
    assert json.loads(events_after(lab.events, 0)[0][1])["loss"] is None


def test_a_long_curve_is_thinned_and_keeps_its_last_points(lab: LabFolder) -> None:
    with EventLog(lab) as log:
        for i in range(2 * MAX_POINTS + 1):
            log.add_point(i, 1.0, 0.5)
    curve = log.state["curve"]
    assert MAX_POINTS / 2 <= len(curve) <= MAX_POINTS
    assert (curve[0][0], curve[-1][0]) == (0, 2 * MAX_POINTS)
