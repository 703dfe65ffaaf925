"""Sets and shared components: as many as the scarcest part gives, and one sold lowers whatever shares a part."""

from __future__ import annotations

import random
from typing import Any

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, line, listing, order


def of(bundle: str, component: str, quantity: int) -> dict[str, Any]:
    return {"bundle_sku": bundle, "component_sku": component, "quantity": quantity}


def world(*levels: dict[str, Any]) -> CanonicalRows:
    """A tea set of 1 pot and 4 cups, a pair of 2 cups; one channel without a buffer."""
    made = CanonicalRows().rows("can_stock_levels", *levels)
    made.seed("bundle_components", of("TEA-SET", "POT", 1), of("TEA-SET", "CUP", 4), of("PAIR", "CUP", 2))
    policy = {"sku": "*", "share_percent": 100, "buffer": 0}
    made.seed("channel_policies", policy | {"channel": "shopify"}, policy | {"channel": "woocommerce"})
    return made


def to_sell(made: CanonicalRows, channel: str = "shopify") -> dict[str, int]:
    return dict(made.query(f"select sku, ats from {{{{ ref('fct_ats') }}}} where channel = '{channel}'"))


def test_a_set_is_as_many_as_its_scarcest_component_gives() -> None:
    # POT 7; CUP 22: 22 ÷ 4 = 5 sets, 22 ÷ 2 = 11 pairs
    made = world(level("POT", "BER", 7), level("CUP", "BER", 22))
    assert to_sell(made) == {"POT": 7, "CUP": 22, "TEA-SET": 5, "PAIR": 11}
    scarcest = made.query(
        "select bundle_sku, component_sku, sets_it_gives from {{ ref('fct_bundle_offers') }}"
        " where is_scarcest and channel = 'shopify' order by 1"
    )
    assert scarcest == [("PAIR", "CUP", 11), ("TEA-SET", "CUP", 5)]


def test_one_set_sold_lowers_every_set_and_single_that_shares_a_part() -> None:
    made = world(level("POT", "BER", 7), level("CUP", "BER", 22))
    made.rows("can_orders", order("A")).rows("can_order_lines", line("A", "TEA-SET", 1))
    # 22 − 4 = 18 cups: 4 sets, 9 pairs
    assert to_sell(made) == {"POT": 6, "CUP": 18, "TEA-SET": 4, "PAIR": 9}
    committed = made.query("select sku, committed from {{ ref('fct_commitments') }} order by 1")
    assert committed == [("CUP", 4), ("POT", 1)]


def test_a_set_that_leaves_as_its_parts_or_as_itself_is_owed_no_more() -> None:
    for shipped in ([("TEA-SET", 1)], [("POT", 1), ("CUP", 4)]):
        made = world(level("POT", "BER", 7), level("CUP", "BER", 22))
        made.rows("can_orders", order("A")).rows("can_order_lines", line("A", "TEA-SET", 2))
        made.rows("can_parcels", {"parcel_id": "p", "order_id": "A", "shipment_status": "delivered"})
        rows = [
            {"parcel_line_id": sku, "parcel_id": "p", "sku": sku, "quantity": quantity} for sku, quantity in shipped
        ]
        made.rows("can_parcel_lines", *rows)
        committed = made.query("select sku, committed from {{ ref('fct_commitments') }} order by 1")
        assert committed == [("CUP", 4), ("POT", 1)]


def test_a_component_shared_by_lines_of_one_order_is_not_sold_twice() -> None:
    """Two sets and a single of one order all need the one unit left: two of them come up short, and are told."""
    made = CanonicalRows().rows("can_stock_levels", level("LID", "BER", 1))
    made.seed("bundle_components", of("JAR", "LID", 1), of("BOX", "LID", 1))
    made.rows("can_orders", order("A"))
    made.rows("can_order_lines", line("A", "JAR", 1), line("A", "BOX", 1), line("A", "LID", 1))
    assert to_sell(made) == {"LID": 0, "JAR": 0, "BOX": 0}
    assert made.query("select sku, claimed, short from {{ ref('fct_oversells') }}") == [("LID", 3, 2)]


