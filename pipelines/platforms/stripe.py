"""Stripe → `raw_stripe`: charges, refunds, disputes, balance transactions, payouts and what each payout holds, balance.

* Version and sunset: `Stripe-Version` below is sent with each request; Stripe retires no dated version without notice.
* Auth: secret or restricted key as a bearer token (read access to the objects above is enough).
* Rate limit: 100 requests/s live, 25/s in a sandbox and per endpoint; a 429 has no Retry-After, so back-off decides.
* Paging: `limit` ≤ 100, `starting_after`, `has_more`; newest first.
* Cursor and its lag: `created[gte]`. Stripe has NO filter on "updated", and created objects go on changing: a refund
  fails weeks later, a dispute is decided, a payout turns from in transit to paid to failed, a balance transaction
  becomes available. So each run re-reads a window behind the newest object seen: 35 days, and 180 days for disputes,
  whose decision takes months. `created` has one-second resolution, hence `gte` and the merge by id.
* Deletes: none; Stripe corrects by new objects.
* Unit of money: integers in Stripe's own minor unit, which differs from ISO 4217 for some currencies; staging converts
  (`stripe_to_minor`). Fees and net exist on balance transactions only, in the settlement currency.

Which balance transactions a payout holds is told by `balance_transactions?payout=` alone, for automatic payouts alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from pipelines.connector import Connector, Fetch, Record, Resource
from pipelines.errors import PlatformUnavailable
from pipelines.http import TIMEOUT, body, request
from pipelines.settings import Connection

API_VERSION = "2026-08-26.dahlia"
PAGE = 100

# Long enough for a card refund to bounce, a bank debit to clear and a payout to come back.
CHANGES_FOR = timedelta(days=35)
DISPUTED_FOR = timedelta(days=180)

CHARGE = {
    "id": "text",
    "object": "text",
    "amount": "bigint",
    "amount_captured": "bigint",
    "amount_refunded": "bigint",
    "application": "text",
    "application_fee": "text",
    "application_fee_amount": "bigint",
    "balance_transaction": "text",
    "billing_details": "json",
    "calculated_statement_descriptor": "text",
    "captured": "bool",
    "created": "bigint",
    "currency": "text",
    "customer": "text",
    "description": "text",
    "disputed": "bool",
    "failure_balance_transaction": "text",
    "failure_code": "text",
    "failure_message": "text",
    "fraud_details": "json",
    "invoice": "text",
    "livemode": "bool",
    "metadata": "json",
    "on_behalf_of": "text",
    "outcome": "json",
    "paid": "bool",
    "payment_intent": "text",
    "payment_method": "text",
    "payment_method_details": "json",
    "radar_options": "json",
    "receipt_email": "text",
    "receipt_number": "text",
    "receipt_url": "text",
    "refunded": "bool",
    "refunds": "json",
    "review": "text",
    "shipping": "json",
    "source": "json",
    "source_transfer": "text",
    "statement_descriptor": "text",
    "statement_descriptor_suffix": "text",
    "status": "text",
    "transfer_data": "json",
    "transfer_group": "text",
}

REFUND = {
    "id": "text",
    "object": "text",
    "amount": "bigint",
    "balance_transaction": "text",
    "charge": "text",
    "created": "bigint",
    "currency": "text",
    "customer": "text",
    "customer_account": "text",
    "description": "text",
    "destination_details": "json",
    "failure_balance_transaction": "text",
    "failure_reason": "text",
    "metadata": "json",
    "payment_intent": "text",
    "payment_method": "text",
    "pending_reason": "text",
    "reason": "text",
    "receipt_number": "text",
    "source_transfer_reversal": "text",
    "status": "text",
    "transfer_reversal": "text",
}

DISPUTE = {
    "id": "text",
    "object": "text",
    "amount": "bigint",
    "balance_transactions": "json",
    "charge": "text",
    "created": "bigint",
    "currency": "text",
    "enhanced_eligibility_types": "json",
    "evidence": "json",
    "evidence_details": "json",
    "is_charge_refundable": "bool",
    "livemode": "bool",
    "metadata": "json",
    "payment_intent": "text",
    "payment_method_details": "json",
    "reason": "text",
    "status": "text",
}

BALANCE_TRANSACTION = {
    "id": "text",
    "object": "text",
    "amount": "bigint",
    "available_on": "bigint",
    "balance_type": "text",
    "created": "bigint",
    "currency": "text",
    "description": "text",
    "exchange_rate": "decimal",
    "fee": "bigint",
    "fee_details": "json",
    "net": "bigint",
    "reporting_category": "text",
    "source": "text",
    "status": "text",
    "type": "text",
}

PAYOUT = {
    "id": "text",
    "object": "text",
    "amount": "bigint",
    "application_fee": "text",
    "application_fee_amount": "bigint",
    "arrival_date": "bigint",
    "automatic": "bool",
    "balance_transaction": "text",
    "created": "bigint",
    "currency": "text",
    "description": "text",
    "destination": "text",
    "failure_balance_transaction": "text",
    "failure_code": "text",
    "failure_message": "text",
    "livemode": "bool",
    "metadata": "json",
    "method": "text",
    "original_payout": "text",
    "payout_method": "text",
    "reconciliation_status": "text",
    "reversed_by": "text",
    "source_type": "text",
    "statement_descriptor": "text",
    "status": "text",
    "trace_id": "json",
    "type": "text",
}

BALANCE = {
    "object": "text",
    "available": "json",
    "connect_reserved": "json",
    "instant_available": "json",
    "issuing": "json",
    "livemode": "bool",
    "pending": "json",
    "read_at": "timestamp",
    "refund_and_dispute_prefunding": "json",
}


def connect(connection: Connection) -> httpx.Client:
    """A client of one Stripe account."""
    headers = {"Authorization": f"Bearer {connection.credentials['api_key']}", "Stripe-Version": API_VERSION}
    return httpx.Client(base_url=connection.base_url, headers=headers, timeout=TIMEOUT)


def _listed(path: str) -> Fetch:
    """Reads a list endpoint from `created[gte]` on."""

    def fetch(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
        yield from _pages(client, path, _created(since))

    return fetch


def _payout_contents(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """Balance transactions of each automatic payout created since; a failed one keeps the list it was made of."""
    for payouts in _pages(client, "/v1/payouts", _created(since)):
        for payout in payouts:
            # Asking for a manual payout's content is an error at Stripe: it is never linked to transactions.
            if not payout["automatic"]:
                continue
            for page in _pages(client, "/v1/balance_transactions", {"payout": payout["id"]}):
                of_payout = {"payout_id": payout["id"], "payout_created": payout["created"]}
                yield [{**transaction, **of_payout} for transaction in page]


def _balance(client: httpx.Client, _since: datetime | None) -> Iterator[list[Record]]:
    """The balance now. Stripe gives it no time of its own: its clock is the answer's Date header."""
    response = request(client, "GET", "/v1/balance")
    dates = response.headers.get_list("date")
    read_at = parsedate_to_datetime(dates[-1]).astimezone(UTC) if dates else None
    yield [{**body(response), "read_at": read_at}]


