"""Who gets the last unit: the same order whatever arrived first, and nobody is oversold in silence."""

# ruff: noqa: DTZ001

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, line, order
from tests.transform.warehouse import TRANSFORM

TESTS = TRANSFORM / "tests"
NOON = datetime(2026, 10, 30, 12)
CHANNELS = ("shopify", "woocommerce", "market")
# The market's clock says the minute; it comes before the others where times are equal.
CLOCKS = [
    {"channel": "shopify", "priority": 20, "clock_resolution_seconds": 1},
    {"channel": "woocommerce", "priority": 30, "clock_resolution_seconds": 1},
    {"channel": "market", "priority": 10, "clock_resolution_seconds": 60},
]


def seconds(after_noon: float) -> datetime:
    return NOON + timedelta(seconds=after_noon)


PAIRS = [
    # claim, first, second, the winner, by which rule
    ("paid comes before unpaid", {"order_payment_status": "pending"}, {"placed_at": seconds(9)}, "B", "paid_first"),
    ("then the earlier", {"placed_at": seconds(2)}, {"placed_at": seconds(1)}, "B", "earlier"),
    ("a shop's clock is no finer than a second", {}, {"placed_at": seconds(0.9)}, "A", "order_id"),
    ("equal times go by the channel", {"channel": "woocommerce"}, {"channel": "shopify"}, "B", "channel_priority"),
    (
        "the coarsest clock of the two decides what is equal",
        {"channel": "shopify", "placed_at": seconds(1)},
        {"channel": "market", "placed_at": seconds(59)},
        "B",
        "channel_priority",
    ),
    (
        "a minute apart is apart on the coarsest clock too",
        {"channel": "shopify", "placed_at": seconds(59)},
        {"channel": "market", "placed_at": seconds(60)},
        "A",
        "earlier",
    ),
    ("and at last by the order", {}, {}, "A", "order_id"),
    (
        "paid after it had been released it claims anew",
        {"reclaimed_at": seconds(5)},
        {"placed_at": seconds(3)},
        "B",
        "earlier",
    ),
    (
        "who came after that payment comes after it",
        {"reclaimed_at": seconds(5)},
        {"placed_at": seconds(6)},
        "A",
        "earlier",
    ),
]


def claims(orders: list[dict[str, Any]], units: int = 1, **variables: Any) -> CanonicalRows:
    world = CanonicalRows(**variables).rows("can_stock_levels", level("CUP", "BER", units))
    world.seed("channels", *CLOCKS)
    world.rows("can_orders", *({key: order[key] for key in order if key != "quantity"} for order in orders))
    world.rows("can_order_lines", *(line(order["order_id"], "CUP", order.get("quantity", 1)) for order in orders))
    return world


@pytest.mark.parametrize(
    ("first", "second", "winner", "rule"), [case[1:] for case in PAIRS], ids=[case[0] for case in PAIRS]
)
def test_the_last_unit_has_one_winner(first: dict[str, Any], second: dict[str, Any], winner: str, rule: str) -> None:
    orders = [order("A", placed_at=NOON) | first, order("B", placed_at=NOON) | second]
    for arrived in (orders, orders[::-1]):
        found = claims(arrived).query(
            "select order_id, winner_order_id, decided_by, short from {{ ref('fct_oversells') }}"
        )
        assert found == [("B" if winner == "A" else "A", winner, rule, 1)]


def test_the_winner_is_the_same_under_every_order_of_arrival() -> None:
    """T-10: three claims of one unit over every mix of channels, clocks and payment, each heard of in every order."""
    rng = random.Random(3)
    for _ in range(4):
        orders = [
            order(f"{n}", channel=rng.choice(CHANNELS), placed_at=seconds(rng.choice([0, 0.4, 1, 59, 61])))
            | {"order_payment_status": rng.choice(["paid", "paid", "authorized"])}
            for n in range(3)
        ]
        answers = set()
        for arrived in itertools.permutations(orders):
            rows = claims(list(arrived)).query(
                "select order_id, claim_rank, granted, clock_tick from {{ ref('fct_unit_claims') }} order by claim_rank"
            )
            answers.add(tuple(rows))
        assert len(answers) == 1


