"""Xero Accounting: contacts, invoices, credit notes and what they are set against, payments, money received and spent, transfers.

A custom connection: a client's id and secret bring a token of half an hour, from the vendor's token service. 60 requests
a minute, 5,000 a day and 5 at once for the organisation, which the reading shares. Documents are made by PUT, which only
creates, several to a request and each told alone (`summarizeErrors=false`).
Guard: `Idempotency-Key`. It is kept a day at most and only under the access token it was sent with, so it covers the
retries of one process and is never trusted beyond: a doubt is looked up by our own reference before anything is sent
again. Invoices and credit notes are found by their number, and a key at the end of the reference tells ours from a
human's; all else has no number and is looked for among the records of its day, because a filter on a reference silently
finds nothing. What of a credit note stands against an invoice is read from the credit note before each write. Contacts are kept by ContactNumber, which is a natural key. Amounts are JSON numbers in major units.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from reverse_etl.destination import Answer, Destination, Grant, Pace
from reverse_etl.destinations.xero.allocations import ALLOCATION
from reverse_etl.destinations.xero.api import MEANINGS
from reverse_etl.destinations.xero.contacts import CONTACT
from reverse_etl.destinations.xero.documents import CREDIT_NOTE, INVOICE
from reverse_etl.destinations.xero.money import BANK_TRANSACTION, PAYMENT, RECEIPT, REFUND, TRANSFER

# A little less than 60 a minute, so that our own requests always leave what may be in flight; of the 5,000 a day some are
# left to whoever reads the organisation.
PACE = Pace(requests=57.3, seconds=60.0, in_flight=3, daily=4_500)


def _token_url(base_url: str) -> str:
    """The vendor's token service has a host of its own; a proxy or the sandbox serves both."""
    host = "https://identity.xero.com" if urlsplit(base_url).hostname == "api.xero.com" else base_url
    return f"{host}/connect/token"


def _hold(answer: Answer) -> float:
    """Their meter counts readers too. It does not say when the minute turns, so a whole one is waited, and a second for the clocks."""
    left = answer.headers.get("x-minlimit-remaining", "")
    is_spent = answer.status != 429 and left.isdecimal() and int(left) < PACE.in_flight
    return PACE.seconds + 1 if is_spent else 0.0


DESTINATION = Destination(
    name="xero",
    credential_names=("tenant_id", "client_id", "client_secret"),
    headers=lambda credentials: {"xero-tenant-id": credentials["tenant_id"], "Accept": "application/json"},
    writes={
        "contact": CONTACT,
        "invoice": INVOICE,
        "credit_note": CREDIT_NOTE,
        "allocation": ALLOCATION,
        "payment": PAYMENT,
        "receipt": RECEIPT,
        "refund": REFUND,
        "bank_transaction": BANK_TRANSACTION,
        "transfer": TRANSFER,
    },
    pace=PACE,
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
    hold=_hold,
    request_id_header="xero-correlation-id",
    grant=Grant(_token_url),
)
