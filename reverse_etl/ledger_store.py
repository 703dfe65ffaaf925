"""Opens the operational store by URL and brings it to this program's shape; refuses one that a newer program wrote.

SQLite and PostgreSQL behave alike, so that nothing above has to know which it is: transactions that may write follow one
another and see all that the ones before them committed, those that only read see one moment, and a commit that returned
is on disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from reverse_etl.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"
# The newest step in migrations/versions; a test holds the two together.
NEWEST = "0006"
# The driver behind each way to write an address.
DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
LOCK_WAIT_SECONDS = 30
# Any number, the same in every Cartwheel: whoever writes to the store holds the PostgreSQL advisory lock of this name.
WRITER_LOCK = 0x63_61_72_74_77_68_65_6C
# What libpq is told unless the address says otherwise: to give up on a server that does not answer, soon.
_CONNECTING = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    # Not a standby: it would answer questions and refuse the first claim.
    "target_session_attrs": "read-write",
    "application_name": "cartwheel",
}
# `local` and everything above it are kept: a server may ask for more than its own disk, never for less. A writer whose
# machine is gone must not keep the others waiting for the hours that TCP would.
_SESSION = (
    "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
    f"select set_config('lock_timeout', '{LOCK_WAIT_SECONDS}s', false)",
    "select set_config('idle_in_transaction_session_timeout', '5min', false)",
    "select set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),"
    " set_config('tcp_keepalives_count', '3', false)",
)
# What to do about a refusal, by a piece of the store's own words; the first that fits.
_ADVICE = (
    ("authentication failed", "correct the user and the password in CARTWHEEL_OPERATIONS_URL"),
    ("no password supplied", "put the password into CARTWHEEL_OPERATIONS_URL"),
    ("pg_hba.conf", "let the server's pg_hba.conf admit this user from this machine"),
    ("role ", "correct the user in CARTWHEEL_OPERATIONS_URL"),
    ("does not exist", "create the database first (createdb)"),
    ("permission denied", "the user must be allowed to create tables there: make it the owner of the database"),
    ("read-only", "name the primary server, not a standby"),
    ("not a database", "the file is something else: name another"),
    ("database is locked", "another process has been writing for long: try again"),
    ("lock timeout", "another process has been writing for long: try again"),
    ("unable to open", "the folder must exist and be writable"),
    ("readonly database", "the file must be writable"),
)


def open_store(url: str) -> Engine:
    """An engine on a store of the right shape, made or migrated when needed."""
    address = _address(url)
    engine = _engine(address)
    try:
        with reader(engine) as connection:
            current = _version(connection) == NEWEST
        if not current:
            with engine.begin() as connection:
                _bring_up_to_date(connection, shown(address))
    except ConfigurationError:
        engine.dispose()
        raise
    except DBAPIError as error:
        engine.dispose()
        raise _can_not_be_opened(address, str(error.orig)) from None
    return engine


def reader(engine: Engine) -> Connection:
    """A connection that only reads, sees one moment, and waits for no writer; to be closed by whoever asks."""
    return engine.connect().execution_options(reading=True)


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """The store at a URL for as long as the block lasts, brought to this program's shape first."""
    engine = open_store(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """A reader of the store at a URL, for one question."""
    with opened(url) as engine, reader(engine) as connection:
        yield connection


def shown(address: URL) -> str:
    """The address for people: without the password, wherever in it one may stand."""
    secret = [name for name in address.query if "pass" in name.lower()]
    return address.difference_update_query(secret).render_as_string(hide_password=True)


def _address(url: str) -> URL:
    how = "use sqlite:///file or postgresql://user:password@host/database"
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        address = None
    # Nothing of it is shown: where a password holds one of :/@, any piece of the address may be a piece of the password.
    if address is None or "@" in (address.host or ""):
        raise ConfigurationError(
            f"CARTWHEEL_OPERATIONS_URL is not the address of a store: {how}, with special characters of the password"
            " percent-encoded (@ is %40)",
            code="bad_setting",
        )
    if address.drivername not in DRIVERS:
        raise ConfigurationError(
            f"CARTWHEEL_OPERATIONS_URL names {address.drivername}, where Cartwheel can not keep its ledger: {how}",
            code="bad_setting",
        )
    return address.set(drivername=DRIVERS[address.drivername])


def _engine(address: URL) -> Engine:
    # Messages of failed statements would carry payloads and people's addresses into logs.
    if address.get_backend_name() == "sqlite":
        _make_folder(address)
        engine = create_engine(address, hide_parameters=True)
        event.listen(engine, "connect", _durable_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    arguments = {name: value for name, value in _CONNECTING.items() if name not in address.query}
    try:
        # Not the server's default: under a stricter level a writer that waited for its turn would see what was before.
        engine = create_engine(
            address, hide_parameters=True, pool_pre_ping=True, isolation_level="READ COMMITTED", connect_args=arguments
        )
    except ImportError as error:
        raise ConfigurationError(
            f"the operational store {shown(address)} needs the PostgreSQL driver, which is not installed ({error}):"
            " pip install 'psycopg[binary]'",
            code="missing_driver",
        ) from None
    event.listen(engine, "connect", _durable_postgresql)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _make_folder(address: URL) -> None:
    if not address.database:
        return
    try:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _can_not_be_opened(address, f"unable to open its folder ({error.strerror})") from None


def _durable_sqlite(connection: Any, record: Any) -> None:
    """Every commit is on disk before the request it announces leaves the house."""
    connection.isolation_level = None
    cursor = connection.cursor()
    # The patience first: two processes may be making this file at once.
    for pragma in (
        f"busy_timeout={LOCK_WAIT_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Deferred transactions that read first and write later fail at once with "database is locked" in WAL mode,
    # whatever the timeout; readers ask for a plain one.
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _durable_postgresql(connection: Any, record: Any) -> None:
    """The same promise, also where the server's default is to answer before its disk does."""
    # Outside a transaction: what is set inside one is gone when it is rolled back.
    connection.autocommit = True
    for setting in _SESSION:
        connection.execute(setting)
    connection.autocommit = False


def _begin_postgresql(connection: Connection) -> None:
    # What SQLite does by itself. Without it, decisions taken from what was read (the next number, whether a row is
    # there) would race, and two workers could lock rows crosswise. The server lets go of the lock after the commit.
    if connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
    else:
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({WRITER_LOCK})")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
    return found


def _bring_up_to_date(connection: Connection, store: str) -> None:
    """Take the steps that are missing; whoever waited for its turn may find them taken."""
    version = _version(connection)
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
        if not inspect(connection).has_table("deliveries"):
            raise ConfigurationError(
                f"the operational store {store} belongs to another program (its version {version}, and no deliveries):"
                " give Cartwheel a database of its own",
                code="foreign_store",
            )
        raise ConfigurationError(
            f"the operational store {store} was written by a newer Cartwheel (its version {version}, newest known here"
            f" {NEWEST}): update this program; the store was left as it is",
            code="newer_store",
        )
    command.upgrade(config, "head")


def _can_not_be_opened(address: URL, words: str) -> ConfigurationError:
    words = " ".join(words.split())
    if address.password:
        words = words.replace(str(address.password), "***")
    nobody_there = "is the server running, and the address in CARTWHEEL_OPERATIONS_URL right?"
    advice = next((advice for piece, advice in _ADVICE if piece in words), nobody_there)
    return ConfigurationError(
        f"the operational store {shown(address)} can not be opened: {words}; {advice}", code="store_unavailable"
    )
