"""The hands of a server: their store, opened on first use, the readers of their active versions, and the light step."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inkling.errors import HandsClosed, Overloaded
from inkling.server.metrics.definitions import Metrics
from inkling.server.service.readers import Readers
from inkling.server.settings import Settings

if TYPE_CHECKING:
    from inkling.hands.lesson import Lesson
    from inkling.hands.store import Added, Stamp, Store
    from inkling.pipeline.reader import Reader

MAX_LESSONS = 5_000  # of a hand: more take longer to learn than a request may
MAX_READERS = 64  # hands whose readers are kept, a few kilobytes each
CLOSED = (
    "this server keeps no hands; expected INKLING_HANDS=on, or an address that only this machine can reach and no "
    "proxy in front. Ask its operator to set that."
)


class Hands:
    """The hands of this server. Safe to call from several threads; each worker has its own."""

    def __init__(self, settings: Settings, readers: Readers, metrics: Metrics) -> None:
        self._settings, self._readers, self._metrics = settings, readers, metrics
        self._opening, self._teaching = threading.Lock(), threading.Lock()
        self._store: Store | None = None
        self._kept: OrderedDict[tuple[str, str, str], tuple[Stamp, Reader]] = OrderedDict()

    def check_open(self) -> None:
        """Raises HandsClosed where hands are off."""
        if not self._settings.keeps_hands:
            raise HandsClosed(CLOSED)

    def store(self) -> Store:
        """The store. Raises HandsClosed where hands are off, and what opening it raises."""
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
        """Where lessons are kept, in words; other machines are told no path."""
        return self.store().where if self._settings.is_private else "a database of this server"

    def add(self, name: str, lessons: Sequence[Lesson]) -> Added:
        """Keep lessons, and count the new ones. Raises as `Store.add`."""
        added = self.store().add(name, lessons, most=MAX_LESSONS)
        new = set(added.ids)
        for lesson in self.store().of_pictures(name, {each.sha256 for each in lessons}):
            if lesson.id in new:
                self._metrics.count("inkling_lessons_total", lesson.label, "yes" if lesson.is_misread else "no")
        return added

    def add_archive(self, name: str, content: bytes) -> Added:
        """Keep the lessons of a zip. Raises as `from_zip` and `add`."""
        from inkling.hands.exchange import from_zip

        return self.add(name, from_zip(content, most=MAX_LESSONS, session="import"))

    def teach(self, name: str) -> int:
        """Teach a hand by the light step, one at a time in a worker. Returns the version's number.

        Raises Overloaded where others are being taught for too long, and what `teach_hand` raises.
        """
        store = self.store()
        if not self._teaching.acquire(timeout=self._settings.max_wait_s):
            raise Overloaded(
                f"other hands were being taught for {self._settings.max_wait_s:g} s; expected this one's turn. Try "
                "again in a moment."
            )
        try:
            from inkling.hands.light import teach_hand

            number, taught = teach_hand(store, name, self._readers.get().bundle)
        finally:
            self._teaching.release()
        self._metrics.count("inkling_hand_versions_total", "light", "yes" if taught.promoted else "no")
        return number

    def reader(self, name: str, reader: Reader) -> tuple[Reader, dict[str, Any]]:
        """The reader of a hand's active version, of `reader`'s network; and the answer's `hand`.

        Every worker asks the store each time which version is active, in a fraction of a millisecond, so that none
        reads with an older one. Raises UnknownName, and WrongNetwork where it was taught with another network.
        """
        from inkling.hands.hand_reader import with_version
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
            while len(self._kept) > MAX_READERS:
                self._kept.popitem(last=False)
        return known[1], {"hand": {"name": name, "version": stamp[2]}}
