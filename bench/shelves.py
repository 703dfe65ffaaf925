"""What three channels show of many SKUs, and how they answer over HTTP: Shopify with compare-and-set, WooCommerce without, Amazon at its pace.

A SKU is a number (`WIDE-<number>`), and every write is kept with the moment it came in. Much smaller than the sandbox, so that
a bench measures the lane and not a twin. Amazon takes five patches a second and no more at once, as its published plan has it.
"""

from __future__ import annotations

import json
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

CHANNELS = ("shopify", "woocommerce", "amazon")
PATCHES_PER_SECOND = 5.0
STORE = "ATVPDKIKX0DER"
ORDERS_ON_A_PAGE, LISTINGS_ON_A_PAGE = 100, 20

Answer = tuple[int, Any, dict[str, str]]
# Channel → SKU's number → what it shows, and since when; of those that ever changed.
Changed = dict[str, dict[int, tuple[int, datetime]]]


class Bucket:
    """So many calls a second, and so many at once."""

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second, self.burst = per_second, burst
        self.tokens, self.at = burst, time.monotonic()
        self.refused = 0

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens, self.at = min(self.burst, self.tokens + (now - self.at) * self.per_second), now
        if self.tokens < 1:
            self.refused += 1
            return False
        self.tokens -= 1
        return True


