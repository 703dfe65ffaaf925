"""The Shopify twin reads like the Admin API and guards its writes like it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from sandbox.platforms.shopify_cost import Bucket
from sandbox.server import Sandbox
from tests.sandbox.shopify_client import FULFIL, ORDERS, SET_STOCK, STOCK, TRACK, all_orders, ask, post


def minor(bag: dict[str, Any]) -> int:
    assert bag["shopMoney"]["currencyCode"] == "USD"
    return int(Decimal(bag["shopMoney"]["amount"]) * 100)


def test_every_order_adds_up_on_the_wire(untouched: Sandbox) -> None:
    orders = all_orders(untouched)
    written = [o for o in untouched.world.orders.values() if o.channel == "shopify"]
    assert len(orders) == len(written) == len({o["id"] for o in orders})
    for order in orders:
        lines = order["lineItems"]["nodes"]
        taxes = sum(minor(t["priceSet"]) for line in lines for t in line["taxLines"])
        nets = sum(
            line["quantity"] * minor(line["originalUnitPriceSet"])
            - sum(minor(a["allocatedAmountSet"]) for a in line["discountAllocations"])
            for line in lines
        )
        shipping = sum(
            minor(s["discountedPriceSet"]) + sum(minor(t["priceSet"]) for t in s["taxLines"])
            for s in order["shippingLines"]["nodes"]
        )
        assert nets + taxes + shipping + minor(order["totalTipReceivedSet"]) == minor(order["totalPriceSet"])


def test_paging_in_order_of_change_finds_each_order_once_while_orders_change(sandbox: Sandbox) -> None:
    first = ask(sandbox, ORDERS, first=100, query=None)["orders"]
    httpx.post(f"{sandbox.url}/_control/orders", json={"channel": "shopify", "sku": "KIT-001", "quantity": 1})
    names = [o["name"] for o in first["nodes"]]
    after = first["pageInfo"]["endCursor"]
    while after:
        page = ask(sandbox, ORDERS, first=100, after=after, query=None)["orders"]
        names += [o["name"] for o in page["nodes"]]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    assert len(names) == len(set(names)) == sum(o.channel == "shopify" for o in sandbox.world.orders.values())


def test_the_updated_at_filter_cuts_where_it_says(untouched: Sandbox) -> None:
    found = all_orders(untouched, "updated_at:>='2026-10-20T00:00:00Z'")
    assert found
    assert [o["updatedAt"] for o in found] == sorted(o["updatedAt"] for o in found)
    assert min(o["updatedAt"] for o in found) >= "2026-10-20T00:00:00Z"
    assert len(found) + len(all_orders(untouched, "updated_at:<'2026-10-20T00:00:00Z'")) == len(all_orders(untouched))


def test_history_pages_by_index_in_both_directions() -> None:
    with Sandbox(orders=100_000) as sandbox:
        backwards = "{ orders(first: 3, sortKey: CREATED_AT, reverse: true) { nodes { name createdAt } pageInfo { endCursor } } }"
        assert ask(sandbox, backwards)["orders"]["nodes"][0]["createdAt"] >= "2026-10-31"
        old = ask(sandbox, ORDERS, first=5, query="updated_at:>='2026-03-01T00:00:00Z'")["orders"]
        assert old["nodes"][0]["updatedAt"].startswith("2026-03-01T00")
        following = ask(
            sandbox, ORDERS, first=5, after=old["pageInfo"]["endCursor"], query="updated_at:>='2026-03-01T00:00:00Z'"
        )
        names = [o["name"] for page in (old, following["orders"]) for o in page["nodes"]]
        assert [int(name[1:]) for name in names] == list(range(int(names[0][1:]), int(names[0][1:]) + 10))


def levels(sandbox: Sandbox) -> list[dict[str, Any]]:
    variants = ask(sandbox, STOCK, first=100)["productVariants"]["nodes"]
    return [
        {"sku": v["sku"], "item": v["inventoryItem"]["id"], "place": level["location"]["id"], "level": level["id"]}
        | {q["name"]: q["quantity"] for q in level["quantities"]}
        for v in variants
        for level in v["inventoryItem"]["inventoryLevels"]["nodes"]
    ]


def test_on_hand_is_the_sum_of_the_other_states(untouched: Sandbox) -> None:
    found = levels(untouched)
    assert len(found) == 2 * (len(untouched.world.catalogue) - 1)
    for level in found:
        parts = ("available", "committed", "reserved", "safety_stock", "damaged", "quality_control")
        assert level["on_hand"] == sum(level[part] for part in parts)
    assert any(level["damaged"] for level in found)
    differing = [row for row in found if row["available"] != max(0, _truth(untouched, row))]
    assert 10 <= len(differing) <= 14


def _truth(sandbox: Sandbox, row: dict[str, Any]) -> int:
    place = "newark" if row["place"].endswith("1") else "reno"
    return sandbox.world.stock[(row["sku"], place)].available


def quantity_input(row: dict[str, Any], quantity: int, before: int | None) -> dict[str, Any]:
    one = {
        "inventoryItemId": row["item"],
        "locationId": row["place"],
        "quantity": quantity,
        "changeFromQuantity": before,
    }
    return {"name": "available", "reason": "correction", "quantities": [one]}


def test_a_stock_write_is_compared_and_remembered_by_its_key(sandbox: Sandbox) -> None:
    row = levels(sandbox)[0]
    wanted = quantity_input(row, 3, row["available"])
    first = ask(sandbox, SET_STOCK, input=wanted, key="k-1")
    assert first["inventorySetQuantities"]["userErrors"] == []
    assert ask(sandbox, SET_STOCK, input=wanted, key="k-1") == first
    assert sandbox.world.effects.count("shopify", "stock_level_set", f"{row['item']}|{row['place']}") == 1
    stale = ask(sandbox, SET_STOCK, input=wanted, key="k-2")["inventorySetQuantities"]["userErrors"]
    assert [error["code"] for error in stale] == ["CHANGE_FROM_QUANTITY_STALE"]
    other = ask(sandbox, SET_STOCK, input=quantity_input(row, 9, 3), key="k-1")["inventorySetQuantities"]["userErrors"]
    assert [error["code"] for error in other] == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert next(r for r in levels(sandbox) if r["level"] == row["level"])["available"] == 3


def test_a_stock_key_is_forgotten_after_a_day(sandbox: Sandbox) -> None:
    row = levels(sandbox)[1]
    wanted = quantity_input(row, 3, row["available"])
    for hours, codes in ((0, []), (23, []), (2, ["CHANGE_FROM_QUANTITY_STALE"])):
        sandbox.world.clock.advance(hours * 3600)
        errors = ask(sandbox, SET_STOCK, input=wanted, key="day-1")["inventorySetQuantities"]["userErrors"]
        assert [error["code"] for error in errors] == codes


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": "because"}, "INVALID_REASON"),
        ({"name": "committed"}, "INVALID_NAME"),
        (
            {"quantities": [{"inventoryItemId": "gid://shopify/InventoryItem/1", "locationId": "x", "quantity": 1}]},
            "INVALID_INVENTORY_ITEM",
        ),
    ],
)
def test_bad_stock_input_is_refused_and_changes_nothing(sandbox: Sandbox, change: dict[str, Any], code: str) -> None:
    wanted = quantity_input(levels(sandbox)[0], 3, None) | change
    errors = ask(sandbox, SET_STOCK, input=wanted, key="k")["inventorySetQuantities"]["userErrors"]
    assert [error["code"] for error in errors] == [code]
    assert sandbox.world.effects.count("shopify") == 0


def test_a_stock_write_without_a_key_fails_at_run_time(sandbox: Sandbox) -> None:
    bare = SET_STOCK.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    answer = post(sandbox, bare, input=quantity_input(levels(sandbox)[0], 3, None))
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert sandbox.world.effects.count("shopify") == 0


def test_a_box_can_be_told_once(sandbox: Sandbox) -> None:
    parcel = next(
        p
        for p in sandbox.world.parcels
        if not p.is_known_to_storefront and p.order_number.startswith("#") and not p.voided_at
    )
    order = next(o for o in all_orders(sandbox) if o["name"] == parcel.order_number)
    (group,) = order["fulfillmentOrders"]["nodes"]
    lines = [
        {"id": line["id"], "quantity": line["remainingQuantity"]}
        for line in group["lineItems"]["nodes"]
        if line["remainingQuantity"]
    ]
    told = {
        "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": group["id"], "fulfillmentOrderLineItems": lines}],
        "trackingInfo": {"company": "UPS", "number": parcel.tracking_number},
    }
    made = ask(sandbox, FULFIL, fulfillment=told)["fulfillmentCreate"]
    assert made["userErrors"] == []
    assert made["fulfillment"]["trackingInfo"][0]["number"] == parcel.tracking_number
    assert ask(sandbox, FULFIL, fulfillment=told)["fulfillmentCreate"]["userErrors"]
    assert sandbox.world.effects.count("shopify", "fulfillment_created") == 1
    (again,) = all_orders(sandbox, f"name:{order['name']}")
    assert again["displayFulfillmentStatus"] == "FULFILLED"
    assert again["updatedAt"] > order["updatedAt"]
    changed = ask(sandbox, TRACK, id=made["fulfillment"]["id"], tracking={"number": "1Z1"})[
        "fulfillmentTrackingInfoUpdate"
    ]
    assert changed["fulfillment"]["trackingInfo"] == [{"number": "1Z1"}]


def test_a_wrong_token_is_refused(untouched: Sandbox) -> None:
    answer = post(untouched, "{ shop { name } }", token="wrong")
    assert answer.status_code == 401
    assert "Invalid API key or access token" in answer.json()["errors"]


def test_an_empty_bucket_answers_throttled_with_status_200(sandbox: Sandbox) -> None:
    sandbox.world.state("shopify")["bucket"] = Bucket(maximum=5, restore_rate=0.001)
    answer = post(sandbox, ORDERS, first=50, query=None)
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer.json()["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] <= 5


def test_answers_name_version_and_request(untouched: Sandbox) -> None:
    answer = post(untouched, "{ shop { name ianaTimezone } }")
    assert answer.headers["X-Shopify-API-Version"] == "2026-10"
    assert len(answer.headers["X-Request-Id"]) == 36
    assert answer.json()["data"]["shop"]["ianaTimezone"] == "America/New_York"


def test_an_unknown_field_is_an_error_not_a_null(untouched: Sandbox) -> None:
    assert post(untouched, "{ shop { nonsense } }").json()["errors"][0]["extensions"]["code"] == "undefinedField"
