"""A new order, here and now: what an operator's `cartwheel sandbox order` makes happen in the shop, and at the bank."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from sandbox.baskets import Draft, DraftLine, tax_by_amount, tax_by_rate
from sandbox.facts import BankLine, Movement, Order, Person
from sandbox.numbering import charge_of, number_order, token
from sandbox.people import REGIONS, make_address
from sandbox.processing_fees import fee_parts
from sandbox.webhooks import events

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass(frozen=True)
class Business:
    """Who buys on terms, on which, and under which numbers of its own."""

    company: str
    terms: str = "net_30"
    po_number: str | None = None
    tax_number: str | None = None


def place_order(
    world: World, channel: str, sku: str, quantity: int, email: str | None = None, business: Business | None = None
) -> Order:
    """Sell `quantity` of `sku` on a channel; the card is charged, the channel's own listing goes down, Cin7 allocates.

    A business pays later, on an invoice, and untaxed, for it sells on. The other channel is not told: that is the
    product's job.
    """
    if business is not None and channel == "shopify" and not business.terms.startswith("net_"):
        raise ValueError("Shopify has terms of so many days only, such as net_30")
    if channel not in {"shopify", "woocommerce"}:
        raise ValueError(f"no channel {channel!r}; there are shopify and woocommerce")
    if sku not in world.products or world.products[sku].is_gift_card:
        raise ValueError(f"no SKU {sku!r} in the catalogue")
    if quantity < 1:
        raise ValueError("quantity must be at least 1")
    now = world.clock.advance(1)
    person = _buyer(world, email or "walk.in@example.org", now)
    draft = Draft(now, channel, [DraftLine(sku, quantity, world.products[sku].price_minor)], shipping=495)
    tax_by_rate(draft, next(region for region in REGIONS if region.code == person.address.region_code))
    if business is not None:
        person = _company(world, person, business)
        draft.tender = "terms"
        tax_by_amount(draft, 0)
    draft.person, draft.is_guest = person, (person.shopify_id if channel == "shopify" else person.woo_id) is None
    count = sum(1 for order in world.orders.values() if order.channel == channel) + 1
    order = number_order(world.seed, draft, count, world.products)
    if business is not None:
        order = replace(
            order, payment_terms=business.terms, po_number=business.po_number, vat_number=business.tax_number
        )
    else:
        _charge(world, order)
    world.orders[order.number] = order
    _take_from_listing(world, channel, sku, quantity, order.number)
    level = world.stock[(sku, "newark")]
    world.set_stock(sku, "newark", allocated=level.allocated + quantity)
    world.effects.record("control", "order_placed", order.number)
    _tell(world, order, sku)
    return order


def _tell(world: World, order: Order, sku: str) -> None:
    """Who subscribed hears of the order, its money and its units."""
    events.order_placed(world, order)
    if order.channel == "shopify":
        events.level_changed(world, sku, "newark")
    leg = order.charge_tender
    charge = world.charges.find(leg.charge_id or "") if leg is not None else None
    if charge is not None:
        events.charge_changed(world, charge)
    events.stock_changed(world, sku)


def _buyer(world: World, email: str, now: datetime) -> Person:
    """The person with this e-mail, or a new guest."""
    wanted = email.strip().lower()
    for person in world.people:
        if person.email == wanted:
            return person
    name = wanted.split("@", 1)[0].replace("_", ".").split(".")
    first, last = name[0].title() or "Guest", name[-1].title() if len(name) > 1 else "Buyer"
    person = Person(len(world.people) + 1, wanted, first, last, None, make_address(first, last, REGIONS[0]), now)
    world.people.append(person)
    return person


def _company(world: World, person: Person, business: Business) -> Person:
    """The buyer as one who buys for a company."""
    made = replace(person, company=business.company)
    world.people[world.people.index(person)] = made
    return made


def receive_at_bank(
    world: World, amount_minor: int, reference: str, description: str = "incoming transfer"
) -> BankLine:
    """Money in, today, as the bank's next statement shows it."""
    today = world.clock.now().date()
    line = BankLine(
        bank_line_id=f"BL{token(world.seed, 'bank_line', reference, len(world.bank_lines))[:12]}",
        booked_on=today,
        value_date=today,
        description=description,
        reference=reference,
        amount_minor=amount_minor,
    )
    world.bank_lines.append(line)
    world.effects.record("control", "money_received", line.bank_line_id)
    return line


def _charge(world: World, order: Order) -> None:
    charge = charge_of(order)
    if charge is None:
        raise ValueError(f"{order.number} was not paid by card")
    world.charges.append(charge)
    world.movements.append(
        Movement(
            movement_id=f"txn_3{token(world.seed, 'movement', charge.charge_id)[:23]}",
            kind="charge",
            amount_minor=charge.amount_minor,
            fee_parts=fee_parts(charge.amount_minor),
            occurred_at=charge.created_at,
            available_at=datetime.combine(charge.created_at.date() + timedelta(days=1), time(), UTC),
            source_id=charge.charge_id,
            charge_id=charge.charge_id,
            order_number=order.number,
            payout_id=None,
        )
    )


def _take_from_listing(world: World, channel: str, sku: str, quantity: int, number: str) -> None:
    if channel == "woocommerce":
        world.stock_log.sold(channel, sku, None, quantity, world.woo_quantity[sku], number)
        world.woo_quantity[sku] -= quantity
    else:
        # Shopify counts the sale against the location that has the units, which may go below zero there.
        world.stock_log.sold(channel, sku, "newark", quantity, world.shopify_available[(sku, "newark")], number)
        world.shopify_available[(sku, "newark")] -= quantity
        world.state("shopify").setdefault("level_changes", {})[(sku, "newark")] = world.clock.now()
