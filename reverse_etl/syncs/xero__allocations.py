"""Credit notes set against the invoices they lower."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="xero__allocations",
    model="act_xero__allocations",
    destination="xero",
    object="allocation",
    mode=Mode.CREATE,
    # An allocation has no reference, and a second one takes from what is left: the credit note says what was done.
    guard=Guard.LOOK_UP_THEN_CREATE,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=(
        "document_date",
        "credit_note_key",
        "credit_note_id",
        "credit_note_number",
        "invoice_number",
        "total_minor",
    ),
    # Known once the books were read; until then the answer to the credit note has it.
    quiet_fields=("credit_note_id",),
    depends_on={"xero__invoices": "invoice_key", "xero__credit_notes": "unbooked_credit_note_key"},
    canary=1,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
