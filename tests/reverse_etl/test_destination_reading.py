"""Every destination, offline: what it says it holds, what that means for a delivery in doubt, and how it is taken back."""

from __future__ import annotations

import copy
from dataclasses import replace
from decimal import Decimal

import pytest

from reverse_etl import canonical_json, ownership
from reverse_etl.destination import Answer, Result
from reverse_etl.errors import DeliveryError, InDoubt, RetryLater, StopSync
from reverse_etl.plan import Action, Change
from reverse_etl.syncs import all_syncs
from tests.reverse_etl.destination_cases import (
    CONTACTS,
    HELD,
    KEY,
    MALFORMED,
    NUMBERED,
    REFERENCES,
    SIZES,
    SYNCS,
    XERO,
    batch,
    one,
    results,
    write,
)
from tests.reverse_etl.error_rows import ROWS, said

UPSERTS = [name for name in SYNCS if all_syncs()[name].mode != "create"]


def read(name, answer, delivery=None):
    return write(name).read_back.read(delivery or batch(name)[0], answer)


def found(name, answer, delivery=None):
    return write(name).look_up.found(delivery or batch(name)[0], answer)


@pytest.mark.parametrize("name", SYNCS)
def test_what_is_held_reads_back_under_our_names_and_in_our_types(name):
    held = read(name, Answer(200, HELD[name].body))
    assert held == HELD[name].values
    assert {field: type(value) for field, value in held.items()} == {
        field: type(batch(name)[0].payload[field]) for field in held
    }


@pytest.mark.parametrize("name", SYNCS)
def test_what_is_not_there_reads_as_nothing_and_may_be_sent(name):
    assert read(name, HELD[name].absent) is None
    assert found(name, HELD[name].absent) is None


@pytest.mark.parametrize("name", SYNCS)
def test_what_is_there_as_wanted_is_settled(name):
    outcome = found(name, Answer(200, HELD[name].body))
    assert outcome.result is Result.ACCEPTED


@pytest.mark.parametrize("body", MALFORMED, ids=repr)
@pytest.mark.parametrize("name", SYNCS)
def test_a_reading_nobody_understands_is_neither_there_nor_absent(name, body):
    for asked in (read, found):
        with pytest.raises(InDoubt):
            asked(name, Answer(200, body))


@pytest.mark.parametrize(
    ("status", "error"), [(401, StopSync), (429, RetryLater), (500, InDoubt), (502, InDoubt), (503, RetryLater)]
)
@pytest.mark.parametrize("name", SYNCS)
def test_a_reading_that_fails_says_nothing_about_the_record(name, status, error):
    with pytest.raises(error):
        found(name, Answer(status, {}))


@pytest.mark.parametrize("name", SYNCS)
def test_a_refused_reading_is_an_error_and_not_an_absence(name):
    destination = all_syncs()[name].destination
    for code, (meaning, _) in ROWS[destination].items():
        if meaning == "stop":
            with pytest.raises(StopSync):
                found(name, said(destination, code))


@pytest.mark.parametrize("name", SYNCS)
def test_reading_asks_for_one_record_and_changes_nothing(name):
    first = write(name).read_back.encode(batch(name)[0], REFERENCES)
    again = write(name).look_up.encode(batch(name)[0], REFERENCES)
    assert (first.method, first.path, first.params) == (again.method, again.path, again.params)
    assert first.method == "GET" or first.json["query"].strip().startswith("query")
    natural = dict.fromkeys(XERO, "DateTime(2026,10,05)") | {
        "xero__invoices": "#1042", "xero__credit_notes": "#1042", "xero__allocations": "#1042", "xero__contacts": "customer:main:ann",
        "shopify__stock_levels": "InventoryItem/1", "shopify__tracking": "shopify/Order/1", "hubspot__contacts": "a0%40example.com",
        "woocommerce__stock_levels": "/products/11", "klaviyo__profiles": "a0@example.com",
        "shopify__product_visibility": "shopify/Product/1", "woocommerce__product_visibility": "/products/11",
        "amazon__stock_levels": "items/{seller_id}/S",
        "quickbooks__payments": "TxnDate = '2026-10-05'", "quickbooks__payment_deposits": "TxnDate = '2026-10-05'",
        "quickbooks__deposits": "TxnDate = '2026-10-05'", "quickbooks__customers": "DisplayName = 'Ann'",
    }  # fmt: skip
    natural = natural.get(name, "DocNumber = '#1042'")
    assert natural in first.path + canonical_json.dumps([first.params, first.json])


