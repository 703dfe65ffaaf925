"""Which world the commands act on: the local sandbox by default, or the platforms the user configured.

Connectors and destinations only know a base URL and credentials. This module is the single place that fills those in
for the sandbox, so that the same code meets the sandbox, a vendor's test account and production.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TRANSFORM = ROOT / "transform"

QUIET = {
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
}

# What a reborn sandbox makes void: everything learned from, or sent to, the world that is gone.
WORLDLY = ("warehouse.duckdb", "warehouse.duckdb.wal", "published", "dlt", "plans", "dbt", "closes")

INBOX_TABLES = ("inbox_events", "inbox_states", "inbox_readers")


class EnvironmentRefused(Exception):
    """The command would act on the wrong world; the message says what to do."""


@dataclass(frozen=True)
class SandboxAddress:
    """Where the sandbox answers: its root URL, one base URL per platform, and the credentials its twins accept.

    settings: more of the environment, for accounts beside the first of a platform.
    """

    url: str
    base_urls: dict[str, str]
    credentials: dict[str, dict[str, str]]
    settings: dict[str, str] = field(default_factory=dict)


def name() -> str:
    """`sandbox` (default) or `production`."""
    chosen = os.environ.get("CARTWHEEL_ENVIRONMENT", "sandbox")
    if chosen not in ("sandbox", "production"):
        raise EnvironmentRefused(f"CARTWHEEL_ENVIRONMENT is '{chosen}': set it to sandbox or production")
    return chosen


def home() -> Path:
    """Folder of everything Cartwheel keeps, made if missing; exported so that child processes agree on it."""
    path = Path(os.environ.get("CARTWHEEL_HOME", ".cartwheel")).expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    os.environ["CARTWHEEL_HOME"] = str(path)
    return path


def prepare() -> Path:
    """Readies the process environment for any verb: telemetry off, paths exported, sandbox connections if one runs."""
    for key, value in QUIET.items():
        os.environ.setdefault(key, value)
    folder = home()
    os.environ.setdefault("CARTWHEEL_WAREHOUSE", str(folder / "warehouse.duckdb"))
    os.environ.setdefault("CARTWHEEL_DBT_TARGET", str(folder / "dbt" / "target"))
    if name() == "sandbox":
        address = sandbox_address()
        if address is not None:
            connect(address)
    return folder


def connect(address: SandboxAddress) -> None:
    """Points every platform the user has not configured at the sandbox, for reading and for writing."""
    for platform, base_url in address.base_urls.items():
        for section in ("SOURCES", "DESTINATIONS"):
            prefix = f"{section}__{platform.upper()}__"
            if os.environ.get(f"{prefix}BASE_URL", base_url) != base_url:
                continue
            os.environ[f"{prefix}BASE_URL"] = base_url
            for key, value in address.credentials.get(platform, {}).items():
                os.environ[f"{prefix}{key.upper()}"] = value
    for key, value in address.settings.items():
        os.environ.setdefault(key, value)


def sandbox_address() -> SandboxAddress | None:
    """The sandbox that says it runs for this home, or None."""
    marker = home() / "sandbox.json"
    if not marker.exists():
        return None
    said = json.loads(marker.read_text())
    return SandboxAddress(**said) if said else None


def born(address: SandboxAddress) -> None:
    """Notes a newly started sandbox and clears what an earlier one left behind.

    Raises EnvironmentRefused when the home holds a warehouse that no sandbox made: that is somebody's data.
    """
    folder = home()
    marker = folder / "sandbox.json"
    if (folder / "warehouse.duckdb").exists() and not marker.exists():
        raise EnvironmentRefused(
            f"{folder} holds a warehouse that did not come from the sandbox; set CARTWHEEL_HOME to another folder"
        )
    for entry in WORLDLY:
        path = folder / entry
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in folder.glob("operations.sqlite*"):
        path.unlink()
    _empty(folder / "inbox.sqlite")
    marker.write_text(json.dumps(asdict(address), indent=1))
    connect(address)


def _empty(inbox: Path) -> None:
    """Forgets the webhooks of an earlier world; the file stays, for an intake may have it open."""
    if not inbox.exists():
        return
    with contextlib.closing(sqlite3.connect(inbox, timeout=30)) as store:
        tables = [name for (name,) in store.execute("select name from sqlite_master where type = 'table'")]
        for table in INBOX_TABLES:
            if table in tables:
                store.execute(f"delete from {table}")
        store.commit()


def gone() -> None:
    """Notes that the sandbox of this home has stopped; what it taught us stays readable."""
    marker = home() / "sandbox.json"
    if marker.exists():
        marker.write_text("{}")
