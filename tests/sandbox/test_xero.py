"""The Xero twin behaves like the vendor: tokens, limits, keys, records told one by one, money, periods, and no deletes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from sandbox.platforms import xero_people as people
from sandbox.platforms.xero_books import Books
from sandbox.server import Sandbox
from tests.sandbox import xero_client as xero

ONE_BY_ONE = {"summarizeErrors": "false"}


@pytest.fixture
def books(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with xero.opened(sandbox) as client:
        yield client


def held(sandbox: Sandbox) -> Books:
    found: Books = sandbox.world.state("xero")["books"]
    return found


def put(books: httpx.Client, name: str, *bodies: dict[str, Any], key: str | None = None) -> list[dict[str, Any]]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = books.put(f"/{name}", json={name: list(bodies)}, params=ONE_BY_ONE, headers=headers)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()[name]
    return told


def why(told: dict[str, Any]) -> str:
    return "; ".join(error["Message"] for error in told.get("ValidationErrors", []))


# --- who may call -----------------------------------------------------------------------------------------------------


def test_a_refresh_token_works_once_and_brings_the_next_one(sandbox: Sandbox) -> None:
    first = xero.token(sandbox, grant_type="refresh_token", refresh_token="sandbox-xero-refresh-0").json()
    again = xero.token(sandbox, grant_type="refresh_token", refresh_token="sandbox-xero-refresh-0")
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    second = xero.token(sandbox, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["access_token"] != first["access_token"]
    assert "refresh_token" not in xero.token(sandbox).json()


def test_an_access_token_lives_half_an_hour(sandbox: Sandbox, books: httpx.Client) -> None:
    sandbox.world.clock.advance(29 * 60)
    assert books.get("/Accounts").status_code == 200
    sandbox.world.clock.advance(2 * 60)
    answer = books.get("/Accounts")
    assert (answer.status_code, answer.json()["Detail"][:12]) == (401, "TokenExpired")


def test_another_tenant_and_another_token_are_refused(sandbox: Sandbox, books: httpx.Client) -> None:
    assert books.get("/Accounts", headers={"xero-tenant-id": "another"}).status_code == 403
    assert books.get("/Accounts", headers={"Authorization": "Bearer no"}).status_code == 401
    assert xero.token(sandbox, grant_type="password").status_code == 400


# --- how often --------------------------------------------------------------------------------------------------------


def test_the_sixty_first_call_of_a_minute_is_told_to_wait(books: httpx.Client) -> None:
    answers = [books.get("/Accounts") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert answers[0].headers["X-MinLimit-Remaining"] == "59"
    assert answers[0].headers["X-DayLimit-Remaining"] == "4999"
    assert answers[-1].headers["X-Rate-Limit-Problem"] == "minute"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_after_the_day_s_calls_the_wait_is_hours(sandbox: Sandbox, books: httpx.Client) -> None:
    limits = sandbox.world.state("xero")["limits"]
    limits.use_up_the_day()
    answer = books.get("/Accounts")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "day")
    assert int(answer.headers["Retry-After"]) > 20 * 3600
    sandbox.world.clock.advance(24 * 3600)
    with xero.opened(sandbox) as later:
        assert later.get("/Accounts").headers["X-DayLimit-Remaining"] == "4999"


def test_a_sixth_call_at_once_is_refused(sandbox: Sandbox, books: httpx.Client) -> None:
    async def stalled(release: asyncio.Event) -> Any:
        yield b'{"Contacts": ['
        await release.wait()
        yield b'{"Name": "Slow"}]}'

    async def race() -> tuple[int, list[int]]:
        release = asyncio.Event()
        async with httpx.AsyncClient(base_url=books.base_url, headers=books.headers, timeout=20) as client:
            waiting = [asyncio.create_task(client.post("/Contacts", content=stalled(release))) for _ in range(5)]
            while sandbox.world.state("xero")["limits"]._running < 5:
                await asyncio.sleep(0.01)
            sixth = await client.get("/Accounts")
            release.set()
            return sixth.status_code, [answer.status_code for answer in await asyncio.gather(*waiting)]

    sixth, others = asyncio.run(race())
    assert sixth == 429
    assert others.count(200) == 1


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_repeats_the_answer_under_its_token_and_is_unknown_to_the_next(
    sandbox: Sandbox, books: httpx.Client
) -> None:
    body = xero.bank_transaction()
    first = put(books, "BankTransactions", body, key="k-1")
    assert put(books, "BankTransactions", body, key="k-1") == first
    assert sandbox.world.effects.count("xero", "bank_transaction_created") == 1
    with xero.opened(sandbox) as renewed:
        put(renewed, "BankTransactions", body, key="k-1")
    assert sandbox.world.effects.count("xero", "bank_transaction_created") == 2


def test_a_key_is_forgotten_after_a_day_and_refused_for_another_body(sandbox: Sandbox, books: httpx.Client) -> None:
    put(books, "BankTransactions", xero.bank_transaction(), key="k-1")
    other = {"BankTransactions": [xero.bank_transaction("another")]}
    refused = books.put("/BankTransactions", json=other, params=ONE_BY_ONE, headers={"Idempotency-Key": "k-1"})
    assert refused.status_code == 400
    long = books.put("/BankTransactions", json=other, headers={"Idempotency-Key": "k" * 129})
    assert long.status_code == 400


# --- records ----------------------------------------------------------------------------------------------------------


def test_put_creates_only_and_post_updates_what_bears_the_number(sandbox: Sandbox, books: httpx.Client) -> None:
    (made,) = put(books, "Invoices", xero.invoice())
    (refused,) = put(books, "Invoices", xero.invoice())
    assert (refused["StatusAttributeString"], why(refused)) == ("ERROR", "Invoice # must be unique.")
    (changed,) = books.post("/Invoices", json=xero.invoice(Reference="PO 8")).json()["Invoices"]
    assert (changed["InvoiceID"], changed["Reference"]) == (made["InvoiceID"], "PO 8")
    assert sandbox.world.effects.summary()["xero"] == {"contact_created": 1, "invoice_created": 1, "invoice_updated": 1}


def test_a_bad_record_is_told_alone_and_the_others_are_made(books: httpx.Client) -> None:
    bad = xero.invoice("1002", LineItems=[xero.line(account="8888")])
    told = put(books, "Invoices", xero.invoice("1001"), bad, xero.invoice("1003"))
    assert [one["StatusAttributeString"] for one in told] == ["OK", "ERROR", "OK"]
    assert why(told[1]) == "Account code '8888' is not a valid code for this document."
    summary = books.put("/Invoices", json={"Invoices": [xero.invoice("1004"), bad]})
    assert summary.status_code == 400
    assert summary.json()["Type"] == "ValidationException"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"LineItems": [xero.line(account="1100")]}, "Account code '1100' is not a valid code for this document."),
        ({"LineItems": [xero.line(tax="OUTPUT99")]}, "The TaxType code 'OUTPUT99' does not exist"),
        ({"LineItems": [xero.line(LineAmount=99.99)]}, "does not match the expected line total"),
        ({"DueDate": None}, "The due date must be specified"),
        ({"CurrencyCode": "USD"}, "Organisation is not subscribed to currency USD"),
        ({"Contact": {"ContactNumber": "nobody"}}, "The contact specified could not be found"),
        ({"LineItems": [xero.line("-5.00")]}, "The document total must be greater than or equal to zero."),
    ],
)
def test_an_invoice_xero_would_not_take_is_refused_in_its_words(
    books: httpx.Client, changes: dict[str, Any], reason: str
) -> None:
    (told,) = put(books, "Invoices", xero.invoice(**changes))
    assert reason in why(told)


@pytest.mark.parametrize(
    ("kind", "unit", "subtotal", "tax", "total"),
    [
        # 3 x 33.33 = 99.99; 19 % on top is 18.9981
        ("Exclusive", "33.33", "99.99", "19.00", "118.99"),
        # 99.99 holds 99.99 x 19 / 119 = 15.9647 of tax
        ("Inclusive", "33.33", "84.03", "15.96", "99.99"),
        ("NoTax", "33.33", "99.99", "0.00", "99.99"),
    ],
)
def test_tax_is_on_top_inside_or_none_and_rounded_by_line(
    books: httpx.Client, kind: str, unit: str, subtotal: str, tax: str, total: str
) -> None:
    (made,) = put(books, "Invoices", xero.invoice(LineAmountTypes=kind, LineItems=[xero.line(unit, Quantity=3)]))
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (float(subtotal), float(tax), float(total))


def test_payments_and_credit_notes_settle_an_invoice_and_taking_one_back_opens_it(books: httpx.Client) -> None:
    put(books, "Invoices", xero.invoice())
    (note,) = put(books, "CreditNotes", xero.credit_note(LineItems=[xero.line("10.00")]))
    pay = {"Invoice": {"InvoiceNumber": "1001"}, "Account": {"Code": "1100"}, "Date": "2026-10-09", "Amount": 107.1}
    (paid,) = put(books, "Payments", pay)
    assert paid["PaymentType"] == "ACCRECPAYMENT"
    allocation = {"Invoice": {"InvoiceNumber": "1001"}, "Amount": 11.9, "Date": "2026-10-09"}
    assert books.put(f"/CreditNotes/{note['CreditNoteID']}/Allocations", json={"Allocations": [allocation]}).is_success
    (invoice,) = books.get("/Invoices/1001").json()["Invoices"]
    assert (invoice["Status"], invoice["AmountPaid"], invoice["AmountCredited"]) == ("PAID", 107.1, 11.9)
    (refused,) = put(books, "Payments", pay)
    assert "Authorised" in why(refused)
    assert books.post(f"/Payments/{paid['PaymentID']}", json={"Status": "DELETED"}).is_success
    (invoice,) = books.get("/Invoices/1001").json()["Invoices"]
    assert (invoice["Status"], invoice["AmountDue"]) == ("AUTHORISED", 107.1)


def test_a_paid_invoice_can_not_be_edited_and_a_voided_one_frees_its_number(
    sandbox: Sandbox, books: httpx.Client
) -> None:
    put(books, "Invoices", xero.invoice())
    put(books, "Payments", {"Invoice": {"InvoiceNumber": "1001"}, "Account": {"Code": "1100"}, "Amount": 1})
    refused = books.post("/Invoices/1001", json={"Status": "VOIDED"})
    assert refused.status_code == 400
    put(books, "Invoices", xero.invoice("1002"))
    people.end(held(sandbox), "Invoices", "1002")
    assert put(books, "Invoices", xero.invoice("1002"))[0]["StatusAttributeString"] == "OK"
    rows = books.get("/Invoices", params={"InvoiceNumbers": "1002"}).json()["Invoices"]
    assert sorted(row["Status"] for row in rows) == ["AUTHORISED", "VOIDED"]


def test_nothing_is_written_into_or_taken_out_of_a_locked_period(sandbox: Sandbox, books: httpx.Client) -> None:
    put(books, "Invoices", xero.invoice())
    put(books, "BankTransactions", xero.bank_transaction())
    held(sandbox).period_lock_date = date(2026, 10, 31)
    for name, body in (
        ("Invoices", xero.invoice("1002")),
        ("BankTransactions", xero.bank_transaction("another")),
        ("BankTransfers", xero.transfer()),
        ("ManualJournals", xero.manual_journal()),
        (
            "Payments",
            {"Invoice": {"InvoiceNumber": "1001"}, "Account": {"Code": "1100"}, "Date": "2026-10-09", "Amount": 1},
        ),
    ):
        (told,) = put(books, name, body)
        assert "locked period" in why(told), name
    assert "locked period" in books.post("/Invoices/1001", json={"Status": "VOIDED"}).text
    assert books.get("/Organisation").json()["Organisations"][0]["PeriodLockDate"].startswith("/Date(")


# --- reading ----------------------------------------------------------------------------------------------------------


def test_lists_are_paged_filtered_and_read_since_a_moment(sandbox: Sandbox, books: httpx.Client) -> None:
    put(books, "Invoices", *[xero.invoice(str(1000 + at)) for at in range(1, 6)])
    first = books.get("/Invoices", params={"page": 1, "pageSize": 2, "order": "InvoiceNumber"}).json()
    assert first["pagination"] == {"page": 1, "pageSize": 2, "pageCount": 3, "itemCount": 5}
    assert [row["InvoiceNumber"] for row in first["Invoices"]] == ["1001", "1002"]
    where = {"where": 'InvoiceNumber=="1003" AND Date==DateTime(2026,10,05)'}
    assert [row["InvoiceNumber"] for row in books.get("/Invoices", params=where).json()["Invoices"]] == ["1003"]
    sandbox.world.clock.advance(600)
    since = sandbox.world.clock.now().isoformat()
    people.edit(held(sandbox), "Invoices", "1004", Reference="by hand")
    (changed,) = books.get("/Invoices", headers={"If-Modified-Since": since}, params={"page": 1}).json()["Invoices"]
    assert (changed["InvoiceNumber"], changed["Reference"]) == ("1004", "by hand")


def test_a_filter_on_the_reference_of_a_bank_transaction_finds_nothing(books: httpx.Client) -> None:
    put(books, "BankTransactions", xero.bank_transaction("je:1"))
    assert books.get("/BankTransactions", params={"where": 'Reference=="je:1"'}).json()["BankTransactions"] == []
    by_day = books.get("/BankTransactions", params={"where": "Date==DateTime(2026,10,06)", "page": 1}).json()
    assert [row["Reference"] for row in by_day["BankTransactions"]] == ["je:1"]


def test_every_document_stands_in_the_journal_and_an_edit_reverses_what_stood(
    sandbox: Sandbox, books: httpx.Client
) -> None:
    put(books, "Invoices", xero.invoice())
    put(books, "BankTransactions", xero.bank_transaction())
    put(books, "BankTransfers", xero.transfer())
    put(books, "ManualJournals", xero.manual_journal())
    people.edit(held(sandbox), "Invoices", "1001", LineItems=[xero.line("90.00") | {"UnitAmount": Decimal("90.00")}])
    journals = books.get("/Journals").json()["Journals"]
    assert [journal["SourceType"] for journal in journals] == [
        "ACCREC", "CASHPAID", "TRANSFER", "MANJOURNAL", "ACCREC", "ACCREC",
    ]  # fmt: skip
    for journal in journals:
        assert sum(Decimal(str(line["NetAmount"])) for line in journal["JournalLines"]) == 0
    assert [row["JournalNumber"] for row in books.get("/Journals", params={"offset": 4}).json()["Journals"]] == [5, 6]
    balances: dict[str, Decimal] = {}
    for journal in journals:
        for line in journal["JournalLines"]:
            balances[line["AccountCode"]] = balances.get(line["AccountCode"], Decimal(0)) + Decimal(
                str(line["NetAmount"])
            )
    assert balances["1200"] == Decimal("107.1")
    report = books.get("/Reports/TrialBalance", params={"date": "2026-10-31"}).json()["Reports"][0]
    told = {
        row["Cells"][0]["Value"]: [cell["Value"] for cell in row["Cells"][3:]]
        for section in report["Rows"][1:]
        for row in section["Rows"]
    }
    assert told["Accounts receivable (1200)"] == ["107.10", ""]
    # 50.25 to the bank and 3.58 of fee
    assert told["Payment clearing (1100)"] == ["", "53.83"]
    # The receivable, the bank, the fee and what was sold less what is deferred: both sides hold 180.93.
    assert told["Total"][0] == told["Total"][1]


def test_people_at_the_screen_are_no_effect_of_ours(sandbox: Sandbox, books: httpx.Client) -> None:
    typed = xero.invoice("H-1") | {"LineItems": [xero.line() | {"UnitAmount": Decimal("100.00")}]}
    people.type_in(held(sandbox), "Invoices", **typed)
    people.copy(held(sandbox), "Invoices", "H-1", InvoiceNumber="H-2")
    people.end(held(sandbox), "Invoices", "H-1")
    assert "invoice_created" not in sandbox.world.effects.summary().get("xero", {})
    assert {row["InvoiceNumber"]: row["Status"] for row in books.get("/Invoices").json()["Invoices"]} == {
        "H-1": "VOIDED", "H-2": "AUTHORISED",
    }  # fmt: skip
