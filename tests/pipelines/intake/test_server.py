"""What the intake answers at its edges: sizes, overload, handshakes, accounts, health."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import aiohttp
import httpx
import pytest
import sqlalchemy as sa

from pipelines.intake.inbox import LANE, Arrived, Inbox
from pipelines.intake.webhook import Keys
from sandbox.webhooks.control import secret_of
from sandbox.webhooks.notices import Notice
from sandbox.webhooks.signing import signed
from tests.pipelines.intake.running import RunningIntake, sandbox_keys

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def notice(platform: str, topic: str, body: bytes, event_id: str = "e1") -> Notice:
    return Notice(platform, topic, event_id, "1", body, NOW)


def post(url: str, sent: Notice, secret: str | None = None, account: str = "") -> httpx.Response:
    secret = secret or secret_of(sent.platform)
    address, headers = signed(sent, f"{url}/{sent.platform}{account}", secret, datetime.now(UTC), "http://127.0.0.1:9")
    return httpx.post(address, content=sent.body, headers=headers)


@pytest.fixture
def intake(inbox: Inbox) -> Iterator[RunningIntake]:
    with RunningIntake(inbox) as running:
        yield running


def test_nothing_but_webhooks_and_health_is_served(intake: RunningIntake) -> None:
    root = intake.url.removesuffix("/webhooks")
    assert httpx.post(f"{intake.url}/nobody").status_code == 404
    assert httpx.post(f"{root}/").status_code == 404
    assert httpx.get(f"{intake.url}/shopify").status_code == 405
    assert httpx.get(f"{root}/healthz").status_code == 200


def test_a_platform_without_a_secret_accepts_nothing(inbox: Inbox) -> None:
    with RunningIntake(inbox, {**sandbox_keys(), "shopify": ()}) as intake:
        assert post(intake.url, notice("shopify", "orders/create", b"{}")).status_code == 401
    assert inbox.newest() == 0


def test_the_secret_before_the_current_one_still_holds_while_it_is_configured(inbox: Inbox) -> None:
    both = Keys("shopify", "main", ("new", "old"))
    with RunningIntake(inbox, {"shopify": (both,)}) as intake:
        answers = [
            post(intake.url, notice("shopify", "orders/create", b'{"id": 1}', secret), secret).status_code
            for secret in ("new", "old", "older")
        ]
    assert answers == [200, 200, 401]


def test_an_account_is_named_by_the_address_else_by_the_delivery(inbox: Inbox) -> None:
    accounts = (
        Keys("xero", "main", ("same",), "https://api.xero.com", ("tenant-1",)),
        Keys("xero", "eu", ("same",), "https://api.xero.com", ("tenant-2",)),
    )
    body = {"events": [{"tenantId": "tenant-2", "resourceId": "r", "eventCategory": "INVOICE", "eventType": "UPDATE"}]}
    with RunningIntake(inbox, {"xero": accounts}) as intake:
        post(intake.url, notice("xero", "", json.dumps(body).encode()), "same")
        post(intake.url, notice("xero", "", json.dumps(body).encode()), "same", "/main")
        assert post(intake.url, notice("xero", "", b"{}"), "same", "/nobody").status_code == 401
    assert [event.account_id for event in inbox.events_after(0)] == ["eu", "main"]


def test_xeros_intent_to_receive_passes(intake: RunningIntake, inbox: Inbox) -> None:
    body = b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4ndom"}'
    good = post(intake.url, notice("xero", "", body))
    assert (good.status_code, good.content, good.headers.get("set-cookie")) == (200, b"", None)
    assert post(intake.url, notice("xero", "", body), "wrong").status_code == 401
    assert [(event.topic, event.is_known_topic) for event in inbox.events_after(0)] == [("intent to receive", True)]


def test_the_ping_of_a_new_woocommerce_webhook_is_answered_and_not_kept(intake: RunningIntake, inbox: Inbox) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    url = f"{intake.url}/woocommerce"
    assert httpx.post(url, content=b"webhook_id=7", headers=form).status_code == 200
    assert httpx.post(url, content=b"webhook_id=7&x=1", headers=form).status_code == 401
    assert httpx.post(url, content=b"webhook_id=7", headers={"x-wc-webhook-topic": "order.created"}).status_code == 401
    assert inbox.newest() == 0


def test_cloud_events_of_quickbooks_are_one_event_by_their_id(intake: RunningIntake, inbox: Inbox) -> None:
    one = {"specversion": "1.0", "id": "a-1", "type": "qbo.invoice.created.v1", "time": "2026-11-01T12:00:00Z"}
    for body in ([one], [{**one, "extra": 1}], [{**one, "id": "a-2"}]):
        assert post(intake.url, notice("quickbooks", "", json.dumps(body).encode())).status_code == 200
    events = inbox.events_after(0)
    assert [(event.topic, event.event_id, event.times_received) for event in events] == [
        ("qbo.invoice.created.v1", "a-1", 2),
        ("qbo.invoice.created.v1", "a-2", 1),
    ]


@pytest.mark.parametrize("authorization", ["Bearer {secret}", "Basic {basic}"])
def test_cin7_may_send_its_credential_either_way(authorization: str, inbox: Inbox) -> None:
    import base64

    keys = {"cin7": (Keys("cin7", "main", ("user:word",)),)}
    said = authorization.format(secret="user:word", basic=base64.b64encode(b"user:word").decode())
    with RunningIntake(inbox, keys) as intake:
        url = f"{intake.url}/cin7?topic=Sale/Voided"
        assert httpx.post(url, json={"SaleID": "s1"}, headers={"authorization": said}).status_code == 200
        assert httpx.post(url, json={"SaleID": "s1"}, headers={"authorization": f"{said}x"}).status_code == 401
    assert [(event.topic, event.resource_id) for event in inbox.events_after(0)] == [("Sale/Voided", "s1")]


def test_a_huge_body_is_refused_and_its_rest_not_read(inbox: Inbox) -> None:
    """The sender is stopped soon after the limit, with or without a length said before."""
    produced = 0

    async def endless() -> object:
        nonlocal produced
        for _ in range(10_000):
            produced += 65_536
            yield b" " * 65_536

    async def post_endless(url: str) -> int:
        async with aiohttp.ClientSession() as session:
            try:
                async with session.post(url, data=endless()) as answer:
                    return answer.status
            except aiohttp.ClientConnectionError:
                return 413  # it hung up on us while we were still sending

    with RunningIntake(inbox, body_bytes=200_000) as intake:
        assert httpx.post(f"{intake.url}/shopify", content=b" " * 200_001).status_code == 413
        assert asyncio.run(post_endless(f"{intake.url}/shopify")) == 413
    # Socket buffers hold a few megabytes more than was read.
    assert produced < 100_000_000
    assert inbox.newest() == 0


class SlowDisk(Inbox):
    """An inbox whose disk does not answer until it is let."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.may_write = threading.Event()

    def keep(self, arrived: list[Arrived]) -> None:  # type: ignore[override]
        assert self.may_write.wait(60)
        super().keep(arrived)


