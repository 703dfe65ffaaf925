"""`cartwheel tax oss`: a return an accountant can file, with the lines behind it, or a refusal that says what is missing."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration import warehouse
from tests.orchestration.published_home import NOW
from tests.orchestration.test_cli import cartwheel
from tests.transform.tax_worlds import TaxWorld

TABLES = ("fct_oss_returns", "fct_oss_lines", "fct_tax_boxes", "fct_tax_checks")
FR, SE = 200_000, 250_000
SEK = {"base_currency_code": "EUR", "quote_currency_code": "SEK", "purpose": "oss_period_end", "source": "ECB"}


def publish(home: Path, *worlds: TaxWorld, rates: tuple[dict[str, str], ...] = ()) -> None:
    """A home whose snapshot holds the tax marts of these worlds' orders."""
    whole = TaxWorld()
    for table, rows in whole.tables.items():
        rows.extend(row for world in worlds for row in world.tables[table])
    made = whole.rows(fx_rates=list(rates)) if rates else whole.rows()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
        with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
            for schema in warehouse.PUBLISHED_SCHEMAS:
                connection.execute(f"create schema if not exists {schema}")
            for table in TABLES:
                made.build(table)
                file = home / f"{table}.parquet"
                made.connection.execute(f"copy {table} to '{file}'")
                connection.execute(f"create table marts.{table} as from '{file}'")
        warehouse.publish(NOW)


def read(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def a_quarter() -> TaxWorld:
    world = TaxWorld().sell("A", 10_000, (FR, 2_000), to="FR", day=date(2026, 9, 3))
    world.sell("B", 10_000, (FR, 2_000), to="FR").sell("B", 3_000, (55_000, 165), to="FR", sku="EU-BUCH")
    return world.give_back("A", 5_000, 1_000, day=date(2026, 10, 20))


def test_the_return_has_a_row_for_each_rate_and_each_correction_and_its_lines_add_up(tmp_path: Path) -> None:
    publish(tmp_path, a_quarter())
    file = tmp_path / "oss.csv"
    done = cartwheel(tmp_path, "tax", "oss", "2026-Q4", "--entity", "europe", "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert "3 rows, 1 of them corrections of earlier quarters; VAT 11.65 EUR" in done.stdout
    columns = ("row_type", "corrected_period", "member_state", "rate_percent", "taxable_eur", "vat_eur")
    assert [tuple(row[name] for name in columns) for row in read(file)] == [
        ("correction", "2026-Q3", "FR", "20", "-50.00", "-10.00"),
        ("supply", "", "FR", "20", "100.00", "20.00"),
        ("supply", "", "FR", "5.5", "30.00", "1.65"),
    ]
    lines = read(tmp_path / "oss-lines.csv")
    for row in read(file):
        behind = [Decimal(line["vat"]) for line in lines if line["return_row"] == row["return_row"]]
        assert sum(behind) == Decimal(row["vat"])


def test_a_missing_rate_is_refused_by_name_and_nothing_is_written(tmp_path: Path) -> None:
    publish(tmp_path, TaxWorld(currency="SEK").sell("A", 100_000, (SE, 25_000), to="SE"), rates=({**SEK, "rate_date": "2026-09-30", "rate": "11"},))  # fmt: skip
    file = tmp_path / "oss.csv"
    done = cartwheel(tmp_path, "tax", "oss", "2026-Q4", "--entity", "europe", "--output", str(file))
    assert done.returncode == 1
    assert "no exchange rate is stored for EUR/SEK of 2026-12-31" in done.stderr
    assert "oss_period_end" in done.stderr
    assert not file.exists()
    assert not (tmp_path / "oss-lines.csv").exists()


def test_kronor_become_euros_at_the_stored_rate_with_the_rate_beside_them(tmp_path: Path) -> None:
    rate = {**SEK, "rate_date": "2026-12-31", "rate": "11.0215"}
    publish(tmp_path, TaxWorld(currency="SEK").sell("A", 100_000, (SE, 25_000), to="SE"), rates=(rate,))
    file = tmp_path / "oss.csv"
    assert cartwheel(tmp_path, "tax", "oss", "2026-Q4", "--entity", "europe", "--output", str(file)).returncode == 0
    [row] = read(file)
    assert (row["currency"], row["vat"], row["exchange_rate"], row["exchange_rate_base"], row["vat_eur"]) == (
        "SEK",
        "250.00",
        "11.0215",
        "EUR",
        "22.68",
    )


def test_a_quarter_without_sales_is_a_nil_return_and_a_wrong_tax_is_mentioned(tmp_path: Path) -> None:
    publish(tmp_path, TaxWorld().sell("A", 10_000, (190_000, 1_900), to="FR", taxed_in="DE"))
    file = tmp_path / "oss.csv"
    done = cartwheel(tmp_path, "tax", "oss", "2026-Q4", "--entity", "europe", "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert "a nil return" in done.stdout
    assert "1 lines of the quarter bear a tax that is not the accountant's" in done.stdout
    assert read(file) == []


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [(("2026-Q5", "--entity", "europe"), "no quarter", 2), (("2026-Q4", "--entity", "mars"), "Known: europe", 1)],
)
def test_a_quarter_or_an_entity_that_does_not_exist_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], said: str, code: int
) -> None:
    publish(tmp_path, a_quarter())
    done = cartwheel(tmp_path, "tax", "oss", *arguments, "--output", str(tmp_path / "oss.csv"))
    assert (done.returncode, said in done.stderr) == (code, True)
