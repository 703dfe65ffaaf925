"""Customer, invoice, credit note, payment, deposit: each waits for what it names, and the twin counts each once."""

from __future__ import annotations

import itertools

import httpx
import pytest

from tests.reverse_etl import books_chain
from tests.reverse_etl.books_chain import SYNCS
from tests.reverse_etl.conftest import Turn, settings_for
from tests.reverse_etl.sudden_death import DEATHS, die_at

server = pytest.importorskip("sandbox.server")
KINDS = ("customer", "invoice", "credit_memo", "payment", "deposit")


@pytest.fixture(scope="module")
def sandbox():
    with server.Sandbox(port=0, seed=7, orders=60) as started:
        yield started


@pytest.fixture(scope="module")
def counter():
    return itertools.count(1)


@pytest.fixture
def names(counter):
    """Two companies and their invoices' numbers that no other test has used."""
    mine = next(counter)
    return {f"Harbor Hotels {mine}": f"B-{mine}-1", f"Lakeside Spa {mine}": f"B-{mine}-2"}


@pytest.fixture
def turn(sandbox, tmp_path):
    sandbox.world.effects.clear()
    sandbox.world.faults.clear()
    made = Turn(None, tmp_path)
    named = server.CREDENTIALS["quickbooks"]
    values = {f"destinations.quickbooks.{name}": value for name, value in named.items()}
    made.settings = settings_for("", tmp_path)
    made.settings.values.update(values | {"destinations.quickbooks.base_url": sandbox.base_urls["quickbooks"]})
    yield made
    made.ledger.close()


def push_all(turn) -> dict[str, object]:
    """Plans everything, then pushes in the order of the graph, as the demo and a schedule do."""
    plans = {sync: turn.plan(sync) for sync in SYNCS}
    return {sync: turn.push(plan) for sync, plan in plans.items()}


def made(sandbox) -> dict[str, int]:
    counts = sandbox.world.effects.summary().get("quickbooks", {})
    return {kind: counts.get(f"{kind}_created", 0) for kind in KINDS}


def held(sandbox, entity: str, field: str, value: str) -> dict:
    company = f"{sandbox.base_urls['quickbooks']}/v3/company/{server.CREDENTIALS['quickbooks']['realm_id']}"
    headers = {"Authorization": f"Bearer {server.CREDENTIALS['quickbooks']['access_token']}"}
    query = f"select * from {entity} where {field} = '{value}'"
    found = httpx.get(f"{company}/query", params={"query": query}, headers=headers).json()["QueryResponse"][entity]
    assert len(found) == 1
    return found[0]


def test_one_turn_brings_the_whole_chain_into_the_books_and_the_next_has_nothing_to_do(sandbox, turn, names):
    books_chain.chain(turn.warehouse, names)
    results = push_all(turn)
    assert {sync: result.accepted for sync, result in results.items()} == dict.fromkeys(SYNCS, 2)
    assert made(sandbox) == dict.fromkeys(KINDS, 2)
    company, number = next(iter(names.items()))
    invoice = held(sandbox, "Invoice", "DocNumber", number)
    # 108.00 is settled by 105.84 of money and a credit of 2.16.
    assert (invoice["Balance"], invoice["DueDate"], invoice["SalesTermRef"]["name"]) == (0.0, "2026-11-04", "Net 30")
    assert invoice["CustomerRef"]["name"] == company
    assert held(sandbox, "CreditMemo", "DocNumber", f"{number}-D1")["Balance"] == 0.0
    books = sandbox.world.state("quickbooks")["books"]
    [payment] = [row for row in books.records("Payment") if row["PrivateNote"] == f"je:main:{number}:received:0"]
    assert (float(payment["TotalAmt"]), float(payment["UnappliedAmt"])) == (105.84, 0.0)
    [deposit] = [row for row in books.records("Deposit") if row["PrivateNote"] == f"je:main:{number}:banked:0"]
    # The bank's line: 105.84 on the invoice and 1.00 beyond it.
    assert float(deposit["TotalAmt"]) == 106.84
    assert [turn.plan(sync).deliveries for sync in SYNCS] == [()] * 5


