"""Cin7 Core v2: availability, products, locations, purchases and stock adjustments.

Headers `api-auth-accountid` and `api-auth-applicationkey`; `Page` from 1 and `Limit` 1-1000 (default 100), parameter
names in any case; errors are an array of `{ErrorCode, Exception}`. The vendor allows 60 calls a minute and answers 503
without Retry-After above that; the default here is 600, because a demo's first minute holds several extractions
(SANDBOX_CIN7_PER_MINUTE=60 gives the vendor's pace). Amounts are JSON decimals of the account's currency, times UTC.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.decimal_json import answer, loads
from sandbox.pacing import bucket
from sandbox.platforms import cin7_drafts as drafts
from sandbox.platforms import cin7_objects as objects
from sandbox.platforms.cin7_adjustments import Refused, adjust
from sandbox.stock_ledger import ledger

if TYPE_CHECKING:
    from sandbox.world import World

PER_MINUTE = 600
PREFIX = "/externalapi/v2"
# Fields that a search of purchases looks into; a note is not among them.
SEARCHED = ("OrderNumber", "Status", "Supplier", "InvoiceNumber", "CreditNoteNumber")

Handler = Callable[["Query", Request], Awaitable[Response]]


class Query:
    """Query parameters, whatever their case."""

    def __init__(self, request: Request) -> None:
        self._values = {name.lower(): value for name, value in request.query_params.items()}

    def get(self, name: str) -> str | None:
        return self._values.get(name.lower()) or None

    def page(self) -> tuple[int, int]:
        """Page and limit; a number out of range is refused."""
        page, limit = int(self.get("page") or 1), int(self.get("limit") or 100)
        if page < 1 or not 1 <= limit <= 1000:
            raise Refused("Page must be at least 1 and Limit between 1 and 1000")
        return page, limit


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://inventory.dearsystems.com; the vendor ignores their case, two spellings are enough."""
    world.state("cin7")["bucket"] = bucket("cin7", PER_MINUTE)
    world.state("cin7")["ledger"] = ledger(world)
    return [*_references(world), *_documents(world)]


def _references(world: World) -> list[BaseRoute]:
    async def availability(query: Query, _: Request) -> Response:
        wanted = {"sku": "SKU", "id": "ID", "name": "Name", "location": "Location"}
        rows = objects.availability(world)
        for name, field in wanted.items():
            if (value := query.get(name)) is not None:
                rows = [row for row in rows if str(row[field]).lower() == value.lower()]
        return _paged(query, "ProductAvailabilityList", rows)

    async def products(query: Query, _: Request) -> Response:
        found = [product for product in world.catalogue if not product.is_gift_card]
        if (since := query.get("ModifiedSince")) is not None:
            found = [product for product in found if product.updated_at >= _moment(since)]
        for name, field in (("id", "cin7_id"), ("sku", "sku")):
            if (value := query.get(name)) is not None:
                found = [product for product in found if str(getattr(product, field)).lower() == value.lower()]
        page, limit = query.page()
        shown = [objects.product(product) for product in found[(page - 1) * limit : page * limit]]
        if (query.get("IncludeMovements") or "").lower() == "true":
            shown = [{**product, "Movements": objects.movements(world, product["SKU"])} for product in shown]
        return answer({"Total": len(found), "Page": page, "Products": shown})

    async def locations(query: Query, _: Request) -> Response:
        return _paged(query, "LocationList", [objects.location(place) for place in world.locations])

    return [
        *_at(world, "/ref/productavailability", availability),
        *_at(world, "/product", products),
        *_at(world, "/ref/location", locations),
    ]


def _documents(world: World) -> list[BaseRoute]:
    async def purchases(query: Query, _: Request) -> Response:
        found = sorted(world.purchase_orders, key=lambda item: item.number)
        if (since := query.get("UpdatedSince")) is not None:
            found = [item for item in found if item.updated_at >= _moment(since)]
        rows = [objects.purchase_row(world, item) for item in found]
        if (searched := query.get("Search")) is not None:
            rows = [row for row in rows if any(searched.lower() in str(row[name]).lower() for name in SEARCHED)]
        return _paged(query, "PurchaseList", rows)

    async def purchase(query: Query, request: Request) -> Response:
        if request.method == "POST":
            return answer(drafts.begin(world, loads(await request.body())))
        if request.method == "DELETE":
            return answer(drafts.void(world, query.get("ID"), (query.get("Void") or "").lower() == "true"))
        wanted = query.get("ID")
        found = next((item for item in world.purchase_orders if item.purchase_order_id == wanted), None)
        if found is None:
            return refusal(404, "Purchase with specified ID was not found")
        return answer(objects.purchase(world, found))

    async def order(_: Query, request: Request) -> Response:
        return answer(drafts.write_order(world, loads(await request.body())))

    async def adjustments(query: Query, request: Request) -> Response:
        if request.method == "POST":
            return answer(adjust(world, loads(await request.body())))
        made = world.state("cin7").get("adjustments", {})
        found = made.get(query.get("TaskID"))
        return answer(found) if found else refusal(404, "Stock adjustment with specified TaskID was not found")

    return [
        *_at(world, "/purchaseList", purchases),
        *_at(world, "/purchase", purchase, ["GET", "POST", "DELETE"]),
        *_at(world, "/purchase/order", order, ["POST"]),
        *_at(world, "/stockadjustment", adjustments, ["GET", "POST"]),
    ]


def unauthorized(world: World) -> Response:
    """The vendor says 403 for wrong keys."""
    return refusal(403, "Incorrect credentials!")


def too_many_requests(world: World) -> Response:
    """Not 429: the vendor's word for too many calls is 503."""
    return refusal(503, "You have reached 60 calls per 60 seconds API limit.")


def server_error(world: World) -> Response:
    """Their internal error."""
    return refusal(500, "Internal server error")


def refusal(status: int, said: str) -> Response:
    """The vendor's error body."""
    return JSONResponse([{"ErrorCode": status, "Exception": said}], status)


def _at(world: World, path: str, handler: Handler, methods: list[str] | None = None) -> list[BaseRoute]:
    endpoint = _guarded(world, handler)
    spellings = {f"{PREFIX}{path}", f"{PREFIX}{path.lower()}", f"/ExternalApi/v2{path}"}
    return [Route(spelling, endpoint, methods=methods or ["GET"]) for spelling in sorted(spellings)]


def _guarded(world: World, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    from sandbox.server import CREDENTIALS

    names = CREDENTIALS["cin7"]

    async def endpoint(request: Request) -> Response:
        given = request.headers.get("api-auth-accountid"), request.headers.get("api-auth-applicationkey")
        if given != (names["account_id_header"], names["application_key"]):
            return unauthorized(world)
        if not world.state("cin7")["bucket"].take():
            return too_many_requests(world)
        try:
            return await handler(Query(request), request)
        except (Refused, ValueError) as error:
            return refusal(400, str(error))

    return endpoint


def _paged(query: Query, name: str, rows: Sequence[dict[str, Any]]) -> Response:
    page, limit = query.page()
    shown = list(rows[(page - 1) * limit : page * limit])
    return answer({"Total": len(rows), "Page": page, name: shown})


def _moment(text: str) -> datetime:
    """The vendor's times are UTC without saying so."""
    return objects.utc(datetime.fromisoformat(text))
