"""searchOrders: by time of creation or of change, never both, in pages whose tokens live for a day."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.datastructures import QueryParams

from sandbox.amazon_facts import BY_AMAZON, BY_MERCHANT, AmazonOrder
from sandbox.platforms.amazon_objects import order_row, stamp
from sandbox.platforms.amazon_queries import ORDER_DATA, Refused, moment, whole, words

if TYPE_CHECKING:
    from sandbox.world import World

STATUSES = frozenset(
    {"PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE"}
)
MOST_ORDERS = 100
TOKENS_LIVE = timedelta(hours=24)
# An upper bound must lie so far in the past.
SETTLED = timedelta(minutes=2)


def search_orders(world: World, query: QueryParams) -> dict[str, Any]:
    """One page, oldest first by the time that was asked for."""
    name, at = _time_asked(query)
    after, before = moment(query, f"{name}After"), moment(query, f"{name}Before")
    if before is not None and (before > world.clock.now() - SETTLED or (after is not None and before < after)):
        raise Refused(f"'{name}Before' must be after '{name}After' and at least two minutes in the past.")
    chosen = [
        order
        for order in world.amazon.orders.values()
        if (after is None or at(order) >= after) and (before is None or at(order) <= before) and _fits(order, query)
    ]
    chosen.sort(key=lambda order: (at(order), order.number))
    size = whole(query, "maxResultsPerPage", MOST_ORDERS, MOST_ORDERS)
    seen = _seen(world, query.get("paginationToken"))
    left = [order for order in chosen if seen is None or (stamp(at(order)), order.number) > seen]
    page = left[:size]
    included = words(query, "includedData", ORDER_DATA)
    answer: dict[str, Any] = {"orders": [order_row(order, included) for order in page]}
    if len(left) > size:
        answer["pagination"] = {"nextToken": _token(world, stamp(at(page[-1])), page[-1].number)}
    answer[f"{name}Before"] = stamp(before or world.clock.now())
    return answer


def _time_asked(query: QueryParams) -> tuple[str, Callable[[AmazonOrder], datetime]]:
    created, updated = (query.get(f"{name}After") for name in ("created", "lastUpdated"))
    if bool(created) == bool(updated):
        raise Refused("Exactly one of 'createdAfter' and 'lastUpdatedAfter' must be provided.")
    other = "lastUpdatedBefore" if created else "createdBefore"
    if query.get(other):
        raise Refused(f"'{other}' does not go with the other parameters.")
    return ("created", lambda order: order.placed_at) if created else ("lastUpdated", lambda order: order.updated_at)


def _fits(order: AmazonOrder, query: QueryParams) -> bool:
    statuses = words(query, "fulfillmentStatuses", STATUSES)
    senders = words(query, "fulfilledBy", (BY_MERCHANT, BY_AMAZON))
    stores = words(query, "marketplaceIds")
    return (
        (not statuses or order.status in statuses)
        and (not senders or order.fulfilled_by in senders)
        and (not stores or order.marketplace_id in stores)
    )


def _token(world: World, at: str, number: str) -> str:
    said = [at, number, stamp(world.clock.now())]
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


def _seen(world: World, token: str | None) -> tuple[str, str] | None:
    """The order after which the page begins."""
    if not token:
        return None
    try:
        at, number, given_at = json.loads(base64.urlsafe_b64decode(token))
        given = datetime.fromisoformat(given_at)
    except (ValueError, TypeError):
        raise Refused("The pagination token is invalid.") from None
    if world.clock.now() - given > TOKENS_LIVE:
        raise Refused("The pagination token has expired.")
    return at, number
