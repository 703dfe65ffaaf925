"""Two books of the same shelves: on hand is the sum of its movements, refunds move nothing, every difference has a reason."""

# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, line, listing, order


def moved(number: int, sku: str, place: str, kind: str, units: int, day: int = 1, task: str = "") -> dict[str, Any]:
    row = {"stock_movement_id": f"m{number}", "platform": "cin7", "sku": sku, "location_id": place}
    more = {"platform_document_id": task or f"t{number}", "moved_at": datetime(2026, 10, day)}
    return row | more | {"movement_type": kind, "units": units}


def parcel(number: str, units: int, shipped_at: datetime, sku: str = "CUP") -> tuple[dict[str, Any], dict[str, Any]]:
    left = {"parcel_id": number, "order_id": "A", "location_id": "BER", "shipment_status": "delivered"}
    return left | {"shipped_at": shipped_at}, {
        "parcel_line_id": number, "parcel_id": number, "sku": sku, "quantity": units,
    }  # fmt: skip


def receipt(number: str, units: int, day: int = 5) -> dict[str, Any]:
    row = {"purchase_order_line_id": number, "platform": "cin7", "platform_purchase_order_id": f"po {number}"}
    more = {"sku": "CUP", "location_id": "BER", "purchase_order_status": "open", "quantity": 50}
    return row | more | {"received_quantity": units, "last_received_date": datetime(2026, 10, day).date()}


def given_back(world: CanonicalRows, restock_type: str, units: int = 2) -> None:
    world.rows("can_refunds", {"refund_id": "r", "order_id": "A", "refunded_at": datetime(2026, 10, 9)})
    row = {"refund_line_id": "r1", "refund_id": "r", "order_id": "A", "sku": "CUP", "quantity": units}
    world.rows("can_refund_lines", row | {"restock_type": restock_type})


@pytest.fixture
def shelf() -> CanonicalRows:
    """CUP at BER: opened with a count of 30, 20 received, 4 shipped, 1 written off: 45. All of it seen elsewhere as well."""
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 45))
    world.rows(
        "can_stock_movements",
        moved(1, "CUP", "BER", "count", 30),
        moved(2, "CUP", "BER", "receipt", 20, 5),
        moved(3, "CUP", "BER", "shipment", -4, 8),
        moved(4, "CUP", "BER", "adjustment", -1, 20),
    )
    world.rows("can_purchase_orders", receipt("1", 20))
    world.rows("can_orders", order("A", order_fulfilment_status="fulfilled")).rows(
        "can_order_lines", line("A", "CUP", 4)
    )
    left, lines = parcel("p", 4, datetime(2026, 10, 8, 10))
    world.rows("can_parcels", left).rows("can_parcel_lines", lines)
    world.rows("can_channel_listings", listing("CUP", "BER", 45))
    return world


def differences(world: CanonicalRows) -> list[tuple[Any, ...]]:
    return world.query(
        "select between_systems, stock_reason_code, term, units from {{ ref('fct_stock_differences') }} order by all"
    )


def test_on_hand_is_the_sum_of_its_movements_day_by_day(shelf: CanonicalRows) -> None:
    days = shelf.query("select stock_date, opening, moved, closing from {{ ref('fct_stock_days') }} order by 1")
    assert [(str(day), *units) for day, *units in days] == [
        ("2026-10-01", 0, 30, 30),
        ("2026-10-05", 30, 20, 50),
        ("2026-10-08", 50, -4, 46),
        ("2026-10-20", 46, -1, 45),
    ]
    assert shelf.query("select * from {{ ref('fct_stock_remainders') }}") == []
    assert differences(shelf) == []


GIVEN_BACK = [
    # disposition at the storefront, units the hub put back, warehouse − hub, the reason
    ("not_restocked", 0, []),  # the money went back, nothing moved
    ("cancelled", 0, []),
    ("restocked", 2, []),
    ("restocked", 0, [("warehouse - hub", "STK-05", "return", 2)]),
    ("not_restocked", 2, [("warehouse - hub", "STK-04", "return", -2)]),
]


