"""An event that is set when this worker is told to stop, so that endless streams end.

A WSGI server waits for running answers without notifying them. The interpreter itself can write the number of each
signal into a pipe (`signal.set_wakeup_fd`), whatever handles the signal.
"""

from __future__ import annotations

import os
import signal
import threading

stopping = threading.Event()
_END_SIGNALS = {signal.SIGINT, signal.SIGTERM}


def watch_signals() -> None:
    """Set `stopping` at SIGINT or SIGTERM. Does nothing outside the main thread or where a loop has the pipe."""
    if threading.current_thread() is not threading.main_thread():
        return
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    before = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    if before != -1:
        signal.set_wakeup_fd(before)
        os.close(read_end)
        os.close(write_end)
        return
    threading.Thread(target=_wait, args=(read_end,), name="inkling-signals", daemon=True).start()


def _wait(read_end: int) -> None:
    while not stopping.is_set():
        if _END_SIGNALS & set(os.read(read_end, 64)):
            stopping.set()
