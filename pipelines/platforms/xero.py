"""Xero Accounting → `raw_xero`: documents with their lines, what settles them, the journal, contacts and fixed lists.

* Version and sunset: `api.xro/2.0`, the only one; no end announced.
* Auth: a custom connection's client id and secret bring an access token of half an hour, fetched when first needed and
  again when it is refused; `xero-tenant-id` names the organisation. The token service has a host of its own.
* Rate limit: 60 calls a minute, 5,000 a day, 5 at once. A minute is waited out; a spent day stops the run at once,
  because the wait it asks for is hours.
* Paging: `page` and `pageSize`, with `pagination.pageCount` in the answer; journals by `offset`, 100 at a time; accounts,
  tax rates and bank transfers come whole. Ordered by id, so that a document changed while we read stays in its place.
* Cursor and its lag: UpdatedDateUTC by `If-Modified-Since`, to the second; an hour of overlap. Journals and bank
  transfers are never changed, so theirs is CreatedDateUTC; a bank transfer deleted later is seen because they are few
  and read whole.
* Deletes: a document never leaves; its Status says DELETED or VOIDED.
* Unit of money: major units as JSON numbers in the document's CurrencyCode, read as Decimal.

Times arrive as `/Date(ms+0000)/` and are rewritten as ISO where the column is a time or a date, else left as they came.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from pipelines.columns.xero import COLUMNS
from pipelines.connector import Connector, Fetch, Record, Resource, snake
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.http import TIMEOUT, body, request
from pipelines.settings import Connection

API_VERSION = "2.0"
PAGE = 1000
JOURNALS_AT_ONCE = 100
# A trial balance is one call a month; what changes in an older one shows in the journal.
MONTHS = 4
# In raw tables `account_id` is the connection's account, so the ledger account's id needs another name there.
_RENAMED = {"AccountID": "LedgerAccountID"}
_OLD_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")


def connect(connection: Connection) -> httpx.Client:
    """A client of one organisation."""
    names = connection.credentials
    return httpx.Client(
        base_url=f"{connection.base_url}/api.xro/2.0",
        headers={"xero-tenant-id": names["tenant_id"], "Accept": "application/json"},
        auth=ClientCredentials(token_url(connection.base_url), names["client_id"], names["client_secret"]),
        timeout=TIMEOUT,
        event_hooks={"response": [_a_spent_day_stops]},
    )


def token_url(base_url: str) -> str:
    """Where tokens come from: the vendor's own host for it; anything else (a proxy, the sandbox) serves both."""
    host = "https://identity.xero.com" if urlsplit(base_url).hostname == "api.xero.com" else base_url
    return f"{host}/connect/token"


class ClientCredentials(httpx.Auth):
    """Fetches an access token when there is none, and once more when it is refused."""

    requires_response_body = True

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self._url, self._client = url, httpx.BasicAuth(client_id, client_secret)
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        for is_last in (False, True):
            if not self._token:
                asked = httpx.Request("POST", self._url, data={"grant_type": "client_credentials"})
                answer = yield next(self._client.auth_flow(asked))
                if answer.status_code != 200:
                    raise PlatformRefused(f"POST /connect/token: HTTP {answer.status_code}")
                self._token = answer.json()["access_token"]
            request.headers["Authorization"] = f"Bearer {self._token}"
            answer = yield request
            if answer.status_code != 401 or is_last:
                return
            self._token = ""


def _a_spent_day_stops(response: httpx.Response) -> None:
    if response.status_code == 429 and response.headers.get("X-Rate-Limit-Problem") == "day":
        wait = response.headers.get("Retry-After", "unknown")
        raise PlatformUnavailable(f"the organisation's 5,000 calls of the day are used up; free again in {wait} s")