def test_a_set_with_a_part_nobody_counts_can_not_be_sold() -> None:
    made = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 8))
    made.seed("bundle_components", of("GIFT", "CUP", 1), of("GIFT", "RIBBON", 1))
    assert to_sell(made) == {"CUP": 8, "GIFT": 0}


def test_a_line_a_stock_system_keeps_for_the_set_itself_counts_for_nothing() -> None:
    made = world(level("POT", "BER", 7), level("CUP", "BER", 22), level("PAIR", "BER", 400))
    assert to_sell(made)["PAIR"] == 11


def test_a_shop_by_location_shows_the_sets_a_place_can_make_up() -> None:
    # BER: 2 pots, 40 cups → 2 sets; LON: 9 pots, 9 cups → 2 sets. In all 11 pots, 49 cups → 11, but no place has them.
    made = world(level("POT", "BER", 2), level("CUP", "BER", 40), level("POT", "LON", 9), level("CUP", "LON", 9))
    made.rows("can_channel_listings", listing("TEA-SET", "BER", 0), listing("TEA-SET", "LON", 0))
    rows = made.query("select location_id, target_quantity from {{ ref('fct_listings') }} order by 1")
    assert rows == [("BER", 2), ("LON", 2)]


def test_the_explanation_of_a_set_adds_up_with_its_own_limits() -> None:
    made = world(level("POT", "BER", 7), level("CUP", "BER", 22))
    policy = {"share_percent": 100, "buffer": 0}
    made.seed(
        "channel_policies",
        policy | {"channel": "shopify", "sku": "*"},
        policy | {"channel": "shopify", "sku": "TEA-SET", "max_listed": 3},
        policy | {"channel": "shopify", "sku": "PAIR", "end_when": 11},
    )
    terms = made.query(
        "select sku, term, units from {{ ref('fct_ats_explained') }}"
        " where channel = 'shopify' and sku in ('TEA-SET', 'PAIR') order by sku, position"
    )
    assert terms == [
        ("PAIR", "scarcest_component", 11),
        ("PAIR", "end_when", -11),
        ("TEA-SET", "scarcest_component", 5),
        ("TEA-SET", "max_listed", -2),
    ]


def test_any_history_of_sets_and_singles_sells_no_component_twice() -> None:
    """S-09 for random catalogues: per component, ordered units + what channels are told never exceeds what is there."""
    rng = random.Random(11)
    for _ in range(3):
        parts = [f"P{n}" for n in range(12)]
        counts = {part: rng.randrange(0, 40) for part in parts}
        recipes = {f"B{n}": {part: rng.randint(1, 3) for part in rng.sample(parts, 3)} for n in range(8)}
        made = CanonicalRows().rows("can_stock_levels", *(level(part, "BER", units) for part, units in counts.items()))
        made.seed("bundle_components", *(of(b, part, q) for b, recipe in recipes.items() for part, q in recipe.items()))
        made.seed("channel_policies", {"channel": "shopify", "sku": "*", "share_percent": 100, "buffer": 0})
        sold = [(f"{n}", rng.choice([*parts, *recipes]), rng.randint(1, 3)) for n in range(25)]
        made.rows("can_orders", *(order(number) for number, _, _ in sold))
        made.rows("can_order_lines", *(line(number, sku, units) for number, sku, units in sold))
        owed = dict.fromkeys(parts, 0)
        for _, sku, units in sold:
            for part, quantity in recipes.get(sku, {sku: 1}).items():
                owed[part] += units * quantity
        told = to_sell(made)
        assert {part: told[part] for part in parts} == {part: max(0, counts[part] - owed[part]) for part in parts}
        for bundle, recipe in recipes.items():
            assert told[bundle] == min(told[part] // quantity for part, quantity in recipe.items())
        short = dict(made.query("select sku, cast(sum(short) as bigint) from {{ ref('fct_oversells') }} group by 1"))
        assert short == {part: owed[part] - counts[part] for part in parts if owed[part] > counts[part]}
