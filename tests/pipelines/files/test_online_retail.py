"""A year of a real shop (UCI Online Retail, 541,909 lines) from files to marts, against plain SQL over the raw file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.pipelines.files import online_retail
from tests.pipelines.files.drop_build import Drop, load_and_build

# A build of everything over a real shop's year: a minute each, and so a proof.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.dbt,
    pytest.mark.skipif(not online_retail.SOURCE.exists(), reason=f"the data set is not at {online_retail.SOURCE}"),
]

LINES = 541_909

# The raw file in its own words; what the drop can not hold (a tenth of a penny) is named, not rounded.
RAW = f"""
    select *, Quantity * price as amount, price = round(price, 2) as is_whole, InvoiceNo like 'C%' as is_return
    from (
        select *, cast(cast(UnitPrice as varchar) as decimal(18, 4)) as price
        from read_parquet('{online_retail.SOURCE}')
    )
"""


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Drop:
    home = tmp_path_factory.mktemp("online_retail")
    online_retail.convert(online_retail.SOURCE, home / "drop")
    return load_and_build(home / "drop", home)


def raw(sql: str) -> list[tuple[Any, ...]]:
    """Plain SQL over the raw file, as `raw`."""
    return duckdb.sql(f"with raw as ({RAW}) {sql}").fetchall()


def test_every_model_is_built_and_every_test_of_it_passes(drop: Drop) -> None:
    assert (drop.failures, drop.warnings) == ([], []), drop.words


def test_every_line_lands_or_is_refused_by_name(drop: Drop) -> None:
    assert drop.report.refused == []
    assert drop.report.rows["order_lines"] + drop.report.rows["refunds"] + len(drop.report.set_aside) == LINES
    landed = drop.value(
        "select (select count(*) from raw_files.order_lines) + (select count(*) from raw_files.refunds)"
        " + (select count(*) from raw_files.refused_rows)"
    )
    assert landed == LINES


def test_only_the_four_lines_at_a_tenth_of_a_penny_are_refused(drop: Drop) -> None:
    assert {(file, column) for file, _, column, _ in drop.report.set_aside} == {("order_lines.parquet", "unit_price")}
    named = duckdb.execute(
        "select unit_price from read_parquet(?, file_row_number = true) where list_contains(?, file_row_number + 1)",
        [str(drop.folder / "order_lines.parquet"), [row for _, row, _, _ in drop.report.set_aside]],
    ).fetchall()
    assert named == [(Decimal("0.0010"),)] * 4
    assert raw("select count(*) from raw where not is_whole") == [(4,)]


def test_the_load_stays_within_two_gibibytes(drop: Drop) -> None:
    assert drop.report.peak_bytes <= 2 * 1024**3


def test_net_revenue_equals_the_raw_file_to_the_penny(drop: Drop) -> None:
    expected = raw("select cast(sum(amount) * 100 as bigint) from raw where is_whole")
    found = drop.query(
        "select currency_code, cast(sum(net_revenue_minor) as bigint) from marts.fct_net_revenue group by 1"
    )
    assert found == [("GBP", expected[0][0])]


def test_net_revenue_equals_the_raw_file_month_by_month(drop: Drop) -> None:
    expected = raw(
        "select strftime(InvoiceDate, '%Y-%m'), cast(sum(amount) * 100 as bigint) from raw where is_whole group by 1 order by 1"
    )
    found = drop.query(
        "select event_month, cast(sum(net_revenue_minor) as bigint) from marts.fct_net_revenue group by 1 order by 1"
    )
    assert len(found) == 13
    assert found == expected


def test_credit_invoices_are_returns_line_by_line(drop: Drop) -> None:
    expected = raw(
        "select is_return, count(*), sum(Quantity), cast(sum(amount) * 100 as bigint) from raw where is_whole group by 1 order by 1"
    )
    found = drop.query(
        "select event_type = 'return', count(*), sum(quantity), cast(sum(net_revenue_minor) as bigint)"
        " from marts.fct_net_revenue group by 1 order by 1"
    )
    assert found == expected
    sales = "select count(*) from marts.fct_net_revenue where event_type not in ('sale', 'return')"
    assert drop.value(sales) == 0


def test_customers_have_the_recency_frequency_and_money_of_the_raw_file(drop: Drop) -> None:
    expected = raw("""
        , bought as (select *, max(InvoiceDate) over () as newest from raw where is_whole and CustomerID is not null)
        select cast(CustomerID as varchar),
            date_diff('day', max(InvoiceDate) filter (not is_return), max(newest)),
            count(distinct InvoiceNo) filter (not is_return), cast(sum(amount) * 100 as bigint)
        from bought group by 1 order by 1""")
    found = drop.query("""
        select accounts.platform_customer_id, recency_days, frequency, monetary_minor
        from marts.fct_rfm join marts.dim_customer_accounts as accounts using (customer_id) order by 1""")
    assert found == expected


def test_money_of_customers_and_of_the_nameless_is_all_net_revenue(drop: Drop) -> None:
    parties = drop.value("select sum(monetary_minor) from marts.fct_rfm")
    nameless = drop.value("select sum(net_revenue_minor) from marts.dim_customers where not is_resolvable")
    assert nameless != 0
    assert parties + nameless == drop.value("select sum(net_revenue_minor) from marts.fct_net_revenue")


def test_a_channel_without_payments_or_books_differs_by_month_not_by_order(drop: Drop) -> None:
    months = raw("select count(distinct strftime(InvoiceDate, '%Y-%m')) from raw")[0][0]
    found = drop.query("select reason_code, count(*), count(order_id) from marts.fct_differences group by 1 order by 1")
    assert found == [(code, months, 0) for code in ("BKS-01", "BKS-11", "REF-01", "TND-05")]
