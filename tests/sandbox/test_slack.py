"""The Slack twin over real HTTP: a word for an answer, every message an effect, no memory of repeats."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox.pacing import bucket
from sandbox.platforms.slack import BURST, PER_MINUTE
from sandbox.server import CREDENTIALS, Sandbox

ADDRESS = f"/services/{CREDENTIALS['slack']['webhook_token']}"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(orders=60) as started:
        yield started


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """A channel in which nobody has said anything, with its whole burst left."""
    running.world.effects.clear()
    running.world.state("slack")["bucket"] = bucket("slack", PER_MINUTE, BURST)
    return running


@pytest.fixture
def slack(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.base_urls["slack"]) as client:
        yield client


def test_a_message_is_answered_with_a_bare_word_and_counted_each_time(sandbox: Sandbox, slack: httpx.Client) -> None:
    for _ in range(2):
        said = slack.post(ADDRESS, json={"text": "hello"})
        assert (said.status_code, said.text, said.headers["content-type"]) == (200, "ok", "text/plain; charset=utf-8")
    assert sandbox.world.effects.count("slack", "message_posted", "hello") == 2


REFUSED = [
    ("/services/T0/B0/another", b'{"text": "x"}', 404, "no_service"),
    (ADDRESS, b"not json", 400, "invalid_payload"),
    (ADDRESS, b"[1]", 400, "invalid_payload"),
    (ADDRESS, b'{"text": " "}', 400, "no_text"),
    (ADDRESS, b"{}", 400, "no_text"),
]


@pytest.mark.parametrize(("path", "body", "status", "word"), REFUSED)
def test_what_is_no_message_is_refused_in_their_words(
    sandbox: Sandbox, slack: httpx.Client, path: str, body: bytes, status: int, word: str
) -> None:
    said = slack.post(path, content=body)
    assert (said.status_code, said.text) == (status, word)
    assert sandbox.world.effects.count("slack") == 0


def test_more_than_its_burst_has_to_wait(sandbox: Sandbox, slack: httpx.Client) -> None:
    said = [slack.post(ADDRESS, json={"text": str(number)}).status_code for number in range(BURST + 5)]
    assert said[:BURST] == [200] * BURST
    assert 429 in said[BURST:]
    assert sandbox.world.effects.count("slack") == said.count(200)
