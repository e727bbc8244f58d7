"""START HERE: a whole run, from the source to the last part.

source -> plan -> chunks -> workers -> parts, and a manifest that says whether the result is complete.
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

SAVE_INTERVAL_S = 5.0  # between two manifests; after a kill, what was read meanwhile is read again
SAVE_SHARE = 20.0  # times as long as a manifest takes to write, at least: a long one does not take the run's time
MAX_TOLD = 3  # files that a message names

ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True)
class RunOptions:
    """What to read, and how."""

    sources: tuple[str, ...]  # see `sources`
    out: str  # path or URL of a folder that is empty, missing, or holds the run to resume
    model: str | None = None  # packaged name, bundle or run folder; None: the best packaged one
    format: Format = "parquet"
    mode: Mode = "auto"
    constraints: dict[str, str] = field(default_factory=dict)  # length, pattern, check, among
    resume: bool = False  # continue the run in `out`, if there is one
    limit: int | None = None  # most images in the plan
    sample: float = 1.0  # share of the images, chosen by their names
    review: str | None = None  # path of a page of the doubtful readings


def run(
    options: RunOptions,
    engine: Engine,
    *,
    on_progress: ProgressCallback | None = None,
    chunk_size: int = CHUNK_SIZE,
) -> Progress:
    """Read an archive. Afterwards every image has exactly one record, however often the run was killed and resumed.

    Raises the errors that can be found early before anything is read or written, as one of `inkling.errors`. A later
    error leaves a manifest that says "running", and the run can be resumed.
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
    """The page that is asked for. Raises NotFound if it cannot be written."""
    if options.review is None:
        yield None
        return
    known = parse_constraints(**options.constraints)
    read_by = about(manifest.model.name, manifest.model.version, known)
    with closing(ReviewPage(Path(options.review), about=read_by, constraints=known)) as page:
        yield page


def check(options: RunOptions) -> None:
    """Raises what `run` would raise at once, and does nothing else."""
    _checked(options)


def _checked(options: RunOptions) -> tuple[Job, Manifest, Iterator[ImageRef], Skipped]:
    """The job, the manifest to continue or to begin with, the images of the source, and what is beside them."""
    job, manifest = _new_job(options)
    previous = run_manifest.load(job.out)
    if previous is None:
        run_manifest.check_new(job.out)
    else:
        run_manifest.check_same(previous, manifest, job.out, resume=options.resume)
        previous.sources = manifest.sources
    sources.check_sources(options.sources)
    own = [job.out, *filter(None, [options.review])]
    own += [str(split_column(among)[0]) for name, among in options.constraints.items() if name == "among"]
    skipped = Skipped(own=set(map(sources.absolute, own)))
    images = sources.list_images(options.sources, skipped)
    first = next(images, None)
    if first is None:
        raise NotFound(
            f"{' '.join(options.sources)} holds no picture; expected {FORMAT_NAMES} or PDF files, archives "
            "of them, or a listing. Name another source."
        )
    return job, previous or manifest, chain([first], images), skipped


class _Run:
    """A run under way."""

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
        """Set the state to "complete" if every part is there."""
        wrong = self._parts.problems(self._planner.chunks)
        planned = self._planner.planned + self._parts.more_pages
        if wrong or self._parts.rows != planned:
            some = f": {', '.join(wrong[:MAX_TOLD])}{', ..' * (len(wrong) > MAX_TOLD)}" if wrong else ""
            raise CannotWrite(
                f"{self._job.out} holds {self._parts.rows:,} rows of {planned:,}{some}; expected a "
                "row of each image and nothing else. Remove what is of no run, and go on with --resume."
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
        self._manifest.planned = max(self._manifest.planned, self._planner.planned)  # less while it reads its plan
        self._manifest.chunks = max(self._manifest.chunks, self._planner.chunks)
        self._manifest.plan = list(self._plan.hashes)
        self._manifest.save(self._job.out)
        self._saved_at = time.monotonic()
        self._save_took_s = self._saved_at - start


def _new_job(options: RunOptions) -> tuple[Job, Manifest]:
    """The job, and the manifest of a run that begins. Raises BadRequest, UnknownName, BadBundle or MissingExtra."""
    if options.format not in FORMATS:
        raise UnknownName("format", options.format, FORMATS)
    if options.limit is not None and options.limit < 1:
        raise BadRequest(f"--limit is {options.limit}; expected a number of pictures from 1. Change it.")
    if not 0 < options.sample <= 1:
        raise BadRequest(f"--sample is {options.sample:g}; expected a share above 0 and at most 1. Change it.")
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
    """Delete the unfinished files of a run that was killed; a bucket has none."""
    if buckets.is_url(out):
        return
    for folder in (Path(out), Path(out) / "parts", Path(out) / FOLDER):
        for path in folder.iterdir() if folder.is_dir() else ():
            if storage.is_unfinished(path.name):
                path.unlink(missing_ok=True)
