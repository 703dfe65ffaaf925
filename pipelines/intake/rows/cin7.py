"""Cin7 Core's webhooks as raw rows: `Stock/AvailableStockLevelChanged` carries rows of the availability list.

A body has neither an id nor a time, so its time is when it occurred as far as the inbox knows, else when it came. Of a place
with bins or batches it may name one alone: then the product's whole availability is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from pipelines.intake.rows import Event, Known, Pointer, Told, shaped
from pipelines.platforms.cin7 import PRODUCT_AVAILABILITY

TABLE = "raw_cin7.product_availability"


def told(event: Event, body: Sequence[Mapping[str, Any]] | Mapping[str, Any], _: Known) -> Iterator[Told | Pointer]:
    """What the body says, by its topic."""
    if event.topic != "Stock/AvailableStockLevelChanged":
        return
    rows = [body] if isinstance(body, Mapping) else body
    parted = {str(row["SKU"]) for row in rows if row.get("Bin") or row.get("Batch")}
    for sku in sorted(parted):
        yield Pointer("cin7", event.account_id, "availability", sku)
    whole = [row for row in rows if row["SKU"] not in parted]
    yield from availability(whole, event.account_id, event.occurred_at or event.received_at)


def availability(rows: Iterable[Mapping[str, Any]], account_id: str, read_at: datetime) -> Iterator[Told]:
    """One resource per SKU and place, of as many rows as it has bins and batches."""

    def place(row: Mapping[str, Any]) -> tuple[str, str]:
        return str(row["SKU"]), str(row["Location"])

    moment = read_at.astimezone(UTC)
    for (sku, location), found in groupby(sorted(rows, key=place), key=place):
        numbered = [
            shaped(PRODUCT_AVAILABILITY, {**row, "LineNumber": number, "ReadAt": moment.isoformat()}, account_id)
            for number, row in enumerate(found, start=1)
        ]
        yield Told(TABLE, f"{sku}|{location}", tuple(numbered), moment)
