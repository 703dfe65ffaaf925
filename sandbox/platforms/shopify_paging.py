"""Relay connections and Shopify's search syntax, as far as connectors use them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

Node = dict[str, Any]
_TERM = re.compile(r"(\w+):(>=|<=|>|<)?('[^']*'|\"[^\"]*\"|\S+)")
PAGE_LIMIT = 250


def bad_request(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def page_size(first: int | None) -> int:
    """`first`, which Shopify demands and limits."""
    if first is None:
        raise bad_request("you must provide one of first or last")
    if not 0 < first <= PAGE_LIMIT:
        raise bad_request(f"first must be between 1 and {PAGE_LIMIT}")
    return first


def cursor_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, UnicodeDecodeError):
        raise GraphQLError(f"Invalid cursor {cursor!r}", extensions={"code": "BAD_REQUEST"}) from None


def page(nodes: Sequence[Node], cursors: Sequence[str], has_next: bool, has_previous: bool) -> Node:
    """One page as a connection."""
    return {
        "edges": [{"cursor": cursor, "node": node} for cursor, node in zip(cursors, nodes, strict=True)],
        "nodes": list(nodes),
        "pageInfo": {
            "hasNextPage": has_next,
            "hasPreviousPage": has_previous,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def nested(make: Callable[[], Sequence[Node]]) -> Callable[..., Node]:
    """A connection field over a short list; the list is built only when the field is asked for."""

    def resolve(_: Any, first: int | None = None, after: str | None = None, reverse: bool = False, **__: Any) -> Node:
        items = list(make())
        if reverse:
            items.reverse()
        size = page_size(first)
        start = 0
        if after is not None:
            ids = [item["id"] for item in items]
            wanted = read_cursor(after)
            if wanted not in ids:
                raise bad_request("Invalid cursor for current pagination sort.")
            start = ids.index(wanted) + 1
        shown = items[start : start + size]
        return page(shown, [cursor_of(item["id"]) for item in shown], start + size < len(items), start > 0)

    return resolve


Bound = tuple[str, str, str]


def search_terms(query: str | None) -> list[Bound]:
    """(field, operator, value) of each term; all must hold."""
    if not query:
        return []
    return [(field, operator or "=", value.strip("'\"")) for field, operator, value in _TERM.findall(query)]


def moment(value: str) -> datetime:
    """A date or time of a search term, UTC unless it says otherwise."""
    try:
        parsed = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise bad_request(f"Invalid date {value!r} in search query") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def holds(operator: str, have: datetime, want: datetime) -> bool:
    """Compares to the second, as the vendor stores it."""
    have = have.replace(microsecond=0)
    return {">=": have >= want, ">": have > want, "<=": have <= want, "<": have < want}.get(operator, have == want)
