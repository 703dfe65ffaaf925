"""One request to a destination over HTTP, paced, and its answer as data; transport failures become the house's errors."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx
from aiolimiter import AsyncLimiter
from httpx_aiohttp import AiohttpTransport

from reverse_etl import canonical_json
from reverse_etl.destination import Answer, Destination, Pace, Request
from reverse_etl.errors import InDoubt, Kind, RetryLater
from reverse_etl.settings import Connection

TIMEOUT = httpx.Timeout(30.0, connect=10.0)

# These happen before the request is on its way; everything else may have reached the destination.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class DestinationClient:
    def __init__(self, destination: Destination, connection: Connection) -> None:
        self.calls = 0
        self._destination = destination
        self._connection = connection
        self._limiter = limiter(destination.pace)
        self._in_flight = asyncio.Semaphore(destination.pace.in_flight)
        # httpx's own pool slows down with many requests in flight (encode/httpx#3215); its API over aiohttp does not.
        self._http = httpx.AsyncClient(transport=AiohttpTransport(), timeout=TIMEOUT, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, request: Request) -> Answer:
        """The destination's answer, whatever its status; RetryLater when nothing was sent, InDoubt when no answer came."""
        async with self._in_flight, self._limiter:
            self.calls += 1
            try:
                response = await self._http.request(
                    request.method,
                    self._url(request),
                    params=dict(request.params) or None,
                    content=canonical_json.dumps(request.json).encode() if request.json is not None else None,
                    headers=self._headers(request),
                )
            except _NOT_SENT as error:
                raise RetryLater(
                    f"not reachable ({type(error).__name__})", kind=Kind.TRANSIENT, code="unreachable"
                ) from None
            except httpx.TransportError as error:
                raise InDoubt(f"no answer ({type(error).__name__})", kind=Kind.TRANSIENT, code="no_answer") from None
        return Answer(
            status=response.status_code,
            body=_json(response),
            headers={name.lower(): value for name, value in response.headers.items()},
            request_id=response.headers.get(self._destination.request_id_header),
        )

    def _url(self, request: Request) -> str:
        path = request.path
        for name, value in self._connection.credentials.items():
            path = path.replace(f"{{{name}}}", value)
        return self._connection.base_url + path

    def _headers(self, request: Request) -> dict[str, str]:
        credentials = self._destination.headers(self._connection.credentials)
        return {"Content-Type": "application/json", **credentials, **request.headers}


def limiter(pace: Pace) -> AsyncLimiter:
    """A leaky bucket that keeps any window of the vendor's length within its limit.

    A burst and the steady flow after it may fall into one window, so the flow is the limit less the burst.
    """
    burst = max(1.0, pace.requests / 50)
    steady = max(pace.requests - burst, pace.requests / 2) / pace.seconds
    return AsyncLimiter(burst, burst / steady)


def _json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.text, parse_float=Decimal)
    except ValueError:
        return None
