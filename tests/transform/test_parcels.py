"""Parcels: one row each whatever arrives late or twice, units kept, and what the storefront has not been told."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime
from itertools import permutations
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows

ORDER = {"order_id": "o", "order_number": "#1042", "platform_order_id": "42", "order_date": date(2026, 10, 5)}
SHIPPED = datetime(2026, 10, 6, 15)


def parcel(parcel_id: str, **more: Any) -> dict[str, Any]:
    row = {"parcel_id": parcel_id, "platform": "shipstation", "tracking_number": f"1Z{parcel_id}", "carrier": "ups"}
    return row | {"order_id": "o", "shipment_status": "in_transit", "shipped_at": SHIPPED} | more


def parcel_line(parcel_id: str, sku: str, quantity: int) -> dict[str, Any]:
    return {"parcel_line_id": f"{parcel_id}/{sku}", "parcel_id": parcel_id, "sku": sku, "quantity": quantity}


def open_line(number: int, sku: str, remaining: int, fulfilment_order: str = "FO1") -> dict[str, Any]:
    row = {"fulfilment_order_line_id": f"f{number}", "fulfilment_order_line_gid": f"FOL{number}", "sku": sku}
    return row | {"order_id": "o", "fulfilment_order_gid": fulfilment_order, "remaining_quantity": remaining}


STATUSES = [
    # what the tool says, what it knows, what it is
    ({"shipment_status": "label_created", "shipped_at": None}, "label_created", False),
    ({"shipment_status": "label_created"}, "in_transit", True),
    ({"shipment_status": "in_transit", "delivered_at": SHIPPED}, "delivered", True),
    ({"shipment_status": "delivered", "voided_at": SHIPPED}, "delivered", True),
    ({"shipment_status": "in_transit", "voided_at": SHIPPED}, "voided", False),
    ({"shipment_status": "exception"}, "exception", True),
    ({"shipment_status": "unmapped", "shipped_at": None}, "unmapped", False),
]


@pytest.mark.parametrize(("told", "status", "shipped"), STATUSES)
def test_what_happened_cannot_unhappen(told: dict[str, Any], status: str, shipped: bool) -> None:
    world = CanonicalRows().rows("can_orders", ORDER).rows("can_parcels", parcel("a", **told))
    assert world.query("select shipment_status, is_shipped from {{ ref('fct_parcels') }}") == [(status, shipped)]


MATCHES = [
    ("o", None, "o", "platform_reference"),
    (None, "1042", "o", "order_number"),
    ("elsewhere", " #1042 ", "o", "order_number"),
    (None, "9999", None, "none"),
    (None, "#7", None, "none"),  # two orders carry number 7
]


@pytest.mark.parametrize(("order_id", "number", "expected", "rule"), MATCHES)
def test_a_parcel_finds_its_order_or_says_that_it_has_none(
    order_id: str | None, number: str | None, expected: str | None, rule: str
) -> None:
    twins = [
        {"order_id": f"{channel}-7", "order_number": "7", "channel": channel} for channel in ("shopify", "woocommerce")
    ]
    world = CanonicalRows().rows("can_orders", ORDER, *twins)
    world.rows("can_parcels", parcel("a", order_id=order_id, order_number=number))
    assert world.query("select order_id, order_match_rule from {{ ref('fct_parcels') }}") == [(expected, rule)]


def test_parcels_times_lines_keep_every_unit() -> None:
    world = CanonicalRows().rows("can_orders", ORDER).rows("can_parcels", parcel("a"), parcel("b"))
    world.rows("can_parcel_lines", parcel_line("a", "CUP", 2), parcel_line("a", "MUG", 1), parcel_line("b", "CUP", 3))
    assert world.query("select parcel_id, lines, units from {{ ref('fct_parcels') }} order by 1") == [
        ("a", 2, 3),
        ("b", 1, 3),
    ]
    assert world.query("select sum(quantity), count(*) from {{ ref('fct_parcel_lines') }}") == [(6, 3)]


def test_tracking_the_storefront_does_not_know_is_told_line_by_line() -> None:
    world = CanonicalRows().rows("can_orders", ORDER)
    world.rows("can_parcels", parcel("a"), parcel("b"), parcel("known"), parcel("void", voided_at=SHIPPED))
    world.rows("can_storefront_fulfilments", {"order_id": "o", "tracking_number": " 1zknown"})
    world.rows(
        "can_parcel_lines", *(parcel_line(p, "CUP", 2) for p in ("a", "b", "known", "void")), parcel_line("a", "MUG", 1)
    )
    world.rows("can_fulfilment_orders", open_line(1, "CUP", 3), open_line(2, "CUP", 1), open_line(3, "MUG", 1))
    rows = world.query(
        "select record_key, line_number, fulfilment_order_line_gid, line_quantity, platform_order_id"
        " from {{ ref('act_shopify__tracking') }} order by 1, 2"
    )
    assert rows == [
        ("a", 1, "FOL1", 2, "42"),
        ("a", 2, "FOL3", 1, "42"),
        ("b", 1, "FOL1", 1, "42"),
        ("b", 2, "FOL2", 1, "42"),
    ]
    assert world.query("select distinct reason from act_shopify__tracking where record_key = 'b'") == [
        ("Order #1042 left on 2026-10-06 with ups 1Zb; the shop does not know this tracking number",)
    ]


def test_a_parcel_over_two_fulfilment_orders_is_two_records() -> None:
    world = CanonicalRows().rows("can_orders", ORDER).rows("can_parcels", parcel("a"))
    world.rows("can_parcel_lines", parcel_line("a", "CUP", 2))
    world.rows("can_fulfilment_orders", open_line(1, "CUP", 1, "FO1"), open_line(2, "CUP", 1, "FO2"))
    rows = world.query(
        "select record_key, line_number, fulfilment_order_gid from {{ ref('act_shopify__tracking') }} order by 1"
    )
    assert rows == [("a", 1, "FO1"), ("a|FO2", 1, "FO2")]


def test_the_order_of_arrival_changes_nothing() -> None:
    seen = set()
    for rows in permutations([parcel("a"), parcel("b", shipped_at=None), parcel("c", delivered_at=SHIPPED)]):
        world = CanonicalRows().rows("can_orders", ORDER).rows("can_parcels", *rows)
        seen.add(tuple(world.query("select * from {{ ref('fct_parcels') }} order by parcel_id")))
    assert len(seen) == 1
