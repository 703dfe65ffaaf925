"""ShipStation's answers through raw, staging and canonical: recorded ones, and a split, delivered and voided order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transform.loaded_platform import build, load, rows

PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads" / "shipstation"
MONEY = re.compile(r"amount|cost|fee|price|total|tax|value|paid", re.IGNORECASE)

# Recorded field of money → staging column that holds it.
MAPPED = {
    "amountPaid": "amount_paid_major",
    "orderTotal": "order_total_major",
    "taxAmount": "tax_amount_major",
    "shippingAmount": "shipping_amount_major",
    "fulfillmentFee": "fulfillment_fee_major",
}
NOT_USED = {
    "insuranceOptions.insuredValue": "what the parcel is declared to be worth; nobody pays it",
    "internationalOptions.customsItems.value": "a declaration to customs",
    "weight.value": "ounces, no money",
}
NOT_READ = {
    "LIST_PRODUCTS.json": "prices and costs are the storefront's and the inventory system's",
    "GET_RATES.json": "an offer, not a cost; the label's cost is on the shipment",
}

pytestmark = pytest.mark.dbt


def shipment(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "shipmentId": number,
        "orderId": 1,
        "orderNumber": "#1042",
        "createDate": "2026-10-05T16:20:00.1230000",
        "shipDate": "2026-10-05",
        "shipmentCost": Decimal("7.40"),
        "insuranceCost": 0,
        "trackingNumber": f"T{number}",
        "isReturnLabel": False,
        "carrierCode": "stamps_com",
        "voided": False,
        "voidDate": None,
        "shipmentItems": [{"orderItemId": 10 + number, "sku": f"SKU-{number}", "quantity": 2, "unitPrice": 5}],
        **changes,
    }


SHIPMENTS = [
    shipment(1),
    shipment(2, insuranceCost=Decimal("0.35")),
    shipment(3, voided=True, voidDate="2026-10-05T17:00:00.0000000"),
    shipment(4, isReturnLabel=True),
    # The walk by voidDateStart answers a shipment again that the walk by createDateStart has answered.
    shipment(3, voided=True, voidDate="2026-10-05T17:00:00.0000000"),
]
FULFILLMENT = {
    "fulfillmentId": 1,
    "orderId": 1,
    "orderNumber": "#1042",
    "trackingNumber": "T1",
    "createDate": "2026-10-05T16:20:00",
    "shipDate": "2026-10-05T00:00:00.0000000",
    "deliveryDate": "2026-11-01T10:00:00.0000000",
    "carrierCode": "USPS",
    "fulfillmentFee": 0,
    "voided": False,
}


@pytest.fixture(scope="module")
def split_order(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("split_order")
    load(folder, "shipstation", {"shipments": SHIPMENTS, "fulfillments": [FULFILLMENT]})
    if PAYLOADS.exists():
        # A second account, so that one build serves both: "now" is known per account.
        recorded = {"orders": [order()], "fulfillments": fulfillments()}
        notices = load(folder, "shipstation", recorded, account_id="recorded")
        assert notices.undeclared == {}
    build(folder, "shipstation")
    return folder


def test_a_split_order_is_two_parcels_and_a_voided_label_while_a_return_label_is_none(split_order: Path) -> None:
    parcels = rows(
        split_order, "select * from canonical.can_parcels__shipstation where account_id = 'main' order by parcel_id"
    )
    assert [(p["parcel_id"], p["shipment_status"], p["cost_minor"]) for p in parcels] == [
        ("shipstation:main:1", "delivered", 740),
        ("shipstation:main:2", "in_transit", 775),
        ("shipstation:main:3", "voided", 740),
    ]
    assert {p["order_number"] for p in parcels} == {"#1042"}
    assert {(p["order_id"], p["entity_id"], p["carrier"], p["currency_code"]) for p in parcels} == {
        (None, "main", "usps", "USD")
    }
    # 16:20:00.123 in Los Angeles on 5 October (PDT) is 23:20 UTC; 10:00 on 1 November is already PST, 18:00 UTC.
    assert parcels[0]["shipped_at"] == datetime.fromisoformat("2026-10-05T23:20:00.123")
    assert parcels[0]["delivered_at"] == datetime.fromisoformat("2026-11-01T18:00:00")
    assert parcels[2]["voided_at"] == datetime.fromisoformat("2026-10-06T00:00:00")


def test_each_parcel_has_its_own_lines(split_order: Path) -> None:
    lines = rows(split_order, "select * from canonical.can_parcel_lines__shipstation order by parcel_line_id")
    assert [(line["parcel_line_id"], line["parcel_id"], line["sku"], line["quantity"]) for line in lines] == [
        (f"shipstation:main:{n}:1", f"shipstation:main:{n}", f"SKU-{n}", 2) for n in (1, 2, 3)
    ]


def test_raw_keeps_the_vendors_text_of_a_time(split_order: Path) -> None:
    found = rows(split_order, "select create_date from raw_shipstation.shipments where shipment_id = 1")
    assert found == [{"create_date": "2026-10-05T16:20:00.1230000"}]


@pytest.fixture
def recorded(split_order: Path) -> Path:
    if not PAYLOADS.exists():
        pytest.skip(f"no recorded answers at {PAYLOADS}")
    return split_order


def order() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / "GET_ORDER.json").read_text(), parse_float=Decimal)
    return found


def fulfillments() -> list[dict[str, Any]]:
    text = (PAYLOADS / "LIST_FULFILLMENTS.json").read_text()
    found: list[dict[str, Any]] = json.loads(text, parse_float=Decimal)["fulfillments"]
    return found


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def test_recorded_orders_and_fulfillments_leave_no_field_of_money_unmapped(recorded: Path) -> None:
    fields = {
        path
        for record in (order(), *fulfillments())
        for path, value in leaves(record)
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and MONEY.search(path)
    }
    assert fields == {*MAPPED, *NOT_USED} & fields
    assert fields >= set(MAPPED)
    staged = rows(recorded, "select * from staging.stg_shipstation__orders")[0]
    for name, column in MAPPED.items():
        if name in order():
            assert staged[column] == order()[name]
    fees = rows(
        recorded,
        "select sum(fulfillment_fee_major) as fees from staging.stg_shipstation__fulfillments where account_id = 'recorded'",
    )
    assert fees[0]["fees"] == sum(record["fulfillmentFee"] for record in fulfillments())


def test_every_recorded_answer_with_money_is_read_or_has_a_reason() -> None:
    if not PAYLOADS.exists():
        pytest.skip(f"no recorded answers at {PAYLOADS}")
    with_money = {
        path.name
        for path in PAYLOADS.glob("*.json")
        for name, value in leaves(json.loads(path.read_text()))
        if isinstance(value, float) and MONEY.search(name)
    }
    assert with_money <= {"GET_ORDER.json", "LIST_FULFILLMENTS.json", *NOT_READ}


def test_a_recorded_order_is_shipped_and_its_times_are_utc(recorded: Path) -> None:
    staged = rows(recorded, "select * from staging.stg_shipstation__orders")[0]
    assert staged["shipping_status"] == "shipped"
    # 05:58 in Los Angeles on 2 June 2015, daylight saving time.
    assert staged["ordered_at"] == datetime.fromisoformat("2015-06-02T12:58:00")


def test_recorded_fulfillments_without_a_label_are_parcels_of_their_own(recorded: Path) -> None:
    parcels = rows(
        recorded, "select * from canonical.can_parcels__shipstation where account_id = 'recorded' order by parcel_id"
    )
    assert [(p["platform_parcel_id"], p["tracking_number"], p["carrier"]) for p in parcels] == [
        ("fulfillment-12345678", "1Z4X53V5032442XXXX", "ups"),
        ("fulfillment-23456789", None, None),
    ]
    assert {p["shipment_status"] for p in parcels} == {"in_transit"}
    assert parcels[0]["shipped_at"].date() == date(2020, 6, 19)
