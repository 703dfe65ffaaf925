"""S-06 over every prefix of random event logs: what is promised is there, or the excess stands on an oversell row.

Each log is told of one SKU, step by step; each of its prefixes is folded into rows of a SKU of its own, all in one world. What the
log itself adds up to is reckoned beside it, event by event, in whole units and without a query.
"""

# ruff: noqa: DTZ001

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, line, order
from tests.transform.warehouse import TRANSFORM

S_06 = TRANSFORM / "tests" / "assert_s_06_no_oversell_is_silent.sql"
START, NOW = datetime(2026, 10, 30, 9), datetime(2026, 10, 31, 12)
CHANNELS = ("shopify", "woocommerce")
PER_SET = 2
Row = dict[str, Any]


@dataclass
class Sale:
    number: int
    channel: str
    placed_at: datetime
    units: int
    is_set: bool
    sent: int = 0
    removed: int = 0
    is_cancelled: bool = False
    payment: str = "authorized"

    @property
    def owed(self) -> int:
        each = PER_SET if self.is_set else 1
        return 0 if self.is_cancelled or self.payment == "voided" else (self.units - self.sent - self.removed) * each


@dataclass
class Told:
    """What a log has said so far."""

    counted: int
    counted_at: datetime = START
    sales: list[Sale] = field(default_factory=list)
    parcels: list[tuple[Sale, int, datetime]] = field(default_factory=list)
    # Units held, and whether the buyer is still there.
    holds: list[list[int | bool]] = field(default_factory=list)

    @property
    def there(self) -> int:
        """On the shelf: the last count less what has left since."""
        return self.counted - sum(units for _, units, at in self.parcels if at > self.counted_at)

    @property
    def owed(self) -> int:
        return sum(sale.owed for sale in self.sales)

    @property
    def held(self) -> int:
        return sum(int(units) for units, is_open in self.holds if is_open)


def step(told: Told, rng: random.Random, at: datetime) -> None:
    """One event at random; one that has nothing to happen to is a sale."""
    deed = rng.choice(
        ["sale", "sale", "sale", "set", "pay", "void", "cancel", "remove", "ship", "count", "hold", "leave"]
    )
    open_sales = [sale for sale in told.sales if sale.owed]
    if deed == "count":
        told.counted, told.counted_at = max(0, told.there + rng.randint(-2, 3)), at
    elif deed == "hold":
        told.holds.append([rng.randint(1, 2), True])
    elif deed == "leave" and told.holds:
        rng.choice(told.holds)[1] = False
    elif deed == "pay" and told.sales:
        # Also one that was given up: it is owed again.
        rng.choice(told.sales).payment = "paid"
    elif deed in ("void", "cancel", "remove", "ship") and open_sales:
        _to_a_sale(told, rng.choice(open_sales), deed, at)
    else:
        told.sales.append(Sale(len(told.sales), rng.choice(CHANNELS), at, rng.randint(1, 3), deed == "set"))


def _to_a_sale(told: Told, sale: Sale, deed: str, at: datetime) -> None:
    if deed == "cancel":
        sale.is_cancelled = True
    elif deed == "remove":
        sale.removed += 1
    elif deed == "void" and sale.payment != "paid":
        sale.payment = "voided"
    elif deed == "ship" and not sale.is_set:
        sale.sent += 1
        told.parcels.append((sale, 1, at))


