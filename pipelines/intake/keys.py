"""What deliveries are verified with, read once at start from where connectors read their credentials.

`SOURCES__<PLATFORM>__WEBHOOK_SECRET` (PayPal: `WEBHOOK_ID`), or `SOURCES__<PLATFORM>__<ACCOUNT>__…` for one account;
`…_PREVIOUS` beside it holds while a secret is being changed. A platform without one accepts nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from pipelines import settings
from pipelines.intake.signatures import schemes
from pipelines.intake.webhook import Facts, Keys, Scheme

LookUp = Callable[[str, str, str], str | None]
# What an account is called in its own deliveries.
_TENANT_KEYS = ("realm_id", "tenant_id")


def read(
    platform: str, look_up: LookUp = settings.value, accounts: Callable[[str], list[str]] = settings.accounts
) -> tuple[Keys, ...]:
    """The accounts of a platform whose deliveries can be verified."""
    scheme = schemes()[platform]
    found = (_keys(scheme, account, look_up) for account in accounts(platform))
    return tuple(keys for keys in found if keys is not None)


def _keys(scheme: Scheme, account: str, look_up: LookUp) -> Keys | None:
    names = (scheme.secret, f"{scheme.secret}_previous")
    secrets = tuple(secret for name in names if (secret := look_up(scheme.platform, account, name)))
    if not secrets:
        return None
    base_url = (look_up(scheme.platform, account, "base_url") or "").rstrip("/")
    tenants = tuple(tenant for name in _TENANT_KEYS if (tenant := look_up(scheme.platform, account, name)))
    return Keys(scheme.platform, account, secrets, base_url, tenants)


def account_of(verified: Iterable[Keys], facts: Facts) -> str:
    """Whose delivery it is, of the accounts it verifies for: the one the delivery names, else the first."""
    accounts = list(verified)
    named = [keys for keys in accounts if facts.tenant and _is_named(keys, facts.tenant)]
    return (named or accounts)[0].account_id


def _is_named(keys: Keys, tenant: str) -> bool:
    if tenant in keys.tenants:
        return True
    host = keys.base_url.split("//", 1)[-1].split("/", 1)[0]
    return bool(host) and host == tenant.split("//", 1)[-1].split("/", 1)[0]


class KeyUnavailable(Exception):
    """The platform's key could not be fetched just now; the delivery may be sent again later."""


@dataclass(frozen=True)
class _Kept:
    content: bytes | None
    until: datetime


class KeyRing:
    """Keys of platforms that sign with their own, fetched once a day each; the caller has judged the address."""

    KEPT, FAILURE_KEPT = timedelta(days=1), timedelta(seconds=30)
    MOST, LARGEST = 64, 65_536

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        # One at a time: strangers can name many addresses, and none of them may make this server somebody's burden.
        self._one = asyncio.Lock()

    async def key(self, address: str) -> bytes:
        """The content of this address; raises KeyUnavailable."""
        kept = self._fresh(address)
        if kept is None:
            async with self._one:
                kept = self._fresh(address) or await self._fetched(address)
        if kept.content is None:
            raise KeyUnavailable(address)
        return kept.content

    def _fresh(self, address: str) -> _Kept | None:
        kept = self._kept.get(address)
        return kept if kept is not None and self._clock() < kept.until else None

    async def _fetched(self, address: str) -> _Kept:
        content: bytes | None = None
        try:
            async with httpx.AsyncClient(timeout=5.0, follow_redirects=False) as client:
                answer = await client.get(address)
                if answer.status_code == 200 and len(answer.content) <= self.LARGEST:
                    content = answer.content
        except httpx.HTTPError:
            content = None
        kept = _Kept(content, self._clock() + (self.KEPT if content is not None else self.FAILURE_KEPT))
        if len(self._kept) >= self.MOST:
            self._kept.pop(next(iter(self._kept)))
        self._kept[address] = kept
        return kept


def read_all() -> Mapping[str, tuple[Keys, ...]]:
    """Platform → accounts, for every platform that sends webhooks."""
    return {platform: read(platform) for platform in schemes()}
