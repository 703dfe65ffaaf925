"""WooCommerce REST v3: page-number paging, site-zone dates, decimal strings, Basic auth, no idempotency.

Basic auth goes over plain HTTP here, which a real shop allows over HTTPS only. Not here: the rows
(`woocommerce_objects`) and the stock writes (`woocommerce_stock`).
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.facts import Order
from sandbox.platforms.woocommerce_catalogue import customer_row, product_row, variation_row
from sandbox.platforms.woocommerce_objects import order_row, order_status, refund_row
from sandbox.platforms.woocommerce_stock import Refusal, product_by_id, variation_by_id, write_batch, write_stock
from sandbox.platforms.woocommerce_trash import throw_away

if TYPE_CHECKING:
    from sandbox.world import World

ROOT = "/wp-json/wc/v3"
Handler = Callable[[Request], Awaitable[Response]]


def routes(world: World) -> list[BaseRoute]:
    """The resources the product reads and writes."""
    table: list[tuple[str, str, Callable[[World, Request, Any], Response]]] = [
        ("GET", "/orders", _orders),
        ("GET", "/orders/{id:int}", _order),
        ("DELETE", "/orders/{id:int}", _trash_order),
        ("GET", "/orders/{id:int}/refunds", _refunds),
        ("GET", "/products", _products),
        ("POST", "/products/batch", lambda w, _, asked: json_answer(write_batch(w, asked, None))),
        (
            "GET",
            "/products/{id:int}",
            lambda w, r, _: json_answer(product_row(w, product_by_id(w, r.path_params["id"]))),
        ),
        (
            "PUT",
            "/products/{id:int}",
            lambda w, r, asked: json_answer(write_stock(w, product_by_id(w, r.path_params["id"]), asked, False)),
        ),
        ("GET", "/products/{id:int}/variations", _variations),
        (
            "POST",
            "/products/{id:int}/variations/batch",
            lambda w, r, asked: json_answer(write_batch(w, asked, r.path_params["id"])),
        ),
        ("GET", "/products/{id:int}/variations/{variation:int}", _variation),
        ("PUT", "/products/{id:int}/variations/{variation:int}", _write_variation),
        ("GET", "/customers", _customers),
    ]
    return [Route(ROOT + path, guarded(world, answer), methods=[method]) for method, path, answer in table]


def guarded(world: World, answer: Callable[[World, Request, Any], Response], shop: str = "woocommerce") -> Handler:
    """Keys first, then the body, then the resource; refusals become the vendor's error body."""

    async def handle(request: Request) -> Response:
        if not _is_allowed(request, shop):
            return unauthorized(world)
        try:
            asked = await request.json() if request.method in {"PUT", "POST"} else None
            return answer(world, request, asked)
        except Refusal as refusal:
            return json_answer(refusal.body, refusal.status)
        except ValueError:
            return json_answer(
                {"code": "rest_invalid_json", "message": "Invalid JSON body passed.", "data": {"status": 400}}, 400
            )

    return handle


def _is_allowed(request: Request, shop: str) -> bool:
    from sandbox.server import CREDENTIALS, EUROPE_CREDENTIALS

    keys = {**CREDENTIALS, **EUROPE_CREDENTIALS}[shop]
    wanted = f"{keys['consumer_key']}:{keys['consumer_secret']}"
    query = request.query_params
    if query.get("consumer_key"):
        return f"{query.get('consumer_key')}:{query.get('consumer_secret')}" == wanted
    return request.headers.get("authorization", "") == "Basic " + base64.b64encode(wanted.encode()).decode()


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body, separators=(",", ":")), status, headers, "application/json; charset=UTF-8")


def unauthorized(_: World) -> Response:
    body = {
        "code": "woocommerce_rest_authentication_error",
        "message": "Consumer key is invalid.",
        "data": {"status": 401},
    }
    return json_answer(body, 401)


def too_many_requests(_: World) -> Response:
    """Core has no limit; this is a host's."""
    return Response("<html><body>429 Too Many Requests</body></html>", 429, {"Retry-After": "1"}, "text/html")


def server_error(_: World) -> Response:
    return json_answer(
        {"code": "internal_server_error", "message": "There has been a critical error.", "data": {"status": 500}}, 500
    )


def _whole(request: Request, name: str, default: int, most: int | None = None) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or int(text) < 1 or (most is not None and int(text) > most):
        raise Refusal("rest_invalid_param", f"Invalid parameter(s): {name}", 400)
    return int(text)


def page_of(request: Request, total: int, make: Callable[[int], Any]) -> Response:
    """One page with the vendor's headers; past the end is an empty list."""
    size, number = _whole(request, "per_page", 10, 100), _whole(request, "page", 1)
    start = (number - 1) * size
    rows = [make(place) for place in range(start, min(total, start + size))]
    pages = -(-total // size)
    links = [
        f'<{request.url.include_query_params(page=at)}>; rel="{rel}"'
        for rel, at in (("prev", number - 1), ("next", number + 1))
        if 0 < at <= pages
    ]
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
    return json_answer(rows, 200, headers | ({"Link": ", ".join(links)} if links else {}))


def moment_of(world: World, request: Request, name: str) -> datetime | None:
    """A date parameter: in the site's zone unless `dates_are_gmt` or it carries an offset."""
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refusal("rest_invalid_param", f"Invalid parameter(s): {name}", 400) from None
    is_gmt = request.query_params.get("dates_are_gmt", "false").lower() in {"true", "1"}
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC if is_gmt else ZoneInfo(world.time_zone))


