"""Refunds without a document in the books, as refund receipts out of clearing."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="quickbooks__credit_memos",
    model="act_quickbooks__credit_memos",
    destination="quickbooks",
    object="refund_receipt",
    mode=Mode.CREATE,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.LEDGER,
    fields=("document_number", "document_date", "customer_name", "memo", "deposit_account_number", "total_minor"),
    line_fields=("item_name", "account_number", "line_description", "line_amount_minor"),
    # A refund of an order whose receipt is still on its way to the books waits for that receipt.
    depends_on={"quickbooks__sales_receipts": "sales_receipt_key"},
    canary=1,
    # A month of a large shop stays below; ten times that is more often a wrong currency or books_from than a good month.
    limits=Limits(max_money_minor=100_000_000, max_deliveries=20_000),
)
