from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from inkling.errors import BadData, BadRequest, CannotWrite, MissingExtra
from inkling.hands import database, schema
from inkling.hands.database import open_engine, store_url, writing


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def test_the_store_lies_in_the_users_data_folder_unless_a_url_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INKLING_STORE", raising=False)
    assert store_url().database == str(database.data_folder() / "hands.sqlite")
    monkeypatch.setenv("INKLING_STORE", "postgresql://me:secret@host/db")
    assert store_url().drivername == "postgresql+psycopg"
    assert store_url("sqlite:///x").database == "x"


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("nonsense", BadRequest, "is not the URL of a database"),
        ("oracle9://me:secret@host/db", BadRequest, "expected sqlite or postgresql"),
        ("mysql://me:secret@host/db", BadRequest, "expected sqlite or postgresql"),
        ("sqlite:////proc/none/hands.sqlite", CannotWrite, "write permission"),
    ],
)
def test_bad_urls_are_refused_without_telling_secrets(url: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as refused:
        open_engine(url)
    assert "secret" not in str(refused.value)


def test_postgresql_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match="make install-postgres"):
        open_engine("postgresql://me@host/db")


def test_a_server_that_does_not_answer_is_said_without_the_password() -> None:
    with pytest.raises(CannotWrite, match=r"me:\*\*\*@127\.0\.0\.1") as refused:
        open_engine("postgresql://me:secret@127.0.0.1:1/db")
    assert "secret" not in str(refused.value)


def test_what_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "hands.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(BadData, match="is damaged"):
        open_engine(f"sqlite:///{path}")


def test_the_schema_of_a_newer_inkling_is_left_alone(engine: Engine, url: str) -> None:
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadData, match="Install the newest inkling"):
        open_engine(url)


def test_the_migrations_make_the_schema(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", "inkling.hands:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), schema.metadata)
    assert differences == []


def test_a_transaction_that_fails_leaves_nothing(engine: Engine) -> None:
    twice = [{"name": "anna", "created": ""}] * 2
    with pytest.raises(CannotWrite), writing(engine) as connection:
        [connection.execute(sa.insert(schema.hand), row) for row in twice]
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.hand)).scalar() == 0


def test_a_writer_waits_for_its_turn_and_says_when_it_waited_too_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_engine(url).dispose()
    monkeypatch.setattr(database, "WAIT_S", 0.2)
    impatient = open_engine(url)
    other = sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CannotWrite, match="nothing was stored"), writing(impatient):
        pass
    monkeypatch.setattr(database, "WAIT_S", 10)
    patient = open_engine(url)
    threading.Timer(0.3, lambda: other.execute("ROLLBACK")).start()
    with writing(patient) as connection:
        connection.execute(sa.insert(schema.hand), {"name": "anna", "created": ""})
    for opened in (other, impatient, patient):
        opened.close() if isinstance(opened, sqlite3.Connection) else opened.dispose()
