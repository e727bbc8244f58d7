"""The process that trains: `training.train.train`, watched and steered through the lab's folder."""

from __future__ import annotations

import dataclasses
import os
import time
import traceback
from pathlib import Path
from typing import Any

from inkling.errors import InklingError
from inkling.lab_protocol.hyperparameters import recipe_table
from inkling.lab_protocol.lab_folder import LabFolder, read_json, write_json
from inkling.models.bundle import Bundle
from inkling.models.registry import find
from inkling.training.lab_worker.event_log import Record, finite

STEP_EVERY_S = 0.2  # between two points of the curve
LOOK_EVERY_S = 0.6  # between two looks at the weights,
LOOK_SHARE = 0.08  # which may take this part of the time
TICK_S = 0.05
SERVER_EVERY_S = 2.0
SERVER_GONE_S = 20.0  # a server that is started again comes back sooner
IDLE_S = 300.0  # a finished training is ready for one more epoch


class Gone(Exception):
    """The server has left; what is learnt is on disk up to the last whole epoch."""


def train_in(lab: LabFolder) -> None:
    """Trains what the lab's folder asks for, from where it stands; the outcome is in its record."""
    with Record(lab) as record:
        record.become("starting", error="")
        try:
            _train(lab, record, Steering(lab))
        except Gone:
            record.become("interrupted", error="The server stopped, and the training with it.")
        except InklingError as error:
            record.become("failed", error=str(error))
        except Exception as error:
            traceback.print_exc()
            record.become("failed", error=f"The training failed ({type(error).__name__}); {lab.log} says more.")


def _train(lab: LabFolder, record: Record, steering: Steering) -> None:
    from inkling.training.data.mnist import load_mnist
    from inkling.training.keras_setup import import_keras
    from inkling.training.recipe import from_table
    from inkling.training.train import Callbacks, train

    keras = import_keras(task="the lab")
    mnist = load_mnist()
    recipe = from_table(recipe_table(record.state["choices"], name="lab"))
    if record.state["bundle"]:
        if steering.asked() != "more":
            return record.become("finished")
        record.state["epochs"] += 1
    while True:
        watch = Watch(lab, record, steering)
        recipe = dataclasses.replace(recipe, epochs=record.state["epochs"])
        callbacks = Callbacks(watch.on_start, watch.on_step, watch.on_epoch, watch.on_run)
        run = train(recipe, mnist, lab.run, score_test=False, callbacks=callbacks)
        record.become("stopped" if watch.stopped else "finished", bundle=_told(find(run)))
        if watch.stopped or not steering.wants_more():
            return None
        record.state["epochs"] += 1
        keras.backend.clear_session()


def _told(bundle: Bundle) -> dict[str, Any]:
    """What the page says of the exported network."""
    judged = bundle.manifest["scores"]["mnist-validation"]
    return {
        "version": bundle.version,
        "parameters": bundle.manifest["parameters"],
        "bytes": bundle.model_path.stat().st_size,
        "n": judged["n"],
        "accuracy": judged["accuracy"],
    }


class Steering:
    """What the process is asked to do, and whether the server is still there."""

    def __init__(self, lab: LabFolder) -> None:
        self._lab = lab
        self._done = 0  # number of the last command that was obeyed
        self._looked_s = 0.0
        self._seen_s = time.monotonic()

    def asked(self) -> str:
        """A command that has not been obeyed yet, or "". Raises Gone when the server has been away for long."""
        self._check_server()
        found = read_json(self._lab.control)
        if found.get("n", 0) == self._done:
            return ""
        self._done = found["n"]
        return str(found["do"])

    def wants_more(self) -> bool:
        """Waits for one more epoch to be asked for; not for ever."""
        until = time.monotonic() + IDLE_S
        try:
            while time.monotonic() < until:
                command = self.asked()
                if command:
                    return command == "more"
                time.sleep(TICK_S)
        except Gone:
            pass  # it is finished and on disk
        return False

    def _check_server(self) -> None:
        now = time.monotonic()
        if now - self._looked_s < SERVER_EVERY_S:
            return
        self._looked_s = now
        if is_alive(self._lab.server):
            self._seen_s = now
        elif now - self._seen_s > SERVER_GONE_S:
            raise Gone