def changed(name, field, value):
    """The held body with one of our values replaced by what somebody else might write."""
    places = {
        "shopify__stock_levels": ("data", "inventoryItem", "inventoryLevel", "quantities", 0, "quantity"),
        "woocommerce__stock_levels": ("stock_quantity",),
        "shopify__product_visibility": ("data", "product", "status"),
        "woocommerce__product_visibility": ("catalog_visibility",),
        "amazon__stock_levels": ("fulfillmentAvailability", 0, "quantity"),
        "hubspot__contacts": ("properties", f"cartwheel_{field}"),
        "klaviyo__profiles": ("data", 0, "attributes", "properties", f"cartwheel_{field}"),
    }
    body = copy.deepcopy(HELD[name].body)
    where = body
    *path, last = places[name]
    for step in path:
        where = where[step]
    where[last] = value
    return Answer(200, body)


@pytest.mark.parametrize(
    ("name", "field", "before"),
    [
        ("shopify__stock_levels", "quantity", 1),
        ("woocommerce__stock_levels", "quantity", 1),
        ("amazon__stock_levels", "quantity", 1),
        ("hubspot__contacts", "segment", "new"),
        ("klaviyo__profiles", "segment", "new"),
    ],
)
def test_what_still_holds_the_old_value_may_be_sent(name, field, before):
    assert found(name, changed(name, field, before)) is None


@pytest.mark.parametrize(
    ("name", "field", "theirs"),
    [
        ("woocommerce__stock_levels", "quantity", 4),
        ("amazon__stock_levels", "quantity", 4),
        ("hubspot__contacts", "segment", "vip by hand"),
        ("klaviyo__profiles", "segment", "vip by hand"),
    ],
)
def test_what_someone_else_changed_meanwhile_is_not_overwritten_on_a_guess(name, field, theirs):
    outcome = found(name, changed(name, field, theirs))
    assert (outcome.result, outcome.kind, outcome.code) == (Result.REJECTED, "conflict", "moved_meanwhile")
    assert str(theirs) not in outcome.message


def test_a_moved_quantity_at_shopify_is_left_to_compare_and_set():
    assert found("shopify__stock_levels", changed("shopify__stock_levels", "quantity", 4)) is None


@pytest.mark.parametrize("name", CONTACTS)
def test_a_quiet_field_counts_when_a_doubt_is_settled(name):
    assert found(name, changed(name, "as_of", "2026-09-30")) is None


@pytest.mark.parametrize("name", UPSERTS)
def test_a_record_made_new_is_free_while_nothing_of_ours_is_there(name):
    if name in CONTACTS:
        (delivery,) = batch(name, action=Action.CREATE)
        fresh = replace(delivery, changes=(Change("segment", None, "loyal"),))
        body = {"id": "7", "properties": {}} if name.startswith("hubspot") else None
        body = body or {"data": [{"id": "7", "attributes": {"properties": {}}}]}
        assert found(name, Answer(200, body), fresh) is None
    else:
        fresh = replace(batch(name)[0], changes=(Change("quantity", None, 5),))
        assert found(name, HELD[name].absent, fresh) is None


@pytest.mark.parametrize("name", CONTACTS)
def test_values_that_are_not_of_our_type_read_as_they_are(name):
    held = read(name, changed(name, "net_revenue", "a lot"))
    assert held["net_revenue_minor"] == "a lot"
    assert read(name, changed(name, "orders", "two"))["orders_count"] == "two"
    assert read(name, changed(name, "orders", ""))["orders_count"] is None
    assert read(name, changed(name, "net_revenue", Decimal("120.505")))["net_revenue_minor"] == Decimal("120.505")


@pytest.mark.parametrize("value", [True, "parent", False])
def test_a_product_that_does_not_manage_its_stock_holds_no_quantity(value):
    body = {"id": 11, "manage_stock": value, "stock_quantity": 5}
    assert read("woocommerce__stock_levels", Answer(200, body)) == {"quantity": 5 if value is True else None}


def test_another_deposit_of_the_same_day_is_not_ours_and_a_full_page_says_nothing():
    def told(rows):
        return Answer(200, {"QueryResponse": {"Deposit": rows}})

    others = [{"Id": str(at), "PrivateNote": f"je:{at}", "TxnDate": "2026-10-05"} for at in range(1000)]
    assert found("quickbooks__deposits", told(others[:1])) is None
    assert read("quickbooks__deposits", told(others[:1])) is None
    with pytest.raises(InDoubt):
        found("quickbooks__deposits", told(others))
    assert (
        found("quickbooks__deposits", told([*others[1:], {"Id": "9", "PrivateNote": "record-0"}])).destination_id == "9"
    )


@pytest.mark.parametrize("name", NUMBERED)
def test_a_document_of_a_human_under_our_number_is_a_conflict_and_not_ours(name):
    body = copy.deepcopy(HELD[name].body)
    next(iter(body["QueryResponse"].values()))[0]["PrivateNote"] = "typed by Bob"
    assert read(name, Answer(200, body)) is None
    assert found(name, Answer(200, body)).code == "number_taken"


