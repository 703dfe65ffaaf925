"""Every destination, offline: encode is stable, guarded and owned, and each answer gives one outcome per record."""

from __future__ import annotations

import json

import pytest

from reverse_etl import canonical_json, destinations, ownership
from reverse_etl.destination import Answer
from reverse_etl.errors import ConfigurationError, DeliveryError, Kind, RetryLater, StopSync
from reverse_etl.plan import Action
from reverse_etl.syncs import all_syncs
from tests.reverse_etl.destination_cases import (
    BOOKS,
    CONTACTS,
    KEY,
    MALFORMED,
    MESSAGES,
    REFERENCES,
    SIZES,
    SYNCS,
    XERO,
    batch,
    one,
    outcomes,
    request,
    results,
    write,
)
from tests.reverse_etl.error_rows import ROWS, said

BATCHES = [name for name in SYNCS if SIZES[name] > 1]
EVERY_CODE = [(name, code) for name in SYNCS + MESSAGES for code in ROWS.get(all_syncs()[name].destination, ())]


@pytest.mark.parametrize("name", SYNCS)
def test_encoding_is_stable_and_carries_its_guard(name):
    first, again = request(name), request(name)
    assert canonical_json.dumps([first.json, first.params]) == canonical_json.dumps([again.json, again.params])
    text = canonical_json.dumps([first.json, first.params, dict(first.headers)])
    guard = dict.fromkeys(XERO, f'"Idempotency-Key":"{KEY}"') | {
        "shopify__stock_levels": f'"idempotencyKey":"{KEY}"',
        "shopify__tracking": "1Z",
        "woocommerce__stock_levels": '"id":11',
        # Nothing guards these but the look before each write.
        "shopify__product_visibility": '"id":"gid://shopify/Product/1"',
        "woocommerce__product_visibility": '"id":11',
        "amazon__stock_levels": '"quantity":5',
        "hubspot__contacts": '"idProperty":"email"',
        "klaviyo__profiles": "a0@example.com",
        "quickbooks__customers": '"SyncToken":"4"',
        "xero__contacts": '"ContactNumber":"customer:main:ann"',
    }
    guard = guard.get(name, f'"requestid":"{KEY}"')
    assert guard in text


def test_every_write_can_be_looked_up_so_that_no_doubt_rests_on_the_age_of_a_key():
    """A vendor forgets keys (Stripe after a day), so a key is never what settles a doubt: `cartwheel flows` says so."""
    found = [item for name in destinations.names() for item in destinations.load(name).writes.items()]
    # What can not be looked up is sent at most once.
    messages = {all_syncs()[name].object for name in MESSAGES}
    assert {name for name, declared in found if declared.look_up is None} == messages
    assert len(found) >= len({(sync.destination, sync.object) for sync in all_syncs().values()})


@pytest.mark.parametrize("name", SYNCS)
def test_a_request_carries_only_what_is_ours_and_all_of_that_is_declared(name):
    for size in {1, SIZES[name]}:
        ownership.check(write(name), request(name, size))
    assert write(name).owns == ownership.paths(request(name, SIZES[name]).json)


@pytest.mark.parametrize("name", CONTACTS)
def test_taking_back_carries_only_what_is_ours(name):
    sent = write(name).encode_delete(batch(name, SIZES[name], Action.DELETE), KEY, {})
    ownership.check(write(name), sent)
    assert ownership.paths(sent.json) <= write(name).owns


@pytest.mark.parametrize("name", SYNCS)
@pytest.mark.parametrize("path", [("sneaked_in",), ("deeper", "sneaked_in")])
def test_a_property_that_is_not_ours_never_leaves(name, path):
    sent = request(name)
    where = sent.json
    while isinstance(where, dict) and any(isinstance(value, dict | list) for value in where.values()):
        where = next(value for value in where.values() if isinstance(value, dict | list))
        where = where[0] if isinstance(where, list) else where
    for step in path[:-1]:
        where = where.setdefault(step, {})
    where[path[-1]] = "x"
    with pytest.raises(ConfigurationError, match=path[0]):
        ownership.check(write(name), sent)


def test_no_two_syncs_own_the_same_field():
    owned = [(sync.destination, sync.object, field) for name, sync in all_syncs().items() for field in write(name).owns]
    assert len(owned) == len(set(owned))


@pytest.mark.parametrize("body", MALFORMED, ids=repr)
@pytest.mark.parametrize("name", SYNCS)
def test_an_answer_nobody_can_read_is_a_doubt_about_every_record(name, body):
    assert results(name, SIZES[name], 200, body) == ["in_doubt"] * SIZES[name]


STATUSES = [
    (400, "rejected", "validation"), (401, "stop", "auth"), (402, "stop", "auth"), (403, "stop", "auth"),
    (408, "in_doubt", "transient"), (409, "rejected", "conflict"), (410, "rejected", "gone"),
    (413, "rejected", "validation"), (422, "rejected", "validation"), (425, "not_applied", "transient"),
    (429, "not_applied", "throttled"), (500, "in_doubt", "transient"), (502, "in_doubt", "transient"),
    (503, "not_applied", "transient"), (504, "in_doubt", "transient"), (599, "in_doubt", "transient"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "meaning", "kind"), STATUSES)
