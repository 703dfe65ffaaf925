"""WooCommerce's webhooks as raw rows: the body is the very object a list answers.

An order names its refunds without their lines, so one that has a refund not known yet is a pointer besides. A deleted
order is its id alone: it is read, and answers as trashed as long as it can be taken back. Variations come as products.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.intake.rows import Event, Known, Pointer, Told, shaped
from pipelines.platforms.woocommerce import ORDER, PRODUCT, REFUND, VARIATION

ORDERS, REFUNDS = "raw_woocommerce.orders", "raw_woocommerce.order_refunds"
PRODUCTS, VARIATIONS = "raw_woocommerce.products", "raw_woocommerce.product_variations"


def told(event: Event, body: Mapping[str, Any], known: Known) -> Iterator[Told | Pointer]:
    """What the body says, by its topic."""
    kind, _, deed = event.topic.partition(".")
    account = event.account_id
    if kind == "order" and deed == "deleted":
        yield Pointer("woocommerce", account, "order", str(body["id"]))
    elif kind == "order" and deed in {"created", "updated", "restored"}:
        yield order(body, account)
        if any(known(REFUNDS, account, str(refund["id"])) is None for refund in body.get("refunds") or ()):
            yield Pointer("woocommerce", account, "refunds", f"{body['id']} {body['currency']}")
    elif kind == "product" and deed in {"created", "updated", "restored"}:
        yield product(body, account)


def order(body: Mapping[str, Any], account_id: str) -> Told:
    return Told(ORDERS, str(body["id"]), (shaped(ORDER, body, account_id),), moment(body["date_modified_gmt"]))


def refund(body: Mapping[str, Any], order_id: str, currency: str, account_id: str) -> Told:
    """A refund, with what only its order says of it; it does not change once it is made."""
    row = shaped(REFUND, {**body, "order_id": int(order_id), "order_currency": currency}, account_id)
    return Told(REFUNDS, str(body["id"]), (row,), None)


def product(body: Mapping[str, Any], account_id: str) -> Told:
    """A product or, where it names a parent, one variation of it."""
    version = moment(body["date_modified_gmt"])
    parent = body.get("parent_id")
    if not parent:
        return Told(PRODUCTS, str(body["id"]), (shaped(PRODUCT, body, account_id),), version)
    manage = body.get("manage_stock")
    said = {**body, "product_id": parent, "manage_stock": str(manage).lower() if manage is not None else None}
    return Told(VARIATIONS, f"{parent}/{body['id']}", (shaped(VARIATION, said, account_id),), version)


def moment(text: str) -> datetime:
    """A `_gmt` time, which is UTC without saying so."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
