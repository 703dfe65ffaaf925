"""Processors that list no content, change currencies and hold money back; banks that merge and split: each in one small story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.finance_rows import Story, noon

OCTOBER, LATER, NOVEMBER = date(2026, 10, 10), date(2026, 10, 30), date(2026, 11, 2)
PAYPAL = {"platform": "paypal", "account_id": "eu"}


def moved(story: Story, kind: str, source: str, amount: int, **columns: Any) -> None:
    """A movement at the processor that lists no content."""
    story.move(kind, source, amount, **PAYPAL, **columns)


def withdrawn(
    story: Story, name: str, amount: int, *lines: tuple[date, int, str], sent: date = OCTOBER, **columns: Any
) -> None:
    """A manual payout, and the bank lines (day, amount, reference) that brought it."""
    moved(story, "payout", name, -amount, payout=name, day=sent)
    known = {"payout_status": "paid", "is_automatic": False, "arrival_date": sent, "reference": f"TRACE-{name}"}
    story.add(
        "payouts", payout_id=name, platform_payout_id=name, amount_minor=amount, created_at=noon(sent), **PAYPAL,
        **{**known, **columns},
    )  # fmt: skip
    for place, (day, part, reference) in enumerate(lines):
        story.add(
            "bank_lines", bank_line_id=f"{name}/{place}", value_date=day, amount_minor=part, reference=reference,
            description="credit",
        )  # fmt: skip


def converted(story: Story) -> None:
    """100.00 leaves one currency and 86.00 enters the other, about one payment."""
    moved(story, "currency_conversion", "out", -10_000, charge_reference="cap")
    moved(story, "currency_conversion", "in", 8_600, charge_reference="cap", currency_code="EUR")


def half_converted(story: Story) -> None:
    """A leg that came alone explains nothing."""
    moved(story, "currency_conversion", "lone", -700, charge_reference="cap lone")


def held_and_released(story: Story) -> None:
    moved(story, "reserve_hold", "hold", -5_000)
    moved(story, "reserve_release", "release", 2_000)


def of_an_unknown_kind(story: Story) -> None:
    moved(story, "unmapped", "strange", 123)


def paid_for_a_withdrawal(story: Story) -> None:
    moved(story, "payout_fee", "wire fee", -250)


def merged(story: Story) -> None:
    """Two withdrawals in one line that names both."""
    withdrawn(story, "merged-1", 3_000)
    withdrawn(story, "merged-2", 4_000, (OCTOBER, 7_000, "TRACE-merged-1 TRACE-merged-2"))


def nearly_merged(story: Story) -> None:
    """The line names both and is a cent short: no link, however likely it looks."""
    withdrawn(story, "near-1", 3_000)
    withdrawn(story, "near-2", 4_000, (OCTOBER, 6_999, "TRACE-near-1 TRACE-near-2"))


def split_over_months(story: Story) -> None:
    parts = ((LATER, 1_000, "TRACE-parted"), (NOVEMBER, 8_000, "TRACE-parted"))
    withdrawn(story, "parted", 9_000, *parts, sent=LATER)


def under_way(story: Story) -> None:
    withdrawn(story, "late", 6_000, (NOVEMBER, 6_000, "TRACE-late"), sent=LATER)


def sent_back(story: Story) -> None:
    withdrawn(story, "bounced", 5_500, sent=LATER, payout_status="failed")
    moved(story, "payout_failure", "back", 5_500, day=NOVEMBER)


def invoice_paid_twice_over(story: Story) -> None:
    """40.00 of 100.00 come, then 70.00: the second is more than was owed and stays a question."""
    story.order("INV-1", ("product", 10_000, 0, 0), payment_terms="net_30")
    for place, amount in enumerate((4_000, 7_000)):
        line = {"value_date": OCTOBER, "amount_minor": amount, "reference": "INV-1", "description": "transfer"}
        story.add("bank_lines", bank_line_id=f"invoice/{place}", **line)


def disputed(story: Story, name: str, status: str) -> None:
    """A charge of 100.00 that is disputed whole."""
    moved(story, "charge", f"cap-{name}", 10_000)
    moved(story, "dispute", name, -10_000, charge_reference=f"cap-{name}")
    story.add(
        "disputes", dispute_id=name, platform_dispute_id=name, charge_reference=f"cap-{name}", dispute_status=status, **PAYPAL
    )  # fmt: skip


def partly_lost(story: Story) -> None:
    """30.00 of a lost dispute come back: 70.00 are lost."""
    disputed(story, "halved", "lost")
    moved(story, "dispute_reversal", "halved", 3_000, charge_reference="cap-halved", movement_id="halved back")


def refunded_and_disputed(story: Story) -> None:
    """Given back whole and disputed besides; one given back in part is an ordinary dispute."""
    disputed(story, "double", "open")
    moved(story, "refund", "re double", -10_000, charge_reference="cap-double")
    disputed(story, "single", "open")
    moved(story, "refund", "re single", -9_999, charge_reference="cap-single")


def repaid_a_financing(story: Story) -> None:
    moved(story, "financing", "loan", -4_000)


def charged_tax_on_its_fee(story: Story) -> None:
    moved(story, "charge", "taxed", 10_000, fee=357)
    known = {"movement_id": "txn_charge_taxed", **PAYPAL}
    story.add("processor_fees", processor_fee_id="f1", fee_type="charge", amount_minor=300, **known)
    story.add("processor_fees", processor_fee_id="f2", fee_type="tax", amount_minor=57, **known)


CASES: list[tuple[Callable[[Story], None], str, list[tuple[str, str, int]]]] = [
    (converted, "reference in ('out', 'in') and reason_code != 'BNK-04'", [("2026-10", "CUR-05", -10_000), ("2026-10", "CUR-05", 8_600)]),
    (half_converted, "reference = 'lone' and reason_code != 'BNK-04'", [("2026-10", "UNX-00", -700)]),
    (held_and_released, "reference in ('hold', 'release') and reason_code != 'BNK-04'", [("2026-10", "TIM-09", -5_000), ("2026-10", "TIM-09", 2_000)]),
    (of_an_unknown_kind, "reference = 'strange' and reason_code != 'BNK-04'", [("2026-10", "SRC-06", 123)]),
    (
        partly_lost,
        "reference = 'halved' and reason_code != 'BNK-04'",
        [("2026-10", "DSP-04", -10_000), ("2026-10", "DSP-04", 3_000)],
    ),
    (
        refunded_and_disputed,
        "reference in ('double', 'single') and reason_code != 'BNK-04'",
        [("2026-10", "DSP-01", -10_000), ("2026-10", "DSP-05", -10_000)],
    ),
    (repaid_a_financing, "reference = 'loan' and reason_code != 'BNK-04'", [("2026-10", "FEE-08", -4_000)]),
    (
        charged_tax_on_its_fee,
        "reference = 'taxed' and reason_code like 'FEE%'",
        [("2026-10", "FEE-01", -300), ("2026-10", "FEE-09", -57)],
    ),
    (paid_for_a_withdrawal, "reference = 'wire fee' and reason_code != 'BNK-04'", [("2026-10", "FEE-05", -250)]),
    (merged, "reference like '%merged-%'", [("2026-10", "BNK-04", 3_000), ("2026-10", "BNK-04", 4_000)]),
    (
        nearly_merged,
        "reference like '%near-%'",
        [
            ("2026-10", "BNK-01", 6_999),
            ("2026-10", "BNK-04", 3_000),
            ("2026-10", "BNK-04", 4_000),
            ("2026-10", "TIM-03", -4_000),
            ("2026-10", "TIM-03", -3_000),
        ],
    ),
    (
        split_over_months,
        "reference = 'parted'",
        [
            ("2026-10", "BNK-03", 1_000),
            ("2026-10", "BNK-04", 9_000),
            ("2026-10", "TIM-03", -9_000),
            ("2026-11", "BNK-03", -1_000),
            ("2026-11", "TIM-02", 9_000),
        ],
    ),
    (
        under_way,
        "reference = 'late'",
        [("2026-10", "BNK-04", 6_000), ("2026-10", "TIM-03", -6_000), ("2026-11", "TIM-02", 6_000)],
    ),
    (
        sent_back,
        "reference in ('bounced', 'back')",
        [
            ("2026-10", "BNK-02", -5_500),
            ("2026-10", "BNK-04", 5_500),
            ("2026-11", "BNK-02", 5_500),
            ("2026-11", "BNK-04", -5_500),
        ],
    ),
    (
        invoice_paid_twice_over,
        "reference = 'INV-1' and bridge = 'storefront_to_bank'",
        [("2026-10", "BNK-01", 7_000), ("2026-10", "TND-03", -10_000), ("2026-10", "TND-03", 4_000)],
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def marts() -> CanonicalRows:
    """One company in which all of it happens beside an ordinary order whose processor lists its payouts."""
    story = Story()
    story.sell("plain", ("product", 1_000, 0, 0), fee=30, payout="auto")
    story.payout("auto", 970, LATER, LATER)
    moved(story, "charge", "seed", 90_000)
    for tell, _, _ in CASES:
        tell(story)
    built = CanonicalRows()
    for noun, rows in story.rows.items():
        built.rows(f"can_{noun}", *rows)
    built.seed("reason_codes").connection.execute("alter table reason_codes alter position type bigint")
    return built


@pytest.mark.parametrize(("tell", "where", "expected"), CASES, ids=[tell.__name__ for tell, _, _ in CASES])
def test_case(
    marts: CanonicalRows, tell: Callable[[Story], None], where: str, expected: list[tuple[str, str, int]]
) -> None:
    query = "select period_month, reason_code, amount_minor from {{ ref('fct_differences') }}"
    assert marts.query(f"{query} where {where} order by all") == sorted(expected)


@pytest.mark.parametrize(
    "identity",
    [
        "i_07_movement_is_fee_and_net",
        "i_08_payout_is_the_net_of_its_movements",
        "i_09_clearing_closes_on_the_reported_balance",
        "i_10_payout_and_bank_line_agree",
        "i_20_bridges_close",
    ],
)
def test_the_identities_hold_in_all_of_it(marts: CanonicalRows, identity: str) -> None:
    assert marts.query((TRANSFORM / "tests" / f"assert_{identity}.sql").read_text()) == []


def test_a_processor_that_lists_its_payouts_is_not_rolled_forward_in_sum(marts: CanonicalRows) -> None:
    query = "select distinct reason_code from {{ ref('fct_differences') }}"
    assert marts.query(f"{query} where reference in ('ch_plain', 'auto') and to_system = 'bank'") == [("FEE-01",)]


def test_each_account_has_a_balance_of_its_own_even_in_a_month_it_stood_still(marts: CanonicalRows) -> None:
    query = (
        "select period_month, opening_minor, computed_closing_minor from {{ ref('fct_clearing_months') }}"
        " where currency_code = 'USD' and platform = 'stripe' order by 1"
    )
    assert marts.query(query) == [("2026-10", 0, 0), ("2026-11", 0, 0)]


def test_an_invoice_payment_says_what_stays_open(marts: CanonicalRows) -> None:
    query = "select order_number, amount_minor, open_after_minor from {{ ref('fct_invoice_payments') }}"
    assert marts.query(query) == [("INV-1", 4_000, 6_000)]


def test_what_is_held_back_is_compared_with_what_the_processor_says(marts: CanonicalRows) -> None:
    test = (TRANSFORM / "tests" / "assert_i_09_reserves_are_what_the_processor_holds.sql").read_text()
    assert marts.query(test) == []
    balance: dict[str, Any] = {"balance_id": "b", "available_minor": 0, "pending_minor": 0, "withheld_minor": 2_999}
    wrong = CanonicalRows()
    wrong.rows("can_processor_balances", {**balance, **PAYPAL, "as_of_at": noon(OCTOBER)})
    story = Story()
    held_and_released(story)
    wrong.rows("can_processor_movements", *story.rows["processor_movements"])
    assert wrong.query(test) == [("b", 2_999, 3_000)]
