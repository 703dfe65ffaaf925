"""Payouts seen at the bank, as deposits from clearing to the bank account."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="quickbooks__deposits",
    model="act_quickbooks__deposits",
    destination="quickbooks",
    object="deposit",
    mode=Mode.CREATE,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("document_number", "document_date", "memo", "deposit_account_number", "total_minor"),
    line_fields=("account_number", "line_description", "line_amount_minor"),
    canary=1,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
