"""Money taken and money given back, as Shopify tells it: transactions and refunds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sandbox.facts import Order, Refund, Tender
from sandbox.platforms.shopify_catalogue import location_node
from sandbox.platforms.shopify_lines import line_node
from sandbox.platforms.shopify_money import bag, gid, stamp
from sandbox.platforms.shopify_paging import Node, nested

if TYPE_CHECKING:
    from sandbox.world import World


def transactions(order: Order) -> Iterable[Node]:
    """Every leg, then the money given back."""
    nodes: dict[int, Node] = {}
    for leg in order.tenders:
        nodes[leg.tender_id] = _transaction(order, leg, nodes.get(leg.parent_id or 0))
    yield from nodes.values()
    for refund in order.refunds:
        yield _refund_transaction(order, refund)


def _transaction(order: Order, leg: Tender, parent: Node | None) -> Node:
    receipt: dict[str, Any] = {}
    if leg.charge_id:
        receipt = {
            "id": leg.charge_id,
            "object": "charge",
            "payment_intent": leg.payment_intent_id,
            "amount": leg.amount_minor,
            "currency": "usd",
            "metadata": {"order_number": order.number},
        }
    elif leg.type == "gift_card":
        receipt = {
            "gift_card_id": order.platform_id % 100_000,
            "gift_card_last_characters": f"{order.platform_id % 10_000:04d}",
        }
    return {
        "id": gid("OrderTransaction", leg.tender_id),
        "kind": leg.kind.upper(),
        "status": leg.status.upper(),
        "gateway": leg.gateway,
        "formattedGateway": leg.gateway.replace("_", " ").title(),
        "amountSet": bag(leg.amount_minor),
        "paymentId": leg.payment_intent_id or f"{order.number}.{leg.tender_id % 10}",
        "receiptJson": json.dumps(receipt, separators=(",", ":")) if receipt else None,
        "fees": [],
        "authorizationCode": leg.charge_id,
        "createdAt": stamp(leg.processed_at),
        "processedAt": stamp(leg.processed_at),
        "parentTransaction": parent,
        "test": order.is_test,
        "manualPaymentGateway": False,
    }


def _refund_transaction(order: Order, refund: Refund) -> Node:
    leg = next(leg for leg in order.tenders if leg.charge_id and leg.kind in {"sale", "capture"})
    receipt = {
        "id": refund.stripe_refund_id,
        "object": "refund",
        "charge": refund.charge_id,
        "amount": refund.amount_minor,
    }
    return _transaction(order, leg, None) | {
        "id": gid("OrderTransaction", refund.tender_id),
        "kind": "REFUND",
        "amountSet": bag(refund.amount_minor),
        "receiptJson": json.dumps(receipt, separators=(",", ":")),
        "fees": [],
        "authorizationCode": refund.stripe_refund_id,
        "createdAt": stamp(refund.created_at),
        "processedAt": stamp(refund.created_at),
        "parentTransaction": _transaction(order, leg, None),
    }


def _none() -> Callable[..., Node]:
    return nested(list)


def refund_node(world: World, order: Order, refund: Refund) -> Node:
    """A Refund object."""
    return {
        "__typename": "Refund",
        "id": gid("Refund", refund.refund_id),
        "legacyResourceId": str(refund.refund_id),
        "createdAt": stamp(refund.created_at),
        "updatedAt": stamp(refund.created_at),
        "processedAt": stamp(refund.created_at),
        "note": refund.reason,
        "totalRefundedSet": bag(refund.amount_minor),
        "refundLineItems": nested(lambda: list(_refund_lines(world, order, refund))),
        "refundShippingLines": _none(),
        "orderAdjustments": _none(),
        "transactions": nested(lambda: [_refund_transaction(order, refund)]),
    }


def _refund_lines(world: World, order: Order, refund: Refund) -> Iterable[Node]:
    lines = {line.line_id: line for line in order.lines}
    for back in refund.lines:
        yield {
            "id": gid("RefundLineItem", back.refund_line_id),
            "lineItem": line_node(world, order, lines[back.line_id]),
            "quantity": back.quantity,
            "priceSet": bag(back.net_minor // back.quantity),
            "subtotalSet": bag(back.net_minor),
            "totalTaxSet": bag(back.tax_minor),
            "restockType": "RETURN" if back.is_restocked else "NO_RESTOCK",
            "restocked": back.is_restocked,
            "location": location_node(world, "newark") if back.is_restocked else None,
        }
