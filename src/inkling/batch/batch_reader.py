"""Read a batch of images: fetch their bytes concurrently, and read them one by one."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cv2

from inkling.batch import records, storage
from inkling.batch.archives import inflated
from inkling.batch.buckets import is_url
from inkling.batch.csv_table import joined_columns
from inkling.batch.image_ref import WHOLE_FILE, ImageRef
from inkling.batch.job import Job
from inkling.batch.range_requests import ByteRange
from inkling.batch.records import Record
from inkling.batch.sequential_archive import FrontToBack
from inkling.constraints import constrained_reading
from inkling.constraints.constraints import parse_constraints
from inkling.documents import Page, pages
from inkling.documents.pages import DOCUMENT_SUFFIXES
from inkling.errors import BadBundle, BrokenPicture, ImageTooLarge, InklingError
from inkling.pipeline.config.decoding import DECODE
from inkling.pipeline.deadline import READING_S, deadline
from inkling.pipeline.reader import Reader

AT_ONCE = ("plain", "deflate")  # byte ranges of a file, which concurrent requests can fetch
LIBRARY_ERRORS = (cv2.error, MemoryError, ValueError, ArithmeticError, LookupError)  # raised on malformed images


class BatchReader:
    """Reads images with one network, with the same results as `Reader.read`.

    It runs the network once per image: batches across images are not faster.
    """

    def __init__(self, job: Job) -> None:
        """Raises BadBundle, UnknownName or BadRequest if the job cannot be done on this machine."""
        cv2.setNumThreads(1)  # there is a worker on every core
        self._constraints = parse_constraints(**job.constraints)
        roster = self._constraints.roster
        self.joined = joined_columns(roster.columns if roster else ())  # a roster's column -> the records' column
        model = Path(job.model) if "/" in job.model else job.model
        self.reader = Reader(model, sure_at=self._constraints.sure_at)
        bundle = self.reader.bundle
        if bundle.version != job.version:
            raise BadBundle(
                f"the worker's model {job.model} has version {bundle.version}; expected {job.version}, the version of "
                "the run. Install the same version of inkling, or the same bundle, on every machine."
            )
        self._mode = job.mode
        self._model = (bundle.name, bundle.version)
        self._archive = FrontToBack()

    def read(
        self, images: Sequence[ImageRef], on_image: Callable[[int], None] | None = None
    ) -> tuple[list[Record], int]:
        """Images -> a record for each image or page, in order, and the number of bytes fetched. See `Worker`."""
        contents = fetch(images, self._archive) if on_image is None else self._fetch_one_by_one(images, on_image)
        found: list[Record] = []
        n_bytes = 0
        for image, content in zip(images, contents, strict=True):
            found.extend(self._read_pages(image, content))
            n_bytes += len(content) if isinstance(content, bytes) else 0
        return found, n_bytes

    def _fetch_one_by_one(
        self, images: Sequence[ImageRef], on_image: Callable[[int], None]
    ) -> Iterator[Path | bytes | InklingError]:
        for index, image in enumerate(images):
            on_image(index)
            yield from fetch([image], self._archive)

    def _read_pages(self, image: ImageRef, content: Path | bytes | InklingError) -> Iterator[Record]:
        try:
            if isinstance(content, InklingError):
                raise content
            yield from map(self._read_page, pages(content, name=image.source))
        except InklingError as error:
            yield records.from_error(image.source, None, error, self._model)

    def _read_page(self, page: Page) -> Record:
        try:
            with deadline(READING_S):
                prepared = self.reader.prepare(page.image, mode=self._mode)
                trace = self.reader.trace_prepared(prepared)
                if not self._constraints.stated:
                    return records.from_reading(page, trace.reading, self._model)
                answer = constrained_reading.from_trace(trace, self._constraints)
                listed = self._constraints.listed(answer.reading.text, satisfied=answer.satisfied)
                joined = {self.joined[name]: cell for name, cell in listed.items()}
            return records.from_reading(page, answer.reading, self._model, answer, joined)
        except InklingError as error:
            return records.from_error(page.name, page.number, error, self._model)
        except LIBRARY_ERRORS as error:  # fails this image, not the run
            broken = BrokenPicture(
                f"picture caused {type(error).__name__} ({str(error).strip() or 'no details'}); expected one that can "
                "be read. Save it again, or report it."
            )
            return records.from_error(page.name, page.number, broken, self._model)


def fetch(images: Iterable[ImageRef], archive: FrontToBack) -> Iterator[Path | bytes | InklingError]:
    """Yield the bytes of each image, or its error; `archive` stays open. Raises Unreachable.

    For a document on this machine, yield its path instead; its pages are read from there.
    """
    images = list(images)
    known = [_known_error(image) for image in images]
    ranges = [
        ByteRange(
            image.location, image.offset, DECODE.max_bytes + 1 if image.size_bytes == WHOLE_FILE else image.size_bytes
        )
        for image, error in zip(images, known, strict=True)
        if error is None and image.stored in AT_ONCE and not _is_document_file(image)
    ]
    contents = storage.read_many(ranges)
    for image, error in zip(images, known, strict=True):
        if error is None and _is_document_file(image):
            yield Path(image.location)
            continue
        content = error or (next(contents) if image.stored in AT_ONCE else archive.read(image))
        if isinstance(content, bytes):
            content = _whole(image, content)
        yield content


def _is_document_file(image: ImageRef) -> bool:
    on_disk = not image.member and not is_url(image.location)
    return on_disk and image.location.lower().endswith(DOCUMENT_SUFFIXES)


def _whole(image: ImageRef, content: bytes) -> bytes | BrokenPicture:
    """Check and decompress the stored bytes of an image."""
    if image.stored != "parquet" and len(content) < image.size_bytes:
        return BrokenPicture(
            f"{image.source} ends after {len(content)} of {image.size_bytes} bytes; expected a complete archive. Copy "
            "it again."
        )
    if image.stored != "deflate":
        return content
    try:
        return inflated(content, DECODE.max_bytes + 1)
    except zlib.error as error:
        return BrokenPicture(
            f"{image.source} cannot be decompressed ({error}); expected a complete archive. Copy it again."
        )


def _known_error(image: ImageRef) -> InklingError | None:
    """The error of an image that need not be fetched; None for other images."""
    if image.size_bytes > DECODE.max_bytes:
        size, limit = image.size_bytes / 1e6, DECODE.max_bytes / 1e6
        return ImageTooLarge(f"{image.source} has {size:.1f} MB; the limit is {limit:.1f} MB. Make it smaller.")
    return BrokenPicture(image.error) if image.error else None
