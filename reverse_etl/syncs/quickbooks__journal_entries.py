"""What moved at a processor and no document books (disputes, their fees, reserves, other fees), as journal entries."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="quickbooks__journal_entries",
    model="act_quickbooks__journal_entries",
    destination="quickbooks",
    object="journal_entry",
    mode=Mode.CREATE,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("document_number", "document_date", "memo", "total_minor"),
    line_fields=("side", "account_number", "line_description", "line_amount_minor"),
    canary=1,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
