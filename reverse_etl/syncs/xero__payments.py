"""Money received on invoices, as payments of them."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="xero__payments",
    model="act_xero__payments",
    destination="xero",
    object="payment",
    mode=Mode.CREATE,
    # Good for the retries of one process; a doubt is looked up, because the vendor forgets a key with its token.
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("document_date", "invoice_number", "bank_account_number", "total_minor"),
    depends_on={"xero__invoices": "invoice_key"},
    canary=1,
    # Sixty requests a minute and 5,000 a day: several documents share one.
    batch_size=20,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
