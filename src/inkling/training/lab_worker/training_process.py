"""The training process: runs `training.train.train`, observed and controlled through the lab's folder."""

from __future__ import annotations

import dataclasses
import errno
import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inkling.errors import CannotWrite, InklingError
from inkling.lab_protocol.hyperparameters import recipe_table
from inkling.lab_protocol.lab_folder import LabFolder, read_json, write_json
from inkling.models.bundle import Bundle
from inkling.models.registry import find
from inkling.training.lab_worker.event_log import EventLog, finite
from inkling.training.lab_worker.watched_digit import WatchedDigit

STEP_EVERY_S = 0.2  # between two points of the curve
SNAPSHOT_EVERY_S = 0.6  # minimum time between two snapshots
SNAPSHOT_SHARE = 0.08  # largest share of the time spent on snapshots
POLL_S = 0.05  # between two checks for a command
SERVER_CHECK_S = 2.0
SERVER_GONE_S = 20.0  # longer than a restart of the server takes
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
IDLE_S = 300.0  # how long a finished run waits for a request for one more epoch


class ServerGone(Exception):
    """The server has ended, or has asked the process to end. The checkpoint of the last complete epoch is on disk."""


def train_in(lab: LabFolder) -> None:
    """Run or resume the training described in the lab's folder, and write its outcome to the event log.

    Raises CannotWrite if the outcome cannot be written.
    """
    with EventLog(lab) as log:
        try:
            log.set_state("starting", error="")
            _train(lab, log, Commands(lab))
        except ServerGone:
            log.set_state("interrupted", error="The training stopped because the server stopped.")
        except InklingError as error:
            _report_failure(lab, log, error.__cause__ or error, str(error))
        except Exception as error:  # top level of the process
            traceback.print_exc()
            _report_failure(lab, log, error, f"The training failed ({type(error).__name__}). See {lab.log}.")


def _report_failure(lab: LabFolder, log: EventLog, cause: BaseException, sentence: str) -> None:
    """Set the state to failed; on a full disk, delete the snapshot to make room.

    Raises CannotWrite if the state cannot be written.
    """
    full = isinstance(cause, OSError) and cause.errno in DISK_FULL
    if full:
        sentence = f"{lab.path} cannot be written because the disk is full; a training needs 30 MB. Make room, "
        sentence += "then continue."
    try:
        if full:
            lab.snapshot.unlink(missing_ok=True)
        log.set_state("failed", error=sentence)
    except OSError as error:
        raise CannotWrite(sentence) from error


def _train(lab: LabFolder, log: EventLog, commands: Commands) -> None:
    from inkling.training.data.mnist import load_mnist
    from inkling.training.keras_setup import import_keras
    from inkling.training.recipe import from_table
    from inkling.training.train import Callbacks, train

    keras = import_keras(task="the lab")
    mnist = load_mnist()
    recipe = from_table(recipe_table(log.state["choices"]))
    if log.state["bundle"]:
        if commands.next() != "more":
            return log.set_state("finished")
        log.state["epochs"] += 1
    watched = WatchedDigit(lab, log)
    while True:
        observer = TrainingObserver(lab, log, commands, watched)
        recipe = dataclasses.replace(recipe, epochs=log.state["epochs"])
        callbacks = Callbacks(observer.on_start, observer.on_step, observer.on_epoch, observer.on_run)
        run = train(recipe, mnist, lab.run, callbacks=callbacks)
        log.set_state("stopped" if observer.stopped else "finished", bundle=_bundle_facts(find(run)))
        if observer.stopped or not commands.wait_for_more(watched.report):
            return None
        log.state["epochs"] += 1
        keras.backend.clear_session()


def _bundle_facts(bundle: Bundle) -> dict[str, Any]:
    """The facts about the exported network that the page shows."""
    scores = bundle.manifest["scores"]["mnist-validation"]
    return {
        "version": bundle.version,
        "parameters": bundle.manifest["parameters"],
        "bytes": bundle.model_path.stat().st_size,
        "n": scores["n"],
        "accuracy": scores["accuracy"],
    }


class Commands:
    """Reads commands from the lab's folder, and checks that the server is still running."""

    def __init__(self, lab: LabFolder) -> None:
        self._lab = lab
        self._last = 0  # number of the last returned command
        self._checked_s = 0.0
        self._alive_s = time.monotonic()

    def next(self) -> str:
        """The next command, or "". Raises ServerGone when the server has been gone for SERVER_GONE_S seconds."""
        now = time.monotonic()
        if now - self._checked_s >= SERVER_CHECK_S:
            self._checked_s = now
            if is_alive(self._lab.server):
                self._alive_s = now
            elif now - self._alive_s > SERVER_GONE_S:
                raise ServerGone
        found = read_json(self._lab.control)
        if found.get("n", 0) == self._last:
            return ""
        self._last = found["n"]
        return str(found["do"])

    def wait_for_more(self, meanwhile: Callable[[], None]) -> bool:
        """Whether one more epoch is requested within IDLE_S seconds."""
        until = time.monotonic() + IDLE_S
        try:
            while time.monotonic() < until:
                command = self.next()
                if command:
                    return command == "more"
                meanwhile()
                time.sleep(POLL_S)
        except ServerGone:
            pass  # the training is finished and on disk
        return False


