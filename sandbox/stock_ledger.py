"""What the stock hub wrote down: every change of what is on hand since its books were opened, adding up to what it shows.

The opening is reckoned backwards from today's levels, so that no level depends on this file. A few lines are missing on
purpose, as they are in life: a parcel nobody deducted, a receipt nobody posted, a return only the shop put back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.facts import Parcel
    from sandbox.world import World

OPENED = datetime(2026, 9, 30, tzinfo=UTC)
COUNTED = datetime(2026, 10, 31, tzinfo=UTC)
# Of the parcels shipped in October, in the order they left: these were never deducted.
NOT_DEDUCTED = (60, 200)
# The hub's books miss this line of the half-received order, counted from 0.
NOT_POSTED = ("PO-00002", 1)
# Each so-manieth return that the shop put back never reached the shelf; each so-manieth that it did not was found there.
ONLY_AT_THE_SHOP, ONLY_AT_THE_HUB = 4, 2
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One signed change of what is on hand of a SKU at a place. kind in the hub's words."""

    sku: str
    location_id: str
    kind: str
    moved_at: datetime
    quantity: int
    number: str
    task: str


def ledger(world: World) -> list[LedgerLine]:
    """All lines, oldest first; per SKU and place they sum to world.stock's on hand."""
    lines = [*_receipts(world), *_sales(world), *_returns(world)]
    sums: dict[Key, int] = dict.fromkeys(world.stock, 0)
    for line in lines:
        sums[(line.sku, line.location_id)] += line.quantity
    lines += _openings(world, sums)
    return sorted(lines, key=lambda line: (line.moved_at, line.kind, line.number, line.sku, line.location_id))


def _receipts(world: World) -> Iterator[LedgerLine]:
    for order in world.purchase_orders:
        for place, line in enumerate(order.lines):
            if line.received_quantity and (order.number, place) != NOT_POSTED:
                key = (line.sku, order.location_id)
                yield LedgerLine(
                    *key, "Purchase", order.updated_at, line.received_quantity, order.number, order.purchase_order_id
                )


def _left(world: World) -> list[Parcel]:
    """Parcels that left since the books were opened, oldest first."""
    left = (box for box in world.parcels.tail if box.voided_at is None and box.shipped_at >= OPENED)
    return sorted(left, key=lambda box: (box.shipped_at, box.parcel_id))


def _sales(world: World) -> Iterator[LedgerLine]:
    for place, box in enumerate(_left(world)):
        if place in NOT_DEDUCTED:
            continue
        for line in box.lines:
            if (line.sku, box.location_id) in world.stock:
                number = f"SO-{box.parcel_id % 1_000_000:06d}"
                yield LedgerLine(
                    line.sku, box.location_id, "Sale", box.shipped_at, -line.quantity, number, f"sale {box.parcel_id}"
                )


def _returns(world: World) -> Iterator[LedgerLine]:
    """What came back, put where it left from, a day after the shop gave the money back."""
    came_from = {(box.order_number, line.sku): box.location_id for box in _left(world) for line in box.lines}
    put_back = found = 0
    for order in world.orders.values():
        for refund in order.refunds:
            for line in refund.lines:
                place = came_from.get((order.number, line.sku))
                if place is None or order.channel != "shopify":
                    continue
                put_back, found = put_back + line.is_restocked, found + (not line.is_restocked)
                is_there = put_back % ONLY_AT_THE_SHOP != 0 if line.is_restocked else found % ONLY_AT_THE_HUB == 0
                if is_there:
                    moved_at, number = (
                        refund.created_at + timedelta(days=1),
                        f"CR-{line.refund_line_id % 1_000_000:06d}",
                    )
                    task = f"return {line.refund_line_id}"
                    yield LedgerLine(line.sku, place, "Sale Credit Note", moved_at, line.quantity, number, task)


def _openings(world: World, sums: dict[Key, int]) -> Iterator[LedgerLine]:
    """The first count of each shelf. Where it would lie below nothing, goods went to the other place, or are missing."""
    wanted = {key: level.on_hand - sums[key] for key, level in world.stock.items()}
    moved_on = COUNTED - timedelta(days=3)
    for number, key in enumerate(sorted(wanted), start=1):
        sku, place = key
        other = next((item for item in wanted if item[0] == sku and item[1] != place), None)
        moved = min(-wanted[key], wanted[other]) if other and wanted[key] < 0 < wanted[other] else 0
        if moved and other:
            transfer = f"TR-{number:05d}"
            yield LedgerLine(sku, place, "Transfer", moved_on, -moved, transfer, transfer)
            yield LedgerLine(sku, other[1], "Transfer", moved_on, moved, transfer, transfer)
            wanted[other] -= moved
            wanted[key] += moved
    for (sku, place), units in wanted.items():
        yield LedgerLine(sku, place, "Adjustment", OPENED, max(0, units), "ST-00001", f"opening {place}")
        if units < 0:
            yield LedgerLine(sku, place, "Stocktake", COUNTED, units, "ST-00002", f"count {place}")
