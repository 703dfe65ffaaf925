"""Rows of activation models as the tests of the engine's defects need them."""

from __future__ import annotations

from typing import Any

LOCATION = "gid://shopify/Location/70000000001"
Row = dict[str, Any]


def level_key(item: str, location: str = LOCATION) -> str:
    return f"gid://shopify/InventoryItem/{item}|{location}"


def level(item: str, wanted: int, observed: int | None, location: str = LOCATION) -> Row:
    """A stock level of Shopify."""
    return {
        "record_key": level_key(item, location),
        "inventory_item_gid": f"gid://shopify/InventoryItem/{item}",
        "location_gid": location,
        "sku": f"SKU-{item}",
        "quantity": wanted,
        "observed_quantity": observed,
        "reason": "counted",
        "source_key": f"SKU-{item}",
    }


def product(number: str, wanted: int, observed: int | None) -> Row:
    """A stock quantity of WooCommerce."""
    return {
        "record_key": number,
        "platform_product_id": number,
        "sku": f"SKU-{number}",
        "quantity": wanted,
        "observed_quantity": observed,
        "reason": "counted",
        "source_key": f"SKU-{number}",
    }


def alert(sku: str, status: str = "low", left: int = 3) -> Row:
    """A line about a SKU."""
    said = (
        f"Low stock: {sku}, {left} left to sell" if status == "low" else f"Back in stock: {sku}, {left} to sell again"
    )
    return {
        "record_key": sku,
        "sku": sku,
        "alert_status": status,
        "units_left": str(left),
        "message": said,
        "reason": f"{left} in the pool",
        "source_key": sku,
    }


def hidden(sync: str, product: Any) -> Row:
    """A product of the catalogue that goes out of sight."""
    is_shopify = sync.startswith("shopify")
    key = f"gid://shopify/Product/{product.shopify_product_id}" if is_shopify else str(product.woo_product_id)
    return {
        "record_key": key,
        "product_gid" if is_shopify else "platform_product_id": key,
        "visibility": "hidden_by_us",
        "observed_visibility": "shown",
        "reason": "0 to sell",
        "source_key": key,
    }


def listing(sku: str, product_type: str, wanted: int, observed: int | None, stores: str = "ATVPDKIKX0DER") -> Row:
    """A quantity of an Amazon listing, in all the stores that show it."""
    return {
        "record_key": sku,
        "sku": sku,
        "platform_product_type": product_type,
        "pool_group": stores,
        "quantity": wanted,
        "observed_quantity": observed,
        "reason": "counted",
        "source_key": f"amazon:main:{sku}",
    }


def person(email: str, segment: str = "loyal", observed: str | None = None) -> Row:
    """A contact or profile; `observed` is the segment it holds, with all else as wanted."""
    scores = {"r_score": 5, "f_score": 4, "m_score": 3, "net_revenue_minor": 12050, "orders_count": 2}
    held = {f"observed_{name}": value for name, value in scores.items()} if observed else {}
    return {
        "record_key": email,
        "email": email,
        "segment": segment,
        **scores,
        "as_of_date": "2026-10-31",
        "rule_version": "rfm-1",
        "currency_code": "USD",
        "reason": "bought twice",
        "source_key": email,
        "observed_segment": observed,
        **held,
    }


def receipt(number: str, item: str = "Product", amount_minor: int = 10000, **more: Any) -> list[Row]:
    """The lines of a sales receipt: one product and its fee."""
    total = amount_minor - 320
    header = {
        "record_key": f"je:main:{number}:captured:0",
        "document_number": number,
        "document_date": "2026-10-05",
        "customer_name": "Ann",
        "memo": number,
        "deposit_account_number": "1100",
        "total_minor": total,
        "money_minor": total,
        "currency_code": "USD",
        "reason": "captured, not in the books",
        "source_key": number,
        **more,
    }
    lines = ((item, "4000", amount_minor), ("Fee", "6000", -320))
    return [
        {
            **header,
            "line_number": place,
            "item_name": name,
            "account_number": account,
            "line_description": "a line",
            "line_amount_minor": amount,
        }
        for place, (name, account, amount) in enumerate(lines, start=1)
    ]


def allocation(number: str, credit_note_id: str) -> Row:
    """40.00 of a credit note set against an invoice that owes more, so that it could be done twice."""
    return {
        "record_key": f"allocation:{number}",
        "document_date": "2026-10-05",
        "credit_note_key": f"je:europe:{number}:refunded:0",
        "credit_note_id": credit_note_id,
        "credit_note_number": f"{number}-R",
        "invoice_number": number,
        "total_minor": 4_000,
        "money_minor": 4_000,
        "currency_code": "EUR",
        "reason": "a credit note lowers its invoice",
        "source_key": number,
    }


def bank_transaction(number: str) -> Row:
    """A fee of its own, as money spent from clearing under a contact that the books know."""
    return {
        "record_key": f"je:europe:{number}:moved:0",
        "line_number": 1,
        "direction": "spent",
        "document_date": "2026-10-05",
        "contact_name": "paypal",
        "bank_account_number": "1100",
        "total_minor": 358,
        "account_number": "6020",
        "line_description": "fee",
        "line_amount_minor": 358,
        "tax_code": "NONE",
        "line_tax_minor": 0,
        "money_minor": 358,
        "currency_code": "EUR",
        "reason": "a fee at paypal, not in the books",
        "source_key": number,
    }
