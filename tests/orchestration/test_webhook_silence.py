"""A shop whose webhooks were switched off is noticed by what polling reads all the same, and nobody else is accused."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestration.webhook_silence import PATIENCE, Silence, silences, webhook_check
from pipelines.intake.inbox import Arrived, Inbox
from reverse_etl import settings
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import EXCEPTIONS
from tests.orchestration import published_home
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import order

# The platform's own clock, which may be far from ours; what is published is judged at this moment.
NOW = published_home.NOW
HEARD = NOW - timedelta(hours=6)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    published_home.settle_in(tmp_path / "home", "http://127.0.0.1:9", monkeypatch)


def hear(platform: str, topic: str, at: datetime, account: str = "main") -> None:
    """A webhook about something that happened then; it came in much later."""
    with closing(Inbox.at_home()) as inbox:
        inbox.keep([Arrived(platform, account, topic, f"{topic} {at}", "1", None, b"{}", at, NOW, True, True)])


def read(*placed: tuple[str, datetime]) -> None:
    """The snapshot that polling leads to: orders by platform and time."""
    rows = [
        order(f"{platform}:main:{n}", platform, account_id="main", placed_at=at.replace(tzinfo=None))
        for n, (platform, at) in enumerate(placed)
    ]
    published_home.publish_built(CanonicalRows().rows("can_orders", *rows), "fct_customer_orders")


def queue() -> dict[str, tuple[str, str]]:
    store = open_store(settings.read().operations_url)
    with store.connect() as connection:
        names = ("record_key", "code", "exception_status")
        rows = connection.execute(sa.select(*(EXCEPTIONS.c[name] for name in names))).all()
    store.dispose()
    return {row[0]: (row[1], row[2]) for row in rows}


def test_orders_that_no_webhook_spoke_of_are_a_case_until_one_does() -> None:
    hear("woocommerce", "order.created", HEARD)
    late = HEARD + timedelta(hours=1)
    read(("woocommerce", HEARD), ("woocommerce", late), ("woocommerce", late + timedelta(hours=1)))
    assert queue() == {"woocommerce/main": ("webhooks_silent", "open")}
    with closing(Inbox.at_home()) as inbox:
        assert silences(inbox, NOW) == [Silence("woocommerce", "main", HEARD, 2, "woocommerce:main:1")]
    verdict = webhook_check()()
    assert not verdict.passed
    assert "2 of them" in verdict.metadata["silent"].value
    # One that was late itself, then an old one once more: the newest counts.
    hear("woocommerce", "order.updated", late + timedelta(hours=1))
    hear("woocommerce", "order.updated", HEARD - timedelta(days=1))
    read(("woocommerce", HEARD), ("woocommerce", late), ("woocommerce", late + timedelta(hours=1)))
    assert queue() == {"woocommerce/main": ("webhooks_silent", "resolved")}
    assert webhook_check()().passed


SILENT_FOR_A_REASON = [
    # claim, webhooks, orders that polling read
    ("nobody bought", [("shopify", "orders/create", HEARD)], [("shopify", HEARD)]),
    (
        "the order is younger than a webhook may need",
        [("shopify", "orders/create", HEARD)],
        [("shopify", NOW - PATIENCE + timedelta(seconds=1))],
    ),
    ("a shop without webhooks is polled", [("shopify", "orders/create", HEARD)], [("woocommerce", NOW - PATIENCE)]),
    ("what is asked for is no webhook", [("amazon", "order.read", HEARD)], [("amazon", NOW - PATIENCE)]),
]


@pytest.mark.parametrize(
    ("told", "placed"), [case[1:] for case in SILENT_FOR_A_REASON], ids=[case[0] for case in SILENT_FOR_A_REASON]
)
def test_nobody_is_called_silent_who_has_a_reason(
    told: list[tuple[str, str, datetime]], placed: list[tuple[str, datetime]]
) -> None:
    for platform, topic, at in told:
        hear(platform, topic, at)
    read(*placed)
    assert queue() == {}
    with closing(Inbox.at_home()) as inbox:
        assert silences(inbox, NOW) == []


def test_a_webhook_of_another_topic_does_not_speak_for_the_orders() -> None:
    """A shop switches webhooks off one by one: the one about products may live on."""
    hear("woocommerce", "order.created", HEARD)
    hear("woocommerce", "product.updated", NOW)
    read(("woocommerce", NOW - PATIENCE))
    assert queue() == {"woocommerce/main": ("webhooks_silent", "open")}


def test_before_anything_is_published_there_is_nothing_to_say() -> None:
    published_home.publish(lambda connection: connection.execute("create table marts.fct_stock (sku varchar)"))
    assert webhook_check()().passed