@pytest.mark.parametrize("name", SYNCS)
def test_every_status_has_one_meaning_for_each_record(name, status, meaning, kind):
    alone = {"stop": "not_applied"}.get(meaning, meaning)
    (outcome,) = outcomes(name, 1, status, {}).values()
    assert (outcome.result, outcome.kind) == (alone, kind)
    if name in BATCHES:
        # A refusal of several together says nothing about any one of them.
        together = {"rejected": "not_applied"}.get(alone, alone)
        assert results(name, 3, status, {}) == [together] * 3


@pytest.mark.parametrize(("name", "code"), EVERY_CODE)
def test_every_code_has_one_meaning(name, code):
    destination = all_syncs()[name].destination
    meaning, kind = ROWS[destination][code]
    sent = batch(name)
    try:
        (outcome,) = write(name).decode(sent, said(destination, code)).values()
        found = outcome.result, outcome.kind
    except DeliveryError as error:
        (outcome,) = outcomes(name, 1, said(destination, code).status, said(destination, code).body).values()
        found = "stop" if isinstance(error, StopSync) else outcome.result, error.kind
    assert found == (meaning, kind)


@pytest.mark.parametrize("destination", sorted(ROWS))
def test_the_table_of_codes_is_all_there_and_covers_the_taxonomy(destination):
    declared = destinations.load(destination)
    assert set(declared.codes) == set(ROWS[destination])
    general = {"transient", "throttled", "auth", "validation", "conflict", "gone"}
    kinds = {kind for _, kind in ROWS[destination].values()} | {kind for _, _, kind in STATUSES}
    assert general <= kinds
    assert {kind for _, kind in declared.codes.values()} <= set(Kind)


