"""The stage of a mishap: an order that is placed, charged and booked as it should be, unless told otherwise.

Money is whole minor units of the world's currency. Scenes follow one another, seven hours each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sandbox.baskets import Draft, DraftLine, DraftRefund, tax_by_rate
from sandbox.book_entries import refund_receipt, sales_receipt
from sandbox.catalogue import GIFT_CARD_SKU
from sandbox.facts import BankLine, BookDocument, Charge, FeePart, Movement, Order, Payout, Refund
from sandbox.numbering import charge_of, number_order, token
from sandbox.people import REGIONS
from sandbox.processing_fees import fee_parts
from sandbox.world import World

FIRST_DAY = datetime(2026, 11, 2, 15, 0, 0, tzinfo=UTC)
HOURS_OF_A_SCENE = timedelta(hours=7)
FEE_ADDED = 25


@dataclass(frozen=True)
class Expected:
    """An amount that must stand under the code, and where: an order's number, else the difference's own reference."""

    reference: str
    amount_minor: int


@dataclass(frozen=True)
class Mishap:
    """happen: makes it so in the world; a later code than `code` may be due elsewhere, this one must be there."""

    code: str
    says: str
    happen: Callable[[Scene], list[Expected]]


class Scene:
    """One mishap's hours in the world."""

    def __init__(self, world: World, code: str) -> None:
        self.world = world
        self.code = code
        self.now = max(FIRST_DAY, world.clock.now())
        # The newest movement of this scene.
        self.moved: Movement | None = None

    def finish(self) -> None:
        """The world's clock is past all that happened."""
        self.world.clock.advance((self.now + HOURS_OF_A_SCENE - self.world.clock.now()).total_seconds())

    def later(self, **spans: int) -> datetime:
        """A moment this long after the scene began."""
        return self.now + timedelta(**spans)

    def draft(
        self, tender: str = "card", channel: str = "shopify", quantity: int = 1, at: datetime | None = None
    ) -> Draft:
        """A basket of one product with shipping and tax, bought by somebody the books know."""
        product = next(each for each in self.world.catalogue if each.title == "Percale Pillowcase")
        draft = Draft(
            at or self.now,
            channel,
            [DraftLine(product.sku, quantity, product.price_minor)],
            shipping=495,
            tender=tender,
        )
        draft.person = next(
            each.person for each in self.world.orders.values() if each.channel == channel and not each.is_b2b
        )
        draft.is_guest = False
        tax_by_rate(draft, REGIONS[0])
        return draft

    def gift_card_line(self, amount_minor: int) -> DraftLine:
        return DraftLine(GIFT_CARD_SKU, 1, amount_minor)

    def place(self, draft: Draft) -> Order:
        """The order stands in the storefront; nobody else knows of it yet."""
        count = sum(1 for order in self.world.orders.values() if order.channel == draft.channel) + 1
        order = number_order(self.world.seed, draft, count, self.world.products)
        self.world.orders[order.number] = order
        return order

    def change(self, order: Order, **columns: object) -> Order:
        """The storefront's own record of the order, different."""
        changed = replace(order, updated_at=max(order.updated_at, self.later(minutes=30)), **columns)  # type: ignore[arg-type]
        self.world.orders[order.number] = changed
        return changed

    def charge(self, order: Order, amount_minor: int | None = None, name: str = "") -> Charge:
        """The processor's charge of the order, or another one beside it, with its movement."""
        charge = charge_of(order) or self._charge_of_nothing(order.number, amount_minor or order.total_minor)
        if name:
            charge = replace(
                charge,
                charge_id=f"{charge.charge_id[:16]}{name}",
                payment_intent_id=f"{charge.payment_intent_id[:16]}{name}",
            )
        if amount_minor is not None:
            charge = replace(charge, amount_minor=amount_minor, is_captured=True)
        self.world.charges.append(charge)
        if charge.is_captured:
            self.move("charge", charge.charge_id, charge.amount_minor, fee_parts(charge.amount_minor), charge=charge)
        return charge

    def lone_charge(self, amount_minor: int) -> Charge:
        """A charge made by hand at the processor: no order knows of it."""
        charge = self._charge_of_nothing(f"PHONE-{self.code}", amount_minor)
        self.world.charges.append(charge)
        self.move("charge", charge.charge_id, amount_minor, fee_parts(amount_minor), charge=charge)
        return charge

    def _charge_of_nothing(self, number: str, amount_minor: int) -> Charge:
        return Charge(
            charge_id=f"ch_3{token(self.world.seed, 'mishap', self.code, number)[:23]}",
            payment_intent_id=f"pi_3{token(self.world.seed, 'mishap', self.code, number)[:23]}",
            order_number=number,
            channel="shopify",
            amount_minor=amount_minor,
            is_captured=True,
            created_at=self.later(minutes=1),
            email=None,
            billing_name="Telephone order",
            card_brand="visa",
            card_last4="4242",
            card_country="US",
        )

    def move(
        self,
        kind: str,
        source_id: str,
        amount_minor: int,
        fees: tuple[FeePart, ...] = (),
        charge: Charge | None = None,
        at: datetime | None = None,
        payout_id: str | None = None,
    ) -> Movement:
        """A movement on the processor's balance."""
        moment = at or self.later(minutes=2)
        movement = Movement(
            movement_id=f"txn_9{token(self.world.seed, self.code, kind, source_id, moment)[:23]}",
            kind=kind,
            amount_minor=amount_minor,
            fee_parts=fees,
            occurred_at=moment,
            available_at=datetime.combine(moment.date() + timedelta(days=1), time(), UTC),
            source_id=source_id,
            charge_id=charge.charge_id if charge else None,
            order_number=charge.order_number if charge else None,
            payout_id=payout_id,
        )
        self.world.movements.append(movement)
        self.moved = movement
        return movement

    def book(
        self, order: Order, change: Callable[[BookDocument], BookDocument] = lambda document: document
    ) -> BookDocument:
        """A person types the order into the books, rightly or as `change` says."""
        return self._type(change(sales_receipt(order, self._zone)))

    def book_refund(self, refund: Refund, order: Order) -> BookDocument:
        return self._type(refund_receipt(refund, order, self._zone))

    def _type(self, document: BookDocument) -> BookDocument:
        typed = replace(document, document_id=7_000_000 + len(self.world.documents.tail))
        self.world.documents.append(typed)
        return typed

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.world.time_zone)

    def sell(self, draft: Draft | None = None) -> Order:
        """Placed, charged and booked: nothing wrong with it yet."""
        order = self.place(draft or self.draft())
        self.charge(order)
        self.book(order)
        return order

    def sell_and_settle(self) -> tuple[Order, Movement]:
        """An order, and what its charge left on the balance."""
        order = self.sell()
        if self.moved is None:
            raise ValueError(f"{order.number} was never charged")
        return order, self.moved

    def charged(self, order: Order) -> Charge:
        """What the processor charged for it."""
        charge = self.world.charges.find(next(leg.charge_id for leg in order.tenders if leg.charge_id) or "")
        if charge is None:
            raise ValueError(f"{order.number} was never charged")
        return charge

    def sell_and_refund(self) -> tuple[Order, Refund, Charge]:
        """An order whose only line comes back whole; the refund is in the storefront and in the books, not at the processor."""
        draft = self.draft()
        line = draft.lines[0]
        draft.refunds, draft.refunded_at = [DraftRefund(0, line.quantity, line.net, line.tax)], self.later(hours=2)
        draft.is_refund_booked = True
        order = self.place(draft)
        charge = self.charge(order)
        self.book(order)
        (refund,) = order.refunds
        self.book_refund(refund, order)
        return order, refund, charge

    def pay_back(self, refund: Refund, charge: Charge, fees: tuple[FeePart, ...] = ()) -> Movement:
        """The processor pays a refund."""
        self.world.refunds.append(refund)
        return self.move("refund", refund.stripe_refund_id, -refund.amount_minor, fees, charge, at=refund.created_at)

    def payout(
        self,
        movements: tuple[Movement, ...],
        fees: tuple[FeePart, ...] = (),
        is_banked: bool = True,
        **columns: object,
    ) -> Payout:
        """These movements go to the bank; the bank has it two days later unless told otherwise."""
        created = self.later(hours=4)
        name = token(self.world.seed, self.code, "payout")[:23]
        payout = Payout(
            payout_id=f"po_9{name}",
            movement_id="",
            amount_minor=sum(each.net_minor for each in movements),
            created_at=created,
            arrival_date=created.date() + timedelta(days=2),
            status="paid",
            reference=f"STRIPE-{name[:12].upper()}",
        )
        payout = replace(payout, **columns)  # type: ignore[arg-type]
        moved = self.move(
            "payout", payout.payout_id, -payout.amount_minor, fees, at=created, payout_id=payout.payout_id
        )
        payout = replace(payout, movement_id=moved.movement_id)
        self.world.payouts.append(payout)
        for movement in movements:
            self.world.movements.replace(replace(movement, payout_id=payout.payout_id))
        if is_banked:
            self.bank_line(payout.amount_minor, payout.reference, payout.arrival_date)
        return payout

    def bank_line(self, amount_minor: int, reference: str, day: date | None = None) -> BankLine:
        on = day or self.now.date()
        line = BankLine(f"BL{on:%Y%m%d}{self.code}", on, on, amount_minor, "ACH CREDIT", reference)
        self.world.bank_lines.append(line)
        return line
