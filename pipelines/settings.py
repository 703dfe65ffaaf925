"""Where connectors and the warehouse live, read from the environment or `.dlt/*.toml` when asked, never at import.

Keys (environment form; the same names work in `.dlt/config.toml` and `.dlt/secrets.toml`):
`CARTWHEEL_HOME`, and for each platform `SOURCES__<PLATFORM>__BASE_URL` and its credentials. A second account of a
platform is listed in `SOURCES__<PLATFORM>__ACCOUNTS` (`["main", "eu"]`) and configured as
`SOURCES__<PLATFORM>__<ACCOUNT>__BASE_URL`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ConfigurationError


@dataclass(frozen=True)
class Connection:
    """One account of one platform: where it answers and with what it is opened. `repr` hides the credentials."""

    platform: str
    account_id: str
    base_url: str
    credentials: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Connection({self.platform}/{self.account_id} at {self.base_url})"


def home() -> Path:
    """Folder of everything Cartwheel keeps: warehouse, snapshots, operational store, dlt state."""
    return Path(os.environ.get("CARTWHEEL_HOME", ".cartwheel")).expanduser().resolve()


def warehouse_path() -> Path:
    return Path(os.environ.get("CARTWHEEL_WAREHOUSE", str(home() / "warehouse.duckdb"))).expanduser().resolve()


def connections(platform: str, credential_names: tuple[str, ...]) -> tuple[Connection, ...]:
    """Configured accounts of a platform; empty when it has no base URL at all.

    Raises ConfigurationError naming the missing key when an account is configured only in part.
    """
    found = (_connection(platform, account, credential_names) for account in accounts(platform))
    return tuple(connection for connection in found if connection is not None)


def accounts(platform: str) -> list[str]:
    """Names of a platform's accounts; one called `main` unless they are listed."""
    import dlt  # here, for it takes seconds and most who ask for a path need none of it

    return dlt.config.get(f"sources.{platform}.accounts", list) or ["main"]


def _connection(platform: str, account: str, credential_names: tuple[str, ...]) -> Connection | None:
    base_url = value(platform, account, "base_url")
    if base_url is None:
        return None
    credentials = {}
    for name in credential_names:
        found = value(platform, account, name)
        if found is None:
            raise ConfigurationError(
                f"{platform} ({account}) has a base URL but no {name}: set SOURCES__{platform.upper()}__{name.upper()}"
            )
        credentials[name] = found
    return Connection(platform, account, base_url.rstrip("/"), credentials)


def value(platform: str, account: str, name: str) -> str | None:
    """A key of an account: its own, else the platform's; None where neither has one."""
    import dlt

    for key in (f"sources.{platform}.{account}.{name}", f"sources.{platform}.{name}"):
        found = dlt.secrets.get(key, str)
        if found is not None:
            return str(found)
    return None
