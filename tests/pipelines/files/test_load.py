"""The file drop: good files land whole, bad ones are refused by name, and repeats change nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ConfigurationError
from pipelines.files.contract import KINDS, kind_of, render
from pipelines.files.load import load

ORDERS = "channel,order_id,placed_at,currency_code\nwholesale,1,2026-10-01T10:00:00Z,USD\nwholesale,2,2026-10-02,USD\n"
LINES = (
    "channel,order_id,line_id,quantity,unit_price,currency_code\n"
    "wholesale,1,a,2,3.50,USD\nwholesale,1,b,1,10.00,USD\nwholesale,2,a,1,0.99,USD\n"
)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "order_lines.csv").write_text(LINES)
    return folder


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def rows(warehouse: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_good_files_land_whole(drop: Path, warehouse: Path) -> None:
    outcome = load(drop, warehouse)
    assert [(loaded.file, loaded.rows) for loaded in outcome.loaded] == [("orders.csv", 2), ("order_lines.csv", 3)]
    assert outcome.refused == []
    assert (
        str(
            rows(warehouse, "select sum(cast(quantity * unit_price as decimal(18, 2))) from raw_files.order_lines")[0][
                0
            ]
        )
        == "17.99"
    )


def test_loading_twice_changes_nothing(drop: Path, warehouse: Path) -> None:
    load(drop, warehouse)
    before = rows(warehouse, "from raw_files.order_lines order by all")
    load(drop, warehouse)
    assert rows(warehouse, "from raw_files.order_lines order by all") == before


def test_a_corrected_file_replaces_its_rows_by_key(drop: Path, warehouse: Path) -> None:
    load(drop, warehouse)
    (drop / "order_lines.csv").write_text(LINES.replace("10.00", "9.00"))
    load(drop, warehouse)
    assert rows(warehouse, "select unit_price from raw_files.order_lines where line_id = 'b'") == [(9,)]


BAD = {
    "a word where a number belongs": ("2,3.50", "two,3.50", 1, "quantity", "'two' is not a integer"),
    "half a cent": ("3.50", "3.505", 1, "unit_price", "more decimals than USD"),
    "an empty required value": ("1,10.00", ",10.00", 2, "quantity", "is empty"),
    "an order nobody sent": ("wholesale,2,a", "wholesale,9,a", 3, "order_id", "order 9 is in no orders file"),
    "the same line twice": ("wholesale,1,b", "wholesale,1,a", 2, "line_id", "repeats an earlier row"),
    "a currency that is none": ("0.99,USD", "0.99,Dollar", 3, "currency_code", "no ISO 4217 code"),
    "an amount in scientific notation": ("10.00", "1e1", 2, "unit_price", "rounded number"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_row_column_and_reason_and_the_good_one_still_lands(
    drop: Path, warehouse: Path, case: str
) -> None:
    good, bad, row, column, reason = BAD[case]
    (drop / "order_lines.csv").write_text(LINES.replace(good, bad))
    outcome = load(drop, warehouse)
    assert [loaded.file for loaded in outcome.loaded] == ["orders.csv"]
    refusal = outcome.refused[0]
    assert (refusal.file, refusal.row, refusal.column) == ("order_lines.csv", row, column)
    assert reason in refusal.reason
    assert rows(warehouse, "select count(*) from raw_files.order_lines") == [(0,)], (
        "a refused file leaves nothing behind"
    )


def test_bad_rows_can_wait_aside_while_the_rest_of_their_file_lands(drop: Path, warehouse: Path) -> None:
    (drop / "order_lines.csv").write_text(LINES.replace("0.99", "0.999"))
    outcome = load(drop, warehouse, set_aside=True)
    assert [(fault.row, fault.column) for fault in outcome.set_aside] == [(3, "unit_price")]
    assert rows(warehouse, "select count(*) from raw_files.order_lines") == [(2,)]
    waiting = rows(warehouse, "select source_file, source_row, column_name from raw_files.refused_rows")
    assert waiting == [("order_lines.csv", 3, "unit_price")]


def test_an_unknown_column_is_refused_because_it_may_be_a_typing_error(drop: Path, warehouse: Path) -> None:
    (drop / "orders.csv").write_text(ORDERS.replace("placed_at", "placedat"))
    outcome = load(drop, warehouse)
    assert "placedat" in {refusal.column for refusal in outcome.refused}


def test_a_missing_required_column_is_named(drop: Path, warehouse: Path) -> None:
    (drop / "orders.csv").write_text("channel,order_id,placed_at\nwholesale,1,2026-10-01\n")
    outcome = load(drop, warehouse)
    assert "currency_code is missing" in str(outcome.refused[0]).replace("column ", "").replace(":", "")


def test_money_as_double_in_parquet_is_refused(drop: Path, warehouse: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"""copy (select 'wholesale' as channel, '1' as order_id, 'p' as payment_id, 17.0::double as amount,
                'USD' as currency_code, timestamp '2026-10-01' as paid_at) to '{drop}/payments.parquet'"""
        )
    outcome = load(drop, warehouse)
    assert [(refusal.file, refusal.column) for refusal in outcome.refused] == [("payments.parquet", "amount")]


def test_json_lines_are_read_by_the_same_rules(drop: Path, warehouse: Path) -> None:
    (drop / "payments.jsonl").write_text(
        '{"channel": "wholesale", "order_id": "1", "payment_id": "p", "amount": "17.00", "currency_code": "USD", '
        '"paid_at": "2026-10-01T10:05:00-04:00", "tender_type": "card"}\n'
    )
    assert load(drop, warehouse).refused == []
    found = rows(warehouse, "select amount, paid_at at time zone 'UTC' from raw_files.payments")
    assert [(str(amount), str(moment)) for amount, moment in found] == [("17.000000000", "2026-10-01 14:05:00")]


def test_a_file_whose_name_says_no_kind_is_named(drop: Path, warehouse: Path) -> None:
    (drop / "stuff.csv").write_text("a\n1\n")
    assert [refusal.file for refusal in load(drop, warehouse).refused] == ["stuff.csv"]


def test_a_file_that_is_no_csv_is_refused_and_the_others_land(drop: Path, warehouse: Path) -> None:
    (drop / "payments.parquet").write_bytes(b"not a parquet file")
    outcome = load(drop, warehouse)
    assert len(outcome.loaded) == 2
    assert outcome.refused[0].file == "payments.parquet"


def test_a_folder_that_is_missing_or_empty_is_said_so(tmp_path: Path, warehouse: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder"):
        load(tmp_path / "nowhere", warehouse)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match="holds no"):
        load(tmp_path / "empty", warehouse)


def test_no_money_column_is_floating(drop: Path, warehouse: Path) -> None:
    load(drop, warehouse)
    floating = rows(warehouse, "select * from information_schema.columns where data_type in ('DOUBLE', 'FLOAT')")
    assert floating == []


def test_the_contract_prints_every_column_with_its_meaning() -> None:
    text = render()
    for kind in KINDS:
        for column in kind.columns:
            assert column.name in text
            assert column.meaning in text


@pytest.mark.parametrize(
    ("name", "kind"),
    [("orders.csv", "orders"), ("order_lines-2026-10.parquet", "order_lines"), ("Refunds_2.jsonl.gz", "refunds")],
)
def test_the_kind_is_the_beginning_of_the_name(name: str, kind: str) -> None:
    found = kind_of(name)
    assert found is not None
    assert found.name == kind
