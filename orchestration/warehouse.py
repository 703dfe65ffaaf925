"""The warehouse file and who may write it: one writer at a time, and a published copy for everybody else.

DuckDB lets a writer block every other process, readers included. So writers take turns behind a lock file that names
its holder, and analysts read a snapshot that is published under a version and found through a pointer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from orchestration import failed_checks, model_code
from orchestration.failed_checks import FailedCheck

PUBLISHED_SCHEMAS = ("marts", "activation")
KEPT_SNAPSHOTS = 3


class WarehouseBusy(Exception):
    """Another process writes the warehouse; the message names it."""


class NothingPublished(Exception):
    """No snapshot exists yet; the message says how to make one."""


@dataclass(frozen=True)
class PublishedTable:
    """A table of a snapshot: rows, and an order-free digest of its content for telling that it changed."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Publication:
    """One published snapshot: its version, its file, what is in it, and when each platform in it was last read.

    `failed` are the checks that failed when it was made. Tables they put in doubt kept the content of the snapshot
    before (`held_back`), or were left out where there was none.
    """

    version: int
    published_at: str
    file: str
    tables: dict[str, PublishedTable]
    read_at: dict[str, str]
    failed: tuple[FailedCheck, ...] = ()
    held_back: tuple[str, ...] = ()
    # What each activation table was built from, as far as it is known: table → digest (see model_code.py).
    model_code: dict[str, str] = field(default_factory=dict)
    # What the fast lane starts from (see lane/snapshot.py), None while the stock models are not all built.
    lane: str | None = None

    def observed_at(self, platform: str) -> datetime | None:
        """When the platform was last read before this snapshot (UTC), None if never."""
        return datetime.fromisoformat(self.read_at[platform]) if platform in self.read_at else None

    def moments(self) -> dict[str, datetime]:
        """When each platform was last read before this snapshot (UTC)."""
        return {platform: datetime.fromisoformat(moment) for platform, moment in self.read_at.items()}

    def doubts(self, table: str) -> tuple[FailedCheck, ...]:
        """The failed checks that put a table ("activation.act_…") in doubt."""
        return failed_checks.spoiling(self.failed, table)


def home() -> Path:
    return Path(os.environ["CARTWHEEL_HOME"])


def path() -> Path:
    return Path(os.environ["CARTWHEEL_WAREHOUSE"])


@contextmanager
def writing(purpose: str, wait_seconds: float = 600) -> Iterator[None]:
    """Holds the right to write the warehouse. Waits for another holder; raises WarehouseBusy naming it after that."""
    lock_file = home() / "warehouse.lock"
    holder_file = home() / "warehouse.holder"
    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=0.05)
    except Timeout:
        holder = holder_file.read_text() if holder_file.exists() else "an unnamed process"
        raise WarehouseBusy(
            f"The warehouse is being written by {holder}; waited {wait_seconds:.0f} s. Try again when it is done."
        ) from None
    try:
        holder_file.write_text(f"'{purpose}' (process {os.getpid()})")
        yield
    finally:
        holder_file.unlink(missing_ok=True)
        lock.release()


def ensure_raw_tables() -> None:
    """Creates, empty, each raw table that no connector has filled yet, so that every model builds. Needs `writing`."""
    from orchestration import ledger_tables
    from pipelines import completeness
    from pipelines.extract import missing_tables
    from pipelines.files import load

    with duckdb.connect(str(path())) as connection:
        for statement in list(missing_tables(connection)):
            connection.execute(statement)
        load.create_tables(connection)
        ledger_tables.create_tables(connection)
        completeness.create_tables(connection)


def publish(now: datetime) -> Publication:
    """Copies marts and activation into a new versioned snapshot and moves the pointer to it. Needs `writing`.

    A table that a failed check puts in doubt keeps the content it was last published with, and so does what is made
    from it: an analyst never reads a number whose own check says it is wrong.
    """
    folder = home() / "published"
    folder.mkdir(exist_ok=True)
    version = 1 + max((found.version for found in publications()), default=0)
    file = folder / f"cartwheel-{version:06d}.duckdb"
    file.unlink(missing_ok=True)  # left by a publish that died before its manifest was written
    failed = _failed()
    doubtful = {table for check in failed for table in check.spoils}
    with duckdb.connect(str(path())) as connection:
        connection.execute(f"attach '{_quoted(file)}' as snapshot")
        for schema in PUBLISHED_SCHEMAS:
            connection.execute(f"create schema snapshot.{schema}")
        tables: dict[str, PublishedTable] = {}
        for schema, table in _tables(connection):
            if f"{schema}.{table}" not in doubtful:
                connection.execute(f'create table snapshot.{schema}."{table}" as from {schema}."{table}"')
                _describe(connection, schema, table)
                tables[f"{schema}.{table}"] = _content(connection, schema, table)
        kept = _keep(connection, doubtful)
        connection.execute("detach snapshot")
        read_at = _read_at(connection)
        # Imported here: it needs every connector, and whoever only reads a snapshot waits for none of them.
        from orchestration.lane import snapshot as lane_snapshot

        lane = lane_snapshot.publish(connection, folder, version)
    contents = dict(sorted({**tables, **kept}.items()))
    held_back = tuple(sorted(doubtful))
    codes = _model_code(tables, kept)
    found = Publication(version, now.isoformat(), file.name, contents, read_at, failed, held_back, codes, lane)
    _replace(folder / f"{version:06d}.json", json.dumps(asdict(found), indent=1))
    _replace(folder / "current", file.name)
    _prune(folder)
    return found


