"""What one file per platform declares about its webhooks, and what is read from a delivery before it is kept.

A scheme is data and two pure functions: `is_genuine` (the vendor's way of signing) and `facts` (what the delivery says it
is). Neither raises on what a stranger sends. Facts are read only after the signature held.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs

# Longer names are no names; the inbox's index need not carry them.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Request:
    """One POST as it came. Header names are lower case; values are what was sent, byte for byte.

    key: what was fetched from the scheme's `key_address`, for platforms that sign with a key of their own.
    """

    headers: Mapping[bytes, bytes]
    query: bytes
    body: bytes
    received_at: datetime
    key: bytes = b""

    def header(self, name: str) -> str:
        """The header's text, empty where it is missing. Header bytes are Latin-1 by the protocol."""
        return self.headers.get(_bytes(name), b"").decode("latin-1")

    def parameter(self, name: str) -> str:
        """The first value in the address's query, empty where there is none."""
        return parse_qs(self.query.decode("latin-1")).get(name, [""])[0]


@dataclass(frozen=True)
class Keys:
    """What one account's deliveries are verified with; `repr` hides it.

    secrets: the current one and, while it is being changed, the one before it. base_url and tenants: where the account
    answers and what the vendor calls it, to tell accounts apart that share a secret.
    """

    platform: str
    account_id: str
    secrets: tuple[str, ...] = field(repr=False)
    base_url: str = ""
    tenants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a delivery says of itself.

    event_id: the vendor's own id; None lets (topic, resource, version, body) stand for it. is_state: the body says how
    something is now, and has no version that would tell a repeat from a return.
    """

    topic: str
    event_id: str | None = None
    resource_id: str | None = None
    resource_version: str | None = None
    occurred_at: datetime | None = None
    tenant: str | None = None
    is_readable: bool = True
    is_state: bool = False


@dataclass(frozen=True)
class Scheme:
    """How a platform's webhooks are verified and read.

    secret: the configuration key of what verifies it (`SOURCES__<PLATFORM>__<SECRET>`). is_handshake: a request that is
    answered with success and means nothing, such as an unsigned ping. key_address: where the platform's own key for this
    request is to be fetched, None where the request names no address that may be asked.
    """

    platform: str
    secret: str
    topics: frozenset[str]
    is_genuine: Callable[[Request, Keys], bool]
    facts: Callable[[Request], Facts]
    is_handshake: Callable[[Request], bool] = lambda _: False
    key_address: Callable[[Request, Keys], str | None] | None = None


@cache
def _bytes(name: str) -> bytes:
    return name.encode()


def equal(one: bytes, other: bytes) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(one, other)


def hmac_sha256(secret: str | bytes, *parts: bytes) -> bytes:
    """Over the parts as one text; a secret in words is its UTF-8."""
    key = secret.encode() if isinstance(secret, str) else secret
    # In one call: the object that takes a text in parts costs three times as much.
    return hmac.digest(key, parts[0] if len(parts) == 1 else b"".join(parts), "sha256")


def signs_body(header: str) -> Callable[[Request, Keys], bool]:
    """The commonest scheme: this header is the base64 of HMAC-SHA256 over the raw body."""
    name = header.encode()

    def is_genuine(request: Request, keys: Keys) -> bool:
        said = request.headers.get(name, b"")
        # Every secret is tried, so that the time does not tell which one held.
        held = [equal(base64.b64encode(hmac_sha256(secret, request.body)), said) for secret in keys.secrets]
        return any(held)

    return is_genuine


def read_json(body: bytes) -> Any:
    """The JSON of a body; None where it can not be read: truncated, not UTF-8, nested beyond all reason."""
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def read_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a body, or None."""
    found = read_json(body)
    return found if isinstance(found, dict) else None


def inner(value: Any, *names: str) -> Any:
    """What lies under these names in nested objects; None as soon as one of them is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def name(value: Any) -> str | None:
    """A short word or number out of a body; None for anything else, also for nothing."""
    kind = type(value)
    if kind is not str and kind is not int:
        return None
    text = (value if kind is str else str(value)).strip()
    return text[:_LONGEST] or None


def moment(value: Any) -> datetime | None:
    """A moment out of a body, in UTC: ISO 8601 (without an offset it is UTC) or Unix seconds; None for anything else."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
