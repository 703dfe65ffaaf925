"""Shopify's webhooks, which keep the REST shape, as rows of our raw tables, which keep the GraphQL shape.

`orders/create`, `/updated`, `/paid`, `/cancelled`, `/fulfilled`, `/partially_fulfilled` carry the whole order but for its
fulfilment orders; `refunds/create` one refund; `inventory_levels/update` one number of one place; `inventory_items/update`
the item without its levels. `orders/edited`, `fulfillments/*` and `fulfillment_orders/*` name the order: it is read whole,
because what is left to ship from which place stands in its fulfilment orders only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.intake.rows import Event, Known, Pointer, Row, Told, in_columns
from pipelines.platforms.shopify import INVENTORY_ITEM, ORDER

ORDERS, ITEMS = "raw_shopify.orders", "raw_shopify.inventory_items"

# REST says nothing where nothing has been shipped; the words of the two APIs are otherwise the same in capitals.
_FULFILMENT = {"": "UNFULFILLED", "partial": "PARTIALLY_FULFILLED"}


def told(event: Event, body: Mapping[str, Any], known: Known) -> Iterator[Told | Pointer]:
    """What the body says, by its topic."""
    kind, _, deed = event.topic.partition("/")
    if kind == "orders" and deed in {"create", "updated", "paid", "cancelled", "fulfilled", "partially_fulfilled"}:
        row = order_row(body, event.account_id)
        yield Told(ORDERS, row["id"], (row,), moment(body["updated_at"]))
    elif event.topic == "refunds/create":
        yield Told(ORDERS, gid("Refund", body["id"]), (refund_row(body, event.account_id),), None)
        # What is taken off an order before it leaves is taken off one of its places; the body does not say which.
        yield Pointer("shopify", event.account_id, "order", gid("Order", body["order_id"]))
    elif event.topic == "orders/edited":
        yield Pointer("shopify", event.account_id, "order", gid("Order", body["order_edit"]["order_id"]))
    elif kind == "fulfillments":
        yield Pointer("shopify", event.account_id, "order", gid("Order", body["order_id"]))
    elif kind == "fulfillment_orders":
        named = body.get("fulfillment_order") or body.get("original_fulfillment_order")
        if named:
            yield Pointer("shopify", event.account_id, "fulfillment_order", str(named["id"]))
    elif event.topic in {"inventory_levels/update", "inventory_items/update"}:
        is_level = kind == "inventory_levels"
        item = gid("InventoryItem", body["inventory_item_id" if is_level else "id"])
        key = f"{item}|{gid('Location', body['location_id'])}" if is_level else item
        before = known(ITEMS, event.account_id, item)
        if before is None:
            # An item that came after the snapshot: read whole, because a level alone has neither SKU nor states.
            yield Pointer("shopify", event.account_id, "inventory_item", item)
        else:
            after = level_changed(before, body) if is_level else item_changed(before, body)
            yield Told(ITEMS, key, (after,), moment(body["updated_at"]), row_key=item)


def order_row(body: Mapping[str, Any], account_id: str) -> Row:
    """An order's row; its fulfilment orders, which the body lacks, are unsaid."""
    said = {name: camel(value) for name, value in body.items()}
    said |= {
        "id": gid("Order", body["id"]),
        "currency_code": body["currency"],
        "presentment_currency_code": body.get("presentment_currency"),
        "tags": [tag.strip() for tag in (body.get("tags") or "").split(",") if tag.strip()],
        "display_financial_status": (body.get("financial_status") or "pending").upper(),
        "display_fulfillment_status": fulfilment_word(body.get("fulfillment_status")),
        "customer": _named("Customer", body.get("customer")),
        "purchasing_entity": {"__typename": "PurchasingCompany"} if body.get("company") else None,
        "shipping_address": address(body.get("shipping_address")),
        "billing_address": address(body.get("billing_address")),
        "total_tip_received_set": _money(body.get("total_tip_received"), body["currency"]),
        "line_items": [line(item) for item in body["line_items"]],
        "shipping_lines": [charge(item) for item in body.get("shipping_lines") or ()],
        "refunds": [refund(item) for item in body.get("refunds") or ()],
        "fulfillments": [fulfilment(item) for item in body.get("fulfillments") or ()],
        "additional_fees": [],
    }
    return in_columns(ORDER, said, account_id)


def refund_row(body: Mapping[str, Any], account_id: str) -> Row:
    """An order's row that speaks of one refund and nothing else."""
    currencies = [item.get("currency") for item in body.get("transactions") or ()]
    said = {"id": gid("Order", body["order_id"]), "refunds": [refund(body)]}
    said |= {"currency_code": currencies[0]} if currencies else {}
    return in_columns(ORDER, said, account_id)


def refund(body: Mapping[str, Any]) -> Row:
    """A Refund object."""
    return {
        "id": gid("Refund", body["id"]),
        "createdAt": body.get("created_at"),
        "processedAt": body.get("processed_at"),
        "note": body.get("note"),
        "refundLineItems": [_refund_line(item) for item in body.get("refund_line_items") or ()],
        "refundShippingLines": [],
        "orderAdjustments": [
            {**camel(item), "id": gid("OrderAdjustment", item["id"]), "taxAmountSet": camel(item.get("tax_amount_set"))}
            for item in body.get("order_adjustments") or ()
        ],
        "duties": camel(body.get("duties") or []),
        "transactions": [transaction(item) for item in body.get("transactions") or ()],
    }


def _refund_line(item: Mapping[str, Any]) -> Row:
    sold = item["line_item"]
    return {
        "id": gid("RefundLineItem", item["id"]),
        "quantity": item["quantity"],
        "restockType": (item.get("restock_type") or "no_restock").upper(),
        "lineItem": {"id": gid("LineItem", sold["id"]), "sku": sold.get("sku"), "isGiftCard": sold.get("gift_card")},
        "subtotalSet": camel(item.get("subtotal_set")),
        "totalTaxSet": camel(item.get("total_tax_set")),
    }


