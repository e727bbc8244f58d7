"""Conversion between rows of the tables and lessons or versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from inkling.hands.lesson import Lesson, checked, from_png, to_png

Kind = Literal["light", "full"]


@dataclass(frozen=True)
class Version:
    """A version of a hand: the result of teaching it once."""

    number: int  # 1, 2, ..
    kind: Kind
    base_name: str  # the network that was taught
    base_version: str
    report: dict[str, Any]
    promoted: bool
    created: str
    payload: bytes = b""  # the learned parameters; empty in a list of versions


def insert_new(connection: Connection, table: sa.Table) -> sa.Insert:
    """An INSERT that skips existing rows."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def now_exactly() -> str:
    """The time in UTC, ISO 8601, with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def row_of(lesson: Lesson) -> dict[str, Any]:
    """The row of a lesson, without the hand's id. Raises BadRequest."""
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
        "created": lesson.created or now(),
    }


def lesson_of(row: Row[Any]) -> Lesson:
    """The lesson of a row."""
    box = tuple(json.loads(row.box)) if row.box else None
    kept = {column: getattr(row, column) for column in ("label", "said", "confidence", "model_name", "model_version")}
    tile = from_png(row.tile, name=f"lesson {row.id}")
    return Lesson(tile, **kept, box=box, source=row.source, session=row.session, id=row.id, created=row.created)


def version_of(row: Row[Any]) -> Version:
    """The version of a row, with its payload if the query includes it."""
    columns = ("number", "kind", "base_name", "base_version", "promoted", "created")
    payload = bytes(row.payload) if "payload" in row._fields else b""
    return Version(**{name: getattr(row, name) for name in columns}, report=json.loads(row.report), payload=payload)
