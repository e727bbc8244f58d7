"""The progress of a training run: an append-only log of events, and a state file that is replaced atomically.

The state contains the byte offset after its last event. A reader that reads the state and then the events from that
offset gets each event exactly once.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from typing import Any

from inkling.lab_protocol.lab_folder import LabFolder, read_json, write_json

MAX_POINTS = 400  # points in the state's curve; if there are more, every second one is dropped
SAVE_EVERY_S = 0.5


class EventLog:
    """The events and the state of the training run in a lab's folder; continues existing files."""

    def __init__(self, lab: LabFolder) -> None:
        facts = read_json(lab.facts)
        self._path = lab.state
        self._file = lab.events.open("ab")
        self._saved_s = 0.0
        self.state: dict[str, Any] = {
            "run": facts["run"],
            "choices": facts["choices"],
            "state": "starting",
            "epochs": facts["choices"]["epochs"],  # in total
            "epoch": 0,  # done
            "step": 0,  # of the whole run
            "steps_of_epoch": 0,
            "n_train": 0,
            "parameters": 0,
            "curve": [],  # [epochs, loss, accuracy] while training
            "rows": [],  # of history.csv, one per epoch
            "snapshot": 0,
            "watched": None,  # {"n": number of the digit, "rows": [[epoch, ten probabilities...], ...]}
            "bundle": None,
            "error": "",
            **read_json(lab.state),
        }

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, *_: Any) -> None:
        with contextlib.suppress(OSError):  # an earlier write has already reported the error
            self._file.close()

    def set_state(self, state: str, **facts: Any) -> None:
        """Change the state; append an event and save the state immediately."""
        self.state.update(facts, state=state)
        self.append("state", state=state, **facts)
        self.save()

    def add_point(self, epochs: float, loss: float, accuracy: float) -> None:
        """Add a point to the curve in the state."""
        curve = self.state["curve"]
        curve.append([round(epochs, 4), finite(loss), finite(accuracy)])
        if len(curve) > MAX_POINTS:
            del curve[1::2]

    def append(self, kind: str, **facts: Any) -> None:
        """Append an event, and save the state if it was last saved SAVE_EVERY_S seconds ago or earlier."""
        line = json.dumps({"type": kind, **facts}, separators=(",", ":"), allow_nan=False) + "\n"
        self._file.write(line.encode())
        self._file.flush()
        self.state["last"] = self._file.tell()
        if time.monotonic() - self._saved_s >= SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Replace the state file."""
        write_json(self._path, self.state)
        self._saved_s = time.monotonic()


def finite(value: float) -> float | None:
    """A rounded number, or None for infinity and nan, which JSON cannot represent."""
    return round(value, 5) if math.isfinite(value) else None
