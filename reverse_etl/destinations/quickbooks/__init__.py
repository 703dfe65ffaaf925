"""QuickBooks Online: customers, invoices, credit notes, payments, sales and refund receipts, deposits, journals.

OAuth bearer token, one company ("realm") per connection, minor version 75. 10 requests a second, 500 a minute, and 429
means a minute. What documents name (items, accounts, customers, terms) is written by id: `references` are read once per
push. Amounts are JSON numbers in major units, written from Decimals. How a document is made once stands in documents.py.
"""

from __future__ import annotations

from reverse_etl.destination import Destination, Pace
from reverse_etl.destinations.quickbooks import payments, sales
from reverse_etl.destinations.quickbooks.api import MEANINGS
from reverse_etl.destinations.quickbooks.customers import CUSTOMER
from reverse_etl.destinations.quickbooks.journals import JOURNAL_ENTRY

DESTINATION = Destination(
    name="quickbooks",
    credential_names=("realm_id", "access_token"),
    headers=lambda credentials: {
        "Authorization": f"Bearer {credentials['access_token']}",
        "Accept": "application/json",
    },
    writes={
        "customer": CUSTOMER,
        "invoice": sales.INVOICE.write(),
        "credit_memo": payments.CREDIT_MEMO.write(),
        "payment": payments.PAYMENT.write(),
        "payment_deposit": payments.PAYMENT_DEPOSIT.write(),
        "journal_entry": JOURNAL_ENTRY.write(),
        "sales_receipt": sales.SALES_RECEIPT.write(),
        "refund_receipt": sales.REFUND_RECEIPT.write(),
        "deposit": sales.DEPOSIT.write(),
    },
    # Ten a second for an app, and 500 a minute for the company, which is the tighter of the two.
    pace=Pace(requests=8.55, seconds=1.0, in_flight=4),
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
    request_id_header="intuit_tid",
    sandbox_hosts=("sandbox-quickbooks.api.intuit.com",),
)
