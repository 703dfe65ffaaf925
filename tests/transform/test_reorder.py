"""When a draft purchase is due, how much it holds, and that nothing is drafted twice: hand-written rows, arithmetic in view."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows

TODAY = datetime(2026, 10, 31, 12)
PREFIX = "po:main:CUP:Harbor Goods Co:"


def policy(**more: Any) -> dict[str, Any]:
    row = {"sku": "CUP", "season_from": "01-01", "season_until": "12-31", "supplier_name": "Harbor Goods Co"}
    row |= {"location_id": "newark", "reorder_point": 10, "order_up_to": 30, "pack_size": 1, "lead_time_days": 14}
    return row | {"tax_rule": "Tax Exempt"} | more


def world(
    on_hand: int, incoming: int = 0, drafts: tuple[dict[str, Any], ...] = (), in_flight: int = 0, **more: Any
) -> CanonicalRows:
    made = CanonicalRows()
    made.rows("fct_stock", {"sku": "CUP", "location_id": "newark", "available": on_hand, "incoming": incoming})
    made.rows("fct_stock_pools", {"sku": "CUP", "available": on_hand, "in_flight": in_flight})
    made.rows("dim_stock_clock", {"newest_count_at": TODAY})
    product = {
        "product_id": "cin7:main:p",
        "platform": "cin7",
        "sku": "CUP",
        "title": "Ceramic Mug",
        "unit_cost_minor": 700,
    }
    made.rows("can_products", product)
    made.rows("can_purchase_drafts", *({"platform": "cin7", "updated_at": TODAY} | row for row in drafts))
    return made.seed("reorder_policies", policy(**more))


POSITION = "select position, reorder_status, order_quantity from {{ ref('fct_reorder_positions') }}"
# on hand, incoming, knobs → position, status, quantity
QUANTITIES = [
    (11, 0, {}, (11, "enough", 19)),
    (10, 0, {}, (10, "due", 20)),
    (4, 6, {}, (10, "due", 20)),
    (4, 7, {}, (11, "enough", 19)),
    # One parcel left after the count: 11 − 1.
    (11, 0, {"in_flight": 1}, (10, "due", 20)),
    # Promised beyond what is there: −5 lacks 35.
    (-5, 0, {}, (-5, "due", 35)),
    # 20 are lacking: two packs of 12 are 24.
    (10, 0, {"pack_size": 12}, (10, "due", 24)),
    # q² · 300 ≥ 2 · 240 · 1500 = 720,000: 48² = 2,304 → 691,200 is short, 49² = 2,401 → 720,300 is not; five packs of 12.
    (10, 0, {"annual_units": 240, "order_cost_minor": 1500, "holding_cost_minor": 300}, (10, "due", 49)),
    (
        10,
        0,
        {"annual_units": 240, "order_cost_minor": 1500, "holding_cost_minor": 300, "pack_size": 12},
        (10, "due", 60),
    ),
    # 2 · 4 · 100 = 800 = 8 · 10²: exactly 10, which 20 lacking exceed.
    (10, 0, {"annual_units": 4, "order_cost_minor": 100, "holding_cost_minor": 8}, (10, "due", 20)),
]


@pytest.mark.parametrize(("on_hand", "incoming", "knobs", "wanted"), QUANTITIES)
def test_a_draft_holds_what_is_lacking_or_what_is_economic_in_whole_packs(
    on_hand: int, incoming: int, knobs: dict[str, Any], wanted: tuple[Any, ...]
) -> None:
    assert world(on_hand, incoming, **knobs).query(POSITION) == [wanted]


def draft(at: int, status: str, sku: str | None = "CUP", ours: bool = True, **more: Any) -> dict[str, Any]:
    row = {
        "purchase_draft_line_id": f"d{at}",
        "platform_purchase_order_id": f"d{at}",
        "draft_status": status,
        "sku": sku,
    }
    return row | {"our_reference": f"{PREFIX}{at}" if ours else None, "supplier_name": "Harbor Goods Co"} | more


COVERED = [
    ((), ("due", f"{PREFIX}1")),
    ((draft(1, "open"),), ("drafted", f"{PREFIX}2")),
    # Its line has not been written yet.
    ((draft(1, "open", sku=None),), ("drafted", f"{PREFIX}2")),
    # A person's own draft covers as well.
    ((draft(1, "open", ours=False),), ("drafted", f"{PREFIX}1")),
    ((draft(1, "open", sku="POT", ours=False),), ("due", f"{PREFIX}1")),
    # Authorised, received, sold again: the next draft has the next number.
    ((draft(1, "ordered"),), ("due", f"{PREFIX}2")),
    # A person's no stands for a lead time of 14 days.
    ((draft(1, "declined", updated_at=datetime(2026, 10, 17)),), ("declined", f"{PREFIX}2")),
    ((draft(1, "declined", updated_at=datetime(2026, 10, 16)),), ("due", f"{PREFIX}2")),
    # Another SKU whose key begins alike is another SKU.
    ((draft(1, "open", sku=None, our_reference="po:main:CUP-2:Harbor Goods Co:1"),), ("due", f"{PREFIX}1")),
]


@pytest.mark.parametrize(("drafts", "wanted"), COVERED)
def test_an_open_draft_covers_whoever_made_it_and_a_no_stands_for_a_while(drafts: Any, wanted: tuple[str, str]) -> None:
    made = world(10, drafts=drafts)
    assert made.query("select reorder_status, draft_reference from {{ ref('fct_reorder_positions') }}") == [wanted]
    due = [(wanted[1],)] if wanted[0] == "due" else []
    assert made.query("select record_key from {{ ref('act_cin7__draft_purchases') }}") == due


def test_a_draft_without_a_line_gets_it_and_no_second_head() -> None:
    made = world(10, drafts=(draft(1, "open", sku=None),))
    assert made.query(
        "select record_key, upstream_key, order_quantity from {{ ref('act_cin7__draft_purchase_lines') }}"
    ) == [(f"{PREFIX}1", f"{PREFIX}1", 20)]
    assert made.query("select count(*) from {{ ref('act_cin7__draft_purchases') }}") == [(0,)]


def test_a_draft_says_what_was_counted_with_and_what_it_would_cost() -> None:
    made = world(4, 3, pack_size=12)
    [(note, minor, currency, wanted)] = made.query(
        "select note, money_minor, currency_code, required_date from {{ ref('act_cin7__draft_purchases') }}"
    )
    # 30 − 7 = 23 are lacking, two packs are 24, at 7.00 each.
    assert (minor, currency, wanted) == (16_800, "USD", date(2026, 11, 14))
    assert "7 left or on their way (4 free, 3 coming), reorder point 10, order up to 30, packs of 12" in note
    assert note.endswith(f"[cartwheel {PREFIX}1]")


def test_the_reference_in_the_note_is_the_one_that_is_read_back() -> None:
    made = world(10)
    [(note, key)] = made.query("select note, record_key from {{ ref('act_cin7__draft_purchases') }}")
    read = made.rendered("select {{ bracketed_reference('?') }}")
    assert made.connection.execute(read, [note]).fetchall() == [(key,)]
    assert made.connection.execute(read, ["call [the] supplier"]).fetchall() == [(None,)]


def test_a_season_has_a_policy_of_its_own() -> None:
    made = world(15)
    made.seed(
        "reorder_policies",
        policy(),
        policy(season_from="10-15", season_until="01-15", reorder_point=20, order_up_to=60),
    )
    assert made.query(POSITION) == [(15, "due", 45)]
