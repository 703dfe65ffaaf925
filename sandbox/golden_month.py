"""October 2026 filled up to its totals, and the two quieter months before it.

Ordinary orders are drawn at random and steered: what one basket misses of its share, the next one makes up, so that a
single balancing order at the end closes the month to the cent with an unremarkable amount.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sandbox.baskets import Baskets, Draft, DraftRefund, tax_by_amount, tax_by_rate
from sandbox.facts import Product
from sandbox.golden_causes import authorised, causes, october
from sandbox.people import REGIONS
from sandbox.processing_fees import standard_fee

# What October's orders add up to, both shops together, in cents.
PRODUCTS, SHIPPING, TAX, GIFT_CARDS, TIPS = 4_024_000, 194_000, 420_000, 50_000, 12_000
CLOSING_BALANCE, OPENING_BALANCE = 64_000, 81_345
OCTOBER_ORDERS, EARLIER_ORDERS = 419, 80  # the test order makes it five hundred
SHIPPING_RATES = (0, 495, 695, 995)
# Refunds the processor takes after October's last payout; they lower the closing balance.
REFUNDED_IN_TAIL = 9433 + 7072
# The last payouts of September and October take what was charged before these moments (UTC).
SEPTEMBER_TAIL = datetime(2026, 9, 28, tzinfo=UTC)
OCTOBER_TAIL = datetime(2026, 10, 29, tzinfo=UTC)
TIPPED = (200, 300, 500, 500, 1000, 250, 750, 500, 400, 600, 1000, 500, 300, 200, 1500, 500, 800, 1200, 500, 500)


def written_drafts(seed: int, catalogue: Sequence[Product]) -> list[Draft]:
    """Every written order, unnumbered and without a buyer, in order of time."""
    baskets = Baskets(random.Random(f"{seed}:october"), catalogue)
    special = causes(baskets)
    tail = [*_october_tail(baskets), *authorised(baskets)]
    ordinary = _ordinary_october(baskets, special + tail)
    drafts = [*special, *tail, *ordinary, _test_order(baskets)]
    earlier = Baskets(random.Random(f"{seed}:earlier"), catalogue)
    drafts += [*_earlier(earlier), *_september_tail(earlier)]
    return sorted(drafts, key=lambda draft: (draft.placed_at, draft.channel, draft.total))


def _channel(rng: random.Random) -> str:
    return rng.choices(("shopify", "woocommerce"), weights=(7, 3))[0]


def _moment(rng: random.Random, first: datetime, last: datetime) -> datetime:
    """A second between the two, by day rather than by night (in the shop's zone)."""
    span = int((last - first).total_seconds())
    while True:
        moment = first + timedelta(seconds=rng.randint(0, span))
        if (moment.hour - 4) % 24 >= 7 or rng.random() < 0.15:
            return moment


def _basket(baskets: Baskets, moment: datetime, target: int, channel: str | None = None) -> Draft:
    """An ordinary basket of about the target."""
    rng = baskets.rng
    code, percent = rng.choices((("", 0), ("AUTUMN10", 10), ("WELCOME15", 15)), weights=(74, 18, 8))[0]
    lines = baskets.discounted(target, percent) if percent else baskets.about(target)
    return Draft(moment, channel or _channel(rng), lines, discount_code=code or None)


def _october_tail(baskets: Baskets, count: int = 8) -> list[Draft]:
    """Charges after the last payout's cut; with two late refunds they leave 640.00 at the processor."""
    drafts = []
    for position in range(count - 1):
        moment = _moment(baskets.rng, OCTOBER_TAIL + timedelta(minutes=30), october(31, 22))
        if position == 0:  # Still October at the shop, already November in UTC.
            moment = datetime(2026, 11, 1, 3, 41, 27, tzinfo=UTC)
        draft = _basket(baskets, moment, baskets.rng.randint(5500, 9500))
        draft.shipping = baskets.rng.choice((0, 495, 695))
        tax_by_rate(draft, baskets.rng.choice(REGIONS))
        draft.shipment = "open"
        drafts.append(draft)
    rest = CLOSING_BALANCE + REFUNDED_IN_TAIL - sum(draft.charged - standard_fee(draft.charged) for draft in drafts)
    drafts.append(_netting(baskets, october(30, 19, 5), rest))
    return drafts


def _september_tail(baskets: Baskets, count: int = 7) -> list[Draft]:
    """September's charges that October's first payout brings: 813.45 after fees."""
    drafts = []
    for position in range(count - 1):
        moment = _moment(
            baskets.rng, SEPTEMBER_TAIL + timedelta(minutes=30), SEPTEMBER_TAIL + timedelta(days=2, hours=20)
        )
        if position == 0:  # Still September at the shop, already October in UTC.
            moment = datetime(2026, 10, 1, 3, 22, 9, tzinfo=UTC)
        draft = _basket(baskets, moment, baskets.rng.randint(7000, 10500))
        draft.shipping = 495
        tax_by_rate(draft, baskets.rng.choice(REGIONS))
        drafts.append(draft)
    rest = OPENING_BALANCE - sum(draft.charged - standard_fee(draft.charged) for draft in drafts)
    drafts.append(_netting(baskets, datetime(2026, 9, 29, 17, 48, 30, tzinfo=UTC), rest))
    return drafts


def _netting(baskets: Baskets, moment: datetime, net_of_fee: int) -> Draft:
    """An order whose charge leaves exactly this after the fee; about a tenth of it is tax."""
    total = net_of_fee
    while total - standard_fee(total) < net_of_fee:
        total += 1
    shipping = 495
    product = (total - shipping) * 1000 // 1101
    draft = Draft(moment, "shopify", [baskets.exact_line(product)], shipping=shipping, discount_code="THANKYOU")
    tax_by_amount(draft, total - shipping - product)
    draft.shipment = "open" if moment >= OCTOBER_TAIL else "shipped"
    return draft


def _ordinary_october(baskets: Baskets, others: Sequence[Draft]) -> list[Draft]:
    """As many ordinary orders as are missing, whose products, shipping and tax close the month."""
    rng = baskets.rng
    product_left = PRODUCTS - sum(draft.product_net for draft in others)
    shipping_left = SHIPPING - sum(draft.shipping for draft in others)
    tax_left = TAX - sum(draft.tax for draft in others)
    count = OCTOBER_ORDERS - len(others)
    weights = [rng.lognormvariate(0, 0.5) for _ in range(count - 1)]
    moments = [_moment(rng, october(1, 4, 20), OCTOBER_TAIL - timedelta(minutes=30)) for _ in range(count)]
    moments[1] = moments[0] + timedelta(minutes=35)  # A split checkout: the same buyer forgot something.
    drafts: list[Draft] = []
    for position, weight in enumerate(weights):
        target = int((product_left - 15_000) * weight / sum(weights[position:]))
        channel = "shopify" if position < 2 else None
        draft = _basket(baskets, moments[position], max(800, target), channel)
        draft.shipping = _steered_shipping(rng, shipping_left // (count - position), draft.product_net)
        base = draft.product_net + draft.shipping
        _steer_tax(rng, draft, tax_left * 1_000_000 // (product_left + shipping_left))
        product_left, tax_left = product_left - draft.product_net, tax_left - draft.tax
        shipping_left -= base - draft.product_net
        drafts.append(draft)
    last = Draft(
        moments[-1], "shopify", [baskets.exact_line(product_left)], discount_code="THANKYOU", shipping=shipping_left
    )
    tax_by_amount(last, tax_left)
    drafts.append(last)
    for draft, tip in zip([draft for draft in drafts if draft.channel == "shopify"][2:], TIPPED, strict=False):
        draft.tip = tip
    return drafts


def _steered_shipping(rng: random.Random, mean: int, product_net: int) -> int:
    """Free for big baskets; otherwise one of the two rates around the mean still wanted, in proportion."""
    if product_net >= 18_000:
        return 0
    below = max((rate for rate in SHIPPING_RATES if rate <= mean), default=SHIPPING_RATES[0])
    above = min((rate for rate in SHIPPING_RATES if rate > mean), default=SHIPPING_RATES[-1])
    return above if rng.random() * max(1, above - below) < mean - below else below


def _steer_tax(rng: random.Random, draft: Draft, wanted_ppm: int) -> None:
    """One of the regions whose rate is nearest to the mean still wanted."""
    near = sorted(REGIONS, key=lambda region: (abs(region.rate_ppm - wanted_ppm), region.code))
    tax_by_rate(draft, rng.choice(near[: 3 if rng.random() < 0.5 else 6]))


def _earlier(baskets: Baskets) -> list[Draft]:
    """August and September: one order cancelled before capture, two refunds, otherwise uneventful."""
    first, last = datetime(2026, 8, 3, 13, tzinfo=UTC), SEPTEMBER_TAIL - timedelta(hours=2)
    drafts = []
    for position in range(EARLIER_ORDERS - 7):
        draft = _basket(baskets, _moment(baskets.rng, first, last), baskets.rng.randint(3000, 16000))
        draft.shipping = baskets.rng.choice(SHIPPING_RATES[:3])
        tax_by_rate(draft, baskets.rng.choice(REGIONS))
        if position == 5:
            draft.placed_at = datetime(2026, 8, 19, 15, 2, 44, tzinfo=UTC)
            draft.tender, draft.shipment, draft.channel = "voided", "open", "shopify"
        elif position in (11, 23):
            line = draft.lines[0]
            draft.placed_at = datetime(2026, 9, 2 + position // 11, 18, 20, 5, tzinfo=UTC)
            draft.refunds = [DraftRefund(0, line.quantity, line.net, line.tax)]
            draft.refunded_at = draft.placed_at + timedelta(days=6, hours=3)
        drafts.append(draft)
    return drafts


def _test_order(baskets: Baskets) -> Draft:
    """Somebody tried the checkout with the bogus gateway; it must count nowhere."""
    draft = Draft(
        october(21, 14, 9), "shopify", [baskets.named("Canvas Tote")], shipping=495, tender="test", shipment="open"
    )
    tax_by_rate(draft, REGIONS[0])
    return draft
