"""Taxes as the platforms state them: each on its line, at its exact rate, where it is owed, to the cent of the line."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.raw_rows import RawRows
from tests.transform.tax_payloads import (
    bag,
    shopify_line,
    shopify_order,
    shopify_tax,
    woo_line,
    woo_order,
    woo_rate,
)

COLUMNS = "tax_line_number, jurisdiction, rate_ppm, taxable_minor, tax_minor"


def shopify(*orders: dict[str, Any]) -> RawRows:
    rows = RawRows().raw("shopify", "orders", orders)
    rows.mapped("order_lines", "shopify").mapped("tax_lines", "shopify")
    return rows


def woocommerce(*orders: dict[str, Any]) -> RawRows:
    rows = RawRows().raw("woocommerce", "orders", orders)
    rows.mapped("order_lines", "woocommerce").mapped("tax_lines", "woocommerce")
    return rows


def taxes(rows: RawRows, columns: str = COLUMNS, where: str = "true") -> list[tuple[Any, ...]]:
    return rows.query(
        f"select {columns} from {{{{ ref('can_tax_lines') }}}} where {where} order by order_line_id, tax_line_number"
    )


def test_state_and_city_taxes_of_one_line_are_two_rows_on_the_same_base() -> None:
    rows = shopify(shopify_order(1, shopify_line(1, "100.00", shopify_tax("4.00", "4"), shopify_tax("4.88", "4.875"))))
    assert taxes(rows) == [(1, "US-NY", 40_000, 10_000, 400), (2, "US-NY", 48_750, 10_000, 488)]


@pytest.mark.parametrize(
    ("percent", "ppm"),
    [("8.875", 88_750), ("9.975", 99_750), ("19", 190_000), ("5.5", 55_000), ("0", 0), ("7.249999999999999", 72_500)],
)
def test_a_rate_is_whole_parts_per_million_whatever_a_float_made_of_it(percent: str, ppm: int) -> None:
    assert taxes(shopify(shopify_order(1, shopify_line(1, "1.00", shopify_tax("0.10", percent)))), "rate_ppm") == [
        (ppm,)
    ]


def test_a_rate_the_platform_does_not_state_is_unknown_and_not_nought() -> None:
    assert taxes(shopify(shopify_order(1, shopify_line(1, "1.00", shopify_tax("0.10", None)))), "rate_ppm") == [(None,)]


def test_an_included_tax_leaves_the_base_without_it() -> None:
    # 119.00 shown, 19.00 of it tax: 100.00 is taxed.
    line = shopify_line(1, "119.00", shopify_tax("19.00", "19", currency="EUR"), currency="EUR")
    rows = shopify(shopify_order(1, line, country="DE", region="", currency="EUR", taxesIncluded=True))
    assert taxes(rows, f"{COLUMNS}, is_included") == [(1, "DE", 190_000, 10_000, 1_900, True)]


def test_an_included_tax_on_a_discounted_line_is_taken_out_of_what_was_paid() -> None:
    # 119.00 less 11.90 is 107.10, of which 17.10 is tax: 90.00 is taxed.
    cut = [{"allocatedAmountSet": bag("11.90", "EUR")}]
    line = shopify_line(
        1, "119.00", shopify_tax("17.10", "19", currency="EUR"), currency="EUR", discountAllocations=cut
    )
    rows = shopify(shopify_order(1, line, country="DE", region="", currency="EUR", taxesIncluded=True))
    assert taxes(rows) == [(1, "DE", 190_000, 9_000, 1_710)]


def test_a_tax_the_channel_owes_is_marked() -> None:
    line = shopify_line(1, "100.00", shopify_tax("8.00", "8", is_channels=True))
    assert taxes(shopify(shopify_order(1, line)), "is_collected_by_marketplace, tax_minor") == [(True, 800)]


def test_shipping_bears_its_own_tax_line() -> None:
    shipping = {"id": "gid://shopify/ShippingLine/7", "title": "Post", "originalPriceSet": bag("5.00", "USD"), "taxLines": [shopify_tax("0.44", "8.875")]}  # fmt: skip
    rows = shopify(shopify_order(1, shopify_line(1, "10.00", shopify_tax("0.89", "8.875")), shippingLines=[shipping]))
    assert taxes(rows, "line_type, taxable_minor, tax_minor") == [("product", 1_000, 89), ("shipping", 500, 44)]


def test_a_taxed_duty_keeps_its_tax() -> None:
    duty = {"id": "gid://shopify/Duty/3", "price": bag("2.00", "USD"), "taxLines": [shopify_tax("0.38", "19")]}
    rows = shopify(shopify_order(1, shopify_line(1, "10.00", duties=[duty])))
    assert taxes(rows, "line_type, tax_minor") == [("product", 0), ("duty", 38)]


def test_a_line_without_tax_is_a_row_taxed_with_nothing_and_a_gift_card_is_none() -> None:
    card = shopify_line(2, "50.00", isGiftCard=True)
    rows = shopify(shopify_order(1, shopify_line(1, "10.00"), card))
    assert taxes(rows) == [(0, "US-NY", 0, 1_000, 0)]


def test_yen_have_no_cents_and_dinars_have_three_decimals() -> None:
    yen = shopify_line(1, "1000", shopify_tax("100", "10", currency="JPY"), currency="JPY")
    dinar = shopify_line(2, "10.000", shopify_tax("0.505", "5.05", currency="KWD"), currency="KWD")
    rows = shopify(
        shopify_order(1, yen, country="JP", region="JP-13", currency="JPY"),
        shopify_order(2, dinar, country="KW", region="", currency="KWD"),
    )
    assert taxes(rows) == [(1, "JP", 100_000, 1_000, 100), (1, "KW", 50_500, 10_000, 505)]


def test_the_buyers_currency_changes_nothing_the_shops_currency_is_the_books() -> None:
    line = shopify_line(1, "100.00", shopify_tax("19.00", "19", currency="EUR"), currency="EUR")
    line["taxLines"][0]["priceSet"]["presentmentMoney"] = {"amount": "16.42", "currencyCode": "GBP"}
    rows = shopify(shopify_order(1, line, country="DE", region="", currency="EUR", presentmentCurrencyCode="GBP"))
    assert taxes(rows, "tax_minor, currency_code") == [(1_900, "EUR")]


def test_an_order_without_an_address_has_a_tax_of_unknown_place() -> None:
    order = shopify_order(1, shopify_line(1, "10.00", shopify_tax("0.89", "8.875")), shippingAddress=None)
    assert taxes(shopify(order), "jurisdiction") == [("unknown",)]


def test_two_rates_in_one_order_stay_apart() -> None:
    rates = [woo_rate(1, "19"), woo_rate(2, "7", "DE-MWST-2")]
    rows = woocommerce(woo_order(1, rates, woo_line(1, "100.00", "19.00", (1, "19.00"), (2, "")), woo_line(2, "30.00", "2.10", (1, ""), (2, "2.10"))))  # fmt: skip
    assert taxes(rows, "rate_ppm, taxable_minor, tax_minor") == [(190_000, 10_000, 1_900), (70_000, 3_000, 210)]


def test_a_compound_tax_is_computed_on_the_tax_before_it() -> None:
    # 100.00 + 5 % = 105.00, of which 9.975 % is 10.47.
    rates = [woo_rate(1, "5", "CA-QC-GST-1", "GST"), woo_rate(2, "9.975", "CA-QC-QST-2", "QST", is_compound=True)]
    line = woo_line(1, "100.00", "15.47", (1, "5.00"), (2, "10.47"))
    rows = woocommerce(woo_order(1, rates, line, country="CA", state="QC", currency="CAD"))
    assert taxes(rows) == [(1, "CA-QC", 50_000, 10_000, 500), (2, "CA-QC", 99_750, 10_500, 1_047)]


def test_fractions_of_a_cent_are_shared_so_that_the_line_keeps_its_tax() -> None:
    # 3.3333 and 1.6667 are 5.00: the cent that is missing goes to the larger fraction.
    rates = [woo_rate(1, "10"), woo_rate(2, "5", "DE-X-2")]
    rows = woocommerce(woo_order(1, rates, woo_line(1, "33.33", "5.00", (1, "3.333333"), (2, "1.666667"))))
    assert taxes(rows, "tax_minor") == [(333,), (167,)]


def test_fractions_of_dinars_are_shared_in_thousandths() -> None:
    rates = [woo_rate(1, "10"), woo_rate(2, "5", "KW-X-2")]
    line = woo_line(1, "33.333", "5.000", (1, "3.333350"), (2, "1.666650"))
    rows = woocommerce(woo_order(1, rates, line, country="KW", currency="KWD"))
    # 3.333 and 1.666, and one thousandth more for the larger fraction: 0.00065 over 0.00035.
    assert taxes(rows, "tax_minor") == [(3_333,), (1_667,)]


def test_a_rate_of_another_country_than_the_buyers_says_where_the_tax_goes() -> None:
    rows = woocommerce(woo_order(1, [woo_rate(1, "19")], woo_line(1, "100.00", "19.00", (1, "19.00")), country="FR"))
    assert taxes(rows, "buyer_place, jurisdiction") == [("FR", "DE")]


def test_a_shop_too_old_to_state_its_rates_has_them_unknown() -> None:
    rows = woocommerce(woo_order(1, [woo_rate(1, None)], woo_line(1, "100.00", "19.00", (1, "19.00"))))
    assert taxes(rows, "rate_ppm, tax_minor") == [(None, 1_900)]


def test_an_export_and_a_reverse_charge_sale_are_lines_taxed_with_nothing() -> None:
    rows = woocommerce(
        woo_order(1, [], woo_line(1, "100.00", "0.00"), country="GB"),
        woo_order(2, [], woo_line(2, "100.00", "0.00"), country="NL"),
    )
    assert taxes(rows) == [(0, "GB", 0, 10_000, 0), (0, "NL", 0, 10_000, 0)]


def test_the_vendors_own_sample_keeps_each_tax_on_its_line() -> None:
    # The documentation's order: 6.00 and 12.00 taxed with 0.45 and 0.90, no rate stated.
    rates = [woo_rate(75, None, "US-CA-STATE TAX", "State Tax")]
    lines = woo_line(315, "6.00", "0.45", (75, "0.45")), woo_line(316, "12.00", "0.90", (75, "0.9"))
    rows = woocommerce(woo_order(727, rates, *lines, country="US", state="CA", currency="USD"))
    assert taxes(rows, "jurisdiction, tax_minor") == [("US-CA", 45), ("US-CA", 90)]


def test_a_line_whose_taxes_do_not_add_up_to_its_tax_is_named() -> None:
    sound = shopify(shopify_order(1, shopify_line(1, "100.00", shopify_tax("8.00", "8"))))
    assert sound.singular_test("assert_i_01_tax_lines_are_the_tax_of_their_line") == []
    sound.connection.execute("update can_tax_lines set tax_minor = 799")
    [found] = sound.singular_test("assert_i_01_tax_lines_are_the_tax_of_their_line")
    assert found[-2:] == (800, 799)


def test_a_file_states_one_tax_a_line_with_its_rate_and_who_owes_it_and_cash_rounding_bears_none() -> None:
    rows = RawRows()
    rows.connection.execute("create schema raw_files")
    line = "'shop' as channel, {} as order_id, {} as line_id, case when {} = '4' then 'cash_rounding' else 'product' end as line_type, null::varchar as sku, null::varchar as title, 1::bigint as quantity, 'EUR' as currency_code, 100::decimal(38, 9) as unit_price, 0::decimal(38, 9) as discount, {}::decimal(38, 9) as tax, {}::bigint as tax_rate_ppm, {}::boolean as is_tax_collected_by_channel"  # fmt: skip
    stated = [line.format("'A'", "'1'", "'1'", "19", "190000", "null"), line.format("'A'", "'2'", "'2'", "20", "null", "true"), line.format("'A'", "'3'", "'3'", "0", "null", "null"), line.format("'A'", "'4'", "'4'", "0", "null", "null")]  # fmt: skip
    rows.source_table("raw_files", "order_lines", " union all ".join(f"select {one}" for one in stated))
    order = {"order_id": "files:shop:A", "shipping_country_code": "fr", "is_tax_included": False}
    rows.rows("can_orders", order)
    rows.connection.execute("create table can_orders__files as select * from can_orders")
    rows.built.add("can_orders__files")
    rows.mapped("tax_lines", "files")
    assert taxes(rows, f"{COLUMNS}, is_collected_by_marketplace") == [
        (1, "FR", 190_000, 10_000, 1_900, False),
        (1, "FR", None, 10_000, 2_000, True),
        (0, "FR", 0, 10_000, 0, False),
    ]
