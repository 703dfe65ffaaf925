"""QuickBooks Online → `raw_quickbooks`: documents with their lines, accounts, items, customers, terms, and what was deleted.

* Version and sunset: `minorversion=75`, the oldest that exists since August 2025; lower ones are treated as 75.
* Auth: OAuth 2 bearer token of one company (realm); it lives one hour, so give the run a fresh one.
* Rate limit: 500 requests/min per company and 10/s per app; a 429 wants a wait of 60 s and has no Retry-After.
* Paging: `startposition` (from 1) and `maxresults` (≤ 1,000) inside the query. Ordered by Id: a document changed while
  we read stays where it is, where an order by update time would push unread ones past us.
* Cursor and its lag: MetaData.LastUpdatedTime, lifted to `last_updated_time`; an hour of overlap.
* Deletes: a query no longer answers them; `/cdc` does, for 30 days back, and they become rows of `deletions`. After
  more than 30 days without a run deletions are lost, and no re-read brings them back: compare counts with the books.
  Voided documents stay, with zero amounts. Inactive names (accounts, items, customers) are asked for explicitly.
* Unit of money: major units as JSON numbers in the document's CurrencyRef, read as Decimal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx

from pipelines.connector import Connector, Fetch, Record, Resource, moment
from pipelines.errors import PlatformUnavailable
from pipelines.http import TIMEOUT, body, request
from pipelines.settings import Connection

API_VERSION = "75"
PAGE = 1000
CHANGES_AT_ONCE = 1000
# A little less than the 30 days /cdc looks back: asking beyond them is an error.
CHANGES_KEPT = timedelta(days=29)

IDENTITY = {
    "id": "text",
    "sync_token": "text",
    "domain": "text",
    "sparse": "bool",
    "meta_data": "json",
    "last_updated_time": "timestamp",
}

# One set for all documents: an Invoice lacks DepositToAccountRef, a Deposit lacks CustomerRef; absent is null.
DOCUMENT = {
    **IDENTITY,
    "doc_number": "text",
    "txn_date": "date",
    "txn_status": "text",
    "currency_ref": "json",
    "exchange_rate": "decimal",
    "total_amt": "decimal",
    "home_total_amt": "decimal",
    "balance": "decimal",
    "home_balance": "decimal",
    "deposit": "decimal",
    "unapplied_amt": "decimal",
    "remaining_credit": "decimal",
    "line": "json",
    "txn_tax_detail": "json",
    "global_tax_calculation": "text",
    "apply_tax_after_discount": "bool",
    "deposit_to_account_ref": "json",
    "ar_account_ref": "json",
    "cash_back": "json",
    "linked_txn": "json",
    "customer_ref": "json",
    "customer_memo": "json",
    "private_note": "text",
    "class_ref": "json",
    "department_ref": "json",
    "payment_method_ref": "json",
    "payment_ref_num": "text",
    "sales_term_ref": "json",
    "due_date": "date",
    "bill_email": "json",
    "bill_addr": "json",
    "ship_addr": "json",
    "ship_date": "date",
    "ship_method_ref": "json",
    "tracking_num": "text",
    "print_status": "text",
    "email_status": "text",
    "adjustment": "bool",
    "process_payment": "bool",
    "custom_field": "json",
}

ACCOUNT = {
    **IDENTITY,
    "name": "text",
    "fully_qualified_name": "text",
    "acct_num": "text",
    "active": "bool",
    "classification": "text",
    "account_type": "text",
    "account_sub_type": "text",
    "current_balance": "decimal",
    "current_balance_with_sub_accounts": "decimal",
    "currency_ref": "json",
    "description": "text",
    "parent_ref": "json",
    "sub_account": "bool",
}

ITEM = {
    **IDENTITY,
    "name": "text",
    "fully_qualified_name": "text",
    "sku": "text",
    "active": "bool",
    "type": "text",
    "description": "text",
    "unit_price": "decimal",
    "purchase_cost": "decimal",
    "qty_on_hand": "decimal",
    "track_qty_on_hand": "bool",
    "taxable": "bool",
    "income_account_ref": "json",
    "expense_account_ref": "json",
    "asset_account_ref": "json",
}

CUSTOMER = {
    **IDENTITY,
    "display_name": "text",
    "fully_qualified_name": "text",
    "company_name": "text",
    "given_name": "text",
    "family_name": "text",
    "print_on_check_name": "text",
    "active": "bool",
    "balance": "decimal",
    "balance_with_jobs": "decimal",
    "currency_ref": "json",
    "primary_email_addr": "json",
    "primary_phone": "json",
    "bill_addr": "json",
    "ship_addr": "json",
    "job": "bool",
    "taxable": "bool",
    "resale_num": "text",
    "sales_term_ref": "json",
}

TERM = {
    **IDENTITY,
    "name": "text",
    "active": "bool",
    "type": "text",
    "due_days": "bigint",
    "discount_days": "bigint",
    "discount_percent": "decimal",
    "day_of_month_due": "bigint",
    "due_next_month_days": "bigint",
}

DELETION = {
    "entity": "text",
    "id": "text",
    "domain": "text",
    "status": "text",
    "meta_data": "json",
    "last_updated_time": "timestamp",
}

DOCUMENTS = {
    "sales_receipts": "SalesReceipt",
    "invoices": "Invoice",
    "refund_receipts": "RefundReceipt",
    "credit_memos": "CreditMemo",
    "deposits": "Deposit",
    "journal_entries": "JournalEntry",
    "payments": "Payment",
}

NAMES = {
    "accounts": ("Account", ACCOUNT),
    "items": ("Item", ITEM),
    "customers": ("Customer", CUSTOMER),
    "terms": ("Term", TERM),
}


def connect(connection: Connection) -> httpx.Client:
    """A client of one company's books."""
    token, realm = connection.credentials["access_token"], connection.credentials["realm_id"]
    return httpx.Client(
        base_url=f"{connection.base_url}/v3/company/{realm}",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        params={"minorversion": API_VERSION},
        timeout=TIMEOUT,
        event_hooks={"response": [_wait_a_minute]},
    )


