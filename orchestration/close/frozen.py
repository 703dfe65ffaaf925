"""The rows of a closed month as files: written once at the close, compared with their digests ever after.

One Parquet file per finance table. The digest is over the content, row by row in a fixed order, so that it says the same on
every machine; the sha256 is over the file's bytes, so that nobody changes a file unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.close.month import CloseRefused, has_table
from reverse_etl import canonical_json
from reverse_etl.closes import ClosedMonth, FrozenTable

_ROWS_PER_FETCH = 20_000


@dataclass(frozen=True)
class Frozen:
    """Which rows of a table belong to a month of an entity, as SQL over its columns, and its key."""

    key: str
    month: str
    entity: str = "entity_id"


# A table that a warehouse does not have yet is not frozen; the checklist says that it is not built.
TABLES: Mapping[str, Frozen] = {
    "fct_net_revenue": Frozen("net_revenue_id", "event_month"),
    "fct_order_reconciliation": Frozen("order_id", "order_month"),
    "fct_payment_matches": Frozen(
        "payment_match_id",
        "strftime(coalesce(charge_date, leg_date), '%Y-%m')",
        "coalesce(charge_entity_id, leg_entity_id)",
    ),
    "fct_payouts": Frozen("payout_id", "strftime(sent_date, '%Y-%m')"),
    "fct_clearing_months": Frozen("platform, account_id, currency_code", "period_month"),
    "fct_tax_boxes": Frozen("tax_box_id", "period_month"),
    "fct_bridge": Frozen("bridge_row_id", "period_month"),
    "fct_differences": Frozen("difference_id", "period_month"),
    "fct_book_matches": Frozen("document_id", "document_month"),
    "fct_journal_entries": Frozen("entry_id", "period_month"),
    "fct_journal_lines": Frozen("entry_id, line_number", "period_month"),
    "fct_trial_balance": Frozen("account_number, currency_code, base_currency_code", "period_month"),
    "fct_returns_provisions": Frozen("returns_provision_id", "period_month"),
    "fct_close_balances": Frozen("close_balance_id", "period_month"),
    "fct_close_trial_balance": Frozen("close_account_id", "period_month"),
    "fct_close_account_parts": Frozen("close_account_id, document_story", "period_month"),
    # An atom belongs to the month in which the first of the systems knew it.
    "fct_money_atoms": Frozen(
        "money_atom_id",
        "strftime(least(storefront_date, contents_date, processor_date, balance_date, bank_date, recognised_date, books_date), '%Y-%m')",
    ),
    "fct_money_atom_parts": Frozen("money_atom_part_id", "period_month"),
    "fct_close_checks": Frozen("close_check_id", "period_month"),
}

# Amounts of a frozen row that are compared with today's in SQL (fct_close_changes), where a later arrival gets its row.
MEASURES: Mapping[str, tuple[str, ...]] = {
    "fct_net_revenue": ("net_revenue_minor", "tax_minor"),
    "fct_order_reconciliation": ("total_minor",),
    # An estimate is not compared but kept: what the month was closed with is what the next one turns back.
    "fct_returns_provisions": ("provision_minor", "right_to_goods_minor"),
}
_TEXTS = ("close_id", "entity_id", "period_month", "table_name", "measure", "row_key", "currency_code")
_AMOUNTS = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("amount_minor", pa.int64()),
        *((name, pa.string()) for name in ("order_id", "refund_id")),
    ]
)


def folder_of(home: Path, entity_id: str, period: str) -> Path:
    return home / "closes" / entity_id / period


def select(table: str) -> str:
    """SQL of a month's rows in their fixed order; parameters: entity, month."""
    frozen = TABLES[table]
    return f"select * from marts.{table} where {frozen.entity} = $1 and {frozen.month} = $2 order by {frozen.key}"


