"""The One Stop Shop return as files: what the marts say, in major units; nothing is computed or written when a rate is missing."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration import environment, warehouse
from orchestration.screen import say, screen
from orchestration.verbs import Refused
from reverse_etl.money import major, spoken

Row = dict[str, Any]
RETURN_COLUMNS = (
    "row_type", "period", "corrected_period", "member_state", "rate_percent", "currency", "taxable", "vat",
    "exchange_rate", "exchange_rate_base", "exchange_rate_date", "taxable_eur", "vat_eur", "orders", "return_row",
)  # fmt: skip
LINE_COLUMNS = (
    "return_row", "event_date", "supply_date", "order_number", "order_id", "refund_id", "tax_line_id", "line_type",
    "member_state", "rate_percent", "currency", "taxable", "vat",
)  # fmt: skip


def write_oss(quarter: str, entity: str, output: Path) -> int:
    """Write the return and its order lines. Raises Refused, with nothing written, when a rate is missing or the entity unknown."""
    environment.prepare()
    with warehouse.reading() as connection:
        _known(connection, entity)
        where = "where entity_id = ? and period_quarter = ?"
        rows = _rows(connection, f"select * from fct_oss_returns {where} order by oss_return_id", entity, quarter)
        lines = _rows(
            connection, f"select * from fct_oss_lines {where} order by oss_return_id, oss_line_id", entity, quarter
        )
        doubtful = _doubtful(connection, entity, quarter)
    _require_rates(rows)
    beside = output.with_name(f"{output.stem}-lines.csv")
    _write(beside, LINE_COLUMNS, map(_line, lines))
    _write(output, RETURN_COLUMNS, map(_return_row, rows))
    owed = sum(row["tax_eur_minor"] for row in rows)
    corrections = sum(row["row_type"] == "correction" for row in rows)
    if not rows:
        say(screen, f"{entity} {quarter}: nothing sold under the One Stop Shop; a nil return.")
    say(
        screen,
        f"{output}: {len(rows)} rows, {corrections} of them corrections of earlier quarters; VAT {spoken(owed, 'EUR')}.",
    )
    say(screen, f"{beside}: {len(lines)} order lines.")
    if doubtful:
        say(
            screen,
            f"{doubtful} lines of the quarter bear a tax that is not the accountant's: fct_tax_checks, reason_code.",
        )
    return 0


def _known(connection: duckdb.DuckDBPyConnection, entity: str) -> None:
    known = [
        name for (name,) in connection.execute("select distinct entity_id from fct_tax_boxes order by 1").fetchall()
    ]
    if entity not in known:
        raise Refused(f"There is no tax of an entity '{entity}'. Known: {', '.join(known) or 'none'}.")


def _doubtful(connection: duckdb.DuckDBPyConnection, entity: str, quarter: str) -> int:
    """Lines sold in the quarter that are, or should have been, in this return, and have a code."""
    [(count,)] = connection.execute(
        """select count(*) from fct_tax_checks
           where entity_id = ? and reason_code is not null and 'oss' in (scheme, coalesce(expected_scheme, scheme))
               and strftime(tax_date, '%Y') || '-Q' || cast(quarter(tax_date) as varchar) = ?""",
        [entity, quarter],
    ).fetchall()
    return int(count)


def _require_rates(rows: list[Row]) -> None:
    missing = sorted(
        {(row["currency_code"], row["supply_quarter_end"]) for row in rows if row["tax_eur_minor"] is None}
    )
    if missing:
        told = "; ".join(
            f"EUR/{currency} of {day} or the first of the seven days after it" for currency, day in missing
        )
        raise Refused(
            f"Nothing was written: no exchange rate is stored for {told} (CUR-03). "
            "Add it to transform/seeds/fx_rates.csv with the purpose oss_period_end, and build."
        )


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *parameters: str) -> list[Row]:
    found = connection.execute(query, list(parameters))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _percent(rate_ppm: int | None) -> str:
    if rate_ppm is None:
        return ""
    text = f"{Decimal(rate_ppm).scaleb(-4):f}"
    return text.rstrip("0").rstrip(".")


def _return_row(row: Row) -> tuple[Any, ...]:
    currency = row["currency_code"]
    corrected = row["supply_quarter"] if row["row_type"] == "correction" else ""
    return (
        row["row_type"], row["period_quarter"], corrected, row["member_state_code"], _percent(row["rate_ppm"]), currency,
        major(row["taxable_minor"], currency), major(row["tax_minor"], currency), row["exchange_rate"],
        row["rate_base_currency_code"], row["exchange_rate_date"], major(row["taxable_eur_minor"], "EUR"),
        major(row["tax_eur_minor"], "EUR"), row["orders"], row["oss_return_id"],
    )  # fmt: skip


def _line(row: Row) -> tuple[Any, ...]:
    currency = row["currency_code"]
    return (
        row["oss_return_id"], row["event_date"], row["supply_date"], row["order_number"], row["order_id"], row["refund_id"],
        row["tax_line_id"], row["line_type"], row["member_state_code"], _percent(row["rate_ppm"]), currency,
        major(row["taxable_minor"], currency), major(row["tax_minor"], currency),
    )  # fmt: skip