# Every claim there can be on four channels: a channel nobody listed is last, and its clock says the second.
TIMES = (0, 0.4, 1, 59, 60, 61)
EVERY_CLAIM = [
    {"channel": channel, "placed_at": seconds(at), "order_payment_status": status}
    for channel in (*CHANNELS, "kiosk")
    for at in TIMES
    for status in ("paid", "authorized")
]
RANKS = {row["channel"]: (row["clock_resolution_seconds"], row["priority"]) for row in CLOCKS} | {"kiosk": (1, 100)}


def earlier_claim(*both: dict[str, Any]) -> str:
    """The rule in words of its own: paid, the time on the coarser clock of the two, the channel, the order's id."""
    coarsest = max(RANKS[claim["channel"]][0] for claim in both)

    def place(claim: dict[str, Any]) -> tuple[Any, ...]:
        tick = int((claim["placed_at"] - NOON).total_seconds()) // coarsest
        is_open = claim["order_payment_status"] != "paid"
        return is_open, tick, RANKS[claim["channel"]][1], claim["order_id"]

    return str(min(both, key=place)["order_id"])


def test_every_pair_of_claims_has_one_winner_whichever_was_heard_first() -> None:
    """T-10: all pairs of claims over channels, clocks and payment, either with either id, each pair on a SKU of its own."""
    pairs = [
        [order(f"{n:04}-{name}", **claim) for name, claim in zip("ab", both, strict=True)]
        for n, both in enumerate(itertools.product(EVERY_CLAIM, repeat=2))
    ]
    answers = []
    for heard_first in (0, 1):
        world = CanonicalRows().seed("channels", *CLOCKS)
        orders = [pair[which] for which in (heard_first, 1 - heard_first) for pair in pairs]
        world.rows("can_stock_levels", *(level(f"S{n:04}", "BER", 1) for n in range(len(pairs))))
        world.rows("can_orders", *orders)
        world.rows("can_order_lines", *(line(row["order_id"], f"S{row['order_id'][:4]}", 1) for row in orders))
        answers.append(
            world.query(
                "select order_id, winner_order_id, decided_by, short from {{ ref('fct_oversells') }} order by 1"
            )
        )
    assert answers[0] == answers[1]
    assert [winner for _, winner, _, _ in answers[0]] == [earlier_claim(*pair) for pair in pairs]
    assert {rule for _, _, rule, _ in answers[0]} == {"paid_first", "earlier", "channel_priority", "order_id"}


def test_a_loser_is_shown_with_the_winner_both_times_the_clock_and_what_can_be_done() -> None:
    world = claims([order("A", placed_at=seconds(0.2)), order("B", channel="market", placed_at=seconds(61))])
    world.rows("can_stock_levels", level("CUP", "BER", 1), level("CUP", "ROM", 5, is_enabled=False))
    world.rows(
        "can_purchase_orders",
        {"purchase_order_line_id": "1", "sku": "CUP", "quantity": 9, "received_quantity": 2}
        | {"expected_date": datetime(2026, 11, 12).date(), "purchase_order_status": "open"},
    )
    found = world.query(
        "select order_number, channel, placed_at, winner_order_number, winner_channel, winner_placed_at,"
        " clock_resolution_seconds, decided_by, options from {{ ref('fct_oversells') }}"
    )
    options = (
        "from or transfer out of ROM: 5 free; back-order: more expected on 2026-11-12; substitute; cancel and refund"
    )
    assert found == [("#B", "market", seconds(61), "#A", "shopify", seconds(0.2), 60, "earlier", options)]


def test_an_order_that_lost_its_place_while_it_was_unpaid_is_told_so() -> None:
    world = claims([order("A", placed_at=NOON, reclaimed_at=seconds(7_200)), order("B", placed_at=seconds(60))])
    assert world.query("select order_id, claims_at, winner_claims_at from {{ ref('fct_oversells') }}") == [
        ("A", seconds(7_200), seconds(60))
    ]
    [(message,)] = world.query(
        "select message from {{ ref('fct_stock_exceptions') }} where exception_code = 'oversold_last_unit'"
    )
    assert "placed 2026-10-30 12:00:00 UTC, released unpaid, paid 2026-10-30 14:00:00 UTC) claims 1 of CUP" in message
    assert "(shopify, placed 2026-10-30 12:01:00 UTC), decided by earlier" in message


