"""When tax on goods paid before they leave is due: with the payment, or when they leave; ledger, boxes and liability agree both ways."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from tests.transform.raw_rows import RawRows
from tests.transform.tax_worlds import Row, TaxWorld
from tests.transform.warehouse import identities

pytestmark = pytest.mark.dbt

DE, BOOKS, FR = 190_000, 70_000, 200_000
SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = date(2026, 9, 30), date(2026, 10, 10), date(2026, 11, 5), date(2026, 12, 20)
WAITS = {"entity_id": "europe", "channel": "*", "sku": "*", "policy": "on_fulfilment"}
ON_PAYMENT: Row = {"entity_id": "*", "tax_due": "on_payment"}
ON_FULFILMENT: Row = {"entity_id": "europe", "tax_due": "on_fulfilment"}
ASKED = ("i_03", "i_11", "i_12", "i_17", "i_18", "i_19", "i_28")


def paid(world: TaxWorld, number: str, *legs: tuple[date, int]) -> None:
    """Cash, on these days, in place of the payment the order came with."""
    kept = [row for row in world.tables["can_order_payments"] if row["order_id"] != number]
    known = {"order_id": number, "payment_type": "sale", "payment_status": "succeeded", "tender_type": "manual"}
    made = [
        world.shared | known | {"order_payment_id": f"{number}-{nth}", "amount_minor": amount, "processed_at": datetime.combine(day, time(10))}
        for nth, (day, amount) in enumerate(legs)
    ]  # fmt: skip
    world.tables["can_order_payments"] = kept + made


def told() -> tuple[TaxWorld, list[Row]]:
    """Two rates paid in two parts; France across a quarter's end; cancelled; exchanged; exported."""
    world = TaxWorld()
    world.sell("two rates", 10_000, (DE, 1_900), day=SEPTEMBER).sell("two rates", 3_000, (BOOKS, 210), sku="EU-BUCH")
    paid(world, "two rates", (SEPTEMBER, 5_000), (OCTOBER, 10_110))
    world.sell("france", 10_000, (FR, 2_000), to="FR", day=DECEMBER)
    paid(world, "france", (DECEMBER, 12_000))
    world.sell("cancelled", 10_000, (DE, 1_900)).give_back("cancelled", 10_000, 1_900, day=NOVEMBER)
    paid(world, "cancelled", (OCTOBER, 11_900))
    world.sell("exchanged", 4_000, (DE, 760)).sell("exchanged", 6_000, (DE, 1_140)).give_back("exchanged", 4_000, 760)
    world.tables["can_refunds"][-1]["amount_minor"] = 0
    paid(world, "exchanged", (OCTOBER, 7_140))
    world.sell("exported", 5_000, to="GB")
    paid(world, "exported", (OCTOBER, 5_000))
    left = {"two rates": NOVEMBER, "france": date(2027, 1, 10), "exchanged": NOVEMBER, "exported": NOVEMBER}
    for number in left:
        world.order(number)["order_fulfilment_status"] = "fulfilled"
    parcels = [
        world.shared | {"parcel_id": number, "order_id": number, "shipment_status": "in_transit", "shipped_at": datetime.combine(day, time(10))}
        for number, day in left.items()
    ]  # fmt: skip
    return world, parcels


def _shop(*policies: Row) -> RawRows:
    world, parcels = told()
    rows = world.rows(recognition_policies=[WAITS], advance_tax_policies=list(policies))
    rows.rows("can_parcels", *parcels)
    return rows


@pytest.fixture(scope="module")
def on_payment() -> RawRows:
    return _shop(ON_PAYMENT)


@pytest.fixture(scope="module")
def on_fulfilment() -> RawRows:
    return _shop(ON_PAYMENT, ON_FULFILMENT)


