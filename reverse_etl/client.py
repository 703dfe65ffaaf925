"""One request to a destination over HTTP, paced, and its answer as data; transport failures become the house's errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import aiohttp
import httpx
import pybreaker
from aiolimiter import AsyncLimiter
from yarl import URL

from reverse_etl import breaker as breakers
from reverse_etl import canonical_json, mail
from reverse_etl.access_tokens import AccessTokens
from reverse_etl.destination import Answer, Destination, Pace, Request
from reverse_etl.errors import InDoubt, Kind, RetryLater, StopSync
from reverse_etl.settings import Connection

# Seconds without a byte of the answer; a connection, and a free place among them, must be had in these.
READ_SECONDS = 30.0
_TIMEOUT = aiohttp.ClientTimeout(connect=30.0, sock_connect=10.0, sock_read=READ_SECONDS)
_CONNECTIONS = 100
# Shorter than any server we know keeps an idle connection: a request on one that was just closed would be a doubt.
_IDLE_SECONDS = 5.0
_URLS_KEPT = 1_000
# Bytes kept of an answer in words.
_WORDS = 200
# How much closer together two requests may arrive than they were sent.
_JITTER_SECONDS = 0.03
# A vendor that asks for more than this has closed for the day: nobody sleeps that long with a lease in hand.
LONGEST_HOLD = 90.0

# These happen before the request is on its way; everything else may have reached the destination.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class _Broken(Exception):
    """The destination answered that it is broken; counts against its breaker, and the answer is read all the same."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


