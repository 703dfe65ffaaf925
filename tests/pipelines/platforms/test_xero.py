"""The Xero connector keeps the contract, gets its own tokens, waits a minute but never a day, and asks what the vendor offers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.columns.xero import COLUMNS
from pipelines.connector import snake
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.platforms import xero
from pipelines.platforms.xero import CONNECTOR, connect, token_url
from pipelines.settings import Connection
from tests.pipelines import connector_contract as contract
from tests.sandbox.openapi_contract import contract as vendor

URL = "https://books.example"
SINCE = datetime(2026, 10, 6, 9, tzinfo=UTC)
STAMP = "2026-10-06T10:00:00+00:00"

RECORDS: dict[str, dict[str, Any]] = {
    "invoices": {
        "InvoiceID": "i-1",
        "InvoiceNumber": "1001",
        "Total": Decimal("119.00"),
        "SentToContact": False,
        "UpdatedDateUTC": STAMP,
    },
    "credit_notes": {"CreditNoteID": "n-1", "Total": Decimal("11.90"), "HasErrors": False, "UpdatedDateUTC": STAMP},
    "payments": {"PaymentID": "p-1", "Amount": Decimal("1.00"), "IsReconciled": False, "UpdatedDateUTC": STAMP},
    "bank_transactions": {"BankTransactionID": "b-1", "IsReconciled": False, "UpdatedDateUTC": STAMP},
    "bank_transfers": {"BankTransferID": "t-1", "Amount": Decimal("5.00"), "HasAttachments": False},
    "manual_journals": {"ManualJournalID": "m-1", "Narration": "n", "HasAttachments": False, "UpdatedDateUTC": STAMP},
    "contacts": {"ContactID": "c-1", "Name": "Kontor GmbH", "IsCustomer": True, "UpdatedDateUTC": STAMP},
    "journals": {"JournalID": "j-1", "JournalNumber": 1, "CreatedDateUTC": STAMP},
    "organisations": {"OrganisationID": "o-1", "BaseCurrency": "EUR", "PaysTax": True, "FinancialYearEndDay": 31},
    "accounts": {"LedgerAccountID": "a-1", "Code": "4000", "HasAttachments": False},
    "tax_rates": {"TaxType": "OUTPUT", "EffectiveRate": Decimal("19.00"), "CanApplyToAssets": True},
    "trial_balances": {"PeriodEnd": "2026-10-31", "Rows": [], "UpdatedDateUTC": STAMP},
}
PAGED = ("invoices", "credit_notes", "payments", "bank_transactions", "manual_journals", "contacts")
LISTS = {table: name for name, (table, _) in xero._RESOURCES.items()}


def test_every_resource_has_a_record_here() -> None:
    assert set(RECORDS) == {resource.name for resource in CONNECTOR.resources}


@pytest.mark.parametrize("name", RECORDS)
def test_each_resource_keeps_the_contract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    contract.keeps_the_contract(monkeypatch, tmp_path, CONNECTOR, RECORDS, name)


def answered(name: str, rows: list[dict[str, Any]], pages: int | None = None) -> httpx.Response:
    pagination = {"pagination": {"pageCount": pages}} if pages else {}
    return httpx.Response(200, text=json.dumps({**pagination, name: rows}, default=str))


@pytest.mark.parametrize("name", PAGED)
def test_busy_books_are_waited_for_and_a_refused_token_is_not(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    resource = CONNECTOR.resource(name)
    contract.a_busy_platform_is_waited_for(monkeypatch, resource, answered(LISTS[name], []), URL)
    contract.a_refused_key_stops_at_once(resource, URL)


def reading(
    name: str, answer: Callable[[httpx.Request], httpx.Response], since: datetime | None = None
) -> tuple[list[list[dict[str, Any]]], list[httpx.Request]]:
    """Pages a resource yields from faked books, and the requests it made."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request)

    with contract.playing(handle, URL) as client:
        return list(CONNECTOR.resource(name).fetch(client, since)), asked


def test_pages_are_read_in_order_of_id_until_the_last_and_since_the_cursor() -> None:
    pages = iter([answered("Invoices", [{"InvoiceID": at}], pages=2) for at in ("a", "b")])
    read, asked = reading("invoices", lambda _: next(pages), SINCE)
    assert [[row["InvoiceID"] for row in page] for page in read] == [["a"], ["b"]]
    assert [dict(request.url.params) for request in asked] == [
        {"page": page, "pageSize": "1000", "order": "InvoiceID"} for page in ("1", "2")
    ]
    assert {request.headers["If-Modified-Since"] for request in asked} == {"2026-10-06T09:00:00+00:00"}


def test_a_list_that_names_no_pages_ends_with_an_empty_one() -> None:
    pages = iter([answered("Payments", [{"PaymentID": "a"}]), answered("Payments", [])])
    read, asked = reading("payments", lambda _: next(pages))
    assert (len(read), len(asked)) == (1, 2)
    assert "If-Modified-Since" not in asked[0].headers


def test_books_that_repeat_a_page_stop_the_reading() -> None:
    with pytest.raises(PlatformUnavailable, match="page before again"):
        reading("invoices", lambda _: answered("Invoices", [{"InvoiceID": "a"}], pages=9))
    with pytest.raises(PlatformUnavailable, match="beyond number"):
        reading("journals", lambda _: answered("Journals", [{"JournalNumber": 7}] * 100))


def test_journals_are_read_by_number_until_a_short_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xero, "JOURNALS_AT_ONCE", 2)
    pages = iter([answered("Journals", [{"JournalNumber": at} for at in some]) for some in ((1, 2), (3,))])
    _, asked = reading("journals", lambda _: next(pages))
    assert [request.url.params["offset"] for request in asked] == ["0", "2"]


