"""The store of lessons and versions. `add` and `add_version` return after the data is committed to disk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import sqlalchemy as sa

from inkling.errors import NotFound, StoreFull
from inkling.hands import schema
from inkling.hands.corrections import Said
from inkling.hands.database import forget_deleted, open_engine, place, reading, writing
from inkling.hands.lesson import Lesson, checked_name
from inkling.hands.overview import Hand, overview
from inkling.hands.queries import (
    MAX_VERSIONS,
    Stamp,
    activate,
    count_lessons,
    delete_hands,
    forget_oldest_versions,
    hand_id_of,
    stamp_of,
)
from inkling.hands.rows import (
    Kind,
    Version,
    insert_new,
    lesson_of,
    now,
    row_of,
    version_of,
)

MAX_LESSONS = 20_000  # of a hand
MAX_ALL_LESSONS = 200_000  # at most 3 KB each
MAX_PAYLOAD_BYTES = 20_000_000  # of a version
MAX_ALL_BYTES = 2_000_000_000  # of all versions


@dataclass(frozen=True)
class Added:
    """How many lessons were stored."""

    new: int
    known: int  # already stored: the same picture with the same label
    ids: tuple[int, ...] = field(default=(), compare=False)  # of the new ones


class Store:
    """Hands, their lessons and versions. Safe to call from several threads and processes. Close it or use `with`.

    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/hands.sqlite") as store:
    ...     store.add("anna", [Lesson(np.eye(28, dtype=np.uint8), "7", said="1")])
    Added(new=1, known=0)
    """

    def __init__(self, url: str | None = None) -> None:
        """`url`: of a database; None means INKLING_STORE, or a file in the user's data folder.

        This and every method raises CannotWrite or BadData if the database cannot be used; see `database.open_engine`.
        """
        self._engine = open_engine(url)

    @property
    def url(self) -> str:
        """The database's URL with its password, for another process that opens the same store. Never display it."""
        return self._engine.url.render_as_string(hide_password=False)

    @property
    def where(self) -> str:
        """The file, or the database's URL without its password."""
        return place(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, name: str, lessons: Iterable[Lesson], *, most: int = MAX_LESSONS) -> Added:
        """Store all these lessons of a hand, or none. A missing hand is created. `most`: maximum lessons of the hand.

        Raises BadRequest for a bad name, label or tile, and StoreFull if there are too many.
        """
        name = checked_name(name)
        rows = [row_of(lesson) for lesson in lessons]
        with writing(self._engine) as connection:
            hand_id = hand_id_of(connection, name, make=True)
            lesson = schema.lesson.c
            mine = lesson.hand_id == hand_id
            last = connection.execute(sa.select(sa.func.max(lesson.id)).where(mine)).scalar() or 0
            if rows:
                connection.execute(insert_new(connection, schema.lesson), [{**row, "hand_id": hand_id} for row in rows])
            ids = tuple(connection.execute(sa.select(lesson.id).where(mine, lesson.id > last)).scalars())
            if ids and (after := count_lessons(connection, hand_id)) > most:
                raise StoreFull(
                    f"hand {name!r} would have {after:,} lessons; at most {most:,} are kept, and none of these was. "
                    "Delete others first."
                )
            if ids and (n := count_lessons(connection)) > MAX_ALL_LESSONS:
                raise StoreFull(
                    f"all hands would have {n:,} lessons; at most {MAX_ALL_LESSONS:,} are kept, and none of these was. "
                    "Delete others first."
                )
        return Added(len(ids), len(rows) - len(ids), ids)

    def hands(self) -> list[Hand]:
        """All hands, sorted by name."""
        with reading(self._engine) as connection:
            return overview(connection, sa.true())

    def hand(self, name: str) -> Hand:
        """One hand. Raises UnknownName."""
        with reading(self._engine) as connection:
            return overview(connection, schema.hand.c.id == hand_id_of(connection, name))[0]

    def lessons(self, name: str) -> list[Lesson]:
        """The lessons of a hand in the order in which they were added. Raises UnknownName."""
        lesson = schema.lesson
        with reading(self._engine) as connection:
            hand_id = hand_id_of(connection, name)
            query = sa.select(lesson).where(lesson.c.hand_id == hand_id).order_by(lesson.c.id)
            return [lesson_of(row) for row in connection.execute(query)]

    def latest(self, name: str, *, limit: int, before: int | None = None) -> list[Lesson]:
        """At most `limit` lessons of a hand, newest first. `before`: only those with a lower id. Raises UnknownName."""
        lesson = schema.lesson.c
        with reading(self._engine) as connection:
            query = sa.select(schema.lesson).where(lesson.hand_id == hand_id_of(connection, name))
            if before is not None:
                query = query.where(lesson.id < before)
            return [lesson_of(row) for row in connection.execute(query.order_by(lesson.id.desc()).limit(limit))]

    def said(self, name: str | None = None) -> list[Said]:
        """The lessons of a hand, or of all hands if `name` is None, without their pictures. Raises UnknownName."""
        lesson = schema.lesson.c
        query = sa.select(lesson.label, lesson.said, lesson.source, lesson.created).order_by(lesson.id)
        with reading(self._engine) as connection:
            if name is not None:
                query = query.where(lesson.hand_id == hand_id_of(connection, name))
            return [Said(*row) for row in connection.execute(query)]

    def of_pictures(self, name: str, sha256s: Iterable[str]) -> list[Lesson]:
        """The lessons of a hand with these pictures, whatever their label. Raises UnknownName."""
        lesson = schema.lesson.c
        with reading(self._engine) as connection:
            query = sa.select(schema.lesson).where(lesson.hand_id == hand_id_of(connection, name))
            query = query.where(lesson.sha256.in_(list(sha256s))).order_by(lesson.id)
            return [lesson_of(row) for row in connection.execute(query)]

    def delete_lesson(self, name: str, lesson_id: int) -> None:
        """Delete a lesson. Raises UnknownName, or NotFound if the hand has no such lesson."""
        lesson = schema.lesson
        with writing(self._engine) as connection:
            hand_id = hand_id_of(connection, name)
            gone = connection.execute(
                sa.delete(lesson).where(lesson.c.hand_id == hand_id, lesson.c.id == lesson_id)
            ).rowcount
            if not gone:
                raise NotFound(
                    f"hand {name!r} has no lesson {lesson_id}; expected the number of one of its lessons. List them "
                    "with: inkling hands show"
                )
        forget_deleted(self._engine)

    def delete_hand(self, name: str) -> int:
        """Delete a hand, its lessons and its versions. Returns its number of lessons. Raises UnknownName."""
        with writing(self._engine) as connection:
            n = delete_hands(connection, [hand_id_of(connection, name)])
        forget_deleted(self._engine)
        return n

    def delete_all(self) -> int:
        """Delete every hand. Returns the number of hands."""
        with writing(self._engine) as connection:
            ids = list(connection.execute(sa.select(schema.hand.c.id)).scalars())
            delete_hands(connection, ids)
        forget_deleted(self._engine)
        return len(ids)

    def add_version(
        self, name: str, kind: Kind, *, base: tuple[str, str], payload: bytes, report: dict[str, Any], promoted: bool
    ) -> int:
        """Store a new version of a hand, and make it the active version if it was promoted. Returns its number.

        `base`: name and version of the network that was taught. Beyond MAX_VERSIONS or MAX_HAND_BYTES, the oldest
        versions are deleted, but never the active one. Raises UnknownName, and StoreFull for too many bytes.
        """
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise StoreFull(
                f"the version has {len(payload):,} bytes; at most {MAX_PAYLOAD_BYTES:,} are kept. Teach a smaller one."
            )
        version = schema.version
        with writing(self._engine) as connection:
            hand_id = hand_id_of(connection, name)
            mine = version.c.hand_id == hand_id
            number = (connection.execute(sa.select(sa.func.max(version.c.number)).where(mine)).scalar() or 0) + 1
            row = {"hand_id": hand_id, "number": number, "kind": kind, "base_name": base[0], "base_version": base[1]}
            row |= {"payload": payload, "report": json.dumps(report), "promoted": promoted, "created": now()}
            connection.execute(sa.insert(version), row)
            if promoted:
                activate(connection, hand_id, number)
            forget_oldest_versions(connection, hand_id)
            all_bytes = connection.execute(sa.select(sa.func.sum(sa.func.length(version.c.payload)))).scalar_one()
            if all_bytes > MAX_ALL_BYTES:
                raise StoreFull(
                    f"all versions would have {all_bytes:,} bytes; at most {MAX_ALL_BYTES:,} are kept, and this one "
                    "was not. Delete a hand."
                )
        return number

    def versions(self, name: str, *, newest: int = MAX_VERSIONS + 1) -> list[Version]:
        """The newest versions of a hand without their payload, the oldest of them first. Raises UnknownName."""
        version = schema.version
        columns = [column for column in version.c if column.name != "payload"]
        with reading(self._engine) as connection:
            hand_id = hand_id_of(connection, name)
            query = sa.select(*columns).where(version.c.hand_id == hand_id).order_by(version.c.number.desc())
            return [version_of(row) for row in connection.execute(query.limit(newest))][::-1]

    def version(self, name: str, number: int) -> Version:
        """One version with its payload. Raises UnknownName, or NotFound."""
        version = schema.version
        with reading(self._engine) as connection:
            hand_id = hand_id_of(connection, name)
            query = sa.select(version).where(version.c.hand_id == hand_id, version.c.number == number)
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"hand {name!r} has no version {number}; expected a stored version. List them first.")
        return version_of(row)

    def active(self, name: str) -> Version | None:
        """The active version; None for the original network. Raises UnknownName."""
        return self.stamped(name)[1]

    def stamp(self, name: str) -> Stamp:
        """The stamp of a hand's active version: reads one row by the hand's name. Raises UnknownName."""
        with reading(self._engine) as connection:
            return stamp_of(connection, name)

    def stamped(self, name: str) -> tuple[Stamp, Version | None]:
        """`stamp` and `active` in one transaction. Raises UnknownName."""
        version = schema.version
        with reading(self._engine) as connection:
            stamp = stamp_of(connection, name)
            query = sa.select(version).where(version.c.hand_id == stamp[0], version.c.number == stamp[2])
            row = connection.execute(query).one_or_none()
        return stamp, None if row is None else version_of(row)

    def use(self, name: str, number: int) -> None:
        """Make a version the active one; 0 is the original network. Raises UnknownName, or NotFound."""
        version = schema.version
        with writing(self._engine) as connection:
            hand_id = hand_id_of(connection, name)
            query = sa.select(version.c.number).where(version.c.hand_id == hand_id).order_by(version.c.number)
            there = [0, *connection.execute(query).scalars()]
            if number not in there:
                raise NotFound(
                    f"hand {name!r} has no version {number}; expected one of {', '.join(map(str, there))}, where 0 is "
                    "the original network. Choose one."
                )
            activate(connection, hand_id, number)
