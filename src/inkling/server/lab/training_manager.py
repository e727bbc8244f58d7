"""Starts and controls training, reports its state, and keeps the trained network. Any worker can handle requests."""

from __future__ import annotations

import base64
import binascii
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from inkling.errors import BadData, BadRequest, Busy, CannotWrite, LabClosed
from inkling.lab_protocol import hyperparameters
from inkling.lab_protocol.lab_folder import (
    ACTIVE_STATES,
    MODEL_NAME,
    LabFolder,
    find_lab_folder,
    is_locked,
    read_json,
    take_lock,
    write_json,
)
from inkling.models.bundle import MNIST_TEST, open_bundle
from inkling.models.registry import packaged
from inkling.server.lab.processes import closing_fd, spawn
from inkling.server.lab.samples import SampleHelper
from inkling.server.service.kept_models import KeptModels, write_manifest
from inkling.server.settings import Settings
from inkling.user_dirs import MNIST, cache_folder

MIN_FREE_BYTES = 200_000_000  # a run and its bundle take a tenth of this
MAX_KEPT = 50
TRAIN = (sys.executable, "-m", "inkling.training.lab_worker", "train")
HISTORY = "history.csv"
TILE_BYTES = 28 * 28
SCORE = (sys.executable, "-m", "inkling.training.lab_worker", "score")
CLOSED_REASONS = {
    "off": "the lab is closed; expected a server started with --lab. Start one: inkling serve --lab",
    "system": "the lab needs the file locks of Linux or macOS; on Windows use WSL. See the documentation.",
    "extra": "the lab needs the 'learn' extra, which is not installed; in a clone of the project, install it with: "
    "make install-learn",
    "data": "the lab needs MNIST, which is not in the cache; fetch it once with: inkling data fetch",
}
ALLOWED = {  # command -> states in which it is possible
    "pause": ("starting", "running"),
    "resume": ("paused", "interrupted", "failed"),
    "more": ("paused", "finished"),
    "stop": ("starting", "running", "paused"),
}


