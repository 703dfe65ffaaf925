"""Every field of money in WooCommerce's recorded samples is mapped by staging, or listed with the reason why it isn't.

Two generations of the vendor's documentation: the REST API v3 our connector reads (`order`, `refund`, `product`), and the
API before it (`old_order`, …), whose bodies say the same with other names and never reach us.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.raw_rows import RawRows
from tests.transform.recorded_money import Recorded, list_as

KINDS = {
    "order": "rest_wp_api_v3/orders__*.json",
    "refund": "rest_wp_api_v3/order-refunds__*.json",
    "product": "rest_wp_api_v3/products__*.json",
    "coupon": "rest_wp_api_v3/coupons__*.json",
    "customer": "rest_wp_api_v3/customers__*.json",
    "report": "rest_wp_api_v3/reports__*.json",
    "tax": "rest_wp_api_v3/taxes__*.json",
    "old_order": "rest_v3/orders__*.json rest_v3/customers__06*.json rest_v3/products__08*.json",
    "old_refund": "rest_v3/order-refunds__*.json",
    "old_product": "rest_v3/products__*.json",
    "old_coupon": "rest_v3/coupons__*.json",
    "old_customer": "rest_v3/customers__*.json",
    "old_tax": "rest_v3/taxes__*.json",
    "old_report": "rest_v3/reports__*.json",
}

ORDERS, LINES = "stg_woocommerce__orders", "stg_woocommerce__order_lines"
REFUNDS, REFUND_LINES = "stg_woocommerce__refunds", "stg_woocommerce__refund_lines"
MAPPED = {
    "order.total": f"{ORDERS}.total_minor",
    "order.total_tax": f"{ORDERS}.tax_minor",
    "order.discount_total": f"{ORDERS}.discount_minor",
    "order.discount_tax": f"{ORDERS}.discount_tax_minor",
    "order.shipping_total": f"{ORDERS}.shipping_minor",
    "order.shipping_tax": f"{ORDERS}.shipping_tax_minor",
    "order.cart_tax": f"{ORDERS}.cart_tax_minor",
    "order.refunds[].total": f"{ORDERS}.refunded_minor",
    "order.line_items[].subtotal": f"{LINES}.gross_minor",
    "order.line_items[].total": f"{LINES}.net_minor",
    "order.line_items[].total_tax": f"{LINES}.tax_minor",
    "order.shipping_lines[].total": f"{LINES}.net_minor",
    "order.shipping_lines[].total_tax": f"{LINES}.tax_minor",
    "refund.amount": f"{REFUNDS}.amount_minor",
    "refund.line_items[].total": f"-{REFUND_LINES}.net_minor",
    "refund.line_items[].total_tax": f"-{REFUND_LINES}.tax_minor",
    "product.price": "stg_woocommerce__products.price_text",
}
# The same money in the older bodies, brought to today's names: what is claimed there arrives as here.
OLD_ORDER = {
    "total": "total",
    "total_tax": "total_tax",
    "total_discount": "discount_total",
    "total_shipping": "shipping_total",
    "cart_tax": "cart_tax",
    "shipping_tax": "shipping_tax",
}
OLD_MAPPED = {
    **{f"old_order.{theirs}": MAPPED[f"order.{ours}"] for theirs, ours in OLD_ORDER.items()},
    "old_order.line_items[].subtotal": f"{LINES}.gross_minor",
    "old_order.line_items[].total": f"{LINES}.net_minor",
    "old_order.line_items[].total_tax": f"{LINES}.tax_minor",
    "old_order.shipping_lines[].total": f"{LINES}.net_minor",
    "old_refund.amount": f"{REFUNDS}.amount_minor",
    "old_refund.line_items[].total": f"-{REFUND_LINES}.net_minor",
    "old_refund.line_items[].total_tax": f"-{REFUND_LINES}.tax_minor",
    "old_product.price": "stg_woocommerce__products.price_text",
}

BEFORE_DISCOUNT = "tax before discounts: nobody pays it"
UNIT = "derived: total divided by quantity, with as many digits as it takes"
RATE = "the tax of the line or order by rate: the line's and the order's tax are its sum"
REGULAR = "the price while no sale runs; what is asked now is `price`"
RULE = "a rule: what it took off is in the lines, subtotal less total"
COUNT = "a number of orders, customers or pieces"
SPENT = "a running total per customer: computed from the orders instead"
NOT_USED = {
    **list_as(BEFORE_DISCOUNT, "order", "line_items[].subtotal_tax line_items[].taxes[].subtotal"),
    **list_as(BEFORE_DISCOUNT, "old_order", "line_items[].subtotal_tax"),
    **list_as(UNIT, "order", "line_items[].price"),
    **list_as(UNIT, "old_order", "line_items[].price"),
    **list_as(RATE, "order", "line_items[].taxes[].total tax_lines[].tax_total tax_lines[].shipping_tax_total"),
    **list_as(RATE, "old_order", "tax_lines[].total"),
    **list_as("the sum of the lines before shipping and tax", "old_order", "subtotal"),
    **list_as(SPENT, "old_order", "customer.total_spent"),
    **list_as(SPENT, "old_customer", "total_spent"),
    **list_as("what was given back before a discount: what went back is the total", "refund", "line_items[].subtotal line_items[].subtotal_tax"),
    **list_as("what was given back before a discount: what went back is the total", "old_refund", "line_items[].subtotal line_items[].subtotal_tax"),
    **list_as("the line of the order that is given back, by its id", "refund", "line_items[].meta_data[].value"),
    **list_as(UNIT, "refund", "line_items[].price"),
    **list_as(UNIT, "old_refund", "line_items[].price"),
    **list_as(REGULAR, "product", "regular_price"),
    **list_as(REGULAR, "old_product", "regular_price"),
    **list_as(COUNT, "product", "total_sales"),
    **list_as(COUNT, "old_product", "total_sales"),
    **list_as(COUNT, "report", "total"),
    **list_as(RULE, "coupon", "amount minimum_amount maximum_amount"),
    **list_as(RULE, "old_coupon", "amount minimum_amount maximum_amount"),
}  # fmt: skip


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return Recorded("woocommerce", KINDS).fill_zeros({**MAPPED, **OLD_MAPPED})


def test_every_field_of_money_is_mapped_or_listed(recorded: Recorded) -> None:
    recorded.assert_claimed({**MAPPED, **OLD_MAPPED}, NOT_USED)


def order(said: dict[str, Any]) -> dict[str, Any]:
    return {"currency": "USD", **said}


def old_order(said: dict[str, Any]) -> dict[str, Any]:
    """An order of the older API with today's names. Its ids repeat over the samples: staging sums them all."""
    names = {ours: said[theirs] for theirs, ours in OLD_ORDER.items() if theirs in said}
    lists = {name: said.get(name, []) for name in ("line_items", "shipping_lines", "fee_lines")}
    return {"id": said.get("id"), "currency": said.get("currency", "USD"), **names, **lists}


