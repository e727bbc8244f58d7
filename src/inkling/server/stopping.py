"""Whether this worker has been told to stop. It finishes what it has, and wants no more; endless answers end."""

from __future__ import annotations

import threading

stopping = threading.Event()