def _created(since: datetime | None) -> dict[str, Any]:
    return {} if since is None else {"created[gte]": int(since.timestamp())}


def _pages(client: httpx.Client, path: str, filters: dict[str, Any]) -> Iterator[list[Record]]:
    """Pages of a list, newest first. Raises PlatformUnavailable when the list does not move on."""
    params = {"limit": PAGE, **filters}
    while True:
        answer = body(request(client, "GET", path, params=params))
        page = answer["data"]
        if page and page[-1]["id"] == params.get("starting_after"):
            raise PlatformUnavailable(f"GET {path}: the page after {params['starting_after']} is the same page again")
        if page:
            yield page
        if not page or not answer["has_more"]:
            return
        params["starting_after"] = page[-1]["id"]


RESOURCES = (
    Resource(
        "charges", CHARGE, _listed("/v1/charges"), cursor="created", lag=CHANGES_FOR, required=("amount", "currency")
    ),
    Resource(
        "refunds", REFUND, _listed("/v1/refunds"), cursor="created", lag=CHANGES_FOR, required=("amount", "currency")
    ),
    Resource(
        "disputes",
        DISPUTE,
        _listed("/v1/disputes"),
        cursor="created",
        lag=DISPUTED_FOR,
        required=("amount", "currency"),
    ),
    Resource(
        "balance_transactions",
        BALANCE_TRANSACTION,
        _listed("/v1/balance_transactions"),
        cursor="created",
        lag=CHANGES_FOR,
        required=("amount", "fee", "net", "currency", "type"),
    ),
    Resource(
        "payouts", PAYOUT, _listed("/v1/payouts"), cursor="created", lag=CHANGES_FOR, required=("amount", "currency")
    ),
    Resource(
        "payout_balance_transactions",
        {"payout_id": "text", "payout_created": "bigint", **BALANCE_TRANSACTION},
        _payout_contents,
        key=("payout_id", "id"),
        cursor="payout_created",
        lag=CHANGES_FOR,
    ),
    # One object per account; replaced by each reading.
    Resource("balance", BALANCE, _balance, key=("object",), snapshot=True),
)

CONNECTOR = Connector("stripe", API_VERSION, ("api_key",), connect, RESOURCES)
