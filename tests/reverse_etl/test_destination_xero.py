"""Xero as a destination: what its documents look like, several to a request, and tokens that are fetched when needed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import httpx
import pybreaker
import pytest

from reverse_etl import destinations, money
from reverse_etl.client import DestinationClient
from reverse_etl.destination import Answer, Request
from reverse_etl.destinations.xero.api import contact_number
from reverse_etl.errors import InDoubt, Kind, RejectedRecord, StopSync
from reverse_etl.settings import Connection
from tests.reverse_etl.destination_cases import KEY, REFERENCES, XERO, batch, one, outcomes, request, write
from tests.sandbox.openapi_contract import contract

server = pytest.importorskip("sandbox.server")
XERO_DESTINATION = destinations.load("xero")


@pytest.mark.parametrize("name", XERO)
def test_every_body_is_what_the_vendor_s_contract_takes(name):
    judge = contract("xero/xero_accounting.yaml")
    sent = request(name)
    path = sent.path.removeprefix("/api.xro/2.0")
    assert judge.problems_of_body(sent.method, path, sent.json) == []
    assert judge.problems_of_query(sent.method, path, dict(sent.params)) == []
    asked = write(name).read_back.encode(batch(name)[0], REFERENCES)
    assert judge.problems_of_query("GET", asked.path.removeprefix("/api.xro/2.0"), dict(asked.params)) == []


def test_amounts_are_written_at_net_with_the_tax_that_was_charged():
    delivery = one("xero__invoices")
    lines = (
        {
            "account_number": "4000",
            "line_description": "Mug",
            "line_amount_minor": 10000,
            "tax_code": "OUTPUT",
            "line_tax_minor": 1900,
        },
    )
    (sent,) = write("xero__invoices").encode([replace(delivery, lines=lines)], KEY, REFERENCES).json["Invoices"]
    assert sent["LineAmountTypes"] == "Exclusive"
    assert sent["LineItems"] == [
        {"Description": "Mug", "Quantity": 1, "UnitAmount": money.major(10000, "EUR"), "AccountCode": "4000",
         "TaxType": "OUTPUT", "TaxAmount": Decimal("19.00")}
    ]  # fmt: skip


def test_the_purchase_order_stands_before_our_key_and_never_pushes_it_out():
    assert _reference(po_number="4711") == "4711 | record-0"
    assert _reference(po_number=None) == "record-0"
    long = _reference(po_number="7" * 400)
    assert long.endswith(" | record-0")
    assert len(long) <= 255


def _reference(**changed):
    (sent,) = write("xero__invoices").encode([one("xero__invoices", **changed)], KEY, REFERENCES).json["Invoices"]
    return sent["Reference"]


def test_a_key_is_ours_only_as_a_whole():
    other = {"InvoiceID": "9", "InvoiceNumber": "#1042", "Reference": "7 | other-record-0", "Status": "AUTHORISED"}
    found = write("xero__invoices").look_up.found(batch("xero__invoices")[0], Answer(200, {"Invoices": [other]}))
    assert (found.result, found.code) == ("rejected", "number_taken")
    voided = Answer(200, {"Invoices": [{**other, "Status": "VOIDED"}]})
    assert write("xero__invoices").look_up.found(batch("xero__invoices")[0], voided) is None


def test_a_document_of_ours_that_a_person_voided_was_made_and_is_not_there():
    mine = {"InvoiceID": "9", "InvoiceNumber": "#1042", "Reference": "record-0", "Status": "VOIDED"}
    answer = Answer(200, {"Invoices": [mine]})
    delivery = batch("xero__invoices")[0]
    assert write("xero__invoices").look_up.found(delivery, answer).result == "accepted"
    assert write("xero__invoices").read_back.read(delivery, answer) is None


def test_each_record_of_a_request_has_its_own_outcome():
    rows = [
        {"PaymentID": "p-2", "Reference": "record-2", "StatusAttributeString": "OK"},
        {"Reference": "record-0", "StatusAttributeString": "ERROR",
         "ValidationErrors": [{"Message": "Payment amount exceeds the amount outstanding on this document"}]},
    ]  # fmt: skip
    told = outcomes("xero__payments", 3, 200, {"Payments": rows})
    assert [outcome.result for outcome in told.values()] == ["rejected", "in_doubt", "accepted"]
    assert (told["record-0"].code, told["record-0"].kind) == ("overpaid", Kind.CONFLICT)


def test_many_records_that_fail_for_one_account_or_lock_have_one_cause():
    def cause(message):
        row = {"Reference": "record-0", "StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": message}]}
        (told,) = outcomes("xero__payments", 1, 200, {"Payments": [row]}).values()
        return told.code, told.cause

    assert cause("Account code '8888' is not a valid code for this document.") == ("missing_account", "account 8888")
    assert cause("The document date cannot be before the end of the locked period") == (
        "period_locked", "the lock date of the books",
    )  # fmt: skip
    assert cause("A sentence nobody has seen") == ("http_200", None)


def test_a_company_the_books_do_not_know_is_refused_before_anything_is_sent():
    with pytest.raises(RejectedRecord) as caught:
        write("xero__invoices").encode(batch("xero__invoices"), KEY, {"customers": {}})
    assert (caught.value.code, caught.value.cause) == ("missing_customer", "customer customer:main:ann")


def test_a_full_day_of_transactions_may_hide_ours_on_the_next_page():
    rows = [{"BankTransactionID": str(at), "Reference": "another"} for at in range(1000)]
    with pytest.raises(Exception, match="can not be read"):
        write("xero__receipts").look_up.found(batch("xero__receipts")[0], Answer(200, {"BankTransactions": rows}))


def test_long_contact_numbers_are_cut_without_meeting():
    numbers = {contact_number(f"customer:europe:{'gesellschaft ' * 6}{at}") for at in "AB"}
    assert len(numbers) == 2
    assert all(len(number) <= 50 for number in numbers)


# --- tokens -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sandbox():
    with server.Sandbox(port=0, seed=7, orders=60) as started:
        yield started


def client(sandbox, **changed):
    names = server.EUROPE_CREDENTIALS["xero"] | changed
    connection = Connection("xero", f"{sandbox.url}/xero", names)
    return DestinationClient(XERO_DESTINATION, connection, pybreaker.CircuitBreaker())


async def _ask(asking, times=1):
    answers = []
    for _ in range(times):
        await asking.turn()
        answers.append(await asking.send(Request("GET", "/api.xro/2.0/TaxRates")))
    return answers


def test_one_token_serves_a_push_and_a_refused_one_is_replaced_by_the_next_request(sandbox):
    tokens = sandbox.world.state("xero")["tokens"]

    async def push():
        async with client(sandbox) as asking:
            first = await _ask(asking, 2)
            tokens.expire()
            return first + await _ask(asking, 2)

    assert [answer.status for answer in asyncio.run(push())] == [200, 200, 401, 200]
    assert tokens._given == 2


def test_credentials_that_are_refused_stop_the_push_and_stand_in_no_message(sandbox):
    async def push():
        async with client(sandbox, client_secret="wrong-secret-of-ours") as asking:
            await _ask(asking)

    with pytest.raises(StopSync) as caught:
        asyncio.run(push())
    assert (caught.value.kind, caught.value.code) == (Kind.AUTH, "auth")
    assert "wrong-secret" not in str(caught.value)


def test_a_key_under_another_token_is_another_key_so_doubts_are_looked_up(sandbox):
    """The reason why a doubt is never sent again under its key: two processes, one key, two documents."""
    sent = write("xero__bank_transactions").encode([one("xero__bank_transactions")], KEY, REFERENCES)

    async def push():
        async with client(sandbox) as asking:
            await asking.turn()
            return await asking.send(sent)

    for _ in range(2):
        assert asyncio.run(push()).status == 200
    assert sandbox.world.effects.count("xero", "bank_transaction_created") == 2


def test_a_put_whose_answer_is_lost_is_a_doubt_and_not_sent_again_behind_our_back(sandbox):
    """On a kept connection the HTTP library would send it once more."""
    sent = write("xero__bank_transactions").encode([one("xero__bank_transactions")], KEY, REFERENCES)

    async def push():
        async with client(sandbox) as asking:
            await _ask(asking)
            before = sandbox.world.state("xero")["calls"]
            sandbox.world.faults.arm("reply_lost", "xero", method="PUT", count=1)
            await asking.turn()
            with pytest.raises(InDoubt):
                await asking.send(sent)
            return sandbox.world.state("xero")["calls"] - before

    assert asyncio.run(push()) == 1


def test_the_token_service_of_the_vendor_has_a_host_of_its_own():
    where = XERO_DESTINATION.grant.url
    assert where("https://api.xero.com") == "https://identity.xero.com/connect/token"
    assert httpx.URL(where("http://127.0.0.1:1/xero")).path == "/xero/connect/token"
