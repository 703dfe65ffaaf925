"""Canonical rows for tests of the finance marts: a small shop, told order by order in cents.

`Story` collects rows; each method adds one thing that happens in a shop. `golden()` is the month of the three totals:
47,000.00 ordered, 43,200.00 at the bank, 44,800.00 of revenue in the books.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

Row = dict[str, Any]
OCTOBER = date(2026, 10, 10)


def noon(day: date) -> datetime:
    """16:00 UTC, the same day in New York."""
    return datetime.combine(day, time(16))


@dataclass
class Story:
    """Rows by noun, in the columns of the canonical unions."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    currency: str = "USD"

    def add(self, noun: str, **row: Any) -> Row:
        """One row, with the columns all of them share."""
        shared = {"platform": "shop", "account_id": "main", "entity_id": "main", "currency_code": self.currency}
        if noun in {"disputes", "processor_balances", "processor_movements", "payouts"}:
            shared["platform"] = "stripe"
        self.rows[noun].append(shared | row)
        return self.rows[noun][-1]

    def order(self, number: str, *lines: tuple[str, int, int, int], day: date = OCTOBER, **columns: Any) -> Row:
        """An order of (line type, gross, discount, tax) lines."""
        made = [
            self.add(
                "order_lines", order_line_id=f"{number}/{place}", order_id=number, line_type=kind, sku=f"sku-{place}", quantity=1,
                gross_minor=gross, discount_minor=discount, net_minor=gross - discount, tax_minor=tax,
            )
            for place, (kind, gross, discount, tax) in enumerate(lines, start=1)
        ]  # fmt: skip
        for line in made:
            if line["tax_minor"]:
                known = {name: line[name] for name in ("order_line_id", "order_id", "line_type", "tax_minor")}
                self.add(
                    "tax_lines", tax_line_id=f"{line['order_line_id']}:1", tax_line_number=1, buyer_place="US", jurisdiction="US",
                    is_compound=False, is_included=False, is_collected_by_marketplace=False, taxable_minor=line["net_minor"], **known,
                )  # fmt: skip
        total = sum(line["net_minor"] + line["tax_minor"] for line in made)
        known = {"channel": "shop", "order_number": number, "is_test": False, "is_b2b": False, "total_minor": total}
        return self.add("orders", order_id=number, placed_at=noon(day), order_date=day, **known | columns)

    def pay(self, number: str, amount: int, tender: str = "card", day: date = OCTOBER, **columns: Any) -> None:
        """A succeeded tender leg; a card names its charge."""
        known = {"payment_type": "sale", "payment_status": "succeeded", "gateway": tender, "processed_at": noon(day)}
        if tender == "card":
            known["processor_reference"] = f"ch_{number}"
        known["order_payment_id"] = f"leg-{len(self.rows['order_payments'])}"
        self.add("order_payments", order_id=number, tender_type=tender, amount_minor=amount, **known | columns)

    def move(
        self,
        kind: str,
        source: str,
        amount: int,
        fee: int = 0,
        payout: str | None = None,
        day: date = OCTOBER,
        **columns: Any,
    ) -> None:
        """A movement on the processor's balance; the fee is for processing unless the movement is a dispute."""
        is_dispute = kind == "dispute"
        known = {
            "movement_id": f"txn_{kind}_{source}", "platform_source_id": source, "movement_type": kind, "amount_minor": amount, "fee_minor": fee,
            "processing_fee_minor": 0 if is_dispute else fee, "dispute_fee_minor": fee if is_dispute else 0, "net_minor": amount - fee,
            "occurred_at": noon(day), "movement_date": day, "payout_id": payout,
        }  # fmt: skip
        if kind == "charge":
            known["charge_reference"] = source
        self.add("processor_movements", **known | columns)

    def sell(
        self,
        number: str,
        *lines: tuple[str, int, int, int],
        fee: int = 0,
        payout: str | None = None,
        day: date = OCTOBER,
    ) -> None:
        """An order paid by card, charged at the processor."""
        total = self.order(number, *lines, day=day)["total_minor"]
        self.pay(number, total, day=day)
        self.move("charge", f"ch_{number}", total, fee, payout, day)

    def payout(self, name: str, amount: int, sent: date, banked: date | None) -> None:
        """An automatic payout, and its bank line when the bank has it."""
        self.move("payout", name, -amount, payout=name, day=sent)
        self.add(
            "payouts", payout_id=name, platform_payout_id=name, payout_status="paid", is_automatic=True, amount_minor=amount,
            created_at=noon(sent), arrival_date=sent + timedelta(days=2), reference=f"trace {name}",
        )  # fmt: skip
        if banked:
            self.add(
                "bank_lines",
                bank_line_id=f"line {name}",
                value_date=banked,
                amount_minor=amount,
                reference=f"trace {name}",
            )

    def refund(self, number: str, nth: int, net: int, tax: int, payout: str | None = None, day: date = OCTOBER) -> None:
        """A refund of the first line, paid by the processor."""
        name = f"{number}-R{nth}"
        known = {"refund_id": name, "order_id": number}
        self.add(
            "refunds", refunded_at=noon(day) + timedelta(minutes=nth), refund_date=day, refund_status="succeeded", tender_type="card",
            amount_minor=net + tax, processor_reference=f"re_{name}", **known,
        )  # fmt: skip
        self.add(
            "refund_lines", refund_line_id=name, order_line_id=f"{number}/1", line_type="product", quantity=1, net_minor=net,
            tax_minor=tax, restock_type="restocked", **known,
        )  # fmt: skip
        self.move("refund", f"re_{name}", -(net + tax), payout=payout, day=day, charge_reference=f"ch_{number}")

    def book(
        self,
        number: str,
        *postings: tuple[str, int],
        day: date = OCTOBER,
        kind: str = "sales_receipt",
        name: str | None = None,
    ) -> None:
        """A document of (account, credit) postings; the rest is debited to clearing."""
        document = name or f"doc {number}"
        self.add(
            "book_documents", document_id=document, platform_document_id=document, document_type=kind, document_number=number,
            document_date=day, total_minor=sum(credit for _, credit in postings), is_deleted=False,
        )  # fmt: skip
        balanced = [*postings, ("1100", -sum(credit for _, credit in postings))]
        for place, (account, credit) in enumerate(balanced, start=1):
            self.add(
                "book_lines",
                book_line_id=f"{document}/{place}",
                document_id=document,
                line_number=place,
                account_number=account,
                signed_minor=-credit,
            )


