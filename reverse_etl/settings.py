"""Where destinations answer and where the ledger lives, read when asked, never at import.

Environment: `CARTWHEEL_HOME`, `CARTWHEEL_OPERATIONS_URL`, `CARTWHEEL_ENVIRONMENT` (sandbox | production),
`CARTWHEEL_ALLOW_WRITES`, and for each destination `DESTINATIONS__<PLATFORM>__BASE_URL`, its credentials and, where the
owner of a host knows better than our default, `DESTINATIONS__<PLATFORM>__REQUESTS_PER_SECOND`. The same destination keys
may stand in `.dlt/config.toml` and `.dlt/secrets.toml` under `[destinations.<platform>]`.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from reverse_etl.destination import Destination
from reverse_etl.errors import ConfigurationError


@dataclass(frozen=True)
class Connection:
    """One destination: where it answers and with what it is opened. `repr` hides the credentials."""

    destination: str
    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    # What this host allows, where its owner knows better than our cautious default; None: the default.
    requests_per_second: float | None = None


@dataclass(frozen=True)
class Settings:
    environment: str
    allow_writes: str
    home: Path
    operations_url: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)

    def connection(self, destination: Destination) -> Connection:
        """How to reach a destination; raises ConfigurationError naming the key that is missing."""
        base_url = self._value(destination.name, "base_url")
        credentials = {name: self._value(destination.name, name) for name in destination.credential_names}
        return Connection(destination.name, base_url.rstrip("/"), credentials, self.own_pace(destination.name))

    def own_pace(self, destination: str) -> float | None:
        """Requests per second the owner of a host has set instead of our default; None where nobody has."""
        said = self.values.get(f"destinations.{destination}.requests_per_second")
        if said is None:
            return None
        try:
            pace = float(said)
        except ValueError:
            pace = 0.0
        if not 0 < pace <= 1_000:
            name = f"DESTINATIONS__{destination.upper()}__REQUESTS_PER_SECOND"
            raise ConfigurationError(f"{name} is '{said}': a number above 0, at most 1000", code="bad_setting")
        return pace

    def is_configured(self, destination: str) -> bool:
        return bool(self.values.get(f"destinations.{destination}.base_url"))

    def require_write_permission(self, destination: Destination, connection: Connection) -> None:
        """Refuse a write that would reach a live shop or book without both switches."""
        host = urlsplit(connection.base_url).hostname or ""
        if self.environment != "production":
            if not is_for_trying(host, destination.sandbox_hosts):
                raise ConfigurationError(
                    f"{destination.name} at {host} is live, and the environment is {self.environment}: set"
                    " CARTWHEEL_ENVIRONMENT=production and CARTWHEEL_ALLOW_WRITES=production to write there",
                    code="production_locked",
                )
        elif self.allow_writes != "production":
            raise ConfigurationError(
                "CARTWHEEL_ENVIRONMENT is production but writes are not allowed: set CARTWHEEL_ALLOW_WRITES=production",
                code="production_locked",
            )

    def _value(self, destination: str, name: str) -> str:
        found = self.values.get(f"destinations.{destination}.{name}")
        if not found:
            raise ConfigurationError(
                f"{destination} is not configured: set DESTINATIONS__{destination.upper()}__{name.upper()}",
                code="missing_setting",
            )
        return found


def read(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Settings from the environment, then from `.dlt/*.toml` in the folder; the environment wins."""
    environ = os.environ if environ is None else environ
    home = Path(environ.get("CARTWHEEL_HOME", ".cartwheel")).expanduser().resolve()
    values = _from_toml(folder or Path.cwd())
    for name, value in environ.items():
        if name.upper().startswith("DESTINATIONS__"):
            values[name.lower().replace("__", ".")] = value
    environment = environ.get("CARTWHEEL_ENVIRONMENT", "sandbox")
    if environment not in ("sandbox", "production"):
        raise ConfigurationError(
            f"CARTWHEEL_ENVIRONMENT is '{environment}': use sandbox or production", code="bad_setting"
        )
    return Settings(
        environment=environment,
        allow_writes=environ.get("CARTWHEEL_ALLOW_WRITES", ""),
        home=home,
        operations_url=environ.get("CARTWHEEL_OPERATIONS_URL", f"sqlite:///{home / 'operations.sqlite'}"),
        values=values,
    )


def _from_toml(folder: Path) -> dict[str, str]:
    values: dict[str, str] = {}
    for name in ("config.toml", "secrets.toml"):
        path = folder / ".dlt" / name
        if not path.is_file():
            continue
        try:
            destinations = tomllib.loads(path.read_text(encoding="utf-8")).get("destinations", {})
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{path} is not valid TOML: {error}", code="bad_setting") from None
        for destination, keys in destinations.items():
            values.update({f"destinations.{destination}.{key}".lower(): str(value) for key, value in keys.items()})
    return values


def is_for_trying(host: str, sandbox_hosts: Collection[str] = ()) -> bool:
    """Is this an address where a write can hurt nobody: this machine, a private network, the vendor's own sandbox?"""
    if host == "localhost" or host.endswith((".localhost", ".test")) or host in sandbox_hosts:
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
