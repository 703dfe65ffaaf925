"""Orders as the platforms state their taxes, for tests: one line sold, with the taxes it bears."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Record = dict[str, Any]
ADDRESS = {"address1": "1 Main St", "city": "Town", "zip": "10115"}


def bag(amount: str, currency: str) -> Record:
    """An amount in Shopify's two currencies."""
    money = {"amount": amount, "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def shopify_tax(
    amount: str, percent: str | None, title: str = "Tax", currency: str = "USD", is_channels: bool = False
) -> Record:
    """One tax of a Shopify line; the rate arrives as a number."""
    rate = None if percent is None else Decimal(percent)
    return {"title": title, "ratePercentage": rate, "channelLiable": is_channels, "priceSet": bag(amount, currency)}


def shopify_line(number: int, price: str, *taxes: Record, currency: str = "USD", **more: Any) -> Record:
    """One piece of goods."""
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": f"SKU-{number}",
        "title": "Mug",
        "quantity": 1,
        "requiresShipping": True,
        "isGiftCard": False,
        "product": {"id": "gid://shopify/Product/1"},
        "originalUnitPriceSet": bag(price, currency),
        "originalTotalSet": bag(price, currency),
        "discountAllocations": [],
        "taxLines": list(taxes),
        "duties": [],
        **more,
    }


def shopify_order(
    number: int, *lines: Record, country: str = "US", region: str = "NY", currency: str = "USD", **more: Any
) -> Record:
    """An order that goes to a country."""
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "createdAt": "2026-10-01T02:00:00Z",
        "processedAt": "2026-10-01T02:00:00Z",
        "updatedAt": "2026-10-02T02:00:00Z",
        "currencyCode": currency,
        "taxesIncluded": False,
        "test": False,
        "tags": [],
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "totalPriceSet": bag("0", currency),
        "shippingAddress": {**ADDRESS, "countryCodeV2": country, "provinceCode": region},
        "lineItems": list(lines),
        **more,
    }


def woo_rate(
    number: int, percent: str | None, code: str = "DE-MWST-1", label: str = "VAT", is_compound: bool = False
) -> Record:
    """A rate as an order of WooCommerce lists it."""
    rate = None if percent is None else Decimal(percent)
    return {
        "id": 900 + number,
        "rate_id": number,
        "rate_code": code,
        "label": label,
        "compound": is_compound,
        "rate_percent": rate,
    }


def woo_line(number: int, total: str, total_tax: str, *taxes: tuple[int, str]) -> Record:
    """A line of goods; taxes: (rate id, amount as the shop keeps it)."""
    return {
        "id": number,
        "name": "Mug",
        "sku": f"SKU-{number}",
        "quantity": 1,
        "subtotal": total,
        "total": total,
        "total_tax": total_tax,
        "taxes": [{"id": rate, "total": amount, "subtotal": amount} for rate, amount in taxes],
        "meta_data": [],
    }


def woo_order(
    number: int,
    rates: list[Record],
    *lines: Record,
    country: str = "DE",
    state: str = "",
    currency: str = "EUR",
    **more: Any,
) -> Record:
    """An order that goes to a country."""
    return {
        "id": number,
        "number": str(number),
        "status": "completed",
        "currency": currency,
        "date_created_gmt": "2026-10-01T02:00:00",
        "date_modified_gmt": "2026-10-02T02:00:00",
        "date_paid_gmt": "2026-10-01T02:05:00",
        "total": "0",
        "customer_id": 0,
        "billing": {"email": "ada@example.com", "address_1": "1 Main St.", "country": country, "state": state},
        "shipping": {"address_1": ""},
        "prices_include_tax": False,
        "line_items": list(lines),
        "tax_lines": rates,
        "refunds": [],
        **more,
    }
