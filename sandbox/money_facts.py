"""Facts of money outside the shop: the processor's balance, payouts, the bank, and the books as people typed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sandbox.order_facts import Story


@dataclass(frozen=True, slots=True)
class Charge:
    """The processor's charge of one order. An uncaptured one has no movement."""

    charge_id: str
    payment_intent_id: str
    order_number: str
    channel: str
    amount_minor: int
    is_captured: bool
    created_at: datetime
    email: str | None
    billing_name: str
    card_brand: str
    card_last4: str
    card_country: str
    refunded_minor: int = 0
    is_disputed: bool = False
    is_voided: bool = False


@dataclass(frozen=True, slots=True)
class FeePart:
    """type: stripe_fee (processing, conversion) or dispute_fee."""

    type: str
    description: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of the processor's balance; amount is signed, fee a cost.

    kind: charge | refund | refund_failure | dispute | dispute_reversal | payout | payout_failure | fee | reserve | contribution.
    """

    movement_id: str
    kind: str
    amount_minor: int
    fee_parts: tuple[FeePart, ...]
    occurred_at: datetime
    available_at: datetime
    source_id: str
    charge_id: str | None
    order_number: str | None
    payout_id: str | None

    @property
    def fee_minor(self) -> int:
        return sum(part.amount_minor for part in self.fee_parts)

    @property
    def net_minor(self) -> int:
        return self.amount_minor - self.fee_minor


@dataclass(frozen=True, slots=True)
class Dispute:
    dispute_id: str
    charge_id: str
    payment_intent_id: str
    order_number: str
    amount_minor: int
    reason: str
    status: str
    opened_at: datetime
    movement_id: str


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout, made by the processor unless by hand; `reference` is the trace text that the bank line carries."""

    payout_id: str
    movement_id: str
    amount_minor: int
    created_at: datetime
    arrival_date: date
    status: str
    reference: str
    is_automatic: bool = True


@dataclass(frozen=True, slots=True)
class BankLine:
    bank_line_id: str
    booked_on: date
    value_date: date
    amount_minor: int
    description: str
    reference: str


@dataclass(frozen=True, slots=True)
class BookLine:
    """A document line by item name ("Product", "Discount", ...) and the account it was posted to; credits positive."""

    item: str
    account_number: str
    amount_minor: int
    description: str = ""
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class BookDocument:
    """What a human typed into the books. kind: sales_receipt | invoice | refund_receipt.

    Lines are as the document shows them: a refund receipt's lines are positive and mean money back, so its revenue
    effect is the negative of them. `deposit_account` is the other side (1100 Clearing; 1200 Receivable of an invoice).
    """

    document_id: int
    kind: str
    number: str
    document_date: date
    customer_name: str
    customer_email: str | None
    memo: str
    lines: tuple[BookLine, ...]
    deposit_account: str
    created_at: datetime
    updated_at: datetime
    order_number: str
    story: Story = ()

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def revenue_minor(self) -> int:
        """Credit on the revenue accounts (4xxx), negative for refund documents."""
        sign = -1 if self.kind == "refund_receipt" else 1
        return sign * sum(line.amount_minor for line in self.lines if line.account_number.startswith("40"))
