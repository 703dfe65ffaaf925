"""Buyers on three channels in one small process with the channels themselves: each order is told as its platform tells it.

Shopify sends the order and its level, WooCommerce the order, both signed; Amazon sends nothing and is asked. A channel takes
what it sells off its own listing at once. Every order and every write keeps the moment it happened, by this process's clock.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import multiprocessing
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
import uvloop
from channels import Http
from shelves import STORE, Changed, Shelves, stamp

NEWARK = 70000000001
# What this seller's plan allows of searching orders, a second: the default would read seventeen orders a minute for us.
SEARCHES_PER_SECOND = 1.0
FIRST_ORDER = 40_000_000


@dataclass(frozen=True)
class Day:
    """What happened: (moment, channel, SKU's number) of each order; (moment, channel, number, quantity) of each write."""

    orders: list[tuple[float, str, int]]
    written: list[tuple[float, str, int, int]]
    shown: dict[str, dict[int, int]]
    refused: int
    conflicts: int
    throttled: int


@dataclass(frozen=True)
class Plan:
    """Orders a second, for how long, of which SKUs (numbers), and where: shares of the channels in a hundred."""

    url: str
    secret: str
    rate: float
    seconds: float
    first: int
    skus: int
    shares: dict[str, int]
    seed: int


def _signed(platform: str, topic: str, body: bytes, secret: str, name: str) -> dict[str, str]:
    digest = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    if platform == "shopify":
        return {"X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": digest, "X-Shopify-Event-Id": name}
    return {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": digest}


def _shopify(order: int, number: int, at: datetime, shown: int) -> list[tuple[str, Any]]:
    said = at.isoformat()
    price, no_tax = ({"shop_money": {"amount": amount, "currency_code": "USD"}} for amount in ("10.00", "0.00"))
    line = {
        "id": order * 10, "sku": f"WIDE-{number}", "quantity": 1, "gift_card": False, "requires_shipping": True,
        "price_set": price,
    }  # fmt: skip
    placed = {
        "id": order, "name": f"#B{order}", "created_at": said, "processed_at": said, "updated_at": said, "test": False,
        "currency": "USD", "total_price_set": price, "total_tax_set": no_tax, "financial_status": "paid",
        "fulfillment_status": None, "line_items": [line],
    }  # fmt: skip
    level = {"inventory_item_id": number, "location_id": NEWARK, "available": shown, "updated_at": said}
    return [("orders/create", placed), ("inventory_levels/update", level)]


def _woocommerce(order: int, number: int, at: datetime) -> list[tuple[str, Any]]:
    said = f"{at:%Y-%m-%dT%H:%M:%S}"
    line = {
        "id": order * 10,
        "sku": f"WIDE-{number}",
        "quantity": 1,
        "subtotal": "10.00",
        "total": "10.00",
        "meta_data": [],
    }
    dates = {"date_created_gmt": said, "date_modified_gmt": said, "date_paid_gmt": said}
    empty = {name: [] for name in ("meta_data", "shipping_lines", "fee_lines", "refunds")}
    named = {"id": order, "number": str(order), "status": "processing", "currency": "USD", "total": "10.00"}
    return [("order.created", {**named, **dates, **empty, "line_items": [line]})]


def _amazon(order: int, number: int, at: datetime) -> dict[str, Any]:
    item = {
        "orderItemId": str(order), "quantityOrdered": 1, "product": {"sellerSku": f"WIDE-{number}", "title": "bench"},
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 1},
    }  # fmt: skip
    times = {"createdTime": stamp(at), "lastUpdatedTime": stamp(at)}
    sent = {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"}
    sold_in = {"channelName": "AMAZON", "marketplaceId": STORE}
    return {"orderId": f"114-{order}", **times, "salesChannel": sold_in, "fulfillment": sent, "orderItems": [item]}


async def _buy(plan: Plan, shelves: Shelves) -> tuple[list[tuple[float, str, int]], int]:
    """Orders at a steady rate that waits for no answer; a refused webhook is sent again, as vendors do."""
    rng, orders, refused = random.Random(plan.seed), [], 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=50)) as session:

        async def tell(platform: str, topic: str, said: Any, name: str) -> None:
            nonlocal refused
            body = json.dumps(said).encode()
            headers = _signed(platform, topic, body, plan.secret, name)
            while True:
                async with session.post(f"{plan.url}/webhooks/{platform}", data=body, headers=headers) as answer:
                    await answer.read()
                    if answer.status == 200:
                        return
                    refused += 1
                await asyncio.sleep(1.0)

        loop, tasks = asyncio.get_running_loop(), []
        start = loop.time()
        for at in range(int(plan.rate * plan.seconds)):
            await asyncio.sleep(max(0.0, start + at / plan.rate - loop.time()))
            [channel] = rng.choices(tuple(plan.shares), tuple(plan.shares.values()))
            number, order, now = plan.first + rng.randrange(plan.skus), FIRST_ORDER + at, datetime.now(UTC)
            shelves.sell(channel, number)
            orders.append((time.time(), channel, number))
            if channel == "amazon":
                shelves.orders.append((now.replace(microsecond=0), _amazon(order, number, now)))
                continue
            told = _woocommerce(order, number, now)
            if channel == "shopify":
                told = _shopify(order, number, now, shelves.shown("shopify", number))
            for topic, said in told:
                tasks.append(asyncio.create_task(tell(channel, topic, said, f"{topic}-{order}")))
        await asyncio.gather(*tasks)
    return orders, refused


def _serve(pipe: Connection) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        shelves = Http.shelves = Shelves(pipe.recv(), SEARCHES_PER_SECOND)
        server = await loop.create_server(Http, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        orders, refused = list[tuple[float, str, int]](), 0
        while True:
            asked = await loop.run_in_executor(None, pipe.recv)
            if isinstance(asked, Plan):
                buying = asyncio.create_task(_buy(asked, shelves))
            elif asked == "end":
                orders, refused = await buying
                pipe.send(len(orders))
            elif asked == "writes":
                pipe.send(len(shelves.written))
            elif asked == "shown":
                pipe.send(shelves.changed())
            else:
                day = Day(orders, shelves.written, shelves.held, refused, shelves.conflicts, shelves.patches.refused)
                pipe.send(day)

    uvloop.run(run())


class Buyers:
    """The process from outside; `url` is where its channels answer."""

    def __init__(self, pipe: Connection, shows: dict[str, int]) -> None:
        self._pipe = pipe
        pipe.send(shows)
        self.url = f"http://127.0.0.1:{pipe.recv()}"

    def begin(self, plan: Plan) -> None:
        """Let the buying begin; `end` waits for its last webhook to be answered."""
        self._pipe.send(plan)

    def end(self) -> int:
        self._pipe.send("end")
        return int(self._pipe.recv())

    def shown(self) -> Changed:
        """What the channels show now, of all that changed."""
        self._pipe.send("shown")
        found: Changed = self._pipe.recv()
        return found

    def writes(self) -> int:
        self._pipe.send("writes")
        return int(self._pipe.recv())

    def day(self) -> Day:
        self._pipe.send("day")
        found: Day = self._pipe.recv()
        return found


@contextmanager
def buyers(shows: dict[str, int]):
    """The process, for as long as the block lasts. shows: what every SKU shows at first, by channel."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Buyers(ours, shows)
    finally:
        process.kill()
        process.join()
