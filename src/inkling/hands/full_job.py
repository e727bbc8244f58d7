"""Teach a whole network to a hand in a separate process: start, follow and cancel the job, from any process.

    FOLDER/lock             held by the training process while it runs; contains the job's id
    FOLDER/HAND/job.json    the hand's last job: its id, the hand, the process id
    FOLDER/HAND/ID.jsonl    the events, one per line, append-only; an event's number is the byte offset of its end
    FOLDER/HAND/log.txt     the output of the process

The process is `inkling.training.hand_worker`, the only part that needs TensorFlow. It reads the lessons from the store
and writes the version there in one transaction, so a killed process leaves no partial version behind.

| event | fields |
| --- | --- |
| `started` | `job`, `hand` |
| `progress` | `stage`, in words; `done`, 0..1 of the whole job |
| `done` | `version`, its number; `promoted`; `reason`, a message |
| `failed` | `error`, the message |
| `cancelled` | |
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from inkling.errors import BadRequest, Busy, CannotWrite, LabClosed
from inkling.hands.lesson import checked_name, teachable
from inkling.hands.store import Store
from inkling.lab_protocol.lab_folder import events_after, is_locked, read_json, take_lock, write_json
from inkling.models.bundle import Bundle
from inkling.user_dirs import MNIST, cache_folder, data_folder

WORKER = (sys.executable, "-m", "inkling.training.hand_worker")
MIN_LESSONS = 100  # with fewer, half of them are too few to evaluate a whole network; the light step accepts any number
THREADS = 2  # of the process
MAX_S = 1_800  # for the whole job; a minute is enough on two idle cores
POLL_S = 0.2
CANCEL_S = 5.0  # wait after SIGTERM before the process is killed
FINAL = ("done", "failed", "cancelled")
NOT_HERE = {
    "system": "a whole network is taught on Linux and macOS only, whose file locks it relies on; expected one of them. "
    "Use the light step, which works here.",
    "extra": "teaching a whole network needs TensorFlow, which is not installed; in a clone of the project, install it "
    "with: make install-learn. The light step works without it.",
    "data": "teaching a whole network needs MNIST, which is not in the cache; fetch it once with: inkling data fetch. "
    "The light step works without it.",
    "keras": "this network has no model.keras file, as in a wheel, so it cannot be taught as a whole; expected a clone "
    "of the project. The light step works here.",
}


def not_here(bundle: Bundle) -> str:
    """The reason, for the user, why a whole network cannot be taught here; "" if it can."""
    if importlib.util.find_spec("fcntl") is None:
        return NOT_HERE["system"]
    if any(importlib.util.find_spec(name) is None for name in ("tensorflow", "keras")):
        return NOT_HERE["extra"]
    if not (cache_folder() / MNIST).is_file():
        return NOT_HERE["data"]
    return "" if (bundle.path / "model.keras").is_file() else NOT_HERE["keras"]


def start(store: Store, name: str, bundle: Bundle) -> str:
    """Start teaching a hand, and return the job's id.

    Raises LabClosed if `not_here` gives a reason, UnknownName, BadRequest for too few lessons, Busy
    while this machine is teaching any hand, and CannotWrite.
    """
    if why := not_here(bundle):
        raise LabClosed(why)
    lessons = teachable(store.lessons(name))
    if len(lessons) < MIN_LESSONS:
        raise BadRequest(
            f"the hand has {len(lessons)} lessons to learn from; expected at least {MIN_LESSONS} for a whole network. "
            "Teach it by the light step, or correct more digits."
        )
    folder = _folder()
    with _write_errors(folder):
        _of_hand(store, name).mkdir(parents=True, exist_ok=True)
        lock = take_lock(folder / "lock")
        if lock is None:
            raise Busy("this machine is already teaching a network; expected one at a time. Wait, or cancel it.")
        try:
            return _spawn(store, name, bundle, lock)
        finally:
            os.close(lock)  # the process has inherited a copy


def state(store: Store, name: str) -> dict[str, Any]:
    """The state of the hand's last job.

    `state`: "none", "running", "done", "failed" or "cancelled"; `said`: whether an event reports the end; `job`: the
    job's id; `last`: the offset of the last event; and the fields of the events: `stage` and `done`, `version`,
    `promoted` and `reason`, or `error`.
    """
    job = read_json(_of_hand(store, name) / "job.json")
    if not job:
        return {"state": "none", "job": "", "last": 0, "said": False}
    running = _is_running(job)  # checked first, because a process writes its last event before it ends
    found: dict[str, Any] = {"state": "running", "job": job["job"], "last": 0, "stage": "starting", "done": 0.0}
    for end, event in _events(store, name, job["job"], 0):
        kind = event.pop("type")
        found |= {**event, "last": end, "state": kind if kind in FINAL else "running"}
    found["said"] = found["state"] in FINAL  # reported by the process
    if not found["said"] and not running:
        found |= {
            "state": "failed",
            "error": "the training process ended too early, so no version was stored; expected it to finish. It may "
            "have run out of memory or disk space: free some, and teach again.",
        }
    return found


def follow(store: Store, name: str, *, job: str = "", after: int = 0) -> Iterator[tuple[int, dict[str, Any]] | None]:
    """Yield the events of the hand's last job as they occur, each with its offset; None after each POLL_S without one.

    `job`, `after`: the id of a job, and the offset of the last event that the caller has seen. Ends after `done`,
    `failed` or `cancelled`, and immediately if the hand has no job.
    """
    now = state(store, name)
    if now["state"] == "none":
        return
    after = after if now["job"] == job else 0
    job = now["job"]
    while True:
        now = state(store, name)
        if now["job"] != job:
            return
        new = _events(store, name, job, after)
        for after, event in new:  # the last offset is where the next poll starts
            yield after, event
            if event["type"] in FINAL:
                return
        if not new:
            if now["state"] == "failed" and not now["said"]:
                yield after, {"type": "failed", "error": now["error"]}
            if now["state"] in FINAL:
                return
            yield None
            time.sleep(POLL_S)


def cancel(store: Store, name: str) -> bool:
    """End the hand's running job. Returns whether it was cancelled; False if none is running or it ended first."""
    job = read_json(_of_hand(store, name) / "job.json")
    if not job or not _is_running(job):
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(job["pid"], number)
        until = time.monotonic() + CANCEL_S
        while _is_running(job) and time.monotonic() < until:
            time.sleep(0.05)
        if not _is_running(job):
            break
    now = state(store, name)
    if now["state"] == "failed" and not now["said"]:  # it was killed before it could report its end
        EventFile(_of_hand(store, name) / f"{job['job']}.jsonl").append("cancelled")
    return bool(state(store, name)["state"] == "cancelled")


