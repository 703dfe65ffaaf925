"""The bridges of a day: what is in two systems on two days of one month leaves one day and comes on the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story, noon
from tests.transform.test_finance_processors import withdrawn
from tests.transform.warehouse import TRANSFORM, identities


def october(day: int) -> date:
    return date(2026, 10, day)


def _cards(story: Story) -> None:
    """Sold on the 1st, booked on the 2nd, at the bank on the 3rd; one captured on the 3rd, one paid out over the month's end."""
    story.sell("three days", ("product", 10_000, 0, 0), fee=300, payout="po", day=october(1))
    story.payout("po", 9_700, october(2), october(3))
    story.book("three days", ("4000", 10_000), day=october(2))
    story.order("captured later", ("product", 5_000, 0, 0), day=october(1))
    story.pay("captured later", 5_000, day=october(3))
    story.move("charge", "ch_captured later", 5_000, day=october(3))
    story.sell("over the end", ("product", 2_000, 0, 0), payout="next", day=october(30))
    story.payout("next", 2_000, october(31), date(2026, 11, 2))


def _payouts_without_content(story: Story) -> None:
    withdrawn(story, "sent", 4_000, (october(7), 4_000, "TRACE-sent"), sent=october(5))
    parts = ((october(11), 1_000, "TRACE-parted"), (october(13), 8_000, "TRACE-parted"))
    withdrawn(story, "parted", 9_000, *parts, sent=october(10))


@pytest.fixture(scope="module")
def shop() -> Iterator[CanonicalRows]:
    story = Story()
    _cards(story)
    _payouts_without_content(story)
    # 10.00 more than the 5,000 that the movements leave.
    balance = {"available_minor": 5_010, "pending_minor": 0, "as_of_at": noon(date(2026, 11, 2))}
    story.add("processor_balances", balance_id="stripe", **balance)
    rows = CanonicalRows(as_of="2027-01-31")
    for noun, found in story.rows.items():
        rows.rows(f"can_{noun}", *found)
    for model in ("fct_bridge", "fct_differences"):
        rows.build(model)
    yield rows
    rows.connection.close()


BANK, BOOKS = "storefront_to_bank", "net_revenue_to_books"
MOVED, CAME = (
    "moved at the processor, at the bank on another day of the month",
    "at the bank, moved at the processor on another day of the month",
)
SENT, ARRIVED = "sent, at the bank on another day of the month", "at the bank, sent on another day of the month"
# bridge and day → its rows, from start to end, as (reason or label, minor units)
DAYS: dict[tuple[str, date], list[tuple[str, int]]] = {
    (BANK, october(1)): [
        *(("storefront, ordered", 15_000), ("FEE-01", -300), (MOVED, -9_700)),
        *(("placed, charged on another day of the month", -5_000), ("bank deposits", 0)),
    ],
    (BANK, october(3)): [
        *(("storefront, ordered", 0), ("TIM-01", -5_000), (CAME, 9_700)),
        *(("charged, placed on another day of the month", 5_000), ("bank deposits", 9_700)),
    ],
    (BANK, october(30)): [("storefront, ordered", 2_000), ("TIM-03", -2_000), ("bank deposits", 0)],
    (BANK, date(2026, 11, 2)): [("storefront, ordered", 0), ("TIM-02", 2_000), ("bank deposits", 2_000)],
    (BANK, october(5)): [("storefront, ordered", 0), ("BNK-04", 4_000), (SENT, -4_000), ("bank deposits", 0)],
    (BANK, october(7)): [("storefront, ordered", 0), (ARRIVED, 4_000), ("bank deposits", 4_000)],
    (BANK, october(11)): [
        *(("storefront, ordered", 0), ("part of a payout, the last on another day of the month", 1_000)),
        ("bank deposits", 1_000),
    ],
    (BANK, october(13)): [
        *(("storefront, ordered", 0), (ARRIVED, 9_000)),
        *(("payout in parts, one of them on another day of the month", -1_000), ("bank deposits", 8_000)),
    ],
    ("storefront_to_net_revenue", october(1)): [
        *(("storefront, ordered", 15_000), ("placed, revenue on another day of the month", -5_000)),
        ("net revenue", 10_000),
    ],
    (BOOKS, october(1)): [
        *(("net revenue", 10_000), ("revenue, booked on another day of the month", -10_000)),
        ("revenue in the books", 0),
    ],
    (BOOKS, october(2)): [
        *(("net revenue", 0), ("booked, revenue on another day of the month", 10_000)),
        ("revenue in the books", 10_000),
    ],
    (BOOKS, october(3)): [("net revenue", 5_000), ("BKS-01", -5_000), ("revenue in the books", 0)],
    ("clearing", october(1)): [
        *(("opening balance", 0), ("charges captured", 10_000), ("fees", -300)),
        ("closing balance", 9_700),
    ],
    # The newest day ends with what the processor reports; 5,000 by its movements, and 13,000 were withdrawn elsewhere.
    ("clearing", october(31)): [
        *(("opening balance", -6_000), ("payouts", -2_000), ("UNX-00", 10)),
        ("closing balance", -7_990),
    ],
}


