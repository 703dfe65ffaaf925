"""A real PostgreSQL server of the tests' own, and the fixtures that give each test a fresh store on it or on SQLite.

Skips with a message where the server's binaries are not installed. The server listens on 127.0.0.1 alone, lives in a
temporary folder and ends with the process that started it, however that ends. As root it runs as another user, because
PostgreSQL refuses root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from reverse_etl.ledger_store import open_store

STORES = ("sqlite", "postgresql")
# For `pytestmark`, or above one test: the same claims hold on both stores.
on_both_stores = pytest.mark.parametrize("store", STORES, indirect=True)
on_both_new_stores = pytest.mark.parametrize("new_store", STORES, indirect=True)

USER, PASSWORD = "cartwheel", "s3cr3t-of-the-store"
_PATIENCE_SECONDS = 60
# The shell holds our pipe: when it closes, because we closed it or because we were killed, the server is told to stop.
_RUN_WHILE_THE_PIPE_IS_OPEN = (
    'folder=$PWD; "$@" >&2 & server=$!; cat > /dev/null; kill -INT $server; wait $server; cd /; rm -rf "$folder"'
)


@dataclass(frozen=True)
class Server:
    """Where the server answers, and a migrated database that fresh ones are copied from."""

    port: int

    def url(self, database: str, user: str = USER, password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """The name of a new database, empty unless a template is named."""
        name = f"store_{uuid.uuid4().hex}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        return name

    def drop_database(self, name: str) -> None:
        """Away with it, whoever is still connected."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def binaries() -> Path | None:
    """The folder of initdb and postgres, the newest where there are several; None where there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin"):
        folders += sorted(Path("/").glob(pattern), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def running_server() -> Iterator[Server]:
    """A server with its data in a temporary folder; skips the test where PostgreSQL is not installed."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here (no initdb): the claims about it are not tested")
    # Not below pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="cartwheel-postgres-"))
    try:
        user = _user_for_the_server(folder)
        _make_cluster(programs, folder, user)
        port = _free_port()
        with _process(programs, folder, port, user) as process:
            server = Server(port)
            _wait_until_it_answers(server, process, folder)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server per test process."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_database(postgres_server: Server) -> str:
    """A database with all tables and no row: copying it is faster than migrating anew for each test."""
    name = postgres_server.create_database()
    open_store(postgres_server.url(name)).dispose()
    return name


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store of the test's own, with its tables: SQLite unless the test is marked `on_both_stores`.

    With CARTWHEEL_TEST_STORE=postgresql every test gets PostgreSQL: `make proof` runs the whole suite so.
    """
    if getattr(request, "param", os.environ.get("CARTWHEEL_TEST_STORE", "sqlite")) == "sqlite":
        yield f"sqlite:///{tmp_path / 'operations.sqlite'}"
        return
    server: Server = request.getfixturevalue("postgres_server")
    yield from _database(server, request.getfixturevalue("migrated_database"))


@pytest.fixture
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store that nobody has opened yet, of the kind the test is parametrized with."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'operations.sqlite'}"
        return
    yield from _database(request.getfixturevalue("postgres_server"), "template0")


def _database(server: Server, template: str) -> Iterator[str]:
    name = server.create_database(template)
    yield server.url(name)
    server.drop_database(name)


def _user_for_the_server(folder: Path) -> str | None:
    """Who runs the server: ourselves, or where we are root, somebody else, to whom the folder is given."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in ("postgres", "nobody") if name in known), None)
    if user is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
    shutil.chown(folder, user)
    return user


def _make_cluster(programs: Path, folder: Path, user: str | None) -> None:
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    command = [str(programs / "initdb"), "--pgdata", str(folder / "data"), "--username", USER, "--no-sync"]
    command += ["--auth", "scram-sha-256", "--pwfile", str(password), "--encoding", "UTF8", "--locale", "C"]
    # Words sorted as in a dictionary, as on most people's servers; releases before 15 know only the C order.
    linguistic = ["--locale-provider", "icu", "--icu-locale", "en-US"]
    for more in (linguistic, []):
        made = subprocess.run([*command, *more], user=user, cwd=folder, capture_output=True, text=True, check=False)
        if made.returncode == 0:
            return
    pytest.fail(f"initdb failed: {made.stderr}")


@contextmanager
def _process(programs: Path, folder: Path, port: int, user: str | None) -> Iterator[subprocess.Popen[bytes]]:
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder}
    # What a commit waits for is set per session and tested; no test pulls the plug of the machine, so disks may be lazy.
    settings |= {"shared_buffers": "16MB", "max_connections": 100, "fsync": "off", "full_page_writes": "off"}
    command = [str(programs / "postgres"), "-D", str(folder / "data")]
    command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _RUN_WHILE_THE_PIPE_IS_OPEN, "sh", *command],
            stdin=subprocess.PIPE,
            stderr=log,
            user=user,
            cwd=folder,
            # Ctrl-C is for us: it must not end the server under the test that is being torn down.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(_PATIENCE_SECONDS)


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(psycopg.OperationalError), psycopg.connect(server.url("postgres"), connect_timeout=5):
            return
        time.sleep(0.05)
    pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text(encoding='utf-8', errors='replace')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