@pytest.mark.parametrize(("disposition", "at_the_hub", "found"), GIVEN_BACK)
def test_a_disposition_puts_back_and_a_refund_does_not(
    shelf: CanonicalRows, disposition: str, at_the_hub: int, found: list[tuple[Any, ...]]
) -> None:
    given_back(shelf, disposition)
    if at_the_hub:
        rows = shelf.query("select * from {{ ref('can_stock_movements') }}")
        names = [row[0] for row in shelf.query("select column_name from (describe can_stock_movements)")]
        kept = [dict(zip(names, row, strict=True)) for row in rows]
        shelf.rows("can_stock_movements", *kept, moved(9, "CUP", "BER", "return", at_the_hub, 10))
        shelf.rows("can_stock_levels", level("CUP", "BER", 45 + at_the_hub))
        shelf.rows("can_channel_listings", listing("CUP", "BER", 45 + at_the_hub))
    put_back = shelf.query(
        "select coalesce(sum(units), 0) from {{ ref('fct_stock_movements') }} where movement_type = 'return' and book = 'warehouse'"
    )
    assert put_back == [(2 if disposition == "restocked" else 0,)]
    assert differences(shelf) == found


def test_a_parcel_nobody_deducted_and_a_receipt_nobody_posted_have_their_reasons(shelf: CanonicalRows) -> None:
    lefts, lines = zip(parcel("p", 4, datetime(2026, 10, 8)), parcel("q", 3, datetime(2026, 10, 9)), strict=True)
    shelf.rows("can_parcels", *lefts).rows("can_parcel_lines", *lines)
    shelf.rows("can_purchase_orders", receipt("1", 20), receipt("2", 7))
    assert differences(shelf) == [
        ("warehouse - hub", "STK-09", "receipt", 7),
        ("warehouse - hub", "STK-22", "shipment", -3),
    ]
    ends = shelf.query("select warehouse_on_hand, hub_on_hand from {{ ref('fct_stock_ends') }}")
    assert ends == [(49, 45)]


def also_moved(world: CanonicalRows, *more: dict[str, Any]) -> None:
    """More lines in the hub's book, beside those it has."""
    rows = world.query("select * from {{ ref('can_stock_movements') }}")
    names = [row[0] for row in world.query("select column_name from (describe can_stock_movements)")]
    world.rows("can_stock_movements", *(dict(zip(names, row, strict=True)) for row in rows), *more)


def test_a_count_that_finds_what_the_hub_had_missed_ends_the_difference(shelf: CanonicalRows) -> None:
    """Parcel q left with 3 and nobody deducted it; the count of the 25th finds 3 fewer: both reasons stand, and add up to 0."""
    lefts, lines = zip(parcel("p", 4, datetime(2026, 10, 8)), parcel("q", 3, datetime(2026, 10, 9)), strict=True)
    shelf.rows("can_parcels", *lefts).rows("can_parcel_lines", *lines)
    also_moved(shelf, moved(9, "CUP", "BER", "count", -3, 25))
    shelf.rows("can_stock_levels", level("CUP", "BER", 42)).rows("can_channel_listings", listing("CUP", "BER", 42))
    assert differences(shelf) == [
        ("warehouse - hub", "STK-07", "count", 3),
        ("warehouse - hub", "STK-22", "shipment", -3),
    ]
    assert shelf.query("select warehouse_on_hand, hub_on_hand from {{ ref('fct_stock_ends') }}") == [(42, 42)]


def test_a_variance_nothing_else_explains_is_shrinkage_under_its_own_code(shelf: CanonicalRows) -> None:
    also_moved(shelf, moved(9, "CUP", "BER", "count", -2, 25))
    shelf.rows("can_stock_levels", level("CUP", "BER", 43)).rows("can_channel_listings", listing("CUP", "BER", 43))
    assert differences(shelf) == [("warehouse - hub", "STK-07", "count", 2)]
    assert shelf.query("select warehouse_on_hand, hub_on_hand from {{ ref('fct_stock_ends') }}") == [(45, 43)]


def test_what_a_channel_sends_itself_goes_back_to_its_own_shelf(shelf: CanonicalRows) -> None:
    shelf.rows("can_orders", order("A", order_fulfilment_status="fulfilled", is_fulfilled_by_channel=True))
    given_back(shelf, "restocked")
    found = shelf.query("select * from {{ ref('fct_stock_movements') }} where movement_type = 'return'")
    assert found == []


