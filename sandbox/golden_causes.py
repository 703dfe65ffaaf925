"""The orders of October 2026 that carry a cause of a gap: each code's rows, with the amounts that add up to it.

Cents throughout. The ordinary orders around them (`sandbox.golden_month`) fill the month up to its totals.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.baskets import Baskets, Draft, DraftLine, DraftRefund, tax_by_amount, tax_by_rate
from sandbox.catalogue import GIFT_CARD_SKU
from sandbox.people import REGIONS

GIFT_CARDS_SOLD = (5000, 10000, 2500, 7500, 5000, 10000, 5000, 5000)  # 500.00
GIFT_CARD_LEGS = ((13240, 10000), (11875, 10000), (9620, 7500), (8450, 5000), (7130, 5000))  # + 75.00 paid in full
UNBOOKED_ORDERS = ((10745, 495), (9510, 0), (6055, 695))  # products + shipping = 275.00
FORGOTTEN_DISCOUNTS = (2000, 1500, 2500, 1000, 1650)  # 86.50
ROUNDED = (("Pour-Over Kettle", 495), ("Linen Apron", 0), ("Cast Iron Skillet", 695), ("Oak Cutting Board", 0))
AUTHORISED = ((9600, 1067), (12000, 1333), (7200, 800))  # 288.00 + 32.00
ON_TERMS = (36000, 24000)
# channel, day placed, lines (net, tax), refunded net and tax, refunded on (day, hour), booked?
REFUNDED = (
    ("shopify", 3, ((14000, 1556), (7600, 844)), ((0, 14000, 1556), (1, 7600, 844)), (9, 15), False),
    ("shopify", 5, ((15840, 1711),), ((0, 15840, 1711),), (12, 16), False),
    ("woocommerce", 6, ((12450, 1494), (6000, 720)), ((0, 12450, 1494),), (14, 14), False),
    ("shopify", 8, ((9800, 1029), (4500, 473)), ((0, 9800, 1029),), (15, 19), False),
    ("shopify", 20, ((16920, 1946), (3100, 357)), ((0, 8460, 973),), (30, 15), False),
    ("woocommerce", 10, ((6050, 666), (8800, 968)), ((0, 6050, 666),), (17, 18), False),
    ("woocommerce", 7, ((13200, 1452),), ((0, 13200, 1452),), (16, 13), True),
    ("shopify", 12, ((7600, 874), (5200, 598)), ((0, 7600, 874),), (19, 17), True),
    ("shopify", 22, ((6400, 672), (12000, 1260)), ((0, 6400, 672),), (31, 18), True),
    ("shopify", 15, ((4800, 529), (3900, 430)), ((0, 4800, 529),), (23, 20), True),
)


def october(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of October 2026, in UTC (15:00 is 11 in the morning at the shop)."""
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


def causes(baskets: Baskets) -> list[Draft]:
    """All orders with a story except the processor's tail at the month's end."""
    return [
        *_gift_cards_sold(baskets),
        *_gift_cards_redeemed(baskets),
        *_booked_wrongly(baskets),
        *_on_terms(baskets),
        *_refunded(baskets),
        _disputed(baskets),
    ]


def _sold(baskets: Baskets, day: int, channel: str, lines: list[DraftLine], shipping: int, *story: str) -> Draft:
    """An order taxed by the rate of a region drawn for it."""
    moment = october(day, baskets.rng.randint(13, 22), baskets.rng.randint(0, 59)) + timedelta(
        seconds=baskets.rng.randint(0, 59)
    )
    draft = Draft(moment, channel, lines, shipping=shipping, story=story)
    if any(line.discount for line in lines):
        draft.discount_code = "THANKYOU"
    tax_by_rate(draft, baskets.rng.choice(REGIONS))
    return draft


def _gift_cards_sold(baskets: Baskets) -> list[Draft]:
    drafts = []
    for position, amount in enumerate(GIFT_CARDS_SOLD):
        lines = [DraftLine(GIFT_CARD_SKU, 1, amount)]
        if position == 3:  # One buyer takes goods along, so a document has both kinds of line.
            lines.insert(0, baskets.named("Percale Pillowcase", 2))
        drafts.append(_sold(baskets, 2 + position * 3, "shopify", lines, 0, "LIA-01"))
    return drafts


