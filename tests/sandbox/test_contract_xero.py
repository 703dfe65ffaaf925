"""The Xero twin's answers and the bodies it takes, judged by the vendor's own OpenAPI files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import Sandbox
from tests.sandbox import xero_client as xero
from tests.sandbox.openapi_contract import Contract, contract

WRITES: dict[str, dict[str, Any]] = {
    "Contacts": {"Name": "Kontor GmbH", "ContactNumber": "c-1", "EmailAddress": "kontor@example.com"},
    "Invoices": xero.invoice(),
    "CreditNotes": xero.credit_note(),
    "BankTransactions": xero.bank_transaction(),
    "BankTransfers": xero.transfer(),
    "ManualJournals": xero.manual_journal(),
    "Payments": {
        "Invoice": {"InvoiceNumber": "1001"},
        "Account": {"Code": "1100"},
        "Date": "2026-10-09",
        "Amount": 19.00,
        "Reference": "je:europe:payment",
    },
}
LISTS = (*WRITES, "Accounts", "TaxRates", "Organisation", "Journals")


@pytest.fixture(scope="module")
def judge() -> Contract:
    return contract("xero/xero_accounting.yaml")


@pytest.fixture(scope="module")
def books() -> Iterator[httpx.Client]:
    with Sandbox() as sandbox, xero.opened(sandbox) as client:
        for name, body in WRITES.items():
            answer = client.put(f"/{name}", json={name: [body]}, params={"summarizeErrors": "false"})
            assert answer.status_code == 200, answer.text
            assert not answer.json()[name][0].get("ValidationErrors"), answer.text
        sandbox.world.state("xero")["limits"].minute.refill()
        yield client


@pytest.mark.parametrize("name", LISTS)
def test_lists_conform(judge: Contract, books: httpx.Client, name: str) -> None:
    answer = books.get(f"/{name}")
    rows = answer.json()["Organisations" if name == "Organisation" else name]
    assert rows
    assert judge.problems_of_answer("GET", f"/{name}", 200, answer.json()) == []


@pytest.mark.parametrize("name", WRITES)
def test_the_bodies_our_tests_send_and_their_answers_conform(judge: Contract, books: httpx.Client, name: str) -> None:
    body = {key: value for key, value in WRITES[name].items() if value is not None}
    assert judge.problems_of_body("PUT", f"/{name}", {name: [body]}) == []
    refused = books.put(
        f"/{name}", json={name: [{**body, "Date": "2026-10-05", "Name": "Kontor GmbH"} | _broken(name)]}
    )
    assert refused.status_code == 400
    assert judge.problems_of_answer("PUT", f"/{name}", 400, refused.json()) == []


def _broken(name: str) -> dict[str, Any]:
    return {"Payments": {"Amount": 9999}, "Contacts": {}, "BankTransfers": {"Amount": -1}}.get(
        name, {"LineItems": [], "JournalLines": []}
    )


def test_the_trial_balance_conforms(judge: Contract, books: httpx.Client) -> None:
    answer = books.get("/Reports/TrialBalance", params={"date": "2026-10-31"})
    assert judge.problems_of_query("GET", "/Reports/TrialBalance", {"date": "2026-10-31"}) == []
    assert judge.problems_of_answer("GET", "/Reports/TrialBalance", 200, answer.json()) == []


def test_allocations_conform(judge: Contract, books: httpx.Client) -> None:
    note = books.get("/CreditNotes").json()["CreditNotes"][0]["CreditNoteID"]
    body = {"Allocations": [{"Invoice": {"InvoiceNumber": "1001"}, "Amount": 10.0, "Date": "2026-10-10"}]}
    path = f"/CreditNotes/{note}/Allocations"
    assert judge.problems_of_body("PUT", path, body) == []
    answer = books.put(path, json=body)
    assert answer.status_code == 200, answer.text
    assert judge.problems_of_answer("PUT", path, 200, answer.json()) == []


def test_connections_conform(books: httpx.Client) -> None:
    identity = contract("xero/xero-identity.yaml")
    answer = httpx.get(str(books.base_url).replace("api.xro/2.0/", "connections"), headers=dict(books.headers))
    assert identity.problems_of_answer("GET", "/Connections", 200, answer.json()) == []


@pytest.mark.parametrize(
    "name", ["Invoices", "CreditNotes", "Payments", "BankTransactions", "ManualJournals", "Contacts"]
)
def test_what_the_twin_lets_lists_be_asked_is_in_the_contract(judge: Contract, name: str) -> None:
    asked = {"page": "1", "pageSize": "100", "where": 'Status=="AUTHORISED"', "order": "UpdatedDateUTC"}
    assert judge.problems_of_query("GET", f"/{name}", asked) == []


def test_the_judge_sees_a_wrong_type_and_an_unknown_word(judge: Contract, books: httpx.Client) -> None:
    (invoice,) = books.get("/Invoices", params={"InvoiceNumbers": "1001"}).json()["Invoices"]
    assert judge.problems(invoice, "Invoice") == []
    assert judge.problems({**invoice, "Total": "119"}, "Invoice")
    assert judge.problems({**invoice, "Status": "Paid"}, "Invoice")
