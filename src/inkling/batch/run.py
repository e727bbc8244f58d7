"""START HERE: a whole run, from the source to the last part.

source -> plan -> chunks -> workers -> parts, and a manifest that says whether that is all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from inkling.batch import run_manifest, sources, storage
from inkling.batch.chunks import SIZE
from inkling.batch.engine import Engine
from inkling.batch.image_ref import ImageRef
from inkling.batch.plan import FOLDER, Plan
from inkling.batch.planner import Planner
from inkling.batch.progress import Progress
from inkling.batch.progress_store import ProgressStore
from inkling.batch.records import import_pyarrow
from inkling.batch.run_manifest import Manifest
from inkling.batch.worker import FORMATS, Format, Job
from inkling.constraints import constraints
from inkling.errors import BadRequest, CannotWrite, InklingError, NotFound, UnknownName
from inkling.models import registry
from inkling.pipeline.reader import Mode

SAVE_S = 5.0  # between two manifests; after a kill, parts of so long are counted again

ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True)
class RunOptions:
    """What is asked for."""

    sources: tuple[str, ...]  # see `sources`
    out: str  # path or URL of a folder that is empty, not there yet, or holds the run to go on with
    model: str | None = None  # packaged name, bundle or run folder; the best packaged one when it is None
    format: Format = "parquet"
    mode: Mode = "auto"
    known: dict[str, str] = field(default_factory=dict)  # length, pattern, check, among
    resume: bool = False  # go on with what is there, if anything is
    limit: int | None = None  # pictures in the plan at most
    sample: float = 1.0  # which share of the pictures, chosen by their names


def run(
    order: RunOptions, engine: Engine, *, watch: ProgressCallback | None = None, chunk_size: int = SIZE
) -> Progress:
    """Reads an archive; every picture has exactly one row afterwards, however often the run was killed and resumed.

    What can be known to be wrong at once is raised before anything is read or written, as one of `inkling.errors`; an
    error on the way leaves a manifest that says "running", and the run can be gone on with.
    """
    job, now, pictures = _checked(order)
    with run_manifest.locked(job.out):
        now.state, now.limit, now.sample = "running", order.limit, order.sample
        now.save(job.out)
        _sweep(job.out)
        planner = Planner(
            Plan.find(job.out), lambda: pictures, limit=order.limit, sample=order.sample, chunk_size=chunk_size
        )
        return _Run(job, now, planner, watch).through(engine)


def check(order: RunOptions) -> None:
    """Raises what `run` would raise at once, and does nothing."""
    _checked(order)


def _checked(order: RunOptions) -> tuple[Job, Manifest, Iterator[ImageRef]]:
    """What workers are told, the manifest to go on with or to begin with, and the source."""
    job, now = _job(order)
    before = run_manifest.load(job.out)
    if before is None:
        run_manifest.check_new(job.out)
    else:
        run_manifest.check_same(before, now, job.out, resume=order.resume)
        before.sources = now.sources
    sources.check_sources(order.sources)
    pictures = sources.list_images(order.sources)
    first = next(pictures, None)
    if first is None:
        raise NotFound(
            f"{' '.join(order.sources)} holds no picture; expected PNG, JPEG, WebP, GIF, BMP or TIFF files, tar shards "
            "of them, or a listing. Name another source."
        )
    return job, before or now, chain([first], pictures)


class _Run:
    """A run under way."""

    def __init__(self, job: Job, kept: Manifest, planner: Planner, watch: ProgressCallback | None) -> None:
        self._job, self._manifest, self._planner, self._watch = job, kept, planner, watch
        self._ledger = ProgressStore(kept.done)
        self._ledger.agree_with(job.out, job.format)
        self._saved = time.monotonic()
        self._progress = Progress(before=self._ledger.rows)

    def through(self, engine: Engine) -> Progress:
        try:
            self._note()
            for done in engine.run(self._job, self._planner.to_read(self._ledger.has)):
                self._ledger.add(done)
                self._note()
                if time.monotonic() - self._saved > SAVE_S:
                    self._save()
            self._finish()
        except BaseException:
            with suppress(InklingError):  # what went wrong first is what counts
                self._save()
            raise
        return self._progress

    def _finish(self) -> None:
        """Says "complete" if the parts are there."""
        self._ledger.agree_with(self._job.out, self._job.format)
        lost = self._planner.chunks - self._ledger.chunks()
        if lost or self._ledger.rows != self._planner.planned:
            raise CannotWrite(
                f"{self._job.out} holds {self._ledger.rows:,} rows; expected {self._planner.planned:,}, and {lost:,} "
                "parts are missing. Go on with --resume."
            )
        self._manifest.state = "complete"
        self._progress.complete = True
        self._note()
        self._save()

    def _note(self) -> None:
        progress = self._progress
        progress.planned, progress.listing = self._planner.planned, not self._planner.finished
        progress.outcomes, progress.bytes = self._ledger.outcomes, self._ledger.bytes
        progress.note()
        if self._watch:
            self._watch(progress)

    def _save(self) -> None:
        self._saved = time.monotonic()
        self._manifest.planned, self._manifest.chunks = self._planner.planned, self._planner.chunks
        self._manifest.done = self._ledger.to_json()
        self._manifest.save(self._job.out)


def _job(order: RunOptions) -> tuple[Job, Manifest]:
    """What workers are told, and the manifest of a run that begins. Raises what is wrong with the order."""
    if order.format not in FORMATS:
        raise UnknownName("format", order.format, FORMATS)
    if order.limit is not None and order.limit < 1:
        raise BadRequest(f"--limit is {order.limit}; expected a number of pictures from 1. Change it.")
    if not 0 < order.sample <= 1:
        raise BadRequest(f"--sample is {order.sample:g}; expected a share above 0 and at most 1. Change it.")
    if order.format == "parquet":
        import_pyarrow("writing Parquet (which --format csv or jsonl does not)")
    known = dict(order.known)
    if "among" in known:
        known["among"] = os.path.abspath(known["among"])
    constraints.parse_constraints(**known)
    found = registry.find(order.model)
    found.model_bytes()
    model = found.name if found.path.parent == registry.PACKAGED else str(Path(found.path).absolute())
    out = sources.absolute(order.out)
    job = Job(out, model, found.version, order.format, order.mode, known)
    return job, run_manifest.of_job(job, [sources.absolute(one) for one in order.sources], name=found.name)


def _sweep(out: str) -> None:
    """Deletes what a killed run left of unfinished writes; a bucket has none."""
    if storage.is_url(out):
        return
    for folder in (Path(out), Path(out) / "parts", Path(out) / FOLDER):
        if folder.is_dir():
            for path in folder.iterdir():
                if storage.is_unfinished(path.name):
                    path.unlink(missing_ok=True)
