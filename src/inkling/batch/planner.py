"""Plan a run while it is being read: number the images of the source and yield the chunks that are not done.

A thread lists the source as fast as it can and writes the plan to the output folder; chunks are taken from the plan.
The total is therefore known early, and memory stays small for an archive of any size.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import islice
from queue import SimpleQueue

from inkling.batch.dedup import NameSet, hash_fraction
from inkling.batch.image_ref import ImageRef
from inkling.batch.job import CHUNK_SIZE, Chunk, in_chunks
from inkling.batch.plan import Plan

LOOKUP_BATCH = 4096  # images that are looked up together in the set of planned images


class Planner:
    """Plans a run in a background thread."""

    def __init__(
        self,
        plan: Plan,
        images: Callable[[], Iterator[ImageRef]],
        *,
        limit: int | None = None,
        sample: float = 1.0,
        chunk_size: int = CHUNK_SIZE,
    ) -> None:
        """`limit`: maximum number of images in the plan; `sample`: fraction of the new images to plan, 0..1."""
        self.planned = 0  # images
        self.chunks = 0
        self.finished = False  # planning has ended, perhaps with an error
        self._plan, self._images, self._limit, self._sample, self._size = plan, images, limit, sample, chunk_size
        self._ready: SimpleQueue[int | BaseException | None] = SimpleQueue()  # plan file number, error, or None
        self._stopped = False

    def pending_chunks(self, is_done: Callable[[int], bool]) -> Iterator[Chunk]:
        """Start planning, and yield every chunk that is not done. Raises the errors of listing the source."""
        thread = threading.Thread(target=self._run, name="inkling-planner", daemon=True)
        thread.start()
        try:
            while (file := self._ready.get()) is not None:
                if isinstance(file, BaseException):
                    raise file
                yield from (chunk for chunk in self._plan.file(file) if not is_done(chunk.number))
        finally:
            self._stopped = True
            thread.join()

    def _run(self) -> None:
        end: BaseException | None = None
        try:
            self._extend(self._load())
        except BaseException as error:  # re-raised in the thread that takes the chunks
            end = error
        self.finished = True
        self._ready.put(end)

    def _load(self) -> NameSet:
        """Load the names that earlier runs planned, and queue their plan files."""
        names = NameSet()
        for i in range(self._plan.files):
            for chunk in self._plan.file(i):
                names.add([image.identity for image in chunk.images])
                self.planned += len(chunk.images)
                self.chunks = chunk.number + 1
            self._ready.put(i)
        return names

    def _extend(self, names: NameSet) -> None:
        """Add the images of the source that are not planned yet."""
        for chunk in in_chunks(self._new_images(names), first=self.chunks, size=self._size):
            written = self._plan.add(chunk)
            self.chunks += 1
            self.planned += len(chunk.images)
            if written:
                self._ready.put(self._plan.files - 1)
        if self._plan.write():
            self._ready.put(self._plan.files - 1)

    def _new_images(self, names: NameSet) -> Iterator[ImageRef]:
        images = iter(self._images())
        left = None if self._limit is None else self._limit - self.planned
        while not self._stopped and (left is None or left > 0) and (batch := list(islice(images, LOOKUP_BATCH))):
            if self._sample < 1:
                batch = [image for image in batch if hash_fraction(image.identity) < self._sample]
            is_new = names.add([image.identity for image in batch])
            found = [image for image, new in zip(batch, is_new, strict=True) if new][:left]
            yield from found
            left = None if left is None else left - len(found)
