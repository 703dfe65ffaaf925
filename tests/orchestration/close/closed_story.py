"""A small closed month on files, in dollars and yen: what a pack is made from, without a warehouse or a store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.close import frozen
from reverse_etl.closes import ClosedMonth, FrozenTable, SignOff

BRIDGE = [
    # (bridge, currency, position, label, code, amount)
    ("storefront_to_bank", "USD", 1, "storefront, ordered", None, 100_000),
    ("storefront_to_bank", "USD", 2, "processing fees", "FEE-01", -2_950),
    ("storefront_to_bank", "USD", 3, "captured, not paid out", "TIM-01", -10_050),
    ("storefront_to_bank", "USD", 4, "bank deposits", None, 87_000),
    ("clearing", "USD", 1, "opening balance", None, 500),
    ("clearing", "USD", 2, "charges captured", None, 9_600),
    ("clearing", "USD", 3, "closing balance", None, 10_100),
    ("storefront_to_bank", "JPY", 1, "storefront, ordered", None, 5_000),
    ("storefront_to_bank", "JPY", 2, "paid by <gift card>", "TND-01", -5_000),
    ("storefront_to_bank", "JPY", 3, "bank deposits", None, 0),
]
DIFFERENCES = [
    # (id, currency, code, amount)
    ("a", "USD", "FEE-01", -1_425),
    ("b", "USD", "FEE-01", -1_525),
    ("c", "USD", "TIM-01", -10_050),
    ("d", "JPY", "TND-01", -5_000),
]


def made(folder: Path) -> ClosedMonth:
    """The files in the folder, and the close they belong to."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        _bridges(connection)
        _differences(connection)
        _parts(connection)
        _clearing(connection)
        _ledger(connection)
        _provision(connection)
        tables = {name: _freeze(connection, folder, name) for name in sorted(frozen.TABLES) if _has(connection, name)}
    line = {
        "step": 4, "step_name": "atoms and codes", "check": "UNX-00", "code": "UNX-00", "claim": "no amount is unexplained",
        "verdict": "accepted", "examined": 4, "contradictions": 1, "amount_minor": 1_250, "currency_code": "USD",
        "told": "1 of 4 differences", "source_table": "fct_differences",
    }  # fmt: skip
    return ClosedMonth(
        entity_id="main",
        period_month="2026-10",
        closed_at=datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
        closed_by="Ann & Co",
        because="all <settled>",
        snapshot=4,
        rules_digest="c0ffee",
        tables=tables,
        rules={"marts.fct_bridge": "ab12"},
        pack={},
        checklist=(line,),
        sign_offs=(SignOff("UNX-00", "UNX-00", 1_250, "USD", 1, "Ann & Co", "known"),),
    )


def _bridges(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """create table fct_bridge (bridge varchar, currency_code varchar, position bigint, label varchar,
                                    reason_code varchar, amount_minor bigint)"""
    )
    connection.executemany("insert into fct_bridge values (?, ?, ?, ?, ?, ?)", BRIDGE)


def _differences(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """create table fct_differences (difference_id varchar, currency_code varchar, reason_code varchar,
               amount_minor bigint, bridge varchar default 'storefront_to_bank', reason varchar default 'a reason',
               reference varchar default '#1', order_id varchar, from_system varchar default 'processor',
               to_system varchar default 'bank', evidence varchar default '=1+1', needs_a_human boolean default true,
               suggested_action varchar)"""
    )
    columns = "(difference_id, currency_code, reason_code, amount_minor)"
    connection.executemany(f"insert into fct_differences {columns} values (?, ?, ?, ?)", DIFFERENCES)


def _parts(connection: duckdb.DuckDBPyConnection) -> None:
    """Two for the difference of 15.25, one for each other."""
    connection.execute(
        """create table fct_money_atom_parts as
           select difference_id || '/' || nth as money_atom_part_id, bridge, reason_code, 'amount' as part, 'processor_to_bank' as pair,
               'tender leg' as component, case when difference_id != 'b' then amount_minor when nth = 1 then -1_500 else -25 end as amount_minor,
               currency_code, amount_minor as gap_minor, reference, order_id, evidence, 'leg:' || difference_id as money_atom_id, difference_id
           from fct_differences, range(1, 3) as twice (nth)
           where nth = 1 or difference_id = 'b'"""
    )


def _clearing(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """create table fct_clearing_months as select 'stripe' as platform, 'main' as account_id, 'USD' as currency_code,
               0 as reserves_minor, 0 as conversions_minor, 500 as opening_minor, 9_600 as charges_minor,
               0 as refunds_minor, 0 as fees_minor, 0 as disputes_minor, 0 as dispute_fees_minor, 0 as adjustments_minor,
               0 as payouts_minor, 10_100 as computed_closing_minor, 10_100 as reported_closing_minor"""
    )


def _ledger(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """create table fct_trial_balance as select * from (values
               ('1100', 'Clearing', 'asset', 'USD', 500, 9_600, 0, 10_100),
               ('4000', 'Product sales', 'income', 'USD', -500, 0, 9_600, -10_100))
           as t (account_number, account_name, account_type, currency_code, opening_minor, debits_minor, credits_minor, closing_minor)"""
    )
    connection.execute(
        """create table fct_close_trial_balance as select '1100' as account_number, 'Clearing' as account_name,
               'USD' as currency_code, 9_600 as ledger_minor, 9_500 as books_minor, -100 as difference_minor"""
    )
    connection.execute(
        """create table fct_close_account_parts as select '1100' as account_number, 'USD' as currency_code, * from (values
               ('je:main:shop:#7:captured', '#7', date '2026-10-07', 0, 'held_back', 'unmapped_account', 150, 0, -150),
               ('doc 9', 'JE-9', date '2026-10-09', 1, 'nobodys', null, 0, 50, 50))
           as t (document_story, document_number, document_date, documents, standing, held_back_reason, expected_minor, booked_minor, difference_minor)"""
    )
    connection.execute("create table fct_journal_entries as select 'je:2' as entry_id, 'held' as entry_status")
    connection.execute(
        """create table fct_journal_lines as select * from (values
               ('je:1', '1100', 'USD', 'J-01', 9_600), ('je:2', '1100', 'USD', 'J-01', 77))
           as t (entry_id, account_number, currency_code, recipe, signed_minor)"""
    )


def _provision(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """create table fct_returns_provisions as select 'USD' as currency_code, 'stated_rate' as method, 30 as return_days,
               25_000 as return_rate_ppm, 40_000 as sold_minor, 1_000 as expected_minor, 400 as returned_minor, 600 as provision_minor,
               240 as right_to_goods_minor, false as is_posted"""
    )


def _freeze(connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> FrozenTable:
    file = folder / f"{name}.parquet"
    connection.execute(f"copy {name} to '{file}' (format parquet)")
    rows, digest = frozen.digest_of(connection, f"from {name}", [])
    return FrozenTable(rows, digest, file.name, frozen.sha256(file))


def _has(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    return connection.execute("select 1 from duckdb_tables() where table_name = ?", [name]).fetchone() is not None