def test_a_document_that_fails_stops_its_own_chain_and_no_other(sandbox, turn, names):
    number = next(iter(names.values()))
    taken = {"DocNumber": number, "CustomerRef": {"value": _customer_id(sandbox)}, "Line": [_product()]}
    _post(sandbox, "invoice", taken)
    sandbox.world.effects.clear()
    books_chain.chain(turn.warehouse, names)
    results = push_all(turn)
    assert (results["quickbooks__invoices"].accepted, results["quickbooks__invoices"].rejected) == (1, 1)
    for sync in SYNCS[2:]:
        assert (results[sync].accepted, results[sync].waiting) == (1, 1), sync
    assert made(sandbox) == {"customer": 2, "invoice": 1, "credit_memo": 1, "payment": 1, "deposit": 1}
    waiting = [row.message for row in _exceptions(turn) if row.code == "waiting_for_upstream"]
    assert len(waiting) == 3
    assert all(f"je:main:{number}:" in said for said in waiting)


FAULTS = [
    "reply_lost", "500_after",
    *(pytest.param(fault, marks=pytest.mark.proof) for fault in ("request_lost", "429", "garbage")),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_every_document_of_the_chain_is_made_once_whatever_happens_on_the_way(sandbox, turn, names, fault):
    books_chain.chain(turn.warehouse, names)
    for sync in SYNCS:
        plan = turn.plan(sync)
        sandbox.world.faults.arm(fault, "quickbooks", method="POST", count=1)
        turn.push(plan)
        sandbox.world.faults.clear()
    assert made(sandbox) == dict.fromkeys(KINDS, 2)
    assert [turn.plan(sync).deliveries for sync in SYNCS] == [()] * 5


@pytest.mark.parametrize("step", [pytest.param("written_ahead", marks=pytest.mark.proof), "answered"])
@pytest.mark.parametrize("victim", SYNCS)
def test_a_crash_anywhere_in_the_chain_leaves_one_of_each_document_in_the_end(sandbox, turn, names, victim, step):
    books_chain.chain(turn.warehouse, dict(list(names.items())[:1]))

    for sync in SYNCS[: SYNCS.index(victim)]:
        turn.push(turn.plan(sync))
    with pytest.raises(DEATHS):
        turn.push(turn.plan(victim), step=die_at(step))
    for _ in range(2):
        push_all(turn)
    assert made(sandbox) == dict.fromkeys(KINDS, 1)
    assert held(sandbox, "Invoice", "DocNumber", next(iter(names.values())))["Balance"] == 0.0


def test_the_id_of_an_invoice_entered_by_hand_comes_from_the_warehouse_and_is_asked_for_before(sandbox, turn, names):
    """Whoever hands a document off may bring no id back: then what follows says so, until a refresh has read it."""
    company, number = next(iter(names.items()))
    books_chain.fill(turn.warehouse, SYNCS[0], books_chain.customer(company))
    turn.push(turn.plan(SYNCS[0]))
    typed = {"DocNumber": number, "CustomerRef": {"value": _customer_id(sandbox, company)}, "Line": [_product(108)]}
    invoice = _post(sandbox, "invoice", typed)["Invoice"]
    rows = books_chain.payment(company, number, credited=False)
    books_chain.fill(turn.warehouse, "quickbooks__payments", [row | {"invoice_key": None} for row in rows])
    refused = turn.push(turn.plan("quickbooks__payments"))
    assert (refused.accepted, refused.rejected) == (0, 1)
    assert {row.code for row in _exceptions(turn)} == {"missing_document"}
    rows = books_chain.payment(company, number, invoice["Id"], credited=False)
    books_chain.fill(turn.warehouse, "quickbooks__payments", rows)
    assert turn.push(turn.plan("quickbooks__payments")).accepted == 1
    assert held(sandbox, "Invoice", "DocNumber", number)["Balance"] == 0.0


def _exceptions(turn):
    from sqlalchemy import select

    from reverse_etl.operations_tables import EXCEPTIONS

    with turn.ledger.engine.connect() as connection:
        return list(connection.execute(select(EXCEPTIONS).where(EXCEPTIONS.c.exception_status == "open")))


def _post(sandbox, path: str, body: dict) -> dict:
    company = f"{sandbox.base_urls['quickbooks']}/v3/company/{server.CREDENTIALS['quickbooks']['realm_id']}"
    headers = {"Authorization": f"Bearer {server.CREDENTIALS['quickbooks']['access_token']}"}
    answer = httpx.post(f"{company}/{path}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _customer_id(sandbox, name: str = "Riverside Inns LLC") -> str:
    return held(sandbox, "Customer", "DisplayName", name)["Id"]


def _product(amount: int = 100) -> dict:
    item = {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": amount}
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": item}
