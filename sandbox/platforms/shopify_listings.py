"""Root lists of the Shopify twin: sorted, filtered and paged, over history and written orders alike.

A cursor names a place in the sort order, not an offset, so a row that changes while somebody pages is neither lost
nor makes others shift.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.facts import Order, Person
from sandbox.platforms.shopify_money import gid, stamp
from sandbox.platforms.shopify_orders import customer_node, order_node
from sandbox.platforms.shopify_paging import (
    Bound,
    Node,
    bad_request,
    cursor_of,
    holds,
    moment,
    page,
    page_size,
    read_cursor,
    search_terms,
)
from sandbox.platforms.shopify_payments import refund_node

if TYPE_CHECKING:
    from sandbox.world import World

_ORDER_TIMES: dict[str, Callable[[Order], datetime]] = {
    "UPDATED_AT": lambda order: order.updated_at,
    "CREATED_AT": lambda order: order.placed_at,
    "PROCESSED_AT": lambda order: order.placed_at,
    "ID": lambda order: order.placed_at,
    "ORDER_NUMBER": lambda order: order.placed_at,
}
_SEARCHED = {"updated_at": "UPDATED_AT", "created_at": "CREATED_AT", "processed_at": "PROCESSED_AT"}


def orders_page(
    world: World, first: int | None, after: str | None, query: str | None, sort_key: str, reverse: bool
) -> Node:
    """QueryRoot.orders."""
    at = _ORDER_TIMES[sort_key]
    low, high, found = _found_orders(world, query)
    written = sorted(found, key=lambda order: (stamp(at(order)), order.platform_id))
    count, total = high - low, high - low + len(written)

    def key(position: int) -> str:
        """Sort key of the position-th order, as text: history first, always older."""
        if position < count:
            return f"h|{low + position:010d}"
        order = written[position - count]
        return f"t|{stamp(at(order))}|{order.platform_id:015d}"

    def make(position: int) -> Order:
        if position < count:
            return world.history.order(world.history.channel_index("shopify", low + position))
        return written[position - count]

    window, has_next, has_previous = _window(total, key, page_size(first), after, reverse)
    return page(
        [order_node(world, make(place)) for place in window],
        [cursor_of(key(place)) for place in window],
        has_next,
        has_previous,
    )


def orders_count(world: World, query: str | None) -> int:
    """How many orders `orders` would list."""
    low, high, written = _found_orders(world, query)
    return high - low + len(written)


def _found_orders(world: World, query: str | None) -> tuple[int, int, list[Order]]:
    """The orders of a search: a range of history, and those written since."""
    terms = search_terms(query)
    written = [order for order in world.orders.values() if order.channel == "shopify" and _fits(order, terms)]
    return *_history_range(world, terms), written


def _window(
    total: int, key: Callable[[int], str], size: int, after: str | None, reverse: bool
) -> tuple[Sequence[int], bool, bool]:
    """Positions of one page, and whether there is more on either side."""
    if not reverse:
        start = bisect_right(range(total), read_cursor(after), key=key) if after else 0
        return range(start, min(total, start + size)), start + size < total, start > 0
    end = bisect_left(range(total), read_cursor(after), key=key) if after else total
    return range(end - 1, max(-1, end - size - 1), -1), end - size > 0, end < total


def _history_range(world: World, terms: list[Bound]) -> tuple[int, int]:
    """Which of history's Shopify orders fit, as a range: both its times grow with the index."""
    history = world.history
    low, high = 0, history.channel_count("shopify")
    for field, operator, value in terms:
        if field in _SEARCHED:
            at, want = _ORDER_TIMES[_SEARCHED[field]], moment(value)
            places = range(history.channel_count("shopify"))

            def time_of(place: int, at: Callable[[Order], datetime] = at) -> datetime:
                return at(history.order(history.channel_index("shopify", place)))

            if operator in {">=", ">", "="}:
                low = max(low, (bisect_left if operator != ">" else bisect_right)(places, want, key=time_of))
            if operator in {"<=", "<", "="}:
                high = min(high, (bisect_left if operator == "<" else bisect_right)(places, want, key=time_of))
        elif field == "name":
            index = history.index_of(value if value.startswith("#") else f"#{value}")
            place = index // 3 * 2 + index % 3 if index is not None else -1
            low, high = max(low, place), min(high, place + 1) if index is not None else 0
        elif field not in {"status", "test"}:
            high = 0
    return low, max(low, high)


