"""Payouts seen at the bank, as deposits from clearing to the bank account."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, InDoubtPolicy, Lane, Mode, Sync

SYNC = Sync(
    name="quickbooks__deposits",
    model="act_quickbooks__deposits",
    destination="quickbooks",
    object="deposit",
    mode=Mode.CREATE,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    # How long a requestid is kept is not published, so the document is looked up before it is sent again.
    in_doubt=InDoubtPolicy.LOOK_UP,
    lane=Lane.LEDGER,
    fields=("document_number", "document_date", "memo", "deposit_account_number", "total_minor"),
    line_fields=("account_number", "line_description", "line_amount_minor"),
)
