"""One HTTP request and its answer as bytes; when no answer came, whether the request can have left (0069).

pyreqwest does the work of a request outside the interpreter's lock. Nothing is sent a second time here, no redirect is
followed and no cookie kept: what becomes of a request that was lost is decided in push.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import NamedTuple, Self

import httpx
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import BuilderError, DetailedPyreqwestError, PoolTimeoutError
from pyreqwest.http import HeaderMap

from reverse_etl.errors import InDoubt, Kind, RetryLater

# Seconds without a byte of the answer; to be connected; to have a place among the connections.
READ_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
_PLACE_SECONDS = 30.0
_CONNECTIONS = 100
# Shorter than any server we know keeps an idle connection: a request on one that was just closed would be a doubt.
_IDLE_SECONDS = 5.0
# With no body these say that none comes: a server may refuse them, or wait for one, where that is not said.
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# Said of a failure while the connection was made, and of no other. The error's type does not tell: an answer that was
# cut, and one that never came, are called a failure to connect too.
_CONNECTING = "client error (Connect)"


class Reply(NamedTuple):
    """Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Transport:
    """The connections to one destination; usable inside its block."""

    def __init__(self, base_url: str, headers: Mapping[str, str], read_seconds: float = READ_SECONDS) -> None:
        """`headers` go with every request that has none of that name; no byte of an answer for `read_seconds` is the end."""
        # HTTP/2 alone would send again what a server says it has not begun; no vendor's word is taken for that.
        builder = ClientBuilder().http1_only().follow_redirects(False).no_proxy().default_headers(dict(headers))
        builder = builder.connect_timeout(timedelta(seconds=_CONNECT_SECONDS))
        builder = builder.read_timeout(timedelta(seconds=read_seconds))
        builder = builder.max_connections(_CONNECTIONS).pool_timeout(timedelta(seconds=_PLACE_SECONDS))
        builder = builder.pool_idle_timeout(timedelta(seconds=_IDLE_SECONDS))
        if base_url.startswith("https:"):
            # The certificates that the pipelines trust too, SSL_CERT_FILE included.
            for trusted in httpx.create_ssl_context().get_ca_certs(binary_form=True):
                builder = builder.add_root_certificate_der(trusted)
        self._client = builder.build()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def request(self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Raises RetryLater when the request certainly did not leave, InDoubt when it may have and no answer came."""
        try:
            asked = self._client.request(method, url).headers(headers)
            if content:
                asked = asked.body_bytes(content)
            elif method in _WITH_BODY:
                asked = asked.header("Content-Length", "0")
            answer = await asked.build().send()
            body = bytes(await answer.bytes())
        except DetailedPyreqwestError as error:
            # By name alone: the message of the error quotes the address with its parameters.
            name = type(error).__name__
            if _certainly_not_sent(error):
                raise RetryLater(f"not reachable ({name})", kind=Kind.TRANSIENT, code="unreachable") from None
            raise InDoubt(f"no answer ({name})", kind=Kind.TRANSIENT, code="no_answer") from None
        return Reply(answer.status, _readable(answer.headers), body)


def _certainly_not_sent(error: DetailedPyreqwestError) -> bool:
    """Whatever is not known to have failed before may have reached the destination."""
    if isinstance(error, PoolTimeoutError | BuilderError):
        return True
    return any(cause["message"] == _CONNECTING for cause in error.details["causes"] or ())


def _readable(headers: HeaderMap) -> dict[str, str]:
    try:
        return dict(headers.items())
    except ValueError:
        # Bytes beyond ASCII in some header: that one says nothing to us, and the answer is an answer all the same.
        return {name: value for name in headers if (value := _ascii(headers, name)) is not None}


def _ascii(headers: HeaderMap, name: str) -> str | None:
    try:
        return headers[name]
    except ValueError:
        return None