@pytest.mark.parametrize("asked", DAYS, ids=lambda asked: f"{asked[0]} {asked[1]}")
def test_a_day_leads_from_one_system_to_the_other(shop: CanonicalRows, asked: tuple[str, date]) -> None:
    bridge, day = asked
    found = shop.query(
        f"""select case when reason_code is null or reason_code = 'TIM-12' then label else reason_code end, amount_minor
            from {{{{ ref('fct_bridge_days') }}}} where bridge = '{bridge}' and bridge_date = '{day}' order by position"""
    )
    assert found == DAYS[asked]


def test_what_cancels_out_in_the_month_is_no_row_of_it(shop: CanonicalRows) -> None:
    month = """select reason_code, amount_minor from {{ ref('fct_bridge') }}
               where bridge = 'storefront_to_bank' and period_month = '2026-10' order by position"""
    # 17,000 ordered, 5,000 captured and in no payout, 2,000 sent on the 31st; 13,000 of payouts that list nothing.
    assert shop.query(month) == [
        *((None, 17_000), ("FEE-01", -300), ("TIM-01", -5_000), ("TIM-03", -2_000), ("BNK-04", 13_000)),
        (None, 22_700),
    ]


def test_every_identity_of_the_bridges_holds_on_every_day(shop: CanonicalRows) -> None:
    assert {path.stem: rows for path in identities("assert_i_20") if (rows := shop.query(path.read_text()))} == {}


# what is told wrongly, of which the month knows nothing → the identity that sees it, and the lie
LIES = {
    "a fee on another day": (
        "parts_of_an_atom_are_its_gap",
        "update fct_money_atom_parts set part_date = part_date + 1 where reason_code = 'FEE-01'",
    ),
    "a row on another day": (
        "bridges_of_days_close",
        "update fct_bridge_days set bridge_date = bridge_date + 1 where reason_code = 'FEE-01'",
    ),
    "a row that is made of other parts": (
        "bridges_of_days_close",
        """update fct_bridge_days set amount_minor = amount_minor + case reason_code when 'FEE-01' then 1 else -1 end
           where bridge_date = '2026-10-01' and (reason_code = 'FEE-01' or label like 'moved%')""",
    ),
    "an amount that leaves its day and never comes": (
        "days_make_their_month",
        "delete from fct_within_month_parts where side = 'second' and pair = 'net_revenue_to_books'",
    ),
    "a day that opens with another balance": (
        "days_make_their_month",
        "update fct_bridge_day_ends set start_minor = start_minor + 1 where bridge = 'clearing' and bridge_date = '2026-10-03'",
    ),
    "orders on another day": (
        "ends_of_days_are_read_from_their_own_system",
        """update fct_bridge_day_ends set bridge_date = bridge_date + 1
           where bridge = 'storefront_to_bank' and bridge_date = '2026-10-01'""",
    ),
    "a part of a split payout on another day": (
        "ends_of_days_are_read_from_their_own_system",
        "update fct_within_month_parts set part_date = part_date - 1 where money_atom_id like 'split:%' and side = 'second'",
    ),
}


@pytest.mark.parametrize("lie", LIES, ids=LIES)
def test_the_identity_sees(shop: CanonicalRows, lie: str) -> None:
    identity, statement = LIES[lie]
    shop.connection.execute("begin")
    shop.connection.execute(statement)
    found = shop.query((TRANSFORM / "tests" / f"assert_i_20_{identity}.sql").read_text())
    shop.connection.execute("rollback")
    assert found


def test_what_has_no_day_is_left_out_of_nothing() -> None:
    story = Story()
    story.order("somewhen", ("product", 700, 0, 0))["order_date"] = None
    rows = CanonicalRows(as_of="2027-01-31")
    for noun, found in story.rows.items():
        rows.rows(f"can_{noun}", *found)
    told = """select bridge_date, label, amount_minor from {{ ref('fct_bridge_days') }}
              where bridge = 'storefront_to_bank' order by position"""
    # Its row without a day fails the grain test of the model: a build stops, and no amount is lost unseen.
    assert rows.query(told) == [
        (None, "storefront, ordered", 700),
        (None, "paid through a gateway that is not connected", -700),
        (None, "bank deposits", 0),
    ]
    rows.connection.close()
