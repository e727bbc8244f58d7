"""pictures -> rows: bytes are fetched, the road is gone, and the network is asked once for many pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from inkling.batch import storage
from inkling.batch.image_ref import WHOLE_FILE, ImageRef
from inkling.batch.records import Record, from_error, from_reading
from inkling.constraints import constrained_reading, constraints
from inkling.errors import BadBundle, BrokenPicture, ImageTooLarge, InklingError
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.config.decoding import DECODE
from inkling.pipeline.reader import PreparedImage, Reader

if TYPE_CHECKING:
    from inkling.batch.worker import Job

MOST_PIXELS = 1_000_000  # of the pictures that are prepared at once, which bounds memory
MOST_TILES = 64  # more at once make no network faster

STRANGE = (cv2.error, MemoryError, ValueError, ArithmeticError, LookupError)  # what libraries raise on odd pictures

Item = tuple[ImageRef, PreparedImage | InklingError]


class BatchReader:
    """Reads pictures many at a time with one network; gives what `Reader.read` gives."""

    def __init__(self, job: Job) -> None:
        """Raises BadBundle, UnknownName or BadRequest when the job cannot be done here."""
        cv2.setNumThreads(1)  # every core has a worker of its own
        self.reader = Reader(Path(job.model) if "/" in job.model else job.model)
        bundle = self.reader.bundle
        if bundle.version != job.version:
            raise BadBundle(
                f"the worker's model {job.model} has version {bundle.version}; expected {job.version}, which the run "
                "was started with. Install the same version of inkling, or the same bundle, everywhere."
            )
        self._mode = job.mode
        self._known = constraints.parse_constraints(**job.known)
        self._model = (bundle.name, bundle.version)

    def rows(self, pictures: Sequence[ImageRef], note: Callable[[int], None] | None = None) -> tuple[list[Record], int]:
        """Pictures -> a row each, in their order, and how many bytes they had; for `note` see `Worker`."""
        self._read_bytes = 0
        if note is None:
            groups: Iterable[list[Item]] = _in_groups(self._prepared(pictures))
        else:
            groups = self._one_by_one(pictures, note)
        found = [row for group in groups for row in self._read(group)]
        return found, self._read_bytes

    def _one_by_one(self, pictures: Sequence[ImageRef], note: Callable[[int], None]) -> Iterator[list[Item]]:
        for i, picture in enumerate(pictures):
            note(i)
            yield list(self._prepared([picture]))

    def _prepared(self, pictures: Sequence[ImageRef]) -> Iterator[Item]:
        """The road of each picture up to the network."""
        for picture, content in _fetched(pictures):
            try:
                if isinstance(content, InklingError):
                    raise content
                self._read_bytes += len(content)
                yield picture, self.reader.prepare(content, mode=self._mode)
            except InklingError as error:
                yield picture, error
            except STRANGE as error:
                yield picture, _strange(error)

    def _read(self, items: list[Item]) -> Iterator[Record]:
        ready = [one for _, one in items if isinstance(one, PreparedImage)]
        judgements = iter(self._judged(ready))
        for picture, one in items:
            if isinstance(one, InklingError):
                yield from_error(picture.source, one, self._model)
                continue
            try:
                yield self._row(picture, one, next(judgements))
            except InklingError as error:
                yield from_error(picture.source, error, self._model)
            except STRANGE as error:
                yield from_error(picture.source, _strange(error), self._model)

    def _judged(self, ready: list[PreparedImage]) -> Iterator[Prediction]:
        """What the network says of the tiles of each, asked once."""
        if not ready:
            return
        judged = self.reader.classify(np.concatenate([one.tiles for one in ready]))  # (N, 28, 28) -> (N, 10) and (N,)
        ends = np.cumsum([0, *(len(one.tiles) for one in ready)]).tolist()
        for start, end in pairwise(ends):
            yield Prediction(judged.probs[start:end], judged.not_digit[start:end])

    def _row(self, picture: ImageRef, one: PreparedImage, prediction: Prediction) -> Record:
        trace = self.reader.trace_prepared(one, prediction, best_only=not self._known.stated)
        if not self._known.stated:
            return from_reading(picture.source, trace.reading, self._model)
        answer = constrained_reading.from_trace(trace, self._known, sure_at=self.reader.bundle.sure_at)
        return from_reading(picture.source, answer.reading, self._model, answer)


def _fetched(pictures: Sequence[ImageRef]) -> Iterator[tuple[ImageRef, bytes | InklingError]]:
    """Each picture with its bytes, or with the error for which there are none. Raises Unreachable."""
    wants = [
        storage.ByteRange(
            picture.place, picture.offset, DECODE.max_bytes + 1 if picture.size == WHOLE_FILE else picture.size
        )
        for picture in pictures
        if not _fault(picture)
    ]
    contents = iter(storage.read_many(wants))
    for picture in pictures:
        content = _fault(picture) or next(contents)
        if isinstance(content, bytes) and len(content) < picture.size:
            content = BrokenPicture(
                f"{picture.source} ends after {len(content)} of {picture.size} bytes; expected a whole shard. Copy it "
                "again."
            )
        yield picture, content


def _fault(picture: ImageRef) -> InklingError | None:
    """What is known to be wrong with a picture before it is fetched."""
    if picture.size > DECODE.max_bytes:
        return ImageTooLarge(
            f"{picture.source} has {picture.size / 1e6:.1f} MB; the limit is {DECODE.max_bytes / 1e6:.1f} MB. "
            "Make it smaller."
        )
    return BrokenPicture(picture.fault) if picture.fault else None


def _in_groups(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Items -> groups of at most so many pixels and tiles, or of one item."""
    group: list[Item] = []
    pixels = tiles = 0
    for item in items:
        one = item[1]
        more = (one.ink.size, len(one.tiles)) if isinstance(one, PreparedImage) else (0, 0)
        if group and (pixels + more[0] > MOST_PIXELS or tiles + more[1] > MOST_TILES):
            yield group
            group, pixels, tiles = [], 0, 0
        group.append(item)
        pixels, tiles = pixels + more[0], tiles + more[1]
    if group:
        yield group


def _strange(error: Exception) -> InklingError:
    """Whatever a library raises on a picture that nobody thought of ends that picture, not the run."""
    return BrokenPicture(
        f"picture made {type(error).__name__} ({str(error).strip() or 'no more is known'}); expected one that can be "
        "read. Save it again, or report it."
    )
