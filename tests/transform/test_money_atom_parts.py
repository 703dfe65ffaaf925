"""An atom that is not the same in two systems falls into parts, each with one reason, and their sum is its gap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story, golden
from tests.transform.warehouse import TRANSFORM

OCTOBER, NOVEMBER = "2026-10", "2026-11"
LATE = date(2026, 11, 5)


def identity(name: str) -> str:
    return (TRANSFORM / "tests" / f"assert_i_20_{name}.sql").read_text().partition("}}")[2]


ITS_GAP, EACH_STEP = identity("parts_of_an_atom_are_its_gap"), identity("parts_make_each_step_of_each_bridge")


def _existence(story: Story) -> None:
    story.order("card and gift card", ("product", 5_000, 0, 0))
    story.pay("card and gift card", 2_000, "gift_card")
    story.pay("card and gift card", 3_000, order_payment_id="by card")
    story.move("charge", "ch_card and gift card", 3_000)
    story.move("charge", "ch_phone", 7_000)
    story.add("bank_lines", bank_line_id="wire", value_date=date(2026, 10, 9), amount_minor=9_000, reference="wire")
    story.sell("never booked", ("product", 600, 0, 0))
    story.book("by hand", ("4000", 1_234), kind="journal_entry")
    story.book("never booked-R9", ("4000", 77), name="no such refund", kind="journal_entry")


def _amounts(story: Story) -> None:
    story.order("charged more", ("product", 4_000, 0, 0))
    story.pay("charged more", 4_000, order_payment_id="of more")
    story.move("charge", "ch_charged more", 4_100)
    story.sell("with tax", ("product", 5_000, 0, 400))
    story.book("with tax", ("4000", 5_400))
    story.add(
        "processor_fees", movement_id="txn_charge_ch_taxed fee", fee_type="tax", amount_minor=19, processor_fee_id="vat"
    )
    story.order("taxed fee", ("product", 10_000, 0, 0))
    story.pay("taxed fee", 10_000, order_payment_id="of taxed fee")
    story.move("charge", "ch_taxed fee", 10_000, 119)


def _months(story: Story) -> None:
    story.order("captured later", ("product", 5_000, 0, 0))
    story.pay("captured later", 5_000, day=LATE, order_payment_id="of later")
    story.move("charge", "ch_captured later", 5_000, day=LATE)
    story.order("paid out later", ("product", 8_000, 0, 0))
    story.pay("paid out later", 8_000, order_payment_id="of paid out")
    story.move("charge", "ch_paid out later", 8_000, 30, "po_next")
    story.payout("po_next", 7_970, date(2026, 10, 30), date(2026, 11, 2))
    story.sell("booked later", ("product", 3_000, 0, 0))
    story.book("booked later", ("4000", 3_300), day=LATE)
    story.order("in two documents", ("product", 9_000, 0, 0), cancelled_at=None)
    story.pay("in two documents", 9_000, day=LATE)
    story.move("charge", "ch_in two documents", 9_000, day=LATE)
    for name, amount in (("first", 6_000), ("second", 3_000)):
        story.book("in two documents", ("4000", amount), day=LATE, name=name)


def world(story: Story) -> CanonicalRows:
    rows = CanonicalRows(as_of="2027-01-31")
    for noun, found in story.rows.items():
        rows.rows(f"can_{noun}", *found)
    return rows


@pytest.fixture(scope="module")
def shop() -> Iterator[CanonicalRows]:
    story = Story()
    for tell in (_existence, _amounts, _months):
        tell(story)
    rows = world(story)
    rows.build("fct_bridge")
    yield rows
    rows.connection.close()


# what the fixture is about → the atom, and its (pair, month, part, reason, minor units, gap of the atom) rows
OF_BANK = "processor_to_bank"
CASES: dict[str, tuple[str, list[tuple[str, str, str, str, int, int]]]] = {
    "a gift card is in the storefront alone": (
        "tender:card and gift card:TND-01",
        [("storefront_to_processor", OCTOBER, "existence", "TND-01", -2_000, -2_000)],
    ),
    "a charge over the telephone is at the processor alone, and not at the bank yet": (
        "movement:txn_charge_ch_phone",
        [
            (OF_BANK, OCTOBER, "existence", "TIM-01", -7_000, -7_000),
            ("storefront_to_processor", OCTOBER, "existence", "SRC-01", 7_000, 7_000),
        ],
    ),
    "a wire is at the bank alone": ("bank:wire", [(OF_BANK, OCTOBER, "existence", "BNK-01", 9_000, 9_000)]),
    "an order nobody booked is in net revenue alone": (
        "revenue:je:main:never booked:captured:0",
        [("net_revenue_to_books", OCTOBER, "existence", "BKS-01", -600, -600)],
    ),
    "a document by hand is in the books alone": (
        "document:doc by hand",
        [("net_revenue_to_books", OCTOBER, "existence", "BKS-08", 1_234, 1_234)],
    ),
    "tax is in what was ordered and never in revenue": (
        "content:with tax:LIA-04",
        [("storefront_to_net_revenue", OCTOBER, "existence", "LIA-04", -400, -400)],
    ),
    "a charge of more than its leg differs by the amount": (
        "leg:of more",
        [
            (OF_BANK, OCTOBER, "existence", "TIM-01", -4_100, -4_100),
            ("storefront_to_processor", OCTOBER, "amount", "UNX-00", 100, 100),
        ],
    ),
    "tax booked as revenue differs by the amount": (
        "revenue:je:main:with tax:captured:0",
        [("net_revenue_to_books", OCTOBER, "amount", "TAX-04", 400, 400)],
    ),
    # 10,000 less 100 of fee stay; the 19 of tax on the fee are an atom of their own: -19 at once, and owed back until the payout.
    "a fee is an amount, and what is left is not at the bank": (
        "leg:of taxed fee",
        [
            (OF_BANK, OCTOBER, "amount", "FEE-01", -100, -10_000),
            (OF_BANK, OCTOBER, "existence", "TIM-01", -9_900, -10_000),
        ],
    ),
    "tax on a fee is an atom of its own": (
        "fee:txn_charge_ch_taxed fee:3",
        [(OF_BANK, OCTOBER, "amount", "FEE-09", -19, 0), (OF_BANK, OCTOBER, "existence", "TIM-01", 19, 0)],
    ),
    "a leg captured in the next month leaves one month and comes in the other": (
        "leg:of later",
        [
            (OF_BANK, NOVEMBER, "existence", "TIM-01", -5_000, -5_000),
            ("storefront_to_processor", OCTOBER, "timing", "TIM-04", -5_000, -5_000),
            ("storefront_to_processor", NOVEMBER, "timing", "TIM-04", 5_000, 5_000),
        ],
    ),
    "a charge paid out over the month's end differs by its fee at once and by the rest in time": (
        "leg:of paid out",
        [
            (OF_BANK, OCTOBER, "amount", "FEE-01", -30, -8_000),
            (OF_BANK, OCTOBER, "timing", "TIM-03", -7_970, -8_000),
            (OF_BANK, NOVEMBER, "timing", "TIM-02", 7_970, 7_970),
        ],
    ),
    "a document a month late and wrong differs by time and by the amount": (
        "revenue:je:main:booked later:captured:0",
        [
            ("net_revenue_to_books", OCTOBER, "timing", "TIM-11", -3_000, -3_000),
            ("net_revenue_to_books", NOVEMBER, "amount", "UNX-00", 300, 3_300),
            ("net_revenue_to_books", NOVEMBER, "timing", "TIM-11", 3_000, 3_300),
        ],
    ),
    "two documents that make the whole of an order are two atoms, each with its share": (
        "document:second",
        [
            ("storefront_to_net_revenue", OCTOBER, "timing", "TIM-04", -3_000, -3_000),
            ("storefront_to_net_revenue", NOVEMBER, "timing", "TIM-04", 3_000, 3_000),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES, ids=CASES)
def test_an_atom_falls_into_parts(shop: CanonicalRows, case: str) -> None:
    atom, expected = CASES[case]
    found = shop.query(
        f"""select pair, period_month, part, reason_code, amount_minor, gap_minor from {{{{ ref('fct_money_atom_parts') }}}}
            where money_atom_id = '{atom}' order by pair, period_month, part"""
    )
    assert found == expected


def test_the_parts_of_every_atom_are_its_gap_and_make_each_row_of_the_bridges(shop: CanonicalRows) -> None:
    assert shop.query(ITS_GAP) == []
    assert shop.query(EACH_STEP) == []


def test_the_golden_month_is_told_part_by_part() -> None:
    rows = world(golden())
    assert rows.query(ITS_GAP) == []
    assert rows.query(EACH_STEP) == []
    told = """select pair, sum(amount_minor) from {{ ref('fct_money_atom_parts') }} where period_month = '2026-10'
              group by pair order by pair"""
    # 47,000.00 ordered; 44,330.00 moved at the processor before its fees; 43,200.00 at the bank; 40,830.00 revenue; 44,800.00 booked.
    assert rows.query(told) == [
        ("net_revenue_to_books", 397_000),
        ("processor_to_bank", -113_000),
        ("storefront_to_net_revenue", -617_000),
        ("storefront_to_processor", -267_000),
    ]


LIES = {
    "a part that is lost": "delete from fct_money_atom_parts where reason_code = 'TND-01'",
    "a part that is told twice": "insert into fct_money_atom_parts select * from fct_money_atom_parts where reason_code = 'FEE-01'",
    "a cent that is pushed from one atom to another": """update fct_money_atom_parts set amount_minor = amount_minor
            + case money_atom_id when 'leg:of more' then 1 when 'leg:of paid out' then -1 else 0 end
        where reason_code in ('TIM-01', 'TIM-03')""",
    "a part that is missing and late at once": """insert into fct_money_atom_parts
        select * replace ('timing' as part) from fct_money_atom_parts where reason_code = 'TND-01'""",
    "a part in another month": "update fct_money_atom_parts set period_month = '2026-12' where reason_code = 'BNK-01'",
}


@pytest.mark.parametrize("lie", LIES, ids=LIES)
def test_the_identity_sees(shop: CanonicalRows, lie: str) -> None:
    shop.connection.execute("begin")
    shop.connection.execute(LIES[lie])
    assert shop.query(ITS_GAP) != []
    shop.connection.execute("rollback")