def _paged(name: str, **parameters: str) -> Fetch:
    """Reads a list by pages, from its last update on."""

    def fetch(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
        id_column = _RESOURCES[name][1]
        page, first = 1, None
        while True:
            asked = {"page": str(page), "pageSize": str(PAGE), "order": id_column, **parameters}
            answer = body(request(client, "GET", f"/{name}", params=asked, headers=_since(since)))
            rows = answer[name]
            if rows and rows[0][id_column] == first:
                raise PlatformUnavailable(f"GET /{name}: page {page} is the page before again")
            if rows:
                yield [_dated(row, COLUMNS[name]) for row in rows]
            pages = (answer.get("pagination") or {}).get("pageCount")
            if not rows or (pages is not None and page >= pages):
                return
            page, first = page + 1, rows[0][id_column]

    return fetch


def _whole(name: str, **parameters: str) -> Fetch:
    """Reads a list that has no pages, all of it."""

    def fetch(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
        rows = body(request(client, "GET", f"/{name}", params=parameters))[name]
        if rows:
            yield [_dated(row, COLUMNS[name]) for row in rows]

    return fetch


def _organisation(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """The organisation itself: its base currency, and up to which day its books are locked."""
    answer = body(request(client, "GET", "/Organisation"))
    yield [_dated(row, COLUMNS["Organisations"]) for row in answer["Organisations"]]


def _journals(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    offset = 0
    while True:
        asked = request(client, "GET", "/Journals", params={"offset": str(offset)}, headers=_since(since))
        rows = body(asked)["Journals"]
        if rows:
            yield [_dated(row, COLUMNS["Journals"]) for row in rows]
        if len(rows) < JOURNALS_AT_ONCE:
            return
        newest = max(row["JournalNumber"] for row in rows)
        if newest <= offset:
            raise PlatformUnavailable(f"GET /Journals: nothing beyond number {offset}")
        offset = newest


def _trial_balances(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """One report per month, from the organisation's first (at most three back) to the current one."""
    answer = body(request(client, "GET", "/Organisation"))
    opened = _day(answer["Organisations"][0].get("CreatedDateUTC") or "/Date(0)/")
    # By the books' own clock, which each answer carries: ours need not agree with it.
    for month_end in _month_ends(opened, _day(answer["DateTimeUTC"])):
        asked = {"date": month_end.isoformat()}
        (report,) = body(request(client, "GET", "/Reports/TrialBalance", params=asked))["Reports"]
        yield [_dated({**report, "PeriodEnd": month_end.isoformat()}, COLUMNS["TrialBalances"])]


def _month_ends(opened: date, today: date) -> list[date]:
    ends: list[date] = []
    month = date(today.year, today.month, 1)
    while len(ends) < MONTHS and (month.year, month.month) >= (opened.year, opened.month):
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        ends.append(following - timedelta(days=1))
        month = (month - timedelta(days=1)).replace(day=1)
    return ends[::-1]


def _since(moment: datetime | None) -> dict[str, str]:
    return {"If-Modified-Since": moment.astimezone(UTC).isoformat(timespec="seconds")} if moment else {}


def _dated(record: Record, columns: Mapping[str, str]) -> Record:
    """The record with the old form of times rewritten where the column is one."""
    return {_RENAMED.get(name, name): _iso(value, columns.get(snake(name))) for name, value in record.items()}


def _iso(value: Any, kind: str | None) -> Any:
    found = _OLD_DATE.fullmatch(value) if kind in {"timestamp", "date"} and isinstance(value, str) else None
    if found is None:
        return value
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
    return moment.date().isoformat() if kind == "date" else moment.isoformat()


def _day(old_date: str) -> date:
    return date.fromisoformat(_iso(old_date, "date"))


# Raw table → list, its id.
_RESOURCES = {
    "Invoices": ("invoices", "InvoiceID"),
    "CreditNotes": ("credit_notes", "CreditNoteID"),
    "Payments": ("payments", "PaymentID"),
    "BankTransactions": ("bank_transactions", "BankTransactionID"),
    "ManualJournals": ("manual_journals", "ManualJournalID"),
    "Contacts": ("contacts", "ContactID"),
}


def _documents(name: str, **parameters: str) -> Resource:
    table, id_column = _RESOURCES[name]
    fetch = _paged(name, **parameters)
    return Resource(table, COLUMNS[name], fetch, key=(snake(id_column),), cursor="updated_date_utc")


RESOURCES = (
    *(_documents(name) for name in _RESOURCES if name != "Contacts"),
    _documents("Contacts", includeArchived="true"),
    Resource("journals", COLUMNS["Journals"], _journals, key=("journal_id",), cursor="created_date_utc"),
    Resource(
        "bank_transfers",
        COLUMNS["BankTransfers"],
        _whole("BankTransfers", includeDeleted="true"),
        key=("bank_transfer_id",),
        snapshot=True,
    ),
    Resource("organisations", COLUMNS["Organisations"], _organisation, key=("organisation_id",), snapshot=True),
    Resource("accounts", COLUMNS["Accounts"], _whole("Accounts"), key=("ledger_account_id",), snapshot=True),
    Resource("tax_rates", COLUMNS["TaxRates"], _whole("TaxRates"), key=("tax_type",), snapshot=True),
    Resource("trial_balances", COLUMNS["TrialBalances"], _trial_balances, key=("period_end",), snapshot=True),
)

CONNECTOR = Connector("xero", API_VERSION, ("tenant_id", "client_id", "client_secret"), connect, RESOURCES)
