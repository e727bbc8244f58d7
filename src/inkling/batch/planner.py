"""source -> plan -> chunks to read: what is planned already is not planned again, what is done is not read again.

A thread lists the source as fast as it can and writes the plan; the chunks to read are taken from the plan, which is
on the disk. So the total is soon known, and memory stays small however long the archive is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import islice

from inkling.batch.chunks import SIZE, Chunk
from inkling.batch.dedup import NameSet, hash_fraction
from inkling.batch.image_ref import ImageRef
from inkling.batch.plan import Plan

LOOK = 4096  # pictures that are looked up together, among those that were seen


class Planner:
    """Plans a run while it is read."""

    def __init__(
        self,
        plan: Plan,
        pictures: Callable[[], Iterator[ImageRef]],
        *,
        limit: int | None = None,
        sample: float = 1.0,
        chunk_size: int = SIZE,
    ) -> None:
        """`limit`: pictures in the plan at most, older ones included; `sample`: which share of the new ones."""
        self.planned = 0  # pictures
        self.chunks = 0
        self.finished = False  # nothing is added any more
        self._plan, self._pictures, self._limit, self._sample, self._size = plan, pictures, limit, sample, chunk_size
        self._before = plan.files  # files of earlier runs
        self._ready = 0  # files that may be read
        self._error: BaseException | None = None
        self._stopped = False
        self._changed = threading.Condition()

    def to_read(self, is_done: Callable[[int], bool]) -> Iterator[Chunk]:
        """Starts to plan, and gives every chunk whose number is not done. Raises what listing the source raises."""
        thread = threading.Thread(target=self._run, name="inkling-planner", daemon=True)
        thread.start()
        try:
            for i in self._files():
                yield from (chunk for chunk in self._plan.file(i) if not is_done(chunk.number))
        finally:
            self._stopped = True
            thread.join()

    def _files(self) -> Iterator[int]:
        """Numbers of the files of the plan, each as soon as it is there."""
        i = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ready > i or self.finished)  # noqa: B023 - waited for here
                if self._ready <= i:
                    if self._error:
                        raise self._error
                    return
            yield i
            i += 1

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            self._write(self._seen_before())
        except BaseException as raised:  # it is raised again where the chunks are taken
            error = raised
        with self._changed:
            self._error, self.finished = error, True
            self._changed.notify_all()

    def _seen_before(self) -> NameSet:
        """What earlier runs planned; its files may be read at once."""
        seen = NameSet()
        for i in range(self._before):
            for chunk in self._plan.file(i):
                seen.add([picture.identity for picture in chunk.pictures])
                self.planned += len(chunk.pictures)
                self.chunks = chunk.number + 1
            self._set_ready(i + 1)
        return seen

    def _write(self, seen: NameSet) -> None:
        """Adds to the plan what is in the source and was not seen."""
        waiting: list[ImageRef] = []
        for picture in self._new(seen):
            waiting.append(picture)
            if len(waiting) == self._size:
                self._add(waiting)
                waiting = []
        if waiting:
            self._add(waiting)
        if self._plan.write():
            self._set_ready(self._plan.files)

    def _new(self, seen: NameSet) -> Iterator[ImageRef]:
        pictures = iter(self._pictures())
        left = None if self._limit is None else self._limit - self.planned
        while not self._stopped and (left is None or left > 0) and (looked_at := list(islice(pictures, LOOK))):
            if self._sample < 1:
                looked_at = [picture for picture in looked_at if hash_fraction(picture.identity) < self._sample]
            new = seen.add([picture.identity for picture in looked_at])
            found = [picture for picture, is_new in zip(looked_at, new, strict=True) if is_new][:left]
            yield from found
            left = None if left is None else left - len(found)

    def _add(self, pictures: list[ImageRef]) -> None:
        written = self._plan.add(Chunk(self.chunks, tuple(pictures)))
        self.chunks += 1
        self.planned += len(pictures)
        if written:
            self._set_ready(self._plan.files)

    def _set_ready(self, files: int) -> None:
        with self._changed:
            self._ready = files
            self._changed.notify_all()
