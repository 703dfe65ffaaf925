"""Who a customer is, and how recency, frequency and money score them, on hand-written rows."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

import csv
import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows

AS_OF = date(2026, 10, 31)


def order(order_id: str, email: str | None, days_ago: int = 10, **more: Any) -> dict[str, Any]:
    placed_at = datetime(2026, 10, 31, 12) - timedelta(days=days_ago)
    row = {"order_id": order_id, "order_number": order_id, "customer_email": email, "total_minor": 1000}
    return row | {"placed_at": placed_at, "order_date": placed_at.date()} | more


def revenue(order_id: str, net_minor: int, days_ago: int = 10, **more: Any) -> dict[str, Any]:
    row = {"order_id": order_id, "order_line_id": order_id, "event_type": "captured", "net_revenue_minor": net_minor}
    return row | {"event_date": AS_OF - timedelta(days=days_ago)} | more


def world_of(*sales: tuple[dict[str, Any], int], **variables: Any) -> CanonicalRows:
    """Orders, each with the net revenue it was recognised with on its own date."""
    world = CanonicalRows(as_of=AS_OF.isoformat(), **variables)
    world.rows("can_orders", *(row for row, _ in sales))
    dated = [(row, net) for row, net in sales if net]
    return world.rows(
        "fct_net_revenue",
        *(
            revenue(row["order_id"], net, event_date=row["order_date"], currency_code=row.get("currency_code", "USD"))
            for row, net in dated
        ),
    )


RFM = "select email, segment, recency_days, frequency, monetary_minor from {{ ref('fct_rfm') }} join dim_customers using (customer_id)"


def rfm_by_email(world: CanonicalRows) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in world.query(RFM)}


# ---------------------------------------------------------------- who


def test_a_guest_who_later_logs_in_is_one_customer() -> None:
    world = world_of(
        (order("1", " Ann@Shop.com ".lower().strip(), 40), 1000),
        (order("2", "ann@shop.com", 5, platform_customer_id="77"), 2000),
        (order("3", "ann@shop.com", 3, platform="woocommerce", platform_customer_id="9"), 500),
    )
    rows = world.query(
        "select email, shopify_customer_id, woocommerce_customer_id, orders, guest_orders, net_revenue_minor,"
        " cast(first_order_at as date) from {{ ref('dim_customers') }}"
    )
    assert rows == [("ann@shop.com", "77", "9", 3, 1, 3500, date(2026, 9, 21))]


def test_dots_in_an_address_stay_and_no_address_falls_back_to_the_account_then_to_the_order() -> None:
    world = world_of(
        (order("1", "a.b@gmail.com"), 100),
        (order("2", "ab@gmail.com"), 100),
        (order("3", None, platform_customer_id="5"), 100),
        (order("4", None, platform_customer_id="5"), 100),
        (order("5", None), 100),
        (order("6", None), 100),
    )
    rules = world.query(
        "select identity_rule, is_resolvable, orders, count(*) from {{ ref('dim_customers') }} group by all order by all"
    )
    assert rules == [("email", True, 1, 2), ("order", False, 1, 2), ("platform_customer", True, 2, 1)]
    assert len(rfm_by_email(world)) == 3  # the two nameless guests are in the totals, not in the scores


def test_an_account_is_known_by_its_present_address() -> None:
    world = world_of(
        (order("1", "old@x.com", 50, platform_customer_id="5"), 100),
        (order("2", "new@x.com", platform_customer_id="5"), 100),
    )
    world.rows("can_customers", {"customer_record_id": "c", "platform_customer_id": "5", "email": "New@x.com "})
    assert world.query("select email, orders from {{ ref('dim_customers') }}") == [("new@x.com", 2)]


def test_currencies_are_never_added_up() -> None:
    world = world_of(
        (order("1", "a@x.com"), 1000),
        (order("2", "a@x.com", currency_code="EUR"), 700),
        (order("3", "b@x.com", currency_code="JPY"), 90),
    )
    rows = world.query(
        "select email, net_revenue_minor, currency_code, has_other_currencies from {{ ref('dim_customers') }} order by 1"
    )
    assert rows == [("a@x.com", 1000, "USD", True), ("b@x.com", 90, "JPY", False)]
    totals = world.query(
        "select currency_code, cast(sum(net_revenue_minor) as bigint) from {{ ref('fct_customer_revenue') }} group by 1 order by 1"
    )
    assert totals == [("EUR", 700), ("JPY", 90), ("USD", 1000)]


# ---------------------------------------------------------------- which orders count

QUALIFICATIONS = [
    ("a captured order", {}, 1000, 0, "qualifies"),
    ("a test order", {"is_test": True}, 0, 0, "test"),
    ("a cancelled order", {"cancelled_at": datetime(2026, 10, 30)}, 0, 0, "cancelled"),
    ("an authorised order", {"order_payment_status": "authorized"}, 0, 0, "not_captured"),
    ("an invoiced order on terms", {"order_payment_status": "pending", "payment_terms": "net_30"}, 0, 0, "qualifies"),
    ("an order of tomorrow", {"order_date": AS_OF + timedelta(days=1)}, 1000, 0, "after_as_of"),
    ("a partly refunded order", {}, 1000, 400, "qualifies"),
    ("a fully refunded order", {}, 1000, 1000, "fully_refunded"),
]


@pytest.mark.parametrize(
    ("status", "net", "refunded", "expected"),
    [case[1:] for case in QUALIFICATIONS],
    ids=[case[0] for case in QUALIFICATIONS],
)
def test_which_orders_qualify(status: dict[str, Any], net: int, refunded: int, expected: str) -> None:
    world = world_of((order("1", "a@x.com", **status), net))
    if refunded:
        world.rows("can_refunds", {"refund_id": "r", "order_id": "1", "refund_date": AS_OF, "amount_minor": refunded})
    assert world.query("select qualification from {{ ref('fct_customer_orders') }}") == [(expected,)]


def test_a_refund_after_the_day_does_not_count_yet() -> None:
    world = world_of((order("1", "a@x.com"), 1000))
    world.rows(
        "can_refunds", {"refund_id": "r", "order_id": "1", "refund_date": date(2026, 11, 1), "amount_minor": 1000}
    )
    assert rfm_by_email(world)["a@x.com"][0] != "Returned-everything"


def test_a_lost_dispute_takes_the_order_out() -> None:
    world = world_of((order("1", "a@x.com"), 1000))
    world.rows(
        "can_order_payments",
        {"order_payment_id": "leg", "order_id": "1", "processor_reference": "pi_1", "amount_minor": 1000},
    )
    charge = {
        "movement_id": "m",
        "movement_type": "charge",
        "charge_reference": "ch_1",
        "payment_intent_reference": "pi_1",
    }
    world.rows("can_processor_movements", charge)
    world.rows("can_disputes", {"dispute_id": "d", "charge_reference": "ch_1", "dispute_status": "lost"})
    assert rfm_by_email(world) == {"a@x.com": ("Returned-everything", None, 0, 0)}


# ---------------------------------------------------------------- measures


def test_split_checkouts_count_once_and_chains_hold_together() -> None:
    at = datetime(2026, 10, 20, 9)
    minutes = {"1": 0, "2": 50, "3": 105, "4": 170}  # gaps 50, 55, 65: the first three are one chain
    sales = [
        (
            order(
                key, "a@x.com", placed_at=at + timedelta(minutes=m), order_date=at.date(), shipping_address_key="home"
            ),
            100,
        )
        for key, m in minutes.items()
    ]
    elsewhere = (order("5", "a@x.com", placed_at=at, order_date=at.date(), shipping_address_key="office"), 100)
    nowhere = [(order(key, "a@x.com", placed_at=at, order_date=at.date()), 100) for key in ("6", "7")]
    assert rfm_by_email(world_of(*sales))["a@x.com"][2] == 2
    assert rfm_by_email(world_of(*sales, elsewhere, *nowhere))["a@x.com"][2] == 5
    assert rfm_by_email(world_of(*sales, rfm_merge_minutes=0))["a@x.com"][2] == 4


WINDOWS = [("24", date(2024, 11, 1), True), ("24", date(2024, 10, 31), False), ("1", date(2026, 10, 1), True)]
WINDOWS += [("1", date(2026, 9, 30), False), ("all", date(1999, 1, 1), True)]


@pytest.mark.parametrize(("months", "placed", "inside"), WINDOWS)
def test_the_window_is_whole_months_up_to_the_day(months: str, placed: date, inside: bool) -> None:
    sale = (order("1", "a@x.com", order_date=placed), 100)
    segment = rfm_by_email(world_of(sale, rfm_window_months=months))["a@x.com"][0]
    assert (segment != "Outside window") is inside


def test_a_credit_note_of_its_own_lowers_the_money_and_is_no_purchase() -> None:
    world = world_of(
        (order("1", "some@x.com", 20), 1000),
        (order("C1", "some@x.com", 5, total_minor=0), -400),
        (order("2", "all@x.com", 20), 1000),
        (order("C2", "all@x.com", 5, total_minor=0), -1000),
        (order("C3", "only@x.com", 5, total_minor=0), -300),
    )
    note = {"refund_id": "r", "refund_date": AS_OF}
    world.rows("can_refunds", *(note | {"order_id": n, "amount_minor": 300} for n in ("C1", "C2", "C3")))
    found = rfm_by_email(world)
    assert found["some@x.com"][1:] == (20, 1, 600)
    assert found["all@x.com"] == ("Returned-everything", 20, 1, 0)
    assert found["only@x.com"] == ("Returned-everything", None, 0, -300)


def test_people_without_an_order_and_with_only_returns_stand_outside_the_grid() -> None:
    world = world_of((order("1", "back@x.com"), 0))
    world.rows("can_refunds", {"refund_id": "r", "order_id": "1", "refund_date": AS_OF, "amount_minor": 1000})
    world.rows("can_customers", {"customer_record_id": "c", "platform_customer_id": "8", "email": "new@x.com"})
    assert rfm_by_email(world) == {
        "back@x.com": ("Returned-everything", None, 0, 0),
        "new@x.com": ("Prospect", None, 0, 0),
    }


# ---------------------------------------------------------------- scores


def test_the_grid_has_each_cell_once() -> None:
    with (TRANSFORM / "seeds/rfm_segments.csv").open() as file:
        cells = [(row["r_score"], row["f_score"], row["m_score"]) for row in csv.DictReader(file)]
    assert sorted(cells) == [(r, f, m) for r in "12345" for f in "12345" for m in "12345"]


SCORES = "select email, r_score, f_score, m_score, segment, score_mode from {{ ref('fct_rfm') }} join dim_customers using (customer_id) order by 1"


def test_equal_customers_have_equal_scores() -> None:
    """700 of 1,000 bought once for the same money: percent_rank 0 → score 1 for all of them, never 1 to 4 by accident."""
    sales = []
    for n in range(1000):
        for k in range(1 if n < 700 else 2 + n % 3):
            sales.append((order(f"{n}-{k}", f"{n:04}@x.com", 10 + k), 1000))
    world = world_of(*sales)
    rows = world.query(SCORES)
    assert {(row[2], row[3], row[5]) for row in rows[:700]} == {(1, 1, "relative")}
    # 300 above them in three groups of 100: ranks 701, 801, 901 → 5 × 700 // 999 = 3, 4, 4 → scores 4, 5, 5.
    assert sorted({row[2] for row in rows[700:]}) == [4, 5]


def test_few_customers_are_scored_by_stored_cut_offs() -> None:
    world = world_of(
        *[(order(f"c{n}", "champion@x.com", 3 + n), 12000) for n in range(5)],
        (order("o", "once@x.com", 200), 4000),
    )
    assert world.query(SCORES) == [
        ("champion@x.com", 5, 5, 5, "Champions", "thresholds"),
        ("once@x.com", 2, 1, 1, "Hibernating", "thresholds"),
    ]


def test_a_currency_without_cut_offs_ranks_its_money() -> None:
    world = world_of(*[(order(f"{n}", f"{n}@x.com", currency_code="JPY"), 100 * n) for n in range(1, 7)])
    rows = world.query(SCORES)
    assert [row[3] for row in rows] == [1, 2, 3, 4, 5, 5]
    assert {row[5] for row in rows} == {"thresholds, monetary relative"}


def test_businesses_are_scored_among_themselves() -> None:
    world = world_of(
        (order("1", "firm@x.com", is_b2b=True), 900000), (order("2", "a@x.com"), 100), rfm_minimum_parties=0
    )
    assert world.query("select audience, parties, m_score from {{ ref('fct_rfm') }} order by 1") == [
        ("business", 1, 1),
        ("consumer", 1, 1),
    ]


def test_the_order_of_the_rows_changes_nothing() -> None:
    rng = random.Random(11)
    sales = [
        (
            order(f"{n}", f"{rng.randrange(30)}@x.com", rng.randrange(700), shipping_address_key="home"),
            rng.randrange(1, 9) * 1000,
        )
        for n in range(80)
    ]
    everything = "select * from {{ ref('fct_rfm') }} order by customer_id"
    expected = world_of(*sales, rfm_minimum_parties=0).query(everything)
    for _ in range(5):
        rng.shuffle(sales)
        assert world_of(*sales, rfm_minimum_parties=0).query(everything) == expected


def test_scores_leave_no_money_out() -> None:
    """Σ monetary over parties + what nobody can be named for + what does not qualify = net revenue."""
    rng = random.Random(3)
    emails = ["a@x.com", "b@x.com", None]
    sales = [(order(f"{n}", rng.choice(emails), rng.randrange(700)), rng.randrange(1, 900)) for n in range(60)]
    world = world_of(*sales, rfm_window_months="all")
    scored, unresolved, total = world.query(
        "select (select sum(monetary_minor) from {{ ref('fct_rfm') }}),"
        " (select sum(net_revenue_minor) from {{ ref('dim_customers') }} where not is_resolvable),"
        " (select sum(net_revenue_minor) from fct_net_revenue)"
    )[0]
    assert scored + unresolved == total
