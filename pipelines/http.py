"""Reading a platform over HTTP: retries that honour the platform's wish, JSON whose numbers never pass through double."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from pipelines import vault
from pipelines.errors import PlatformRefused, PlatformUnavailable

ATTEMPTS = 6
TIMEOUT = httpx.Timeout(30.0, connect=10.0)

# Throttled or passing: 429 everywhere, 503 at Cin7 Core (its word for "too many calls") and in every outage.
RETRIED = {408, 425, 429, 500, 502, 503, 504}

Sleep = Callable[[float], None]
Judge = Callable[[httpx.Response], None]


class TryAgain(Exception):
    """Raised while judging an answer that asks for patience; `wait` is what the platform asked for, in seconds."""

    def __init__(self, said: str, wait: float | None = None) -> None:
        super().__init__(said)
        self.wait = wait


def request(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    sleep: Sleep | None = None,
    judge: Judge = lambda _: None,
    **arguments: Any,
) -> httpx.Response:
    """One answered request. Raises PlatformRefused for a no, PlatformUnavailable when all attempts failed.

    judge: looks at an answer with a good status and raises TryAgain where the platform says "later" inside it.
    """
    backoff = wait_exponential_jitter(initial=0.5, max=30)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, TryAgain) else None
        return asked if asked is not None else backoff(state)

    options: dict[str, Any] = {"sleep": sleep} if sleep else {}
    retrying = Retrying(
        stop=stop_after_attempt(ATTEMPTS), wait=wait, retry=retry_if_exception_type(TryAgain), reraise=True, **options
    )
    try:
        return retrying(_once, client, method, url, judge, arguments)
    except TryAgain as gave_up:
        raise PlatformUnavailable(f"{method} {url}: {gave_up} after {ATTEMPTS} attempts") from gave_up


def _once(client: httpx.Client, method: str, url: str, judge: Judge, arguments: dict[str, Any]) -> httpx.Response:
    try:
        response = client.request(method, url, extensions={vault.DATA: True}, **arguments)
    except httpx.TransportError as error:
        raise TryAgain(type(error).__name__) from error
    if response.status_code in RETRIED:
        raise TryAgain(f"HTTP {response.status_code}", _retry_after(response))
    if response.status_code >= 400:
        raise PlatformRefused(
            f"{method} {response.url.copy_with(query=None)}: HTTP {response.status_code} {response.text[:300]}"
        )
    judge(response)
    return response


def _retry_after(response: httpx.Response) -> float | None:
    for header in ("Retry-After", "X-Rate-Limit-Reset"):
        value = response.headers.get(header, "")
        # Some send fractions ("2.0"); an HTTP date falls back to our own back-off.
        if value.replace(".", "", 1).isdigit():
            return float(value)
    return None


def body(response: httpx.Response) -> Any:
    """The JSON of an answer with every decimal number as Decimal, digit for digit."""
    return json.loads(response.text, parse_float=Decimal)
