"""Cores that this process may use."""

from __future__ import annotations

import os


def cores() -> int:
    """Cores that the process may run on. A container's CPU quota is not considered."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
