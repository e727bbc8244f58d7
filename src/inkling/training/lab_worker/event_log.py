"""What a training says of itself: events that are only added to, and a state that is replaced as a whole.

The state names the event that it reaches to, so whoever reads the state and then the events behind it misses nothing
and sees nothing twice.
"""

from __future__ import annotations

import json
import math
import time
from typing import Any

from inkling.lab_protocol.lab_folder import LabFolder, read_json, write_json

MOST_POINTS = 400  # of the curve in the state; every second one goes when there are more
STATE_EVERY_S = 0.5


class Record:
    """The events and the state of the training in a lab's folder; goes on with what is there."""

    def __init__(self, lab: LabFolder) -> None:
        facts = read_json(lab.facts)
        self._lab = lab
        self._file = lab.events.open("ab")
        self._saved_s = 0.0
        self.state: dict[str, Any] = {
            "run": facts["run"],
            "choices": facts["choices"],
            "state": "starting",
            "epochs": facts["choices"]["epochs"],  # to be learnt in all
            "epoch": 0,  # learnt
            "step": 0,  # of the whole run
            "steps_of_epoch": 0,
            "n_train": 0,
            "parameters": 0,
            "curve": [],  # [epochs, loss, accuracy] while learning
            "rows": [],  # history.csv, a line an epoch
            "snapshot": 0,
            "bundle": None,
            "error": "",
            **read_json(lab.state),
        }

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.close()

    def become(self, state: str, **facts: Any) -> None:
        """Another state; said and saved at once."""
        self.state.update(facts, state=state)
        self.say("state", state=state, **facts)
        self.save()

    def point(self, epochs: float, loss: float, accuracy: float) -> None:
        """One more point of the curve."""
        curve = self.state["curve"]
        curve.append([round(epochs, 4), finite(loss), finite(accuracy)])
        if len(curve) > MOST_POINTS:
            del curve[1::2]

    def say(self, kind: str, **facts: Any) -> None:
        """Adds an event, and saves the state now and then."""
        line = json.dumps({"type": kind, **facts}, separators=(",", ":"), allow_nan=False) + "\n"
        self._file.write(line.encode())
        self._file.flush()
        self.state["last"] = self._file.tell()
        if time.monotonic() - self._saved_s >= STATE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Replaces the state."""
        write_json(self._lab.state, self.state)
        self._saved_s = time.monotonic()


def finite(value: float) -> float | None:
    """JSON knows no infinity: None for a loss that has left the numbers."""
    return round(value, 5) if math.isfinite(value) else None