def _orders(world: World, request: Request, _: Any) -> Response:
    """Newest first unless asked otherwise; history lies before the written orders in every order offered."""
    query = request.query_params
    bounds = {
        name: moment_of(world, request, name) for name in ("after", "before", "modified_after", "modified_before")
    }
    statuses = set(query.get("status", "any").split(","))
    at = sorting(query.get("orderby", "date"))
    written = [
        order
        for order in world.orders.values()
        if order.channel == "woocommerce"
        and fits(order, bounds)
        and _is_asked_for(order_status(world, order), statuses)
    ]
    written.sort(key=lambda order: (at(order), order.platform_id))
    low, high = _history_range(world, bounds) if statuses & {"any", "completed"} else (0, 0)
    total = high - low + len(written)
    is_ascending = query.get("order", "desc") == "asc"

    def make(place: int) -> Any:
        place = place if is_ascending else total - 1 - place
        if place < high - low:
            return order_row(world, world.history.order(world.history.channel_index("woocommerce", low + place)))
        return order_row(world, written[place - (high - low)])

    return page_of(request, total, make)


def _is_asked_for(status: str, statuses: set[str]) -> bool:
    return status in statuses or ("any" in statuses and status != "trash")


def sorting(name: str) -> Callable[[Order], datetime]:
    if name not in {"date", "id", "modified"}:
        raise Refusal("rest_invalid_param", "Invalid parameter(s): orderby", 400)
    return (lambda order: order.updated_at) if name == "modified" else (lambda order: order.placed_at)


def fits(order: Order, bounds: dict[str, datetime | None]) -> bool:
    """Both ends are open, as the vendor's date queries are."""
    pairs = (
        (bounds["after"], bounds["before"], order.placed_at),
        (bounds["modified_after"], bounds["modified_before"], order.updated_at),
    )
    return all((low is None or at > low) and (high is None or at < high) for low, high, at in pairs)


def _history_range(world: World, bounds: dict[str, datetime | None]) -> tuple[int, int]:
    history = world.history
    places = range(history.channel_count("woocommerce"))
    low, high = 0, len(places)

    def placed(place: int) -> datetime:
        return history.order(history.channel_index("woocommerce", place)).placed_at

    def modified(place: int) -> datetime:
        return history.order(history.channel_index("woocommerce", place)).updated_at

    for prefix, at in (("", placed), ("modified_", modified)):
        after, before = bounds[f"{prefix}after"], bounds[f"{prefix}before"]
        if after is not None:
            low = max(low, bisect_right(places, after, key=at))
        if before is not None:
            high = min(high, bisect_left(places, before, key=at))
    return low, max(low, high)


def _find_order(world: World, request: Request) -> Order:
    wanted = request.path_params["id"]
    found = world.order(f"W-{wanted}")
    if found is None:
        raise Refusal("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
    return found


def _order(world: World, request: Request, _: Any) -> Response:
    return json_answer(order_row(world, _find_order(world, request)))


def _trash_order(world: World, request: Request, _: Any) -> Response:
    """Into the bin, where it can be taken from again; `force` would delete it for good, which nobody here does."""
    if request.query_params.get("force", "false").lower() in {"true", "1"}:
        raise Refusal("rest_trash_only", "This twin keeps what is thrown away", 501)
    return json_answer(order_row(world, throw_away(world, _find_order(world, request))))


def _refunds(world: World, request: Request, _: Any) -> Response:
    order = _find_order(world, request)
    rows: Sequence[Any] = [refund_row(world, order, refund) for refund in reversed(order.refunds)]
    return page_of(request, len(rows), lambda place: rows[place])


def _products(world: World, request: Request, _: Any) -> Response:
    rows = [product_row(world, product) for product in world.catalogue if not product.is_gift_card]
    if sku := request.query_params.get("sku"):
        rows = [row for row in rows if row["sku"] == sku]
    if (after := moment_of(world, request, "modified_after")) is not None:
        edge = after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        rows = [row for row in rows if row["date_modified_gmt"] > edge]
    if request.query_params.get("order", "desc") != "asc":
        rows.reverse()
    return page_of(request, len(rows), lambda place: rows[place])


def _variations(world: World, request: Request, _: Any) -> Response:
    product = product_by_id(world, request.path_params["id"])
    rows = [variation_row(world, product)] if product.woo_variation_id is not None else []
    return page_of(request, len(rows), lambda place: rows[place])


def _variation(world: World, request: Request, _: Any) -> Response:
    return json_answer(
        variation_row(world, variation_by_id(world, request.path_params["id"], request.path_params["variation"]))
    )


def _write_variation(world: World, request: Request, asked: Any) -> Response:
    product = variation_by_id(world, request.path_params["id"], request.path_params["variation"])
    return json_answer(write_stock(world, product, asked, is_variation=True))


def _customers(world: World, request: Request, _: Any) -> Response:
    """By registration; guests have no row."""
    people = sorted((p for p in world.people if p.woo_id is not None), key=lambda p: p.woo_id or 0)
    history = world.history.buyers if world.history.count else 0

    def make(place: int) -> Any:
        person = people[place] if place < len(people) else world.history.buyer(place - len(people))
        return customer_row(world, person)

    return page_of(request, len(people) + history, make)
