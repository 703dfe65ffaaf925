"""The three writes the product makes at Shopify, with the vendor's guards: compare-and-set, idempotency, what is left."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from sandbox.facts import Order
from sandbox.kept_answers import KeptAnswers
from sandbox.platforms.shopify_boxes import fulfilment_node
from sandbox.platforms.shopify_catalogue import item_node, location_node, quantities
from sandbox.platforms.shopify_fulfilments import Fulfilment, fulfilments_of, pushed, remaining
from sandbox.platforms.shopify_money import gid, stamp, tail
from sandbox.platforms.shopify_paging import Node, bad_request
from sandbox.webhooks import events

if TYPE_CHECKING:
    from sandbox.world import World

INPUT_LIMIT = 250
QUANTITY_LIMIT = 1_000_000_000
# The vendor does not publish it; public write-ups say a day.
KEYS_KEPT_FOR = timedelta(hours=24)
REASONS = (
    "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received",
    "movement_updated", "other", "promotion", "quality_control", "received", "reservation_created",
    "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage",
)  # fmt: skip


def _error(code: str, field: list[str] | None, message: str) -> Node:
    return {"code": code, "field": field, "message": message}


def set_quantities(world: World, asked: Node, key: str | None) -> Node:
    """inventorySetQuantities: all of it or nothing; a repeated key answers with the first result."""
    if key is None:
        raise GraphQLError(
            "The @idempotent directive is required for this mutation but was not provided.",
            extensions={"code": "BAD_REQUEST"},
        )
    if len(asked["quantities"]) > INPUT_LIMIT:
        raise bad_request(
            f"The input array size of {len(asked['quantities'])} is greater than the maximum allowed of {INPUT_LIMIT}."
        )
    remembered: KeptAnswers = world.state("shopify").setdefault("idempotency", KeptAnswers(world.clock, KEYS_KEPT_FOR))
    fingerprint = json.dumps(asked, sort_keys=True)
    known = remembered.get(key)
    if known is not None:
        before, replayed = known
        if before == fingerprint:
            return dict(replayed)
        message = "The same idempotency key was used with different parameters."
        return {
            "inventoryAdjustmentGroup": None,
            "userErrors": [_error("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None, message)],
        }
    errors = _quantity_errors(world, asked)
    if errors:
        # Refused input changes nothing and is not remembered: the same key may carry the corrected try.
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    result = {"inventoryAdjustmentGroup": _apply(world, asked), "userErrors": []}
    remembered.keep(key, fingerprint, result)
    return result


def _skus(world: World) -> dict[str, str]:
    return {
        gid("InventoryItem", product.shopify_inventory_item_id): product.sku
        for product in world.catalogue
        if not product.is_gift_card
    }


def _places(world: World) -> dict[str, str]:
    return {gid("Location", place.shopify_id): place.location_id for place in world.locations}


def _quantity_errors(world: World, asked: Node) -> list[Node]:
    errors: list[Node] = []
    if asked["name"] not in {"available", "on_hand"}:
        errors.append(
            _error("INVALID_NAME", ["input", "name"], "The quantity name must be either 'available' or 'on_hand'.")
        )
    if asked["reason"] not in REASONS:
        errors.append(_error("INVALID_REASON", ["input", "reason"], "The specified reason is invalid."))
    if errors:
        return errors
    skus, places = _skus(world), _places(world)
    seen: set[tuple[str, str]] = set()
    for place, row in enumerate(asked["quantities"]):
        path = ["input", "quantities", str(place)]
        pair = (row["inventoryItemId"], row["locationId"])
        if pair[0] not in skus:
            errors.append(
                _error(
                    "INVALID_INVENTORY_ITEM",
                    [*path, "inventoryItemId"],
                    "The specified inventory item could not be found.",
                )
            )
        elif pair[1] not in places:
            errors.append(
                _error("INVALID_LOCATION", [*path, "locationId"], "The specified location could not be found.")
            )
        elif pair in seen:
            message = "The combination of inventoryItemId and locationId must be unique."
            errors.append(_error("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", [*path, "locationId"], message))
        elif row["quantity"] < 0:
            errors.append(_error("INVALID_QUANTITY_NEGATIVE", [*path, "quantity"], "The quantity can't be negative."))
        elif row["quantity"] > QUANTITY_LIMIT:
            errors.append(
                _error(
                    "INVALID_QUANTITY_TOO_HIGH", [*path, "quantity"], "The quantity can't be higher than 1,000,000,000."
                )
            )
        elif row.get("changeFromQuantity") is not None:
            have = quantities(world, skus[pair[0]], places[pair[1]])[asked["name"]]
            if have != row["changeFromQuantity"]:
                message = "The changeFromQuantity argument no longer matches the persisted quantity."
                errors.append(_error("CHANGE_FROM_QUANTITY_STALE", [*path, "changeFromQuantity"], message))
        seen.add(pair)
    return errors


def _apply(world: World, asked: Node) -> Node:
    skus, places = _skus(world), _places(world)
    now = world.clock.advance(1)
    changes: list[Node] = []
    for row in asked["quantities"]:
        sku, location_id = skus[row["inventoryItemId"]], places[row["locationId"]]
        have = quantities(world, sku, location_id)
        delta = row["quantity"] - have[asked["name"]]
        shown = world.shopify_available[(sku, location_id)]
        world.stock_log.written("shopify", sku, location_id, shown + delta, shown)
        world.shopify_available[(sku, location_id)] += delta
        world.state("shopify").setdefault("level_changes", {})[(sku, location_id)] = now
        world.effects.record("shopify", "stock_level_set", f"{row['inventoryItemId']}|{row['locationId']}")
        for name in ("available", "on_hand"):
            changes.append(
                {
                    "name": name,
                    "delta": delta,
                    "quantityAfterChange": have[name] + delta,
                    "item": item_node(world, world.products[sku]),
                    "location": location_node(world, location_id),
                }
            )
        events.level_changed(world, sku, location_id)
    return {
        "id": gid("InventoryAdjustmentGroup", world.effects.count("shopify", "stock_level_set")),
        "createdAt": stamp(now),
        "reason": asked["reason"],
        "referenceDocumentUri": asked.get("referenceDocumentUri"),
        "changes": changes,
    }


def create_fulfilment(world: World, asked: Node) -> Node:
    """fulfillmentCreate: no key protects it, but lines already fulfilled have nothing left."""
    wanted: dict[int, int] = {}
    order: Order | None = None
    for group in asked["lineItemsByFulfillmentOrder"]:
        found = order_of_fulfilment_order(world, group["fulfillmentOrderId"])
        if found is None or (order is not None and found.number != order.number):
            return _refused(["fulfillment"], "Fulfillment order does not exist.")
        order = found
        left = remaining(world, order)
        lines = group.get("fulfillmentOrderLineItems")
        chosen = (
            {int(tail(line["id"])) - 1: line["quantity"] for line in lines}
            if lines
            else {k: v for k, v in left.items() if v}
        )
        if not chosen:
            return _refused(
                ["fulfillment"],
                f"Fulfillment order {tail(group['fulfillmentOrderId'])} has an unfulfillable status= closed.",
            )
        for line_id, quantity in chosen.items():
            if line_id not in left:
                return _refused(["fulfillment"], "Fulfillment order line item does not exist.")
            if quantity < 1 or quantity > left[line_id]:
                return _refused(["fulfillment"], "Invalid fulfillment order line item quantity requested.")
            wanted[line_id] = quantity
    if order is None:
        return _refused(["fulfillment"], "No fulfillment order was given.")
    return _fulfil(world, order, wanted, asked.get("trackingInfo") or {})


def order_of_fulfilment_order(world: World, fulfilment_order_gid: str) -> Order | None:
    wanted = int(tail(fulfilment_order_gid)) - 1_000_000_000 if tail(fulfilment_order_gid).isdigit() else 0
    return next((o for o in world.orders.values() if o.channel == "shopify" and o.platform_id == wanted), None)


def _refused(field: list[str], message: str) -> Node:
    return {"fulfillment": None, "userErrors": [{"field": field, "message": message}]}


def _fulfil(world: World, order: Order, wanted: dict[int, int], tracking: dict[str, Any]) -> Node:
    now = world.clock.advance(1)
    made_before = sum(len(made) for made in pushed(world).values())
    made = Fulfilment(
        fulfilment_id=4_900_000_001 + made_before,
        order_number=order.number,
        lines=tuple(wanted.items()),
        company=tracking.get("company"),
        tracking_number=tracking.get("number") or next(iter(tracking.get("numbers") or []), None),
        url=tracking.get("url"),
        created_at=now,
        updated_at=now,
        display_status="FULFILLED",
    )
    pushed(world).setdefault(order.number, []).append(made)
    world.orders[order.number] = order = replace(order, updated_at=now)
    world.effects.record("shopify", "fulfillment_created", f"{order.number}|{made.tracking_number}")
    events.fulfilment_made(world, order, made)
    return {"fulfillment": fulfilment_node(world, order, made, len(fulfilments_of(world, order))), "userErrors": []}


def update_tracking(world: World, identity: str, tracking: Node) -> Node:
    """fulfillmentTrackingInfoUpdate: replaces what is known of the box."""
    for order in list(world.orders.values()):
        if order.channel != "shopify":
            continue
        for place, made in enumerate(fulfilments_of(world, order), start=1):
            if gid("Fulfillment", made.fulfilment_id) != identity:
                continue
            now = world.clock.advance(1)
            made.company = tracking.get("company") or made.company
            made.tracking_number = tracking.get("number") or made.tracking_number
            made.url, made.updated_at = tracking.get("url") or made.url, now
            world.state("shopify").setdefault("edited_fulfilments", {})[made.fulfilment_id] = made
            world.orders[order.number] = changed = replace(order, updated_at=now)
            world.effects.record("shopify", "tracking_updated", f"{order.number}|{made.tracking_number}")
            events.fulfilment_made(world, changed, made, "fulfillments/update")
            return {"fulfillment": fulfilment_node(world, order, made, place), "userErrors": []}
    return {"fulfillment": None, "userErrors": [{"field": ["fulfillmentId"], "message": "Fulfillment does not exist."}]}
