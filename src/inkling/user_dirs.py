"""The user's folders: a cache, whose content can be fetched again, and data, which cannot."""

from __future__ import annotations

import os
from pathlib import Path

MNIST = "mnist.npz"


def cache_folder() -> Path:
    """INKLING_CACHE when it is set, else the user's cache folder of this operating system."""
    import platformdirs

    return Path(os.environ.get("INKLING_CACHE") or platformdirs.user_cache_dir("inkling"))


def data_folder() -> Path:
    """For a person's own networks: the user's data folder of this operating system."""
    import platformdirs

    return Path(platformdirs.user_data_dir("inkling"))
