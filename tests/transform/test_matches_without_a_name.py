"""Money that names no order: what fits just one is shown, matched as far as the company lets it, or told by a person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.finance_rows import OCTOBER, Story, noon
from tests.transform.journal_entries import told

pytestmark = pytest.mark.dbt

NOON = noon(OCTOBER)
ANN, BOB = "ann@example.com", "bob@example.com"


def limits(charge: int = 0, bank_line: int = 0, entity: str = "*") -> list[dict[str, Any]]:
    return [
        {"entity_id": entity, "match_type": "charge", "up_to_minor": charge},
        {"entity_id": entity, "match_type": "bank_line", "up_to_minor": bank_line},
    ]


def by_hand(kind: str, platform_id: str, number: str) -> list[dict[str, Any]]:
    """A person's word about a charge or a line."""
    platform = {"charge": "stripe", "bank_line": "shop"}[kind]
    return [
        {"match_type": kind, "platform": platform, "account_id": "main", "platform_id": platform_id, "order_number": number, "matched_by": "jo", "because": "asked"}
    ]  # fmt: skip


def paid_by_card(story: Story, number: str, email: str | None = ANN, amount: int = 5_000, at: datetime = NOON) -> None:
    """The storefront captured, and names no charge."""
    story.order(number, ("product", amount, 0, 0), customer_email=email)
    story.pay(number, amount, processor_reference=None, processed_at=at)


def charged(story: Story, name: str, email: str | None = ANN, amount: int = 5_000, **columns: Any) -> None:
    """The processor charged, and was told no order."""
    story.move("charge", name, amount, charge_reference=name, **columns)
    story.add(
        "charge_methods", charge_method_id=name, platform="stripe", charge_reference=name, payment_method="card", payer_email=email
    )  # fmt: skip
    del story.rows["charge_methods"][-1]["currency_code"]


def holds(world: CanonicalRows, identity: str) -> None:
    assert world.query((TRANSFORM / f"tests/{identity}.sql").read_text()) == []


def pairs(world: CanonicalRows) -> list[tuple[Any, ...]]:
    holds(world, "assert_i_06_no_payment_is_left_beside_its_charge")
    return world.query(
        """select order_id, charge_reference, match_strength from {{ ref('fct_payment_matches') }}
           where order_id is not null order by order_id"""
    )


def evidence(world: CanonicalRows, code: str) -> list[str]:
    holds(world, "assert_i_06_payments_and_charges_meet_one_to_one")
    return [
        said
        for (said,) in world.query(
            f"select evidence from {{{{ ref('fct_differences') }}}} where reason_code = '{code}' order by 1"
        )
    ]


def one_that_fits(story: Story) -> None:
    paid_by_card(story, "a")
    charged(story, "ch_1")


def test_what_fits_is_shown_on_both_sides_and_matched_by_nobody() -> None:
    def beside_another(story: Story) -> None:
        one_that_fits(story)
        story.sell("b", ("product", 100, 0, 0))

    world = told(beside_another)
    assert pairs(world) == [("a", None, None), ("b", "ch_b", 1)]
    assert evidence(world, "SRC-01") == [
        "charge ch_1 belongs to no captured payment of an order; same buyer, amount and day: a"
    ]
    assert evidence(world, "SRC-02") == [
        "captured by card in the storefront, no such charge at a processor; same buyer, amount and day: ch_1"
    ]


def test_what_fits_only_one_is_matched_up_to_the_limit() -> None:
    assert pairs(told(one_that_fits, match_policies=limits(charge=5_000))) == [("a", "ch_1", 3)]
    assert pairs(told(one_that_fits, match_policies=limits(charge=4_999))) == [("a", None, None)]


def test_a_companys_own_limit_goes_before_that_of_all() -> None:
    policies = [*limits(charge=9_999), *limits(charge=0, entity="main")]
    assert pairs(told(one_that_fits, match_policies=policies)) == [("a", None, None)]


def other_buyer(story: Story) -> None:
    paid_by_card(story, "a")
    charged(story, "ch_1", BOB)