def golden() -> Story:
    """The month of the three totals, each cause on one order."""
    story = Story()
    september, paid = date(2026, 9, 29), "po_2"
    story.sell("#900", ("product", 82_345, 0, 0), fee=1_000, payout="po_1", day=september)
    story.order("#1", ("product", 28_800, 0, 3_200))
    story.pay("#1", 32_000, payment_type="authorization")
    story.order("#2", ("product", 40_000, 0, 5_000))
    story.pay("#2", 45_000, "gift_card")
    story.order("#3", ("product", 60_000, 0, 0), payment_terms="net_30", is_b2b=True)
    story.sell("#4", ("product", 106_200, 0, 11_800), payout=paid)
    story.refund("#4", 1, 74_200, 8_200, paid, date(2026, 10, 20))
    story.refund("#4", 2, 32_000, 3_600, paid, date(2026, 10, 21))
    story.sell("#5", ("product", 11_000, 0, 1_000), payout=paid)
    story.move("dispute", "dp_5", -12_000, 1_500, paid, date(2026, 10, 22), charge_reference="ch_#5")
    story.add("disputes", dispute_id="dp_5", charge_reference="ch_#5", dispute_status="open", amount_minor=12_000)
    story.sell("#6", ("gift_card", 50_000, 0, 0), payout=paid)
    story.sell("#7", ("product", 2_000_000, 0, 260_000), payout=paid)
    story.sell("#8", ("product", 31_500, 0, 0))
    story.sell("#9", ("product", 27_500, 0, 0), fee=1_150)
    story.sell("#10", ("product", 50_000, 8_650, 0), payout=paid)
    story.sell("#11", ("product", 1_050, 0, 0), ("product", 2_050, 0, 0), ("shipping", 3_050, 0, 0))
    story.sell("#12", ("product", 10_000, 0, 0), ("tip", 12_000, 0, 0), payout=paid)
    story.sell("#13", ("product", 1_664_550, 0, 139_000), ("shipping", 190_950, 0, 0), fee=127_695, payout=paid)
    story.order("#14", ("product", 9_900, 0, 0), is_test=True)
    story.payout("po_1", 81_345, date(2026, 10, 1), date(2026, 10, 5))
    story.payout("po_2", 4_238_655, date(2026, 10, 28), date(2026, 10, 30))
    story.add(
        "processor_balances",
        balance_id="usd",
        available_minor=0,
        pending_minor=64_000,
        as_of_at=noon(date(2026, 11, 1)),
    )
    _book(story, september)
    return story


def _book(story: Story, september: date) -> None:
    story.book("#900", ("4000", 82_345), day=september)
    story.book("#2", ("4000", 40_000), ("2100", 5_000), ("2200", -45_000))
    story.book("#3", ("4000", 60_000), kind="invoice")
    story.book("#4", ("4000", 106_200), ("2100", 11_800))
    story.book("#4-R2", ("4020", -32_000), ("2100", -3_600), day=date(2026, 10, 21), kind="refund_receipt")
    story.book("#5", ("4000", 11_000), ("2100", 1_000))
    story.book("#6", ("4000", 50_000))
    story.book("#7", ("4000", 2_000_000), ("4000", 260_000))
    story.book("#8", ("4000", 31_500))
    story.book("#8", ("4000", 31_500), name="doc #8 again", day=date(2026, 10, 12))
    story.book("#10", ("4000", 50_000))
    story.book("#11", ("4000", 1_100), ("4000", 2_100), ("4030", 3_100))
    story.book("#12", ("4000", 10_000), ("2340", 12_000))
    story.book("#13", ("4000", 1_664_550), ("4030", 190_950), ("2100", 139_000))
