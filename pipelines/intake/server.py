"""The ASGI application: `POST /webhooks/<platform>[/<account>]` and `GET /healthz`, and nothing else.

Order of work: size, signature, facts, a durable commit, and only then the answer. What a stranger sends reaches neither a
parser nor the store. Answers have no body: 200 kept (or known already), 401 not signed as the platform signs, 413 too
large, 408 too slow, 429 and 503 come again later, 400 what no store can keep.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipelines.intake.commits import CanNotBeKept, GroupCommit, StoreUnavailable
from pipelines.intake.health import report
from pipelines.intake.inbox import Arrived, Inbox, digest_of
from pipelines.intake.keys import KeyRing, KeyUnavailable, account_of
from pipelines.intake.patience import Patience
from pipelines.intake.webhook import Facts, Keys, Request, Scheme

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Limits:
    """How much is taken at once. A body is never buffered beyond `body_bytes`, all of them never beyond `held_bytes`."""

    body_bytes: int = 5 * 1024 * 1024
    held_bytes: int = 256 * 1024 * 1024
    waiting: int = 4_096
    body_seconds: float = 10.0
    retry_after_seconds: int = 2


class Refused(Exception):
    """Answered with this status; nothing was kept."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


def now() -> datetime:
    return datetime.now(UTC)


class Intake:
    """The application over one inbox. `ring` is called after each commit, from the thread that committed."""

    def __init__(
        self,
        schemes: Mapping[str, Scheme],
        keys: Mapping[str, tuple[Keys, ...]],
        inbox: Inbox,
        ring: Callable[[], None] = lambda: None,
        limits: Limits = Limits(),
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._schemes, self._keys, self._inbox, self._limits, self._clock = schemes, keys, inbox, limits, clock
        self._commits = GroupCommit(inbox, ring, limits.waiting)
        self._platform_keys = KeyRing(clock)
        self._patience = Patience(limits.body_seconds)
        self._held = 0
        # What was answered since the start, by platform and outcome: for `/healthz`.
        self.answered: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._commits.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = [part for part in scope["path"].split("/") if part]
        if path == ["healthz"] and scope["method"] in ("GET", "HEAD"):
            await self._health(send)
            return
        if len(path) not in (2, 3) or path[0] != "webhooks" or path[1] not in self._schemes:
            await _answer(send, 404)
            return
        if scope["method"] != "POST":
            await _answer(send, 405, [(b"allow", b"POST")])
            return
        try:
            outcome = await self._take(scope, receive, self._schemes[path[1]], path[2] if len(path) == 3 else None)
        except Refused as refused:
            self.answered[path[1], refused.why] += 1
            # The rest of a body that is not wanted is not read either.
            headers = [(b"connection", b"close")] if refused.status in (408, 413) else []
            if refused.status in (429, 503):
                headers.append((b"retry-after", str(self._limits.retry_after_seconds).encode()))
            if refused.status:
                await _answer(send, refused.status, headers)
            return
        self.answered[path[1], outcome] += 1
        await send(_TAKEN)
        await send(_NO_MORE)

    async def _take(self, scope: Scope, receive: Receive, scheme: Scheme, account: str | None) -> str:
        """Keeps one delivery; raises Refused with what to answer instead."""
        if self._commits.is_full or self._held >= self._limits.held_bytes:
            raise Refused(429, "overload")
        chunks: list[bytes] = []
        try:
            headers = dict(scope["headers"])
            await self._read(headers, receive, chunks)
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            request = Request(headers, scope["query_string"], body, self._clock())
            if scheme.is_handshake(request):
                return "handshake"
            verified = await self._verified(scheme, request, account)
            facts = _facts(scheme, request)
            await self._keep(scheme, request, facts, account_of(verified, facts))
        finally:
            self._held -= sum(map(len, chunks))
        return "kept"

    async def _read(self, headers: Mapping[bytes, bytes], receive: Receive, chunks: list[bytes]) -> None:
        """The body, counted as it comes; raises Refused as soon as it is too much, or too slow."""
        said = headers.get(b"content-length", b"0")
        if said.isdigit() and int(said) > self._limits.body_bytes:
            raise Refused(413, "too large")
        length, is_more = 0, True
        try:
            with self._patience.reading():
                while is_more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refused(0, "hung up")
                    chunk = message.get("body", b"")
                    length += len(chunk)
                    if length > self._limits.body_bytes:
                        raise Refused(413, "too large")
                    if self._held + len(chunk) > self._limits.held_bytes:
                        raise Refused(429, "overload")
                    chunks.append(chunk)
                    self._held += len(chunk)
                    is_more = message.get("more_body", False)
        except TimeoutError:
            raise Refused(408, "too slow") from None

    async def _verified(self, scheme: Scheme, request: Request, account: str | None) -> list[Keys]:
        """The accounts this delivery verifies for; raises Refused(401) where there is none."""
        asked = [keys for keys in self._keys.get(scheme.platform, ()) if account in (None, keys.account_id)]
        verified = []
        for keys in asked:
            signed = request
            if scheme.key_address is not None:
                address = scheme.key_address(request, keys)
                if address is None:
                    continue
                try:
                    signed = replace(request, key=await self._platform_keys.key(address))
                except KeyUnavailable:
                    raise Refused(503, "key unavailable") from None
            if scheme.is_genuine(signed, keys):
                verified.append(keys)
        if not verified:
            raise Refused(401, "not signed" if asked else "no secret")
        return verified

    async def _keep(self, scheme: Scheme, request: Request, facts: Facts, account_id: str) -> None:
        event_id = facts.event_id
        if event_id is None and not facts.is_state:
            event_id = digest_of(facts.topic, facts.resource_id, facts.resource_version, request.body)
        event = Arrived(
            platform=scheme.platform,
            account_id=account_id,
            topic=facts.topic,
            event_id=event_id,
            resource_id=facts.resource_id,
            resource_version=facts.resource_version,
            body=request.body,
            occurred_at=facts.occurred_at,
            received_at=request.received_at,
            is_known_topic=facts.topic in scheme.topics,
            is_readable=facts.is_readable,
        )
        try:
            await self._commits.keep(event)
        except CanNotBeKept:
            raise Refused(400, "can not be kept") from None
        except StoreUnavailable:
            raise Refused(503, "store unavailable") from None

    async def _health(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        said = await loop.run_in_executor(None, report, self._inbox, dict(self.answered), self._commits.waiting)
        body = json.dumps(said).encode()
        await _answer(send, 200 if said["durable"] else 503, [(b"content-type", b"application/json")], body)


# The answer to nearly everything, made once.
_TAKEN = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_NO_MORE = {"type": "http.response.body", "body": b""}


def _facts(scheme: Scheme, request: Request) -> Facts:
    """What a genuine delivery says; one of a shape nobody foresaw is kept all the same, as unreadable."""
    try:
        return scheme.facts(request)
    except (AttributeError, LookupError, TypeError, ValueError):
        return Facts("no topic", is_readable=False)


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]] | None = None, body: bytes = b"") -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *(headers or [])]})
    await send({"type": "http.response.body", "body": body})
