"""Available quantities by item and location: set as a whole request or not at all, each with the value it replaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import accepted, at, complete, for_all, items, not_applied, of_record, unreadable
from reverse_etl.destination import Answer, Batch, LookUp, LookUpMany, Outcome, ReadBack, References, Request, Write
from reverse_etl.destinations.shopify.graphql import MEANINGS, check, data, owned, request
from reverse_etl.errors import DeliveryError, RejectedRecord
from reverse_etl.plan import Delivery

# Levels in one question: each costs a few points, and a query may cost 1,000.
_MOST = 50
SET_QUANTITIES = """
mutation SetQuantities($input: InventorySetQuantitiesInput!, $idempotencyKey: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $idempotencyKey) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}
"""
STOCK_LEVEL = """
query StockLevel($item: ID!, $location: ID!) {
  inventoryItem(id: $item) {
    id
    inventoryLevel(locationId: $location) { id quantities(names: ["available"]) { name quantity } }
  }
}
"""


def _encode_stock(batch: Batch, request_key: str, references: References) -> Request:
    quantities = [
        {
            "inventoryItemId": delivery.payload["inventory_item_gid"],
            "locationId": delivery.payload["location_gid"],
            "quantity": delivery.payload["quantity"],
            "changeFromQuantity": delivery.before.get("quantity"),
        }
        for delivery in batch
    ]
    written = {
        "name": "available",
        "reason": "correction",
        # Shows in the shop's stock history, so that a human there finds the plan.
        "referenceDocumentUri": f"gid://cartwheel/Plan/{batch[0].plan_id}",
        "quantities": quantities,
    }
    return request(SET_QUANTITIES, {"input": written, "idempotencyKey": request_key})


def _decode_stock(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    check(answer)
    result = at(answer.body, "data", "inventorySetQuantities")
    errors = at(result, "userErrors")
    if not isinstance(errors, list):
        return {}
    if not errors:
        return for_all(batch, accepted(at(result, "inventoryAdjustmentGroup", "id")))
    outcomes = for_all(batch, not_applied("another quantity of the same request was refused"))
    for error in errors:
        position = _quantity_position(at(error, "field"))
        if position is None and len(batch) == 1:
            position = 0
        delivery = batch[position] if position is not None and position < len(batch) else None
        refusal = _refusal(answer, error, delivery)
        if not isinstance(refusal, RejectedRecord):
            # It is about the request, all of which is without effect.
            raise refusal
        if delivery is not None:
            outcomes[delivery.record_key] = of_record(refusal)
    return outcomes


def _refusal(answer: Answer, error: Any, delivery: Delivery | None) -> DeliveryError:
    code, cause = at(error, "code"), None
    if delivery is not None and code == "INVALID_LOCATION":
        cause = f"location {delivery.payload['location_gid']}"
    return MEANINGS.error(answer, code, at(error, "message"), cause)


def _quantity_position(field: Any) -> int | None:
    """The index in ["input", "quantities", "3", "changeFromQuantity"]."""
    steps = [str(step) for step in field] if isinstance(field, list) else []
    if "quantities" in steps[:-1]:
        step = steps[steps.index("quantities") + 1]
        return int(step) if step.isdigit() else None
    return None


def _look_up_stock(delivery: Delivery, references: References) -> Request:
    wanted = {"item": delivery.payload["inventory_item_gid"], "location": delivery.payload["location_gid"]}
    return request(STOCK_LEVEL, wanted)


def _held_stock(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    """The available quantity; None when the item is gone or not stocked there."""
    return _held(at(data(answer, "inventoryItem"), "inventoryItem", "inventoryLevel"))


def _held(level: Any) -> dict[str, Any] | None:
    if level is None:
        return None
    for quantity in items(level, "quantities"):
        if at(quantity, "name") == "available":
            return {"quantity": at(quantity, "quantity")}
    raise unreadable()


def _read_many(batch: Batch, references: References) -> Request:
    """One question for all, each level under a name of its own."""
    places = range(len(batch))
    declared = ", ".join(f"$item{place}: ID!, $location{place}: ID!" for place in places)
    asked = "\n".join(
        f"  level{place}: inventoryItem(id: $item{place}) {{ id inventoryLevel(locationId: $location{place})"
        ' { id quantities(names: ["available"]) { name quantity } } }'
        for place in places
    )
    wanted = {f"item{place}": delivery.payload["inventory_item_gid"] for place, delivery in enumerate(batch)}
    wanted |= {f"location{place}": delivery.payload["location_gid"] for place, delivery in enumerate(batch)}
    return request(f"query StockLevels({declared}) {{\n{asked}\n}}", wanted)


def _found_many(batch: Batch, answer: Answer) -> dict[str, Outcome | None]:
    found = data(answer, *(f"level{place}" for place in range(len(batch))))
    levels = {delivery.record_key: at(found[f"level{place}"], "inventoryLevel") for place, delivery in enumerate(batch)}
    return {each.record_key: _settled(each, levels[each.record_key]) for each in batch}


def _found_stock(delivery: Delivery, answer: Answer) -> Outcome | None:
    return _settled(delivery, at(data(answer, "inventoryItem"), "inventoryItem", "inventoryLevel"))


def _settled(delivery: Delivery, level: Any) -> Outcome | None:
    held = _held(level)
    if held is not None and held["quantity"] == delivery.payload["quantity"]:
        return accepted(at(level, "id"))
    # Not as wanted: the write may go out again, because the quantity it replaces guards it.
    return None


STOCK_LEVELS = Write(
    encode=_encode_stock,
    decode=lambda batch, answer: complete(batch, _decode_stock(batch, answer)),
    look_up=LookUp(_look_up_stock, _found_stock, LookUpMany(_read_many, _found_many, _MOST)),
    read_back=ReadBack(_look_up_stock, _held_stock),
    owns=owned(
        "input.name",
        "input.reason",
        "input.referenceDocumentUri",
        "input.quantities.inventoryItemId",
        "input.quantities.locationId",
        "input.quantities.quantity",
        "input.quantities.changeFromQuantity",
        "idempotencyKey",
    ),
    marks_by_hand=lambda delivery: {"available": str(delivery.payload["quantity"])},
    # All quantities of one request share its reference document, which is the plan.
    group=lambda delivery: delivery.plan_id,
)
