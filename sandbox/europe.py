"""The second company's world: euros, Berlin time, its own shop, PayPal account and bank. Nested in the first as `world.europe`.

Nothing here changes the first world; whoever configures no account `eu` never sees it. The clock, the effects and the
armed faults are the first world's, because there is one sandbox.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.europe_catalogue import make_goods
from sandbox.europe_orders import make_orders
from sandbox.europe_paypal import make_bank_lines, make_paypal
from sandbox.facts import BankLine
from sandbox.history import History
from sandbox.timeline import Timeline

if TYPE_CHECKING:
    from sandbox.world import World

CURRENCY, TIME_ZONE = "EUR", "Europe/Berlin"


def build_europe(seed: int) -> World:
    """Europe's world of a seed: the same argument gives equal worlds."""
    from sandbox.world import World

    goods = make_goods()
    orders = make_orders(seed, {product.sku: product for product in goods})
    paypal = make_paypal(seed, orders)
    return World(
        seed=seed,
        catalogue=goods,
        locations=(),
        people=[order.person for order in orders.values()],
        orders=orders,
        history=History(seed, 0, goods, ZoneInfo(TIME_ZONE)),
        charges=_nothing(),
        refunds=_nothing(),
        movements=_nothing(),
        payouts=_nothing(),
        disputes=[],
        bank_lines=Timeline(_booked_at, lambda line: line.bank_line_id, make_bank_lines(seed, paypal, orders.values())),
        documents=_nothing(),
        parcels=_nothing(),
        stock={},
        shopify_available={},
        woo_quantity={},
        purchase_orders=[],
        contacts={},
        currency=CURRENCY,
        time_zone=TIME_ZONE,
        paypal=paypal,
    )


def _nothing() -> Timeline[Any]:
    """What this world has at no platform."""
    return Timeline(lambda _: datetime.min.replace(tzinfo=UTC), str)


def _booked_at(line: BankLine) -> datetime:
    return datetime(line.booked_on.year, line.booked_on.month, line.booked_on.day, tzinfo=UTC)
