"""manifest.json of an output folder: what is read, with what, how far it is, and whether that is all.

It is replaced as a whole each time. `state` is "complete" only if every planned image has a record; until then it is
"running", also after a kill.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inkling import __version__
from inkling.batch import buckets, storage
from inkling.errors import BadRequest, Busy, NoPermission

NAME = "manifest.json"
LOCK = ".lock"
LAYOUT = 1  # of the output folder


@dataclass
class Manifest:
    """The facts of one run. The field names are the keys of the file."""

    sources: list[str]  # absolute
    model: dict[str, str]  # name, version
    format: str
    mode: str
    known: dict[str, str]  # the constraints, as the user stated them
    started: str = ""  # ISO 8601, UTC
    updated: str = ""
    state: str = "running"
    limit: int | None = None  # of the last run
    sample: float = 1.0
    planned: int = 0  # images; more may follow while the state is "running"
    chunks: int = 0
    done: dict[str, Any] = field(default_factory=dict)  # see `ProgressStore.to_json`
    inkling: str = ""
    layout: int = LAYOUT

    def save(self, out: str) -> None:
        """Raises CannotWrite or NoPermission."""
        self.updated = datetime.now(UTC).isoformat(timespec="seconds")
        self.started = self.started or self.updated
        self.inkling = __version__
        storage.write(storage.join(out, NAME), json.dumps(vars(self), indent=2).encode() + b"\n")


def load(out: str) -> Manifest | None:
    """The manifest in an output folder; None if there is none. Raises BadRequest if it is not a manifest of a run."""
    location = storage.join(out, NAME)
    if storage.probe(location) == "none":
        return None
    try:
        content = json.loads(storage.read(location))
        if content.pop("layout") != LAYOUT:
            raise ValueError("another layout")
        return Manifest(**content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRequest(
            f"{location} is not a manifest that this version of inkling reads ({error}); expected an output folder of "
            "its own. Choose another --out."
        ) from error


def check_new(out: str) -> None:
    """Raises BadRequest if the folder of a new run holds something else."""
    kind = storage.probe(out)
    if kind == "file":
        raise BadRequest(f"--out {out} is a file; expected a folder, empty or not there yet. Choose another.")
    if kind == "folder" and any(not file.endswith(f"/{LOCK}") for file in storage.walk(out)):
        raise BadRequest(
            f"--out {out} holds files that are of no run; expected a folder that is empty or not there yet. Choose "
            "another."
        )


def check_same(previous: Manifest, asked: Manifest, out: str, *, resume: bool) -> None:
    """Raises BadRequest if the folder holds a run that is not to be resumed, or a run with other settings."""
    if not resume:
        raise BadRequest(
            f"--out {out} holds a run already ({previous.state}, {previous.planned:,} pictures planned); expected an "
            "empty folder. Go on with it by --resume, or choose another."
        )
    missing = [source for source in previous.sources if source not in asked.sources]
    if missing:
        raise BadRequest(
            f"--out {out} holds a run over {', '.join(previous.sources)}; {missing[0]} is not among the sources now. "
            "Name all of them again (more may be added), or choose another --out."
        )
    for what, before, now in (
        ("model", " ".join(previous.model.values()), " ".join(asked.model.values())),
        ("format", previous.format, asked.format),
        ("mode", previous.mode, asked.mode),
        ("constraints", previous.known, asked.known),
    ):
        if before != now:
            raise BadRequest(
                f"--out {out} holds a run whose {what} is {before or 'none'}; got {now or 'none'}. Ask for the same, "
                "or choose another --out."
            )


@contextmanager
def locked(out: str) -> Iterator[None]:
    """Lock a local folder against a second run; the lock ends with the process.

    Raises Busy. A bucket has no locks, so there the user must take care of that.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    if buckets.is_url(out):
        yield
        return
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        lock = (Path(out) / LOCK).open("w")
    except OSError as error:
        raise NoPermission(
            f"--out {out} cannot be written ({error.strerror}); expected a folder with the right to write. Choose "
            "another."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"another run is writing to {out}; expected one at a time. Wait, or choose another.") from error
        yield
