"""Sixty orders of the European shop, one a day in September and October 2026; `CASES` are the ones with a story.

The shop shows prices with VAT and keeps them without: a line is quantity x price without VAT, its VAT rounded half up once.
Exports and reverse charge bear none. Order numbers are those of the first WooCommerce shop on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sandbox.baskets import half_up
from sandbox.europe_catalogue import make_buyer, rate_of
from sandbox.facts import Line, Order, Product, Refund, RefundLine, Shipping, Story, Tender
from sandbox.numbering import token

COUNT = 60
_FIRST_DAY = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
_COUNTRIES = ("DE", "DE", "FR", "DE", "AT")
_SHIPPING_NET = 500
GATEWAY = "ppcp-gateway"
TERMS_METHOD = "b2b_invoice"


@dataclass(frozen=True)
class Case:
    """What is special about an order. lines: (SKU, quantity); refunded: (line number, quantity) given back in the shop."""

    country: str = ""
    lines: tuple[tuple[str, int], ...] = ()
    company: str | None = None
    vat_number: str | None = None
    terms: str | None = None
    method: str = GATEWAY
    currency: str = "EUR"
    refunded: tuple[tuple[int, int], ...] = ()
    discount_percent: int = 0
    placed_at: datetime | None = None
    is_cancelled: bool = False
    paid_at: datetime | None = None
    story: Story = field(default=())


def _at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


_LARGE = (("EU-KANNE", 3), ("EU-SCHERE", 2))

CASES: dict[int, Case] = {
    5: Case("FR", (("EU-KANNE", 2), ("EU-BUCH", 1)), refunded=((1, 1),), story=("REF-01",)),
    8: Case("DE", (("EU-SCHERE", 1),), story=("REF-02",)),
    11: Case("DE", (("EU-KANNE", 1),), story=("DSP-02",)),
    14: Case("AT", (("EU-KANNE", 1), ("EU-HANDSCHUH", 1)), story=("DSP-03",)),
    17: Case("DE", (("EU-KANNE", 4),), story=("TIM-09",)),
    20: Case("GB", (("EU-KANNE", 1), ("EU-SAMEN", 2))),
    23: Case("NL", _LARGE, "Tuinhuis BV", "NL004495445B01"),
    26: Case("FR", _LARGE, "Jardins SARL", "FR40303265045"),
    29: Case("DE", _LARGE, "Grün GmbH", "DE136695976", "net_30", TERMS_METHOD, paid_at=_at(10, 27)),
    30: Case("DE", (("EU-KANNE", 1),), placed_at=_at(9, 30, 22, 30)),
    32: Case("DE", _LARGE, "Beet KG", "DE129273398", "eom_15", TERMS_METHOD),
    35: Case("DE", _LARGE, "Hof OHG", "DE811569869", "2_10_net_30", TERMS_METHOD, paid_at=_at(10, 13)),
    38: Case("DE", (("EU-HANDSCHUH", 2),), method="cod", story=("TND-04",)),
    41: Case("DE", (("EU-LAMPE", 1),), refunded=((1, 1),), story=("REF-01",)),
    44: Case("GB", (("EU-KANNE", 1), ("EU-SCHERE", 1)), currency="GBP", story=("CUR-05",)),
    47: Case("DE", (("EU-HANDSCHUH", 1),), is_cancelled=True, story=("SRC-05",)),
    50: Case("DE", (("EU-SCHERE", 2),), story=("DSP-01",)),
    53: Case("DE", (("EU-LAMPE", 1), ("EU-SAMEN", 3)), discount_percent=10),
}
_BASKETS = (
    (("EU-KANNE", 1),),
    (("EU-SCHERE", 1), ("EU-BUCH", 1)),
    (("EU-HANDSCHUH", 3),),
    (("EU-LAMPE", 1), ("EU-SAMEN", 2)),
)


def make_orders(seed: int, products: dict[str, Product]) -> dict[str, Order]:
    """Orders by number, in order of their numbers."""
    made = (_order(seed, number, CASES.get(number, Case()), products) for number in range(1, COUNT + 1))
    return {order.number: order for order in made}


def number_of(count: int) -> str:
    """The natural key, which is the first shop's too."""
    return f"W-{2000 + count}"


def capture_of(seed: int, number: str) -> str:
    """PayPal's id of the capture that paid an order."""
    return token(seed, "paypal capture", number, length=17).upper()


