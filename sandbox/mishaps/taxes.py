"""Tax that the storefront charges otherwise than its own rate says, or where the company owes none."""

from __future__ import annotations

from dataclasses import replace

from sandbox.baskets import Draft, DraftLine
from sandbox.mishaps.scene import Expected, Mishap, Scene

TOO_MUCH = 3
# 8.875 % of 10.07 is 89.37 cents: three such lines bear 268.11, so one of them gets the cent that 89 and 89 and 89 lack.
NET_OF_A_THIRD = 1_007


def _rate_of(amount: int, ppm: int) -> int:
    """The tax on an amount, rounded half up."""
    return (amount * ppm + 500_000) // 1_000_000


def amount_off_its_rate(scene: Scene) -> list[Expected]:
    draft = scene.draft()
    draft.lines[0].tax += TOO_MUCH
    return [Expected(scene.sell(draft).number, TOO_MUCH)]


def price_read_as_if_it_held_the_tax(scene: Scene) -> list[Expected]:
    draft = scene.draft()
    line, ppm = draft.lines[0], draft.rate_ppm
    # The rate of the price with its tax in it: net / (1 - rate) x rate.
    right, span = line.tax, 1_000_000 - ppm
    line.tax = (2 * line.net * ppm + span) // (2 * span)
    return [Expected(scene.sell(draft).number, line.tax - right)]


def rounded_once_for_the_order(scene: Scene) -> list[Expected]:
    draft: Draft = scene.draft()
    first = draft.lines[0]
    draft.lines = [
        DraftLine(first.sku, 1, first.unit_price, discount=first.unit_price - NET_OF_A_THIRD) for _ in range(3)
    ]
    for line in draft.lines:
        line.tax = _rate_of(NET_OF_A_THIRD, draft.rate_ppm)
    draft.lines[0].tax += 1
    return [Expected(scene.sell(draft).number, 1)]


def taxed_where_none_is_owed(scene: Scene) -> list[Expected]:
    order = scene.sell()
    address = order.address or order.person.address
    order = scene.change(order, address=replace(address, country_code="CA", region_code="ON", region="Ontario"))
    charged = (*(line.tax_minor for line in order.lines), *(shipping.tax_minor for shipping in order.shipping))
    return [Expected(order.number, tax) for tax in charged]


MISHAPS = (
    Mishap("TAX-01", "the storefront charges 0.03 more than its own rate says", amount_off_its_rate),
    Mishap("TAX-03", "a price without tax is taxed as if it held it", price_read_as_if_it_held_the_tax),
    Mishap("TAX-06", "the storefront rounds tax once for the whole order", rounded_once_for_the_order),
    Mishap("TAX-07", "an order that leaves the country bears tax", taxed_where_none_is_owed),
)