def old_refund(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in ("id", "amount", "line_items") if name in said}


def numbered(records: list[dict[str, Any]], first: int) -> list[dict[str, Any]]:
    """Samples repeat their ids; in a shop an id is one record."""
    return [{**record, "id": first + number} for number, record in enumerate(records)]


def test_every_mapped_amount_arrives_in_staging_to_the_last_minor_unit(recorded: Recorded) -> None:
    of = recorded.records
    orders = [*map(order, of["order"]), *(old_order(said) for said in of["old_order"] if "total" in said)]
    # The API names the currency of a refund nowhere: the connector adds its order's.
    refunds = [{**said, "order_currency": "USD", "order_id": 1} for said in (*of["refund"], *map(old_refund, of["old_refund"]))]  # fmt: skip
    products = [
        {"price": said["price"]} for kind in ("product", "old_product") for said in of[kind] if said.get("price")
    ]
    rows = RawRows().raw("woocommerce", "orders", numbered(orders, 1))
    rows.raw("woocommerce", "order_refunds", numbered([said for said in refunds if "amount" in said], 1))
    rows.raw("woocommerce", "products", numbered(products, 1))
    shipping = sum(recorded.said(f"{kind}.shipping_lines[].total") for kind in ("order", "old_order"))
    mapped = {**MAPPED, **OLD_MAPPED}
    recorded.assert_arrives(rows, {field: target for field, target in mapped.items() if ".gross_minor" not in target})
    # Shipping has no price before discounts: its total is gross and net.
    goods = sum(recorded.said(field) for field, target in mapped.items() if ".gross_minor" in target)
    assert rows.query(f"select sum(gross_minor) from {{{{ ref('{LINES}') }}}}") == [(goods + shipping,)]
