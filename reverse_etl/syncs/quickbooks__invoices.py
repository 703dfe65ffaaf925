"""Orders on terms without a document in the books, as invoices to the company that owes them."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="quickbooks__invoices",
    model="act_quickbooks__invoices",
    destination="quickbooks",
    object="invoice",
    mode=Mode.CREATE,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=(
        "document_number",
        "document_date",
        "due_date",
        "customer_name",
        "memo",
        "terms_name",
        "customer_note",
        "total_minor",
    ),
    line_fields=("item_name", "account_number", "line_description", "line_amount_minor"),
    # A company the books do not know yet is entered before its first invoice.
    depends_on={"quickbooks__customers": "customer_key"},
    canary=1,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
