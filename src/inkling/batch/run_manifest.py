"""manifest.json of an output folder: what is read with what, how far it is, and whether that is all.

It is replaced as a whole each time, so it is never half of one. `state` is "complete" only when every planned picture
has a row; until then it is "running", also after a kill.
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
from inkling.batch import storage
from inkling.batch.worker import Job
from inkling.errors import BadRequest, Busy, NoPermission

NAME = "manifest.json"
LOCK = ".lock"
LAYOUT = 1  # of the output folder


@dataclass
class Manifest:
    """The facts of one run."""

    sources: list[str]  # absolute
    model: dict[str, str]  # name, version
    format: str
    mode: str
    known: dict[str, str]  # constraints, as they were stated
    started: str = ""  # ISO 8601, UTC
    updated: str = ""
    state: str = "running"
    limit: int | None = None  # as the last run was asked
    sample: float = 1.0
    planned: int = 0  # pictures; more may follow while the state is "running"
    chunks: int = 0
    done: dict[str, Any] = field(default_factory=dict)  # see `Ledger.to_json`
    inkling: str = ""
    layout: int = LAYOUT

    def save(self, out: str) -> None:
        """Raises CannotWrite or NoPermission."""
        self.updated = datetime.now(UTC).isoformat(timespec="seconds")
        self.started = self.started or self.updated
        self.inkling = __version__
        storage.write(storage.join(out, NAME), json.dumps(vars(self), indent=2).encode() + b"\n")


def of_job(job: Job, sources: list[str], *, name: str) -> Manifest:
    """The manifest of a run that begins."""
    return Manifest(sources, {"name": name, "version": job.version}, job.format, job.mode, dict(job.known))


def load(out: str) -> Manifest | None:
    """The manifest in an output folder; None where there is none. Raises BadRequest for one that is none of ours."""
    place = storage.join(out, NAME)
    if storage.probe(place) == "none":
        return None
    try:
        content = json.loads(storage.read(place))
        if content.pop("layout") != LAYOUT:
            raise ValueError("another layout")
        return Manifest(**content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRequest(
            f"{place} is not a manifest that this version of inkling reads ({error}); expected an output folder of its "
            "own. Choose another --out."
        ) from error


def check_new(out: str) -> None:
    """Raises BadRequest when something else lies where a run is to begin."""
    kind = storage.probe(out)
    if kind == "file":
        raise BadRequest(f"--out {out} is a file; expected a folder, empty or not there yet. Choose another.")
    if kind == "folder" and next((one for one in storage.walk(out) if not one.place.endswith(f"/{LOCK}")), None):
        raise BadRequest(
            f"--out {out} holds files that are of no run; expected a folder that is empty or not there yet. Choose "
            "another."
        )


def check_same(before: Manifest, now: Manifest, out: str, *, resume: bool) -> None:
    """Raises BadRequest when a folder holds a run that is not to be, or cannot be, gone on with."""
    if not resume:
        raise BadRequest(
            f"--out {out} holds a run already ({before.state}, {before.planned:,} pictures planned); expected an empty "
            "folder. Go on with it by --resume, or choose another."
        )
    missing = [source for source in before.sources if source not in now.sources]
    if missing:
        raise BadRequest(
            f"--out {out} holds a run over {', '.join(before.sources)}; {missing[0]} is not among the sources now. "
            "Name all of them again (more may be added), or choose another --out."
        )
    for what, then, asked in (
        ("model", f"{before.model['name']} {before.model['version']}", f"{now.model['name']} {now.model['version']}"),
        ("format", before.format, now.format),
        ("mode", before.mode, now.mode),
        ("constraints", before.known, now.known),
    ):
        if then != asked:
            raise BadRequest(
                f"--out {out} holds a run whose {what} is {then or 'none'}; got {asked or 'none'}. Ask for the same, "
                "or choose another --out."
            )


@contextmanager
def locked(out: str) -> Iterator[None]:
    """Holds a folder of this machine against a second run at the same time; it is let go with the process.

    Raises Busy. A bucket has no locks: there, one run at a time is the user's own care.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    if storage.is_url(out):
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
