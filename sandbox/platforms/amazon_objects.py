"""Orders and listings in the Selling Partner API's words (Orders 2026-01-01, Listings Items 2021-08-01)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sandbox.amazon_facts import SENT_BY_SELLER, UNITED_STATES, AmazonLine, AmazonListing, AmazonOrder

Row = dict[str, Any]
STORES = {UNITED_STATES: "Amazon.com"}
CURRENCY = "USD"
# An order nobody has paid yet has no prices and no address.
_UNPRICED = ("PENDING", "PENDING_AVAILABILITY")
_COLLECTED = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services, Inc."}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def money(minor: int) -> Row:
    sign, minor = ("-" if minor < 0 else ""), abs(minor)
    return {"amount": f"{sign}{minor // 100}.{minor % 100:02d}", "currencyCode": CURRENCY}


def order_row(order: AmazonOrder, included: Collection[str]) -> Row:
    """An order with the data sets that were asked for; what nobody asks for is not there."""
    row: Row = {
        "orderId": order.number,
        "createdTime": stamp(order.placed_at),
        "lastUpdatedTime": stamp(order.updated_at),
        "programs": ["AMAZON_BUSINESS"] if order.is_business else [],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": order.marketplace_id,
            "marketplaceName": STORES[order.marketplace_id],
        },
    }
    if "BUYER" in included and order.fulfilled_by == "MERCHANT":
        row["buyer"] = {"buyerEmail": f"{order.number.replace('-', '')}@marketplace.amazon.com"}
    if "RECIPIENT" in included and order.status not in _UNPRICED:
        place = {"city": "Newark", "stateOrRegion": "NJ", "postalCode": "07102", "countryCode": "US"}
        row["recipient"] = {"deliveryAddress": place}
    if "PROCEEDS" in included and order.status not in _UNPRICED:
        lines = [line for line in order.lines if not line.is_cancelled]
        row["proceeds"] = {"grandTotal": money(order.total_minor), "breakdowns": _breakdowns(lines)}
    if "FULFILLMENT" in included:
        row["fulfillment"] = {
            "fulfillmentStatus": order.status,
            "fulfilledBy": order.fulfilled_by,
            "fulfillmentServiceLevel": "STANDARD",
        }
    row["orderItems"] = [_item(order, line, included) for line in order.lines]
    if "PACKAGES" in included and order.fulfilled_by == "MERCHANT":
        row["packages"] = _packages(order)
    return row


def _item(order: AmazonOrder, line: AmazonLine, included: Collection[str]) -> Row:
    product: Row = {
        "asin": line.asin,
        "title": line.title,
        "sellerSku": line.sku,
        "condition": {"conditionType": "NEW"},
    }
    item: Row = {"orderItemId": line.item_id, "quantityOrdered": line.quantity, "programs": [], "product": product}
    if order.status not in _UNPRICED:
        product["price"] = {"unitPrice": money(line.unit_price_minor)}
        if "PROCEEDS" in included:
            breakdowns = [] if line.is_cancelled else _breakdowns([line])
            item["proceeds"] = {"proceedsTotal": money(line.total_minor), "breakdowns": breakdowns}
    if "CANCELLATION" in included and line.is_cancelled:
        execution = {"cancelledBy": "BUYER", "cancelReason": "BUYER_CANCELED"}
        item["cancellation"] = {"cancellationExecution": execution}
    if "FULFILLMENT" in included:
        left = 0 if line.is_cancelled else line.quantity - line.shipped
        item["fulfillment"] = {"quantityFulfilled": line.shipped, "quantityUnfulfilled": left}
    if "TAX" in included and line.tax_minor:
        item["tax"] = {"taxCollections": [_COLLECTED]}
    return item


def _breakdowns(lines: Sequence[AmazonLine]) -> list[Row]:
    """Proceeds by category; a discount is negative, so that they add up to the total."""
    discount = sum(line.discount_minor for line in lines)
    tax, shipping_tax = sum(line.tax_minor for line in lines), sum(line.shipping_tax_minor for line in lines)
    rows: list[Row] = [{"type": "ITEM", "subtotal": money(sum(line.gross_minor for line in lines))}]
    if shipping := sum(line.shipping_minor for line in lines):
        rows.append({"type": "SHIPPING", "subtotal": money(shipping)})
    if discount:
        detail = {"subtype": "ITEM", "value": money(-discount)}
        rows.append({"type": "DISCOUNT", "subtotal": money(-discount), "detailedBreakdowns": [detail]})
    if tax or shipping_tax:
        details = [{"subtype": "ITEM", "value": money(tax)}, {"subtype": "SHIPPING", "value": money(shipping_tax)}]
        rows.append({"type": "TAX", "subtotal": money(tax + shipping_tax), "detailedBreakdowns": details})
    return rows


def _packages(order: AmazonOrder) -> list[Row]:
    items = [{"orderItemId": line.item_id, "quantity": line.shipped} for line in order.lines if line.shipped]
    if not items:
        return []
    return [
        {
            "packageReferenceId": "1",
            "createdTime": stamp(order.updated_at),
            "packageStatus": {"status": "IN_TRANSIT", "detailedStatus": "IN_TRANSIT"},
            "carrier": "UPS",
            "trackingNumber": f"1ZAMZ{order.lines[0].item_id}",
            "packageItems": items,
        }
    ]


def listing_row(listing: AmazonListing, included: Collection[str], marketplace_ids: Collection[str]) -> Row:
    """A listing in the stores that were asked about; its quantity belongs to none of them alone."""
    stores = [store for store in listing.marketplace_ids if store in marketplace_ids]
    row: Row = {"sku": listing.sku}
    if "summaries" in included:
        row["summaries"] = [_summary(listing, store) for store in stores]
    if "issues" in included:
        row["issues"] = []
    if "fulfillmentAvailability" in included:
        row["fulfillmentAvailability"] = [_availability(listing)]
    if "productTypes" in included:
        row["productTypes"] = [{"marketplaceId": store, "productType": listing.product_type} for store in stores]
    return row


def _availability(listing: AmazonListing) -> Row:
    # What the marketplace holds itself is told by its inventory API, not here.
    told = {"quantity": listing.quantity} if listing.sent_by == SENT_BY_SELLER else {}
    return {"fulfillmentChannelCode": listing.sent_by, **told}


def _summary(listing: AmazonListing, store: str) -> Row:
    return {
        "marketplaceId": store,
        "asin": listing.asin,
        "productType": listing.product_type,
        "conditionType": "new_new",
        "status": ["BUYABLE", "DISCOVERABLE"] if listing.quantity > 0 else ["DISCOVERABLE"],
        "itemName": listing.title,
        "createdDate": stamp(listing.created_at),
        "lastUpdatedDate": stamp(listing.updated_at),
    }
