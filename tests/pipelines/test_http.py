"""Requests are patient with a busy platform, short with a refusal, and exact with numbers."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.http import ATTEMPTS, TryAgain, body, request


def answers(*responses: httpx.Response | Exception) -> httpx.Client:
    left = iter(responses)

    def handler(_: httpx.Request) -> httpx.Response:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.Client(transport=httpx.MockTransport(handler), base_url="https://platform.example")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_passing_trouble_is_waited_out(status: int) -> None:
    waited: list[float] = []
    with answers(httpx.Response(status), httpx.Response(200, json=[])) as client:
        assert request(client, "GET", "/x", sleep=waited.append).status_code == 200
    assert len(waited) == 1


@pytest.mark.parametrize(("header", "seconds"), [("Retry-After", 12.0), ("X-Rate-Limit-Reset", 12.0)])
def test_the_wait_is_the_one_the_platform_asks_for(header: str, seconds: float) -> None:
    waited: list[float] = []
    with answers(httpx.Response(429, headers={header: "12"}), httpx.Response(200)) as client:
        request(client, "GET", "/x", sleep=waited.append)
    assert waited == [seconds]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_no_is_not_asked_twice(status: int) -> None:
    with answers(httpx.Response(status, text="no")) as client, pytest.raises(PlatformRefused, match=str(status)):
        request(client, "GET", "/x?key=secret", sleep=lambda _: None)


def test_an_error_never_repeats_the_query_which_may_hold_a_key() -> None:
    with answers(httpx.Response(401, text="no")) as client, pytest.raises(PlatformRefused) as refused:
        request(client, "GET", "/x", params={"consumer_secret": "cs_1"})
    assert "cs_1" not in str(refused.value)


def test_a_platform_that_stays_away_is_given_up_after_the_last_attempt() -> None:
    waited: list[float] = []
    silence = [httpx.ConnectError("refused")] * ATTEMPTS
    with answers(*silence) as client, pytest.raises(PlatformUnavailable, match="ConnectError"):
        request(client, "GET", "/x", sleep=waited.append)
    assert len(waited) == ATTEMPTS - 1


def test_a_later_inside_a_good_answer_is_waited_for() -> None:
    waited: list[float] = []

    def judge(response: httpx.Response) -> None:
        if body(response) == "busy":
            raise TryAgain("busy", 3.0)

    with answers(httpx.Response(200, json="busy"), httpx.Response(200, json="done")) as client:
        assert body(request(client, "GET", "/x", sleep=waited.append, judge=judge)) == "done"
    assert waited == [3.0]


def test_numbers_keep_every_digit() -> None:
    said = httpx.Response(200, text='{"amount": 0.1, "long": 12345678901234567890.123456789, "whole": 7}')
    assert body(said) == {"amount": Decimal("0.1"), "long": Decimal("12345678901234567890.123456789"), "whole": 7}