def test_times_of_the_old_form_become_iso_where_the_column_is_one() -> None:
    row = {"InvoiceID": "a", "Date": "/Date(1791158400000+0000)/", "UpdatedDateUTC": "/Date(1791194400123+0000)/",
           "Payments": [{"Date": "/Date(0)/"}], "Reference": "/Date(0)/"}  # fmt: skip
    (((read,),), _) = reading("invoices", lambda _: answered("Invoices", [row], pages=1))
    assert read["Date"] == "2026-10-05"
    assert read["UpdatedDateUTC"] == "2026-10-05T10:00:00.123000+00:00"
    assert (read["Payments"], read["Reference"]) == ([{"Date": "/Date(0)/"}], "/Date(0)/")


def test_amounts_arrive_digit_for_digit() -> None:
    text = '{"Payments": [{"PaymentID": "a", "Amount": 0.10}], "pagination": {"pageCount": 1}}'
    (((row,),), _) = reading("payments", lambda _: httpx.Response(200, text=text))
    assert row["Amount"] == Decimal("0.10")


def test_a_ledger_account_s_id_does_not_take_the_place_of_the_connection_s() -> None:
    (((row,),), _) = reading("accounts", lambda _: answered("Accounts", [{"AccountID": "a-1", "Code": "4000"}]))
    assert row == {"LedgerAccountID": "a-1", "Code": "4000"}


def test_trial_balances_are_asked_for_the_last_four_months_by_the_books_own_clock() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/Organisation"):
            opened = [{"CreatedDateUTC": "/Date(1767225600000)/"}]
            return httpx.Response(200, json={"DateTimeUTC": "/Date(1772452800000)/", "Organisations": opened})
        return httpx.Response(200, json={"Reports": [{"ReportName": "Trial Balance", "Rows": []}]})

    # The organisation began in January 2026, and its clock says the second of March.
    read, asked = reading("trial_balances", answer)
    assert [page[0]["PeriodEnd"] for page in read] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert [request.url.params["date"] for request in asked[1:]] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert xero._month_ends(date(2020, 1, 1), date(2026, 1, 5))[0] == date(2025, 10, 31)


# --- tokens and limits ------------------------------------------------------------------------------------------------


def books(handle: Callable[[httpx.Request], httpx.Response], monkeypatch: pytest.MonkeyPatch) -> httpx.Client:
    """The connector's own client over a faked network."""
    credentials = {"tenant_id": "t-1", "client_id": "c-1", "client_secret": "s-1"}
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: handle(request))
    return connect(Connection("xero", "eu", "https://api.xero.com", credentials))


def test_a_token_is_fetched_once_and_again_when_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    tokens = iter(("first", "second"))

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url.copy_with(query=None)), request.headers["Authorization"].split()[0]))
        if request.url.host == "identity.xero.com":
            return httpx.Response(200, json={"access_token": next(tokens)}, request=request)
        is_stale = request.headers["Authorization"] == "Bearer first" and len(asked) > 2
        return httpx.Response(401 if is_stale else 200, json={"Accounts": []}, request=request)

    with books(handle, monkeypatch) as client:
        for _ in range(2):
            list(CONNECTOR.resource("accounts").fetch(client, None))
    token, accounts = "https://identity.xero.com/connect/token", "https://api.xero.com/api.xro/2.0/Accounts"
    assert [url for url, _ in asked] == [token, accounts, accounts, token, accounts]
    assert [scheme for _, scheme in asked] == ["Basic", "Bearer", "Bearer", "Basic", "Bearer"]


def test_a_refused_client_stops_and_names_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse = lambda request: httpx.Response(401, json={"error": "invalid_client"}, request=request)  # noqa: E731
    with books(refuse, monkeypatch) as client, pytest.raises(PlatformRefused, match="HTTP 401") as refusal:
        list(CONNECTOR.resource("accounts").fetch(client, None))
    assert "s-1" not in str(refusal.value)


def test_a_spent_day_stops_at_once_instead_of_sleeping_for_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/connect/token":
            return httpx.Response(200, json={"access_token": "a"}, request=request)
        headers = {"Retry-After": "81000", "X-Rate-Limit-Problem": "day"}
        return httpx.Response(429, headers=headers, request=request)

    with books(handle, monkeypatch) as client, pytest.raises(PlatformUnavailable, match="81000"):
        list(CONNECTOR.resource("accounts").fetch(client, None))
    assert waited == []


def test_tokens_come_from_the_vendor_s_own_host_and_else_from_where_the_books_are() -> None:
    assert token_url("https://api.xero.com") == "https://identity.xero.com/connect/token"
    assert token_url("http://127.0.0.1:8700/xero") == "http://127.0.0.1:8700/xero/connect/token"


# --- the vendor's contract --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in COLUMNS if name != "TrialBalances"])
def test_every_column_is_a_field_of_the_vendor_s_contract(name: str) -> None:
    judge = vendor("xero/xero_accounting.yaml")
    schema = judge.document["components"]["schemas"][{"TaxRates": "TaxRate"}.get(name, name[:-1])]
    known = {snake(field) for field in schema["properties"]} | {"date_string", "due_date_string", "ledger_account_id"}
    assert set(COLUMNS[name]) - {"updated_date_utc", "applied_amount"} <= known


@pytest.mark.parametrize("name", PAGED)
def test_lists_are_asked_only_what_the_vendor_offers(name: str) -> None:
    judge = vendor("xero/xero_accounting.yaml")
    _, asked = reading(name, lambda _: answered(LISTS[name], []), SINCE)
    assert judge.problems_of_query("GET", f"/{LISTS[name]}", dict(asked[0].url.params)) == []
    headers = {item["name"].lower() for item in judge.operation("GET", f"/{LISTS[name]}")["parameters"]}
    assert "if-modified-since" in headers