def is_alive(server: Path) -> bool:
    """Whether the process whose id is in the file is running. True without the file: then no server is involved."""
    try:
        os.kill(int(server.read_text("utf-8")), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return True


class TrainingObserver:
    """Training callbacks that report progress to the event log and execute commands between steps."""

    def __init__(self, lab: LabFolder, log: EventLog, commands: Commands, watched: WatchedDigit) -> None:
        self.stopped = False
        self._lab, self._log, self._commands, self._watched = lab, log, commands, watched
        self._run: Any = None  # train.TrainingRun
        self._pause_after_epoch = False
        self._sums = (0, 0.0, 0.0)  # steps of this epoch, and the sums of loss and accuracy over them
        self._reported_s = self._next_snapshot_s = 0.0

    def on_run(self, run: Any) -> None:
        self._run = run
        self._log.state.update(
            steps_of_epoch=run.task.n_steps, n_train=len(run.task.images), parameters=int(run.model.count_params())
        )

    def on_start(self, done: int, epochs: int) -> None:
        state = self._log.state
        state["rows"] = state["rows"][:done]  # a killed process may have reported more epochs than its checkpoint has
        state["curve"] = [point for point in state["curve"] if point[0] <= done]
        self._log.set_state(
            "running",
            epoch=done,
            epochs=epochs,
            step=done * self._run.task.n_steps,
            **{name: state[name] for name in ("steps_of_epoch", "n_train", "parameters", "rows")},
        )
        self._watched.keep(done, self._run.model)
        self._snapshot()

    def on_step(self, done: int, steps: int, logs: dict[str, float]) -> None:
        now, n_steps = time.monotonic(), self._run.task.n_steps
        step = (done - 1) % n_steps + 1  # of this epoch
        if now - self._reported_s >= STEP_EVERY_S or step == n_steps:
            self._reported_s = now
            self._report_step(done, step, logs)
        if now >= self._next_snapshot_s:
            self._snapshot()
        self._watched.report()
        self._execute(self._commands.next())

    def on_epoch(self, row: dict[str, float]) -> None:
        self._sums = (0, 0.0, 0.0)
        event = {name: finite(value) for name, value in row.items()} | {"epoch": int(row["epoch"])}
        self._log.state["rows"].append(event)
        self._log.state["epoch"] = event["epoch"]
        self._log.append("epoch", **event)
        self._watched.keep(int(row["epoch"]), self._run.model)
        self._snapshot()
        if event["epoch"] == self._log.state["epochs"]:
            self._log.set_state("saving")
        elif self._pause_after_epoch:
            self._pause_after_epoch = False
            self._execute("pause")

    def _report_step(self, done: int, step: int, logs: dict[str, float]) -> None:
        # Keras reports means over the epoch so far; the curve shows means over the steps since its last point.
        before, loss_sum, accuracy_sum = self._sums if self._sums[0] < step else (0, 0.0, 0.0)
        self._sums = (step, logs.get("loss", 0.0) * step, logs.get("accuracy", 0.0) * step)
        loss = (self._sums[1] - loss_sum) / (step - before)
        accuracy = (self._sums[2] - accuracy_sum) / (step - before)
        epochs = done / self._run.task.n_steps
        self._log.state["step"] = done
        self._log.add_point(epochs, loss, accuracy)
        self._log.append("step", step=done, epochs=round(epochs, 4), loss=finite(loss), accuracy=finite(accuracy))

    def _snapshot(self) -> None:
        from inkling.training.lab_worker.snapshot import take_snapshot

        began = time.monotonic()
        n = self._log.state["snapshot"] + 1
        snapshot = take_snapshot(self._run.model, self._run.task.x_val, self._run.task.y_val)
        write_json(self._lab.snapshot, {"run": self._log.state["run"], "n": n, **snapshot})
        self._log.state["snapshot"] = n
        self._log.append("snapshot", n=n)
        ended = time.monotonic()
        self._next_snapshot_s = ended + max(SNAPSHOT_EVERY_S, (ended - began) / SNAPSHOT_SHARE)

    def _execute(self, command: str) -> None:
        from inkling.training.train import StopTraining

        if command == "pause":
            self._log.set_state("paused")
            while (command := self._commands.next()) in ("", "pause"):
                self._watched.report()
                time.sleep(POLL_S)
            if command != "stop":
                self._log.set_state("running")
        if command == "more":
            self._pause_after_epoch = True
        if command == "end":
            raise ServerGone
        if command == "stop":
            self.stopped = True
            self._log.set_state("saving")
            raise StopTraining
