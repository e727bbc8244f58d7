"""Queries and changes inside a transaction of the store."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkling.errors import StoreFull, UnknownName
from inkling.hands import schema
from inkling.hands.database import WRITES
from inkling.hands.lesson import checked_name
from inkling.hands.rows import insert_new, now_exactly

MAX_HANDS = 1_000
MAX_VERSIONS = 200  # of a hand
MAX_HAND_BYTES = 60_000_000  # of a hand's versions
MAX_CHOICES = 20  # hands named in an error

Stamp = tuple[int, str, int]  # identifies the active version; changes whenever the active version changes


def activate(connection: Connection, hand_id: int, number: int) -> None:
    """Make a version the active one."""
    connection.execute(sa.update(schema.hand).where(schema.hand.c.id == hand_id).values(active_version=number))


def forget_oldest_versions(connection: Connection, hand_id: int) -> None:
    """Delete the oldest versions beyond MAX_VERSIONS or MAX_HAND_BYTES, but never the newest or the active one."""
    version, hand = schema.version.c, schema.hand.c
    active = connection.execute(sa.select(hand.active_version).where(hand.id == hand_id)).scalar_one()
    query = sa.select(version.id, version.number, sa.func.length(version.payload)).where(version.hand_id == hand_id)
    n_bytes, old = 0, []
    for n, (row_id, number, size) in enumerate(connection.execute(query.order_by(version.number.desc()))):
        n_bytes += size
        if n and number != active and (n >= MAX_VERSIONS or n_bytes > MAX_HAND_BYTES):
            old.append(row_id)
            n_bytes -= size
    connection.execute(sa.delete(schema.version).where(version.id.in_(old)))


def stamp_of(connection: Connection, name: str) -> Stamp:
    """The stamp of a hand's active version. Raises UnknownName."""
    hand = schema.hand.c
    query = sa.select(hand.id, hand.created, hand.active_version).where(hand.name == checked_name(name))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise _unknown(connection, name)
    return row.id, row.created, row.active_version


def hand_id_of(connection: Connection, name: str, *, make: bool = False) -> int:
    """The id of a hand. A writing transaction also locks its row, if the database supports row locks.

    `make`: create the hand if it is missing, or raise StoreFull. Without `make`, a missing hand raises UnknownName.
    """
    hand, name = schema.hand, checked_name(name)
    query = sa.select(hand.c.id).where(hand.c.name == name)
    if connection.get_execution_options().get(WRITES):
        query = query.with_for_update()
    found = connection.execute(query).scalar()
    if found is None and make:
        if connection.execute(sa.select(sa.func.count()).select_from(hand)).scalar_one() >= MAX_HANDS:
            raise StoreFull(f"there are {MAX_HANDS:,} hands, the maximum; expected fewer. Delete one.")
        connection.execute(insert_new(connection, hand), {"name": name, "created": now_exactly()})
        found = connection.execute(query).scalar()
    if found is None:
        raise _unknown(connection, name)
    return int(found)


def _unknown(connection: Connection, name: str) -> UnknownName:
    names = list(connection.execute(sa.select(schema.hand.c.name)).scalars())
    if len(names) > MAX_CHOICES:
        names = difflib.get_close_matches(name, names, n=MAX_CHOICES, cutoff=0)
    return UnknownName("hand", name, names)


def count_lessons(connection: Connection, hand_id: int | None = None) -> int:
    """The number of lessons of a hand, or of all hands if `hand_id` is None."""
    query = sa.select(sa.func.count()).select_from(schema.lesson)
    if hand_id is not None:
        query = query.where(schema.lesson.c.hand_id == hand_id)
    return int(connection.execute(query).scalar_one())


def delete_hands(connection: Connection, ids: Sequence[int]) -> int:
    """Delete hands. Returns the number of deleted lessons."""
    gone = {}
    for table, column in ((schema.version, "hand_id"), (schema.lesson, "hand_id"), (schema.hand, "id")):
        gone[table.name] = connection.execute(sa.delete(table).where(table.c[column].in_(ids))).rowcount
    return gone["lesson"]
