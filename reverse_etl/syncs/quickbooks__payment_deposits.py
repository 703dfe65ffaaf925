"""Bank lines that paid an invoice, as deposits of their payments."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="quickbooks__payment_deposits",
    model="act_quickbooks__payment_deposits",
    destination="quickbooks",
    object="payment_deposit",
    mode=Mode.CREATE,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("document_date", "memo", "deposit_account_number", "total_minor"),
    line_fields=("account_number", "linked_key", "linked_document_id", "line_description", "line_amount_minor"),
    # What is banked must have been received.
    depends_on={"quickbooks__payments": "payment_key"},
    canary=1,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