PARTIAL = [
    ("shopify__stock_levels", {"data": {"inventorySetQuantities": {"userErrors": [
        {"code": "CHANGE_FROM_QUANTITY_STALE", "field": ["input", "quantities", "1", "quantity"], "message": "m"}
    ]}}}, ["not_applied", "rejected", "not_applied"]),
    ("shopify__stock_levels", {"data": {"inventorySetQuantities": {"userErrors": [
        {"code": "INVALID_LOCATION", "field": ["input", "quantities", "0", "locationId"], "message": "m"},
        {"code": "INVALID_QUANTITY_NEGATIVE", "field": ["input", "quantities", "2", "quantity"], "message": "m"},
    ]}}}, ["rejected", "not_applied", "rejected"]),
    # An error that names no quantity, or none of ours: to be sent in halves.
    ("shopify__stock_levels", {"data": {"inventorySetQuantities": {"userErrors": [
        {"code": "INVALID_QUANTITY_TOO_LOW", "field": None, "message": "m"}]}}}, ["not_applied"] * 3),
    ("shopify__stock_levels", {"data": {"inventorySetQuantities": {"userErrors": [
        {"code": "INVALID_QUANTITY_TOO_LOW", "field": ["input", "quantities", "9"], "message": "m"}]}}},
     ["not_applied"] * 3),
    ("shopify__stock_levels", {"data": {"inventorySetQuantities": {"userErrors": [
        {"code": "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "field": None, "message": "m"}]}}}, ["needs_new_key"] * 3),
    ("shopify__stock_levels", {"data": {"inventorySetQuantities": {"userErrors": [
        {"code": "IDEMPOTENCY_CONCURRENT_REQUEST", "field": None, "message": "m"}]}}}, ["not_applied"] * 3),
    ("shopify__stock_levels", {"data": {"inventorySetQuantities": {"inventoryAdjustmentGroup": None,
                                                                   "userErrors": []}}}, ["accepted"] * 3),
    ("shopify__stock_levels", {"errors": [{"message": "m", "extensions": {"code": "THROTTLED"}}]}, ["not_applied"] * 3),
    ("shopify__stock_levels", {"data": {"inventorySetQuantities": {}}}, ["in_doubt"] * 3),
    ("woocommerce__stock_levels", {"update": [{"id": 11}, {"id": 12, "error": {"code": "c", "message": "m"}}]},
     ["accepted", "rejected", "in_doubt"]),
    ("woocommerce__stock_levels", {"update": [
        {"id": 13}, {"id": 12, "error": {"code": "woocommerce_rest_product_invalid_id", "data": {"status": 404}}},
        {"id": 99}, "?",
    ]}, ["in_doubt", "rejected", "accepted"]),
    ("amazon__stock_levels", {"sku": "S", "status": "ACCEPTED", "submissionId": "s-1", "issues": [
        {"code": "18155", "message": "m", "severity": "WARNING", "categories": []}]}, ["accepted"]),
    ("amazon__stock_levels", {"sku": "S", "status": "INVALID", "submissionId": "s-1"}, ["rejected"]),
    # Only a preview says so, and we never ask for one.
    ("amazon__stock_levels", {"sku": "S", "status": "VALID", "submissionId": "s-1"}, ["in_doubt"]),
    ("hubspot__contacts", {"results": [{"id": "1", "properties": {"email": "A0@example.com"}}], "errors": [
        {"message": "m", "context": {"objectWriteTraceId": ["TRACE-1"]}}]}, ["accepted", "rejected", "in_doubt"]),
    ("hubspot__contacts", {"results": [{"id": "1", "objectWriteTraceId": "TRACE-1"}, {"id": "2"}, None]},
     ["in_doubt", "accepted", "in_doubt"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "expected"), PARTIAL)
def test_a_partial_answer_is_read_record_by_record(name, body, expected):
    trace = batch(name, len(expected))[-2:][0].idempotency_key
    told = json.loads(json.dumps(body).replace("TRACE-1", trace))
    assert results(name, len(expected), 200, told) == expected


def test_many_records_that_fail_for_one_missing_item_have_one_cause():
    for name in BOOKS:
        wanting = {table: {} for table in REFERENCES}
        with pytest.raises(DeliveryError) as caught:
            write(name).encode(batch(name), KEY, wanting)
        # The first name of what a company owes is its customer, of any other document the account the money goes to.
        owed = name in ("quickbooks__invoices", "quickbooks__credit_notes", "quickbooks__payments")
        wanted = ("missing_customer", "customer Ann") if owed else ("missing_account", "account 1000")
        assert (caught.value.code, caught.value.cause) == wanted
    with pytest.raises(DeliveryError) as caught:
        write("quickbooks__sales_receipts").encode(
            batch("quickbooks__sales_receipts"), KEY, {**REFERENCES, "items": {"Product": "1"}}
        )
    assert (caught.value.code, caught.value.cause) == ("missing_item", "item Fee")


def test_a_property_the_portal_lacks_is_named_as_the_cause():
    detail = {"code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": ["cartwheel_segment"]}}
    body = {"category": "VALIDATION_ERROR", "message": "Property values were not valid", "errors": [detail]}
    (outcome,) = outcomes("hubspot__contacts", 1, 400, body).values()
    assert (outcome.code, outcome.cause) == ("PROPERTY_DOESNT_EXIST", "property cartwheel_segment")


def test_a_location_that_is_gone_is_the_cause_of_all_its_quantities():
    error = {"code": "INVALID_LOCATION", "field": ["input", "quantities", "0", "locationId"], "message": "m"}
    body = {"data": {"inventorySetQuantities": {"userErrors": [error]}}}
    (outcome,) = outcomes("shopify__stock_levels", 1, 200, body).values()
    assert outcome.cause == "location gid://shopify/Location/1"


@pytest.mark.parametrize("name", SYNCS)
@pytest.mark.parametrize("planted", ["ann@example.com", "pat-na1-0f3c5a1b7d", "Bearer abc.def", "shpat_77aa88bb"])
def test_their_words_are_passed_on_without_addresses_and_keys(name, planted):
    destination = all_syncs()[name].destination
    code = next(code for code, row in ROWS[destination].items() if row == ("rejected", "validation"))
    told = said(destination, code, f"the value {planted} is not allowed")
    (outcome,) = outcomes(name, 1, told.status, told.body).values()
    assert outcome.message.startswith("the value … is not allowed")


@pytest.mark.parametrize("name", SYNCS)
def test_an_error_carries_their_request_id_and_a_bounded_message(name):
    destination = all_syncs()[name].destination
    code = next(code for code, row in ROWS[destination].items() if row[0] == "stop")
    told = said(destination, code, "long " * 500)
    with pytest.raises(StopSync) as caught:
        write(name).decode(batch(name), Answer(told.status, told.body, request_id="req-7"))
    assert str(caught.value).endswith("(request req-7)")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", SYNCS)
def test_they_are_waited_for_as_long_as_they_ask(name):
    answer = Answer(429, {}, {"retry-after": "7"})
    with pytest.raises(RetryLater) as caught:
        write(name).decode(batch(name), answer)
    assert caught.value.wait == 7.0


@pytest.mark.parametrize("said_to_wait", ["soon", "nan", "inf", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_wait_that_is_no_number_of_seconds_is_left_to_our_own_back_off(said_to_wait):
    with pytest.raises(RetryLater) as caught:
        write("klaviyo__profiles").decode(batch("klaviyo__profiles"), Answer(429, {}, {"retry-after": said_to_wait}))
    assert caught.value.wait is None


def test_quickbooks_wants_a_minute_and_does_not_say_so():
    for body in ({}, said("quickbooks", "3001").body):
        with pytest.raises(RetryLater) as caught:
            write("quickbooks__deposits").decode(batch("quickbooks__deposits"), Answer(429, body))
        assert caught.value.wait == 60.0


def test_long_document_numbers_are_cut_without_meeting():
    from reverse_etl.destinations.quickbooks.documents import document_number

    numbers = {
        document_number(one("quickbooks__deposits", document_number=f"payout-of-the-first-of-october-{at}"))
        for at in "AB"
    }
    assert len(numbers) == 2
    assert all(len(number) <= 21 for number in numbers)
