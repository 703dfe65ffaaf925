"""Money received on invoices, and credits applied to them, as payments that name what they settle."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="quickbooks__payments",
    model="act_quickbooks__payments",
    destination="quickbooks",
    object="payment",
    mode=Mode.CREATE,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("payment_reference", "document_date", "customer_name", "memo", "deposit_account_number", "total_minor"),
    line_fields=("linked_type", "linked_key", "linked_document_id", "line_amount_minor"),
    # The ids of what it settles are known once that is accepted.
    depends_on={"quickbooks__invoices": "invoice_key", "quickbooks__credit_notes": "credit_note_key"},
    canary=1,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
