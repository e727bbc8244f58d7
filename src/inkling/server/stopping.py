"""An event that is set when this worker should stop: it then reports that it is not ready, and its streams end."""

from __future__ import annotations

import threading

stopping = threading.Event()
