"""The operator's side door: effects, faults, the clock, new orders, mishaps. Not a vendor; nothing in the product reads it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.amazon_facts import SENT_BY_SELLER
from sandbox.amazon_world import place_amazon_order
from sandbox.checkout import Business, place_order, receive_at_bank
from sandbox.mishaps import MISHAPS, happen
from sandbox.platforms.amazon_listings import processed
from sandbox.webhooks import control as webhooks

if TYPE_CHECKING:
    from sandbox.amazon_facts import AmazonOrder
    from sandbox.facts import Order
    from sandbox.world import World


def routes(world: World) -> list[BaseRoute]:
    """Paths under /_control."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "seed": world.seed, "orders": len(world.orders) + world.history.count})

    async def effects(request: Request) -> Response:
        if request.method == "DELETE":
            world.effects.clear()
        return JSONResponse({"counts": world.effects.summary(), "effects": world.effects.rows()})

    async def stock_log(request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not after.isdigit():
            return _refused(ValueError("after: the number of an entry"))
        return JSONResponse({"entries": world.stock_log.rows(int(after))})

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            world.faults.clear()
        if request.method == "POST":
            try:
                world.faults.arm(**await request.json())
            except (TypeError, ValueError) as error:
                return _refused(error)
        return JSONResponse({"faults": world.faults.rows()})

    async def clock(request: Request) -> Response:
        if request.method == "POST":
            try:
                world.clock.advance(float((await request.json()).get("advance_seconds", 1)))
            except (TypeError, ValueError) as error:
                return _refused(error)
        return JSONResponse({"now": world.clock.now().isoformat().replace("+00:00", "Z")})

    async def orders(request: Request) -> Response:
        try:
            return _place(world, await request.json())
        except KeyError as error:
            return _refused(ValueError(f"missing {error}"))
        except (TypeError, ValueError) as error:
            return _refused(error)

    async def mishaps(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({"mishaps": {code: mishap.says for code, mishap in MISHAPS.items()}})
        try:
            return _let_happen(world, str((await request.json())["code"]))
        except KeyError as error:
            return _refused(ValueError(f"missing {error}"))
        except (TypeError, ValueError) as error:
            return _refused(error)

    async def bank_lines(request: Request) -> Response:
        try:
            asked = await request.json()
            line = receive_at_bank(world, int(asked["amount_minor"]), str(asked["reference"]))
        except KeyError as error:
            return _refused(ValueError(f"missing {error}"))
        except (TypeError, ValueError) as error:
            return _refused(error)
        return JSONResponse({"bank_line_id": line.bank_line_id, "value_date": line.value_date.isoformat()}, 201)

    return [
        Route("/health", health),
        Route("/bank_lines", bank_lines, methods=["POST"]),
        Route("/effects", effects, methods=["GET", "DELETE"]),
        Route("/stock_log", stock_log),
        Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/clock", clock, methods=["GET", "POST"]),
        Route("/orders", orders, methods=["POST"]),
        Route("/mishaps", mishaps, methods=["GET", "POST"]),
        *webhooks.routes(world),
    ]


def _place(world: World, asked: dict[str, Any]) -> Response:
    quantity, company, business = int(asked.get("quantity", 1)), asked.get("company"), None
    if asked.get("only_if_shown") and _shown(world, asked["channel"], asked["sku"]) < quantity:
        raise ValueError(f"{asked['channel']} shows less of {asked['sku']}")
    if asked["channel"] == "amazon":
        if company:
            raise ValueError("Amazon takes the money itself: nobody buys there on terms")
        listed = {sku for sku, listing in world.amazon.listings.items() if listing.sent_by == SENT_BY_SELLER}
        sku = asked.get("sku") or _plentiful(world, listed)
        return _placed(world, asked["channel"], sku, quantity, place_amazon_order(world, sku, quantity))
    sku = asked.get("sku") or _plentiful(world, {sku for sku, _ in world.stock})
    if company:
        business = Business(company, asked.get("terms") or "net_30", asked.get("po_number"), asked.get("tax_number"))
    order = place_order(world, asked["channel"], sku, quantity, asked.get("email") or None, business)
    return _placed(world, asked["channel"], sku, quantity, order)


def _shown(world: World, channel: str, sku: str) -> int:
    """What a channel offers of a SKU now: a buyer who looks first buys no more than that."""
    if channel == "amazon":
        processed(world)
        return world.amazon.listings[sku].quantity
    if channel == "woocommerce":
        return world.woo_quantity[sku]
    return sum(units for (item, _), units in world.shopify_available.items() if item == sku)


def _placed(world: World, channel: str, sku: str, quantity: int, order: Order | AmazonOrder) -> Response:
    placed = {"order_number": order.number, "channel": channel, "sku": sku, "quantity": quantity}
    return JSONResponse({**placed, "total_minor": order.total_minor, "currency": world.currency}, status_code=201)


def _let_happen(world: World, code: str) -> Response:
    expected = happen(world, code)
    rows = [{"reference": row.reference, "amount_minor": row.amount_minor} for row in expected]
    return JSONResponse(
        {"code": code, "says": MISHAPS[code].says, "expected": rows, "currency": world.currency}, status_code=201
    )


def _refused(error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


def _plentiful(world: World, skus: Collection[str]) -> str:
    """Of these the SKU with the most units: what an order takes that names none."""
    return max(sorted(skus), key=lambda sku: (world.pool(sku), sku))
