"""Draft purchases at Cin7: what is written, what each answer means, and that the twin counts one draft, whatever happens."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from reverse_etl import engine, ownership
from reverse_etl.destination import UPSTREAM, Answer, Result
from reverse_etl.errors import InDoubt, RejectedRecord, RetryLater, StopSync
from tests.proof import activation_tables
from tests.reverse_etl.conftest import Turn
from tests.reverse_etl.destination_cases import KEY, MALFORMED, batch, one, outcomes, results, write

server = pytest.importorskip("sandbox.server")

HEADS, LINES = "cin7__draft_purchases", "cin7__draft_purchase_lines"
REFERENCE = "po:main:KIT-006:Harbor Goods Co:1"
NAMES = server.CREDENTIALS["cin7"]


@pytest.fixture(scope="module")
def running():
    with server.Sandbox(port=0, seed=7, orders=60) as started:
        yield started


@pytest.fixture
def sandbox(running):
    running.world.effects.clear()
    running.world.faults.clear()
    del running.world.purchase_orders[6:]
    return running


@pytest.fixture
def turn(sandbox, tmp_path):
    made = Turn(None, tmp_path)
    made.settings.values["destinations.cin7.base_url"] = sandbox.base_urls["cin7"]
    made.settings.values.update({f"destinations.cin7.{name}": value for name, value in NAMES.items()})
    yield made
    made.ledger.close()


@pytest.fixture
def hurried(monkeypatch):
    """The vendor's pace is proven elsewhere; here nobody waits two seconds a request."""
    from dataclasses import replace

    from reverse_etl import destinations
    from reverse_etl.destinations import cin7

    monkeypatch.setattr(
        cin7, "DESTINATION", replace(cin7.DESTINATION, pace=replace(cin7.DESTINATION.pace, requests=6e4))
    )
    destinations.load.cache_clear()
    yield
    destinations.load.cache_clear()


def note(reference):
    return f"Drafted for a person to approve [cartwheel {reference}]"


def head(reference=REFERENCE, quantity=48, minor=66_240):
    return {
        "record_key": reference, "draft_reference": reference, "supplier_name": "Harbor Goods Co",
        "platform_location_id": "Newark Warehouse", "required_date": "2026-11-15", "sku": "KIT-006",
        "order_quantity": quantity, "note": note(reference), "money_minor": minor, "currency_code": "USD",
        "reason": "1 is at or below 12", "source_key": reference,
    }  # fmt: skip


def line(reference=REFERENCE, quantity=48):
    return {
        "record_key": reference, "draft_reference": reference, "sku": "KIT-006", "title": "Spice Jar Set",
        "platform_product_id": "8a5c6f0e-1111-4c5d-9e3f-000000000006",
        "order_quantity": quantity, "unit_cost_minor": 1380, "tax_rule": "Tax Exempt", "currency_code": "USD",
        "reason": "48 of KIT-006", "source_key": reference, "upstream_key": reference,
    }  # fmt: skip


def fill(turn, *references):
    activation_tables.fill(turn.warehouse, HEADS, [head(each) for each in references])
    activation_tables.fill(turn.warehouse, LINES, [line(each) for each in references])


def drafts(sandbox):
    return sandbox.world.purchase_orders[6:]


def payload(name):
    rows = {HEADS: head(), LINES: line()}[name]
    return {field: rows[field] for field in engine.sync_named(name).fields}


def delivery(name):
    return one(name, **payload(name))


def test_a_draft_says_in_whole_numbers_and_exact_money_what_a_person_is_to_approve():
    sent = write(HEADS).encode([delivery(HEADS)], KEY, {})
    assert sent.json == {
        "Supplier": "Harbor Goods Co", "Location": "Newark Warehouse", "Approach": "STOCK", "BlindReceipt": False,
        "RequiredBy": "2026-11-15T00:00:00", "Note": note(REFERENCE),
    }  # fmt: skip
    lines = write(LINES).encode([delivery(LINES)], KEY, {UPSTREAM: {REFERENCE: "id-1"}})
    assert (lines.json["TaskID"], lines.json["Status"]) == ("id-1", "DRAFT")
    # 48 at 13.80 are 662.40
    (written,) = lines.json["Lines"]
    assert (written["Quantity"], written["Price"], written["Total"]) == (48, Decimal("13.80"), Decimal("662.40"))
    for name, request in ((HEADS, sent), (LINES, lines)):
        ownership.check(write(name), request)
        assert ownership.paths(request.json) == write(name).owns


def test_a_line_whose_draft_has_no_id_is_never_sent():
    with pytest.raises(RejectedRecord):
        write(LINES).encode([delivery(LINES)], KEY, {})


@pytest.mark.parametrize("name", [HEADS, LINES])
def test_every_status_has_one_meaning_and_nonsense_is_a_doubt(name):
    for status, meaning in [
        (400, "rejected"),
        (403, "not_applied"),
        (404, "rejected"),
        (500, "in_doubt"),
        (503, "not_applied"),
    ]:
        (outcome,) = outcomes(name, 1, status, [{"ErrorCode": status, "Exception": "their words"}]).values()
        assert (outcome.result, outcome.message) == (meaning, "their words"), status
    for body in MALFORMED:
        assert results(name, 1, 200, body) == ["in_doubt"], body
    with pytest.raises(StopSync):
        write(name).decode(batch(name), Answer(403, [{"ErrorCode": 403, "Exception": "Incorrect credentials!"}]))
    with pytest.raises(RetryLater) as caught:
        write(name).decode(batch(name), Answer(503, None))
    # They tell of sixty calls a minute with a 503 and no wait.
    assert caught.value.wait == 20.0


