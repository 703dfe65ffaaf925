"""ShipStation V1: orders, shipments and fulfillments.

Basic auth (key : secret), JSON decimals, `page` from 1 and `pageSize` up to 500. Times are US Pacific without an offset,
in answers and in filters. The vendor allows 40 calls a minute per key; the default here is 400, because one demo reads,
pushes and reads back several times in its first minute (SANDBOX_SHIPSTATION_PER_MINUTE=40 gives the vendor's pace).
`X-Rate-Limit-*` headers are on every answer. V1 shipments do not know when they were delivered: `/fulfillments` has
`deliveryDate`, so the twin lists every parcel there too, joined to its shipment by `trackingNumber`.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.decimal_json import answer
from sandbox.facts import Parcel
from sandbox.pacing import Bucket, bucket
from sandbox.platforms import shipstation_objects as objects

if TYPE_CHECKING:
    from sandbox.world import World

PER_MINUTE = 400
PACIFIC = ZoneInfo("America/Los_Angeles")

Handler = Callable[[Request], Awaitable[Response]]
Moment = Callable[[Any], datetime | None]


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://ssapi.shipstation.com."""
    world.state("shipstation")["bucket"] = bucket("shipstation", PER_MINUTE)

    async def shipments(request: Request) -> Response:
        with_items = request.query_params.get("includeShipmentItems", "false").lower() == "true"
        moments: dict[str, Moment] = {
            "createDate": lambda parcel: parcel.created_at,
            "shipDate": lambda parcel: parcel.shipped_at,
            "voidDate": lambda parcel: parcel.voided_at,
        }
        return _page(request, "shipments", _parcels(world, request), moments,
                     lambda parcel: objects.shipment(world, parcel, with_items))  # fmt: skip

    async def fulfillments(request: Request) -> Response:
        moments: dict[str, Moment] = {
            "createDate": lambda parcel: parcel.created_at,
            "shipDate": lambda parcel: parcel.shipped_at,
        }
        return _page(request, "fulfillments", _parcels(world, request), moments,
                     lambda parcel: objects.fulfillment(world, parcel))  # fmt: skip

    async def orders(request: Request) -> Response:
        moments: dict[str, Moment] = {
            "createDate": lambda order: order.placed_at,
            "orderDate": lambda order: order.placed_at,
            "modifyDate": lambda order: order.updated_at,
            "paymentDate": lambda order: order.placed_at,
        }
        return _page(request, "orders", _orders(world, request), moments, lambda order: objects.order(world, order))

    return [
        Route("/orders", _guarded(world, orders)),
        Route("/shipments", _guarded(world, shipments)),
        Route("/fulfillments", _guarded(world, fulfillments)),
    ]


def unauthorized(world: World) -> Response:
    """Plain text, as the vendor answers."""
    return Response("401 Unauthorized", 401, media_type="text/plain")


def too_many_requests(world: World) -> Response:
    """The wait is in X-Rate-Limit-Reset."""
    pace: Bucket = world.state("shipstation")["bucket"]
    response = JSONResponse({"message": "Too Many Requests"}, 429)
    return _with_pace(response, pace)


def server_error(world: World) -> Response:
    """The vendor's envelope for its own failures."""
    return JSONResponse({"Message": "An error has occurred."}, 500)


def _guarded(world: World, handler: Handler) -> Handler:
    from sandbox.server import CREDENTIALS

    names = CREDENTIALS["shipstation"]
    pair = base64.b64encode(f"{names['api_key']}:{names['api_secret']}".encode()).decode()

    async def endpoint(request: Request) -> Response:
        if request.headers.get("authorization") != f"Basic {pair}":
            return unauthorized(world)
        pace: Bucket = world.state("shipstation")["bucket"]
        if not pace.take():
            return too_many_requests(world)
        try:
            return _with_pace(await handler(request), pace)
        except ValueError as error:
            return _with_pace(JSONResponse({"Message": f"The request is invalid. {error}"}, 400), pace)

    return endpoint


def _with_pace(response: Response, pace: Bucket) -> Response:
    response.headers["X-Rate-Limit-Limit"] = str(int(pace.per_minute))
    response.headers["X-Rate-Limit-Remaining"] = str(pace.remaining)
    response.headers["X-Rate-Limit-Reset"] = str(pace.seconds_to_next)
    return response


def _parcels(world: World, request: Request) -> Sequence[Parcel]:
    """Parcels that could match; the narrowing that an index gives happens here."""
    query = request.query_params
    if "createDateStart" in query:
        found: Sequence[Parcel] = world.parcels[world.parcels.since(_moment(query["createDateStart"])) :]
    else:
        found = world.parcels
    wanted: dict[str, Callable[[Parcel], str]] = {
        "orderNumber": lambda parcel: parcel.order_number,
        "trackingNumber": lambda parcel: parcel.tracking_number,
        "orderId": lambda parcel: str(objects.order_id(world, parcel.order_number)),
        # What a webhook's address asks for: here every parcel is a batch of its own.
        "batchId": lambda parcel: str(parcel.parcel_id),
    }
    for name, value in wanted.items():
        if name in query:
            found = [parcel for parcel in found if value(parcel) == query[name]]
    return found


def _orders(world: World, request: Request) -> Sequence[Any]:
    """Every order with something to ship; tests and gift cards never reach the shipping tool."""
    if request.query_params.get("orderNumber"):
        order = world.order(request.query_params["orderNumber"])
        return [order] if order and objects.is_shippable(order) else []
    found = [order for order in _all_orders(world) if objects.is_shippable(order)]
    status = request.query_params.get("orderStatus")
    return [order for order in found if objects.order_status(world, order) == status] if status else found


def _all_orders(world: World) -> Iterator[Any]:
    yield from (world.history.order(index) for index in range(world.history.count))
    yield from sorted(world.orders.values(), key=lambda order: (order.placed_at, order.number))


def _page(
    request: Request, name: str, facts: Sequence[Any], moments: dict[str, Moment], show: Callable[[Any], dict[str, Any]]
) -> Response:
    """Filter by dates, order, cut the page."""
    query = request.query_params
    page, size = int(query.get("page", 1)), int(query.get("pageSize", 100))
    if page < 1 or not 1 <= size <= 500:
        raise ValueError("page starts at 1, pageSize is 1 to 500")
    for field, moment in moments.items():
        low, high = query.get(f"{field}Start"), query.get(f"{field}End")
        if low or high:
            start = _moment(low) if low else datetime.min.replace(tzinfo=UTC)
            end = _moment(high) if high else datetime.max.replace(tzinfo=UTC)
            facts = [fact for fact in facts if (at := moment(fact)) is not None and start <= at <= end]
    sort_by = query.get("sortBy", "")
    if sort_by:
        key = moments.get(sort_by[:1].lower() + sort_by[1:])
        if key is None:
            raise ValueError(f"sortBy {sort_by} is not supported")
        facts = sorted(facts, key=lambda fact: key(fact) or datetime.min.replace(tzinfo=UTC))
    total = len(facts)
    low_at, high_at = (page - 1) * size, page * size
    if query.get("sortDir", "ASC").upper() == "DESC":
        low_at, high_at = max(0, total - high_at), max(0, total - low_at)
        shown = list(facts[low_at:high_at])[::-1]
    else:
        shown = list(facts[low_at:high_at])
    body = {name: [show(fact) for fact in shown], "total": total, "page": page, "pages": -(-total // size)}
    return answer(body)


def _moment(text: str) -> datetime:
    """A filter's time: US Pacific unless it says otherwise."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=PACIFIC)).astimezone(UTC)
