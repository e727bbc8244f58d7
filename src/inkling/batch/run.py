"""START HERE: a whole run, from the source to the last part.

source -> plan -> chunks -> workers -> parts, and a manifest that records whether the result is complete.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from inkling.batch import archive_review, buckets, run_manifest, sources, storage
from inkling.batch.image_ref import ImageRef
from inkling.batch.job import CHUNK_SIZE, FORMATS, Engine, Format, Job
from inkling.batch.parts import Parts
from inkling.batch.plan import FOLDER, Plan
from inkling.batch.planner import Planner
from inkling.batch.progress import Progress
from inkling.batch.records import import_pyarrow
from inkling.batch.review import ReviewPage, about
from inkling.batch.run_manifest import Manifest, Model
from inkling.batch.sources import Skipped
from inkling.constraints.constraints import parse_constraints
from inkling.constraints.roster import split_column
from inkling.errors import BadRequest, CannotWrite, InklingError, NotFound, UnknownName
from inkling.models import registry
from inkling.pipeline.decoder_errors import FORMAT_NAMES
from inkling.pipeline.reader import Mode

SAVE_INTERVAL_S = 5.0  # between two manifests; after a kill, images read since the last one are read again
SAVE_SHARE = 20.0  # minimum interval, in multiples of the time to write a manifest, so that large ones cost little
MAX_TOLD = 3  # files named in a message

ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True)
class RunOptions:
    """The options of a run."""

    sources: tuple[str, ...]  # see `sources`
    out: str  # path or URL of a folder that is empty, missing, or contains the run to resume
    model: str | None = None  # packaged name, bundle or run folder; None: the best packaged one
    format: Format = "parquet"
    mode: Mode = "auto"
    constraints: dict[str, str] = field(default_factory=dict)  # length, pattern, check, among
    resume: bool = False  # continue the run in `out`, if there is one
    limit: int | None = None  # maximum number of images in the plan
    sample: float = 1.0  # fraction of the images, selected by name
    review: str | None = None  # path of the review page


def run(
    options: RunOptions,
    engine: Engine,
    *,
    on_progress: ProgressCallback | None = None,
    chunk_size: int = CHUNK_SIZE,
) -> Progress:
    """Read an archive. Afterwards every image has exactly one record, however often the run was killed and resumed.

    Raises the errors in `inkling.errors`. Those that can be detected early are raised before anything is read or
    written. A later error during reading leaves the manifest's state "running", and the run can be resumed.
    """
    job, manifest, images, skipped = _checked(options)
    with _review_page(options, manifest) as page, run_manifest.locked(job.out):
        manifest.state, manifest.limit, manifest.sample = "running", options.limit, options.sample
        manifest.save(job.out)
        _remove_unfinished(job.out)
        plan = Plan(job.out, manifest.plan)
        planner = Planner(plan, lambda: images, limit=options.limit, sample=options.sample, chunk_size=chunk_size)
        progress = _Run(job, manifest, plan, planner, on_progress, skipped=skipped).read_all(engine)
        if page:
            archive_review.write(page, job, plan)
        return progress


@contextmanager
def _review_page(options: RunOptions, manifest: Manifest) -> Iterator[ReviewPage | None]:
    """The requested review page, or None. Raises NotFound if it cannot be written."""
    if options.review is None:
        yield None
        return
    known = parse_constraints(**options.constraints)
    read_by = about(manifest.model.name, manifest.model.version, known)
    with closing(ReviewPage(Path(options.review), about=read_by, constraints=known)) as page:
        yield page


def check(options: RunOptions) -> None:
    """Raise the errors that `run` detects early; do nothing else."""
    _checked(options)


def _checked(options: RunOptions) -> tuple[Job, Manifest, Iterator[ImageRef], Skipped]:
    """The job, the existing or new manifest, the images of the source, and the skipped files."""
    job, manifest = _new_job(options)
    previous = run_manifest.load(job.out)
    if previous is None:
        run_manifest.check_new(job.out)
    else:
        run_manifest.check_same(previous, manifest, job.out, resume=options.resume)
        previous.sources = manifest.sources
    sources.check_sources(options.sources)
    own = [job.out, *filter(None, [options.review])]
    if among := options.constraints.get("among"):
        own.append(str(split_column(among)[0]))
    skipped = Skipped(own=set(map(sources.absolute, own)))
    images = sources.list_images(options.sources, skipped)
    first = next(images, None)
    if first is None:
        raise NotFound(
            f"{' '.join(options.sources)} contains no picture; expected {FORMAT_NAMES} or PDF files, archives "
            "of them, or a listing. Name another source."
        )
    return job, previous or manifest, chain([first], images), skipped


class _Run:
    """A run in progress."""

    def __init__(
        self,
        job: Job,
        manifest: Manifest,
        plan: Plan,
        planner: Planner,
        on_progress: ProgressCallback | None,
        *,
        skipped: Skipped,
    ) -> None:
        self._job, self._manifest, self._on_progress = job, manifest, on_progress
        self._plan, self._planner, self._parts = plan, planner, Parts(job.out, job.format, manifest.parts)
        damaged = self._parts.forget_damaged()
        self._saved_at, self._save_took_s = time.monotonic(), 0.0
        self._progress = Progress(before=self._parts.rows, damaged=damaged, skipped=skipped)

    def read_all(self, engine: Engine) -> Progress:
        try:
            self._report()
            for result in engine.run(self._job, self._planner.pending_chunks(self._parts.has)):
                self._parts.add(result)
                self._report()
                if time.monotonic() - self._saved_at > max(SAVE_INTERVAL_S, SAVE_SHARE * self._save_took_s):
                    self._save()
            self._finish()
        except BaseException:
            with suppress(InklingError):  # the first error counts
                self._save()
            raise
        return self._progress

    def _finish(self) -> None:
        """Set the state to "complete" if every part is present."""
        wrong = self._parts.problems(self._planner.chunks)
        planned = self._planner.planned + self._parts.more_pages
        if wrong or self._parts.rows != planned:
            some = f": {', '.join(wrong[:MAX_TOLD])}{', ..' * (len(wrong) > MAX_TOLD)}" if wrong else ""
            raise CannotWrite(
                f"{self._job.out} contains {self._parts.rows:,} of {planned:,} rows{some}; expected one row per image "
                "and nothing else. Remove files that belong to no run, and continue with --resume."
            )
        self._manifest.state = "complete"
        self._progress.complete = True
        self._report()
        self._save()

    def _report(self) -> None:
        progress = self._progress
        progress.planned = self._planner.planned + self._parts.more_pages
        progress.listing = not self._planner.finished
        progress.outcomes, progress.bytes = self._parts.outcomes, self._parts.bytes
        progress.sample_rate()
        if self._on_progress:
            self._on_progress(progress)

    def _save(self) -> None:
        start = time.monotonic()
        self._manifest.parts, self._manifest.done = self._parts.results, self._parts.to_json()
        self._manifest.planned = max(self._manifest.planned, self._planner.planned)  # lower while the plan is loaded
        self._manifest.chunks = max(self._manifest.chunks, self._planner.chunks)
        self._manifest.plan = list(self._plan.hashes)
        self._manifest.save(self._job.out)
        self._saved_at = time.monotonic()
        self._save_took_s = self._saved_at - start


def _new_job(options: RunOptions) -> tuple[Job, Manifest]:
    """The job and manifest of a new run. Raises BadRequest, UnknownName, BadBundle or MissingExtra."""
    if options.format not in FORMATS:
        raise UnknownName("format", options.format, FORMATS)
    if options.limit is not None and options.limit < 1:
        raise BadRequest(f"--limit is {options.limit}; expected a number of pictures from 1. Change it.")
    if not 0 < options.sample <= 1:
        raise BadRequest(f"--sample is {options.sample:g}; expected a fraction above 0 and at most 1. Change it.")
    if options.format == "parquet":
        import_pyarrow("writing Parquet (which --format csv or jsonl does not)")
    constraints = dict(options.constraints)
    if "among" in constraints:
        constraints["among"] = os.path.abspath(constraints["among"])
    parse_constraints(**constraints)
    bundle = registry.find(options.model)
    bundle.model_bytes()
    model = bundle.name if bundle.path.parent == registry.PACKAGED else str(Path(bundle.path).absolute())
    out = sources.absolute(options.out)
    job = Job(out, model, bundle.version, options.format, options.mode, constraints)
    manifest = Manifest(
        [sources.absolute(source) for source in options.sources],
        Model(bundle.name, bundle.version),
        options.format,
        options.mode,
        constraints,
    )
    return job, manifest


def _remove_unfinished(out: str) -> None:
    """Delete the unfinished files of a killed run; a bucket has none."""
    if buckets.is_url(out):
        return
    for folder in (Path(out), Path(out) / "parts", Path(out) / FOLDER):
        for path in folder.iterdir() if folder.is_dir() else ():
            if storage.is_unfinished(path.name):
                path.unlink(missing_ok=True)
