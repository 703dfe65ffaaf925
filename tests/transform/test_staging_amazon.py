"""Amazon's answers as orders, lines, taxes and listings: the twin's own account, and what it never holds."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from sandbox.amazon_facts import BY_AMAZON, BY_MERCHANT, CANADA, UNITED_STATES, Amazon
from sandbox.platforms.amazon_objects import listing_row, order_row
from sandbox.world import build_world
from tests.transform.raw_rows import RawRows

ASKED = ("PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX")
LISTED = ("summaries", "issues", "fulfillmentAvailability", "productTypes")


@pytest.fixture(scope="module")
def account() -> Amazon:
    return build_world().amazon


def listing(account: Amazon, sku: str) -> dict[str, Any]:
    row = listing_row(account.listings[sku], LISTED, (UNITED_STATES, CANADA))
    return row | {"lastUpdatedDate": max(store["lastUpdatedDate"] for store in row["summaries"])}


@pytest.fixture(scope="module")
def warehouse(account: Amazon) -> RawRows:
    rows = RawRows().raw("amazon", "orders", [order_row(order, ASKED) for order in account.orders.values()])
    return rows.raw("amazon", "listings", [listing(account, sku) for sku in account.listings])


def test_every_order_is_there_with_its_own_total(warehouse: RawRows, account: Amazon) -> None:
    read = warehouse.query(
        "select order_number, total_minor, tax_minor, currency_code, order_payment_status, order_fulfilment_status,"
        " is_fulfilled_by_channel, cancelled_at is not null, is_b2b from {{ ref('can_orders__amazon') }}"
    )
    payment = {"PENDING": "pending", "CANCELLED": "voided"}
    fulfilment = {"SHIPPED": "fulfilled", "PARTIALLY_SHIPPED": "partial"}
    # An order that waits for its payment has no prices yet.
    money = {
        order.number: (0, 0)
        if order.status == "PENDING"
        else (
            order.total_minor,
            sum(line.tax_minor + line.shipping_tax_minor for line in order.lines if not line.is_cancelled),
        )
        for order in account.orders.values()
    }
    assert sorted(read) == sorted(
        (
            order.number,
            *money[order.number],
            "USD",
            payment.get(order.status, "paid"),
            fulfilment.get(order.status, "unfulfilled"),
            order.fulfilled_by == BY_AMAZON,
            order.status == "CANCELLED",
            order.is_business,
        )
        for order in account.orders.values()
    )


def test_an_order_is_its_lines(warehouse: RawRows) -> None:
    assert warehouse.singular_test("assert_amazon_orders_equal_their_lines") == []


def test_a_kind_of_proceeds_nobody_mapped_is_found(account: Amazon) -> None:
    order = next(order for order in account.orders.values() if order.status == "SHIPPED")
    row = order_row(order, ASKED)
    row["proceeds"]["grandTotal"]["amount"] = "999.99"
    wrong = RawRows().raw("amazon", "orders", [row]).singular_test("assert_amazon_orders_equal_their_lines")
    assert [found[0] for found in wrong] == [f"amazon:main:{order.number}"]


def test_shipping_is_a_line_and_a_discount_lowers_the_goods(warehouse: RawRows, account: Amazon) -> None:
    order = next(order for order in account.orders.values() if order.is_business)
    (goods,) = order.lines
    lines = warehouse.query(
        "select line_type, sku, quantity, gross_minor, discount_minor, net_minor, tax_minor"
        f" from {{{{ ref('can_order_lines__amazon') }}}} where order_id = 'amazon:main:{order.number}' order by line_type"
    )
    assert goods.discount_minor > 0
    assert lines == [
        ("product", goods.sku, 5, goods.gross_minor, goods.discount_minor, goods.gross_minor - goods.discount_minor,
         goods.tax_minor),
        ("shipping", None, 1, 495, 0, 495, goods.shipping_tax_minor),
    ]  # fmt: skip


def test_a_cancelled_item_is_an_order_for_nothing(warehouse: RawRows, account: Amazon) -> None:
    cancelled = {line.item_id for order in account.orders.values() for line in order.lines if line.is_cancelled}
    read = warehouse.query(
        "select platform_line_id, quantity, net_minor, tax_minor from {{ ref('can_order_lines__amazon') }} where quantity = 0"
    )
    assert {row[0] for row in read} == cancelled
    assert {row[1:] for row in read} == {(0, 0, 0)}


def test_the_tax_is_the_marketplace_s_and_the_place_its_store_s(warehouse: RawRows, account: Amazon) -> None:
    taxed = warehouse.query(
        "select buyer_place, is_collected_by_marketplace, sum(tax_minor)::bigint from {{ ref('can_tax_lines__amazon') }}"
        " where tax_minor != 0 group by all"
    )
    priced = (order for order in account.orders.values() if order.status != "PENDING")
    lines = (line for order in priced for line in order.lines if not line.is_cancelled)
    assert taxed == [("US", True, sum(line.tax_minor + line.shipping_tax_minor for line in lines))]


def test_only_what_the_seller_sends_is_left_to_send(warehouse: RawRows, account: Amazon) -> None:
    read = warehouse.query(
        "select platform_line_id, remaining_quantity from {{ ref('can_fulfilment_orders__amazon') }}"
    )
    open_orders = (
        order
        for order in account.orders.values()
        if order.fulfilled_by == BY_MERCHANT and order.status not in ("SHIPPED", "CANCELLED")
    )
    assert sorted(read) == sorted(
        (line.item_id, 0 if line.is_cancelled else line.quantity - line.shipped)
        for order in open_orders
        for line in order.lines
    )


def test_a_listing_in_two_stores_is_one_row_with_one_quantity(warehouse: RawRows, account: Amazon) -> None:
    read = warehouse.query(
        "select sku, pool_group, platform_product_type, listed_quantity, is_tracked, platform_product_id"
        " from {{ ref('can_channel_listings__amazon') }}"
    )
    assert sorted(read) == sorted(
        (
            one.sku,
            ",".join(sorted(one.marketplace_ids)),
            one.product_type,
            one.quantity if one.sent_by == "DEFAULT" else None,
            one.sent_by == "DEFAULT",
            one.asin,
        )
        for one in account.listings.values()
    )
    assert any("," in row[1] for row in read)


def test_a_listing_in_no_store_is_offered_to_nobody(account: Amazon) -> None:
    row = listing(account, "KIT-001") | {"summaries": []}
    rows = RawRows().raw("amazon", "listings", [row])
    assert rows.query("select * from {{ ref('can_channel_listings__amazon') }}") == []


@pytest.mark.parametrize(
    ("status", "expected"), [("UNFULFILLABLE", ("voided", "unfulfilled")), ("SOMETHING_NEW", ("unmapped", "unmapped"))]
)
def test_a_status_nobody_mapped_says_so(account: Amazon, status: str, expected: tuple[str, str]) -> None:
    row = copy.deepcopy(order_row(next(iter(account.orders.values())), ASKED))
    row["fulfillment"]["fulfillmentStatus"] = status
    rows = RawRows().raw("amazon", "orders", [row])
    query = "select order_payment_status, order_fulfilment_status from {{ ref('can_orders__amazon') }}"
    assert rows.query(query) == [expected]


def test_an_amount_finer_than_its_currency_is_not_rounded_away(account: Amazon) -> None:
    row = copy.deepcopy(order_row(next(iter(account.orders.values())), ASKED))
    row["proceeds"]["grandTotal"]["amount"] = "10.005"
    rows = RawRows().raw("amazon", "orders", [row])
    assert rows.query("select total_text, total_minor from {{ ref('stg_amazon__orders') }}") == [("10.005", None)]


def test_proceeds_that_name_no_part_are_about_the_goods(account: Amazon) -> None:
    row = copy.deepcopy(order_row(next(iter(account.orders.values())), ASKED))
    for breakdown in row["orderItems"][0]["proceeds"]["breakdowns"]:
        breakdown.pop("detailedBreakdowns", None)
    rows = RawRows().raw("amazon", "orders", [row])
    assert rows.query("select part from {{ ref('stg_amazon__item_proceeds') }} where category = 'TAX'") == [("ITEM",)]
    assert rows.singular_test("assert_amazon_orders_equal_their_lines") == []
