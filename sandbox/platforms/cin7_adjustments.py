"""What `POST /stockadjustment` does: add to (or take from) what is on hand, at once when COMPLETED.

Not repeat-safe, as at the vendor: posting twice adjusts twice, which is why the effects are counted by Reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.platforms.cin7_objects import spaced
from sandbox.stock_ledger import LedgerLine
from sandbox.webhooks import events

if TYPE_CHECKING:
    from sandbox.world import World


class Refused(Exception):
    """The request can't be done; the text is for the vendor's `Exception` field."""


def adjust(world: World, body: Any) -> dict[str, Any]:
    """The adjustment as stored. Nothing changes unless every line can be done."""
    if not isinstance(body, dict) or not body.get("Lines"):
        raise Refused("Lines are required")
    status = body.get("Status", "DRAFT")
    if status not in {"DRAFT", "COMPLETED"}:
        raise Refused("Status must be DRAFT or COMPLETED")
    lines = [_resolve(world, line) for line in body["Lines"]]
    made = world.state("cin7").setdefault("adjustments", {})
    number = len(made) + 1
    world.clock.advance(0.001)
    if status == "COMPLETED":
        for sku, place, change in lines:
            world.set_stock(sku, place, on_hand=world.stock[(sku, place)].on_hand + change)
            world.state("cin7")["ledger"].append(
                LedgerLine(
                    sku, place, "Adjustment", world.clock.now(), change, f"ST-{number:05d}", f"adjustment {number}"
                )
            )
    task = str(uuid5(NAMESPACE_URL, f"cin7 adjustment {number}"))
    made[task] = {
        "TaskID": task,
        "StocktakeNumber": f"ST-{number:05d}",
        "EffectiveDate": body.get("EffectiveDate") or spaced(world.clock.now()),
        "Status": status,
        "Account": body.get("Account", "5000"),
        "Reference": body.get("Reference", ""),
        "NewStockLines": [],
        "ExistingStockLines": [_shown(world, *line) for line in lines],
        "Transactions": [],
    }
    if status == "COMPLETED":
        world.effects.record("cin7", "stock_adjusted", body.get("Reference") or task)
        events.stock_changed(world, *sorted({sku for sku, _, _ in lines}))
    result: dict[str, Any] = made[task]
    return result


def _resolve(world: World, line: dict[str, Any]) -> tuple[str, str, int]:
    product = next(
        (item for item in world.catalogue if line.get("ProductID") == item.cin7_id or line.get("SKU") == item.sku), None
    )
    if product is None:
        raise Refused(f"Product '{line.get('SKU') or line.get('ProductID')}' was not found")
    place = next(
        (
            item
            for item in world.locations
            if line.get("LocationID") == item.cin7_id or line.get("Location") == item.name
        ),
        None,
    )
    if place is None or (product.sku, place.location_id) not in world.stock:
        raise Refused(f"Location '{line.get('Location') or line.get('LocationID')}' was not found")
    change = int(line.get("Quantity", 0))
    if world.stock[(product.sku, place.location_id)].on_hand + change < 0:
        raise Refused(f"Not enough stock of '{product.sku}' at '{place.name}'")
    return product.sku, place.location_id, change


def _shown(world: World, sku: str, place: str, change: int) -> dict[str, Any]:
    level = world.stock[(sku, place)]
    location = next(item for item in world.locations if item.location_id == place)
    product = world.products[sku]
    return {
        "ProductID": product.cin7_id,
        "SKU": sku,
        "ProductName": product.title,
        "Location": location.name,
        "LocationID": location.cin7_id,
        "QuantityOnHand": level.on_hand,
        "Available": level.on_hand - level.allocated,
        "Adjustment": change,
        "BatchSN": None,
        "ExpiryDate": None,
        "Comments": "",
    }
