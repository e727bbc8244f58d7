"""Reads the user's digit with the network as it was after each epoch so far.

The weights after each epoch stay in memory, so that a digit drawn later also gets its full history.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from inkling.lab_protocol.lab_folder import LabFolder, read_json
from inkling.pipeline.classifier import prediction_from_softmax
from inkling.training.lab_worker.event_log import EventLog

SIDE = 28


class WatchedDigit:
    """Reports `watched` in the log: {"n": number of the digit, "rows": [[epoch, ten probabilities...], ...]}."""

    def __init__(self, lab: LabFolder, log: EventLog) -> None:
        self._path = lab.watched
        self._log = log
        self._weights: dict[int, list[np.ndarray]] = {}  # float16, by epoch
        self._changed_ns = -1  # modification time of the file at the last read
        self._n = ""
        self._tile: np.ndarray | None = None  # (1, 28, 28) float32, 0 paper .. 1 ink
        self._copy: Any = None  # of the network, so that the one in training is not changed

    def keep(self, epoch: int, model: Any) -> None:
        """Keep the weights after an epoch; epoch 0 is before training."""
        self._copy = self._copy or type(model).from_config(model.get_config())  # the layers, without the optimizer
        known = self._log.state.get("watched")
        if known:  # a killed process may have reported more epochs than its checkpoint has
            known["rows"] = [row for row in known["rows"] if row[0] < epoch]
        self._weights[epoch] = [np.asarray(each, np.float16) for each in model.get_weights()]
        self.report()

    def report(self) -> None:
        """Report new results: a new epoch for the same digit, or all epochs for a new digit."""
        self._look()
        known = self._log.state.get("watched") or {"n": "", "rows": []}
        if self._tile is None:
            if known["n"]:
                self._say("", [], replace=True)
            return
        is_new = known["n"] != self._n
        told = set() if is_new else {row[0] for row in known["rows"]}
        rows = [[epoch, *self._read(epoch)] for epoch in sorted(set(self._weights) - told)]
        if rows:
            self._say(self._n, rows, replace=is_new)

    def _say(self, n: str, rows: list[list[float]], *, replace: bool) -> None:
        before = [] if replace else self._log.state["watched"]["rows"]
        self._log.state["watched"] = {"n": n, "rows": [*before, *rows]}
        self._log.append("watched", n=n, rows=rows)

    def _look(self) -> None:
        """Read the file again if it has changed."""
        try:
            changed_ns = self._path.stat().st_mtime_ns
        except OSError:
            changed_ns = 0
        if changed_ns == self._changed_ns:
            return
        self._changed_ns = changed_ns
        found = read_json(self._path)
        self._n = str(found.get("n", ""))
        pixels = np.frombuffer(base64.b64decode(found.get("tile", "")), np.uint8)
        self._tile = pixels.reshape(1, SIDE, SIDE).astype(np.float32) / 255 if self._n and pixels.any() else None

    def _read(self, epoch: int) -> list[float]:
        """The ten probabilities from the network after an epoch."""
        self._copy.set_weights(self._weights[epoch])
        probs = prediction_from_softmax(np.asarray(self._copy(self._tile, training=False))).probs[0]  # (10,)
        return [round(float(p), 4) for p in np.nan_to_num(probs)]  # a diverged network outputs nan
