"""The number of CPU cores that this process may use."""

from __future__ import annotations

import os


def cores() -> int:
    """The number of cores in the process's CPU affinity, or of all if unknown. A container's quota is ignored."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
