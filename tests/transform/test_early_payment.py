"""J-21: an invoice paid early, less the discount its terms allow, is one discount in revenue, tax, ledger, books and receivables."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story
from tests.transform.journal_entries import entry, lines, told
from tests.transform.journal_stories import GOODS, LATER, OCTOBER, SHIPPING
from tests.transform.warehouse import TRANSFORM

KEY = "je:main:early:discounted"


def paid_early(story: Story) -> None:
    """113.05 on 2 % within ten days; 110.79 come on the tenth day, and the books hold invoice and credit note."""
    story.order("a", GOODS, SHIPPING, payment_terms="2_10_net_30", is_b2b=True, company_name="Inn", tax_minor=1_805)
    known = {"platform": "bank", "value_date": LATER, "reference": "invoice a", "bank_line_id": "early"}
    story.add("bank_lines", amount_minor=11_079, **known)
    story.book("a", ("4000", 10_000), ("4010", -1_000), ("4030", 500), ("2100", 1_805), kind="invoice")
    story.book("a-D1", ("4010", -190), ("2100", -36), kind="credit_memo", day=LATER)


@pytest.fixture(scope="module")
def world() -> CanonicalRows:
    return told(paid_early)


def identity(world: CanonicalRows, name: str) -> list[tuple[Any, ...]]:
    [path] = (TRANSFORM / "tests").glob(f"assert_{name}*.sql")
    return world.query(path.read_text().partition("}}")[2])


def test_j_21_the_discount_lowers_revenue_and_tax_on_the_day_of_the_payment(world: CanonicalRows) -> None:
    # 2 % of 113.05 is 2.26, of which 18.05 / 113.05 is tax: 0.36.
    assert entry(world, KEY) == lines("Dr 4010 1.90; Dr 2100 0.36; Cr 1200 2.26")
    assert entry(world, "je:main:early:received") == lines("Dr 1000 110.79; Cr 1200 110.79")
    rows = "select event_date, net_revenue_minor, tax_minor, refund_id from {{ ref('fct_net_revenue') }} where event_type = 'discount'"
    assert world.query(rows) == [(LATER, -190, -36, "early")]
    assert world.query("select open_minor, discounted_minor, ageing_bucket from {{ ref('fct_receivables') }}") == [
        (0, 226, "settled")
    ]


def test_what_was_paid_early_differs_nowhere_and_has_its_code_in_the_bridges(world: CanonicalRows) -> None:
    told_by = "select bridge, reason_code, amount_minor from {{ ref('fct_differences') }} where reason_code in ('REF-06', 'TND-03') or bridge = 'net_revenue_to_books' order by all"
    assert world.query(told_by) == [
        ("storefront_to_bank", "REF-06", -226),
        ("storefront_to_bank", "TND-03", -11_305),
        ("storefront_to_bank", "TND-03", 226),
        ("storefront_to_bank", "TND-03", 11_079),
        ("storefront_to_net_revenue", "REF-06", -190),
    ]


def test_the_tax_return_knows_what_was_given_up(world: CanonicalRows) -> None:
    boxes = "select cast(sum(tax_minor) as bigint) from {{ ref('fct_tax_boxes') }}"
    assert world.query(boxes) == [(1_805 - 36,)]


@pytest.mark.parametrize(
    "name",
    [
        "i_01_revenue",
        "i_11",
        "i_12",
        "i_13",
        "i_17_tax_acc",
        "i_17_tax_lines",
        "i_17_the",
        "i_19",
        "i_20",
        "i_21",
        "i_28",
    ],
)
def test_identities_hold_with_a_discount(world: CanonicalRows, name: str) -> None:
    for path in (TRANSFORM / "tests").glob(f"assert_{name}*.sql"):
        assert world.query(path.read_text().partition("}}")[2]) == [], path.name


def test_a_close_rolls_receivables_tax_and_revenue_forward_over_it(world: CanonicalRows) -> None:
    wrong = "select check_code, difference_minor from {{ ref('fct_close_balances') }} where difference_minor != 0"
    assert world.query(wrong) == []


def test_a_day_late_is_no_discount() -> None:
    def late(story: Story) -> None:
        paid_early(story)
        story.rows["bank_lines"][0]["value_date"] = date(OCTOBER.year, OCTOBER.month, OCTOBER.day + 11)

    assert told(late).query("select count(*) from {{ ref('fct_early_payment_discounts') }}") == [(0,)]