def _fits(order: Order, terms: list[Bound]) -> bool:
    for field, operator, value in terms:
        if field in _SEARCHED:
            if not holds(operator, _ORDER_TIMES[_SEARCHED[field]](order), moment(value)):
                return False
        elif field == "name":
            if order.number.lstrip("#") != value.lstrip("#"):
                return False
        elif field == "id":
            if not holds_number(operator, order.platform_id, value):
                return False
        elif field == "email":
            if (order.email or "").lower() != value.lower():
                return False
        elif field == "test":
            if order.is_test != (value == "true"):
                return False
        elif field != "status":
            raise bad_request(f"the sandbox does not search orders by {field!r}")
    return True


def holds_number(operator: str, have: int, value: str) -> bool:
    """Compares ids."""
    if not value.isdigit():
        return False
    want = int(value)
    return {">=": have >= want, ">": have > want, "<=": have <= want, "<": have < want}.get(operator, have == want)


def customers_page(world: World, first: int | None, after: str | None, query: str | None, reverse: bool) -> Node:
    """QueryRoot.customers: account holders only, by id (which is also the order of their creation here)."""
    written = sorted(
        (person for person in world.people if person.shopify_id is not None), key=lambda person: person.shopify_id or 0
    )
    terms = [term for term in search_terms(query) if term[0] in {"updated_at", "created_at"}]
    if terms:
        written = [p for p in written if all(holds(op, p.created_at, moment(value)) for _, op, value in terms)]
    history = 0 if terms else (world.history.buyers if world.history.count else 0)

    def make(position: int) -> Person:
        return written[position] if position < len(written) else world.history.buyer(position - len(written))

    def key(position: int) -> str:
        return f"{make(position).shopify_id:015d}"

    window, has_next, has_previous = _window(len(written) + history, key, page_size(first), after, reverse)
    nodes = [customer_node(make(place)) for place in window]
    return page(nodes, [cursor_of(key(place)) for place in window], has_next, has_previous)


def catalogue_page(
    rows: Sequence[Node], first: int | None, after: str | None, query: str | None, reverse: bool
) -> Node:
    """A root list over the catalogue, by id; searchable by sku and time of change."""
    shown: list[Node] = []
    for row in rows:
        if all(_row_fits(row, term) for term in search_terms(query)):
            shown.append(row)
    ids = [str(row["id"]) for row in shown]
    window, has_next, has_previous = _window(len(shown), lambda place: ids[place], page_size(first), after, reverse)
    return page([shown[place] for place in window], [cursor_of(ids[place]) for place in window], has_next, has_previous)


def _row_fits(row: dict[str, Any], term: Bound) -> bool:
    field, operator, value = term
    if field == "updated_at":
        return holds(operator, moment(str(row["updatedAt"])), moment(value))
    if field == "created_at":
        return holds(operator, moment(str(row["createdAt"])), moment(value))
    if field == "sku":
        return bool(row.get("sku") == value)
    if field == "id":
        return holds_number(operator, int(str(row["id"]).rsplit("/", 1)[-1]), value)
    if field in {"status", "active"}:
        return True
    raise bad_request(f"the sandbox does not search by {field!r}")


def order_by_gid(world: World, identity: str) -> Node | None:
    """QueryRoot.order."""
    for order in world.orders.values():
        if order.channel == "shopify" and gid("Order", order.platform_id) == identity:
            return order_node(world, order)
    number = identity.rsplit("/", 1)[-1]
    place = int(number) - 5_000_000_000 if number.isdigit() else -1
    if 0 <= place < world.history.channel_count("shopify"):
        return order_node(world, world.history.order(world.history.channel_index("shopify", place)))
    return None


def refund_by_gid(world: World, identity: str) -> Node | None:
    """A refund of any written order, which `node` finds by its own id."""
    for order in world.orders.values():
        if order.channel == "shopify":
            for refund in order.refunds:
                if gid("Refund", refund.refund_id) == identity:
                    return refund_node(world, order, refund)
    return None
