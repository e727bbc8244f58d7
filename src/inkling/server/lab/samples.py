"""Augmented digits from a helper process, which starts on demand and ends after IDLE_S without requests."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any

from inkling.errors import BadData, MissingExtra

IDLE_S = 120.0
COMMAND = (sys.executable, "-m", "inkling.training.lab_worker", "samples")


class SampleHelper:
    """The helper process of this worker. It handles one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._idle: threading.Timer | None = None

    def draw(self, augmentation: dict[str, Any]) -> dict[str, Any]:
        """The helper's augmented digits. Raises BadData if it reports an error, MissingExtra if it cannot run."""
        with self._lock:
            if self._idle:
                self._idle.cancel()
            answer = self._ask(json.dumps(augmentation))
            self._idle = threading.Timer(IDLE_S, self.close)
            self._idle.daemon = True
            self._idle.start()
        if "error" in answer:
            raise BadData(str(answer["error"]))
        return answer

    def close(self) -> None:
        """End the helper process."""
        with self._lock:
            self._end()

    def _ask(self, line: str) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(  # noqa: S603 - a fixed command
                COMMAND, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, start_new_session=True
            )
        process = self._process
        try:
            process.stdin.write(line + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            answer: dict[str, Any] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
        except (OSError, ValueError):
            self._end()
            raise MissingExtra("augmenting digits", "learn") from None
        return answer

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.stdin.close()  # type: ignore[union-attr]  # the process exits at end of input
            process.wait(timeout=10)
            process.stdout.close()  # type: ignore[union-attr]
