"""Opens the inbox's store and brings it to this program's shape.

A commit that returned is on disk, on SQLite and on PostgreSQL alike; transactions that write follow one another, so that
sequences are given in the order in which they become visible. Beside the ledger on SQLite it is a file of its own, for
an intake that waits for the ledger's commits would answer its vendors late; on PostgreSQL it is the same database.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from pipelines import settings
from pipelines.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "inbox_version"
# The newest step in migrations/versions; a test holds the two together.
NEWEST = "0002"
FILE = "inbox.sqlite"
LOCK_WAIT_SECONDS = 30
# The PostgreSQL advisory lock of whoever writes to the inbox; another than the ledger's, so that neither waits.
WRITER_LOCK = 0x69_6E_62_6F_78
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
# A server may ask for more than its own disk, never for less; a writer whose machine is gone must not keep others waiting.
_SESSION = (
    "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
    f"select set_config('lock_timeout', '{LOCK_WAIT_SECONDS}s', false)",
    "select set_config('idle_in_transaction_session_timeout', '5min', false)",
)


def address() -> str:
    """Where the inbox is: beside the ledger's SQLite file, or in the ledger's PostgreSQL."""
    operations = os.environ.get("CARTWHEEL_OPERATIONS_URL")
    if not operations:
        return f"sqlite:///{settings.home() / FILE}"
    try:
        url = make_url(operations)
    except (ArgumentError, ValueError):
        raise ConfigurationError("CARTWHEEL_OPERATIONS_URL is not the address of a store") from None
    if url.drivername.startswith("sqlite"):
        return f"sqlite:///{Path(url.database or '.').expanduser().resolve().parent / FILE}"
    return operations


def open_store(url: str) -> Engine:
    """An engine on an inbox of the right shape, made or migrated when needed."""
    engine = _engine(url)
    try:
        with engine.connect().execution_options(reading=True) as connection:
            current = _version(connection) == NEWEST
        if not current:
            with engine.begin() as connection:
                _bring_up_to_date(connection)
    except DBAPIError as error:
        engine.dispose()
        # The store's own words may repeat its address, and a password with it.
        raise ConfigurationError(f"the inbox can not be opened ({type(error.orig).__name__})") from None
    except ConfigurationError:
        engine.dispose()
        raise
    return engine


def _engine(url: str) -> Engine:
    found = make_url(url)
    driver = _DRIVERS.get(found.drivername)
    if driver is None:
        raise ConfigurationError(f"an inbox can not be kept in {found.drivername}: use SQLite or PostgreSQL")
    found = found.set(drivername=driver)
    # Messages of failed statements would carry payloads into logs.
    if found.get_backend_name() == "sqlite":
        return _sqlite(found)
    engine = create_engine(found, hide_parameters=True, pool_pre_ping=True, isolation_level="READ COMMITTED")
    event.listen(engine, "connect", _durable_postgresql)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _sqlite(found: URL) -> Engine:
    if found.database:
        Path(found.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(found, hide_parameters=True)
    event.listen(engine, "connect", _durable_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _durable_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    # The patience first: two processes may be making this file at once. A checkpoint makes whoever commits wait for the
    # disk twice more: one every 32 MB instead of every 4.
    patience = f"busy_timeout={LOCK_WAIT_SECONDS * 1000}"
    # What is removed is overwritten with noughts, not left in pages that nobody lists.
    for pragma in (patience, "journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=8000", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _durable_postgresql(connection: Any, record: Any) -> None:
    # Outside a transaction: what is set inside one is gone when it is rolled back.
    connection.autocommit = True
    for setting in _SESSION:
        connection.execute(setting)
    connection.autocommit = False


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
    else:
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({WRITER_LOCK})")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"select version_num from {VERSION_TABLE}")).scalar()
    return found


def _bring_up_to_date(connection: Connection) -> None:
    """Take the steps that are missing; whoever waited for its turn may find them taken."""
    version = _version(connection)
    if version == NEWEST:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise ConfigurationError(
            f"the inbox was written by a newer Cartwheel (its version {version}, newest known here {NEWEST}):"
            " update this program; the inbox was left as it is"
        )
    command.upgrade(config, "head")