class DestinationClient:
    """`turn` waits for the right to send, `send` sends: between the two the request is written ahead."""

    def __init__(
        self,
        destination: Destination,
        connection: Connection,
        breaker: pybreaker.CircuitBreaker,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.calls = 0
        self._destination = destination
        self._connection = connection
        self._breaker, self._sleep = breaker, sleep
        own = connection.requests_per_second
        self._limiter = limiter(replace(destination.pace, requests=own, seconds=1.0) if own else destination.pace)
        self._in_flight = asyncio.Semaphore(destination.pace.in_flight)
        self._held_until = 0.0
        self._constant = {"Content-Type": "application/json", **destination.headers(connection.credentials)}
        self._session: aiohttp.ClientSession
        self._urls: dict[str, URL] = {}
        self._secrets = _secrets(destination, connection)
        grant = destination.grant
        self._tokens = AccessTokens(grant, connection) if grant is not None else None
        self._is_mail = mail.is_mail(connection.base_url)
        # Was there ever anything to wait for besides the pace: most destinations ask for nothing in a whole run.
        self._may_wait = self._tokens is not None

    async def __aenter__(self) -> Self:
        # The certificates that the pipelines trust too, SSL_CERT_FILE included; read only where there is TLS.
        trusted = httpx.create_ssl_context() if self._connection.base_url.startswith("https:") else True
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=_IDLE_SECONDS, ssl=trusted),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._constant,
            timeout=_TIMEOUT,
        )
        # aiohttp sends a PUT or GET again by itself when a kept connection breaks, and it has no setting for that: one
        # attempt would be two requests. A lost answer is a doubt, and what becomes of doubts is decided in push.py.
        self._session._retry_connection = False
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def turn(self) -> None:
        """Wait until the destination's pace and its own meter allow one more request, and there is a token for it."""
        await self._limiter.acquire()
        if self._may_wait:
            await self._hold_over()

    @property
    def is_free(self) -> bool:
        """True where `turn` would wait for nothing, and ask nobody for a token."""
        return not self._may_wait and self._limiter.has_capacity()

    async def _hold_over(self) -> None:
        held = self._held_until - asyncio.get_running_loop().time()
        if held > 0:
            await self._sleep(held)
        if self._tokens is not None:
            await self._tokens.ready(self._session)

    def hold(self, seconds: float) -> None:
        """No further request for so long: the destination said so, to one request but about all."""
        until = asyncio.get_running_loop().time() + min(seconds, LONGEST_HOLD)
        self._held_until = max(self._held_until, until)
        self._may_wait = True

    async def send(self, request: Request, may_leave: Callable[[], None] = lambda: None) -> Answer:
        """The destination's answer, whatever its status. `may_leave` is asked last, and raises if it may not.

        Raises RetryLater when nothing was sent, InDoubt when no answer came, StopSync while the breaker is open.
        """
        try:
            async with self._in_flight:
                # Also for what was written ahead before the destination asked to wait.
                if self._may_wait:
                    await self._hold_over()
                may_leave()
                with breakers.watching(self._breaker):
                    answer = await (self._by_mail(request) if self._is_mail else self._exchange(request))
                    # A mail server's 5xx is its word for a refusal, and it is well.
                    if answer.status >= 500 and not self._is_mail:
                        raise _Broken(answer)
        except _Broken as broken:
            answer = broken.answer
        except pybreaker.CircuitBreakerError:
            raise StopSync(
                f"{self._destination.name} failed many times in a row and is left alone for a minute",
                kind=Kind.TRANSIENT,
                code="breaker_open",
            ) from None
        wait = self._destination.hold(answer)
        if wait > 0:
            self.hold(wait)
        return answer

    async def _exchange(self, request: Request) -> Answer:
        self.calls += 1
        content = canonical_json.dumps(request.json).encode() if request.json is not None else None
        url = self._url(request.path)
        token = self._tokens.token if self._tokens is not None else ""
        headers_sent = {**request.headers, **self._tokens.headers} if self._tokens is not None else request.headers
        try:
            # Read to its end or closed, and either gives the connection back: no block has to see to that.
            response = await self._session.request(
                request.method,
                url.with_query(request.params) if request.params else url,
                data=content,
                headers=headers_sent,
                allow_redirects=False,
            )
            body = await response.read()
        except _NOT_SENT as error:
            raise RetryLater(
                f"not reachable ({type(error).__name__})", kind=Kind.TRANSIENT, code="unreachable"
            ) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise InDoubt(f"no answer ({type(error).__name__})", kind=Kind.TRANSIENT, code="no_answer") from None
        if self._tokens is not None:
            self._tokens.answered(response.status)
        for secret in (*self._secrets, token.encode()) if token else self._secrets:
            # A vendor that refuses a request may quote it, and its words are kept.
            body = body.replace(secret, b"[left out]")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.raw_headers}
        return Answer(
            status=response.status,
            body=_words(body) if self._destination.answers_in_words else _json(body),
            headers=headers,
            request_id=headers.get(self._destination.request_id_header),
        )

    async def _by_mail(self, request: Request) -> Answer:
        self.calls += 1
        status, body = await asyncio.to_thread(mail.exchange, self._connection, request, READ_SECONDS)
        for secret in self._secrets:
            body = body.replace(secret, b"[left out]")
        return Answer(status=status, body=_words(body))

    def _url(self, path: str) -> URL:
        """The address of a path, with the connection's own parts (a company, a realm) filled in; parsed once each."""
        found = self._urls.get(path)
        if found is None:
            filled = path
            for name, value in self._connection.credentials.items():
                filled = filled.replace(f"{{{name}}}", value)
            found = URL(self._connection.base_url + filled)
            if len(self._urls) < _URLS_KEPT:
                self._urls[path] = found
        return found


def limiter(pace: Pace) -> AsyncLimiter:
    """A leaky bucket that keeps any window of the vendor's length within its limit.

    A window holds the burst, then the steady flow: burst - 1 + rate x length requests at most. The flow is as much
    slower as requests may bunch up on their way, and no slower, because an unused share is never got back.
    """
    burst = max(1.0, float(int(pace.requests / 50)))
    steady = (pace.requests - burst + 1) / (pace.seconds + _JITTER_SECONDS)
    return AsyncLimiter(burst, burst / steady)


def _secrets(destination: Destination, connection: Connection) -> tuple[bytes, ...]:
    """What opens this destination: its credentials, and what its headers make of them."""
    made = destination.headers(connection.credentials)
    plain = destination.headers(dict.fromkeys(connection.credentials, ""))
    words = [value.split()[-1] for name, value in made.items() if value and value != plain.get(name)]
    # A shorter one would be found in other words; no vendor's is that short.
    return tuple({word.encode() for word in (*words, *connection.credentials.values()) if len(word) >= 8})


_DECODER = json.JSONDecoder(parse_float=Decimal)


def _words(body: bytes) -> str:
    """A plain answer, of which a status word is all that is ever read."""
    return body[:_WORDS].decode("utf-8", "replace").strip()


def _json(body: bytes) -> Any:
    try:
        return _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except ValueError:
        return None
