"""One order of a made-up shop, as polling reads it and as a webhook tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipelines.intake.rows import Told, in_columns, woocommerce
from pipelines.platforms.shopify import ORDER

Row = dict[str, Any]
PLACES = {
    "newark": ("Newark Warehouse", "gid://shopify/Location/70000000001"),
    "reno": ("Reno Warehouse", "gid://shopify/Location/70000000002"),
}


@dataclass
class Order:
    """An order at one of the channels: line id → (SKU, quantity); what Shopify means to ship from where, by line."""

    channel: str
    number: int
    placed_at: datetime
    updated_at: datetime
    lines: dict[int, tuple[str, int]]
    place: str
    is_paid: bool = True
    is_test: bool = False
    cancelled_at: datetime | None = None
    refunds: list[Row] = field(default_factory=list)
    shipped: dict[int, int] = field(default_factory=dict)
    # Lines Amazon keeps and calls cancelled; the shops' are gone.
    taken_off: set[int] = field(default_factory=set)

    @property
    def name(self) -> str:
        if self.channel == "amazon":
            return f"A-{self.number}"
        # Both shops count from the same number now and then: then a parcel's order number names neither.
        return f"#{self.number % 7 + 1000}" if self.number % 5 == 0 else f"#{self.channel[0]}{self.number}"


def polled_order(order: Order) -> Row:
    """A Shopify order as GraphQL answers it, as far as the models look."""
    left = {line: quantity - order.shipped.get(line, 0) for line, (_, quantity) in order.lines.items()}
    for refund in order.refunds:
        if refund["restock"] == "cancel" and refund["line"] in left:
            left[refund["line"]] = max(0, left[refund["line"]] - refund["quantity"])
    said = {
        "id": f"gid://shopify/Order/{order.number}", "name": order.name, "created_at": utc(order.placed_at),
        "processed_at": utc(order.placed_at), "updated_at": utc(order.updated_at),
        "cancelled_at": utc(order.cancelled_at), "test": order.is_test, "currency_code": "USD",
        "display_financial_status": "PAID" if order.is_paid else "PENDING",
        "display_fulfillment_status": _fulfilment(order), "total_price_set": {},
        "line_items": [
            {"id": f"gid://shopify/LineItem/{line}", "sku": sku, "quantity": quantity, "isGiftCard": False}
            for line, (sku, quantity) in order.lines.items()
        ],
        "shipping_lines": [], "transactions": [], "fulfillments": [],
        "refunds": [
            {
                "id": f"gid://shopify/Refund/{one['id']}", "createdAt": utc(one["at"]),
                "refundLineItems": [
                    {
                        "id": f"gid://shopify/RefundLineItem/{one['id']}", "quantity": one["quantity"],
                        "restockType": one["restock"].upper(),
                        "lineItem": {"id": f"gid://shopify/LineItem/{one['line']}", "sku": one["sku"]},
                    }
                ],
                "transactions": [
                    {"id": f"gid://shopify/OrderTransaction/{one['id']}", "kind": "REFUND",
                     "status": one["status"].upper(), "gateway": "stripe"}
                ],
            }
            for one in order.refunds
        ],
        "fulfillment_orders": [
            {
                "id": f"gid://shopify/FulfillmentOrder/{order.number}", "status": "OPEN",
                "assignedLocation": {"location": {"id": PLACES[order.place][1]}},
                "lineItems": [
                    {"id": f"gid://shopify/FulfillmentOrderLineItem/{line}", "sku": order.lines[line][0],
                     "remainingQuantity": units, "lineItem": {"id": f"gid://shopify/LineItem/{line}"}}
                    for line, units in left.items()
                ],
            }
        ],
    }  # fmt: skip
    return in_columns(ORDER, said, "main")


def _fulfilment(order: Order) -> str:
    done = [order.shipped.get(line, 0) >= quantity for line, (_, quantity) in order.lines.items()]
    return "FULFILLED" if all(done) else "PARTIALLY_FULFILLED" if any(order.shipped.values()) else "UNFULFILLED"


def rest_order(order: Order) -> Row:
    """The same order as a webhook carries it."""
    word = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "UNFULFILLED": None}[_fulfilment(order)]
    return {
        "id": order.number, "name": order.name, "created_at": local(order.placed_at),
        "processed_at": local(order.placed_at), "updated_at": local(order.updated_at),
        "cancelled_at": local(order.cancelled_at), "test": order.is_test, "currency": "USD",
        "financial_status": "paid" if order.is_paid else "pending", "fulfillment_status": word,
        "line_items": [
            {"id": line, "sku": sku, "quantity": quantity, "gift_card": False, "requires_shipping": True,
             "price_set": {"shop_money": {"amount": "1.00", "currency_code": "USD"}}}
            for line, (sku, quantity) in order.lines.items()
        ],
        "refunds": [rest_refund(order, one) for one in order.refunds],
        "fulfillments": [],
    }  # fmt: skip


def rest_refund(order: Order, one: Row) -> Row:
    sold = {"id": one["line"], "sku": one["sku"], "gift_card": False}
    back = {"id": one["id"], "quantity": one["quantity"], "restock_type": one["restock"], "line_item": sold}
    paid = {"id": one["id"], "kind": "refund", "status": one["status"], "gateway": "stripe", "currency": "USD"}
    told = {"id": one["id"], "order_id": order.number, "created_at": local(one["at"])}
    return {**told, "refund_line_items": [back], "transactions": [paid]}


def woo_order(order: Order) -> Row:
    """A WooCommerce order, polled or told."""
    status = "cancelled" if order.cancelled_at else "completed" if _fulfilment(order) == "FULFILLED" else "processing"
    return {
        "id": order.number, "number": order.name, "status": status, "currency": "USD", "total": "9.00",
        "date_created_gmt": f"{order.placed_at:%Y-%m-%dT%H:%M:%S}",
        "date_modified_gmt": f"{order.updated_at:%Y-%m-%dT%H:%M:%S}",
        "date_paid_gmt": f"{order.placed_at:%Y-%m-%dT%H:%M:%S}" if order.is_paid else None,
        "line_items": [
            {"id": line, "sku": sku, "quantity": quantity, "subtotal": "9.00", "total": "9.00", "meta_data": []}
            for line, (sku, quantity) in order.lines.items()
        ],
        "meta_data": [], "shipping_lines": [], "fee_lines": [],
        "refunds": [{"id": one["id"], "total": "-1.00"} for one in order.refunds],
    }  # fmt: skip


def woo_refunds(order: Order) -> list[Told]:
    """Its refunds, as the list of them answers."""
    rows = [
        {
            "id": one["id"], "date_created_gmt": f"{one['at']:%Y-%m-%dT%H:%M:%S}", "amount": "1.00",
            "refunded_payment": True, "meta_data": [], "shipping_lines": [], "fee_lines": [],
            "line_items": [
                {"id": one["id"], "sku": one["sku"], "quantity": -one["quantity"], "total": "-1.00",
                 "meta_data": [{"key": "_refunded_item_id", "value": str(one["line"])}]}
            ],
        }
        for one in order.refunds
    ]  # fmt: skip
    return [woocommerce.refund(row, str(order.number), "USD", "main") for row in rows]


def utc(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def local(moment: datetime | None) -> str | None:
    """With the shop's offset, as webhooks write it."""
    return None if moment is None else (moment - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%S-05:00")
