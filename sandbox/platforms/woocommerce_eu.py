"""The second company's WooCommerce: another store of the same platform, read only, whose ids and numbers are the first's too.

It pages, dates and refuses like the first (`woocommerce`); what differs is what a European shop keeps of an order:
prices entered with VAT, a rate per line, VAT numbers and payment terms in the meta data, PayPal as the gateway.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.platforms.woocommerce import ROOT, fits, guarded, moment_of, page_of, sorting, unauthorized
from sandbox.platforms.woocommerce_catalogue import customer_row
from sandbox.platforms.woocommerce_eu_objects import order_row, order_status, product_row, refund_row
from sandbox.platforms.woocommerce_stock import Refusal

if TYPE_CHECKING:
    from sandbox.facts import Order
    from sandbox.world import World

__all__ = ["routes", "unauthorized"]


def routes(world: World) -> list[BaseRoute]:
    """What the product reads of the second shop."""
    europe = world.europe
    if europe is None:
        return []
    table: list[tuple[str, Callable[[World, Request, Any], Response]]] = [
        ("/orders", _orders),
        ("/orders/{id:int}/refunds", _refunds),
        ("/products", _products),
        ("/products/{id:int}/variations", lambda _, request, __: page_of(request, 0, int)),
        ("/customers", _customers),
    ]
    return [Route(ROOT + path, guarded(europe, answer, "woocommerce_eu")) for path, answer in table]


def _orders(world: World, request: Request, _: Any) -> Response:
    query = request.query_params
    names = ("after", "before", "modified_after", "modified_before")
    bounds = {name: moment_of(world, request, name) for name in names}
    statuses = set(query.get("status", "any").split(","))
    at = sorting(query.get("orderby", "date"))
    found = [
        order
        for order in world.orders.values()
        if fits(order, bounds) and statuses & {"any", order_status(order)}
    ]  # fmt: skip
    found.sort(key=lambda order: (at(order), order.platform_id), reverse=query.get("order", "desc") != "asc")
    return page_of(request, len(found), lambda place: order_row(world, found[place]))


def _order(world: World, request: Request) -> Order:
    order = world.orders.get(f"W-{request.path_params['id']}")
    if order is None:
        raise Refusal("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
    return order


def _refunds(world: World, request: Request, _: Any) -> Response:
    order = _order(world, request)
    rows = [refund_row(world, order, refund) for refund in order.refunds]
    return page_of(request, len(rows), lambda place: rows[place])


def _products(world: World, request: Request, _: Any) -> Response:
    rows = [product_row(world, product) for product in world.catalogue]
    if (after := moment_of(world, request, "modified_after")) is not None:
        rows = [row for row, product in zip(rows, world.catalogue, strict=True) if product.updated_at > after]
    return page_of(request, len(rows), lambda place: rows[place])


def _customers(world: World, request: Request, _: Any) -> Response:
    people = [person for person in world.people if person.woo_id is not None]
    return page_of(request, len(people), lambda place: customer_row(world, people[place]))
