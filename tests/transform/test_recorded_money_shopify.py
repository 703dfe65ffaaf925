"""Every field of money in Shopify's recorded objects is mapped by staging, or listed with the reason why it isn't."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.raw_rows import RawRows
from tests.transform.recorded_money import Recorded, list_as
from tests.transform.recorded_shopify import from_rest, from_table, order, rest_line, rest_payment, rest_shipping

REST = {
    "rest_order": "rest_fixtures_go/order.json rest_fixtures_go/orders.json rest_fixtures_go/order_with_transaction.json",
    "rest_line": "rest_fixtures_go/orderlineitems/valid.json",
    "rest_shipping": "rest_fixtures_go/shippinglines/valid.json",
    "rest_payment": "rest_fixtures_go/transaction.json rest_fixtures_go/transactions.json",
    "rest_inventory_item": "rest_fixtures_go/inventory_item.json rest_fixtures_go/inventory_items.json",
    "rest_product": "rest_fixtures_go/product.json",
    "inventory_level": "rest_fixtures_go/inventory_level.json rest_fixtures_go/inventory_levels.json",
    "listing": "rest_fixtures_go/product_listing.json",
    "draft": "rest_fixtures_go/draft_order*.json",
    "rest_customer": "rest_fixtures_go/customer.json",
    "rest_fulfillment": "rest_fixtures_go/fulfillment.json",
    "gift_card": "rest_fixtures_go/gift_card/*.json",
    "payout": "rest_fixtures_go/payout*.json",
    "ledger": "rest_fixtures_go/payments_transaction*.json",
    "price_rule": "rest_fixtures_go/price_rule/*.json",
    "zone": "rest_fixtures_go/shipping_zones.json",
}
TABLES = ("order", "order_line", "order_line_tax_line", "tax_line", "discount_allocation", "order_shipping_line")
TABLES += ("order_shipping_tax_line", "transaction", "refund", "order_line_refund", "refund_line_item")
TABLES += ("order_adjustment", "product_variant", "inventory_item", "customer", "tender_transaction")
TABLES += ("discount_application", "return_shipping_fee", "abandoned_checkout")
CODES = ("app", "basic", "bxgy", "free_shipping")
KINDS = {
    **REST,
    **{name: f"connector_seed_graphql/shopify_gql_{name}_data.csv" for name in TABLES},
    "code": " ".join(f"connector_seed_graphql/shopify_gql_discount_code_{name}_data.csv" for name in CODES),
}

MAPPED = {
    "order.total_price_set_shop_amount": "stg_shopify__orders.total_minor",
    "order.total_price_set_pres_amount": "stg_shopify__orders.presentment_total_minor",
    "order.total_tax_set_shop_amount": "stg_shopify__orders.tax_minor",
    "order.total_discounts_set_shop_amount": "stg_shopify__orders.discount_minor",
    "order.total_shipping_price_set_shop_amount": "stg_shopify__orders.shipping_minor",
    "order.total_tip_received_set_shop_amount": "stg_shopify__orders.tip_minor",
    "order_line.original_total_set_shop_amount": "stg_shopify__order_lines.price_minor",
    "order_line_tax_line.price_set_shop_amount": "stg_shopify__order_lines.tax_minor",
    "tax_line.price_set_shop_amount": "stg_shopify__order_lines.tax_minor",
    "discount_allocation.allocated_amount_set_shop_amount": "stg_shopify__order_lines.discount_minor",
    "order_shipping_line.original_price_set_shop_amount": "stg_shopify__order_charges.price_minor",
    "order_shipping_tax_line.price_set_shop_amount": "stg_shopify__order_charges.tax_minor",
    "transaction.amount_set_shop_amount": "stg_shopify__transactions.amount_minor",
    "transaction.amount_set_pres_amount": "stg_shopify__transactions.presentment_amount_minor",
    "refund.total_refunded_set_shop_amount": "stg_shopify__refunds.total_minor",
    "order_line_refund.subtotal_set_shop_amount": "stg_shopify__refund_lines.amount_minor",
    "order_line_refund.total_tax_set_shop_amount": "stg_shopify__refund_lines.tax_minor",
    "refund_line_item.subtotal_set_shop_amount": "stg_shopify__refund_lines.amount_minor",
    "refund_line_item.total_tax_set_shop_amount": "stg_shopify__refund_lines.tax_minor",
    "order_adjustment.amount_set_shop_amount": "stg_shopify__refund_lines.amount_minor",
    "order_adjustment.tax_amount_set_shop_amount": "stg_shopify__refund_lines.tax_minor",
    "product_variant.price": "stg_shopify__product_variants.price_text",
    "inventory_item.unit_cost_amount": "stg_shopify__product_variants.unit_cost_minor",
    "rest_order.total_price": "stg_shopify__orders.total_minor",
    "rest_order.total_discounts": "stg_shopify__orders.discount_minor",
    "rest_order.total_tip_received": "stg_shopify__orders.tip_minor",
    "rest_order.current_total_price": "stg_shopify__orders.current_total_minor",
    "rest_order.line_items[].price": "stg_shopify__order_lines.unit_price_minor",
    "rest_order.shipping_lines[].price": "stg_shopify__order_charges.price_minor",
    "rest_order.transactions[].amount": "stg_shopify__transactions.amount_minor",
    "rest_line.price": "stg_shopify__order_lines.unit_price_minor",
    "rest_line.tax_lines[].price": "stg_shopify__order_lines.tax_minor",
    "rest_line.discount_allocations[].amount": "stg_shopify__order_lines.discount_minor",
    "rest_shipping.price": "stg_shopify__order_charges.price_minor",
    "rest_shipping.tax_lines[].price": "stg_shopify__order_charges.tax_minor",
    "rest_payment.amount": "stg_shopify__transactions.amount_minor",
    "rest_product.variants[].price": "stg_shopify__product_variants.price_text",
    "rest_inventory_item.cost": "stg_shopify__product_variants.unit_cost_minor",
}
# REST names no total of a line; ours is price × quantity, which the unit price proves.
DERIVED = {"stg_shopify__order_lines.price_minor"}

BUYER = (
    "the same amount in the buyer's currency: books are kept in the shop's; order and payment carry the buyer's total"
)
DERIVES = "derived: the lines, their discounts and taxes hold it"
LIST = "a price list or a rule: nothing moved"
NO_SALE = "never became an order"
PAYMENTS = "Shopify Payments' own ledger, which no connector reads: the processor of this release is Stripe"
SPENT = "a running total per customer: computed from the orders instead"
NOT_USED = {
    **list_as(BUYER, "order", "subtotal_price_set_pres_amount total_discounts_set_pres_amount total_shipping_price_set_pres_amount total_tax_set_pres_amount total_tip_received_set_pres_amount"),
    **list_as(BUYER, "order_line", "original_total_set_pres_amount total_discount_set_pres_amount"),
    **list_as(BUYER, "order_line_tax_line", "price_set_pres_amount"),
    **list_as(BUYER, "tax_line", "price_set_pres_amount"),
    **list_as(BUYER, "discount_allocation", "allocated_amount_set_pres_amount"),
    **list_as(BUYER, "order_shipping_line", "original_price_set_pres_amount discounted_price_set_pres_amount current_discounted_price_set_pres_amount"),
    **list_as(BUYER, "order_shipping_tax_line", "price_set_pres_amount"),
    **list_as(BUYER, "refund", "total_refunded_set_pres_amount"),
    **list_as(BUYER, "order_line_refund", "subtotal_set_pres_amount total_tax_set_pres_amount"),
    **list_as(BUYER, "refund_line_item", "price_set_pres_amount subtotal_set_pres_amount total_tax_set_pres_amount"),
    **list_as(BUYER, "order_adjustment", "amount_set_pres_amount tax_amount_set_pres_amount"),
    **list_as(BUYER, "rest_line", "discount_allocations[].amount_set.presentment_money.amount"),
    **list_as(BUYER, "rest_shipping", "price_set.presentment_money.amount discounted_price_set.presentment_money.amount"),
    **list_as(DERIVES, "order", "subtotal_price_set_shop_amount"),
    **list_as("line discounts without the share of order discounts: the allocations hold both", "order_line", "total_discount_set_shop_amount"),
    **list_as("derived: original price less its discount allocations", "order_shipping_line", "discounted_price_set_shop_amount current_discounted_price_set_shop_amount"),
    **list_as("a price per piece: the refund line's subtotal is what was given back", "refund_line_item", "price_set_shop_amount"),
    **list_as(DERIVES, "rest_order", "subtotal_price total_line_items_price line_items[].total_discount line_items[].pre_tax_price"),
    **list_as(DERIVES, "rest_line", "total_discount pre_tax_price"),
    **list_as("the same amount beside itself, with its currency", "rest_line", "discount_allocations[].amount_set.shop_money.amount"),
    **list_as("a discount of a draft, which becomes an allocation when it is ordered", "rest_line", "applied_discount.amount applied_discount.value"),
    **list_as("what a buyer wrote on the line", "rest_line", "properties[].value"),
    **list_as("the same amount beside itself, with its currency", "rest_shipping", "price_set.shop_money.amount"),
    **list_as("derived: price less its discount allocations", "rest_shipping", "discounted_price discounted_price_set.shop_money.amount"),
    **list_as(SPENT, "rest_order", "customer.total_spent"),
    **list_as(SPENT, "rest_customer", "total_spent"),
    **list_as(SPENT, "customer", "total_spent"),
    **list_as("the order's lines again: they are read from the order", "rest_fulfillment", "line_items[].price line_items[].total_discount line_items[].tax_lines[].price"),
    **list_as("the order's payments again, by tender: they are read from the order", "tender_transaction", "amount"),
    **list_as("what a return will cost the buyer; when paid back it is part of the refund's adjustments", "return_shipping_fee", "amount_set_shop_money_amount amount_set_presentment_money_amount"),
    **list_as("the rule; what it took off is in the allocations", "discount_application", "value_amount"),
    **list_as(LIST, "product_variant", "compare_at_price"),
    **list_as(LIST, "listing", "variants[].price"),
    **list_as(LIST, "price_rule", "value prerequisite_subtotal_range.greater_than_or_equal_to prerequisite_shipping_price_range.less_than_or_equal_to"),
    **list_as(LIST, "zone", "countries[].tax countries[].provinces[].tax price_based_shipping_rates[].price price_based_shipping_rates[].min_order_subtotal price_based_shipping_rates[].max_order_subtotal weight_based_shipping_rates[].price"),
    **list_as("a running total per code: computed from the allocations instead", "code", "total_sales_amount"),
    **list_as(NO_SALE, "draft", "line_items[].price applied_discount.value applied_discount.amount shipping_line.price total_price subtotal_price total_tax customer.total_spent"),
    **list_as(NO_SALE, "abandoned_checkout", " ".join(f"{name}_set_{side}_amount" for name in ("subtotal_price", "total_discount", "total_duties", "total_line_items_price", "total_price", "total_tax") for side in ("shop", "pres"))),
    **list_as("a card's balance: sold and redeemed cards are order lines and payments", "gift_card", "balance initial_value"),
    **list_as(PAYMENTS, "payout", "amount"),
    **list_as(PAYMENTS, "ledger", "amount fee net"),
}  # fmt: skip


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return Recorded("shopify", KINDS).fill_zeros(MAPPED)


def test_every_field_of_money_is_mapped_or_listed(recorded: Recorded) -> None:
    recorded.assert_claimed(MAPPED, NOT_USED)


def orders(recorded: Recorded) -> list[dict[str, Any]]:
    """Every recorded part of an order inside an order."""
    of = {kind: [from_table(row) for row in rows] for kind, rows in recorded.records.items() if kind in TABLES}
    rest = recorded.records
    bare = {"id": "gid://shopify/LineItem/1", "quantity": 1}
    parts = {
        "lineItems": [
            *of["order_line"],
            {**bare, "taxLines": [*of["order_line_tax_line"], *of["tax_line"]], "discountAllocations": of["discount_allocation"]},
            *map(rest_line, rest["rest_line"]),
        ],
        "shippingLines": [
            *of["order_shipping_line"],
            {"id": "gid://shopify/ShippingLine/1", "taxLines": of["order_shipping_tax_line"]},
            *map(rest_shipping, rest["rest_shipping"]),
        ],
        "transactions": [*of["transaction"], *map(rest_payment, rest["rest_payment"])],
        "refunds": [
            *of["refund"],
            {
                "id": "gid://shopify/Refund/1",
                "refundLineItems": [*of["order_line_refund"], *of["refund_line_item"]],
                "orderAdjustments": of["order_adjustment"],
            },
        ],
    }  # fmt: skip
    tables = [{**order(number), **_bags(row)} for number, row in enumerate(of["order"], 100)]
    bodies = [order(number, **from_rest(body)) for number, body in enumerate(rest["rest_order"], 200)]
    return [order(1, **parts), *tables, *bodies]


def variants(recorded: Recorded) -> list[dict[str, Any]]:
    """Every recorded price and cost as a variant of its own."""
    of = recorded.records
    prices = [row["price"] for row in of["product_variant"]]
    prices += [variant["price"] for product in of["rest_product"] for variant in product["variants"]]
    costs = [from_table(row)["unitCost"] for row in of["inventory_item"]]
    costs += [{"amount": item["cost"], "currencyCode": "USD"} for item in of["rest_inventory_item"]]
    found = [{"price": price} for price in prices] + [{"inventoryItem": {"unitCost": cost}} for cost in costs]
    return [{"id": f"gid://shopify/ProductVariant/{number}", **fields} for number, fields in enumerate(found)]


def _bags(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if isinstance(value, dict)}


def test_every_mapped_amount_arrives_in_staging_to_the_last_minor_unit(recorded: Recorded) -> None:
    rows = RawRows().raw("shopify", "orders", orders(recorded))
    rows.raw("shopify", "product_variants", variants(recorded))
    of_tables = {field: target for field, target in MAPPED.items() if target in DERIVED}
    recorded.assert_arrives(rows, {field: target for field, target in MAPPED.items() if field not in of_tables})
    [(lines,)] = rows.query("select sum(price_minor - coalesce(unit_price_minor * quantity, 0)) from {{ ref('stg_shopify__order_lines') }}")  # fmt: skip
    assert lines == sum(recorded.said(field) for field in of_tables)
