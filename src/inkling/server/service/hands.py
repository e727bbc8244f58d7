"""The hands of a server: their store, opened on first use; the readers of their active versions; and teaching."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from inkling.errors import HandsClosed, Overloaded
from inkling.server.metrics.definitions import Metrics
from inkling.server.service.event_streams import HEARTBEAT_S, MAX_STREAM_S, event
from inkling.server.service.readers import Readers
from inkling.server.settings import Settings
from inkling.server.stopping import stopping

if TYPE_CHECKING:
    from inkling.hands.lesson import Lesson
    from inkling.hands.queries import Stamp
    from inkling.hands.store import Added, Store
    from inkling.pipeline.reader import Reader

MAX_LESSONS = 5_000  # per hand; teaching more would take too long for one request
MAX_READERS = 64  # hands whose readers are cached, a few kilobytes each
MAX_LARGE = 4  # cached readers with their own whole network, about 1 MB each
CLOSED = (
    "hands are off on this server; expected INKLING_HANDS=on, or a server that only this machine can reach, without a "
    "proxy. Ask the operator to change this."
)


class Hands:
    """The hands of this server. Thread-safe; each worker has its own instance."""

    def __init__(self, settings: Settings, readers: Readers, metrics: Metrics) -> None:
        self._settings, self._readers, self._metrics = settings, readers, metrics
        self._opening, self._teaching = threading.Lock(), threading.Lock()
        self._store: Store | None = None
        self._kept: OrderedDict[tuple[str, str, str], tuple[Stamp, Reader]] = OrderedDict()

    def check_open(self) -> None:
        """Raises HandsClosed if hands are off."""
        if not self._settings.keeps_hands:
            raise HandsClosed(CLOSED)

    def store(self) -> Store:
        """The store. Raises HandsClosed if hands are off, and the errors of opening it."""
        self.check_open()
        with self._opening:
            if self._store is None:
                from inkling.hands.store import Store

                self._store = Store()
            return self._store

    def close(self) -> None:
        """Close the store; the next request opens it again."""
        with self._opening:
            if self._store is not None:
                self._store.close()
            self._store = None
            self._kept.clear()

    def where(self) -> str:
        """Where lessons are stored, in words; without the path if other machines can reach the server."""
        return self.store().where if self._settings.is_private else "a database of this server"

    def add(self, name: str, lessons: Sequence[Lesson]) -> Added:
        """Store lessons, and count the new ones in the metrics. Raises as `Store.add` does."""
        added = self.store().add(name, lessons, most=MAX_LESSONS)
        new = set(added.ids)
        for lesson in self.store().of_pictures(name, {each.sha256 for each in lessons}):
            if lesson.id in new:
                self._metrics.count("inkling_lessons_total", lesson.label, "yes" if lesson.is_misread else "no")
        return added

    def add_archive(self, name: str, content: bytes) -> Added:
        """Store the lessons in a zip. Raises as `from_zip` and `add` do."""
        from inkling.hands.exchange import from_zip

        return self.add(name, from_zip(content, most=MAX_LESSONS, session="import"))

    def teach(self, name: str) -> int:
        """Teach a hand with the light step, one hand at a time per worker. Returns the version's number.

        Raises Overloaded if its turn does not come in time, and the errors of `teach_hand`.
        """
        store = self.store()
        if not self._teaching.acquire(timeout=self._settings.max_wait_s):
            raise Overloaded(
                f"waited {self._settings.max_wait_s:g} s while other hands were being taught. Try again in a moment."
            )
        try:
            from inkling.hands.light_teaching import teach_hand

            number, taught = teach_hand(store, name, self._readers.get().bundle)
        finally:
            self._teaching.release()
        self._metrics.count("inkling_hand_versions_total", "light", "yes" if taught.promoted else "no")
        return number

    def full_reason(self) -> str:
        """A message that says why this server cannot teach a whole network; "" if it can."""
        from inkling.hands import full_job

        return full_job.not_here(self._readers.get().bundle)

    def teach_full(self, name: str) -> str:
        """Start teaching a whole network for a hand. Returns the job's id. Raises as `full_job.start` does."""
        from inkling.hands import full_job

        return full_job.start(self.store(), name, self._readers.get().bundle)

    def job(self, name: str) -> dict[str, Any]:
        """The state of teaching a whole network. Raises UnknownName."""
        from inkling.hands import full_job

        self.store().stamp(name)
        found = full_job.state(self.store(), name)
        del found["said"]
        return found

    def cancel(self, name: str) -> bool:
        """Cancel teaching a whole network. Returns whether a job was cancelled. Raises UnknownName."""
        from inkling.hands import full_job

        self.store().stamp(name)
        return full_job.cancel(self.store(), name)

    def events(self, name: str, last_event_id: str, max_s: float = MAX_STREAM_S) -> Iterator[str]:
        """The events of the hand's last job as text, from the beginning or after `last_event_id` (JOB:OFFSET).

        Raises UnknownName before the first event.
        """
        store = self.store()
        store.stamp(name)
        return _event_stream(store, name, last_event_id, max_s)

    def delete(self, name: str) -> int:
        """Delete a hand, and cancel its job. Returns the number of deleted lessons. Raises UnknownName."""
        from inkling.hands import full_job

        self.cancel(name)
        n = self.store().delete_hand(name)
        full_job.forget(self.store(), name)
        return n

    def delete_all(self) -> int:
        """Delete all hands. Returns the number of hands."""
        from inkling.hands import full_job

        names = [hand.name for hand in self.store().hands()]
        for name in names:
            full_job.cancel(self.store(), name)
        n = self.store().delete_all()
        for name in names:
            full_job.forget(self.store(), name)
        return n

    def reader(self, name: str, reader: Reader) -> tuple[Reader, dict[str, Any]]:
        """The reader of a hand's active version, based on `reader`'s network; and the answer's `hand`.

        Each call asks the store for the active version, which takes a fraction of a millisecond, so that no worker uses
        an outdated one. Raises UnknownName, and WrongNetwork if the version was taught with another network.
        """
        from inkling.hands.hand_reader import is_large, with_version
        from inkling.hands.lesson import checked_name

        store, name = self.store(), checked_name(name)
        stamp = store.stamp(name)
        key = (name, reader.bundle.name, reader.bundle.version)
        with self._opening:
            known = self._kept.get(key)
        if known is None or known[0] != stamp:
            stamp, version = store.stamped(name)
            known = stamp, reader if version is None else with_version(reader, name, version)
        with self._opening:
            self._kept[key] = known
            self._kept.move_to_end(key)
            large = [each for each, (_, reader) in self._kept.items() if is_large(reader)]
            for old in [*large[:-MAX_LARGE], *list(self._kept)[:-MAX_READERS]]:
                self._kept.pop(old, None)
        return known[1], {"hand": {"name": name, "version": stamp[2]}}


def _event_stream(store: Store, name: str, last_event_id: str, max_s: float) -> Iterator[str]:
    from inkling.hands import full_job

    start_s = sent_s = time.monotonic()
    yield "retry: 1000\n\n"
    job, _, offset = last_event_id.partition(":")
    after = int(offset) if offset.isdecimal() and len(offset) < 16 else 0
    job_now = full_job.state(store, name)["job"]
    for told in full_job.follow(store, name, job=job, after=after):
        now_s = time.monotonic()
        if told is not None:
            end, facts = told
            sent_s = now_s
            yield event(facts["type"], json.dumps(facts), f"{job_now}:{end}")
        elif now_s - sent_s >= HEARTBEAT_S:
            sent_s = now_s
            yield ": still here\n\n"
        if stopping.is_set() or now_s - start_s > max_s:
            return
