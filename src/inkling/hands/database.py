"""Open the store's database, migrate it to the newest schema, and convert its errors to plain messages.

SQLite keeps a write-ahead log, so that one process can write while others read. A writing transaction waits for the
lock and takes it when it begins. Other databases are opened by URL.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import URL, Connection, Engine, make_url

from inkling.errors import BadData, BadRequest, CannotWrite, InklingError, MissingExtra, Overloaded
from inkling.hands.schema import HEAD
from inkling.user_dirs import data_folder

VARIABLE = "INKLING_STORE"
FILE = "hands.sqlite"
WAIT_S = 30  # for another process that is writing
MIGRATION_LOCK = 0x1DE4  # a number that no other program locks in the PostgreSQL database
WRITES = "inkling_writes"  # execution option of connections that will write
DRIVERS = {  # of each supported database
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def store_url(url: str | None = None) -> URL:
    """`url`, or INKLING_STORE, or the SQLite file in the user's data folder. Raises BadRequest for an invalid URL."""
    given = url or os.environ.get(VARIABLE, "")
    if not given:
        return URL.create("sqlite", database=str(data_folder() / FILE))
    try:
        found = make_url(given)
    except exc.ArgumentError:
        raise BadRequest(
            f"{VARIABLE} is not the URL of a database; expected, for example, sqlite:////folder/hands.sqlite or "
            "postgresql://user:password@host/database. Correct it."
        ) from None
    if found.drivername not in DRIVERS:
        raise BadRequest(
            f"{VARIABLE} names the database {found.drivername!r}; expected sqlite or postgresql. Correct it."
        )
    return found.set(drivername=DRIVERS[found.drivername])


def open_engine(url: str | None = None) -> Engine:
    """An engine whose database has the newest schema. Many processes may call this concurrently.

    Raises BadRequest for an invalid URL, MissingExtra if its driver is missing, CannotWrite, and BadData for a file
    that is not a database or that a newer inkling wrote.
    """
    try:
        engine = _engine(store_url(url))
    except ImportError:
        raise MissingExtra("a store in PostgreSQL", "postgres") from None
    try:
        with plain_errors(engine):
            if _revision(engine) != HEAD:
                _migrate(engine)
    except InklingError:
        engine.dispose()
        raise
    return engine


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_write(str(folder), error.strerror or str(error)) from error
    settings = {"timeout": WAIT_S, "isolation_level": None}
    engine = sa.create_engine(url, connect_args=settings, max_overflow=-1)  # one connection per thread
    sa.event.listen(engine, "connect", _set_up)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _: Any) -> None:
    # FULL: committed data survives a power failure. secure_delete: deleted pictures are overwritten.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # sqlite3 would begin the transaction at the first write, which cannot wait for the lock after a read.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A writing transaction: committed when the block ends, rolled back if it raises. Waits for other writers."""
    with plain_errors(engine), engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read-only transaction."""
    with plain_errors(engine), engine.connect() as connection, connection.begin():
        yield connection


def forget_deleted(engine: Engine) -> None:
    """Empty SQLite's log, which still contains deleted data. If others are reading, the last to close empties it."""
    if engine.dialect.name == "sqlite":
        with plain_errors(engine), contextlib.closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _revision(engine: Engine) -> str | None:
    """The database's migration; None for a new database."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    """Bring the schema to HEAD, one process at a time."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "inkling.hands:migrations")
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:n)"), {"n": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")  # does nothing if another process was first
        except CommandError as error:
            raise BadData(
                f"{place(engine)} has a schema that this version of inkling does not know ({error}); expected at most "
                f"{HEAD}. Install the newest inkling."
            ) from error


@contextmanager
def plain_errors(engine: Engine) -> Iterator[None]:
    """Convert a database's errors to inkling's, with plain messages."""
    try:
        yield
    except exc.TimeoutError as error:
        raise Overloaded(
            f"{place(engine)} has no free connection for this process; expected one within 30 s. Try again in a moment."
        ) from error
    except exc.DBAPIError as error:
        why, where = str(error.orig).strip().replace("\n", " "), place(engine)
        if "not a database" in why or "malformed" in why:
            raise BadData(
                f"{where} is damaged ({why}); expected a store that inkling wrote. Move it to another folder, or "
                "restore a backup."
            ) from error
        if "locked" in why:
            raise CannotWrite(
                f"{where} was locked by another program for {WAIT_S} s, so nothing was stored; expected it to "
                "be free. Try again."
            ) from error
        raise _cannot_write(where, why) from error


def _cannot_write(where: str, why: str) -> CannotWrite:
    return CannotWrite(
        f"the store {where} cannot be used ({why}), so nothing was stored; expected a database with free space and "
        f"write permission. Free some space, or set {VARIABLE}."
    )


def place(engine: Engine) -> str:
    """The database's file, or its URL without the password."""
    url = engine.url
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
