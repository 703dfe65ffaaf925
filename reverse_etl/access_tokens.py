"""Access tokens that live for minutes, fetched with the credentials of a connection when a request is about to need one.

A token is only ever in memory: each process gets its own, and a vendor that binds idempotency keys to the token makes
nothing of a key from another process. That is why such a destination looks doubts up.
"""

from __future__ import annotations

import asyncio
import json

import aiohttp

from reverse_etl.destination import Grant
from reverse_etl.errors import Kind, RetryLater, StopSync
from reverse_etl.settings import Connection

# Nobody starts a request with a token that may end while it is under way.
_SPARE_SECONDS = 60.0


class AccessTokens:
    """The current token of one connection; `ready` fetches one when there is none or it is about to end."""

    def __init__(self, grant: Grant, connection: Connection) -> None:
        self._url = grant.url(connection.base_url)
        names = connection.credentials
        self._client = aiohttp.BasicAuth(names["client_id"], names["client_secret"])
        self._fetching = asyncio.Lock()
        self._ends = 0.0
        self.token = ""

    async def ready(self, session: aiohttp.ClientSession) -> None:
        """Raises StopSync when the credentials are refused, RetryLater when nobody answers."""
        async with self._fetching:
            if not self.token or asyncio.get_running_loop().time() >= self._ends:
                await self._fetch(session)

    def drop(self) -> None:
        """The destination refused it: the next request gets a fresh one."""
        self.token = ""

    async def _fetch(self, session: aiohttp.ClientSession) -> None:
        # The session's own headers are meant for the API: a form is no JSON, and a client signs, no bearer.
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": self._client.encode()}
        try:
            async with session.post(self._url, data=b"grant_type=client_credentials", headers=headers) as answer:
                status, text = answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            said = f"no token ({type(error).__name__})"
            raise RetryLater(said, kind=Kind.TRANSIENT, code="unreachable") from None
        try:
            body = json.loads(text)
            token, lives = str(body["access_token"]), float(body["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise StopSync(f"no token: HTTP {status}", kind=Kind.AUTH) from None
        self.token, self._ends = token, asyncio.get_running_loop().time() + lives - _SPARE_SECONDS
