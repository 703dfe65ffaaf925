"""Payouts seen at the bank, as transfers from clearing to the bank account."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="xero__transfers",
    model="act_xero__transfers",
    destination="xero",
    object="transfer",
    mode=Mode.CREATE,
    # Good for the retries of one process; a doubt is looked up, because the vendor forgets a key with its token.
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("document_date", "from_account_number", "bank_account_number", "total_minor"),
    canary=1,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
