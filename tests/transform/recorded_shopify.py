"""Recorded Shopify objects in the shape our queries ask for: other loaders' tables and the older REST bodies.

Only what staging reads of an amount is carried over; the objects stay independent of each other, as recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

# Where a REST order holds an amount → the money of the order we ask for.
ORDER_TOTALS = {
    "total_price": "totalPriceSet",
    "total_tax": "totalTaxSet",
    "total_discounts": "totalDiscountsSet",
    "total_tip_received": "totalTipReceivedSet",
    "current_total_price": "currentTotalPriceSet",
}


def bag(amount: Any, currency: str = "USD") -> Record:
    return {"shopMoney": {"amount": str(amount), "currencyCode": currency}}


def camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def from_table(row: Record) -> Record:
    """A table's row as the API nests it: `x_set_shop_amount` back into a money bag, `x_amount` into a money."""
    found: Record = {}
    for column, value in row.items():
        if part := re.fullmatch(r"(.+_set)_(shop|pres)_(amount|currency_code)", column):
            side = "shopMoney" if part[2] == "shop" else "presentmentMoney"
            found.setdefault(camel(part[1]), {}).setdefault(side, {})[camel(part[3])] = value
        elif part := re.fullmatch(r"(unit_cost)_(amount|currency_code)", column):
            found.setdefault(camel(part[1]), {})[camel(part[2])] = value
        else:
            found[camel(column)] = value
    return found


def order(number: int, **parts: Any) -> Record:
    """An order that holds only the given parts."""
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "createdAt": "2026-10-01T02:00:00Z",
        "updatedAt": "2026-10-01T02:00:00Z",
        "currencyCode": "USD",
        **parts,
    }


def from_rest(said: Record) -> Record:
    """The parts of a REST order that hold money."""
    totals = {ours: bag(said[theirs]) for theirs, ours in ORDER_TOTALS.items() if said.get(theirs) is not None}
    return {
        **totals,
        "lineItems": [rest_line(line) for line in said.get("line_items") or ()],
        "shippingLines": [rest_shipping(line) for line in said.get("shipping_lines") or ()],
        "transactions": [rest_payment(leg) for leg in said.get("transactions") or ()],
    }


def rest_line(said: Record) -> Record:
    price = Decimal(str(said["price"]))
    return {
        "id": f"gid://shopify/LineItem/{said['id']}",
        "quantity": said["quantity"],
        "originalUnitPriceSet": bag(price),
        "originalTotalSet": bag(price * said["quantity"]),
        "discountAllocations": [
            {"allocatedAmountSet": bag(part["amount"])} for part in said.get("discount_allocations") or ()
        ],
        "taxLines": _taxes(said.get("tax_lines")),
    }


def rest_shipping(said: Record) -> Record:
    return {
        "id": f"gid://shopify/ShippingLine/{said['id']}",
        "originalPriceSet": bag(said["price"]),
        "taxLines": _taxes(said.get("tax_lines")),
    }


def rest_payment(said: Record) -> Record:
    kind, status = str(said["kind"]).upper(), str(said["status"]).upper()
    return {"id": f"gid://shopify/OrderTransaction/{said['id']}", "kind": kind, "status": status, "amountSet": bag(said["amount"])}  # fmt: skip


def _taxes(lines: Iterable[Record] | None) -> list[Record]:
    return [{"priceSet": bag(line["price"])} for line in lines or ()]
