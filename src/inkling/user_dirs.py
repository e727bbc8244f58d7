"""The user's cache folder, whose content can be downloaded again, and data folder, whose content cannot."""

from __future__ import annotations

import os
from pathlib import Path

MNIST = "mnist.npz"


def cache_folder() -> Path:
    """INKLING_CACHE if it is set, else the operating system's cache folder for this user."""
    import platformdirs

    return Path(os.environ.get("INKLING_CACHE") or platformdirs.user_cache_dir("inkling"))


def data_folder() -> Path:
    """The operating system's data folder for this user: it holds the networks that the user trains."""
    import platformdirs

    return Path(platformdirs.user_data_dir("inkling"))