def freeze(connection: duckdb.DuckDBPyConnection, folder: Path, entity_id: str, period: str) -> dict[str, FrozenTable]:
    """Write each finance table's rows of the month into the folder; a table that the snapshot lacks is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for table in TABLES:
        if not has_table(connection, table):
            continue
        rows, digest = digest_of(connection, select(table), [entity_id, period])
        file = folder / f"{table}.parquet"
        target = str(file).replace("'", "''")
        connection.execute(f"copy ({select(table)}) to '{target}' (format parquet)", [entity_id, period])
        found[table] = FrozenTable(rows, digest, file.name, sha256(file))
    return found


def digest_of(connection: duckdb.DuckDBPyConnection, query: str, parameters: list[Any]) -> tuple[int, str]:
    """Rows of a query, and a digest of their content with the names of the columns."""
    result = connection.execute(query, parameters)
    digest = hashlib.sha256(canonical_json.dumps([column[0] for column in result.description or ()]).encode())
    rows = 0
    for row in _rows(result):
        digest.update(canonical_json.dumps(row).encode() + b"\n")
        rows += 1
    return rows, digest.hexdigest()


def broken(home: Path, close: ClosedMonth) -> list[str]:
    """Sentences naming each file of a close that is gone or no longer what it was; empty when all are intact."""
    folder = folder_of(home, close.entity_id, close.period_month)
    told = []
    with duckdb.connect() as connection:
        for name, table in close.tables.items():
            file = folder / table.file
            if not file.exists():
                told.append(f"{table.file} is gone")
            elif sha256(file) != table.sha256:
                told.append(f"{table.file} is not the file that was frozen")
            elif digest_of(connection, "from read_parquet($1)", [str(file)]) != (table.rows, table.digest):
                told.append(f"{table.file} does not hold the rows of {name} that were frozen")
    for name, digest in close.pack.items():
        file = folder / name
        if not file.exists():
            told.append(f"{name} is gone")
        elif sha256(file) != digest:
            told.append(f"{name} is not the file that was signed")
    return told


def changed(connection: duckdb.DuckDBPyConnection, close: ClosedMonth) -> dict[str, tuple[int, int]]:
    """Tables whose rows of the month are different in the snapshot of today: rows then and now."""
    found = {}
    for name, table in close.tables.items():
        if not has_table(connection, name):
            found[name] = (table.rows, 0)
            continue
        rows, digest = digest_of(connection, select(name), [close.entity_id, close.period_month])
        if digest != table.digest:
            found[name] = (table.rows, rows)
    return found


def amounts(home: Path, closed: Iterable[ClosedMonth]) -> pa.Table:
    """The measured amounts of every close, out of its files; raises CloseRefused where a file is not the frozen one."""
    pieces = [_AMOUNTS.empty_table()]
    with duckdb.connect() as connection:
        for close in closed:
            for table, measures in MEASURES.items():
                if table in close.tables:
                    file = intact(home, close, table)
                    pieces += [_amounts(connection, close, table, measure, file) for measure in measures]
    return pa.concat_tables(pieces)


def intact(home: Path, close: ClosedMonth, table: str) -> Path:
    """A frozen file of a close; raises CloseRefused where it is not the one that was frozen."""
    file = folder_of(home, close.entity_id, close.period_month) / close.tables[table].file
    if not file.exists() or sha256(file) != close.tables[table].sha256:
        raise CloseRefused(
            f"{file} is not the file that the close of {close.close_id} froze: restore it, or nothing can be compared with it"
        )
    return file


def _amounts(
    connection: duckdb.DuckDBPyConnection, close: ClosedMonth, table: str, measure: str, file: Path
) -> pa.Table:
    columns = {row[0] for row in connection.execute("describe from read_parquet($1)", [str(file)]).fetchall()}
    order, refund = (name if name in columns else "null" for name in ("order_id", "refund_id"))
    found = connection.execute(
        f"""select $1, $2, $3, $4, $5, {TABLES[table].key}, currency_code, cast({measure} as bigint), {order}, {refund}
            from read_parquet($6)""",
        [close.close_id, close.entity_id, close.period_month, table, measure, str(file)],
    )
    return found.to_arrow_table().rename_columns(_AMOUNTS.names).cast(_AMOUNTS)


def sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(_ROWS_PER_FETCH):
        yield from rows
