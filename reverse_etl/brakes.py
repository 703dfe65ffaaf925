"""Brakes: what about a plan needs a person before it is sent. Each breach is a sentence with its numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from reverse_etl.delivery import Action, Delivery
from reverse_etl.money import spoken
from reverse_etl.sync import Limits, Mode, Sync


def breaches(
    sync: Sync, records: int, deliveries: Sequence[Delivery], accepted_records: int, elsewhere: int = 0
) -> tuple[str, ...]:
    """Sentences naming each limit the plan breaks, out of so many records in the model and so many accepted before.

    `elsewhere` counts other records that changed one by one of late: many small plans are one large change.
    """
    return (
        *_deletes(sync, records, deliveries, accepted_records),
        *_counts(sync.limits, deliveries, accepted_records, elsewhere),
        *_money(sync.limits, deliveries),
        *_prices(sync, deliveries),
    )


def unfit_price(sync: Sync, payload: Any) -> str | None:
    """Why this record may not be sent at all: a price that is missing, zero or below. No approval lets it through."""
    for name in sync.price_fields:
        if name not in payload:
            continue
        price = payload[name]
        if price is None or price <= 0:
            shown = "missing" if price is None else str(price)
            return f"{name} is {shown}: a price of zero or none is never sent; correct the price"
    return None


def _deletes(sync: Sync, records: int, deliveries: Sequence[Delivery], accepted_records: int) -> Iterator[str]:
    limits = sync.limits
    deletes = sum(1 for delivery in deliveries if delivery.action is Action.DELETE)
    if sync.mode is Mode.MIRROR and not records and accepted_records:
        yield (
            f"{sync.model} holds no record at all, and {accepted_records} accepted before would be deleted:"
            " an empty model is more often a broken build than an empty business"
        )
    if limits.max_deletes is not None and deletes > limits.max_deletes:
        yield f"{deletes} records would be deleted, allowed {limits.max_deletes}"
    if accepted_records and deletes > limits.max_share_deleted * accepted_records:
        yield (
            f"{deletes} of {accepted_records} records accepted before would be deleted"
            f" ({_percent(deletes, accepted_records)}, allowed {limits.max_share_deleted:.1%})"
        )


def _counts(limits: Limits, deliveries: Sequence[Delivery], accepted_records: int, elsewhere: int) -> Iterator[str]:
    again = sum(1 for delivery in deliveries if delivery.follows)
    again += elsewhere if again else 0
    if accepted_records >= limits.judged_from and again > limits.max_share_changed * accepted_records:
        yield (
            f"{again} of {accepted_records} records accepted before would change"
            f" ({_percent(again, accepted_records)}, allowed {limits.max_share_changed:.1%})"
        )
    if limits.max_deliveries is not None and len(deliveries) > limits.max_deliveries:
        yield f"{len(deliveries)} deliveries, allowed {limits.max_deliveries}"


def _money(limits: Limits, deliveries: Sequence[Delivery]) -> Iterator[str]:
    """Per currency, never added up; a receipt and a refund of the same amount are twice the money, not none."""
    if limits.max_money_minor is None:
        return
    moved: dict[str, int] = {}
    for delivery in deliveries:
        if delivery.money_minor is not None and delivery.currency_code:
            moved[delivery.currency_code] = moved.get(delivery.currency_code, 0) + abs(delivery.money_minor)
    for currency, minor in sorted(moved.items()):
        if minor > limits.max_money_minor:
            yield f"{spoken(minor, currency)} at stake, allowed {spoken(limits.max_money_minor, currency)}"


def _prices(sync: Sync, deliveries: Sequence[Delivery]) -> Iterator[str]:
    allowed = sync.limits.max_price_move
    if allowed is None:
        return
    for name in sync.price_fields:
        moves, blank = [], []
        for delivery, before, after in _moves(name, deliveries):
            if not before or before < 0:
                blank.append(delivery.record_key)
            elif abs(after - before) > Decimal(str(allowed)) * before:
                moves.append((abs(Decimal(after - before) / before), delivery.record_key, before, after))
        if blank:
            yield f"{name}: {len(blank)} prices have no price before to be judged by (first: {min(blank)})"
        if moves:
            moved, key, before, after = max(moves)
            yield (
                f"{name}: {len(moves)} prices would move by more than {allowed:.1%}"
                f" (largest: {key} from {before} to {after}, {moved:.1%})"
            )


def _moves(name: str, deliveries: Iterable[Delivery]) -> Iterator[tuple[Delivery, int | None, int]]:
    for delivery in deliveries:
        if delivery.action is Action.DELETE:
            continue
        for change in delivery.changes:
            if change.field == name:
                yield delivery, change.before, change.after


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}"