def test_what_nobody_can_explain_is_a_row_and_raises_no_number(shelf: CanonicalRows) -> None:
    shelf.rows("can_stock_levels", level("CUP", "BER", 50))
    shelf.rows("can_channel_listings", listing("CUP", "BER", 45))
    assert shelf.query("select units, stock_reason_code from {{ ref('fct_stock_remainders') }}") == [(5, "STK-00")]
    held = shelf.query("select reckoned_quantity, target_quantity, held_back_reason from {{ ref('fct_listings') }}")
    assert held == [(50, None, "stock_unexplained")]
    assert ("hub - channel", "STK-00", "listing", 5) in differences(shelf)
    assert ("warehouse - hub", "STK-00", "count", -5) in differences(shelf)


def test_what_nobody_can_explain_still_lowers_a_number(shelf: CanonicalRows) -> None:
    shelf.rows("can_stock_levels", level("CUP", "BER", 40))
    held = shelf.query("select target_quantity, held_back_reason from {{ ref('fct_listings') }}")
    assert held == [(40, None)]


def test_a_count_speaks_for_its_time_and_what_moved_later_is_added() -> None:
    """A file's count of 31 October 12:00 says 10; a receipt of 3 an hour later stays on top, one of the day before does not."""
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 10, platform="files"))
    row = {"platform": "shopify", "refund_id": "r", "order_id": "A", "sku": "CUP", "restock_type": "restocked"}
    later, earlier = datetime(2026, 10, 31, 13), datetime(2026, 10, 30)
    world.rows("can_orders", order("A", order_fulfilment_status="fulfilled"))
    world.rows("can_order_lines", line("A", "CUP", 9))
    left, lines = parcel("p", 9, datetime(2026, 10, 1))
    world.rows("can_parcels", left).rows("can_parcel_lines", lines)
    world.rows(
        "can_refunds",
        {"refund_id": "r", "order_id": "A", "refunded_at": later},
        {"refund_id": "s", "order_id": "A", "refunded_at": earlier},
    )
    world.rows(
        "can_refund_lines",
        row | {"refund_line_id": "r1", "quantity": 3},
        row | {"refund_line_id": "s1", "refund_id": "s", "quantity": 2},
    )
    found = world.query("select counted, moved_since, on_hand from {{ ref('fct_stock_levels') }}")
    assert found == [(10, 3, 13)]


def test_a_transfer_is_out_and_on_its_way_and_in() -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 20), level("CUP", "LON", 6))
    world.rows(
        "can_stock_movements",
        moved(1, "CUP", "BER", "adjustment", 30),
        moved(2, "CUP", "BER", "transfer", -10, 3, "TR-1"),
        moved(3, "CUP", "LON", "transfer", 6, 4, "TR-1"),
    )
    found = world.query(
        "select sent, received, in_transit, from_location_id, to_location_id from {{ ref('fct_transfers') }}"
    )
    assert found == [(10, 6, 4, "BER", "LON")]
    assert world.query("select * from {{ ref('fct_stock_remainders') }}") == []


def test_between_hub_and_channel_every_unit_has_a_reason() -> None:
    """40 on hand, 2 damaged, 3 for samples, 5 owed, buffer 2 at WooCommerce, which shows 31; ROM is closed with 8."""
    world = CanonicalRows().rows(
        "can_stock_levels",
        level("CUP", "BER", 40, damaged=2, reserved=3),
        level("CUP", "ROM", 8, is_enabled=False),
    )
    world.rows("can_orders", order("A")).rows("can_order_lines", line("A", "CUP", 5))
    woo = {"platform": "woocommerce", "channel": "woocommerce", "platform_product_id": "1"}
    world.rows("can_channel_listings", listing("CUP", None, 31, **woo))
    # 48 − 5 = 43 free at the hub; 43 − 8 − 2 − 3 − 2 = 28 to sell; the shop shows 31.
    assert differences(world) == [
        ("hub - channel", "STK-01", "listing", -3),
        ("hub - channel", "STK-12", "buffer", 2),
        ("hub - channel", "STK-12", "reserved", 3),
        ("hub - channel", "STK-16", "disabled_location", 8),
        ("hub - channel", "STK-20", "damaged", 2),
    ]
    assert world.query("select hub_free, channel_units from {{ ref('fct_stock_ends') }}") == [(43, 31)]


