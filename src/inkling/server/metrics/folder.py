"""The folder in which the workers of one server count: in memory, and removed when the server ends.

A server that is killed cannot remove its folder, so the next one does. The processes of a server hold a lock on it,
which the kernel releases when the last of them is gone. A folder whose lock is free therefore belongs to no server.
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
    """A folder of this process and of those that it forks, which share its lock.

    `parent` defaults to the shared memory, or to the temporary folder where there is none. Folders that dead servers of
    this user left there are removed.
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = parent or _memory()
        _remove_abandoned(parent)
        self.path = tempfile.mkdtemp(prefix=PREFIX, dir=parent)
        being_locked = Path(self.path, f"{LOCK}.new")
        self._lock = being_locked.open("xb")
        _hold(self._lock)
        being_locked.rename(being_locked.with_suffix(""))  # under this name only with its lock held

    def remove(self) -> None:
        """Remove it, at the server's end."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _memory() -> Path:
    shared = Path("/dev/shm")  # noqa: S108 - files in it are made by mkdtemp
    return shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        # It may be another user's, or a living server's, or without a lock: then it is being made or removed.
        with contextlib.suppress(OSError):
            if folder.lstat().st_uid == os.getuid():
                with (folder / LOCK).open("r+b") as lock:
                    _hold(lock)
                    shutil.rmtree(folder)


def _hold(lock: IO[bytes]) -> None:
    """Lock a file until it is closed. Raises BlockingIOError where another process does."""
    import fcntl  # not on Windows, where one process serves

    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