def unknown_buyer(story: Story) -> None:
    paid_by_card(story, "a", None)
    charged(story, "ch_1", None)


def other_amount(story: Story) -> None:
    paid_by_card(story, "a")
    charged(story, "ch_1", amount=5_001)


def other_currency(story: Story) -> None:
    paid_by_card(story, "a")
    charged(story, "ch_1", currency_code="CAD")


def other_company(story: Story) -> None:
    paid_by_card(story, "a")
    charged(story, "ch_1", entity_id="europe")


def a_second_too_late(story: Story) -> None:
    paid_by_card(story, "a", at=NOON - timedelta(days=1, seconds=1))
    charged(story, "ch_1", occurred_at=NOON)


def two_orders_for_one_charge(story: Story) -> None:
    paid_by_card(story, "a")
    paid_by_card(story, "b")
    charged(story, "ch_1")


def two_charges_for_one_order(story: Story) -> None:
    paid_by_card(story, "a")
    charged(story, "ch_1")
    charged(story, "ch_2")


CHARGES_THAT_WAIT = (
    other_buyer, unknown_buyer, other_amount, other_currency, other_company, a_second_too_late, two_orders_for_one_charge, two_charges_for_one_order,
)  # fmt: skip


@pytest.mark.parametrize("story", CHARGES_THAT_WAIT, ids=lambda story: story.__name__)
def test_what_fits_none_or_two_waits_for_a_person(story: Any) -> None:
    assert {charge for _, charge, _ in pairs(told(story, match_policies=limits(charge=1_000_000)))} == {None}


def test_a_day_apart_is_still_the_same_money() -> None:
    def late(story: Story) -> None:
        paid_by_card(story, "a", at=NOON - timedelta(days=1))
        charged(story, "ch_1", occurred_at=NOON)

    assert pairs(told(late, match_policies=limits(charge=5_000))) == [("a", "ch_1", 3)]


def test_a_person_says_which_of_two_it_is() -> None:
    world = told(
        two_charges_for_one_order, matches_by_hand=by_hand("charge", "ch_2", "a"), match_policies=limits(charge=5_000)
    )
    assert pairs(world) == [("a", "ch_2", 4)]
    assert evidence(world, "SRC-01") == ["charge ch_1 belongs to no captured payment of an order"]


def test_a_persons_word_does_not_make_amounts_equal() -> None:
    world = told(other_amount, matches_by_hand=by_hand("charge", "ch_1", "a"))
    assert pairs(world) == [("a", None, None)]


def invoiced(story: Story, number: str, amount: int = 10_000, day: date = date(2026, 10, 1), **columns: Any) -> None:
    story.order(number, ("product", amount, 0, 0), day=day, **{"payment_terms": "net_30", **columns})


def came(story: Story, name: str, amount: int, text: str = "TRANSFER", day: date = OCTOBER, **columns: Any) -> None:
    story.add(
        "bank_lines",
        bank_line_id=name,
        platform_bank_line_id=name,
        value_date=day,
        amount_minor=amount,
        description=text,
        reference=None,
        **columns,
    )


def receipts(world: CanonicalRows) -> list[tuple[Any, ...]]:
    holds(world, "assert_i_19_guessed_receipts_fit_one_invoice")
    return world.query(
        "select bank_line_id, order_id, match_strength from {{ ref('fct_invoice_payments') }} order by 1"
    )


def a_silent_transfer(story: Story) -> None:
    invoiced(story, "1001")
    came(story, "line", 10_000)


def test_the_invoice_a_silent_transfer_may_pay_is_named_and_not_settled() -> None:
    world = told(a_silent_transfer)
    assert receipts(world) == []
    [said] = evidence(world, "BNK-01")
    assert said.endswith("; open invoices of this amount: 1001")


def test_a_silent_transfer_pays_the_only_invoice_of_its_amount_up_to_the_limit() -> None:
    world = told(a_silent_transfer, match_policies=limits(bank_line=10_000))
    assert receipts(world) == [("line", "1001", 3)]
    assert "paid at the bank on 2026-10-10, known by its amount alone, open after it 0 minor units" in evidence(
        world, "TND-03"
    )
    assert receipts(told(a_silent_transfer, match_policies=limits(bank_line=9_999))) == []