MULTI = [
    # claim, units there, claims as (order, quantity) from the earliest, policy, got, offered as a split
    ("the earlier order for three is whole", 3, [("A", 3), ("B", 2)], "whole_orders_first", [3, 0], [0, 0]),
    ("what remains is offered to the next", 4, [("A", 3), ("B", 2)], "whole_orders_first", [3, 0], [0, 1]),
    ("an order that can never be whole waits", 2, [("A", 3), ("B", 2)], "whole_orders_first", [0, 2], [0, 0]),
    ("with splits the queue is served as far as it goes", 2, [("A", 3), ("B", 2)], "split_allowed", [2, 0], [2, 0]),
]


@pytest.mark.parametrize(
    ("units", "asked", "policy", "got", "offered"), [case[1:] for case in MULTI], ids=[case[0] for case in MULTI]
)
def test_several_units(
    units: int, asked: list[tuple[str, int]], policy: str, got: list[int], offered: list[int]
) -> None:
    orders = [order(name, placed_at=seconds(n)) | {"quantity": q} for n, (name, q) in enumerate(asked)]
    world = claims(orders, units, multi_unit_policy=policy)
    rows = world.query("select granted from {{ ref('fct_unit_claims') }} order by order_id")
    assert [row[0] for row in rows] == got
    shown = dict(world.query("select order_id, offered_split from {{ ref('fct_oversells') }}"))
    assert [shown.get(name, 0) for name, _ in asked] == offered


def test_nobody_claims_anything_where_there_is_enough() -> None:
    assert claims([order("A"), order("B")], units=2).query("select * from {{ ref('fct_unit_claims') }}") == []


def test_no_oversell_is_silent_in_random_interleavings() -> None:
    _prove(interleavings=400, seed=1)


@pytest.mark.proof
def test_no_oversell_is_silent_in_ten_thousand_interleavings() -> None:
    _prove(interleavings=10_000, seed=2)


def _prove(interleavings: int, seed: int) -> None:
    """S-06: each SKU is one interleaving of counts, sales on three channels, cancellations and parcels."""
    rng = random.Random(seed)
    world = CanonicalRows().seed("channels", *CLOCKS)
    levels, orders, lines, parcels, parcel_lines = [], [], [], [], []
    excess: dict[str, int] = {}
    for n in range(interleavings):
        sku, there, owed = f"S{n}", rng.randrange(0, 8), 0
        levels.append(level(sku, "BER", there))
        for claim in range(rng.randrange(0, 6)):
            name, quantity = f"{n}-{claim}", rng.randint(1, 3)
            is_cancelled, has_left = rng.random() < 0.15, rng.random() < 0.2
            more = {"channel": rng.choice(CHANNELS), "placed_at": seconds(rng.randrange(90))}
            orders.append(order(name, cancelled_at=seconds(99) if is_cancelled else None, **more))
            lines.append(line(name, sku, quantity))
            if has_left and not is_cancelled:
                # After the count of 31 October 12:00: off the order, not yet off the shelf's number.
                parcels.append({"parcel_id": name, "order_id": name, "shipment_status": "in_transit"})
                parcels[-1]["shipped_at"] = datetime(2026, 10, 31, 12, 5)
                parcel_lines.append({"parcel_line_id": name, "parcel_id": name, "sku": sku, "quantity": quantity})
                there -= quantity
            elif not is_cancelled:
                owed += quantity
        excess[sku] = max(0, owed - max(0, there))
    world.rows("can_stock_levels", *levels).rows("can_orders", *orders).rows("can_order_lines", *lines)
    world.rows("can_parcels", *parcels).rows("can_parcel_lines", *parcel_lines)
    found = dict(world.query("select sku, cast(sum(short) as bigint) from {{ ref('fct_oversells') }} group by sku"))
    assert found == {sku: units for sku, units in excess.items() if units}
    assert found
    assert world.query((TESTS / "assert_s_06_no_oversell_is_silent.sql").read_text()) == []
