"""What Stripe lends and withholds, from its answer to the entry on the loan (J-40, FEE-08)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.journal_entries import lines
from tests.transform.raw_rows import RawRows

pytestmark = pytest.mark.dbt

NOON = 1_791_633_600  # 2026-10-10 12:00:00 UTC


def transaction(number: int, kind: str, category: str, amount: int) -> dict[str, Any]:
    return {
        "id": f"txn_{number}", "object": "balance_transaction", "type": kind, "reporting_category": category, "amount": amount, "fee": 0,
        "net": amount, "currency": "usd", "created": NOON + number, "available_on": NOON + number, "status": "available", "source": f"src_{number}",
        "fee_details": [], "description": None,
    }  # fmt: skip


LOAN = [
    transaction(1, "financing_payout", "financing_payout", 500_000),
    transaction(2, "financing_paydown", "financing_paydown", -10_000),
    transaction(3, "adjustment", "financing_paydown", -2_500),  # the category names it, whatever the type
    transaction(4, "financing_paydown_reversal", "financing_paydown_reversal", 2_500),
    transaction(5, "anticipation_repayment", "anticipation_repayment", -4_000),
    transaction(6, "advance", "advance", 4_000),  # stays for a person
]
ENTRIES = {
    1: "Dr 1100 5000.00; Cr 2400 5000.00",
    2: "Dr 2400 100.00; Cr 1100 100.00",
    3: "Dr 2400 25.00; Cr 1100 25.00",
    4: "Dr 1100 25.00; Cr 2400 25.00",
    5: "Dr 2400 40.00; Cr 1100 40.00",
}


@pytest.fixture(scope="module")
def loan() -> RawRows:
    return RawRows().raw("stripe", "balance_transactions", LOAN).mapped("processor_movements", "stripe")


@pytest.mark.parametrize("number", ENTRIES)
def test_j_40_is_made_of_stripes_own_words(loan: RawRows, number: int) -> None:
    found = loan.query(
        f"""select recipe, account_number, signed_base_minor from {{{{ ref('fct_journal_lines') }}}}
            where movement_id = 'stripe:main:txn_{number}'"""
    )
    assert {recipe for recipe, _, _ in found} == {"J-40"}
    assert {account: amount for _, account, amount in found} == lines(ENTRIES[number])


def test_every_cent_of_a_loan_has_its_code_and_an_advance_waits_for_a_person(loan: RawRows) -> None:
    found = loan.query(
        """select reason_code, cast(sum(amount_minor) as bigint) from {{ ref('fct_differences') }}
           where reason_code in ('FEE-08', 'SRC-06', 'UNX-00') group by 1 order by 1"""
    )
    # 5,000.00 lent less 100.00, 25.00 and 40.00 withheld, 25.00 of it given back.
    assert found == [("FEE-08", 486_000), ("SRC-06", 4_000)]


def test_what_is_still_owed_of_the_loan_stands_on_2400(loan: RawRows) -> None:
    owed = "select cast(sum(signed_base_minor) as bigint) from {{ ref('fct_journal_lines') }} where account_number = '2400'"
    assert loan.query(owed) == [(-486_000,)]
