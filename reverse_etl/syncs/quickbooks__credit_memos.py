"""Refunds without a document in the books, as refund receipts out of clearing."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, InDoubtPolicy, Lane, Mode, Sync

SYNC = Sync(
    name="quickbooks__credit_memos",
    model="act_quickbooks__credit_memos",
    destination="quickbooks",
    object="refund_receipt",
    mode=Mode.CREATE,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    # How long a requestid is kept is not published, so the document is looked up before it is sent again.
    in_doubt=InDoubtPolicy.LOOK_UP,
    lane=Lane.LEDGER,
    fields=("document_number", "document_date", "customer_name", "memo", "deposit_account_number", "total_minor"),
    line_fields=("item_name", "account_number", "line_description", "line_amount_minor"),
)