# 21.10 of tax in 151.10: of 50.00 paid 6.98, 6.28 5/2110 and 0.69 99/2110, so the cent goes to the larger rest; the second payment bears what is left.
PAID = [
    ("two rates", "2026-09", "81", 3_309, 629),
    ("two rates", "2026-09", "86", 993, 69),
    ("two rates", "2026-10", "81", 6_691, 1_271),
    ("two rates", "2026-10", "86", 2_007, 141),
    ("france", "2026-12", "oss", 10_000, 2_000),
    ("cancelled", "2026-10", "81", 10_000, 1_900),
    ("cancelled", "2026-11", "81", -10_000, -1_900),
    # 71.40 of 119.00 are paid; the 47.60 that came back never were.
    ("exchanged", "2026-10", "81", 6_000, 1_140),
    ("exported", "2026-10", "43", 5_000, 0),
]
FULFILLED = [
    ("two rates", "2026-11", "81", 10_000, 1_900),
    ("two rates", "2026-11", "86", 3_000, 210),
    ("france", "2027-01", "oss", 10_000, 2_000),
    ("exchanged", "2026-11", "81", 6_000, 1_140),
    ("exported", "2026-11", "43", 5_000, 0),
]
POLICIES: dict[str, list[tuple[Any, ...]]] = {"on_payment": PAID, "on_fulfilment": FULFILLED}
both = pytest.mark.parametrize("policy", POLICIES)


@pytest.mark.parametrize(
    ("policy", "order"),
    [(policy, order) for policy in POLICIES for order in ("two rates", "france", "cancelled", "exchanged", "exported")],
)
def test_the_tax_of_an_order_is_in_the_box_of_the_month_it_is_due(
    policy: str, order: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(policy).query(
        f"""select order_id, period_month, box, cast(sum(taxable_minor) as bigint), cast(sum(tax_minor) as bigint)
            from {{{{ ref('fct_tax_lines') }}}} where order_id = '{order}' group by 1, 2, 3
            having sum(taxable_minor) != 0 or sum(tax_minor) != 0 order by 2, 3"""
    )
    assert found == [row for row in POLICIES[policy] if row[0] == order]


@both
def test_the_ledger_owes_by_place_and_rate_what_the_boxes_say(policy: str, request: pytest.FixtureRequest) -> None:
    rows = request.getfixturevalue(policy)
    posted = rows.query(
        """select period_month, sub_account, cast(-sum(signed_minor) as bigint) from {{ ref('fct_journal_lines') }}
           where posting_key = 'tax' group by 1, 2 having sum(signed_minor) != 0 order by 1, 2"""
    )
    boxes = rows.query(
        """select period_month, jurisdiction || ' ' || cast(rate_ppm as varchar), cast(sum(tax_minor) as bigint) from {{ ref('fct_tax_boxes') }}
           group by 1, 2 having sum(tax_minor) != 0 order by 1, 2"""
    )
    assert posted == boxes
    assert posted


@both
def test_what_waits_holds_its_tax_only_where_none_is_due_yet(policy: str, request: pytest.FixtureRequest) -> None:
    [(waiting,)] = request.getfixturevalue(policy).query(
        "select closing_minor from {{ ref('fct_deferred_revenue') }} where period_month = '2026-10'"
    )
    # Net: 130.00 + 100.00 + 60.00 + 50.00; with its tax 21.10 + 19.00 + 11.40 more.
    assert waiting == {"on_payment": 34_000, "on_fulfilment": 39_150}[policy]


@both
def test_the_one_stop_shop_states_it_in_the_quarter_it_is_due(policy: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(policy).query(
        """select period_quarter, row_type, cast(sum(tax_minor) as bigint) from {{ ref('fct_oss_returns') }}
           group by 1, 2 having sum(tax_minor) != 0"""
    )
    assert found == [({"on_payment": "2026-Q4", "on_fulfilment": "2027-Q1"}[policy], "supply", 2_000)]


@both
def test_every_identity_of_tax_and_ledger_holds(policy: str, request: pytest.FixtureRequest) -> None:
    rows = request.getfixturevalue(policy)
    asked = [path for path in identities() if path.stem.removeprefix("assert_").startswith(ASKED)]
    assert {path.stem: rows.query(path.read_text()) for path in asked} == {path.stem: [] for path in asked}


def test_tax_posted_a_month_early_breaks_the_identity(on_payment: RawRows) -> None:
    on_payment.query("select count(*) from {{ ref('fct_tax_boxes') }}")
    on_payment.connection.execute("begin")
    on_payment.connection.execute(
        "update fct_journal_lines set period_month = '2026-09' where posting_key = 'tax' and period_month = '2026-10'"
    )
    assert on_payment.singular_test("assert_i_17_tax_account_is_the_tax_lines") != []
    on_payment.connection.execute("rollback")
