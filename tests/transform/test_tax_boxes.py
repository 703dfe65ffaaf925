"""From the tax of a line to the boxes of a return: sales less what came back, by place, rate and scheme, and nothing lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.tax_worlds import TaxWorld, found

DE, FR = 190_000, 200_000
SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 30), date(2026, 10, 1), date(2026, 11, 2)
BOX = "period_month, box, jurisdiction, scheme, rate_ppm, taxable_minor, tax_minor"


def boxes(world: TaxWorld) -> list[tuple[Any, ...]]:
    rows = world.rows()
    assert rows.singular_test("assert_i_17_tax_lines_boxes_and_revenue_agree") == []
    return found(rows, "fct_tax_boxes", BOX, "all")


def test_each_place_rate_and_scheme_has_its_box() -> None:
    world = TaxWorld()
    world.sell("A", 10_000, (DE, 1_900)).sell("A", 3_000, (70_000, 210), sku="EU-BUCH").sell(
        "B", 10_000, (FR, 2_000), to="FR"
    )
    world.sell("C", 5_000, to="GB").sell("D", 7_000, to="NL", is_business=True)
    world.sell("E", 4_000, (FR, 800), to="FR", is_marketplace=True)
    assert boxes(world) == [
        ("2026-10", "41", "NL", "reverse_charge", 0, 7_000, 0),
        ("2026-10", "43", "GB", "export", 0, 5_000, 0),
        ("2026-10", "81", "DE", "domestic", 190_000, 10_000, 1_900),
        ("2026-10", "86", "DE", "domestic", 70_000, 3_000, 210),
        ("2026-10", "marketplace", "FR", "marketplace", 200_000, 4_000, 800),
        ("2026-10", "oss", "FR", "oss", 200_000, 10_000, 2_000),
    ]


def test_a_rate_no_rule_knows_is_in_no_box_and_has_no_code() -> None:
    rows = TaxWorld().sell("A", 10_000, (160_000, 1_600)).rows()
    assert found(rows, "fct_tax_lines", "box, tax_code, tax_minor") == [("unmapped", None, 1_600)]


def test_what_comes_back_lowers_the_box_in_the_month_it_comes_back() -> None:
    world = TaxWorld().sell("A", 10_000, (DE, 1_900)).give_back("A", 4_000, 760, day=NOVEMBER)
    assert [row[0:1] + row[5:] for row in boxes(world)] == [("2026-10", 10_000, 1_900), ("2026-11", -4_000, -760)]


def test_an_untaxed_sale_that_comes_back_lowers_its_own_box() -> None:
    world = TaxWorld().sell("A", 10_000, to="GB").give_back("A", 4_000, 0)
    assert [row[1:] for row in boxes(world)] == [("43", "GB", "export", 0, 6_000, 0)]


def test_tax_given_back_on_a_line_of_two_taxes_is_shared_as_they_were_to_the_cent() -> None:
    # 4.00 and 4.88 were charged; 3.33 comes back: 1.5 and 1.83 exactly 150.0 and 183.0; 3.34 leaves a cent to the larger remainder.
    world = (
        TaxWorld("main", "USD").sell("A", 10_000, (40_000, 400), (48_750, 488), to="US-NY").give_back("A", 3_760, 334)
    )
    rows = world.rows()
    assert found(rows, "fct_refund_tax_lines", "rate_ppm, tax_minor, taxable_minor") == [(40_000, 150, 3_760), (48_750, 184, 3_760)]  # fmt: skip


def test_tax_given_back_for_no_line_is_shared_over_the_order() -> None:
    world = TaxWorld().sell("A", 10_000, (DE, 1_900)).sell("A", 10_000, (70_000, 700), sku="EU-BUCH").give_back("A", 1_000, 130, line=None)  # fmt: skip
    rows = world.rows()
    # 1.30 in the proportion 19 : 7 is 0.95 and 0.35; the 10.00 likewise, 7.31 and 2.69.
    assert found(rows, "fct_refund_tax_lines", "basis, rate_ppm, tax_minor, taxable_minor", "tax_minor desc") == [("order", 190_000, 95, 731), ("order", 70_000, 35, 269)]  # fmt: skip


def test_goodwill_without_tax_touches_no_box() -> None:
    world = TaxWorld().sell("A", 10_000, (DE, 1_900)).give_back("A", 500, 0, line=None)
    assert [row[5:] for row in boxes(world)] == [(10_000, 1_900)]


def test_tax_given_back_that_was_never_charged_is_of_no_place() -> None:
    world = TaxWorld().sell("A", 10_000, to="GB").give_back("A", 1_000, 190)
    assert boxes(world)[-1] == ("2026-10", "unmapped", "unknown", "unregistered", None, -1_000, -190)


def test_a_refund_of_an_order_never_seen_still_counts() -> None:
    world = TaxWorld().give_back("ghost", 1_000, 190)
    assert [row[1:] for row in boxes(world)] == [("unmapped", "unknown", "unregistered", None, -1_000, -190)]


def test_a_test_order_is_in_no_box() -> None:
    world = TaxWorld().sell("A", 10_000, (DE, 1_900)).give_back("A", 1_000, 190)
    world.tables["can_orders"][0]["is_test"] = True
    assert boxes(world) == []


def test_an_order_not_paid_is_in_no_box() -> None:
    world = TaxWorld().sell("A", 10_000, (DE, 1_900))
    world.tables["can_order_payments"][0]["payment_type"] = "authorization"
    assert boxes(world) == []


def test_a_sale_in_the_last_hour_of_a_month_counts_where_the_company_is() -> None:
    # Paid at 22:30 UTC on 30 September, half past midnight on 1 October in Berlin.
    world = TaxWorld().sell("A", 10_000, (DE, 1_900), day=SEPTEMBER)
    world.tables["can_order_payments"][0]["processed_at"] = world.tables["can_orders"][0]["placed_at"].replace(hour=22, minute=30)  # fmt: skip
    berlin = [{"entity_id": "europe", "name": "Europe", "time_zone": "Europe/Berlin", "base_currency_code": "EUR"}]
    assert found(world.rows(entities=berlin), "fct_tax_boxes", "period_month") == [("2026-10",)]


def test_the_hour_that_comes_twice_still_lies_in_one_month() -> None:
    # 25 October 2026: 00:30 and 01:30 UTC are both half past two in Berlin.
    world = TaxWorld()
    for number, hour in (("A", 0), ("B", 1)):
        world.sell(number, 10_000, (DE, 1_900), day=date(2026, 10, 25))
        world.tables["can_order_payments"][-1]["processed_at"] = world.tables["can_orders"][-1]["placed_at"].replace(hour=hour, minute=30)  # fmt: skip
    berlin = [{"entity_id": "europe", "name": "Europe", "time_zone": "Europe/Berlin", "base_currency_code": "EUR"}]
    assert found(world.rows(entities=berlin), "fct_tax_boxes", "period_month, orders, tax_minor") == [("2026-10", 2, 3_800)]  # fmt: skip


def test_a_lost_tax_line_breaks_the_identity() -> None:
    rows = TaxWorld().sell("A", 10_000, (DE, 1_900)).rows()
    assert rows.singular_test("assert_i_17_tax_lines_boxes_and_revenue_agree") == []
    rows.connection.execute("update fct_tax_boxes set tax_minor = tax_minor - 1")
    assert len(rows.singular_test("assert_i_17_tax_lines_boxes_and_revenue_agree")) == 1


@pytest.mark.parametrize("is_in_total", [True, False])
def test_the_cent_a_header_rounds_up_is_owed_and_has_its_code(is_in_total: bool) -> None:
    # Header 18.05, lines 9.02 and 9.02: the cent is owed with the rest. Where the price holds the tax, no total moves.
    world = TaxWorld().sell("A", 4_750, (DE, 902)).sell("A", 4_750, (DE, 902)).round_header("A", 1, is_in_total)
    assert [row[5:] for row in boxes(world)] == [(9_500, 1_805)]
    rows = world.rows()
    bridged = (
        "select reason_code, amount_minor from {{ ref('fct_differences') }} where bridge = 'storefront_to_net_revenue'"
    )
    expected = [("LIA-04", -1_804)] + ([("TAX-06", -1)] if is_in_total else [])
    assert sorted(rows.query(bridged)) == expected
    assert rows.singular_test("assert_i_02_order_total_is_the_sum_of_its_lines") == []


def test_more_cents_than_taxed_lines_are_no_rounding() -> None:
    rows = TaxWorld().sell("A", 4_750, (DE, 903)).sell("A", 4_750, to="DE").round_header("A", 2).rows()
    assert rows.query("select reason_code, amount_minor from {{ ref('fct_differences') }} where reason_code in ('TAX-06', 'UNX-00')") == [("UNX-00", -2)]  # fmt: skip
    assert len(rows.singular_test("assert_i_02_order_total_is_the_sum_of_its_lines")) == 1


@settings(max_examples=25, deadline=None)
@given(
    sold=st.lists(
        st.tuples(st.integers(1, 50_000), st.sampled_from([190_000, 70_000, 0]), st.integers(0, 100)),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_sold_and_given_back_the_boxes_hold_all_tax(sold: list[tuple[int, int, int]]) -> None:
    world = TaxWorld()
    for number, (net, rate, percent) in enumerate(sold):
        tax = (net * rate + 500_000) // 1_000_000
        world.sell(str(number), net, *([(rate, tax)] if rate else []))
        if percent:
            world.give_back(str(number), net * percent // 100, tax * percent // 100, day=NOVEMBER)
    boxes(world)
