"""ShipStation's webhooks: a body is an address to read and nothing else.

Only labels move stock: an order's notice repeats what its shop has told, and a fulfilment marked by hand names no goods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.intake.rows import Event, Known, Pointer, Told, shaped
from pipelines.platforms.shipstation import SHIPMENT

TABLE = "raw_shipstation.shipments"


def told(event: Event, body: Mapping[str, Any], _: Known) -> Iterator[Told | Pointer]:
    """What the body says, by its topic."""
    if event.topic in {"SHIP_NOTIFY", "ITEM_SHIP_NOTIFY"}:
        yield Pointer("shipstation", event.account_id, "shipments", str(body["resource_url"]))


def shipment(record: Mapping[str, Any], account_id: str) -> Told:
    """A label as it was read just now, so that nothing later is known of it."""
    return Told(TABLE, str(record["shipmentId"]), (shaped(SHIPMENT, record, account_id),), None)