def two_invoices_of_one_amount(story: Story) -> None:
    invoiced(story, "1001")
    invoiced(story, "1002")
    came(story, "line", 10_000)


def two_transfers_of_one_amount(story: Story) -> None:
    a_silent_transfer(story)
    came(story, "line-2", 10_000)


def before_the_invoice(story: Story) -> None:
    invoiced(story, "1001", day=date(2026, 10, 11))
    came(story, "line", 10_000)


def half_of_it(story: Story) -> None:
    invoiced(story, "1001")
    came(story, "line", 5_000)


def told_in_the_storefront(story: Story) -> None:
    invoiced(story, "1001")
    story.pay("1001", 10_000, "manual")
    came(story, "line", 10_000)


def a_transfer_that_names_another_order(story: Story) -> None:
    invoiced(story, "1001")
    story.sell("1003", ("product", 9_000, 0, 0))
    came(story, "line", 10_000, "PAYMENT 1003")


def in_another_currency(story: Story) -> None:
    invoiced(story, "1001")
    came(story, "line", 10_000, currency_code="CAD")


def of_another_company(story: Story) -> None:
    invoiced(story, "1001")
    came(story, "line", 10_000, entity_id="europe")


TRANSFERS_THAT_WAIT = (
    two_invoices_of_one_amount, two_transfers_of_one_amount, before_the_invoice, half_of_it, a_transfer_that_names_another_order,
    in_another_currency, of_another_company,
)  # fmt: skip


@pytest.mark.parametrize("story", TRANSFERS_THAT_WAIT, ids=lambda story: story.__name__)
def test_a_transfer_that_fits_none_or_two_waits_for_a_person(story: Any) -> None:
    assert receipts(told(story, match_policies=limits(bank_line=1_000_000))) == []


def test_an_invoice_the_storefront_knows_as_paid_is_not_guessed_at() -> None:
    world = told(told_in_the_storefront, match_policies=limits(bank_line=1_000_000))
    assert world.query("select count(*) from {{ ref('fct_invoice_candidates') }}") == [(0,)]


def early_by_terms(story: Story, day: date) -> None:
    invoiced(story, "1001", payment_terms="2_10_net_30")
    came(story, "line", 9_800, day=day)


def test_a_silent_transfer_less_the_discount_for_paying_early_fits_until_its_day() -> None:
    early = told(lambda story: early_by_terms(story, date(2026, 10, 11)), match_policies=limits(bank_line=10_000))
    late = told(lambda story: early_by_terms(story, date(2026, 10, 12)), match_policies=limits(bank_line=10_000))
    assert receipts(early) == [("line", "1001", 3)]
    assert receipts(late) == []


def test_a_person_says_which_invoice_a_transfer_pays() -> None:
    world = told(two_invoices_of_one_amount, matches_by_hand=by_hand("bank_line", "line", "1002"))
    assert receipts(world) == [("line", "1002", 4)]
    assert "paid at the bank on 2026-10-10, matched by hand, open after it 0 minor units" in evidence(world, "TND-03")


def test_a_persons_word_goes_before_the_text_of_the_line() -> None:
    def misnamed(story: Story) -> None:
        invoiced(story, "1001")
        invoiced(story, "1002")
        came(story, "line", 10_000, "INVOICE 1001")

    assert receipts(told(misnamed)) == [("line", "1001", 2)]
    assert receipts(told(misnamed, matches_by_hand=by_hand("bank_line", "line", "1002"))) == [("line", "1002", 4)]


def test_a_part_payment_told_by_hand_leaves_the_rest_open() -> None:
    world = told(half_of_it, matches_by_hand=by_hand("bank_line", "line", "1001"))
    assert receipts(world) == [("line", "1001", 4)]
    assert world.query("select open_minor from {{ ref('fct_receivables') }}") == [(5_000,)]
