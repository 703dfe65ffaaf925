"""What the twins send over HTTP arrives in the inbox: every vendor's signature, topics, repeats, and no forgery."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pipelines.intake.inbox import Inbox
from sandbox import happenings
from sandbox.checkout import place_order
from sandbox.server import Sandbox
from sandbox.webhooks import events
from sandbox.webhooks.control import subscribe
from tests.pipelines.intake.running import RunningIntake, sandbox_keys
from tests.sandbox.shopify_client import ask


@pytest.fixture
def twins() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def intake(inbox: Inbox, twins: Sandbox) -> Iterator[RunningIntake]:
    with RunningIntake(inbox, sandbox_keys(twins.url)) as running:
        subscribe(twins.world, running.url, pace=0.0)
        yield running


def settled(twins: Sandbox) -> None:
    assert twins.world.webhooks.settle(60)


def came(inbox: Inbox, platform: str) -> list[str]:
    return sorted(event.topic for event in inbox.events_after(0) if event.platform == platform)


def test_an_order_is_told_by_everybody_it_concerns(twins: Sandbox, intake: RunningIntake, inbox: Inbox) -> None:
    world = twins.world
    sku = next(iter(world.products))
    on_shopify = place_order(world, "shopify", sku, 2)
    on_woo = place_order(world, "woocommerce", sku, 1)
    settled(twins)
    assert came(inbox, "shopify") == ["inventory_levels/update", "orders/create"]
    assert came(inbox, "woocommerce") == ["order.created"]
    assert came(inbox, "stripe") == ["charge.succeeded", "charge.succeeded"]
    assert came(inbox, "cin7") == ["Stock/AvailableStockLevelChanged"] * 2
    found = {event.topic: event for event in inbox.events_after(0)}
    order = json.loads(found["orders/create"].body)
    assert (order["name"], order["line_items"][0]["sku"]) == (on_shopify.number, sku)
    assert found["orders/create"].resource_id == str(on_shopify.platform_id)
    assert found["order.created"].resource_id == str(on_woo.platform_id)
    assert found["orders/create"].occurred_at == on_shopify.updated_at
    assert all(event.is_known_topic and event.is_readable for event in inbox.events_after(0))
    assert intake.rings > 0


def test_what_happens_after_the_sale_is_told_too(twins: Sandbox, intake: RunningIntake, inbox: Inbox) -> None:
    world = twins.world
    sku = next(iter(world.products))
    cancelled, refunded, disputed = (place_order(world, "shopify", sku, 1).number for _ in range(3))
    happenings.cancel_order(world, cancelled)
    happenings.ship_order(world, refunded)
    happenings.refund_order(world, refunded)
    happenings.dispute_order(world, disputed)
    happenings.count_stock(world, sku, 7)
    happenings.edit_product(world, sku)
    happenings.pay_out(world)
    happenings.tell_of_capture(world)
    events.book_changed(world, "Invoice", "9000001", "Create")
    events.xero_changed(world, "INVOICE", "0f4f5b2e-0000-4000-8000-000000000001", "UPDATE")
    settled(twins)
    topics = {(event.platform, event.topic) for event in inbox.events_after(0)}
    assert topics >= {
        ("shopify", "orders/cancelled"),
        ("shopify", "orders/updated"),
        ("shopify", "refunds/create"),
        ("shopify", "inventory_levels/update"),
        ("shopify", "products/update"),
        ("woocommerce", "product.updated"),
        ("stripe", "refund.created"),
        ("stripe", "charge.refunded"),
        ("stripe", "charge.dispute.created"),
        ("stripe", "payout.paid"),
        ("shipstation", "SHIP_NOTIFY"),
        ("cin7", "Stock/AvailableStockLevelChanged"),
        ("quickbooks", "Invoice.Create"),
        ("xero", "INVOICE.UPDATE"),
        ("paypal", "PAYMENT.CAPTURE.COMPLETED"),
    }
    assert all(event.is_known_topic and event.is_readable for event in inbox.events_after(0))


@pytest.mark.parametrize("kind", ["tampered", "forged"])
def test_a_forgery_is_refused_and_the_real_one_taken(
    kind: str, twins: Sandbox, intake: RunningIntake, inbox: Inbox
) -> None:
    world = twins.world
    # ShipStation and Cin7 sign nothing: what carries their secret is theirs, whatever it says.
    unsigned = {"shipstation", "cin7"} if kind == "tampered" else set()
    world.webhooks.arm(kind, topic=".*", share=1.0)
    number = place_order(world, "shopify", next(iter(world.products)), 1).number
    happenings.ship_order(world, number)
    happenings.edit_product(world, next(iter(world.products)))
    happenings.tell_of_capture(world)
    events.book_changed(world, "Invoice", "9000001", "Create")
    events.xero_changed(world, "INVOICE", "0f4f5b2e-0000-4000-8000-000000000001", "UPDATE")
    settled(twins)
    for row in world.webhooks.rows()["subscriptions"]:
        counts = row["counts"]
        expected = 0 if row["platform"] in unsigned else counts[kind]
        assert counts.get("answered_401", 0) == expected, row
        assert counts["delivered"] == counts["tried"] > 0, row
    told = [event for platform, _, event in world.webhooks.told if platform not in unsigned]
    assert len([event for event in inbox.events_after(0) if event.platform not in unsigned]) == len(told)


def test_a_repeat_is_one_event(twins: Sandbox, intake: RunningIntake, inbox: Inbox) -> None:
    world = twins.world
    world.webhooks.arm("duplicated", share=1.0)
    number = place_order(world, "shopify", next(iter(world.products)), 1).number
    # Cin7's stock has no version: a repeat that comes after the next state can not be told from a return to it.
    settled(twins)
    happenings.ship_order(world, number)
    happenings.edit_product(world, next(iter(world.products)))
    happenings.tell_of_capture(world)
    events.book_changed(world, "Invoice", "9000001", "Create")
    events.xero_changed(world, "INVOICE", "0f4f5b2e-0000-4000-8000-000000000001", "UPDATE")
    settled(twins)
    kept = inbox.events_after(0)
    assert len(kept) == len(world.webhooks.told)
    assert {event.times_received for event in kept} == {2}


def test_what_a_dead_intake_missed_comes_with_the_vendors_retry(twins: Sandbox, inbox: Inbox) -> None:
    """Shopify tries nine times; WooCommerce never again, which is what polling is for."""
    world = twins.world
    with RunningIntake(inbox, sandbox_keys(twins.url)) as running:
        url = running.url
    subscribe(world, url, ["woocommerce"])
    place_order(world, "woocommerce", next(iter(world.products)), 1)
    settled(twins)
    subscribe(world, url, ["shopify"], pace=0.005)
    place_order(world, "shopify", next(iter(world.products)), 1)
    revived = RunningIntake(inbox, sandbox_keys(twins.url))
    revived.at_port(int(url.split(":")[2].split("/")[0]))
    with revived:
        settled(twins)
    assert came(inbox, "shopify") == ["inventory_levels/update", "orders/create"]
    assert came(inbox, "woocommerce") == []


def test_the_twin_gives_up_as_its_vendor_does(twins: Sandbox) -> None:
    world = twins.world
    url = "http://127.0.0.1:9/webhooks"
    subscribe(world, url, ["shopify", "woocommerce"], ["orders/create", "order.created"], pace=0.0)
    for _ in range(6):
        place_order(world, "woocommerce", next(iter(world.products)), 1)
        settled(twins)
    place_order(world, "shopify", next(iter(world.products)), 1)
    settled(twins)
    shopify, woo = world.webhooks.rows()["subscriptions"]
    assert (woo["is_active"], woo["counts"]["no_answer"]) == (False, 5)
    assert (shopify["is_active"], shopify["counts"]["no_answer"]) == (False, 9)


def test_shopify_is_subscribed_through_its_own_api_topic_by_topic(twins: Sandbox, inbox: Inbox) -> None:
    mutation = """mutation($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) {
      webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) {
        webhookSubscription { id topic uri } userErrors { field message } } }"""
    with RunningIntake(inbox, sandbox_keys(twins.url)) as running:
        uri = f"{running.url}/shopify"
        for asked, wrong in (({"uri": "ftp://nowhere"}, 1), ({"uri": uri}, 0)):
            made = ask(twins, mutation, topic="ORDERS_CREATE", to=asked)["webhookSubscriptionCreate"]
            assert len(made["userErrors"]) == wrong
        assert (made["webhookSubscription"]["topic"], made["webhookSubscription"]["uri"]) == ("ORDERS_CREATE", uri)
        place_order(twins.world, "shopify", next(iter(twins.world.products)), 1)
        settled(twins)
    assert came(inbox, "shopify") == ["orders/create"]
