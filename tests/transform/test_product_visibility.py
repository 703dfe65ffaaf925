"""Which products are hidden and shown again, on hand-written rows: two readings that agree, and nobody else's decision."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows

NOW = datetime(2026, 10, 31, 12)
LONG_AGO = datetime(2026, 10, 31, 11, 59)


def world(on_hand: int, listed: int, visibility: str, listed_at: datetime = LONG_AGO, **more: Any) -> CanonicalRows:
    made = CanonicalRows()
    listing = {"platform": "woocommerce", "channel": "woocommerce", "platform_product_id": "11"}
    listings = [{"listing_id": "l1", "ats": max(0, on_hand), "listed_quantity": listed, "updated_at": listed_at}]
    if more.get("sibling"):
        listings.append({"listing_id": "l2", "updated_at": LONG_AGO} | more["sibling"])
    told, changed = ("listing_id", "ats", "listed_quantity", "held_back_reason"), ("listing_id", "updated_at")
    made.rows("fct_listings", *(listing | {name: row.get(name) for name in told} for row in listings))
    made.rows("can_channel_listings", *(listing | {name: row[name] for name in changed} for row in listings))
    made.rows("dim_stock_clock", {"newest_count_at": NOW})
    product = {"product_visibility_id": "woocommerce:main:11", "platform": "woocommerce", "channel": "woocommerce"}
    product |= {"platform_product_id": "11", "title": "Ceramic Mug", "visibility": visibility}
    made.rows("can_product_visibilities", product)
    return made.seed(
        "visibility_policies", *more.get("policies", [{"channel": "*", "zero_seconds": 60, "republish_at": 2}])
    )


STATUS = "select visibility_status, wanted_visibility from {{ ref('fct_product_visibility') }}"
HIDE, SHOW = ("to_hide", "hidden_by_us"), ("to_show", "shown")
# on hand, shop shows, visibility → what follows
DECISIONS = [
    (0, 0, "shown", HIDE),
    (-3, 0, "shown", HIDE),
    # The shop still sells some: first the number goes out, and is read back.
    (0, 4, "shown", ("kept", "shown")),
    (1, 0, "shown", ("kept", "shown")),
    # Somebody else hid it, or it lies in between.
    (50, 50, "hidden_by_others", ("kept", "hidden_by_others")),
    (0, 0, "hidden_by_others", ("kept", "hidden_by_others")),
    (0, 0, "hidden_by_us", ("kept", "hidden_by_us")),
    (1, 1, "hidden_by_us", ("kept", "hidden_by_us")),
    # One reading that it is back is not enough.
    (2, 1, "hidden_by_us", ("kept", "hidden_by_us")),
    (1, 2, "hidden_by_us", ("kept", "hidden_by_us")),
    (2, 2, "hidden_by_us", SHOW),
    # A person showed it although there is none: theirs, until the stock is back and our mark goes.
    (0, 0, "shown_by_others", ("kept", "shown_by_others")),
    (2, 2, "shown_by_others", SHOW),
]


@pytest.mark.parametrize(("on_hand", "listed", "visibility", "wanted"), DECISIONS)
def test_two_readings_agree_and_what_somebody_else_hid_stays(
    on_hand: int, listed: int, visibility: str, wanted: tuple[str, str]
) -> None:
    made = world(on_hand, listed, visibility)
    assert made.query(STATUS) == [wanted]
    rows = made.query("select record_key, visibility from {{ ref('act_woocommerce__product_visibility') }}")
    assert rows == ([] if wanted[0] == "kept" else [("11", wanted[1])])


@pytest.mark.parametrize(("second", "wanted"), [(1, "kept"), (0, "to_hide")])
def test_the_shop_must_have_shown_nothing_for_a_minute(second: int, wanted: str) -> None:
    # Counted at 12:00:00; listed at 11:59:00 are 60 seconds, at 11:59:01 are 59.
    made = world(0, 0, "shown", datetime(2026, 10, 31, 11, 59, second))
    assert [row[0] for row in made.query(STATUS)] == [wanted]


@pytest.mark.parametrize(
    ("sibling", "wanted"),
    [
        ({"ats": 50, "listed_quantity": 50}, "kept"),
        ({"ats": 50, "listed_quantity": 0}, "kept"),
        # Nobody vouches for a SKU no stock system knows.
        ({"ats": None, "listed_quantity": 0, "held_back_reason": "sku_unknown_to_stock"}, "kept"),
    ],
)
def test_a_product_stays_while_anything_of_it_may_be_sold_or_is_not_known(sibling: dict[str, Any], wanted: str) -> None:
    assert [row[0] for row in world(0, 0, "shown", sibling=sibling).query(STATUS)] == [wanted]


def test_a_channel_has_its_own_numbers_and_without_a_row_nothing_is_hidden() -> None:
    rows = [
        {"channel": "*", "zero_seconds": 60, "republish_at": 2},
        {"channel": "woocommerce", "zero_seconds": 60, "republish_at": 9},
    ]
    assert [row[0] for row in world(8, 8, "hidden_by_us", policies=rows).query(STATUS)] == ["kept"]
    assert [row[0] for row in world(9, 9, "hidden_by_us", policies=rows).query(STATUS)] == ["to_show"]
    assert world(0, 0, "shown", policies=[rows[1] | {"channel": "shopify"}]).query(STATUS) == []