STRAYED = [
    # what the shop accepted at 10:00, what it showed at 11:00, sold there at 10:30, the reasons
    (28, 26, 2, {"STK-02": 2}),  # sold since: on the order, and so on our number too
    (28, 25, 2, {"STK-02": 2, "STK-06": 1}),
    (28, 35, 0, {"STK-06": -7}),
    (20, 20, 0, {"STK-01": 8}),
]
# The same, and units the channel says are on its open orders: those beyond the ones we know are on orders nobody has read.
UNREAD = [
    (28, 24, 2, 3, {"STK-02": 2, "STK-03": 1, "STK-06": 1}),
    (28, 24, 0, 9, {"STK-03": 4}),
    (28, 24, 2, 2, {"STK-02": 2, "STK-06": 2}),
    (28, 30, 0, 5, {"STK-06": -2}),
]


@pytest.mark.parametrize(
    ("accepted", "shown", "sold", "promised", "reasons"),
    [(accepted, shown, sold, None, reasons) for accepted, shown, sold, reasons in STRAYED] + UNREAD,
)
def test_a_channel_that_strayed_has_sold_or_was_edited(
    accepted: int, shown: int, sold: int, promised: int | None, reasons: dict[str, int]
) -> None:
    # 28 + what was sold there lie on the shelf, so that 28 may still be sold.
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 28 + sold))
    woo = {"platform": "woocommerce", "channel": "woocommerce", "platform_product_id": "1"}
    world.seed("channel_policies", {"channel": "*", "sku": "*", "share_percent": 100, "buffer": 0})
    more = {"updated_at": datetime(2026, 10, 31, 11), "platform_committed": promised}
    world.rows("can_channel_listings", listing("CUP", None, shown, **more, **woo))
    if sold:
        world.rows("can_orders", order("A", "woocommerce", placed_at=datetime(2026, 10, 31, 10, 30)))
        world.rows("can_order_lines", line("A", "CUP", sold))
    delivery = {
        "delivery_id": "d",
        "sync": "woocommerce__stock_levels",
        "destination": "woocommerce",
        "record_key": "1",
    }
    at_ten = datetime(2026, 10, 31, 10)
    world.rows(
        "can_deliveries", delivery | {"delivery_status": "accepted", "status_changed_at": at_ten, "planned_at": at_ten}
    )
    change = {"delivery_id": "d", "sync": delivery["sync"], "record_key": "1", "field_name": "quantity"}
    world.rows("can_plan_changes", change | {"change_number": 1, "after_value": str(accepted)})
    found = {code: units for _, code, _, units in differences(world)}
    assert found == {code: units for code, units in reasons.items() if units}
    assert sum(found.values()) == 28 - shown


def test_two_groups_of_stores_show_the_same_units_again_and_each_has_its_own_writer() -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 8))
    amazon = {"platform": "amazon", "channel": "amazon"}
    groups = [
        listing("CUP", None, 8, listing_id=f"l{group}", pool_group=group, **amazon) for group in ("US,CA", "DE,FR")
    ]
    world.seed("channel_policies", {"channel": "amazon", "sku": "*", "share_percent": 100, "buffer": 0})
    world.rows("can_channel_listings", *groups)
    assert world.query("select target_quantity, held_back_reason from {{ ref('fct_listings') }}") == [(8, None)] * 2
    assert differences(world) == [("hub - channel", "STK-18", "pool_groups", -8)]
    # The same SKU twice in one group are two writers of one number.
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 8))
    world.rows("can_channel_listings", groups[0], groups[0] | {"listing_id": "again"})
    assert world.query("select distinct held_back_reason from {{ ref('fct_listings') }}") == [("sku_listed_twice",)]


def test_stock_of_another_account_is_never_written_to_the_destination_that_is_configured() -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 8))
    shop = {"platform": "woocommerce", "platform_product_id": "1"}
    world.rows(
        "can_channel_listings",
        listing("CUP", None, 1, listing_id="main", channel="woocommerce", **shop),
        listing("CUP", None, 1, listing_id="eu", channel="woocommerce_eu", account_id="eu", **shop),
    )
    assert world.query("select source_key from {{ ref('act_woocommerce__stock_levels') }}") == [("main",)]
    held = world.query("select held_back_reason from {{ ref('fct_listings') }} where account_id = 'eu'")
    assert held == [("account_not_written",)]