def _model_code(made: Iterable[str], kept: Collection[str]) -> dict[str, str]:
    """What the activation tables were built from: those carried over have the code they were published with."""
    codes = model_code.keep_published(model_code.of_tables(name for name in made if name.startswith("activation.")))
    earlier = newest_publication().model_code if kept else {}
    return codes | {name: earlier[name] for name in kept if name in earlier}


def _failed() -> tuple[FailedCheck, ...]:
    """The checks that fail now, each with the published tables it puts in doubt."""
    return tuple(
        replace(check, spoils=tuple(table for table in check.spoils if table.split(".")[0] in PUBLISHED_SCHEMAS))
        for check in failed_checks.standing()
    )


def _keep(connection: duckdb.DuckDBPyConnection, doubtful: set[str]) -> dict[str, PublishedTable]:
    """Carries these tables over from the snapshot before, as far as it holds them."""
    try:
        before = newest_publication()
    except NothingPublished:
        return {}
    kept = {table: before.tables[table] for table in sorted(doubtful) if table in before.tables}
    if kept:
        connection.execute(f"attach '{_quoted(home() / 'published' / before.file)}' as earlier (read_only)")
        for name in kept:
            schema, _, table = name.partition(".")
            connection.execute(f'create table snapshot.{schema}."{table}" as from earlier.{schema}."{table}"')
            _describe(connection, schema, table, "earlier")
        connection.execute("detach earlier")
    return kept


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    marks = ", ".join("?" for _ in PUBLISHED_SCHEMAS)
    return connection.execute(
        f"""select table_schema, table_name from information_schema.tables
            where table_catalog = current_database() and table_schema in ({marks}) order by 1, 2""",
        list(PUBLISHED_SCHEMAS),
    ).fetchall()


def _describe(connection: duckdb.DuckDBPyConnection, schema: str, table: str, database: str | None = None) -> None:
    """Carries the descriptions dbt persisted into the snapshot, where the analyst reads them."""
    comments = connection.execute(
        """select column_name, comment from duckdb_columns()
           where database_name = coalesce(?, current_database()) and schema_name = ? and table_name = ?
             and comment is not null""",
        [database, schema, table],
    ).fetchall()
    for column, comment in comments:
        text = comment.replace("'", "''")
        connection.execute(f'comment on column snapshot.{schema}."{table}"."{column}" is \'{text}\'')


def _content(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> PublishedTable:
    rows, digest = connection.execute(
        f'select count(*), coalesce(sum(md5_number_lower(cast(t as varchar))), 0) from {schema}."{table}" as t'
    ).fetchone() or (0, 0)
    return PublishedTable(rows, str(digest))


def _read_at(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Newest load of each platform, as dlt recorded it."""
    loads = connection.execute(
        """select table_schema from information_schema.tables
           where table_name = '_dlt_loads' and table_schema like 'raw\\_%' escape '\\' and table_schema not like '%\\_\\_incoming' escape '\\'"""
    ).fetchall()
    found = {}
    for (schema,) in loads:
        row = connection.execute(f"select max(inserted_at at time zone 'UTC') from {schema}._dlt_loads").fetchone()
        if row and row[0] is not None:
            found[schema.removeprefix("raw_")] = row[0].replace(tzinfo=UTC).isoformat()
    return found


def _replace(target: Path, text: str) -> None:
    temporary = target.with_suffix(".new")
    temporary.write_text(text)
    temporary.replace(target)


def _prune(folder: Path) -> None:
    """Removes old snapshot files; a reader that has one open keeps it until it closes. Manifests stay: cursors read them."""
    for file in sorted(folder.glob("cartwheel-*.duckdb"))[:-KEPT_SNAPSHOTS]:
        file.unlink()


def publications(after: int = 0) -> list[Publication]:
    """Every publication later than a version, oldest first: the durable log that sensors tail."""
    found = []
    for manifest in sorted((home() / "published").glob("[0-9]*.json")):
        if int(manifest.stem) <= after:
            continue
        said = json.loads(manifest.read_text())
        said["tables"] = {table: PublishedTable(**content) for table, content in said["tables"].items()}
        said["failed"] = tuple(map(FailedCheck.read, said.get("failed", ())))
        said["held_back"] = tuple(said.get("held_back", ()))
        found.append(Publication(**said))
    return found


def newest_publication() -> Publication:
    """The publication the pointer names. Raises NothingPublished."""
    version = int(current_snapshot().stem.rpartition("-")[2])
    return publications(after=version - 1)[0]


def current_snapshot() -> Path:
    """The newest published file. Raises NothingPublished."""
    pointer = home() / "published" / "current"
    if not pointer.exists():
        raise NothingPublished(
            "Nothing is published yet: run `cartwheel demo`, or `cartwheel extract` and `cartwheel build`."
        )
    return pointer.parent / pointer.read_text()


@contextmanager
def reading() -> Iterator[duckdb.DuckDBPyConnection]:
    """The published snapshot, read-only: any number of readers, never in a writer's way."""
    # The pointer may move and its old file be pruned between our two looks: then look again.
    again = Retrying(stop=stop_after_attempt(3), retry=retry_if_exception_type(duckdb.IOException), reraise=True)
    connection = again(lambda: duckdb.connect(str(current_snapshot()), read_only=True))
    try:
        connection.execute("set search_path = 'marts,activation'")
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()
