"""The in-memory folder for the metrics of one server's workers, removed when the server ends.

A killed server cannot remove its folder, so the next server does. The processes of a server hold a lock on the folder;
the kernel releases it when the last process is gone. A folder with a free lock therefore belongs to no server.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

PREFIX, LOCK = "inkling-metrics-", "lock"


class Folder:
    """A folder for this process and its forks, which share its lock.

    `parent` defaults to /dev/shm, or to the temporary folder if that is not writable. Folders left there by dead
    servers of this user are removed.
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = parent or _memory()
        _remove_abandoned(parent)
        self.path = tempfile.mkdtemp(prefix=PREFIX, dir=parent)
        being_locked = Path(self.path, f"{LOCK}.new")
        self._lock = being_locked.open("xb")
        _hold(self._lock)
        being_locked.rename(being_locked.with_suffix(""))  # a file with the final name is always locked

    def remove(self) -> None:
        """Remove the folder; call it when the server ends."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _memory() -> Path:
    shared = Path("/dev/shm")  # noqa: S108 - mkdtemp creates the folder in it
    return shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        # It may belong to another user or a running server; without a lock file, it is being created or removed.
        with contextlib.suppress(OSError):
            if folder.lstat().st_uid == os.getuid():
                with (folder / LOCK).open("r+b") as lock:
                    _hold(lock)
                    shutil.rmtree(folder)


def _hold(lock: IO[bytes]) -> None:
    """Lock a file until it is closed. Raises BlockingIOError if another process holds the lock."""
    import fcntl  # not available on Windows, where one process serves

    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
