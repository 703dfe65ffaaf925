"""Conversion between currencies: exact over both exponents, rounded once, and never without a rate."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.test_currencies import seeded
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.raw_rows import RawRows
from tests.transform.warehouse import Warehouse

BIGGEST = 2**63 - 1
EXPONENTS = seeded()


@pytest.fixture(scope="module")
def rows() -> CanonicalRows:
    return CanonicalRows()


def converted(
    rows: CanonicalRows,
    amount: int | None,
    pair: tuple[str, str],
    rate: str | None,
    base: str | None = None,
) -> int | None:
    given_base = ", 'base'" if base else ""
    sql = rows.rendered(f"select {{{{ convert_minor('amount', 'source', 'target', 'rate'{given_base}) }}}} from given")
    query = f"with given as (select $1::bigint as amount, $2 as source, $3 as target, $4::varchar as rate, $5 as base) {sql}"
    [(found,)] = rows.connection.execute(query, [amount, *pair, rate, base]).fetchall()
    return found


def by_hand(amount: int, pair: tuple[str, str], rate: str, is_divided: bool = False) -> int:
    """The same sum in Python's decimals, which know no binary fraction and no width."""
    source, target = (Decimal(10) ** EXPONENTS.get(code, 2) for code in pair)
    with localcontext(prec=120):
        major = Decimal(amount) / source
        major = major / Decimal(rate) if is_divided else major * Decimal(rate)
        return int((major * target).quantize(Decimal(1), ROUND_HALF_EVEN))


CASES = [
    # amount, pair, rate, expected: the arithmetic beside it
    (10_000, ("EUR", "USD"), "1.0850", 10_850),  # 100.00 × 1.0850 = 108.50
    (10_000, ("EUR", "JPY"), "163.06", 16_306),  # 100.00 × 163.06 = 16,306 yen, which have no decimals
    (16_306, ("JPY", "EUR"), "0.006133", 10_000),  # 16,306 × 0.006133 = 100.004698
    (10_000, ("EUR", "KWD"), "0.3205", 32_050),  # 100.00 × 0.3205 = 32.050 dinars, which have three
    (1_001, ("KWD", "JPY"), "508.5", 509),  # 1.001 × 508.5 = 509.0085
    (1, ("EUR", "USD"), "0.5", 0),  # 0.005 is half-way: the even neighbour is 0.00
    (3, ("EUR", "USD"), "0.5", 2),  # 0.015 is half-way: the even neighbour is 0.02
    (-1, ("EUR", "USD"), "0.5", 0),
    (-3, ("EUR", "USD"), "0.5", -2),  # the sign moves no cent
    (-10_001, ("EUR", "USD"), "1.0850", -10_851),  # -108.51085
    (0, ("EUR", "USD"), "1.0850", 0),
    (922_337_203_685_477, ("EUR", "KWD"), "0.320512", 2_956_201_418_276_396),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "pair", "rate", "expected"), CASES)
def test_an_amount_is_converted_over_both_exponents(
    rows: CanonicalRows, amount: int, pair: tuple[str, str], rate: str, expected: int
) -> None:
    assert converted(rows, amount, pair, rate) == expected == by_hand(amount, pair, rate)


def test_a_pair_quoted_the_other_way_round_is_divided_not_multiplied_by_a_rounded_inverse(rows: CanonicalRows) -> None:
    # 1,102,150.00 SEK at 11.0215 SEK for one euro is 100,000.00 euros; the inverse to four digits loses 35 euros.
    assert converted(rows, 110_215_000, ("SEK", "EUR"), "11.0215", "EUR") == 10_000_000


def test_a_rate_of_another_pair_converts_nothing(rows: CanonicalRows) -> None:
    assert converted(rows, 10_000, ("SEK", "EUR"), "1.0850", "USD") is None


@pytest.mark.parametrize(
    "rate",
    [None, "", "0", "0.000", "-1.1", "1,0850", "1.0e3", "NaN", " 1", "1.", ".5", "1.0000000000001", "1234567890"],
)
def test_a_rate_that_is_missing_or_unreadable_gives_no_amount(rows: CanonicalRows, rate: str | None) -> None:
    assert converted(rows, 10_000, ("EUR", "USD"), rate) is None
    assert converted(rows, 10_000, ("USD", "EUR"), rate, "EUR") is None


def test_no_amount_stays_no_amount(rows: CanonicalRows) -> None:
    assert converted(rows, None, ("EUR", "USD"), "1.0850") is None