class TrainingManager:
    """The lab of one server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lab: LabFolder = find_lab_folder(settings.lab_folder)
        self.kept = KeptModels(self.lab.models)
        self.samples = SampleHelper()

    def closed_reason(self) -> str:
        """Why training is not available, as a key of CLOSED_REASONS; "" if it is."""
        if not self.settings.lab:
            return "off"
        if importlib.util.find_spec("fcntl") is None:
            return "system"
        if any(importlib.util.find_spec(name) is None for name in ("tensorflow", "keras")):
            return "extra"
        return "" if (cache_folder() / MNIST).is_file() else "data"

    def check_open(self) -> None:
        """Raises LabClosed, with instructions, if training is not available."""
        if reason := self.closed_reason():
            raise LabClosed(CLOSED_REASONS[reason])

    def state(self) -> dict[str, Any]:
        """The state of the training run; `state` is "none" if there is no run."""
        # Checked before the state is read, because a process writes its last state before it exits.
        alive = self.settings.lab and is_locked(self.lab.lock)
        facts = read_json(self.lab.facts)
        if not facts:
            return {"run": "", "state": "none", "kept_as": []}
        state = read_json(self.lab.state)
        if state.get("run") != facts["run"]:
            state = {"run": facts["run"], "choices": facts["choices"], "state": "starting", "error": "", "last": 0}
        if not alive and state["state"] in ACTIVE_STATES:
            state |= {
                "state": "interrupted",
                "error": "The training process ended early. Everything up to the last completed epoch is saved."
                f"{self._lack_of_room()}",
            }
        version = (state.get("bundle") or {}).get("version")
        state["kept_as"] = [name for name, kept in self.kept.bundles().items() if kept.version == version]
        return state

    def start(self, given: dict[str, Any]) -> dict[str, Any]:
        """Start a training run. Raises BadRequest for a wrong value, and Busy while another is running."""
        self.check_open()
        values = hyperparameters.validated(given)
        with self.write_errors(), closing_fd(self._acquire_lock()) as lock:
            self._make_run(values)
            self._spawn(lock)  # the child process keeps the lock
        return self.state()

    def command(self, command: str) -> dict[str, Any]:
        """Pause, resume, train one more epoch or stop. Raises Busy if the state does not allow it."""
        self.check_open()
        state = self.state()
        if state["state"] not in ALLOWED[command]:
            raise Busy(
                f"the training is {state['state']}; expected {' or '.join(ALLOWED[command])} for {command!r}. "
                "Check its state, then try again."
            )
        with self.write_errors():
            write_json(self.lab.control, {"n": time.time_ns(), "do": command})
            # If the lock is free, the process is gone, and a new one continues from the files.
            if not is_locked(self.lab.lock) and (lock := take_lock(self.lab.lock)) is not None:
                with closing_fd(lock):
                    self._spawn(lock)
        return self.state()

    def discard(self) -> dict[str, Any]:
        """Delete the last training run. Raises Busy while it is running."""
        self.check_open()
        with self.write_errors(), closing_fd(self._acquire_lock()):
            shutil.rmtree(self.lab.run, ignore_errors=True)
        return self.state()

    def watch(self, tile: Any) -> str:
        """Have the network read the user's own digit after each epoch; an empty tile ends this.

        `tile` is base64 of 28 by 28 bytes, 0 (paper) to 255 (ink). Returns a name for the digit, or "".
        Raises BadRequest for any other tile.
        """
        self.check_open()
        try:
            pixels = base64.b64decode(tile, validate=True) if isinstance(tile, str) else b"?"
        except binascii.Error:
            pixels = b"?"
        if len(pixels) not in (0, TILE_BYTES):
            raise BadRequest(
                f"tile is {str(tile)[:20]!r}; expected base64 of 28 by 28 bytes, one per pixel, or nothing. Change it."
            )
        n = secrets.token_hex(4) if pixels else ""
        with self.write_errors():
            self.lab.path.mkdir(parents=True, exist_ok=True)
            write_json(self.lab.watched, {"n": n, "tile": tile})
        return n

    def keep(self, name: Any, *, test: bool, taken: set[str]) -> None:
        """Keep the trained network as a model; with `test`, evaluate it once on the test images."""
        self.check_open()
        self._check_name(name, taken)
        state = self.state()
        if not state.get("bundle") or state["state"] not in ("finished", "stopped"):
            raise Busy("there is no network to keep yet; expected a finished training run. Wait for it, or stop it.")
        with self.write_errors():
            try:
                prepared = self.kept.prepare(open_bundle(self.lab.run / "bundle"), name)
            except FileNotFoundError as error:
                raise Busy("the network is gone; another page has started a new run. Check that page.") from error
            try:
                if (self.lab.run / HISTORY).is_file():  # for a report's learning curves
                    shutil.copyfile(self.lab.run / HISTORY, prepared.path / HISTORY)
                if test:
                    scores = {**prepared.manifest["scores"], MNIST_TEST: self._test_scores(prepared.path)}
                    looks = (prepared.test_looks or 0) + 1
                    write_manifest(prepared.path, {**prepared.manifest, "scores": scores, "test_looks": looks})
                self.kept.publish(prepared)
            finally:
                shutil.rmtree(prepared.path, ignore_errors=True)

    def delete(self, name: str) -> None:
        """Delete a kept model."""
        self.check_open()
        self.kept.delete(name)

    def announce_server(self) -> None:
        """Record the server's process id, so that training ends some time after the server is gone."""
        with suppress(OSError):  # reported when training is started
            self.lab.path.mkdir(parents=True, exist_ok=True)
            self.lab.server.write_text(str(os.getppid()), "utf-8")  # the supervisor of the workers

    def _check_name(self, name: Any, taken: set[str]) -> None:
        if not isinstance(name, str) or not MODEL_NAME.fullmatch(name):
            raise BadRequest(
                f"name is {str(name)[:40]!r}; expected 1 to 32 lowercase letters, digits and hyphens, as in my-first. "
                "Change it."
            )
        if name in taken | set(packaged()) | set(self.kept.bundles()):
            raise BadRequest(f"name is {name!r}, which another model already has; expected a new name. Change it.")
        if len(self.kept.bundles()) >= MAX_KEPT:
            raise BadRequest(f"{MAX_KEPT} models are kept, which is the limit. Delete one first.")

    def _acquire_lock(self) -> int:
        """The lock, as a file descriptor. Ends a finished run that is still waiting for commands. Raises Busy."""
        self.lab.path.mkdir(parents=True, exist_ok=True)
        lock = take_lock(self.lab.lock)
        if lock is None and self.state()["state"] not in ACTIVE_STATES:
            write_json(self.lab.control, {"n": time.time_ns(), "do": "end"})
            until_s = time.monotonic() + 10
            while lock is None and time.monotonic() < until_s:
                time.sleep(0.05)
                lock = take_lock(self.lab.lock)
        if lock is None:
            raise Busy(
                "a training run is active; expected one at a time. Wait for it, or stop it before starting another."
            )
        return lock

    def _lack_of_room(self) -> str:
        """A message if the disk is too full to train, which can end a training run; otherwise ""."""
        free_bytes = shutil.disk_usage(self.lab.path).free
        if free_bytes >= MIN_FREE_BYTES:
            return ""
        return (
            f" The disk has {free_bytes / 1e6:.0f} MB free, but training needs {MIN_FREE_BYTES / 1e6:.0f} MB: free "
            "some space, then resume."
        )

    def _make_run(self, values: dict[str, hyperparameters.Value]) -> None:
        free_bytes = shutil.disk_usage(self.lab.path).free
        if free_bytes < MIN_FREE_BYTES:
            raise OSError(f"{free_bytes / 1e6:.0f} MB free; {MIN_FREE_BYTES / 1e6:.0f} MB are needed")
        run = secrets.token_hex(6)
        part = self.lab.path / f".{run}.part"
        part.mkdir()
        write_json(part / "run.json", {"run": run, "choices": values})
        shutil.rmtree(self.lab.run, ignore_errors=True)
        os.rename(part, self.lab.run)

    def _spawn(self, lock: int) -> None:
        self.announce_server()
        with self.lab.log.open("ab") as log:
            spawn([*TRAIN, str(self.lab.path)], log, lock, thread="inkling-training")

    def _test_scores(self, folder: Any) -> dict[str, Any]:
        command = [*SCORE, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
        if done.returncode:
            raise BadData(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the evaluation failed.")
        scores: dict[str, Any] = json.loads(done.stdout)
        return scores

    @contextmanager
    def write_errors(self) -> Iterator[None]:
        """Convert an OSError from the block to CannotWrite."""
        try:
            yield
        except OSError as error:
            raise CannotWrite(
                f"{self.lab.path} cannot be written ({error.strerror or error}); the lab needs write permission and "
                "about 200 MB. Free some space, or set INKLING_LAB_FOLDER to another folder."
            ) from error
