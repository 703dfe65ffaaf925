"""Opens the operational store by URL and brings it to this program's shape; refuses one that a newer program wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from reverse_etl.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"
# The newest step in migrations/versions; a test holds the two together.
NEWEST = "0001"


def open_store(url: str) -> Engine:
    """An engine on a store of the right shape, made or migrated when needed."""
    address = make_url(url)
    sqlite = address.get_backend_name() == "sqlite"
    if sqlite and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address)
    if sqlite:
        event.listen(engine, "connect", _durable)
        event.listen(engine, "begin", _take_write_lock)
    try:
        with engine.begin() as connection:
            _bring_up_to_date(connection, address.render_as_string(hide_password=True))
    except OperationalError as error:
        engine.dispose()
        raise ConfigurationError(
            f"the operational store {address.render_as_string(hide_password=True)} can not be opened: {error.orig}",
            code="store_unavailable",
        ) from None
    return engine


def _durable(connection: Any, record: Any) -> None:
    """Every commit is on disk before the request it announces leaves the house."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _take_write_lock(connection: Connection) -> None:
    # Deferred transactions that read first and write later fail at once with "database is locked" in WAL mode,
    # whatever the timeout; readers ask for a plain one below.
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN" if options.get("reading") else "BEGIN IMMEDIATE")


def _bring_up_to_date(connection: Connection, shown: str) -> None:
    version = None
    if inspect(connection).has_table("alembic_version"):
        version = connection.execute(text("select version_num from alembic_version")).scalar()
    if version == NEWEST:
        return
    # Imported only when there is something to do: commands that find a current store start faster.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise ConfigurationError(
            f"the operational store {shown} was written by a newer Cartwheel (its version {version}, newest known here"
            f" {NEWEST}): update this program; the store was left as it is",
            code="newer_store",
        )
    command.upgrade(config, "head")
