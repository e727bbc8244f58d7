"""Digits drawn anew, from a helper process that is started when somebody looks and ends when nobody has for a while."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any

from inkling.errors import BadData, MissingExtra

IDLE_S = 120.0
COMMAND = (sys.executable, "-m", "inkling.training.lab_worker", "samples")


class Samples:
    """One helper of this worker; requests take turns at it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._helper: subprocess.Popen[str] | None = None
        self._idle: threading.Timer | None = None

    def draw(self, augmentation: dict[str, Any]) -> dict[str, Any]:
        """What `inkling.training.lab_worker.samples` answers. Raises BadData when it cannot."""
        with self._turn:
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
        """Ends the helper."""
        with self._turn:
            self._end()

    def _ask(self, line: str) -> dict[str, Any]:
        if self._helper is None or self._helper.poll() is not None:
            pipe = subprocess.PIPE
            self._helper = subprocess.Popen(  # noqa: S603 - a fixed command
                COMMAND, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, start_new_session=True
            )
        helper = self._helper
        try:
            helper.stdin.write(line + "\n")  # type: ignore[union-attr]
            helper.stdin.flush()  # type: ignore[union-attr]
            answer: dict[str, Any] = json.loads(helper.stdout.readline())  # type: ignore[union-attr]
        except (OSError, ValueError):
            self._end()
            raise MissingExtra("drawing digits anew", "learn") from None
        return answer

    def _end(self) -> None:
        helper, self._helper = self._helper, None
        if helper:
            helper.stdin.close()  # type: ignore[union-attr]  # it ends at the end of its input
            helper.wait(timeout=10)
            helper.stdout.close()  # type: ignore[union-attr]
