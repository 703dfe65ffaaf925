"""One Stop Shop: each member state's sales of the quarter in euros at the law's rate, corrections at the rate they correct."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.transform.tax_worlds import TaxWorld, found

FR, SE = 200_000, 250_000
Q3, Q4 = date(2026, 9, 30), date(2026, 11, 5)
ROWS = "period_quarter, row_type, supply_quarter, member_state_code, rate_ppm, taxable_minor, tax_minor, tax_eur_minor"
RATE = {"base_currency_code": "EUR", "quote_currency_code": "SEK", "purpose": "oss_period_end", "source": "ECB"}


def rates(*published: tuple[str, str]) -> list[dict[str, str]]:
    return [RATE | {"rate_date": day, "rate": rate} for day, rate in published]


def returns(world: TaxWorld, *published: tuple[str, str], columns: str = ROWS) -> list[tuple[Any, ...]]:
    seeds = {"fx_rates": rates(*published)} if published else {}
    return found(world.rows(**seeds), "fct_oss_returns", columns, "oss_return_id")


def test_a_sale_in_euros_needs_no_rate() -> None:
    world = TaxWorld().sell("A", 10_000, (FR, 2_000), to="FR", day=Q4)
    assert returns(world) == [("2026-Q4", "supply", "2026-Q4", "FR", FR, 10_000, 2_000, 2_000)]


def test_sales_at_home_exports_and_reverse_charge_are_no_part_of_it() -> None:
    world = TaxWorld().sell("A", 10_000, (190_000, 1_900)).sell("B", 1_000, to="GB").sell("C", 1_000, to="NL", is_business=True)  # fmt: skip
    assert returns(world) == []


def test_a_sale_in_another_currency_is_converted_at_the_rate_of_the_quarters_last_day() -> None:
    # 250.00 SEK at 11.0215 for a euro are 22.6829... euros.
    world = TaxWorld(currency="SEK").sell("A", 100_000, (SE, 25_000), to="SE", day=Q4)
    assert returns(world, ("2026-12-31", "11.0215"), columns="tax_eur_minor, exchange_rate_date") == [(2_268, date(2026, 12, 31))]  # fmt: skip


def test_the_next_published_day_counts_when_the_last_day_has_no_rate() -> None:
    world = TaxWorld(currency="SEK").sell("A", 100_000, (SE, 25_000), to="SE", day=Q4)
    published = (("2027-01-02", "11.0000"), ("2027-01-05", "12.0000"), ("2026-12-30", "10.0000"))
    assert returns(world, *published, columns="tax_eur_minor, exchange_rate_date") == [(2_273, date(2027, 1, 2))]


def test_an_earlier_day_or_one_much_later_or_another_purpose_is_no_rate() -> None:
    world = TaxWorld(currency="SEK").sell("A", 100_000, (SE, 25_000), to="SE", day=Q4)
    assert returns(world, ("2026-12-30", "10.0000"), ("2027-01-08", "10.0000"), columns="tax_eur_minor") == [(None,)]
    other = [RATE | {"rate_date": "2026-12-31", "rate": "11.0", "purpose": "book"}]
    assert found(world.rows(fx_rates=other), "fct_oss_returns", "tax_eur_minor") == [(None,)]


def test_each_row_is_converted_once_not_each_line() -> None:
    world = TaxWorld(currency="SEK")
    for number in range(20):
        world.sell(str(number), 40, (SE, 10), to="SE", day=Q4)
    # 20 x 0.10 SEK at 11 are 0.1818 euros; line by line it would be 20 x 0.01 = 0.20.
    assert returns(world, ("2026-12-31", "11"), columns="tax_minor, tax_eur_minor") == [(200, 18)]


def test_a_return_in_the_quarter_of_its_sale_lowers_the_row() -> None:
    world = TaxWorld().sell("A", 10_000, (FR, 2_000), to="FR", day=Q4).give_back("A", 4_000, 800, day=date(2026, 12, 1))
    assert returns(world) == [("2026-Q4", "supply", "2026-Q4", "FR", FR, 6_000, 1_200, 1_200)]


def test_a_return_of_an_earlier_quarters_sale_is_a_correction_at_that_quarters_rate() -> None:
    world = TaxWorld(currency="SEK").sell("A", 100_000, (SE, 25_000), to="SE", day=Q3)
    world.sell("B", 100_000, (SE, 25_000), to="SE", day=Q4).give_back("A", 40_000, 10_000, day=Q4)
    published = (("2026-09-30", "10.0000"), ("2026-12-31", "12.5000"))
    assert returns(world, *published) == [
        ("2026-Q3", "supply", "2026-Q3", "SE", SE, 100_000, 25_000, 2_500),
        ("2026-Q4", "correction", "2026-Q3", "SE", SE, -40_000, -10_000, -1_000),
        ("2026-Q4", "supply", "2026-Q4", "SE", SE, 100_000, 25_000, 2_000),
    ]


def test_every_row_drills_down_to_the_lines_that_make_it() -> None:
    world = TaxWorld().sell("A", 10_000, (FR, 2_000), to="FR").sell("A", 500, (FR, 100), to="FR", line_type="shipping", sku=None)  # fmt: skip
    world.sell("B", 3_000, (55_000, 165), to="FR", sku="EU-BUCH")
    rows = world.rows()
    summed = "oss_return_id, cast(sum(taxable_minor) as bigint), cast(sum(tax_minor) as bigint)"
    lines = rows.query(f"select {summed} from {{{{ ref('fct_oss_lines') }}}} group by oss_return_id order by 1")
    assert lines == found(rows, "fct_oss_returns", "oss_return_id, taxable_minor, tax_minor")
    assert [row[1:] for row in lines] == [(10_500, 2_100), (3_000, 165)]


def test_yen_and_dinars_become_euro_cents() -> None:
    # 190 yen at 163.06 for a euro: 1.165 euros. 1.900 dinars at 0.3205: 5.928 euros.
    for currency, rate, cents in (("JPY", "163.06", 117), ("KWD", "0.3205", 593)):
        world = TaxWorld(currency=currency).sell("A", 1_000, (FR, 190 if currency == "JPY" else 1_900), to="FR", day=Q4)
        stored = [RATE | {"quote_currency_code": currency, "rate_date": "2026-12-31", "rate": rate}]
        assert found(world.rows(fx_rates=stored), "fct_oss_returns", "tax_eur_minor") == [(cents,)]