def test_an_amount_that_leaves_the_range_stops_instead_of_wrapping(rows: CanonicalRows) -> None:
    with pytest.raises(duckdb.Error):
        converted(rows, BIGGEST, ("EUR", "JPY"), "163000.06")


RATES = st.builds(
    lambda digits, decimals: f"{Decimal(digits).scaleb(-decimals):f}",
    st.integers(1, 10**9 - 1),
    st.integers(0, 9),
)
CURRENCIES = st.sampled_from(["EUR", "USD", "GBP", "SEK", "JPY", "KWD", "TND", "KRW"])


@settings(max_examples=40, deadline=None)
@given(amount=st.integers(-(10**14), 10**14), pair=st.tuples(CURRENCIES, CURRENCIES), rate=RATES)
def test_the_engine_and_decimal_arithmetic_agree_both_ways(amount: int, pair: tuple[str, str], rate: str) -> None:
    expected = by_hand(amount, pair, rate)
    if abs(expected) <= BIGGEST:
        assert converted(SHARED, amount, pair, rate) == expected
    turned = by_hand(amount, pair, rate, is_divided=True)
    if pair[0] != pair[1] and abs(turned) <= BIGGEST:
        assert converted(SHARED, amount, pair, rate, pair[1]) == turned


@settings(max_examples=50, deadline=None)
@given(
    parts=st.lists(st.integers(-BIGGEST // 50, BIGGEST // 50), min_size=1, max_size=40), divisor=st.integers(1, 10**12)
)
def test_division_to_the_even_neighbour_is_decimals_own(parts: list[int], divisor: int) -> None:
    sql = SHARED.rendered("select {{ half_even_divide('dividend', 'divisor') }} from parts order by place")
    SHARED.connection.execute("create or replace table parts (place bigint, dividend bigint, divisor bigint)")
    SHARED.connection.executemany("insert into parts values (?, ?, ?)", [(n, p, divisor) for n, p in enumerate(parts)])
    with localcontext(prec=60):
        expected = [int((Decimal(part) / divisor).quantize(Decimal(1), ROUND_HALF_EVEN)) for part in parts]
    assert [found for (found,) in SHARED.connection.execute(sql).fetchall()] == expected


SHARED = CanonicalRows()

STORED = {
    "base_currency_code": "EUR",
    "quote_currency_code": "USD",
    "rate_date": "2026-10-31",
    "purpose": "book",
    "source": "bank",
    "rate": "1.0850",
}


def test_a_rate_is_found_both_ways_for_its_own_day_and_purpose_only() -> None:
    rows = CanonicalRows().seed("fx_rates", STORED)
    found = rows.query(
        "select from_currency_code, to_currency_code, rate, rate_base_currency_code from {{ ref('dim_fx_rates') }}"
        " where rate_date = date '2026-10-31' and purpose = 'book' order by from_currency_code"
    )
    assert found == [("EUR", "USD", "1.0850", "EUR"), ("USD", "EUR", "1.0850", "EUR")]
    others = "select count(*) from {{ ref('dim_fx_rates') }} where rate_date != date '2026-10-31' or purpose != 'book'"
    assert rows.query(others) == [(0,)]


@pytest.mark.parametrize("change", [{"rate": "0"}, {"rate": "1,0850"}, {"quote_currency_code": "EUR"}])
def test_a_rate_no_conversion_could_use_is_named(change: dict[str, str]) -> None:
    rows = RawRows().seed("fx_rates", STORED | change)
    assert isinstance(rows, RawRows)
    assert len(rows.singular_test("assert_exchange_rates_are_exact")) == 1


def test_a_pair_stored_both_ways_round_is_named_twice() -> None:
    turned = STORED | {"base_currency_code": "USD", "quote_currency_code": "EUR", "rate": "0.9217"}
    rows = RawRows().seed("fx_rates", STORED, turned)
    assert isinstance(rows, RawRows)
    assert len(rows.singular_test("assert_exchange_rates_are_exact")) == 2


def test_the_shipped_rates_are_exact() -> None:
    assert RawRows().singular_test("assert_exchange_rates_are_exact") == []


@pytest.mark.dbt
def test_the_rates_build_and_keep_their_promises_in_dbt(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.dbt("build", "currencies", "fx_rates", "dim_fx_rates")
    twice = "select 2 * count(*) from seeds.fx_rates"
    assert warehouse.value("select count(*) from marts.dim_fx_rates") == warehouse.value(twice)