def _order(seed: int, count: int, case: Case, products: dict[str, Product]) -> Order:
    country = case.country or _COUNTRIES[count % len(_COUNTRIES)]
    is_untaxed = country == "GB" or (case.vat_number is not None and not case.vat_number.startswith("DE"))
    basket = case.lines or _BASKETS[count % len(_BASKETS)]
    platform_id = 2000 + count
    placed_at = case.placed_at or _FIRST_DAY + timedelta(days=count - 1, minutes=count * 37 % 600)
    lines = _lines(platform_id, basket, country, is_untaxed, case.discount_percent, products)
    rate = rate_of(country, "", is_untaxed)
    shipping = (Shipping(platform_id * 10 + 9, "DHL Paket", _SHIPPING_NET, half_up(_SHIPPING_NET, rate)),)
    person = make_buyer(count, country, case.company)
    order = Order(
        number=number_of(count),
        channel="woocommerce",
        platform_id=platform_id,
        placed_at=placed_at,
        updated_at=placed_at + timedelta(hours=30),
        lines=lines,
        shipping=shipping,
        tip_minor=0,
        tenders=(),
        person=person,
        email=person.email,
        is_guest=person.woo_id is None,
        address=person.address,
        tax_rate_ppm=rate,
        tax_title="VAT",
        payment_status="pending",
        location_id="",
        discount_code="herbst10" if case.discount_percent else None,
        cancelled_at=placed_at + timedelta(hours=5) if case.is_cancelled else None,
        is_b2b=case.company is not None,
        payment_terms=case.terms,
        currency_code=case.currency,
        vat_number=case.vat_number,
        story=case.story,
    )
    return _with_refund(seed, _paid(seed, order, case), case)


def _lines(
    platform_id: int,
    basket: tuple[tuple[str, int], ...],
    country: str,
    is_untaxed: bool,
    discount_percent: int,
    products: dict[str, Product],
) -> tuple[Line, ...]:
    made = []
    for position, (sku, quantity) in enumerate(basket, start=1):
        product = products[sku]
        discount = half_up(quantity * product.price_minor, discount_percent * 10_000)
        rate = rate_of(country, sku, is_untaxed)
        tax = half_up(quantity * product.price_minor - discount, rate)
        line_id = platform_id * 10 + position
        made.append(Line(line_id, sku, product.title, quantity, product.price_minor, discount, tax, tax_rate_ppm=rate))
    return tuple(made)


def _paid(seed: int, order: Order, case: Case) -> Order:
    """The order with its one leg of payment, where it has one."""
    if case.is_cancelled:
        return order
    leg_id = order.platform_id * 10 + 1
    if case.terms is not None:
        if case.paid_at is None:
            return order
        leg = Tender(leg_id, "sale", "terms", case.method, order.total_minor, case.paid_at)
        return replace(order, tenders=(leg,), payment_status="paid", updated_at=case.paid_at)
    paid_at = order.placed_at + timedelta(seconds=20)
    if case.method == "cod":
        leg = Tender(leg_id, "sale", "manual", "cod", order.total_minor, paid_at + timedelta(days=3))
    else:
        capture = capture_of(seed, order.number)
        leg = Tender(leg_id, "sale", "card", case.method, order.total_minor, paid_at, capture)
    return replace(order, tenders=(leg,), payment_status="paid")


def _with_refund(seed: int, order: Order, case: Case) -> Order:
    """The order with the refund its shop made; amounts are the lines' own shares."""
    if not case.refunded:
        return order
    lines = []
    for position, (place, quantity) in enumerate(case.refunded, start=1):
        line = order.lines[place - 1]
        net, tax = line.net_minor * quantity // line.quantity, line.tax_minor * quantity // line.quantity
        line_id = order.platform_id * 100 + position
        lines.append(RefundLine(line_id, line.line_id, line.sku, quantity, net, tax, is_restocked=True))
    at = order.placed_at + timedelta(days=6)
    refund = Refund(
        refund_id=90_000 + order.platform_id,
        order_number=order.number,
        sequence=1,
        created_at=at,
        lines=tuple(lines),
        tender_id=order.platform_id * 10 + 8,
        stripe_refund_id=token(seed, "paypal refund", order.number, length=17).upper(),
        charge_id=capture_of(seed, order.number),
        reason="Returned",
        story=("REF-01",),
    )
    return replace(order, refunds=(refund,), payment_status="partially_refunded", updated_at=at + timedelta(seconds=2))