def _wait_a_minute(response: httpx.Response) -> None:
    """Writes the wait into a throttled answer: it is in the vendor's documents, not in the answer."""
    if response.status_code == 429:
        response.headers.setdefault("Retry-After", "60")


def _queried(entity: str, conditions: tuple[str, ...] = ()) -> Fetch:
    """Reads an entity by the query endpoint, from its last update on."""

    def fetch(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
        wanted = (*conditions, *((f"MetaData.LastUpdatedTime >= '{since.isoformat()}'",) if since else ()))
        where = f" where {' and '.join(wanted)}" if wanted else ""
        position, previous = 1, None
        while True:
            query = f"select * from {entity}{where} orderby Id startposition {position} maxresults {PAGE}"
            answer = body(request(client, "GET", "/query", params={"query": query}))
            page = answer["QueryResponse"].get(entity, [])
            if page and page[0]["Id"] == previous:
                raise PlatformUnavailable(f"GET /query: {entity} from {position} is the page before again")
            if page:
                yield [_dated(record) for record in page]
            if len(page) < PAGE:
                return
            position, previous = position + PAGE, page[0]["Id"]

    return fetch


def _deletions(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """Documents and names deleted since; one entity per call, because an answer holds at most 1,000 changes."""
    # By the books' own clock, which each answer carries: ours need not agree with it.
    asked = body(request(client, "GET", "/query", params={"query": "select count(*) from Account"}))
    oldest = moment(asked["time"]) - CHANGES_KEPT
    for entity in (*DOCUMENTS.values(), *(entity for entity, _ in NAMES.values())):
        changed_since = max(since, oldest) if since else oldest
        while True:
            parameters = {"entities": entity, "changedSince": changed_since.isoformat(timespec="seconds")}
            answer = body(request(client, "GET", "/cdc", params=parameters))
            changes = _changes(answer, entity)
            gone = [{**change, "entity": entity} for change in changes if change.get("status") == "Deleted"]
            if gone:
                yield gone
            if len(changes) < CHANGES_AT_ONCE:
                break
            newest = max(moment(change["LastUpdatedTime"]) for change in changes)
            if newest <= changed_since:
                raise PlatformUnavailable(f"GET /cdc: {CHANGES_AT_ONCE} changes of {entity} within one second")
            changed_since = newest


def _changes(answer: Record, entity: str) -> list[Record]:
    """The entity's changed objects in a /cdc answer, which nests them two lists deep."""
    responses = (query for cdc in answer["CDCResponse"] for query in cdc.get("QueryResponse", []))
    return [_dated(change) for response in responses for change in response.get(entity, [])]


def _dated(record: Record) -> Record:
    return {**record, "LastUpdatedTime": record["MetaData"]["LastUpdatedTime"]}


RESOURCES = (
    *(
        Resource(name, DOCUMENT, _queried(entity), cursor="last_updated_time", required=("txn_date",))
        for name, entity in DOCUMENTS.items()
    ),
    *(
        Resource(name, columns, _queried(entity, ("Active in (true, false)",)), cursor="last_updated_time")
        for name, (entity, columns) in NAMES.items()
    ),
    Resource("deletions", DELETION, _deletions, key=("entity", "id"), cursor="last_updated_time"),
)

CONNECTOR = Connector("quickbooks", API_VERSION, ("realm_id", "access_token"), connect, RESOURCES)
