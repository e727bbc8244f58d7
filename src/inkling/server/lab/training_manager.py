"""Starts a training, reports its state, steers it, and keeps what it has learnt. Any worker can answer for all."""

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

MIN_FREE_BYTES = 200_000_000  # a run and its bundle take a tenth of it
MAX_KEPT = 50
TRAIN = (sys.executable, "-m", "inkling.training.lab_worker", "train")
HISTORY = "history.csv"
TILE_BYTES = 28 * 28
SCORE = (sys.executable, "-m", "inkling.training.lab_worker", "score")
CLOSED_REASONS = {
    "off": "the lab is closed; expected a server that was started with it. Start: inkling serve --lab",
    "system": "the lab needs Linux or macOS, whose file locks it relies on; on Windows use WSL. See the documentation.",
    "extra": "the lab needs the 'learn' extra, which is not installed; in a clone of the project, install it with: "
    "make install-learn",
    "data": "the lab needs MNIST, which is not in the cache; fetch it once with: inkling data fetch",
}
ALLOWED = {  # command -> states in which it makes sense
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
        """Why nothing can be trained here, a key of CLOSED_REASONS; "" when it can."""
        if not self.settings.lab:
            return "off"
        if importlib.util.find_spec("fcntl") is None:
            return "system"
        if any(importlib.util.find_spec(name) is None for name in ("tensorflow", "keras")):
            return "extra"
        return "" if (cache_folder() / MNIST).is_file() else "data"

    def check_open(self) -> None:
        """Raises LabClosed, which says what to do, where nothing can be trained."""
        if reason := self.closed_reason():
            raise LabClosed(CLOSED_REASONS[reason])

    def state(self) -> dict[str, Any]:
        """Where the training stands; `state` is "none" when there is none."""
        alive = self.settings.lab and is_locked(self.lab.lock)  # first: a process writes its last state while it lives
        facts = read_json(self.lab.facts)
        if not facts:
            return {"run": "", "state": "none", "kept_as": []}
        state = read_json(self.lab.state)
        if state.get("run") != facts["run"]:
            state = {"run": facts["run"], "choices": facts["choices"], "state": "starting", "error": "", "last": 0}
        if not alive and state["state"] in ACTIVE_STATES:
            state |= {
                "state": "interrupted",
                "error": "The training's process ended before it was done. What it had learnt up to the last whole "
                f"epoch is safe.{self._lack_of_room()}",
            }
        version = (state.get("bundle") or {}).get("version")
        state["kept_as"] = [name for name, kept in self.kept.bundles().items() if kept.version == version]
        return state

    def start(self, given: dict[str, Any]) -> dict[str, Any]:
        """Start a training. Raises BadRequest for a wrong value and Busy while another is running."""
        self.check_open()
        values = hyperparameters.validated(given)
        with self.write_errors(), closing_fd(self._acquire_lock()) as lock:
            self._make_run(values)
            self._spawn(lock)  # the child process keeps holding the lock
        return self.state()

    def command(self, command: str) -> dict[str, Any]:
        """Pause, resume, learn one more epoch or stop. Raises Busy when that makes no sense now."""
        self.check_open()
        state = self.state()
        if state["state"] not in ALLOWED[command]:
            raise Busy(
                f"the training is {state['state']}; expected {' or '.join(ALLOWED[command])} for {command!r}. "
                "Look where it stands, and try again then."
            )
        with self.write_errors():
            write_json(self.lab.control, {"n": time.time_ns(), "do": command})
            # Without a lock its process is gone, and a new one continues from the files.
            if not is_locked(self.lab.lock) and (lock := take_lock(self.lab.lock)) is not None:
                with closing_fd(lock):
                    self._spawn(lock)
        return self.state()

    def discard(self) -> dict[str, Any]:
        """Delete the last training. Raises Busy while it is running."""
        self.check_open()
        with self.write_errors(), closing_fd(self._acquire_lock()):
            shutil.rmtree(self.lab.run, ignore_errors=True)
        return self.state()

    def watch(self, tile: Any) -> str:
        """Let the training read a person's digit after each epoch; an empty tile ends that. Returns the digit's name.

        `tile` is base64 of 28 by 28 bytes, 0 paper to 255 ink. Raises BadRequest for anything else.
        """
        self.check_open()
        try:
            pixels = base64.b64decode(tile, validate=True) if isinstance(tile, str) else b"?"
        except binascii.Error:
            pixels = b"?"
        if len(pixels) not in (0, TILE_BYTES):
            raise BadRequest(
                f"tile is {str(tile)[:20]!r}; expected base64 of 28 by 28 bytes, a pixel each, or nothing. Change it."
            )
        n = secrets.token_hex(4) if pixels else ""
        with self.write_errors():
            self.lab.path.mkdir(parents=True, exist_ok=True)
            write_json(self.lab.watched, {"n": n, "tile": tile})
        return n

    def keep(self, name: Any, *, test: bool, taken: set[str]) -> None:
        """Keep what was learnt as a model; with `test`, evaluated once on the test images."""
        self.check_open()
        self._check_name(name, taken)
        state = self.state()
        if not state.get("bundle") or state["state"] not in ("finished", "stopped"):
            raise Busy("there is nothing to keep yet; expected a training that has ended. Wait for it, or stop it.")
        with self.write_errors():
            try:
                prepared = self.kept.prepare(open_bundle(self.lab.run / "bundle"), name)
            except FileNotFoundError as error:
                raise Busy("the network is gone; another page has started a new training. Look there.") from error
            try:
                if (self.lab.run / HISTORY).is_file():  # for the learning curves of a report
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
        """Write down which server runs, so that a training ends some time after it is gone."""
        with suppress(OSError):  # reported when somebody starts a training
            self.lab.path.mkdir(parents=True, exist_ok=True)
            self.lab.server.write_text(str(os.getppid()), "utf-8")  # of the server that starts the workers

    def _check_name(self, name: Any, taken: set[str]) -> None:
        if not isinstance(name, str) or not MODEL_NAME.fullmatch(name):
            raise BadRequest(
                f"name is {str(name)[:40]!r}; expected 1 to 32 small letters, digits and hyphens, as in my-first. "
                "Change it."
            )
        if name in taken | set(packaged()) | set(self.kept.bundles()):
            raise BadRequest(f"name is {name!r}, which is a model's already; a new one was expected. Change it.")
        if len(self.kept.bundles()) >= MAX_KEPT:
            raise BadRequest(f"{MAX_KEPT} models are kept, the limit. Delete one first.")

    def _acquire_lock(self) -> int:
        """The lock, as a file descriptor. A finished training that waits for one more epoch is ended. Raises Busy."""
        self.lab.path.mkdir(parents=True, exist_ok=True)
        lock = take_lock(self.lab.lock)
        if lock is None and self.state()["state"] not in ACTIVE_STATES:
            write_json(self.lab.control, {"n": time.time_ns(), "do": "end"})
            until_s = time.monotonic() + 10
            while lock is None and time.monotonic() < until_s:
                time.sleep(0.05)
                lock = take_lock(self.lab.lock)
        if lock is None:
            raise Busy("a network is being trained; one at a time is. Watch it, or stop it before you start another.")
        return lock

    def _lack_of_room(self) -> str:
        """A sentence where the disk is too full to train, which ends a training; "" else."""
        free_bytes = shutil.disk_usage(self.lab.path).free
        if free_bytes >= MIN_FREE_BYTES:
            return ""
        return (
            f" The disk has {free_bytes / 1e6:.0f} MB free, and a training needs {MIN_FREE_BYTES / 1e6:.0f}: make "
            "room, then go on."
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
            raise BadData(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the test images failed.")
        scores: dict[str, Any] = json.loads(done.stdout)
        return scores

    @contextmanager
    def write_errors(self) -> Iterator[None]:
        """Raise an OSError of the block as CannotWrite."""
        try:
            yield
        except OSError as error:
            raise CannotWrite(
                f"{self.lab.path} cannot be written ({error.strerror or error}); the lab needs the right to write and "
                "some 200 MB. Make room, or set INKLING_LAB_FOLDER to another folder."
            ) from error
