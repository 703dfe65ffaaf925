"""What is configured, reachable, accepted and expiring, per connection: the answers behind `cartwheel doctor`.

Looks and reports; changes nothing and loads nothing. A finding names keys and versions, never the value of a secret:
answers of a platform are reduced to their status code, because some repeat the key they refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import dlt
import httpx

from pipelines.connector import Connector
from pipelines.errors import ExtractionError, PlatformRefused, PlatformUnavailable, SchemaChanged
from pipelines.extract import connector
from pipelines.settings import Connection

# Long enough to move a connector to the next version of an API without hurry.
SUNSET_NOTICE_DAYS = 180

Subject = Literal["configuration", "reachability", "credential", "version", "webhooks"]
State = Literal["ok", "attention", "failure", "absent"]
LookUp = Callable[[str], str | None]
Probe = Callable[[Connector, Connection], None]


@dataclass(frozen=True)
class Finding:
    """One answer about one connection; `advice` is for a person: what holds, and what to do where something is to do."""

    platform: str
    account_id: str
    subject: Subject
    state: State
    advice: str

    @property
    def is_failure(self) -> bool:
        """True for what will stop extraction; an unconfigured platform is no failure."""
        return self.state == "failure"


def configured(key: str) -> str | None:
    """A key such as `sources.stripe.api_key` from the environment or `.dlt/*.toml`."""
    value: str | None = dlt.secrets.get(key, str)
    return value


def first_page(declared: Connector, connection: Connection) -> None:
    """The cheapest read there is: one page of what changed just now. Raises what extraction would raise.

    A plain request goes first and once, so that a dead address is told in seconds, not after all retries.
    """
    with declared.connect(connection) as client:
        if connection.base_url.startswith("http"):
            try:
                client.get("/", timeout=5.0)
            except httpx.TransportError as error:
                raise PlatformUnavailable(type(error).__name__) from error
        next(iter(declared.resources[0].fetch(client, datetime.now(UTC))), None)


def examine(
    platform: str,
    environment: LookUp = configured,
    *,
    today: date | None = None,
    accounts: tuple[str, ...] | None = None,
    probe: Probe = first_page,
) -> tuple[Finding, ...]:
    """Findings about each account of a platform (those configured, today, unless told), in the order to mend them."""
    declared = connector(platform)
    today = today or datetime.now(UTC).date()
    accounts = accounts or tuple(dlt.config.get(f"sources.{platform}.accounts", list) or ["main"])
    findings: list[Finding] = []
    for account in accounts:
        connection, setup = _configuration(declared, account, environment)
        findings.append(setup)
        if connection is not None:
            findings += _access(declared, connection, probe)
            findings.append(_version(declared, account, today))
    return tuple(findings)


def _configuration(declared: Connector, account: str, environment: LookUp) -> tuple[Connection | None, Finding]:
    """The connection, if all its keys have values, and what is to say about them."""
    platform = declared.platform
    values = {name: _value(platform, account, name, environment) for name in ("base_url", *declared.credentials)}
    missing = [f"SOURCES__{platform.upper()}__{name.upper()}" for name, value in values.items() if not value]
    if len(missing) == len(values):
        says = f"not configured; to read it, set {', '.join(missing)}"
        return None, Finding(platform, account, "configuration", "absent", says)
    if missing:
        says = f"configured in part; set {', '.join(missing)}"
        return None, Finding(platform, account, "configuration", "failure", says)
    base_url = values.pop("base_url") or ""
    connection = Connection(platform, account, base_url.rstrip("/"), {name: v or "" for name, v in values.items()})
    # A user part of an address is a secret too.
    shown = re.sub(r"//[^/@]*@", "//", base_url.split("?")[0])
    return connection, Finding(platform, account, "configuration", "ok", f"configured at {shown}")


def _value(platform: str, account: str, name: str, environment: LookUp) -> str | None:
    return environment(f"sources.{platform}.{account}.{name}") or environment(f"sources.{platform}.{name}")


def _access(declared: Connector, connection: Connection, probe: Probe) -> list[Finding]:
    """Whether the platform answers and accepts the credential; the second is only told where the first holds."""

    def finding(subject: Subject, state: State, says: str) -> Finding:
        return Finding(declared.platform, connection.account_id, subject, state, says)

    reached = finding("reachability", "ok", "it answers")
    try:
        probe(declared, connection)
    except PlatformUnavailable:
        return [finding("reachability", "failure", "it does not answer; check the address, or wait if it is down")]
    except PlatformRefused as refusal:
        code = _status_code(refusal)
        if code in ("401", "403"):
            says = f"credential refused with HTTP {code}; renew the credential or widen its scopes"
            return [reached, finding("credential", "failure", says)]
        return [
            reached,
            finding("credential", "attention", f"one read was refused with HTTP {code}; check the address"),
        ]
    except SchemaChanged:
        return [reached, finding("credential", "attention", "credential accepted, but a field changed its type")]
    except ExtractionError as error:
        return [reached, finding("credential", "attention", f"one read failed with {type(error).__name__}")]
    except (LookupError, TypeError, ValueError, AttributeError):
        says = f"something answers there, but not as {declared.platform} does; check the address"
        return [finding("reachability", "failure", says)]
    return [
        reached,
        finding("credential", "ok", "credential accepted" if declared.credentials else "no credential needed"),
    ]


def _status_code(refusal: PlatformRefused) -> str:
    found = re.search(r"HTTP (\d{3})", str(refusal))
    return found.group(1) if found else "an error"


def _version(declared: Connector, account: str, today: date) -> Finding:
    """Which version of the API is spoken and how long it will be."""
    version = f"API version {declared.api_version}"
    if declared.sunset is None:
        return Finding(declared.platform, account, "version", "ok", f"{version}, no end announced")
    days = (declared.sunset - today).days
    if days < 0:
        state: State = "failure"
        says = f"{version} ended {-days} days ago ({declared.sunset}); move the connector to a newer one"
    else:
        state = "attention" if days <= SUNSET_NOTICE_DAYS else "ok"
        says = f"{version} ends in {days} days ({declared.sunset})"
    return Finding(declared.platform, account, "version", state, says)
