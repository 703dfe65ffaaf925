"""Refunds of orders on terms, and discounts for paying early, as credit notes against their invoices."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="quickbooks__credit_notes",
    model="act_quickbooks__credit_notes",
    destination="quickbooks",
    object="credit_memo",
    mode=Mode.CREATE,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("document_number", "document_date", "customer_name", "memo", "total_minor"),
    line_fields=("item_name", "account_number", "line_description", "line_amount_minor"),
    # A credit belongs to its invoice; without it the books would owe a company that owes nothing.
    depends_on={"quickbooks__invoices": "invoice_key"},
    canary=1,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
