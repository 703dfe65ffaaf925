"""A shop that earns when goods leave: what was paid for in October and sent in November, in parts, never, given back before or after.

Told in canonical rows of one company; `rows()` lets read-back books stand beside them.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from tests.transform.tax_worlds import Row, TaxWorld

DE, FR = 190_000, 200_000
EARLY, PAID, LATE = date(2026, 10, 2), date(2026, 10, 10), date(2026, 10, 28)
NEXT, SENT, AFTER = date(2026, 11, 3), date(2026, 11, 5), date(2026, 11, 12)
ON_PAYMENT: Row = {"entity_id": "*", "tax_due": "on_payment"}
ON_FULFILMENT: Row = {"entity_id": "*", "tax_due": "on_fulfilment"}
WAITS: Row = {"entity_id": "*", "channel": "*", "sku": "*", "policy": "on_fulfilment"}


class DeferredShop(TaxWorld):
    """Orders that are paid, sent and given back on days of their own."""

    def __init__(self, entity: str, currency: str) -> None:
        super().__init__(entity, currency)
        self.payments = 0
        for noun in ("processor_movements", "parcels"):
            self.tables[f"can_{noun}"] = []

    def pay(self, number: str, day: date, amount: int, tender: str = "card", fee: int = 0) -> None:
        """A payment in place of the one the order was told with, or beside another of ours."""
        kept = self.tables["can_order_payments"]
        self.tables["can_order_payments"] = [row for row in kept if row["order_payment_id"] != number]
        self.payments += 1
        name = f"{number}-{self.payments}"
        at = datetime.combine(day, time(12))
        known = {"order_id": number, "payment_type": "sale", "payment_status": "succeeded", "tender_type": tender}
        self._add("order_payments", order_payment_id=name, amount_minor=amount, processed_at=at, processor_reference=f"ch_{name}" if tender == "card" else None, **known)  # fmt: skip
        if tender == "card":
            self._move(f"ch_{name}", "charge", day, amount, fee)

    def _move(self, name: str, kind: str, day: date, amount: int, fee: int = 0) -> None:
        self._add(
            "processor_movements", movement_id=f"m_{name}", platform_movement_id=f"m_{name}", platform_source_id=name, movement_type=kind,
            amount_minor=amount, fee_minor=fee, processing_fee_minor=fee, dispute_fee_minor=0, net_minor=amount - fee,
            occurred_at=datetime.combine(day, time(12)), movement_date=day, charge_reference=name,
        )  # fmt: skip

    def send(self, number: str, *days: date, is_whole: bool = True) -> None:
        """A parcel on each of these days; the whole order has left with the last one."""
        self.order(number)["order_fulfilment_status"] = "fulfilled" if is_whole else "partial"
        for nth, day in enumerate(days):
            self._add("parcels", parcel_id=f"{number}/{nth}", order_id=number, shipment_status="in_transit", shipped_at=datetime.combine(day, time(12)))  # fmt: skip

    def send_back(self, number: str, day: date, *lines: tuple[int, int, int]) -> None:
        """A refund by card of (line, net, tax)."""
        name = f"{number}-R{len(self.tables['can_refunds']) + 1}"
        amount = sum(net + tax for _, net, tax in lines)
        at = datetime.combine(day, time(12))
        self._add("refunds", refund_id=name, order_id=number, refunded_at=at, refund_date=day, refund_status="succeeded", tender_type="card", amount_minor=amount, processor_reference=f"re_{name}")  # fmt: skip
        for line, net, tax in lines:
            self._add("refund_lines", refund_line_id=f"{name}/{line}", refund_id=name, order_id=number, order_line_id=f"{number}/{line}", line_type="product", quantity=1, net_minor=net, tax_minor=tax)  # fmt: skip
        self._move(f"re_{name}", "refund", day, -amount)


def told(entity: str, currency: str) -> DeferredShop:
    """Every way goods and their money can part."""
    shop = DeferredShop(entity, currency)
    for number in ("sent", "in parts", "called off", "back before", "back after", "waits", "by gift card", "two rates"):
        shop.sell(number, 10_000, (DE, 1_900), day=EARLY)
        if number.startswith("back") or number == "in parts":
            shop.sell(number, 4_000, (DE, 760))
    shop.tables["can_order_lines"][0] |= {"gross_minor": 11_000, "discount_minor": 1_000}
    shop.sell("two rates", 3_000, (FR, 600), taxed_in="FR").sell("two rates", 500, line_type="shipping")
    shop.pay("sent", PAID, 11_900, fee=345)
    shop.send("sent", SENT)
    shop.pay("in parts", PAID, 10_000, fee=300)
    shop.pay("in parts", NEXT, 6_660, tender="gift_card")
    shop.send("in parts", LATE, SENT)
    shop.pay("called off", PAID, 11_900, fee=345)
    shop.send_back("called off", NEXT, (1, 10_000, 1_900))
    for number, day in (("back before", LATE), ("back after", AFTER)):
        shop.pay(number, PAID, 16_660, fee=400)
        shop.send_back(number, day, (2, 4_000, 760))
        shop.send(number, SENT)
    shop.pay("waits", LATE, 11_900)
    shop.send("waits", SENT, is_whole=False)
    shop.pay("by gift card", PAID, 11_900, tender="gift_card")
    shop.send("by gift card", AFTER)
    # The rest is paid as it leaves; the bookings of both taxes are split over the payments.
    shop.pay("two rates", LATE, 6_001)
    shop.pay("two rates", AFTER, 9_999, fee=299)
    shop.send("two rates", AFTER)
    shop.sell("at once", 2_000, (DE, 380), day=AFTER)
    shop.pay("at once", AFTER, 2_380, fee=99)
    shop.send("at once", AFTER)
    return shop


def seeded(rows: Any, *policies: Row, tax_due: Row = ON_PAYMENT) -> Any:
    """The seeds such a company has: revenue waits, and per order or per day."""
    rows.seed("recognition_policies", WAITS).seed("advance_tax_policies", tax_due)
    return rows.seed("book_policies", *policies) if policies else rows
