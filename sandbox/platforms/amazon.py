"""Amazon's Selling Partner API for one seller: orders 2026-01-01, listings items 2021-08-01, and Login with Amazon.

Access tokens of an hour in `x-amz-access-token`; a missing, wrong or expired one is a 403. Every operation has a token
bucket of its own at the vendor's default rate, in real time: searching orders takes 20 calls at once and then one in
three minutes, listings 5 a second. `x-amzn-RateLimit-Limit` names the rate, a 429 says nothing about waiting.
SANDBOX_AMAZON_PER_MINUTE gives all of them another. A PATCH is answered when it is understood (`ACCEPTED`), and takes
effect `processing_seconds` of the world's clock later (0 unless a test says otherwise: the clock stands still between
events). Orders show at once, where the vendor may take minutes. Not here: catalogue, feeds, finances, notifications,
which go to a queue of the seller's own at AWS and to no address. Issue codes other than 90220 are the twin's own.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.amazon_facts import SELLER_ID
from sandbox.pacing import Bucket, bucket
from sandbox.platforms.amazon_listings import find, patch, search
from sandbox.platforms.amazon_objects import listing_row, order_row
from sandbox.platforms.amazon_queries import LISTING_DATA, ORDER_DATA, Refused, words
from sandbox.platforms.amazon_search import search_orders
from sandbox.platforms.amazon_tokens import Tokens

if TYPE_CHECKING:
    from sandbox.world import World

ORDERS, LISTINGS = "/orders/2026-01-01/orders", "/listings/2021-08-01/items"
# Operation → calls a second, and how many at once after a rest, as the vendor's usage plans have them.
PLANS: dict[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "searchListingsItems": (5.0, 5),
    "getListingsItem": (5.0, 10),
    "patchListingsItem": (5.0, 5),
}
Handler = Callable[["World", Request, Any], dict[str, Any]]


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://sellingpartnerapi-na.amazon.com, and the token's as under https://api.amazon.com."""
    from sandbox.server import AMAZON_CREDENTIALS

    names = AMAZON_CREDENTIALS["amazon"]
    state = world.state("amazon")
    tokens = Tokens(world, names["client_id"], names["client_secret"], names["refresh_token"])
    state |= {"tokens": tokens, "submissions": [], "processing_seconds": 0, "requests": 0}
    state["buckets"] = {name: bucket("amazon", rate * 60, burst) for name, (rate, burst) in PLANS.items()}
    table: list[tuple[str, str, str, Handler]] = [
        ("GET", ORDERS, "searchOrders", lambda w, request, _: search_orders(w, request.query_params)),
        ("GET", f"{ORDERS}/{{number}}", "getOrder", _order),
        ("GET", f"{LISTINGS}/{{seller}}", "searchListingsItems", _listings),
        # A SKU may hold a slash, which the client encodes and the server decodes.
        ("GET", f"{LISTINGS}/{{seller}}/{{sku:path}}", "getListingsItem", _listing),
        ("PATCH", f"{LISTINGS}/{{seller}}/{{sku:path}}", "patchListingsItem", _patch),
    ]
    found = [Route(path, _guarded(world, name, answer), methods=[method]) for method, path, name, answer in table]
    return [Route("/auth/o2/token", tokens.grant, methods=["POST"]), *found]


def _guarded(world: World, operation: str, answer: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The token first, then the operation's bucket, then the operation."""
    state = world.state("amazon")

    async def handle(request: Request) -> Response:
        state["requests"] += 1
        if not state["tokens"].is_valid(request.headers.get("x-amz-access-token", "")):
            return unauthorized(world)
        room: Bucket = state["buckets"][operation]
        if not room.take():
            return too_many_requests(world)
        told = {"x-amzn-RateLimit-Limit": f"{room.per_minute / 60:.4f}".rstrip("0").rstrip(".")}
        try:
            asked = json.loads(await request.body() or b"null")
            return _json(answer(world, request, asked), 200, state["requests"], told)
        except Refused as refusal:
            return _errors(refusal.status, refusal.code, str(refusal), state["requests"], told)
        except ValueError:
            return _errors(400, "InvalidInput", "Request body is not JSON.", state["requests"], told)

    return handle


def _json(body: Any, status: int, number: int, headers: dict[str, str] | None = None) -> Response:
    named = {"x-amzn-RequestId": f"sandbox-{number:08d}", **(headers or {})}
    return Response(json.dumps(body, separators=(",", ":")), status, named, "application/json")


def _errors(status: int, code: str, message: str, number: int, headers: dict[str, str] | None = None) -> Response:
    return _json({"errors": [{"code": code, "message": message, "details": ""}]}, status, number, headers)


def unauthorized(world: World) -> Response:
    said = "Access to requested resource is denied."
    return _errors(403, "Unauthorized", said, world.state("amazon")["requests"])


def too_many_requests(world: World) -> Response:
    said = "You exceeded your quota for the requested resource."
    return _errors(429, "QuotaExceeded", said, world.state("amazon")["requests"])


def server_error(world: World) -> Response:
    said = "We encountered an internal error. Please try again."
    return _errors(500, "InternalFailure", said, world.state("amazon")["requests"])


def service_unavailable(world: World) -> Response:
    said = "Service is temporarily unavailable. Please try again."
    return _errors(503, "ServiceUnavailable", said, world.state("amazon")["requests"])


def _order(world: World, request: Request, _: Any) -> dict[str, Any]:
    order = world.amazon.orders.get(request.path_params["number"])
    if order is None:
        raise Refused("The requested order does not exist.", "NotFound", 404)
    return {"order": order_row(order, words(request.query_params, "includedData", ORDER_DATA))}


def _seller(request: Request) -> None:
    if request.path_params["seller"] != SELLER_ID:
        raise Refused("Access to requested resource is denied.", "Unauthorized", 403)


def _listings(world: World, request: Request, _: Any) -> dict[str, Any]:
    _seller(request)
    return search(world, request.query_params)


def _listing(world: World, request: Request, _: Any) -> dict[str, Any]:
    _seller(request)
    listing = find(world, request.path_params["sku"], request.query_params)
    included = words(request.query_params, "includedData", LISTING_DATA, "summaries")
    return listing_row(listing, included, words(request.query_params, "marketplaceIds"))


def _patch(world: World, request: Request, asked: Any) -> dict[str, Any]:
    _seller(request)
    return patch(world, request.path_params["sku"], request.query_params, asked)
