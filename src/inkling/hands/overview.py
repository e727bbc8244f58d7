"""Statistics of each hand: its lessons, versions and contradictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkling.hands import schema


@dataclass(frozen=True)
class Hand:
    """A named writer."""

    name: str
    created: str  # UTC, ISO 8601
    active_version: int  # 0 = the original network
    lessons: dict[str, int]  # by label
    versions: int
    misread: int = 0  # lessons that were read as something else
    contradictions: int = 0  # pictures with several labels


def overview(connection: Connection, which: sa.ColumnElement[bool]) -> list[Hand]:
    """The hands that satisfy a condition on `schema.hand`, sorted by name."""
    hand, lesson, version = schema.hand.c, schema.lesson.c, schema.version.c
    chosen = sa.select(hand.id).where(which)

    def numbers(hand_id: sa.ColumnElement[int], *conditions: sa.ColumnElement[bool]) -> dict[int, int]:
        query = sa.select(hand_id, sa.func.count()).where(hand_id.in_(chosen), *conditions).group_by(hand_id)
        return {row[0]: row[1] for row in connection.execute(query)}

    labels: dict[int, dict[str, int]] = {}
    per_label = sa.select(lesson.hand_id, lesson.label, sa.func.count()).where(lesson.hand_id.in_(chosen))
    per_label = per_label.group_by(lesson.hand_id, lesson.label).order_by(lesson.label)
    for hand_id, label, n in connection.execute(per_label):
        labels.setdefault(hand_id, {})[label] = n
    pictures = sa.select(lesson.hand_id).group_by(lesson.hand_id, lesson.sha256)
    with_several_labels = numbers(pictures.having(sa.func.count() > 1).subquery().c.hand_id)
    misread = numbers(lesson.hand_id, lesson.said != "", lesson.said != lesson.label)
    versions = numbers(version.hand_id)

    def record(row: Any) -> Hand:
        counts = (versions.get(row.id, 0), misread.get(row.id, 0), with_several_labels.get(row.id, 0))
        return Hand(row.name, row.created, row.active_version, labels.get(row.id, {}), *counts)

    return [record(row) for row in connection.execute(sa.select(schema.hand).where(which).order_by(hand.name))]