class Shelves:
    """The three channels' quantities by SKU's number, what was written when, and Amazon's orders."""

    def __init__(self, shows: dict[str, int] | None = None, orders_per_second: float = 0.0056) -> None:
        """shows: what a SKU shows at first; without it, whatever it is first said to have shown."""
        self.shows = shows
        self.held: dict[str, dict[int, int]] = {channel: {} for channel in CHANNELS}
        self._since: dict[tuple[str, int], datetime] = {}
        self.written: list[tuple[float, str, int, int]] = []
        self.patches, self.searches = Bucket(PATCHES_PER_SECOND, 5), Bucket(orders_per_second, 20)
        self.conflicts = 0
        # Oldest first: what was ordered, and which listings moved when.
        self.orders: list[tuple[datetime, dict[str, Any]]] = []
        self.moved: deque[tuple[datetime, int]] = deque(maxlen=200_000)

    def shown(self, channel: str, number: int) -> int:
        return self.held[channel].get(number, (self.shows or {}).get(channel, 0))

    def changed(self) -> Changed:
        found: Changed = {channel: {} for channel in CHANNELS}
        for (channel, number), at in self._since.items():
            found[channel][number] = self.held[channel][number], at
        return found

    def write(self, channel: str, number: int, quantity: int) -> None:
        self.held[channel][number] = quantity
        self._since[channel, number] = datetime.now(UTC)
        self.written.append((time.time(), channel, number, quantity))
        if channel == "amazon":
            self.moved.append((datetime.now(UTC), number))

    def sell(self, channel: str, number: int) -> None:
        """The channel takes what it sells off its own listing."""
        self.held[channel][number] = self.shown(channel, number) - 1
        self._since[channel, number] = datetime.now(UTC)
        if channel == "amazon":
            self.moved.append((datetime.now(UTC), number))

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        address = urlsplit(target)
        if "graphql" in address.path:
            return 200, self._shopify(json.loads(body)), {}
        if "/wc/" in address.path and method == "GET":
            number = _number(address.path)
            return 200, {"id": number, "stock_quantity": self.shown("woocommerce", number)}, {}
        if "/wc/" in address.path:
            return 200, {"update": [self._product(row) for row in json.loads(body).get("update", ())]}, {}
        if address.path.endswith("/auth/o2/token"):
            return 200, {"access_token": "bench", "token_type": "bearer", "expires_in": 3600}, {}
        return self._amazon(method, address.path, parse_qs(address.query), body)

    # ---------- Shopify and WooCommerce

    def _shopify(self, said: Any) -> Any:
        if "inventorySetQuantities" in said["query"]:
            return {"data": {"inventorySetQuantities": self._set(said["variables"]["input"]["quantities"])}}
        asked = said["variables"]
        places = [name[4:] for name in asked if name.startswith("item") and name[4:]]
        levels = {f"level{place}": self._level(asked[f"item{place}"]) for place in places}
        return {"data": levels or {"inventoryItem": self._level(asked["item"])}}

    def _level(self, item: str) -> Any:
        quantity = [{"name": "available", "quantity": self.shown("shopify", _number(item))}]
        return {"id": item, "inventoryLevel": {"id": "level", "quantities": quantity}}

    def _set(self, rows: list[dict[str, Any]]) -> Any:
        errors = []
        for at, row in enumerate(rows):
            number, before = _number(row["inventoryItemId"]), row["changeFromQuantity"]
            if self.shows is None:
                self.held["shopify"].setdefault(number, before)
            if before is not None and self.shown("shopify", number) != before:
                field = ["input", "quantities", str(at), "changeFromQuantity"]
                errors.append({"code": "CHANGE_FROM_QUANTITY_STALE", "field": field, "message": "stale"})
        if errors:
            self.conflicts += 1
            return {"inventoryAdjustmentGroup": None, "userErrors": errors}
        for row in rows:
            self.write("shopify", _number(row["inventoryItemId"]), row["quantity"])
        return {"inventoryAdjustmentGroup": {"id": "group"}, "userErrors": []}

    def _product(self, row: dict[str, Any]) -> Any:
        self.write("woocommerce", int(row["id"]), row["stock_quantity"])
        return {"id": row["id"], "stock_quantity": row["stock_quantity"]}

    # ---------- Amazon

    def _amazon(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Answer:
        if "/orders/" in path:
            named = {"x-amzn-RateLimit-Limit": str(self.searches.per_second)}
            return (200, self._orders(query), named) if self.searches.take() else _refused(named)
        sku = path.rpartition("/")[2]
        if method == "PATCH":
            named = {"x-amzn-RateLimit-Limit": str(self.patches.per_second)}
            if not self.patches.take():
                return _refused(named)
            self.write("amazon", _of_sku(sku), json.loads(body)["patches"][0]["value"][0]["quantity"])
            return 200, {"sku": sku, "status": "ACCEPTED", "submissionId": "bench", "issues": []}, named
        return 200, self._listing(_of_sku(sku)) if sku.startswith("WIDE-") else self._listings(query), {}

    def _orders(self, query: dict[str, list[str]]) -> Any:
        after = datetime.fromisoformat(query["lastUpdatedAfter"][0])
        start = int(query.get("paginationToken", ["0"])[0])
        found = [order for at, order in self.orders if at >= after]
        answer: dict[str, Any] = {"orders": found[start : start + ORDERS_ON_A_PAGE]}
        if start + ORDERS_ON_A_PAGE < len(found):
            answer["pagination"] = {"nextToken": str(start + ORDERS_ON_A_PAGE)}
        return answer

    def _listings(self, query: dict[str, list[str]]) -> Any:
        after = datetime.fromisoformat(query["lastUpdatedAfter"][0]) if "lastUpdatedAfter" in query else None
        start = int(query.get("pageToken", ["0"])[0])
        moved = {number: at for at, number in self.moved if after is None or at >= after}
        numbers = list(moved)
        items = [self._listing(number, moved[number]) for number in numbers[start : start + LISTINGS_ON_A_PAGE]]
        answer: dict[str, Any] = {"numberOfResults": len(numbers), "items": items}
        if start + LISTINGS_ON_A_PAGE < len(numbers):
            answer["pagination"] = {"nextToken": str(start + LISTINGS_ON_A_PAGE)}
        return answer

    def _listing(self, number: int, at: datetime | None = None) -> Any:
        said = stamp(at or datetime.now(UTC))
        summary = {"marketplaceId": STORE, "asin": "B0BENCH", "createdDate": said, "lastUpdatedDate": said}
        quantity = {"fulfillmentChannelCode": "DEFAULT", "quantity": self.shown("amazon", number)}
        return {
            "sku": f"WIDE-{number}",
            "summaries": [summary],
            "fulfillmentAvailability": [quantity],
            "productTypes": [{"marketplaceId": STORE, "productType": "KITCHEN"}],
        }


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def _of_sku(sku: str) -> int:
    return int(sku.rpartition("-")[2])


def _refused(named: dict[str, str]) -> Answer:
    return 429, {"errors": [{"code": "QuotaExceeded", "message": "You exceeded your quota."}]}, named
