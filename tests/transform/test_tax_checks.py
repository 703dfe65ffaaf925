"""What the accountant's rules ask beside what was charged: single orders, each with the code it must get and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.transform.tax_worlds import TaxWorld, checked, found

DE, FR, AT = 190_000, 200_000, 200_000
OK = None


def at_home() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, (DE, 1_900))


def reduced_at_home() -> TaxWorld:
    return TaxWorld().sell("A", 3_000, (70_000, 210), sku="EU-BUCH")


def to_france_under_oss() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, (FR, 2_000), to="FR")


def books_to_france() -> TaxWorld:
    return TaxWorld().sell("A", 3_000, (55_000, 165), to="FR", sku="EU-BUCH")


def reverse_charge() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, to="NL", is_business=True)


def business_at_home_pays_tax() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, (DE, 1_900), is_business=True)


def export_to_britain() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, to="GB")


def marketplace() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, (FR, 2_000), to="FR", is_marketplace=True)


def cent_too_small_to_tax() -> TaxWorld:
    """2 cents x 19 % = 0.38 cents: nothing, and right."""
    return TaxWorld().sell("A", 2, (DE, 0))


def half_a_cent_either_way() -> TaxWorld:
    """50 cents x 19 % = 9.5 cents: the shop rounded up, half-even rounds to 10 too; 1.50 x 19 % = 28.5: shop 29, half-even 28."""
    return TaxWorld().sell("A", 50, (DE, 10)).sell("A", 150, (DE, 29))


SOUND: dict[Callable[[], TaxWorld], str] = {
    at_home: "domestic",
    reduced_at_home: "domestic",
    to_france_under_oss: "oss",
    books_to_france: "oss",
    reverse_charge: "reverse_charge",
    business_at_home_pays_tax: "domestic",
    export_to_britain: "export",
    marketplace: "marketplace",
    cent_too_small_to_tax: "domestic",
    half_a_cent_either_way: "domestic",
}


@pytest.mark.parametrize("story", SOUND, ids=lambda story: story.__name__)
def test_a_sale_taxed_as_the_accountant_asks_has_no_code_and_its_scheme(story: Callable[[], TaxWorld]) -> None:
    assert {(code, scheme) for code, _, _, scheme in checked(story())} == {(OK, SOUND[story])}


def old_rate() -> TaxWorld:
    """16 % was the rate of 2020: 16.00 instead of 19.00."""
    return TaxWorld().sell("A", 10_000, (160_000, 1_600))


def full_rate_on_books() -> TaxWorld:
    """19.00 instead of 7.00."""
    return TaxWorld().sell("A", 10_000, (DE, 1_900), sku="EU-BUCH")


def amount_off_by_a_cent() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, (DE, 1_901))


def no_tax_for_a_person() -> TaxWorld:
    return TaxWorld().sell("A", 10_000)


def no_tax_for_a_business_at_home() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, is_business=True)


def tax_for_a_business_abroad() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, (210_000, 2_100), to="NL", is_business=True)


def business_abroad_without_a_tax_number() -> TaxWorld:
    """Who names no number is a consumer: 21 % of 100.00 are owed in the Netherlands."""
    world = TaxWorld().sell("A", 10_000, to="NL", is_business=True)
    world.order("A")["tax_id"] = None
    return world


def home_rate_for_france() -> TaxWorld:
    """The French buyer paid German tax: all of it is in the wrong return, 19.00."""
    return TaxWorld().sell("A", 10_000, (DE, 1_900), to="FR", taxed_in="DE")


def taxed_export() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, (200_000, 2_000), to="GB")


def tax_of_a_place_without_registration() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, (81_000, 810), to="CH")


def inclusive_price_taxed_as_if_without() -> TaxWorld:
    """119.00 held 19.00; the shop took 19 % of 119.00 = 22.61 for tax and left 96.39."""
    return TaxWorld().sell("A", 9_639, (DE, 2_261))


def exclusive_price_taxed_as_if_with() -> TaxWorld:
    """100.00 without tax; the shop took out 15.97 as if it held 19 %, and left the 100.00."""
    return TaxWorld().sell("A", 10_000, (DE, 1_597))


def rounded_once_for_the_order() -> TaxWorld:
    """3 x 0.33 at 19 %: 0.0627 a line is 0.06, but 0.99 bears 0.19: one line got the seventh cent."""
    return TaxWorld().sell("A", 33, (DE, 7)).sell("A", 33, (DE, 6)).sell("A", 33, (DE, 6))


def unstated_rate_and_other_amount() -> TaxWorld:
    return TaxWorld().sell("A", 10_000, (None, 1_600))


def unstated_rate_read_wrong() -> TaxWorld:
    return TaxWorld().sell("A", 9_639, (None, 2_261))


WRONG: dict[Callable[[], TaxWorld], tuple[str, int]] = {
    old_rate: ("TAX-01", -300),
    full_rate_on_books: ("TAX-01", 1_200),
    amount_off_by_a_cent: ("TAX-01", 1),
    no_tax_for_a_person: ("TAX-01", -1_900),
    no_tax_for_a_business_at_home: ("TAX-05", -1_900),
    tax_for_a_business_abroad: ("TAX-05", 2_100),
    business_abroad_without_a_tax_number: ("TAX-01", -2_100),
    home_rate_for_france: ("TAX-07", 1_900),
    taxed_export: ("TAX-07", 2_000),
    tax_of_a_place_without_registration: ("TAX-07", 810),
    inclusive_price_taxed_as_if_without: ("TAX-03", 430),  # 19 % of 96.39 is 18.31
    exclusive_price_taxed_as_if_with: ("TAX-03", -303),
    rounded_once_for_the_order: ("TAX-06", 1),
    unstated_rate_and_other_amount: ("TAX-01", -300),
    unstated_rate_read_wrong: ("TAX-03", 430),
}


@pytest.mark.parametrize("story", WRONG, ids=lambda story: story.__name__)
def test_a_wrong_tax_gets_its_code_with_the_exact_cents(story: Callable[[], TaxWorld]) -> None:
    assert [(code, cents) for code, cents, _, _ in checked(story()) if code] == [WRONG[story]]


@pytest.mark.parametrize("story", WRONG, ids=lambda story: story.__name__)
def test_a_wrong_tax_is_a_difference_outside_the_bridges(story: Callable[[], TaxWorld]) -> None:
    columns = "reason_code, amount_minor, bridge, from_system, to_system, evidence like 'charged%'"
    assert found(story().rows(), "fct_tax_differences", columns) == [(*WRONG[story], None, "storefront", "tax_rules", True)]  # fmt: skip


def test_the_evidence_names_both_rates_both_places_and_the_rule() -> None:
    [(words,)] = found(home_rate_for_france().rows(), "fct_tax_differences", "evidence")
    assert words == "charged 19 % domestic in DE: 19.00 on 100.00; rule 2026-1 asks 20 % oss in FR: 20.00"


@pytest.mark.parametrize(
    ("day", "rate", "tax"),
    [(date(2020, 6, 30), 190_000, 1_900), (date(2020, 7, 1), 160_000, 1_600), (date(2020, 12, 31), 160_000, 1_600), (date(2021, 1, 1), 190_000, 1_900)],
)  # fmt: skip
def test_the_rule_of_the_day_applies_to_the_day(day: date, rate: int, tax: int) -> None:
    assert checked(TaxWorld().sell("A", 10_000, (rate, tax), day=day)) == [(OK, None, "domestic", "domestic")]


def test_mixed_rates_in_one_order_are_each_judged_on_their_own() -> None:
    world = (
        TaxWorld()
        .sell("A", 10_000, (DE, 1_900))
        .sell("A", 3_000, (70_000, 210), sku="EU-BUCH")
        .sell("A", 3_000, (70_000, 210))
    )
    assert [code for code, *_ in checked(world)] == [OK, OK, "TAX-01"]


def test_shipping_bears_the_standard_rate_unless_the_accountant_says_otherwise() -> None:
    world = TaxWorld().sell("A", 500, (70_000, 35), line_type="shipping", sku=None)
    assert checked(world)[0][:2] == ("TAX-01", -60)
    classes = [{"entity_id": "*", "line_type": "*", "sku": "*", "tax_class": "standard"}, {"entity_id": "europe", "line_type": "shipping", "sku": "*", "tax_class": "reduced"}]  # fmt: skip
    assert checked(world, tax_classes=classes)[0][0] is OK


def test_a_tax_on_a_tax_is_right_when_it_is_computed_on_both() -> None:
    rules = [{"entity_id": "europe", "jurisdiction": "CA", "tax_class": "*", "scheme": "domestic", "rate_ppm": "", "valid_from": "2020-01-01", "tax_code": "CA", "box": "gst", "rule_version": "1"}]  # fmt: skip
    places = [{"entity_id": "europe", "jurisdiction": "CA", "buyer": "any", "scheme": "domestic", "valid_from": "2020-01-01"}]  # fmt: skip
    sound = TaxWorld().sell("A", 10_000, (50_000, 500), (99_750, 1_047), to="CA-QC", is_compound=True)
    assert checked(sound, tax_rules=rules, tax_registrations=places) == [(OK, None, "domestic", "domestic")]
    wrong = TaxWorld().sell("A", 10_000, (50_000, 500), (99_750, 998), to="CA-QC", is_compound=True)
    # 9.975 % of 105.00 is 10.47; the shop took it of 100.00.
    assert checked(wrong, tax_rules=rules, tax_registrations=places)[0][:2] == ("TAX-01", -49)


def test_where_the_accountant_leaves_the_rate_to_the_platform_only_its_arithmetic_is_checked() -> None:
    world = TaxWorld("main", "USD").sell("A", 10_000, (88_750, 888), to="US-NY").sell("B", 10_000, (88_750, 880), to="US-NY")  # fmt: skip
    assert [(code, cents) for code, cents, *_ in checked(world)] == [(OK, None), ("TAX-01", -8)]


def test_a_region_comes_before_its_country() -> None:
    rule = {
        "entity_id": "main",
        "tax_class": "*",
        "scheme": "domestic",
        "valid_from": "2018-01-01",
        "rule_version": "1",
        "box": "b",
    }
    rules = [rule | {"jurisdiction": "US", "rate_ppm": "", "tax_code": "US"}, rule | {"jurisdiction": "US-OR", "rate_ppm": "0", "tax_code": "US-OR"}]  # fmt: skip
    world = TaxWorld("main", "USD").sell("A", 10_000, (50_000, 500), to="US-OR").sell("B", 10_000, (50_000, 500), to="US-NY")  # fmt: skip
    assert [(code, cents) for code, cents, *_ in checked(world, tax_rules=rules)] == [("TAX-01", 500), (OK, None)]


@pytest.mark.parametrize(
    ("currency", "net", "tax"), [("JPY", 1_000, 190), ("KWD", 10_000, 1_900), ("EUR", 10_000, 1_900)]
)
def test_the_rule_counts_in_minor_units_whatever_their_decimals(currency: str, net: int, tax: int) -> None:
    assert checked(TaxWorld(currency=currency).sell("A", net, (DE, tax)))[0][0] is OK
    assert checked(TaxWorld(currency=currency).sell("A", net, (DE, tax + 1)))[0][:2] == ("TAX-01", 1)


def test_a_negative_correction_line_is_judged_like_any_other() -> None:
    assert checked(TaxWorld().sell("A", -10_000, (DE, -1_900)))[0][0] is OK
    assert checked(TaxWorld().sell("A", -10_000, (DE, -1_600)))[0][:2] == ("TAX-01", 300)


def test_an_order_that_never_counted_is_not_judged() -> None:
    world = old_rate()
    world.tables["can_order_payments"][0]["payment_status"] = "failed"
    assert checked(world) == []


def test_no_tax_is_off_without_a_code() -> None:
    rows = TaxWorld().sell("A", 10_000, (DE, 1_950)).rows()
    assert rows.singular_test("assert_i_17_no_tax_is_off_without_a_code") == []
    rows.connection.execute("update fct_tax_checks set reason_code = null")
    assert len(rows.singular_test("assert_i_17_no_tax_is_off_without_a_code")) == 1


def test_a_difference_keeps_its_words_for_a_person() -> None:
    query = (
        "select reason, suggested_action, needs_a_human from {{ ref('fct_differences') }} where to_system = 'tax_rules'"
    )
    [(reason, action, needs_a_human)] = old_rate().rows().query(query)
    assert (action, needs_a_human) == ("accountant decides", True)
    assert "rule" in reason