def forget(store: Store, name: str) -> None:
    """Delete the job files of a deleted hand."""
    shutil.rmtree(_of_hand(store, name), ignore_errors=True)


class EventFile:
    """The event log of a job; the training process appends to it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, kind: str, **facts: Any) -> None:
        """Append an event. Raises OSError."""
        line = json.dumps({"type": kind, **facts}, separators=(",", ":"), allow_nan=False) + "\n"
        with self._path.open("ab") as file:
            file.write(line.encode())


def _spawn(store: Store, name: str, bundle: Bundle, lock: int) -> str:
    job, folder = secrets.token_hex(6), _of_hand(store, name)
    for old in folder.iterdir():  # files of the previous job
        old.unlink()
    events = folder / f"{job}.jsonl"
    EventFile(events).append("started", job=job, hand=name)
    os.ftruncate(lock, 0)
    os.pwrite(lock, job.encode(), 0)
    threads = str(THREADS)
    environment = {
        **os.environ,
        "INKLING_STORE": store.url,  # not as an argument, which all users can see: it may contain a password
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), threads),
        "TF_NUM_INTEROP_THREADS": "1",
    }
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - a fixed command
            [*WORKER, name, str(bundle.path), str(events), str(MAX_S)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock,),
            env=environment,
            start_new_session=True,  # a separate process group: `cancel` can kill it, and Ctrl+C in a terminal does not
        )
    write_json(folder / "job.json", {"job": job, "hand": name, "pid": process.pid})
    threading.Thread(target=process.wait, name="inkling-teaching", daemon=True).start()
    return job


def _is_running(job: dict[str, Any]) -> bool:
    lock = _folder() / "lock"
    try:
        return is_locked(lock) and lock.read_text("utf-8") == job["job"]
    except OSError:
        return False


def _events(store: Store, name: str, job: str, after: int) -> list[tuple[int, dict[str, Any]]]:
    lines = events_after(_of_hand(store, name) / f"{job}.jsonl", after)
    return [(end, json.loads(line)) for end, line in lines]


def _folder() -> Path:
    return data_folder() / "teaching"


def _of_hand(store: Store, name: str) -> Path:
    """The hand's folder; its name does not reveal the name of the hand."""
    return _folder() / hashlib.sha256(f"{store.where}\n{checked_name(name)}".encode()).hexdigest()[:16]


@contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWrite(
            f"{folder} cannot be written ({error.strerror or error}), so nothing was taught; expected a folder with "
            "free space and write permission. Free some space."
        ) from error
