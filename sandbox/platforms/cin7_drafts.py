"""Purchases that are made through the API: `POST /purchase` begins one, `POST /purchase/order` replaces its lines.

As at the vendor nothing here is repeat-safe: the same request twice makes two purchases, so effects are counted by the note.
An order may be written while it is a draft or has no lines; authorising it puts its units on order. `DELETE` with Void=true
voids a purchase, which is how a person declines a draft.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.facts import PurchaseLine, PurchaseOrder
from sandbox.platforms.cin7_adjustments import Refused
from sandbox.platforms.cin7_objects import purchase

if TYPE_CHECKING:
    from sandbox.world import World


def begin(world: World, body: Any) -> dict[str, Any]:
    """A purchase without an order, in status DRAFT."""
    if not isinstance(body, dict) or not str(body.get("Supplier") or "").strip():
        raise Refused("Supplier is required")
    place = next((item for item in world.locations if item.name == body.get("Location")), None)
    if place is None:
        raise Refused(f"Location '{body.get('Location')}' was not found")
    if body.get("Approach") not in {"STOCK", "INVOICE"}:
        raise Refused("Approach must be STOCK or INVOICE")
    number = len(world.purchase_orders) + 1
    now = world.clock.advance(0.001)
    required = str(body.get("RequiredBy") or "")[:10]
    made = PurchaseOrder(
        purchase_order_id=str(uuid5(NAMESPACE_URL, f"cin7 purchase {number}")),
        number=f"PO-{number:05d}",
        supplier=body["Supplier"],
        location_id=place.location_id,
        ordered_on=now.date(),
        expected_on=now.date() if not required else type(now.date()).fromisoformat(required),
        status="draft",
        lines=(),
        updated_at=now,
    )
    world.purchase_orders.append(made)
    notes(world)[made.purchase_order_id] = str(body.get("Note") or "")
    world.effects.record("cin7", "purchase_created", notes(world)[made.purchase_order_id])
    return purchase(world, made)


def write_order(world: World, body: Any) -> dict[str, Any]:
    """The order's lines, replaced as a whole."""
    found = by_id(world, body.get("TaskID") if isinstance(body, dict) else None)
    if found.status not in {"draft", "ordering"}:
        raise Refused("Purchase order status is not DRAFT or NOT AVAILABLE")
    if body.get("Status") not in {"DRAFT", "AUTHORISED"}:
        raise Refused("Status must be DRAFT or AUTHORISED")
    lines = tuple(_line(world, line) for line in body.get("Lines") or ())
    status = "open" if body["Status"] == "AUTHORISED" else "ordering"
    changed = _change(world, found, status=status, lines=lines)
    if status == "open":
        for line in lines:
            level = world.stock[(line.sku, found.location_id)]
            world.set_stock(line.sku, found.location_id, incoming=level.incoming + line.quantity)
    world.effects.record("cin7", f"purchase_{'authorised' if status == 'open' else 'drafted'}", found.purchase_order_id)
    order: dict[str, Any] = purchase(world, changed)["Order"]
    return {**order, "TaskID": found.purchase_order_id}


def void(world: World, purchase_id: str | None, is_void: bool) -> dict[str, Any]:
    """A purchase that a person does not want."""
    found = by_id(world, purchase_id)
    if not is_void:
        raise Refused("The sandbox voids purchases only")
    return purchase(world, _change(world, found, status="cancelled"))


def by_id(world: World, purchase_id: Any) -> PurchaseOrder:
    found = next((item for item in world.purchase_orders if item.purchase_order_id == purchase_id), None)
    if found is None:
        raise Refused("Purchase with specified ID was not found")
    return found


def notes(world: World) -> dict[str, str]:
    """Notes by purchase id; those that were always there have none."""
    found: dict[str, str] = world.state("cin7").setdefault("notes", {})
    return found


def _change(world: World, fact: PurchaseOrder, **values: Any) -> PurchaseOrder:
    changed = replace(fact, **values, updated_at=world.clock.advance(0.001))
    world.purchase_orders[world.purchase_orders.index(fact)] = changed
    return changed


def _line(world: World, line: dict[str, Any]) -> PurchaseLine:
    product = next((item for item in world.catalogue if item.sku == line.get("SKU")), None)
    if product is None:
        raise Refused(f"Product '{line.get('SKU')}' was not found")
    if not line.get("TaxRule"):
        raise Refused("TaxRule is required")
    quantity, price = line.get("Quantity", 0), line.get("Price", 0)
    if quantity != int(quantity) or quantity < 1:
        raise Refused("Quantity must be at least 1")
    if line.get("Total") != quantity * price:
        raise Refused("Total is not Quantity by Price")
    return PurchaseLine(product.sku, int(quantity), 0, int(price * 100))
