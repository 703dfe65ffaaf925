"""Random shops for property tests of the finance marts: what happens is drawn, what follows from it is worked out.

A world is a list of `Happening`s per entity. Every world keeps to what platforms guarantee (an order's total is its
lines, an automatic payout is the net of its movements, the balance is what is left), and to nothing else: orders go
unpaid, refunds happen on one side only, people book what they like.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.transform.finance_rows import Row, Story

FIRST = date(2026, 9, 14)
DAYS = 75
PAYOUT_EVERY = 12

TENDERS = (
    "card",
    "card",
    "card",
    "gift_card",
    "manual",
    "store_credit",
    "terms",
    "authorised",
    "split",
    "short",
    "over",
)
REFUNDS = (None, None, "both", "processor only", "storefront only", "pending", "in full")
DISPUTES = (None, None, None, "open", "won", "lost")
BOOKINGS = (
    "right",
    "right",
    None,
    "twice",
    "with the tax",
    "without the discount",
    "rounded",
    "later",
    "deleted",
    "wrong",
)
LONELY = (None, None, "charge", "bank line", "journal", "test order", "charged twice")


@dataclass(frozen=True)
class Happening:
    """One order and what became of it."""

    day: int
    product: int
    discount: int
    tax: int
    shipping: int
    tip: int
    gift_card: int
    fee: int
    tender: str
    refund: str | None
    dispute: str | None
    booking: str | None
    lonely: str | None
    wait: int


# What each field may be; a range for numbers, else the words, more often the more often they stand there.
CHOICES: dict[str, Sequence[Any]] = {
    "day": range(DAYS - 20),
    "product": range(1, 50_001),
    "discount": (0, 0, 1, 350),
    "tax": (0, 7, 1_900),
    "shipping": (0, 495),
    "tip": (0, 0, 300),
    "gift_card": (0, 0, 0, 5_000),
    "fee": (0, 31, 177),
    "tender": TENDERS,
    "refund": REFUNDS,
    "dispute": DISPUTES,
    "booking": BOOKINGS,
    "lonely": LONELY,
    "wait": (0, 0, 1, 30),
}


def happenings(rng: random.Random, count: int) -> list[Happening]:
    """So many at random, the same for the same generator."""
    return [Happening(**{name: rng.choice(choice) for name, choice in CHOICES.items()}) for _ in range(count)]


class Shop(Story):
    """The story of one entity; order numbers are the same in every shop, ids are not."""

    def __init__(self, entity: str, currency: str = "USD") -> None:
        super().__init__(currency=currency)
        self.entity = entity

    def add(self, noun: str, **row: Any) -> Row:
        return super().add(noun, **{"entity_id": self.entity, "account_id": self.entity, **row})

    def pay(self, number: str, amount: int, tender: str = "card", day: date = FIRST, **columns: Any) -> None:
        leg = f"{number} leg {len(self.rows['order_payments'])}"
        super().pay(number, amount, tender, day, **{"order_payment_id": leg, **columns})

    def tell(self, happenings: Sequence[Happening]) -> Shop:
        """All of it in order, then the payouts, the bank and the balance that follow."""
        for nth, happening in enumerate(happenings, start=1):
            self._happen(f"{self.entity}#{nth}", nth, happening)
        self._pay_out()
        return self

    def _happen(self, number: str, nth: int, told: Happening) -> None:
        day = FIRST + timedelta(days=told.day)
        discount = min(told.discount, told.product)
        lines = [
            ("product", told.product, discount, told.tax),
            *[(kind, amount, 0, 0) for kind, amount in (("shipping", told.shipping), ("tip", told.tip), ("gift_card", told.gift_card)) if amount],
        ]  # fmt: skip
        terms = {"payment_terms": "net_30", "is_b2b": True} if told.tender == "terms" else {}
        total = self.order(number, *lines, day=day, order_number=f"#{nth}", **terms)["total_minor"]
        paid_on = day + timedelta(days=told.wait)
        charged = self._take(number, total, told, paid_on)
        if charged and told.refund:
            self._give_back(number, told, paid_on + timedelta(days=2))
        if charged and told.dispute:
            self._dispute(number, charged, told.dispute, paid_on + timedelta(days=4))
        self._write_down(number, nth, lines, told, paid_on if told.tender != "terms" else day)
        self._besides(number, nth, told, day)

    def _take(self, number: str, total: int, told: Happening, day: date) -> int:
        """What the processor charged, 0 if nothing."""
        legs = {
            "card": {"card": total},
            "gift_card": {"gift_card": total},
            "manual": {"manual": total},
            "store_credit": {"store_credit": total},
            "split": {"gift_card": total // 3, "card": total - total // 3},
            "short": {"card": max(total - 5, 1)},
            "over": {"manual": total + 5},
        }.get(told.tender, {})
        if told.tender == "authorised":
            self.pay(number, total, payment_type="authorization", day=day)
        for tender, amount in legs.items():
            if amount:
                self.pay(number, amount, tender, day=day)
        charged = legs.get("card", 0)
        if charged:
            self.move("charge", f"ch_{number}", charged, min(told.fee, charged), day=day)
        return charged

    def _give_back(self, number: str, told: Happening, day: date) -> None:
        net, tax = (
            (told.product - min(told.discount, told.product), told.tax)
            if told.refund == "in full"
            else (told.product // 4, told.tax // 4)
        )
        if not net + tax:
            return
        self.refund(number, 1, net, tax, day=day)
        if told.refund in ("storefront only", "pending"):
            self.rows["processor_movements"].pop()
        if told.refund == "pending":
            self.rows["refunds"][-1]["refund_status"] = "pending"
        if told.refund == "processor only":
            self.rows["refunds"].pop()
            self.rows["refund_lines"].pop()

    def _dispute(self, number: str, amount: int, outcome: str, day: date) -> None:
        self.move("dispute", f"dp_{number}", -amount, 1_500, day=day, charge_reference=f"ch_{number}")
        status = {"open": "open"}.get(outcome, outcome)
        self.add(
            "disputes",
            dispute_id=f"dp_{number}",
            charge_reference=f"ch_{number}",
            dispute_status=status,
            amount_minor=amount,
        )
        if outcome == "won":
            self.move(
                "dispute_reversal", f"du_{number}", amount, day=day + timedelta(days=6), charge_reference=f"ch_{number}"
            )

    def _write_down(
        self, number: str, nth: int, lines: Sequence[tuple[str, int, int, int]], told: Happening, day: date
    ) -> None:
        """A person books it, in one of the ways people do."""
        if told.booking is None:
            return
        accounts = {"product": "4000", "shipping": "4030", "tip": "2340", "gift_card": "2200"}
        postings = [(accounts[kind], gross - discount) for kind, gross, discount, _ in lines]
        tax = sum(line[3] for line in lines)
        if told.booking == "with the tax":
            postings[0] = ("4000", postings[0][1] + tax)
        elif tax:
            postings.append(("2100", tax))
        if told.booking == "without the discount":
            postings[0] = ("4000", postings[0][1] + lines[0][2])
        if told.booking in ("rounded", "wrong"):
            amount = postings[0][1]
            postings[0] = ("4000", round(amount, -2) if told.booking == "rounded" else amount + 1_234)
        later = timedelta(days=31) if told.booking == "later" else timedelta()
        kind = "invoice" if told.tender == "terms" else "sales_receipt"
        self.book(f"#{nth}", *postings, day=day + later, kind=kind, name=f"doc {number}")
        self.rows["book_documents"][-1]["is_deleted"] = told.booking == "deleted"
        if told.booking == "twice":
            self.book(f"#{nth}", *postings, day=day, kind=kind, name=f"doc {number} again")

    def _besides(self, number: str, nth: int, told: Happening, day: date) -> None:
        """What belongs to no order, or to one that is not real."""
        if told.lonely == "charge":
            self.move("charge", f"ch_{number}_phone", told.product, day=day)
        elif told.lonely == "charged twice" and told.tender == "card":
            self.move("charge", f"ch_{number}_again", told.product, day=day, order_reference=f"#{nth}")
        elif told.lonely == "bank line":
            self.add(
                "bank_lines",
                bank_line_id=f"{number} wire",
                value_date=day,
                amount_minor=told.product,
                reference=f"wire {number}",
            )
        elif told.lonely == "journal":
            self.book(f"JE-{nth}", ("4000", told.product), day=day, kind="journal_entry", name=f"doc {number} by hand")
        elif told.lonely == "test order":
            test = f"{number}-test"
            self.order(test, ("product", told.product, 0, 0), day=day, is_test=True, order_number=f"#{nth}-test")

    def _pay_out(self) -> None:
        """Every twelve days what has come in and covers itself goes to the bank; the balance is what is left."""
        waiting = sorted(self.rows["processor_movements"], key=lambda row: (row["movement_date"], row["movement_id"]))
        end = FIRST + timedelta(days=DAYS)
        sent = FIRST + timedelta(days=PAYOUT_EVERY)
        while sent < end:
            due = [row for row in waiting if row["movement_date"] < sent]
            amount = sum(row["net_minor"] for row in due)
            if amount > 0:
                name = f"po {self.entity} {sent}"
                for row in due:
                    row["payout_id"] = name
                waiting = [row for row in waiting if row["payout_id"] is None]
                banked = sent + timedelta(days=3)
                self.payout(name, amount, sent, banked if banked < end else None)
            sent += timedelta(days=PAYOUT_EVERY)
        left = sum(row["net_minor"] for row in self.rows["processor_movements"])
        self.add("processor_balances", balance_id=f"{self.entity} balance", available_minor=0, pending_minor=left)


def together(shops: Sequence[Shop]) -> dict[str, list[Row]]:
    """The rows of several shops in one warehouse, by canonical table."""
    tables: dict[str, list[Row]] = {}
    for shop in shops:
        for noun, rows in shop.rows.items():
            tables.setdefault(f"can_{noun}", []).extend(rows)
    return tables
