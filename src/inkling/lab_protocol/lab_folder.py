"""The files in the lab's folder. README.md says which process writes each of them.

Files are replaced atomically (write, then rename), so a reader sees either the old or the new content.
"""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

from inkling.user_dirs import data_folder

ACTIVE_STATES = ("starting", "running", "paused", "saving")  # the training process is running
FINAL_STATES = ("finished", "stopped", "failed", "interrupted")
COMMANDS = ("pause", "resume", "more", "stop", "end")
LOCK_ATTEMPTS = 5
MAX_READ_BYTES = 1 << 18  # of events in one call
MODEL_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)  # of a kept model: one safe path part


class LabFolder:
    """The paths in a lab's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = path / "lock"
        self.server = path / "server"
        self.watched = path / "watched.json"
        self.models = path / "models"
        self.report = path / "report.json"
        self.report_lock = path / "report.lock"
        self.report_log = path / "report.txt"
        self.run = path / "run"
        self.facts = self.run / "run.json"
        self.control = self.run / "control.json"
        self.state = self.run / "state.json"
        self.events = self.run / "events.jsonl"
        self.snapshot = self.run / "snapshot.json"
        self.log = self.run / "log.txt"


def find_lab_folder(folder: str) -> LabFolder:
    """The lab in `folder`; "" means the lab in the user's data folder."""
    return LabFolder(Path(folder) if folder else data_folder() / "lab")


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file atomically."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(json.dumps(value, separators=(",", ":"), allow_nan=False), "utf-8")
    os.replace(temporary, path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; {} if the file is missing or does not contain an object."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def take_lock(path: Path) -> int | None:
    """Take the lock and return its file descriptor, or None if another process holds it.

    The lock belongs to the descriptor: a child process that inherits it holds the lock until it exits.
    """
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for _ in range(LOCK_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)  # the other process may only be checking the lock
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
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: several processes may check at the same time
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def events_after(path: Path, offset: int) -> list[tuple[int, str]]:
    """The complete lines after a byte offset, each with the offset of its end; [] if there are none yet.

    Also [] if the offset is not the end of a line.
    """
    try:
        with path.open("rb") as file:
            if offset:
                file.seek(offset - 1)
                if file.read(1) != b"\n":
                    return []
            content = file.read(MAX_READ_BYTES)
    except OSError:
        return []
    lines, end = [], offset
    for line in content.split(b"\n")[:-1]:
        end += len(line) + 1
        lines.append((end, line.decode("utf-8")))
    return lines