def test_a_list_that_is_cut_or_unreadable_proves_no_absence():
    asked = delivery(HEADS)
    for body in (*MALFORMED, {"Total": 3, "PurchaseList": [{"ID": "a", "Status": "VOIDED"}]}):
        with pytest.raises(InDoubt):
            list(write(HEADS).look_up.documents(asked, Answer(200, body)))
    rows = [{"ID": str(at), "Status": "DRAFT"} for at in range(31)]
    with pytest.raises(InDoubt):
        list(write(HEADS).look_up.documents(asked, Answer(200, {"Total": 31, "PurchaseList": rows})))
    listed = {"Total": 0, "PurchaseList": []}
    assert write(HEADS).look_up.found(asked, Answer(200, listed)) is None
    theirs = listed | {
        "documents": [{"ID": "x", "Note": note(REFERENCE.replace(":1", ":12"))}, {"ID": "y", "Note": None}]
    }
    assert write(HEADS).look_up.found(asked, Answer(200, theirs)) is None
    ours = listed | {"documents": [{"ID": "z", "Note": note(REFERENCE)}]}
    assert write(HEADS).look_up.found(asked, Answer(200, ours)).destination_id == "z"


def test_a_line_is_not_written_over_a_person_s_nor_into_a_voided_purchase():
    def found(status, lines):
        body = {"ID": "id-1", "Status": status, "Order": {"Lines": lines}}
        return write(LINES).look_up.found(delivery(LINES), Answer(200, body))

    assert found("DRAFT", []) is None
    assert found("ORDERING", [{"SKU": "another"}]).result is Result.ACCEPTED
    assert (found("VOIDED", []).result, found("VOIDED", []).kind) == (Result.REJECTED, "gone")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("fault", ["reply_lost", "request_lost", "500_after", "garbage", "503", "500"])
@pytest.mark.parametrize("at", ["/purchase$", "/purchase/order$"])
def test_the_twin_counts_one_draft_with_one_line_whatever_happens_on_the_way(sandbox, turn, fault, at):
    fill(turn, REFERENCE)
    sandbox.world.faults.arm(fault, "cin7", path=at, method="POST", count=1)
    for name in (HEADS, LINES):
        result = turn.push(turn.plan(name))
        assert (result.accepted, result.in_doubt, result.waiting) == (1, 0, 0), (name, result)
    (made,) = drafts(sandbox)
    assert (made.status, [(line.sku, line.quantity, line.unit_cost_minor) for line in made.lines]) == (
        "ordering", [("KIT-006", 48, 1380)],
    )  # fmt: skip
    assert sandbox.world.effects.count("cin7", "purchase_created", note(REFERENCE)) == 1
    assert sandbox.world.effects.count("cin7", "purchase_drafted") == 1
    # Nothing is on order until a person says so.
    assert sandbox.world.effects.count("cin7", "purchase_authorised") == 0
    assert [turn.plan(name).deliveries for name in (HEADS, LINES)] == [(), ()]


@pytest.mark.usefixtures("hurried")
def test_a_lost_ledger_finds_the_draft_that_is_there(sandbox, turn, tmp_path):
    fill(turn, REFERENCE)
    turn.push(turn.plan(HEADS))
    other = Turn(None, tmp_path / "another")
    other.settings.values.update(turn.settings.values)
    fill(other, REFERENCE)
    assert other.push(other.plan(HEADS)).accepted == 1
    other.ledger.close()
    assert len(drafts(sandbox)) == 1


@pytest.mark.usefixtures("hurried")
def test_other_numbers_write_nothing_over_a_draft_that_is_a_person_s_by_now(sandbox, turn):
    fill(turn, REFERENCE)
    for name in (HEADS, LINES):
        turn.push(turn.plan(name))
    activation_tables.fill(turn.warehouse, HEADS, [head(quantity=96)])
    activation_tables.fill(turn.warehouse, LINES, [line(quantity=96)])
    assert [turn.plan(name).deliveries for name in (HEADS, LINES)] == [(), ()]


def test_much_money_at_once_is_for_a_person_before_anything_is_drafted(sandbox, turn):
    activation_tables.fill(turn.warehouse, HEADS, [head(minor=500_001)])
    with pytest.raises(StopSync) as caught:
        turn.push(turn.plan(HEADS))
    assert caught.value.code == "over_limits"
    assert drafts(sandbox) == []


@pytest.mark.usefixtures("hurried")
def test_what_a_person_does_with_a_draft_shows_at_the_twin(sandbox, turn):
    fill(turn, REFERENCE)
    for name in (HEADS, LINES):
        turn.push(turn.plan(name))
    (made,) = drafts(sandbox)
    before = sandbox.world.stock[("KIT-006", "newark")].incoming
    headers = {"api-auth-accountid": NAMES["account_id_header"], "api-auth-applicationkey": NAMES["application_key"]}
    with httpx.Client(base_url=f"{sandbox.base_urls['cin7']}/externalapi/v2", headers=headers) as person:
        document = person.get("/purchase", params={"ID": made.purchase_order_id}).json()
        order = {
            "TaskID": made.purchase_order_id,
            "Memo": "",
            "Status": "AUTHORISED",
            "Lines": document["Order"]["Lines"],
        }
        assert person.post("/purchase/order", json=order).status_code == 200
        assert person.post("/purchase/order", json=order | {"Status": "DRAFT"}).status_code == 400
    assert sandbox.world.stock[("KIT-006", "newark")].incoming == before + 48
