"""Query parameters as the Selling Partner API reads them: lists by comma or repetition, ISO times, words of a closed set."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from starlette.datastructures import QueryParams

ORDER_DATA = frozenset(
    {"BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX", "PAYMENT"}
    | {"FULFILLMENT_ORDERS"}
)  # fmt: skip
LISTING_DATA = frozenset(
    {"summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement", "relationships"}
    | {"productTypes"}
)  # fmt: skip


class Refused(Exception):
    """An answer in the vendor's ErrorList."""

    def __init__(self, message: str, code: str = "InvalidInput", status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def words(query: QueryParams, name: str, allowed: Collection[str] = (), default: str = "") -> tuple[str, ...]:
    """The values of a list parameter; one outside of `allowed` is refused."""
    given = [word for text in query.getlist(name) or [default] for word in text.split(",") if word]
    unknown = [word for word in given if allowed and word not in allowed]
    if unknown:
        raise Refused(f"Invalid value for parameter '{name}': {unknown[0]}")
    return tuple(given)


def moment(query: QueryParams, name: str) -> datetime | None:
    text = query.get(name)
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"Invalid date for parameter '{name}'.") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def whole(query: QueryParams, name: str, default: int, most: int) -> int:
    """A count from 1 to `most`."""
    text = query.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise Refused(f"Parameter '{name}' must be between 1 and {most}.")
    return int(text)
