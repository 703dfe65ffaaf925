"""Access tokens that live for minutes, fetched with the credentials of a connection when a request is about to need one.

A token is only ever in memory: each process gets its own, and a vendor that binds idempotency keys to the token makes
nothing of a key from another process. That is why such a destination looks doubts up.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp

from reverse_etl.destination import Grant
from reverse_etl.errors import Kind, RetryLater, StopSync
from reverse_etl.settings import Connection

# Nobody starts a request with a token that may end while it is under way.
_SPARE_SECONDS = 60.0


class AccessTokens:
    """The current token of one connection; `ready` fetches one when there is none or it is about to end."""

    def __init__(self, grant: Grant, connection: Connection) -> None:
        self._grant, self._url = grant, grant.url(connection.base_url)
        names = connection.credentials
        self._form = urlencode(grant.form(names)).encode()
        # The session's own headers are meant for the API: a form is no JSON, and a client signs, no bearer.
        self._headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if grant.is_signed:
            self._headers["Authorization"] = aiohttp.BasicAuth(names["client_id"], names["client_secret"]).encode()
        self._fetching = asyncio.Lock()
        self._ends = 0.0
        self.token = ""

    async def ready(self, session: aiohttp.ClientSession) -> None:
        """Raises StopSync when the credentials are refused, RetryLater when nobody answers."""
        async with self._fetching:
            if not self.token or asyncio.get_running_loop().time() >= self._ends:
                await self._fetch(session)

    @property
    def headers(self) -> Mapping[str, str]:
        """What a request carries the current token in; nothing while there is none."""
        return self._grant.carried_by(self.token) if self.token else {}

    def answered(self, status: int) -> None:
        """The destination may have refused it: the next request gets a fresh one."""
        if status in self._grant.refused_as:
            self.token = ""

    async def _fetch(self, session: aiohttp.ClientSession) -> None:
        try:
            async with session.post(self._url, data=self._form, headers=self._headers) as answer:
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
