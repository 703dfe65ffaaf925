"""Refunds of invoiced orders, and discounts for paying early, as credit notes."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="xero__credit_notes",
    model="act_xero__credit_notes",
    destination="xero",
    object="credit_note",
    mode=Mode.CREATE,
    # Good for the retries of one process; a doubt is looked up, because the vendor forgets a key with its token.
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("document_number", "document_date", "contact_number", "total_minor"),
    line_fields=("account_number", "line_description", "line_amount_minor", "tax_code", "line_tax_minor"),
    depends_on={"xero__invoices": "invoice_key"},
    canary=1,
    # Sixty requests a minute and 5,000 a day: several documents share one.
    batch_size=20,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
