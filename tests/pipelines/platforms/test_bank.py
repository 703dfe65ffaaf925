"""The bank statement: what is understood loads to the cent, what is not is refused by file, row, column and reason."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import duckdb
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ExtractionError, PlatformRefused
from pipelines.extract import extract
from pipelines.platforms.bank import CONNECTOR, RejectedLine, connect, parse
from pipelines.settings import Connection
from tests.pipelines import connector_contract as contract

HEADER = "Date,Value date,Description,Reference,Amount,Currency,Id"
GOOD = "2026-10-05,2026-10-06,STRIPE PAYOUT,TRACE-1,1234.50,USD,B-1"


def parsed(*lines: str) -> list[dict | RejectedLine]:
    return list(parse("\n".join((HEADER, *lines)).encode(), "statement.csv"))


def test_a_line_keeps_its_words_and_its_amount_digit_for_digit() -> None:
    assert parsed('2026-10-05,2026-10-06,"Smith, Jones & Co",R,-0.10,USD,B-2') == [
        {
            "date": "2026-10-05",
            "value_date": "2026-10-06",
            "description": "Smith, Jones & Co",
            "reference": "R",
            "amount": Decimal("-0.10"),
            "currency": "USD",
            "id": "B-2",
        }
    ]


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("2026-10-05,2026-10-06,x,y,1.234.50,USD,B-9", "amount", "decimal"),
        ('2026-10-05,2026-10-06,x,y,"1,234.50",USD,B-9', "amount", "thousands"),
        ("2026-10-05,2026-10-06,x,y,1e3,USD,B-9", "amount", "decimal"),
        ("2026-10-05,2026-10-06,x,y,NaN,USD,B-9", "amount", "decimal"),
        ("2026-10-05,2026-10-06,x,y,,USD,B-9", "amount", "decimal"),
        ("2026-10-05,2026-10-06,x,y,٣.00,USD,B-9", "amount", "decimal"),
        ("2026-10-05,2026-02-30,x,y,1.00,USD,B-9", "value_date", "YYYY-MM-DD"),
        ("05/10/2026,2026-10-06,x,y,1.00,USD,B-9", "date", "YYYY-MM-DD"),
        ("2026-10-05,2026-10-06,x,y,1.00,$,B-9", "currency", "three-letter"),
        ("2026-10-05,2026-10-06,x,y,1.00,USD,", "id", "empty"),
        ("2026-10-05,2026-10-06,x,1.00,USD,B-9", None, "6 cells"),
        ('2026-10-05,2026-10-06,"x,y,1.00,USD,B-9', None, "not CSV"),
        ("2026-10-05,2026-10-06,x\x00,y,1.00,USD,B-9", None, "UTF-8"),
    ],
)
def test_a_malformed_line_is_refused_by_place_and_the_next_one_loads(
    line: str, column: str | None, reason: str
) -> None:
    refused, good = parsed(line, GOOD)
    assert isinstance(refused, RejectedLine)
    assert refused.row["file"] == "statement.csv"
    assert (refused.row["row_number"], refused.row["column"]) == (2, column)
    assert reason in refused.row["reason"]
    assert isinstance(good, dict)
    assert good["id"] == "B-1"


def test_the_same_id_with_other_values_is_refused_and_the_very_same_line_is_not() -> None:
    first, same, other = parsed(GOOD, GOOD, GOOD.replace("1234.50", "1234.51"))
    assert first == same
    assert isinstance(other, RejectedLine)
    assert other.row["column"] == "id"


def test_a_refusal_names_the_place_and_never_the_text() -> None:
    (refused,) = parsed("2026-10-05,2026-10-06,Jane Doe,IBAN 123,abc,USD,B-9")
    assert isinstance(refused, ExtractionError)
    assert str(refused).startswith("statement.csv row 2, column amount: ")
    assert "Jane" not in str(refused)
    assert "Jane" not in "".join(str(value) for value in refused.row.values())
    assert re.fullmatch("[0-9a-f]{64}", refused.row["line_digest"])


def test_columns_are_found_by_name_quoted_or_not_and_a_byte_order_mark_is_no_part_of_them() -> None:
    text = '\ufeff"Id","Currency","Amount","Reference","Description","Value date","Date"\r\nB-1,usd,1,,,2026-10-06,2026-10-05'
    (row,) = parse(text.encode(), "statement.csv")
    assert isinstance(row, dict)
    assert (row["id"], row["value_date"], row["amount"]) == ("B-1", "2026-10-06", Decimal(1))


@pytest.mark.parametrize("header", ["", "Date,Amount", f"{HEADER},Amount"])
def test_a_file_with_another_header_is_refused_as_a_whole(header: str) -> None:
    with pytest.raises(PlatformRefused, match="row 1"):
        list(parse(f"{header}\n{GOOD}".encode(), "statement.csv"))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)
NOISE = st.one_of(
    st.binary(max_size=60).map(lambda raw: b"".join(raw.splitlines())),
    st.lists(CELLS, min_size=1, max_size=9).map(lambda cells: ",".join(cells).encode()),
    st.tuples(st.integers(0, 6), CELLS).map(
        lambda at: ",".join(at[1] if i == at[0] else c for i, c in enumerate(GOOD.split(","))).encode()
    ),
)


@given(noise=st.lists(NOISE, max_size=6), place=st.integers(0, 6))
def test_no_malformed_input_stops_the_good_line_or_gets_in_unchecked(noise: list[bytes], place: int) -> None:
    good = GOOD.replace("B-1", "the-good-one").encode()
    lines = [HEADER.encode(), *noise[:place], good, *noise[place:]]
    found = list(parse(b"\n".join(lines), "statement.csv"))
    rows = [row for row in found if isinstance(row, dict)]
    refused = [row.row for row in found if isinstance(row, RejectedLine)]
    assert any(row["id"] == "the-good-one" and row["amount"] == Decimal("1234.50") for row in rows)
    # Every line that is not blank is either a row or a refusal; U+2028 and its like end lines in some programs.
    assert len(found) >= sum(1 for line in lines[1:] if line.decode("utf-8", "replace").strip())
    for row in rows:
        assert abs(row["amount"]) < 10**15
        assert re.fullmatch("[A-Za-z]{3}", row["currency"])
        assert row["id"]
    assert all(row["reason"] and row["row_number"] >= 2 for row in refused)


def test_a_base_url_may_be_a_path_a_file_address_or_an_http_address(tmp_path: Path) -> None:
    file = tmp_path / "my statement.csv"
    file.write_text(f"{HEADER}\n{GOOD}\n")
    resource = CONNECTOR.resource("statement_lines")
    for address in (str(file), f"file://{file}"):
        with connect(Connection("bank", "main", address, {})) as client:
            assert [row["id"] for page in resource.fetch(client, None) for row in page] == ["B-1"]
    for address, asked in (
        ("https://bank.example/export", "/export/statements/statement.csv"),
        ("https://bank.example/october.csv", "/october.csv"),
    ):
        paths: list[str] = []

        def answer(request: httpx.Request, paths: list[str] = paths) -> httpx.Response:
            paths.append(request.url.path)
            return httpx.Response(200, text=f"{HEADER}\n{GOOD}\n")

        client = connect(Connection("bank", "main", address, {}))
        with httpx.Client(base_url=client.base_url, transport=httpx.MockTransport(answer)) as fake:
            assert [row["id"] for page in resource.fetch(fake, None) for row in page] == ["B-1"]
        assert paths == [asked]


def test_a_missing_file_is_a_refusal_that_names_it(tmp_path: Path) -> None:
    connection = Connection("bank", "main", str(tmp_path / "none.csv"), {})
    with connect(connection) as client, pytest.raises(PlatformRefused, match=r"none\.csv"):
        list(CONNECTOR.resource("statement_lines").fetch(client, None))


def test_good_lines_load_refused_ones_are_rows_and_a_corrected_file_clears_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "statement.csv"
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("SOURCES__BANK__BASE_URL", str(file))
    bad = "2026-10-07,2026-10-07,x,y,12.x,USD,B-2"
    query = "select id, value_date, amount::varchar from raw_bank.statement_lines order by id"

    def load() -> tuple[list, list]:
        outcomes = extract("bank")
        assert [outcome.error for outcome in outcomes] == [None, None]
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
            rejected = connection.execute('select row_number, "column" from raw_bank.rejected_lines').fetchall()
            return [row[0] for row in connection.execute(query).fetchall()], rejected

    file.write_text("\n".join((HEADER, GOOD, bad)))
    assert load() == (["B-1"], [(3, "amount")])
    assert load() == (["B-1"], [(3, "amount")])
    file.write_text("\n".join((HEADER, bad.replace("12.x", "12.00"))))
    assert load() == (["B-1", "B-2"], [])


def test_statement_lines_keep_the_connector_contract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines, (record,) = CONNECTOR.resource("statement_lines"), parsed(GOOD)
    assert isinstance(record, dict)
    contract.declares_a_key(lines, record)
    contract.loads_and_replays(monkeypatch, tmp_path, CONNECTOR, lines, record)
    contract.no_raw_column_is_a_double(tmp_path, CONNECTOR)
