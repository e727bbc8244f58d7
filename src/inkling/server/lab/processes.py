"""Lab processes that hold a lock while they run."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO


def spawn(command: list[str], log: BinaryIO, lock: int, *, thread: str) -> None:
    """Start a process that holds a lock while it runs and writes its output to `log`."""
    process = subprocess.Popen(  # noqa: S603 - a fixed command
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=(lock,),
        start_new_session=True,  # Ctrl+C in the server's terminal does not reach it
    )
    threading.Thread(target=process.wait, name=thread, daemon=True).start()


@contextmanager
def closing_fd(fd: int) -> Iterator[int]:
    """Close a file descriptor at the end of the block."""
    try:
        yield fd
    finally:
        os.close(fd)