def _gift_cards_redeemed(baskets: Baskets) -> list[Draft]:
    drafts = []
    for position, (net, leg) in enumerate(GIFT_CARD_LEGS):
        draft = _sold(baskets, 4 + position * 4, "shopify", [baskets.exact_line(net)], 495, "TND-01")
        draft.gift_card_leg = leg
        drafts.append(draft)
    whole = _sold(baskets, 24, "shopify", [baskets.exact_line(6340)], 495, "TND-01")
    tax_by_amount(whole, 665)
    whole.gift_card_leg = 7500
    return [*drafts, whole]


def _booked_wrongly(baskets: Baskets) -> list[Draft]:
    drafts = [_sold(baskets, 14, "shopify", [baskets.exact_line(30505)], 995, "BKS-02")]
    for position, (net, shipping) in enumerate(UNBOOKED_ORDERS):
        channel = "woocommerce" if position == 1 else "shopify"
        drafts.append(_sold(baskets, 9 + position * 5, channel, [baskets.exact_line(net)], shipping, "BKS-01"))
    for position, discount in enumerate(FORGOTTEN_DISCOUNTS):
        channel = "woocommerce" if position % 2 else "shopify"
        lines = baskets.less(7000 + position * 900, discount)
        drafts.append(_sold(baskets, 6 + position * 4, channel, lines, 495, "BKS-07"))
    for position, (title, shipping) in enumerate(ROUNDED):
        channel = "woocommerce" if position == 3 else "shopify"
        drafts.append(_sold(baskets, 5 + position * 5, channel, [baskets.named(title)], shipping, "RND-03"))
    return drafts


def _on_terms(baskets: Baskets) -> list[Draft]:
    drafts = []
    for day, net in zip((13, 27), ON_TERMS, strict=True):
        draft = _sold(baskets, day, "shopify", [baskets.exact_line(net, 12)], 0, "TND-03")
        draft.discount_code = "WHOLESALE"
        draft.tender = "terms"
        draft.shipment = "shipped" if day == 13 else "open"
        tax_by_amount(draft, 0)  # bought for resale
        drafts.append(draft)
    return drafts


def _refunded(baskets: Baskets) -> list[Draft]:
    drafts = []
    for channel, day, lines, back, (refund_day, hour), is_booked in REFUNDED:
        made: list[DraftLine] = []
        for position, (net, tax) in enumerate(lines):
            pair = 2 if any(line == position and given * 2 == net for line, given, _ in back) else None
            line = baskets.exact_line(net, pair, [other.sku for other in made])
            line.tax = tax
            made.append(line)
        draft = _sold(baskets, day, channel, made, 0, "REF-01")
        for line, (_, tax) in zip(made, lines, strict=True):
            line.tax = tax
        draft.rate_ppm = round(sum(tax for _, tax in lines) * 1_000_000 / sum(net for net, _ in lines))
        draft.refunds = [
            DraftRefund(line, made[line].quantity * net // made[line].net, net, tax) for line, net, tax in back
        ]
        draft.refunded_at, draft.is_refund_booked = october(refund_day, hour, 12), is_booked
        drafts.append(draft)
    return drafts


def _disputed(baskets: Baskets) -> Draft:
    draft = _sold(baskets, 4, "shopify", [baskets.exact_line(10450)], 495, "DSP-01")
    tax_by_amount(draft, 1055)  # 120.00 in all
    return draft


def authorised(baskets: Baskets) -> list[Draft]:
    """Placed in the last days, not captured when the month ends."""
    drafts = []
    for position, (net, tax) in enumerate(AUTHORISED):
        channel = "woocommerce" if position == 1 else "shopify"
        draft = _sold(baskets, 29 + position, channel, [baskets.exact_line(net)], 0, "TIM-04")
        tax_by_amount(draft, tax)
        draft.tender, draft.shipment = "authorized", "open"
        drafts.append(draft)
    return drafts