async def _flood(url: str, count: int, let: threading.Event) -> list[int]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def send(number: int) -> int:
            sent = notice("shopify", "orders/create", json.dumps({"id": number}).encode(), f"e{number}")
            address, headers = signed(sent, f"{url}/shopify", secret_of("shopify"), NOW, "http://127.0.0.1:9")
            async with session.post(address, data=sent.body, headers=headers) as answer:
                if answer.status == 429:
                    assert int(answer.headers["retry-after"]) > 0
                    let.set()
                return answer.status

        return await asyncio.gather(*(send(number) for number in range(count)))


def test_under_overload_it_says_so_and_loses_nothing_it_acknowledged(store: str) -> None:
    inbox = SlowDisk(store.replace("operations.sqlite", "inbox.sqlite"))
    with RunningIntake(inbox, waiting=20) as intake:
        # The disk writes again once somebody was turned away.
        answers = asyncio.run(_flood(intake.url, 60, inbox.may_write))
    assert set(answers) == {200, 429}
    assert answers.count(200) >= 20
    kept = {event.resource_id for event in inbox.events_after(0)}
    assert kept == {str(number) for number, answer in enumerate(answers) if answer == 200}
    inbox.close()


def test_a_store_that_is_gone_is_not_acknowledged(intake: RunningIntake, inbox: Inbox) -> None:
    with inbox.engine.begin() as connection:
        connection.execute(sa.text("alter table inbox_events rename to elsewhere"))
    answer = post(intake.url, notice("shopify", "orders/create", b'{"id": 1}'))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    with inbox.engine.begin() as connection:
        connection.execute(sa.text("alter table elsewhere rename to inbox_events"))
    assert post(intake.url, notice("shopify", "orders/create", b'{"id": 1}')).status_code == 200
    assert inbox.newest() == 1


def test_health_says_how_it_is_and_tells_no_secret(intake: RunningIntake, inbox: Inbox) -> None:
    post(intake.url, notice("shopify", "orders/create", b'{"id": 1}'))
    post(intake.url, notice("shopify", "orders/create", b'{"id": 2}', "e2"))
    post(intake.url, notice("shopify", "orders/create", b"{}"), "wrong")
    root = intake.url.removesuffix("/webhooks")
    said = httpx.get(f"{root}/healthz").json()
    assert (said["status"], said["durable"], said["newest_sequence"], said["depth"]) == ("ok", True, 2, 2)
    assert said["answered"] == {"shopify": {"kept": 2, "not signed": 1}}
    inbox.note_position(LANE, 1, NOW)
    answer = httpx.get(f"{root}/healthz")
    assert (answer.json()["depth"], answer.json()["readers"]) == (1, {LANE: 1})
    assert secret_of("shopify") not in answer.text
