"""Orders on terms without a document in the books, as invoices to the company that owes them."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="xero__invoices",
    model="act_xero__invoices",
    destination="xero",
    object="invoice",
    mode=Mode.CREATE,
    # Good for the retries of one process; a doubt is looked up, because the vendor forgets a key with its token.
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("document_number", "document_date", "due_date", "contact_number", "po_number", "total_minor"),
    line_fields=("account_number", "line_description", "line_amount_minor", "tax_code", "line_tax_minor"),
    # A company the books do not know yet is entered before its first invoice.
    depends_on={"xero__contacts": "customer_key"},
    canary=1,
    # Sixty requests a minute and 5,000 a day: several documents share one.
    batch_size=20,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