def transaction(item: Mapping[str, Any]) -> Row:
    """An OrderTransaction object."""
    return {
        "id": gid("OrderTransaction", item["id"]),
        "kind": item["kind"].upper(),
        "status": item["status"].upper(),
        "gateway": item.get("gateway"),
        "manualPaymentGateway": None,
        "createdAt": item.get("created_at"),
        "processedAt": item.get("processed_at"),
        "paymentId": item.get("payment_id"),
        "receiptJson": None,
        "amountSet": _money(item.get("amount"), item.get("currency")),
        "parentTransaction": _named("OrderTransaction", {"id": item["parent_id"]} if item.get("parent_id") else None),
        "fees": [],
    }


def line(item: Mapping[str, Any]) -> Row:
    """A LineItem object."""
    price = camel(item["price_set"])
    return {
        **{name: camel(item.get(key)) for name, key in _LINE.items()},
        "id": gid("LineItem", item["id"]),
        "product": _named("Product", {"id": item["product_id"]} if item.get("product_id") else None),
        "variant": _named("ProductVariant", {"id": item["variant_id"]} if item.get("variant_id") else None),
        "originalUnitPriceSet": price,
        "discountAllocations": [
            {"allocatedAmountSet": camel(part.get("amount_set"))} for part in item.get("discount_allocations") or ()
        ],
        "taxLines": [_tax(part) for part in item.get("tax_lines") or ()],
        "duties": camel(item.get("duties") or []),
    }


_LINE = {
    "sku": "sku",
    "title": "title",
    "variantTitle": "variant_title",
    "quantity": "quantity",
    "currentQuantity": "current_quantity",
    "isGiftCard": "gift_card",
    "taxable": "taxable",
    "requiresShipping": "requires_shipping",
}


def charge(item: Mapping[str, Any]) -> Row:
    """A ShippingLine object."""
    return {
        "id": gid("ShippingLine", item["id"]) if item.get("id") else None,
        **{name: item.get(name) for name in ("code", "title", "source")},
        "originalPriceSet": camel(item.get("price_set")),
        "discountAllocations": [],
        "taxLines": [_tax(part) for part in item.get("tax_lines") or ()],
    }


def fulfilment(item: Mapping[str, Any]) -> Row:
    """A Fulfillment object."""
    numbers = item.get("tracking_numbers") or ([item["tracking_number"]] if item.get("tracking_number") else [])
    return {
        "id": gid("Fulfillment", item["id"]),
        "status": item["status"].upper(),
        "displayStatus": (item.get("shipment_status") or "").upper() or None,
        "createdAt": item.get("created_at"),
        "updatedAt": item.get("updated_at"),
        "location": _named("Location", {"id": item["location_id"]} if item.get("location_id") else None),
        "trackingInfo": [{"company": item.get("tracking_company"), "number": number} for number in numbers],
    }


def level_changed(before: Row, body: Mapping[str, Any]) -> Row:
    """The item with one place's available number replaced; its other states are not in the event."""
    place = gid("Location", body["location_id"])

    def changed(level: Row) -> Row:
        if (level.get("location") or {}).get("id") != place:
            return level
        numbers = [
            {**state, "quantity": body["available"]} if state["name"] == "available" else state
            for state in level["quantities"]
        ]
        return {**level, "quantities": numbers, "updatedAt": body["updated_at"]}

    return {**before, "inventory_levels": [changed(level) for level in before["inventory_levels"] or ()]}


def item_changed(before: Row, body: Mapping[str, Any]) -> Row:
    """The item with what it says of itself replaced; its levels stay."""
    said = {name: body[name] for name in ("sku", "tracked", "updated_at") if name in body}
    return in_columns(INVENTORY_ITEM, before, before["account_id"]) | said


def _tax(item: Mapping[str, Any]) -> Row:
    return {
        "title": item.get("title"),
        "ratePercentage": None,
        "channelLiable": item.get("channel_liable"),
        "priceSet": camel(item.get("price_set")),
    }


def address(item: Mapping[str, Any] | None) -> Row | None:
    """A MailingAddress object."""
    if not item:
        return None
    same = {"firstName": "first_name", "lastName": "last_name", "company": "company", "address1": "address1"}
    same |= {"address2": "address2", "city": "city", "zip": "zip", "phone": "phone"}
    same |= {"provinceCode": "province_code", "countryCodeV2": "country_code"}
    return {name: item.get(key) for name, key in same.items()}


def fulfilment_word(word: str | None) -> str:
    """`displayFulfillmentStatus` for the order's `fulfillment_status`."""
    return _FULFILMENT.get(word or "", (word or "").upper())


def _named(kind: str, item: Mapping[str, Any] | None) -> Row | None:
    return {"id": gid(kind, item["id"])} if item else None


def _money(amount: Any, currency: str | None) -> Row | None:
    return None if amount is None else {"shopMoney": {"amount": str(amount), "currencyCode": currency}}


def gid(kind: str, number: Any) -> str:
    """The id GraphQL knows an object of REST by."""
    return f"gid://shopify/{kind}/{number}"


def camel(value: Any) -> Any:
    """Names in GraphQL's manner, all the way down."""
    if isinstance(value, Mapping):
        return {_camel(name): camel(inner) for name, inner in value.items()}
    return [camel(inner) for inner in value] if isinstance(value, list) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def moment(text: str) -> datetime:
    """The platform's time as UTC; the shop's offset is in the text."""
    return datetime.fromisoformat(text).astimezone(UTC)