class Rows:
    """The canonical rows of every prefix, and what each adds up to."""

    def __init__(self) -> None:
        names = ("levels", "orders", "lines", "parcels", "parcel_lines", "refunds", "refund_lines", "holds", "sets")
        self.of: dict[str, list[Row]] = {name: [] for name in names}
        self.short: dict[str, int] = {}
        self.to_sell: dict[str, int] = {}

    def fold(self, sku: str, told: Told) -> None:
        of = self.of
        of["levels"].append(level(sku, "BER", told.counted, as_of_at=told.counted_at))
        of["sets"].append({"bundle_sku": f"SET-{sku}", "component_sku": sku, "quantity": PER_SET})
        for sale in told.sales:
            name = f"{sku}-{sale.number}"
            cancelled = {"cancelled_at": NOW} if sale.is_cancelled else {}
            paid = {"order_payment_status": sale.payment, "placed_at": sale.placed_at}
            of["orders"].append(order(name, sale.channel, **cancelled, **paid))
            of["lines"].append(line(name, f"SET-{sku}" if sale.is_set else sku, sale.units))
            if sale.removed:
                back = {"refund_id": name, "order_id": name}
                of["refunds"].append(back)
                more = {"refund_line_id": name, "quantity": sale.removed, "restock_type": "cancelled"}
                of["refund_lines"].append(back | more | {"sku": of["lines"][-1]["sku"]})
        for number, (sale, units, at) in enumerate(told.parcels):
            left = {"parcel_id": f"{sku}/{number}", "order_id": f"{sku}-{sale.number}"}
            of["parcels"].append(left | {"shipment_status": "in_transit", "shipped_at": at})
            of["parcel_lines"].append({"parcel_line_id": left["parcel_id"], "parcel_id": left["parcel_id"]})
            of["parcel_lines"][-1] |= {"sku": sku, "quantity": units}
        for units, is_open in told.holds:
            until = NOW + timedelta(minutes=10 if is_open else -10)
            of["holds"].append({"sku": sku, "units": units, "held_at": START, "expires_at": until})
        self.short[sku] = max(0, told.owed - max(0, told.there))
        self.to_sell[sku] = max(0, told.there - told.owed - told.held)

    def world(self) -> CanonicalRows:
        made, of = CanonicalRows(), self.of
        # The shelf nobody sells from says what time it is.
        made.rows("can_stock_levels", *of["levels"], level("CLOCK", "BER", 0, as_of_at=NOW))
        made.rows("can_orders", *of["orders"]).rows("can_order_lines", *of["lines"])
        made.rows("can_parcels", *of["parcels"]).rows("can_parcel_lines", *of["parcel_lines"])
        made.rows("can_refunds", *of["refunds"]).rows("can_refund_lines", *of["refund_lines"])
        made.seed("bundle_components", *of["sets"]).seed("checkout_holds", *of["holds"])
        policy = {"sku": "*", "share_percent": 100, "buffer": 0}
        return made.seed("channel_policies", *(policy | {"channel": channel} for channel in CHANNELS))


def test_no_oversell_is_silent_in_any_prefix() -> None:
    _prove(logs=30, steps=10, seed=1)


@pytest.mark.proof
def test_no_oversell_is_silent_in_any_prefix_of_a_thousand_logs() -> None:
    _prove(logs=1_000, steps=14, seed=2)


def _prove(logs: int, steps: int, seed: int) -> None:
    rng, rows = random.Random(seed), Rows()
    for number in range(logs):
        told = Told(counted=rng.randrange(6))
        for at in range(steps):
            step(told, rng, START + timedelta(minutes=1 + at))
            rows.fold(f"S{number}-{at}", told)
    world = rows.world()
    found = dict(world.query("select sku, cast(sum(short) as bigint) from {{ ref('fct_oversells') }} group by sku"))
    assert found == {sku: units for sku, units in rows.short.items() if units}
    assert len(found) > logs  # the logs do run dry
    assert world.query(S_06.read_text()) == []
    offers = world.query(
        "select sku, channel, ats from {{ ref('fct_ats') }} where sku <> 'CLOCK' and sku <> 'SET-CLOCK'"
    )
    wanted = {
        (name, channel): units // each
        for sku, units in rows.to_sell.items()
        for name, each in ((sku, 1), (f"SET-{sku}", PER_SET))
        for channel in CHANNELS
    }
    assert {(sku, channel): ats for sku, channel, ats in offers if channel in CHANNELS} == wanted
