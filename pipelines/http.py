"""Reading a platform over HTTP: retries that honour the platform's wish, JSON whose numbers never pass through double."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from pipelines.errors import PlatformRefused, PlatformUnavailable

ATTEMPTS = 6
TIMEOUT = httpx.Timeout(30.0, connect=10.0)

# Throttled or passing: 429 everywhere, 503 at Cin7 Core (its word for "too many calls") and in every outage.
RETRIED = {408, 425, 429, 500, 502, 503, 504}

Sleep = Callable[[float], None]


class _TryAgain(Exception):
    def __init__(self, said: str, wait: float | None = None) -> None:
        super().__init__(said)
        self.wait = wait


def request(
    client: httpx.Client, method: str, url: str, *, sleep: Sleep | None = None, **arguments: Any
) -> httpx.Response:
    """One answered request. Raises PlatformRefused for a no, PlatformUnavailable when all attempts failed."""
    backoff = wait_exponential_jitter(initial=0.5, max=30)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, _TryAgain) else None
        return asked if asked is not None else backoff(state)

    options: dict[str, Any] = {"sleep": sleep} if sleep else {}
    retrying = Retrying(
        stop=stop_after_attempt(ATTEMPTS), wait=wait, retry=retry_if_exception_type(_TryAgain), reraise=True, **options
    )
    try:
        return retrying(_once, client, method, url, arguments)
    except _TryAgain as gave_up:
        raise PlatformUnavailable(f"{method} {url}: {gave_up} after {ATTEMPTS} attempts") from gave_up


def _once(client: httpx.Client, method: str, url: str, arguments: dict[str, Any]) -> httpx.Response:
    try:
        response = client.request(method, url, **arguments)
    except httpx.TransportError as error:
        raise _TryAgain(type(error).__name__) from error
    if response.status_code in RETRIED:
        raise _TryAgain(f"HTTP {response.status_code}", _retry_after(response))
    if response.status_code >= 400:
        raise PlatformRefused(
            f"{method} {response.url.copy_with(query=None)}: HTTP {response.status_code} {response.text[:300]}"
        )
    return response


def _retry_after(response: httpx.Response) -> float | None:
    for header in ("Retry-After", "X-Rate-Limit-Reset"):
        value = response.headers.get(header, "")
        if value.isdigit():
            return float(value)
    return None


def body(response: httpx.Response) -> Any:
    """The JSON of an answer with every decimal number as Decimal, digit for digit."""
    return json.loads(response.text, parse_float=Decimal)