def test_a_parcel_is_free_only_while_its_lines_are_left_to_fulfil():
    def told(left, fulfilment_order=True):
        body = copy.deepcopy(HELD["shopify__tracking"].absent.body)
        line = {"id": "gid://shopify/FulfillmentOrderLineItem/1", "remainingQuantity": left}
        body["data"]["fulfillmentOrder"] = {"lineItems": {"nodes": [line]}} if fulfilment_order else None
        return found("shopify__tracking", Answer(200, body))

    assert told(1) is None
    assert (told(0).result, told(0).code) == (Result.REJECTED, "already_fulfilled")
    assert (told(1, fulfilment_order=False).result, told(1, fulfilment_order=False).kind) == (Result.REJECTED, "gone")
    no_order = {"data": {"order": None, "fulfillmentOrder": None}}
    assert found("shopify__tracking", Answer(200, no_order)).kind == "gone"


def test_a_cancelled_parcel_with_our_number_does_not_count():
    body = copy.deepcopy(HELD["shopify__tracking"].body)
    body["data"]["order"]["fulfillments"][0]["status"] = "CANCELLED"
    body["data"]["fulfillmentOrder"]["lineItems"]["nodes"][0]["remainingQuantity"] = 1
    assert read("shopify__tracking", Answer(200, body)) is None
    assert found("shopify__tracking", Answer(200, body)) is None


@pytest.mark.parametrize("name", CONTACTS)
def test_taking_back_names_each_of_our_properties_and_nothing_else(name):
    sent = batch(name, SIZES[name], Action.DELETE)
    request = write(name).encode_delete(sent, KEY, {})
    again = write(name).encode_delete(sent, KEY, {})
    assert canonical_json.dumps(request.json) == canonical_json.dumps(again.json)
    theirs = {path.rsplit(".", 1)[1] for path in ownership.paths(request.json) if "cartwheel" in path}
    assert len(theirs) == 8
    assert '"loyal"' not in canonical_json.dumps(request.json)


@pytest.mark.parametrize("name", CONTACTS)
def test_a_deletion_is_settled_when_nothing_of_ours_is_left(name):
    (delivery,) = batch(name, action=Action.DELETE)
    empty = {"id": "7", "properties": {"email": "x", "cartwheel_segment": "", "cartwheel_orders": None}}
    if name.startswith("klaviyo"):
        empty = {"data": [{"id": "7", "attributes": {"properties": {"cartwheel_segment": None}}}]}
    assert found(name, Answer(200, empty), delivery).result is Result.ACCEPTED
    assert found(name, HELD[name].absent, delivery).result is Result.ACCEPTED
    assert found(name, Answer(200, HELD[name].body), delivery) is None


def test_a_deletion_of_a_contact_that_is_gone_is_done():
    sent = batch("hubspot__contacts", 3, Action.DELETE)
    traces = [delivery.idempotency_key for delivery in sent]
    body = {
        "results": [{"id": "1", "objectWriteTraceId": traces[0]}],
        "errors": [
            {"category": "OBJECT_NOT_FOUND", "message": "m", "context": {"objectWriteTraceId": [traces[1]]}},
            {"category": "VALIDATION_ERROR", "message": "m", "context": {"objectWriteTraceId": [traces[2]]}},
        ],
    }
    assert results("hubspot__contacts", 3, 207, body, Action.DELETE) == ["accepted", "accepted", "rejected"]
    assert results("hubspot__contacts", 3, 207, body)[1] == "rejected"


@pytest.mark.parametrize("name", CONTACTS)
def test_a_deletion_the_answer_does_not_mention_is_in_doubt(name):
    assert results(name, SIZES[name], 200, {}, Action.DELETE) == ["in_doubt"] * SIZES[name]


def test_an_address_is_quoted_where_it_stands_in_a_path_or_a_filter():
    asked = write("hubspot__contacts").read_back.encode(one("hubspot__contacts", email="o/brien+x@example.com"), {})
    assert asked.path.endswith("/o%2Fbrien%2Bx%40example.com")
    asked = write("klaviyo__profiles").read_back.encode(one("klaviyo__profiles", email='"a"@example.com'), {})
    assert asked.params["filter"] == 'equals(email,"\\"a\\"@example.com")'


def test_the_books_are_read_page_by_page_until_one_is_not_full():
    reads = write("quickbooks__deposits").references
    assert "startposition 1 maxresults 1000" in reads.requests["customers"].params["query"]
    rows = [{"Id": str(at), "DisplayName": f"customer {at}"} for at in range(1000)]
    full = Answer(200, {"QueryResponse": {"Customer": rows, "startPosition": 1001, "maxResults": 1000}})
    assert "startposition 2001 maxresults 1000" in reads.next("customers", full).params["query"]
    assert len(reads.read("customers", full)) == 1000
    for last in ({"Customer": rows[:999], "startPosition": 1}, {}):
        assert reads.next("customers", Answer(200, {"QueryResponse": last})) is None
    for spoiled in ({"QueryResponse": {"Customer": rows}}, {}, None):
        with pytest.raises(DeliveryError):
            reads.next("customers", Answer(200, spoiled))
