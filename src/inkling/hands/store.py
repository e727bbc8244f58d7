"""The store of lessons and versions. What `add` and `add_version` return has been committed to the disk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from inkling.errors import BadRequest, NotFound, UnknownName
from inkling.hands import schema
from inkling.hands.database import WRITES, forget_deleted, open_engine, place, reading, writing
from inkling.hands.lesson import Lesson, checked, checked_name, from_png, to_png

Kind = Literal["light", "full"]
MAX_HANDS = 1_000
MAX_LESSONS = 20_000  # of a hand
MAX_VERSIONS = 200  # of a hand
MAX_PAYLOAD_BYTES = 20_000_000


@dataclass(frozen=True)
class Hand:
    """A named writer."""

    name: str
    created: str  # UTC, ISO 8601
    active_version: int  # 0 = the network as it came
    lessons: dict[str, int]  # by label
    versions: int


@dataclass(frozen=True)
class Version:
    """What a hand was taught at one time."""

    number: int  # 1, 2, ..
    kind: Kind
    base_name: str  # the network that was taught
    base_version: str
    report: dict[str, Any]
    promoted: bool
    created: str
    payload: bytes  # what was learned


@dataclass(frozen=True)
class Added:
    """What became of lessons."""

    new: int
    known: int  # the same picture with the same label was there already


class Store:
    """Hands, their lessons and versions. Safe to call from several threads and processes. Close it, or use `with`.

    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/hands.sqlite") as store:
    ...     store.add("anna", [Lesson(np.eye(28, dtype=np.uint8), "7", said="1")])
    Added(new=1, known=0)
    """

    def __init__(self, url: str | None = None) -> None:
        """`url`: of a database; None is INKLING_STORE, or a file in the user's data folder.

        This and every method raises CannotWrite or BadData if the database cannot be used; see `database.open_engine`.
        """
        self._engine = open_engine(url)

    @property
    def url(self) -> str:
        """The database's URL with its password: for another process that opens the same store, never to be shown."""
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

    def add(self, name: str, lessons: Iterable[Lesson]) -> Added:
        """Keep lessons of a hand, which is made if it is new: all of them or none.

        Raises BadRequest for a bad name, label or tile, and if there are too many.
        """
        name = checked_name(name)
        rows = [_row(lesson) for lesson in lessons]
        with writing(self._engine) as connection:
            hand_id = self._hand_id(connection, name, make=True)
            before = self._count(connection, hand_id)
            if rows:
                connection.execute(
                    _insert_new(connection, schema.lesson), [{**row, "hand_id": hand_id} for row in rows]
                )
            after = self._count(connection, hand_id)
            if after > MAX_LESSONS:
                raise BadRequest(
                    f"hand {name!r} would have {after:,} lessons; at most {MAX_LESSONS:,} are kept, and none of these "
                    "was. Delete others first."
                )
        return Added(after - before, len(rows) - (after - before))

    def hands(self) -> list[Hand]:
        """All hands, by name."""
        hand, lesson, version = schema.hand.c, schema.lesson.c, schema.version.c
        with reading(self._engine) as connection:
            found = connection.execute(sa.select(schema.hand).order_by(hand.name)).all()
            per_label = sa.select(lesson.hand_id, lesson.label, sa.func.count()).group_by(lesson.hand_id, lesson.label)
            counts: dict[int, dict[str, int]] = {}
            for hand_id, label, n in connection.execute(per_label.order_by(lesson.label)):
                counts.setdefault(hand_id, {})[label] = n
            per_hand = sa.select(version.hand_id, sa.func.count()).group_by(version.hand_id)
            versions = {row[0]: row[1] for row in connection.execute(per_hand)}
        return [
            Hand(row.name, row.created, row.active_version, counts.get(row.id, {}), versions.get(row.id, 0))
            for row in found
        ]

    def hand(self, name: str) -> Hand:
        """One hand. Raises UnknownName."""
        with reading(self._engine) as connection:
            self._hand_id(connection, name)
        return next(hand for hand in self.hands() if hand.name == checked_name(name))

    def lessons(self, name: str) -> list[Lesson]:
        """The lessons of a hand in the order in which they came. Raises UnknownName."""
        lesson = schema.lesson
        with reading(self._engine) as connection:
            hand_id = self._hand_id(connection, name)
            found = connection.execute(sa.select(lesson).where(lesson.c.hand_id == hand_id).order_by(lesson.c.id)).all()
        return [_lesson(row) for row in found]

    def delete_lesson(self, name: str, lesson_id: int) -> None:
        """Raises UnknownName, or NotFound if the hand has no such lesson."""
        lesson = schema.lesson
        with writing(self._engine) as connection:
            hand_id = self._hand_id(connection, name)
            gone = connection.execute(
                sa.delete(lesson).where(lesson.c.hand_id == hand_id, lesson.c.id == lesson_id)
            ).rowcount
            if not gone:
                raise NotFound(
                    f"hand {name!r} has no lesson {lesson_id}; expected the number of one of its lessons. List them "
                    "with: inkling hands show"
                )
        forget_deleted(self._engine)

    def delete_hand(self, name: str) -> None:
        """Delete a hand, its lessons and its versions. Raises UnknownName."""
        with writing(self._engine) as connection:
            self._delete(connection, [self._hand_id(connection, name)])
        forget_deleted(self._engine)

    def delete_all(self) -> int:
        """Delete every hand. Returns how many there were."""
        with writing(self._engine) as connection:
            ids = list(connection.execute(sa.select(schema.hand.c.id)).scalars())
            self._delete(connection, ids)
        forget_deleted(self._engine)
        return len(ids)

    def add_version(
        self, name: str, kind: Kind, *, base: tuple[str, str], payload: bytes, report: dict[str, Any], promoted: bool
    ) -> int:
        """Keep what a hand was taught, and make it the active version if it was promoted. Returns its number.

        `base`: name and version of the network that was taught. Raises UnknownName, and BadRequest if there are too
        many versions or bytes.
        """
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise BadRequest(
                f"the version has {len(payload):,} bytes; at most {MAX_PAYLOAD_BYTES:,} are kept. Teach a smaller one."
            )
        version = schema.version
        with writing(self._engine) as connection:
            hand_id = self._hand_id(connection, name)
            mine = version.c.hand_id == hand_id
            number = (connection.execute(sa.select(sa.func.max(version.c.number)).where(mine)).scalar() or 0) + 1
            connection.execute(
                sa.insert(version),
                {
                    "hand_id": hand_id,
                    "number": number,
                    "kind": kind,
                    "base_name": base[0],
                    "base_version": base[1],
                    "payload": payload,
                    "report": json.dumps(report),
                    "promoted": promoted,
                    "created": _now(),
                },
            )
            if promoted:
                self._activate(connection, hand_id, number)
            active = sa.select(schema.hand.c.active_version).where(schema.hand.c.id == hand_id).scalar_subquery()
            # The oldest go, so that teaching at every correction never stops for want of room.
            connection.execute(
                sa.delete(version).where(mine, version.c.number <= number - MAX_VERSIONS, version.c.number != active)
            )
        return number

    def versions(self, name: str) -> list[Version]:
        """The versions of a hand, the oldest first. Raises UnknownName."""
        version = schema.version
        with reading(self._engine) as connection:
            hand_id = self._hand_id(connection, name)
            query = sa.select(version).where(version.c.hand_id == hand_id).order_by(version.c.number)
            return [_version(row) for row in connection.execute(query)]

    def active(self, name: str) -> Version | None:
        """The version that reads; None where it is the network as it came. Raises UnknownName."""
        hand, version = schema.hand, schema.version
        with reading(self._engine) as connection:
            hand_id = self._hand_id(connection, name)
            query = sa.select(version).join(
                hand, (hand.c.id == version.c.hand_id) & (hand.c.active_version == version.c.number)
            )
            row = connection.execute(query.where(hand.c.id == hand_id)).one_or_none()
        return None if row is None else _version(row)

    def use(self, name: str, number: int) -> None:
        """Make a version the active one; 0 is the network as it came. Raises UnknownName, or NotFound."""
        version = schema.version
        with writing(self._engine) as connection:
            hand_id = self._hand_id(connection, name)
            query = sa.select(version.c.number).where(version.c.hand_id == hand_id).order_by(version.c.number)
            there = [0, *connection.execute(query).scalars()]
            if number not in there:
                raise NotFound(
                    f"hand {name!r} has no version {number}; expected one of {', '.join(map(str, there))}, where 0 is "
                    "the original network. Choose one."
                )
            self._activate(connection, hand_id, number)

    def _activate(self, connection: Connection, hand_id: int, number: int) -> None:
        connection.execute(sa.update(schema.hand).where(schema.hand.c.id == hand_id).values(active_version=number))

    def _hand_id(self, connection: Connection, name: str, *, make: bool = False) -> int:
        """In a transaction that writes, also locks the hand until it ends, where the database has such locks."""
        hand, name = schema.hand, checked_name(name)
        query = sa.select(hand.c.id).where(hand.c.name == name)
        if connection.get_execution_options().get(WRITES):
            query = query.with_for_update()
        found = connection.execute(query).scalar()
        if found is None and make:
            if len(self._names(connection)) >= MAX_HANDS:
                raise BadRequest(f"there are {MAX_HANDS:,} hands, the most that are kept; expected fewer. Delete one.")
            connection.execute(_insert_new(connection, hand), {"name": name, "created": _now()})
            found = connection.execute(query).scalar()
        if found is None:
            raise UnknownName("hand", name, self._names(connection))
        return int(found)

    @staticmethod
    def _names(connection: Connection) -> list[str]:
        return list(connection.execute(sa.select(schema.hand.c.name)).scalars())

    @staticmethod
    def _count(connection: Connection, hand_id: int) -> int:
        lesson = schema.lesson
        query = sa.select(sa.func.count()).select_from(lesson).where(lesson.c.hand_id == hand_id)
        return int(connection.execute(query).scalar_one())

    @staticmethod
    def _delete(connection: Connection, ids: Sequence[int]) -> None:
        for table, column in ((schema.version, "hand_id"), (schema.lesson, "hand_id"), (schema.hand, "id")):
            connection.execute(sa.delete(table).where(table.c[column].in_(ids)))


def _insert_new(connection: Connection, table: sa.Table) -> sa.Insert:
    """An INSERT that leaves out what is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _row(lesson: Lesson) -> dict[str, Any]:
    checked(lesson)
    return {
        "sha256": lesson.sha256,
        "tile": to_png(lesson.tile),
        "label": lesson.label,
        "said": lesson.said,
        "confidence": lesson.confidence,
        "model_name": lesson.model_name,
        "model_version": lesson.model_version,
        "box": "" if lesson.box is None else json.dumps(lesson.box),
        "source": lesson.source,
        "session": lesson.session,
        "created": lesson.created or _now(),
    }


def _lesson(row: Row[Any]) -> Lesson:
    box = tuple(json.loads(row.box)) if row.box else None
    kept = {column: getattr(row, column) for column in ("label", "said", "confidence", "model_name", "model_version")}
    tile = from_png(row.tile, name=f"lesson {row.id}")
    return Lesson(tile, **kept, box=box, source=row.source, session=row.session, id=row.id, created=row.created)


def _version(row: Row[Any]) -> Version:
    columns = ("number", "kind", "base_name", "base_version", "promoted", "created", "payload")
    return Version(**{column: getattr(row, column) for column in columns}, report=json.loads(row.report))
