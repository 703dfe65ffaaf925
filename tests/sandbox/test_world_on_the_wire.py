"""What both shops say over HTTP adds up to the golden month, by the shop's own calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx

from sandbox.server import CREDENTIALS, Sandbox
from tests.sandbox.shopify_client import all_orders


def local_month(text: str) -> str:
    moment = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m")


def test_october_is_forty_seven_thousand_on_both_channels(untouched: Sandbox) -> None:
    placed = [o for o in all_orders(untouched) if local_month(o["createdAt"]) == "2026-10" and not o["test"]]
    shopify = sum(Decimal(o["totalPriceSet"]["shopMoney"]["amount"]) for o in placed)
    keys = CREDENTIALS["woocommerce"]
    url = untouched.base_urls["woocommerce"] + "/wp-json/wc/v3/orders"
    shop = httpx.Client(auth=(keys["consumer_key"], keys["consumer_secret"]), timeout=30)
    rows = [o for page in (1, 2) for o in shop.get(url, params={"per_page": 100, "page": page}).json()]
    woo = sum(Decimal(o["total"]) for o in rows if local_month(o["date_created_gmt"]) == "2026-10")
    assert shopify > 0
    assert woo > 0
    assert shopify + woo == Decimal("47000.00")


def test_each_shop_names_the_processors_charge_and_refund(untouched: Sandbox) -> None:
    charges = {charge.charge_id: charge for charge in untouched.world.charges}
    refunds = {refund.stripe_refund_id for refund in untouched.world.refunds}
    orders = all_orders(untouched)
    by_card = [
        t for o in orders for t in o["transactions"] if t["gateway"] == "stripe" and t["kind"] in {"SALE", "CAPTURE"}
    ]
    assert by_card
    assert all(
        charges[t["authorizationCode"]].amount_minor == int(Decimal(t["amountSet"]["shopMoney"]["amount"]) * 100)
        for t in by_card
    )
    given_back = [t["authorizationCode"] for o in orders for t in o["transactions"] if t["kind"] == "REFUND"]
    assert given_back
    assert set(given_back) <= refunds
