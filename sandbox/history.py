"""Older orders in any number, each derived from the seed and its index when somebody looks at it.

Order i follows one of 997 templates, so sums over a range of orders (a day's payout) come from prefix sums instead of
from a million objects. Two of three are Shopify's, all are paid by card, shipped, delivered, paid out and booked
correctly, and all lie between October 2024 and July 2026: the golden months never change with `--orders`.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from sandbox.baskets import Baskets, Draft, tax_by_rate
from sandbox.book_entries import sales_receipt
from sandbox.facts import (
    BankLine,
    BookDocument,
    Charge,
    Movement,
    Order,
    Parcel,
    ParcelLine,
    Payout,
    Person,
    Product,
    Tender,
)
from sandbox.numbering import charge_of, number_orders, token
from sandbox.people import REGIONS, generic_person
from sandbox.processing_fees import fee_parts, standard_fee
from sandbox.processor_flow import bank_line, make_payout, payout_movement

FIRST = datetime(2024, 10, 1, 12, tzinfo=UTC)
LAST = datetime(2026, 7, 24, tzinfo=UTC)
TEMPLATES = 997
SHOPIFY_NUMBERS, WOO_NUMBERS = 10_000_001, 3_000_001
_FIRST_DAY = FIRST.date()


class History:
    """`count` older orders and everything that follows from them."""

    def __init__(self, seed: int, count: int, catalogue: Sequence[Product], zone: ZoneInfo) -> None:
        self.seed, self.count, self._zone = seed, max(0, count), zone
        self._products = {product.sku: product for product in catalogue}
        self._span = int((LAST - FIRST).total_seconds())
        self.buyers = max(1, self.count // 3)
        self._catalogue = catalogue

    @cached_property
    def _templates(self) -> list[Order]:
        """Orders without identity; made once, and only if there is history at all."""
        rng = random.Random(f"{self.seed}:history")
        baskets = Baskets(rng, self._catalogue)
        person = generic_person(self.seed, 1)
        drafts = []
        for position in range(TEMPLATES):
            lines = (
                baskets.discounted(rng.randint(2500, 17_000), 10)
                if position % 5 == 0
                else baskets.about(rng.randint(2500, 17_000))
            )
            draft = Draft(FIRST, "shopify", lines, shipping=rng.choice((0, 495, 695)), person=person, is_guest=False)
            draft.discount_code = "AUTUMN10"
            tax_by_rate(draft, rng.choice(REGIONS))
            drafts.append(draft)
        return list(number_orders(self.seed, drafts, self._products).values())

    @cached_property
    def _net_sums(self) -> list[int]:
        """Prefix sums of what a template's charge leaves after the fee."""
        sums = [0]
        for order in self._templates:
            sums.append(sums[-1] + order.total_minor - standard_fee(order.total_minor))
        return sums

    def _net(self, count: int) -> int:
        """Net of the first `count` charges."""
        rounds, rest = divmod(count, TEMPLATES)
        return rounds * self._net_sums[-1] + self._net_sums[rest]

    # --- orders ---

    def placed_at(self, index: int) -> datetime:
        return FIRST + timedelta(seconds=index * self._span // max(1, self.count))

    def _before(self, moment: datetime) -> int:
        """How many orders were placed before the moment."""
        return bisect_left(range(self.count), moment, key=self.placed_at)

    def channel_count(self, channel: str) -> int:
        """Every third order, the third one, is WooCommerce's."""
        woo = self.count // 3
        return woo if channel == "woocommerce" else self.count - woo

    def channel_index(self, channel: str, position: int) -> int:
        """Index of the position-th order of a channel."""
        return position * 3 + 2 if channel == "woocommerce" else position // 2 * 3 + position % 2

    def index_of(self, number: str) -> int | None:
        """Index of an order number of history, or None."""
        is_woo = number.startswith("W-")
        digits = number.removeprefix("W-").removeprefix("#")
        if not digits.isdigit():
            return None
        channel = "woocommerce" if is_woo else "shopify"
        position = int(digits) - (WOO_NUMBERS if is_woo else SHOPIFY_NUMBERS)
        return self.channel_index(channel, position) if 0 <= position < self.channel_count(channel) else None

    def order_by_number(self, number: str) -> Order | None:
        index = self.index_of(number)
        return None if index is None else self.order(index)

    def buyer(self, key: int) -> Person:
        return generic_person(self.seed, 100_000 + key)

    def order(self, index: int) -> Order:
        """The index-th order, oldest first."""
        round_of_three, place = divmod(index, 3)
        is_woo = place == 2
        position = round_of_three if is_woo else round_of_three * 2 + place
        template = self._templates[index % TEMPLATES]
        person = self.buyer(index * 7919 % self.buyers)
        placed = self.placed_at(index)
        platform_id = (WOO_NUMBERS if is_woo else 5_000_000_000) + position
        base = platform_id * 10
        paid = placed + timedelta(seconds=3)
        total = template.total_minor
        leg = Tender(
            base + 2,
            "sale",
            "card",
            "stripe",
            total,
            paid,
            f"ch_3H{index:010d}{'x' * 12}",
            f"pi_3H{index:010d}{'x' * 12}",
        )
        return replace(
            template,
            number=f"W-{WOO_NUMBERS + position}" if is_woo else f"#{SHOPIFY_NUMBERS + position}",
            channel="woocommerce" if is_woo else "shopify",
            platform_id=platform_id,
            placed_at=placed,
            updated_at=placed + timedelta(days=4),
            lines=tuple(replace(line, line_id=base + at) for at, line in enumerate(template.lines, start=1)),
            shipping=tuple(replace(ship, line_id=base + 9) for ship in template.shipping),
            tenders=(leg,),
            person=person,
            email=person.email,
            address=person.address,
        )

    # --- what follows from an order ---

    def charge(self, index: int) -> Charge:
        made = charge_of(self.order(index))
        if made is None:
            raise ValueError(f"order {index} of history was not paid by card")
        return made

    def parcel(self, index: int) -> Parcel:
        order = self.order(index)
        shipped = order.placed_at + timedelta(days=1)
        return Parcel(
            parcel_id=100_000_000 + index,
            order_number=order.number,
            lines=tuple(ParcelLine(line.line_id, line.sku, line.quantity) for line in order.lines),
            location_id="reno" if index % 3 == 0 else "newark",
            carrier="ups",
            service="ups_ground",
            tracking_number=f"1Z999AA2{index:010d}",
            created_at=shipped - timedelta(minutes=45),
            shipped_at=shipped,
            delivered_at=shipped + timedelta(days=3),
            voided_at=None,
            status="delivered",
            cost_minor=780,
            weight_grams=700,
            is_known_to_storefront=True,
            storefront_fulfilment_id=4_100_000_000 + index,
        )

    def document(self, index: int) -> BookDocument:
        return replace(sales_receipt(self.order(index), self._zone), document_id=1_000_001 + index)

    # --- payouts: one per day that had charges, made the day after ---

    @cached_property
    def _days(self) -> list[tuple[int, int, int]]:
        """(day number, first order, one past the last) of each day with orders."""
        if not self.count:
            return []
        days, first = [], 0
        for day in range((LAST - FIRST).days + 2):
            until = self._before(datetime.combine(_FIRST_DAY, time(), UTC) + timedelta(days=day + 1))
            if until > first:
                days.append((day, first, until))
            first = until
        return days

    @property
    def payout_count(self) -> int:
        return len(self._days)

    def payout(self, position: int) -> Payout:
        day, first, until = self._days[position]
        created = datetime.combine(_FIRST_DAY, time(17), UTC) + timedelta(days=day + 1)
        identity = f"H{position:05d}{token(self.seed, 'payout', position)[:17]}"
        return make_payout(identity, self._net(until) - self._net(first), created)

    def bank_line(self, position: int) -> BankLine:
        return bank_line(self.payout(position))

    # --- the balance: charges and payouts in one order of time ---

    @cached_property
    def _payout_places(self) -> list[int]:
        """Where each payout's own row stands among the movements."""
        return [
            self._before(datetime.combine(_FIRST_DAY, time(17), UTC) + timedelta(days=day + 1) - timedelta(seconds=3))
            + place
            for place, (day, _, _) in enumerate(self._days)
        ]

    @property
    def movement_count(self) -> int:
        return self.count + self.payout_count

    def movement(self, place: int) -> Movement:
        """The place-th movement of the balance, oldest first."""
        payouts = bisect_left(self._payout_places, place)
        if payouts < len(self._payout_places) and self._payout_places[payouts] == place:
            return payout_movement(self.payout(payouts))
        return self.charge_movement(place - payouts)

    def charge_movement(self, index: int) -> Movement:
        charge = self.charge(index)
        position = bisect_right(self._days, index, key=lambda day: day[1]) - 1
        created = charge.created_at
        return Movement(
            movement_id=f"txn_3H{index:010d}{'x' * 11}",
            kind="charge",
            amount_minor=charge.amount_minor,
            fee_parts=fee_parts(charge.amount_minor),
            occurred_at=created,
            available_at=datetime.combine(created.date() + timedelta(days=1), time(), UTC),
            source_id=charge.charge_id,
            charge_id=charge.charge_id,
            order_number=charge.order_number,
            payout_id=self.payout(position).payout_id,
        )

    def movement_place(self, movement_id: str) -> int | None:
        """Where a movement id of history stands."""
        if movement_id.startswith("txn_3H") and movement_id[6:16].isdigit():
            index = int(movement_id[6:16])
            places = self._payout_places
            payouts = bisect_right([place - at for at, place in enumerate(places)], index)
            return index + payouts if index < self.count else None
        if movement_id.startswith("txn_1pH") or movement_id.startswith("txn_1p"):
            digits = movement_id[6:11]
            return self._payout_places[int(digits)] if digits.isdigit() and int(digits) < self.payout_count else None
        return None

    def movements_of_payout(self, position: int) -> Iterator[Movement]:
        """The charges of a payout and its own row."""
        _, first, until = self._days[position]
        for index in range(first, until):
            yield self.charge_movement(index)
        yield payout_movement(self.payout(position))