def is_alive(server: Path) -> bool:
    """Whether the process named in a file is there; true without the file: then nobody asks to be watched."""
    try:
        os.kill(int(server.read_text("utf-8")), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return True


class Watch:
    """Tells the record how a training goes, and stops or holds it when asked to."""

    def __init__(self, lab: LabFolder, record: Record, steering: Steering) -> None:
        self.stopped = False
        self._lab, self._record, self._steering = lab, record, steering
        self._run: Any = None  # train.TrainingRun
        self._hold_after_epoch = False
        self._sum = (0, 0.0, 0.0)  # steps of this epoch, and the sums of loss and accuracy over them
        self._said_s = self._look_at_s = 0.0

    def on_run(self, run: Any) -> None:
        self._run = run
        self._record.state.update(
            steps_of_epoch=run.task.n_steps, n_train=len(run.task.images), parameters=int(run.model.count_params())
        )

    def on_start(self, done: int, epochs: int) -> None:
        state = self._record.state
        state["rows"] = state["rows"][:done]  # a process that died may have said more than it saved
        state["curve"] = [point for point in state["curve"] if point[0] <= done]
        self._record.become(
            "running",
            epoch=done,
            epochs=epochs,
            step=done * self._run.task.n_steps,
            **{name: state[name] for name in ("steps_of_epoch", "n_train", "parameters", "rows")},
        )
        self._look()

    def on_step(self, done: int, steps: int, logs: dict[str, float]) -> None:
        now, n_steps = time.monotonic(), self._run.task.n_steps
        step = (done - 1) % n_steps + 1  # of this epoch
        if now - self._said_s >= STEP_EVERY_S or step == n_steps:
            self._said_s = now
            self._say_step(done, step, logs)
        if now >= self._look_at_s:
            self._look()
        self._obey(self._steering.asked())

    def on_epoch(self, row: dict[str, float]) -> None:
        self._sum = (0, 0.0, 0.0)
        told = {name: finite(value) for name, value in row.items()} | {"epoch": int(row["epoch"])}
        self._record.state["rows"].append(told)
        self._record.state["epoch"] = told["epoch"]
        self._record.say("epoch", **told)
        self._look()
        if told["epoch"] == self._record.state["epochs"]:
            self._record.become("saving")
        elif self._hold_after_epoch:
            self._hold_after_epoch = False
            self._obey("pause")

    def _say_step(self, done: int, step: int, logs: dict[str, float]) -> None:
        # Keras reports means over the epoch so far; the curve shows the steps since its last point.
        seen, loss_sum, accuracy_sum = self._sum if self._sum[0] < step else (0, 0.0, 0.0)
        self._sum = (step, logs.get("loss", 0.0) * step, logs.get("accuracy", 0.0) * step)
        loss = (self._sum[1] - loss_sum) / (step - seen)
        accuracy = (self._sum[2] - accuracy_sum) / (step - seen)
        epochs = done / self._run.task.n_steps
        self._record.state["step"] = done
        self._record.point(epochs, loss, accuracy)
        self._record.say("step", step=done, epochs=round(epochs, 4), loss=finite(loss), accuracy=finite(accuracy))

    def _look(self) -> None:
        from inkling.training.lab_worker.snapshot import take

        began = time.monotonic()
        n = self._record.state["snapshot"] + 1
        found = take(self._run.model, self._run.task.x_val, self._run.task.y_val)
        write_json(self._lab.snapshot, {"run": self._record.state["run"], "n": n, **found})
        self._record.state["snapshot"] = n
        self._record.say("snapshot", n=n)
        ended = time.monotonic()
        self._look_at_s = ended + max(LOOK_EVERY_S, (ended - began) / LOOK_SHARE)

    def _obey(self, command: str) -> None:
        from inkling.training.train import StopTraining

        if command == "pause":
            self._record.become("paused")
            while (command := self._steering.asked()) in ("", "pause"):
                time.sleep(TICK_S)
            if command != "stop":
                self._record.become("running")
        if command == "more":
            self._hold_after_epoch = True
        if command == "end":
            raise Gone
        if command == "stop":
            self.stopped = True
            self._record.become("saving")
            raise StopTraining
