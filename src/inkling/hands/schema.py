"""The tables of the store. A change here needs a migration in `migrations/versions/` and its number in `HEAD`."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0001"  # the newest migration

metadata = MetaData()

hand = Table(
    "hand",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("created", String(32), nullable=False),  # UTC, ISO 8601
    Column("active_version", Integer, nullable=False, server_default="0"),  # its number; 0 = the original network
)

lesson = Table(
    "lesson",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hand_id", Integer, ForeignKey("hand.id", ondelete="CASCADE"), nullable=False),
    Column("sha256", String(64), nullable=False),  # of the tile's pixels
    Column("tile", LargeBinary, nullable=False),  # PNG, 28x28
    Column("label", String(4), nullable=False),  # "0".."9" or "none"
    Column("said", String(4), nullable=False),  # the label that was read, or "" if nothing was read before
    Column("confidence", Float),  # of `said`, 0..1
    Column("model_name", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("box", Text, nullable=False),  # JSON [x, y, w, h] in pixels of the picture, or ""
    Column("source", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("created", String(32), nullable=False),
    UniqueConstraint("hand_id", "sha256", "label"),
)

version = Table(
    "version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hand_id", Integer, ForeignKey("hand.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, .. within the hand
    Column("kind", String(8), nullable=False),  # "light" or "full"
    Column("base_name", Text, nullable=False),  # the network that was taught
    Column("base_version", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # the learned parameters: an npz file
    Column("report", Text, nullable=False),  # JSON
    Column("promoted", Boolean, nullable=False),
    Column("created", String(32), nullable=False),
    UniqueConstraint("hand_id", "number"),
)
