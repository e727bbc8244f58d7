"""Stores for tests: in a file, and in a separate PostgreSQL server if Debian's package is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inkling.hands.lesson import Lesson
from inkling.hands.store import Store


def lesson(seed: int, label: str = "7", **others: object) -> Lesson:
    """A lesson whose tile is seeded noise."""
    tile = np.random.default_rng(seed).integers(0, 256, (28, 28)).astype(np.uint8)
    return Lesson(tile, label, **others)  # type: ignore[arg-type]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store/hands.sqlite"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url)
    yield store
    store.close()


def _as_postgres(command: list[str]) -> None:
    """Run a command as the user postgres, because PostgreSQL refuses to run as root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryFile("w+") as said:  # not a pipe, which the server would keep open
        done = subprocess.run([*prefix, *command], stdout=said, stderr=said, cwd="/", timeout=60, check=False)
        said.seek(0)
        assert done.returncode == 0, said.read()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of an empty database on a real server that listens only on a Unix socket."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        missing = "PostgreSQL is not installed: apt install postgresql"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with tempfile.TemporaryDirectory(prefix="inkling-postgres-") as folder:  # other users cannot enter pytest's folders
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data, control = f"{folder}/data", str(found[-1] / "pg_ctl")
        _as_postgres([str(found[-1] / "initdb"), "-D", data, "-A", "trust", "-U", "inkling"])
        _as_postgres([control, "-D", data, "-w", "-o", f"-c listen_addresses='' -k {folder}", "start"])
        try:
            yield f"postgresql://inkling@/postgres?host={folder}"
        finally:
            _as_postgres([control, "-D", data, "-m", "immediate", "stop"])
