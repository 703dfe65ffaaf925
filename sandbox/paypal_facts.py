"""Facts of a PayPal account: the rows of its ledger and its disputes, as the vendor keeps them.

A ledger row is one change of one currency's balance. `amount_minor` is signed from the account's side, `fee_minor` is
negative when PayPal takes it, and both are of `currency_code`. Holds move money between available and withheld.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.order_facts import Story

# Groups whose rows move money between available and withheld, and the release of a general hold.
_HOLD_GROUPS, _HOLD_RELEASE = ("T15", "T21"), "T1105"


@dataclass(frozen=True, slots=True)
class PaypalEntry:
    """One row of the ledger. status: S (done), P (under way), V (reversed), D (denied)."""

    transaction_id: str
    event_code: str
    amount_minor: int
    currency_code: str
    initiated_at: datetime
    fee_minor: int = 0
    status: str = "S"
    updated_at: datetime | None = None
    reference_id: str | None = None
    reference_type: str = "TXN"
    invoice_id: str | None = None
    payer_email: str | None = None
    payer_name: str | None = None
    payer_country: str | None = None
    subject: str | None = None
    bank_reference: str | None = None
    story: Story = ()

    @property
    def net_minor(self) -> int:
        return self.amount_minor + self.fee_minor

    @property
    def is_hold(self) -> bool:
        """Whether the row only moves money between available and withheld."""
        return self.event_code.startswith(_HOLD_GROUPS) or self.event_code == _HOLD_RELEASE


@dataclass(frozen=True, slots=True)
class PaypalDispute:
    """A case about one payment. status and outcome in the vendor's words; outcome None while it is open."""

    dispute_id: str
    transaction_id: str
    invoice_id: str | None
    amount_minor: int
    currency_code: str
    reason: str
    status: str
    outcome: str | None
    opened_at: datetime
    updated_at: datetime
    buyer_email: str | None = None
    buyer_name: str | None = None


@dataclass(frozen=True)
class Paypal:
    """One account; entries are oldest first."""

    account_id: str
    time_zone: str
    entries: tuple[PaypalEntry, ...] = ()
    disputes: tuple[PaypalDispute, ...] = ()
    currencies: tuple[str, ...] = field(default=("EUR",))

    def balances(self, at: datetime) -> dict[str, tuple[int, int]]:
        """Currency → (available, withheld) at a moment, the account's first currency first."""
        found = dict.fromkeys(self.currencies, (0, 0))
        for entry in self.entries:
            if entry.initiated_at <= at and entry.status != "D":
                available, withheld = found.get(entry.currency_code, (0, 0))
                held = -entry.amount_minor if entry.is_hold else 0
                found[entry.currency_code] = (available + entry.net_minor, withheld + held)
        return found
