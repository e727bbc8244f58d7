"""The lab's folder: which file says what. See README.md for who writes which.

Files are written beside their final names and renamed, so a reader finds the old one or the new one, never half.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.user_dirs import data_folder

ACTIVE_STATES = ("starting", "running", "paused", "saving")  # states of a training whose process is at work
FINAL_STATES = ("finished", "stopped", "failed", "interrupted")
COMMANDS = ("pause", "resume", "more", "stop", "end")
LOCK_ATTEMPTS = 5  # tries at the lock
MODEL_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)  # of a kept model: one path part, harmless


@dataclass(frozen=True)
class LabFolder:
    """A lab's folder."""

    path: Path

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def models(self) -> Path:
        return self.path / "models"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def server(self) -> Path:
        return self.path / "server"

    @property
    def facts(self) -> Path:
        return self.run / "run.json"

    @property
    def control(self) -> Path:
        return self.run / "control.json"

    @property
    def state(self) -> Path:
        return self.run / "state.json"

    @property
    def events(self) -> Path:
        return self.run / "events.jsonl"

    @property
    def snapshot(self) -> Path:
        return self.run / "snapshot.json"

    @property
    def log(self) -> Path:
        return self.run / "log.txt"


def find_lab_folder(folder: str) -> LabFolder:
    """The lab in `folder`; "" for the user's own."""
    return LabFolder(Path(folder) if folder else data_folder() / "lab")


def write_json(path: Path, value: Any) -> None:
    """Replaces a JSON file as a whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(json.dumps(value, separators=(",", ":"), allow_nan=False), "utf-8")
    os.replace(temporary, path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; {} when it is not there or is no object."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def take_lock(path: Path) -> int | None:
    """Takes the lock and returns its file descriptor, or None while a process holds it.

    The lock belongs to the descriptor: a child that inherits it holds the lock on, and dying lets go of it.
    """
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for _ in range(LOCK_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)  # it may only be one that asks
        except OSError:
            break
        else:
            return descriptor
    os.close(descriptor)
    return None


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock."""
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that ask do not see each other
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def events_after(path: Path, offset: int, most_bytes: int = 262_144) -> list[tuple[int, str]]:
    """The whole lines from a byte offset on, each with the offset behind it; [] when there are none yet.

    An offset that is no line's end is taken for 0 bytes of anything: nothing is read.
    """
    try:
        with path.open("rb") as file:
            if offset:
                file.seek(offset - 1)
                if file.read(1) != b"\n":
                    return []
            content = file.read(most_bytes)
    except OSError:
        return []
    lines, at = [], offset
    for line in content.split(b"\n")[:-1]:
        at += len(line) + 1
        lines.append((at, line.decode("utf-8")))
    return lines
