"""The twin's rules of money received: what a payment may settle, what a deposit may bank, what a closed day refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from sandbox.decimal_json import loads
from sandbox.server import CREDENTIALS, Sandbox

NAMES = CREDENTIALS["quickbooks"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def books(sandbox: Sandbox) -> Iterator[httpx.Client]:
    address = f"{sandbox.base_urls['quickbooks']}/v3/company/{NAMES['realm_id']}"
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {NAMES['access_token']}"}) as client:
        yield client


def post(client: httpx.Client, entity: str, body: dict[str, Any], **params: str) -> dict[str, Any]:
    answer = client.post(f"/{entity.lower()}", json=body, params=params)
    assert answer.status_code == 200, answer.text
    record: dict[str, Any] = loads(answer.content)[entity]
    return record


def refused(client: httpx.Client, entity: str, body: dict[str, Any]) -> str:
    answer = client.post(f"/{entity.lower()}", json=body)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["Fault"]["Error"][0]["code"])


def read(client: httpx.Client, entity: str, key: str) -> dict[str, Any]:
    record: dict[str, Any] = loads(client.get(f"/{entity.lower()}/{key}").content)[entity]
    return record


def sold(amount: int) -> list[dict[str, Any]]:
    item = {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": amount}
    return [{"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": item}]


def company(client: httpx.Client, name: str) -> dict[str, str]:
    return {"value": post(client, "Customer", {"DisplayName": name, "SalesTermRef": {"value": "3"}})["Id"]}


def settles(kind: str, key: str, amount: float) -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": key, "TxnType": kind}]}


def test_a_payment_lowers_what_the_invoice_owes_and_keeps_the_rest(books: httpx.Client) -> None:
    customer = company(books, "Pays Well")
    invoice = post(books, "Invoice", {"CustomerRef": customer, "Line": sold(100)})
    assert invoice["Balance"] == 100
    paid = {"CustomerRef": customer, "TotalAmt": 120, "Line": [settles("Invoice", invoice["Id"], 100)]}
    payment = post(books, "Payment", paid)
    assert (payment["TotalAmt"], payment["UnappliedAmt"]) == (120, 20)
    after = read(books, "Invoice", invoice["Id"])
    assert (after["Balance"], after["SyncToken"]) == (0, "1")


def test_a_credit_is_used_up_by_a_payment_of_nothing(books: httpx.Client) -> None:
    customer = company(books, "Returns Some")
    invoice = post(books, "Invoice", {"CustomerRef": customer, "Line": sold(100)})
    credit = post(books, "CreditMemo", {"CustomerRef": customer, "Line": sold(30)})
    lines = [settles("Invoice", invoice["Id"], 30), settles("CreditMemo", credit["Id"], 30)]
    assert post(books, "Payment", {"CustomerRef": customer, "TotalAmt": 0, "Line": lines})["UnappliedAmt"] == 0
    assert read(books, "Invoice", invoice["Id"])["Balance"] == 70
    assert read(books, "CreditMemo", credit["Id"])["Balance"] == 0


def test_nothing_is_settled_beyond_its_balance_by_another_company_or_without_the_money(books: httpx.Client) -> None:
    customer, other = company(books, "Owes"), company(books, "Somebody Else")
    invoice = post(books, "Invoice", {"CustomerRef": customer, "Line": sold(100)})
    lines = [settles("Invoice", invoice["Id"], 101)]
    assert refused(books, "Payment", {"CustomerRef": customer, "TotalAmt": 200, "Line": lines}) == "6000"
    lines = [settles("Invoice", invoice["Id"], 100)]
    assert refused(books, "Payment", {"CustomerRef": other, "TotalAmt": 100, "Line": lines}) == "6000"
    assert refused(books, "Payment", {"CustomerRef": customer, "TotalAmt": 99, "Line": lines}) == "6000"
    assert (
        refused(books, "Payment", {"CustomerRef": customer, "TotalAmt": 9, "Line": [settles("Invoice", "7", 9)]})
        == "2500"
    )
    assert read(books, "Invoice", invoice["Id"])["Balance"] == 100


def test_a_payment_is_banked_once_whole_and_out_of_undeposited_funds(books: httpx.Client) -> None:
    customer = company(books, "Transfers")
    accounts = {row["AcctNum"]: {"value": row["Id"]} for row in loads(
        books.get("/query", params={"query": "select * from Account"}).content)["QueryResponse"]["Account"]}  # fmt: skip
    waiting = post(books, "Payment", {"CustomerRef": customer, "TotalAmt": 50, "DepositToAccountRef": accounts["1140"]})
    elsewhere = post(
        books, "Payment", {"CustomerRef": customer, "TotalAmt": 50, "DepositToAccountRef": accounts["1100"]}
    )

    def deposit(payment: dict[str, Any], amount: int) -> dict[str, Any]:
        return {"DepositToAccountRef": accounts["1000"], "Line": [settles("Payment", payment["Id"], amount)]}

    assert refused(books, "Deposit", deposit(waiting, 49)) == "6000"
    assert refused(books, "Deposit", deposit(elsewhere, 50)) == "6000"
    assert post(books, "Deposit", deposit(waiting, 50))["TotalAmt"] == 50
    assert refused(books, "Deposit", deposit(waiting, 50)) == "6000"


def test_a_company_that_was_made_inactive_gets_no_invoice_and_is_in_no_plain_query(books: httpx.Client) -> None:
    customer = post(books, "Customer", {"DisplayName": "Gone Away"})
    hidden = {"Id": customer["Id"], "SyncToken": "0", "sparse": True, "Active": False}
    post(books, "Customer", hidden)
    assert refused(books, "Invoice", {"CustomerRef": {"value": customer["Id"]}, "Line": sold(1)}) == "610"
    plain = "select * from Customer where DisplayName = 'Gone Away'"
    assert loads(books.get("/query", params={"query": plain}).content)["QueryResponse"] == {}
    everyone = f"{plain} and Active in (true, false)"
    assert loads(books.get("/query", params={"query": everyone}).content)["QueryResponse"]["Customer"]


def test_a_day_that_is_closed_takes_no_document_and_gives_none_back(sandbox: Sandbox, books: httpx.Client) -> None:
    customer = company(books, "Late")
    body = {"CustomerRef": customer, "TxnDate": "2026-09-30", "Line": sold(1)}
    invoice = post(books, "Invoice", body)
    state = sandbox.world.state("quickbooks")["books"]
    state.closing_date = date(2026, 9, 30)
    try:
        assert refused(books, "Invoice", body) == "6210"
        gone = {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"]}
        answer = books.post("/invoice", params={"operation": "delete"}, json=gone)
        assert answer.json()["Fault"]["Error"][0]["code"] == "6210"
        assert post(books, "Invoice", {**body, "TxnDate": "2026-10-01"})["TxnDate"] == "2026-10-01"
    finally:
        state.closing_date = None
