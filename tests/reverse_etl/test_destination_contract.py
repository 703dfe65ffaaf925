"""Every destination, offline: encode is stable and carries its guard, and each answer gives one outcome per record."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reverse_etl import canonical_json, destinations, engine
from reverse_etl.answers import for_error
from reverse_etl.destination import Answer
from reverse_etl.destinations import shopify
from reverse_etl.errors import DeliveryError
from reverse_etl.plan import Action, Change, Delivery

SHARED = Path(__file__).resolve().parents[3] / "shared" / "contracts"
REFERENCES = {
    "items": {"Product": "1", "Fee": "8"},
    "accounts": {"1000": "35", "1100": "36"},
    "customers": {"Ann": "9"},
}
PAYLOAD = {
    "inventory_item_gid": "gid://shopify/InventoryItem/1", "location_gid": "gid://shopify/Location/1", "sku": "S",
    "quantity": 5, "platform_product_id": "11", "platform_variant_id": None, "platform_order_id": "1",
    "fulfilment_order_gid": "gid://shopify/FulfillmentOrder/1", "tracking_number": "1Z", "carrier": "UPS",
    "document_number": "#1042", "document_date": "2026-10-05", "customer_name": "Ann", "memo": "m",
    "deposit_account_number": "1000", "total_minor": 9680, "email": "a@example.com", "segment": "loyal", "r_score": 5,
    "f_score": 4, "m_score": 3, "as_of_date": "2026-10-31", "net_revenue_minor": 12050, "orders_count": 2,
    "rule_version": "rfm-1",
}  # fmt: skip
LINES = {
    "fulfilment": ({"fulfilment_order_line_gid": "gid://shopify/FulfillmentOrderLineItem/1", "line_quantity": 1},),
    "document": (
        {"item_name": "Product", "account_number": "1100", "line_description": "d", "line_amount_minor": 10000},
        {"item_name": "Fee", "account_number": "1100", "line_description": "d", "line_amount_minor": -320},
    ),
}
SYNCS = list(engine.syncs())


def batch(name, size=1):
    """Deliveries as the sync would plan them, told apart by their natural keys."""
    sync = engine.sync_named(name)
    lines = LINES["fulfilment"] if sync.object == "fulfilment" else LINES["document"] if sync.line_fields else ()
    return [
        Delivery(
            sync=name, destination=sync.destination, object=sync.object, record_key=f"record-{at}",
            action=Action.CREATE, payload={**_payload(sync, at)}, lines=lines, changes=(Change("quantity", 1, 5),),
            reason="r", source_key="s", money_minor=None, currency_code="USD", fingerprint="f", quick=1,
            intention=f"intention-{at}", plan_id="plan-1", planned_at=datetime(2026, 11, 1, tzinfo=UTC),
        )
        for at in range(size)
    ]  # fmt: skip


def _payload(sync, at):
    told_apart = {"email": f"a{at}@example.com", "platform_product_id": str(11 + at)}
    return {name: told_apart.get(name, PAYLOAD[name]) for name in sync.fields}


def write(name):
    sync = engine.sync_named(name)
    return destinations.load(sync.destination).writes[sync.object]


def request(name, size=1):
    return write(name).encode(batch(name, size), "0123456789abcdef0123456789abcdef", REFERENCES)


def outcomes(name, size, status, body, headers=None):
    sent = batch(name, size)
    try:
        return write(name).decode(sent, Answer(status, body, headers or {}))
    except DeliveryError as error:
        return for_error(sent, error)


@pytest.mark.parametrize("name", SYNCS)
def test_encoding_is_stable_and_carries_its_guard(name):
    first, again = request(name), request(name)
    assert canonical_json.dumps([first.json, first.params]) == canonical_json.dumps([again.json, again.params])
    text = canonical_json.dumps([first.json, first.params])
    guard = {
        "shopify__stock_levels": "0123456789abcdef",
        "shopify__tracking": "1Z",
        "woocommerce__stock_levels": '"id":11',
        "hubspot__contacts": "idProperty",
        "klaviyo__profiles": "a0@example.com",
    }.get(name, '"requestid":"0123456789abcdef')
    assert guard in text


SIZES = {"shopify__stock_levels": 3, "woocommerce__stock_levels": 3, "hubspot__contacts": 3}
MALFORMED = [
    None,
    [],
    "<html>",
    {},
    {"data": None},
    {"data": []},
    {"results": "x"},
    {"update": {}},
    {"QueryResponse": 3},
]


@pytest.mark.parametrize("body", MALFORMED, ids=repr)
@pytest.mark.parametrize("name", SYNCS)
def test_an_answer_nobody_can_read_is_a_doubt_about_every_record(name, body):
    size = SIZES.get(name, 1)
    found = outcomes(name, size, 200, body)
    assert [outcome.result for outcome in found.values()] == ["in_doubt"] * size


@pytest.mark.parametrize(
    ("status", "alone", "together"),
    [
        (400, "rejected", "not_applied"), (401, "not_applied", "not_applied"), (403, "not_applied", "not_applied"),
        (409, "rejected", "not_applied"), (422, "rejected", "not_applied"), (429, "not_applied", "not_applied"),
        (500, "in_doubt", "in_doubt"), (502, "in_doubt", "in_doubt"), (503, "not_applied", "not_applied"),
        (504, "in_doubt", "in_doubt"), (599, "in_doubt", "in_doubt"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", SYNCS)
def test_every_status_has_one_meaning_for_each_record(name, status, alone, together):
    assert {outcome.result for outcome in outcomes(name, 1, status, {}).values()} == {alone}
    if name in SIZES:
        found = outcomes(name, 3, status, {})
        assert [outcome.result for outcome in found.values()] == [together] * 3


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("shopify__stock_levels", {"data": {"inventorySetQuantities": {"userErrors": [
            {"code": "CHANGE_FROM_QUANTITY_STALE", "field": ["input", "quantities", "1", "changeFromQuantity"], "message": "m"}
        ]}}}, ["not_applied", "rejected", "not_applied"]),
        ("shopify__stock_levels", {"data": {"inventorySetQuantities": {"userErrors": [
            {"code": "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "field": None, "message": "m"}]}}}, ["needs_new_key"] * 3),
        ("shopify__stock_levels", {"errors": [{"message": "m", "extensions": {"code": "THROTTLED"}}]}, ["not_applied"] * 3),
        ("woocommerce__stock_levels", {"update": [{"id": 11}, {"id": 12, "error": {"code": "c", "message": "m"}}]},
         ["accepted", "rejected", "in_doubt"]),
        ("hubspot__contacts", {"results": [{"id": "1", "properties": {"email": "A0@example.com"}}], "errors": [
            {"message": "m", "context": {"objectWriteTraceId": ["TRACE-1"]}}]}, ["accepted", "rejected", "in_doubt"]),
    ],
)  # fmt: skip
def test_a_partial_answer_is_read_record_by_record(name, body, expected):
    trace = batch(name, 3)[1].idempotency_key
    told = json.loads(json.dumps(body).replace("TRACE-1", trace))
    assert [outcome.result for outcome in outcomes(name, 3, 200, told).values()] == expected


def test_a_throttled_answer_says_how_long_the_bucket_takes():
    bucket = {"requestedQueryCost": 100, "throttleStatus": {"currentlyAvailable": 50, "restoreRate": 100}}
    body = {"errors": [{"extensions": {"code": "THROTTLED"}}], "extensions": {"cost": bucket}}
    # (100 wanted - 50 there) / 100 per second
    assert [o.wait for o in outcomes("shopify__stock_levels", 1, 200, body).values()] == [0.5]


def test_long_document_numbers_are_cut_without_meeting():
    from reverse_etl.destinations.quickbooks import document_number

    first, second = (batch("quickbooks__deposits")[0] for _ in range(2))
    first.payload["document_number"] = "payout-of-the-first-of-october-A"
    second.payload["document_number"] = "payout-of-the-first-of-october-B"
    numbers = {document_number(first), document_number(second)}
    assert len(numbers) == 2
    assert all(len(number) <= 21 for number in numbers)


def contract(path):
    file = SHARED / path
    if not file.exists():
        pytest.skip(f"the vendors' contract files are not here ({path})")
    return file


@pytest.mark.parametrize(
    "document", [shopify.SET_QUANTITIES, shopify.STOCK_LEVEL, shopify.CREATE_FULFILMENT, shopify.FULFILMENTS_OF_ORDER]
)
def test_shopify_documents_are_valid_in_its_schema(document):
    from graphql import build_client_schema, parse, validate

    with gzip.open(contract(f"shopify/admin_{shopify.API_VERSION}.introspection.json.gz")) as file:
        read = json.load(file)
    assert validate(build_client_schema(read.get("data", read)), parse(document)) == []


@pytest.mark.parametrize("name", ["shopify__stock_levels", "shopify__tracking"])
def test_shopify_variables_fit_their_types(name):
    from graphql import build_client_schema, parse
    from graphql.execution.values import get_variable_values

    with gzip.open(contract(f"shopify/admin_{shopify.API_VERSION}.introspection.json.gz")) as file:
        read = json.load(file)
    sent = request(name).json
    variables = parse(sent["query"]).definitions[0].variable_definitions
    result = get_variable_values(build_client_schema(read.get("data", read)), variables, sent["variables"])
    assert isinstance(result, dict), result


def _schema(document, pointer):
    """One schema of an OpenAPI file, with its references made local to a JSON Schema."""
    text = json.dumps(document["components"]["schemas"]).replace("#/components/schemas/", "#/$defs/")
    return {"$defs": json.loads(text), "$ref": f"#/$defs/{pointer}"}


def test_hubspot_bodies_fit_the_upsert_schema():
    from jsonschema import validate

    document = json.loads(contract("hubspot/crm_v3_orders.json").read_text())
    validate(request("hubspot__contacts", 3).json, _schema(document, "BatchInputSimplePublicObjectBatchInputUpsert"))


def test_klaviyo_bodies_fit_the_import_schema():
    from jsonschema import validate

    with gzip.open(contract("klaviyo/stable.json.gz")) as file:
        document = json.load(file)
    validate(request("klaviyo__profiles").json, _schema(document, "ProfileUpsertQuery"))


def test_woocommerce_bodies_fit_the_batch_schema():
    from jsonschema import validate

    document = json.loads(contract("woocommerce/woocommerce_wc-v3_derived_openapi.json").read_text())
    paths = document["paths"]["/wp-json/wc/v3/products/{product_id}/variations/batch"]
    validate(
        request("woocommerce__stock_levels", 3).json,
        paths["post"]["requestBody"]["content"]["application/json"]["schema"],
    )
