"""manifest.json of an output folder: the sources, model, settings, progress and state of a run.

It lists the files of the plan and the parts by size and SHA-256, and is replaced atomically. `state` is "complete" only
if every planned image has a record; until then, and after a kill, it is "running".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, structs

from inkling import __version__
from inkling.batch import buckets, storage
from inkling.batch.checked_json import Count, FileHash, convert
from inkling.batch.job import ChunkResult, Format
from inkling.errors import BadRequest, Busy, NoPermission
from inkling.pipeline.reader import Mode

NAME = "manifest.json"
LOCK = ".lock"
LAYOUT: Literal[2] = 2  # version of the output folder's layout
MAX_BYTES = 1 << 26  # about 300,000 parts, 150 million images


class Model(Struct, forbid_unknown_fields=True):
    name: str
    version: str


class Manifest(Struct, forbid_unknown_fields=True):
    """One run. The field names are the keys of the file."""

    sources: list[str]  # absolute
    model: Model
    format: Format
    mode: Mode
    known: dict[str, str]  # the constraints, as the user stated them
    started: str = ""  # ISO 8601, UTC
    updated: str = ""
    state: Literal["running", "complete"] = "running"
    limit: Annotated[int, Meta(ge=1)] | None = None  # of the last run
    sample: Annotated[float, Meta(gt=0, le=1)] = 1.0
    planned: Count = 0  # images; more may follow while the state is "running"
    chunks: Count = 0
    done: dict[str, Any] = {}  # totals over `parts`, only informative: see `Parts.to_json`
    inkling: str = ""
    layout: Literal[2] = LAYOUT
    plan: list[FileHash] = []  # the files of the plan, in order
    parts: list[ChunkResult] = []  # the parts that are done

    def save(self, out: str) -> None:
        """Write the file, with the current time and version. Raises the errors of `storage`."""
        self.updated = datetime.now(UTC).isoformat(timespec="seconds")
        self.started = self.started or self.updated
        self.inkling = __version__
        storage.write(storage.join(out, NAME), self._to_json())

    def _to_json(self) -> bytes:
        """Indented, with one line for each file of the plan and each part."""
        fields = structs.asdict(self) | {"model": structs.asdict(self.model)}
        lists = {name: [json.dumps(structs.asdict(row)) for row in fields.pop(name)] for name in ("plan", "parts")}
        long = "".join(
            f',\n  "{name}": [' + ",".join(f"\n    {row}" for row in rows) + "\n  ]" for name, rows in lists.items()
        )
        return (json.dumps(fields, indent=2).removesuffix("\n}") + long + "\n}\n").encode()


def load(out: str) -> Manifest | None:
    """The manifest in an output folder; None if there is none. Raises BadRequest if it is not a manifest of a run."""
    location = storage.join(out, NAME)
    if storage.probe(location) == "none":
        return None
    content = storage.read(location, size_bytes=MAX_BYTES + 1)
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        manifest = convert(content, Manifest)
        numbers = {part.number for part in manifest.parts}
        if len(numbers) < len(manifest.parts) or max(numbers, default=-1) >= manifest.chunks:
            raise ValueError("its parts do not match its chunks")
    except ValueError as error:
        raise BadRequest(
            f"{location} is not a manifest that this version of inkling can read ({error}); expected an output folder "
            "that it wrote. Choose another --out."
        ) from error
    return manifest


def check_new(out: str) -> None:
    """Raise BadRequest if the folder of a new run is not empty."""
    kind = storage.probe(out)
    if kind == "file":
        raise BadRequest(f"--out {out} is a file; expected an empty or new folder. Choose another.")
    if kind == "folder" and any(not file.endswith(f"/{LOCK}") for file in storage.walk(out)):
        raise BadRequest(
            f"--out {out} contains files that belong to no run; expected an empty or new folder. Choose another."
        )


def check_same(previous: Manifest, asked: Manifest, out: str, *, resume: bool) -> None:
    """Raise BadRequest if the folder contains a run and `resume` is False, or a run with other settings."""
    if not resume:
        raise BadRequest(
            f"--out {out} already contains a run ({previous.state}, {previous.planned:,} pictures planned); expected "
            "an empty folder. Continue the run with --resume, or choose another."
        )
    missing = [source for source in previous.sources if source not in asked.sources]
    if missing:
        raise BadRequest(
            f"--out {out} contains a run over {', '.join(previous.sources)}; {missing[0]} is not among the sources "
            "now. Name all of them again (you may add more), or choose another --out."
        )
    for what, before, now in (
        ("model", f"{previous.model.name} {previous.model.version}", f"{asked.model.name} {asked.model.version}"),
        ("format", previous.format, asked.format),
        ("mode", previous.mode, asked.mode),
        ("constraints", previous.known, asked.known),
    ):
        if before != now:
            raise BadRequest(
                f"--out {out} contains a run whose {what} is {before or 'none'}; got {now or 'none'}. Use the same, "
                "or choose another --out."
            )


@contextmanager
def locked(out: str) -> Iterator[None]:
    """Lock a local folder against a second run; the lock ends with the process.

    Raises Busy or NoPermission. Buckets and Windows have no locks: there, the user must prevent a second run.
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
            f"--out {out} cannot be written ({error.strerror}); expected a folder with write permission. Choose "
            "another."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"another run is writing to {out}; expected only one. Wait, or choose another.") from error
        yield
