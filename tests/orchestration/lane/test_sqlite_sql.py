"""A query of the stock models answers in SQLite what it answers in DuckDB, and a model that can not is named."""
# ruff: noqa: DTZ001

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lane import sqlite_sql
from orchestration.lane.few_rows import FewRows, NotForFewRows
from orchestration.lane.models import CLOCK, Node, StockModels
from orchestration.lane.snapshot import LaneSnapshot

GOODS = {
    "sku": "VARCHAR", "places": "BIGINT", "units": "BIGINT", "is_sold": "BOOLEAN", "since": "DATE", "counted_at": "TIMESTAMP"
}  # fmt: skip
ROWS: list[tuple[Any, ...]] = [
    ("CUP", 2, 7, True, date(2026, 10, 31), datetime(2026, 11, 1, 6, 0, 0, 120)),
    ("cup", 1, -7, False, date(2026, 11, 1), datetime(2026, 11, 1)),
    ("Šál-1", None, 0, None, None, None),
    ("RUG", 3, None, True, date(2026, 2, 28), datetime(2026, 10, 31, 23, 59, 59, 999_999)),
    (None, 5, 12, False, date(2025, 12, 31), datetime(2025, 12, 31, 12)),
]
QUERIES = {
    "whole numbers are cut off towards zero": "select sku, units // 2 as half, (units + 1) // (places) as shares, -(units // 3) as third",
    "a null takes no part in the greatest and the least": "select greatest(units, places, 3) as most, least(units, places) as few, greatest(0, units - places) as left_over",
    "nested greatest and least": "select least(coalesce(units, 9), greatest(0, places, least(units, 1))) as units",
    "a union within a union": "select sku from {goods} where is_sold union all (select sku from {goods} union (select 'SET' union all select sku from {goods} where units > 5))",
    "a union of ordered parts": "select * from (select sku from {goods} order by units desc limit 2) union all (select sku from {goods} order by sku limit 1)",
    "truth of a group": "select places > 1 as is_many, bool_and(is_sold) as all_sold, bool_or(is_sold) as some_sold, count(*) as goods from {goods} group by 1",
    "a filtered sum": "select sum(units) filter (where is_sold) as sold, count(distinct places) as places from {goods}",
    "nulls come last either way": "select sku, row_number() over (order by units, sku) as up, row_number() over (order by units desc, sku desc) as down",
    "a sum so far": "select sku, sum(units) over (partition by is_sold order by coalesce(sku, '') rows unbounded preceding) as so_far",
    "days and seconds between": "select date_diff('day', since, date '2026-11-02') as days, date_diff('second', counted_at, timestamp '2026-11-01 06:00:01') as seconds",
    "days before": "select cast(since + cast(-7 as int) as date) as a_week_before, since > cast(since + cast(-1 as int) as date) as is_after",
    "the day of a moment, the moment of a day": "select cast(counted_at as date) as day, cast(since as timestamp) as midnight, counted_at <= cast(since as timestamp) as is_before",
    "the newest": "select max(counted_at) as newest, min(since) as oldest from {goods}",
    "texts": "select upper(sku) as upper, replace(trim('  ' || sku || ' '), 'U', 'u') as u, sku like 'c%' as is_small, sku in ('CUP', 'RUG') as is_in",
    "a part of a text": r"select regexp_replace('gid://shop/Order/' || sku || '?x', '^.*/([^/?]+).*$', '\1') as key",
    "what is not distinct": "select a.sku, b.places from {goods} as a left join {goods} as b on a.places is not distinct from b.units",
    "not in nothing": "select sku from {goods} where places not in (select units from {goods} where units > 100)",
    "a star of one side": "select g.*, s.units as more from {goods} as g left join (select sku, units from {goods} where units > 5) as s on g.sku = s.sku",
    "common tables within common tables": "with a as (with b as (select sku, units from {goods}) select * from b where units is not null), c as ((select sku from a) union (select sku from {goods})) select c.sku, a.units from c left join a on c.sku = a.sku",
    "literals of truth": "select sku, coalesce(is_sold, false) as sold, true as yes, not is_sold as unsold, cast('t' as boolean) as t",
}  # fmt: skip


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema stock")
        opened.execute(f"create table stock.goods ({', '.join(f'{name} {kind}' for name, kind in GOODS.items())})")
        opened.executemany("insert into stock.goods values (?, ?, ?, ?, ?, ?)", ROWS)
        yield opened


@pytest.fixture(scope="module")
def lite(duck: duckdb.DuckDBPyConnection) -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:")
    sqlite_sql.functions(opened)
    opened.execute(f'create table "stock.goods" ({", ".join(GOODS)})')
    listed = ", ".join(sqlite_sql.stored(name, kind) for name, kind in GOODS.items())
    rows = duck.execute(f"select {listed} from stock.goods").fetchall()
    opened.executemany('insert into "stock.goods" values (?, ?, ?, ?, ?, ?)', rows)
    yield opened
    opened.close()


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_answers_the_same_in_both(
    duck: duckdb.DuckDBPyConnection, lite: sqlite3.Connection, query: str
) -> None:
    sql = query.format(goods='"stock"."goods"') if "{goods}" in query else f'{query} from "stock"."goods"'
    kinds = [row[1] for row in duck.execute(f"describe {sql}").fetchall()]
    wanted = duck.execute(sql).fetchall()
    found = [
        tuple(sqlite_sql.read_back(value, kind) for value, kind in zip(row, kinds, strict=True))
        for row in lite.execute(sqlite_sql.translated(sql))
    ]
    assert sorted(found, key=repr) == sorted(wanted, key=repr)


def snapshot_of(*models: Node) -> LaneSnapshot:
    clock = Node(CLOCK, "computed", 'select max(since) as newest_order_date from "stock"."goods"', ("stock.goods",))
    goods = Node("stock.goods", "given", "", ())
    columns = {"stock.goods": GOODS, CLOCK: {"newest_order_date": "DATE"}}
    columns |= {model.name: {"sku": "VARCHAR"} for model in models}
    return LaneSnapshot(Path(), StockModels((goods, clock, *models)), columns, {})


@pytest.mark.parametrize(
    "sql",
    [
        'select list_extract(list(sku), 1) as sku from "stock"."goods"',
        'select sku from "stock"."goods" where list_contains([sku], \'CUP\')',
    ],
)
def test_a_model_that_can_not_be_computed_for_few_rows_is_named(sql: str) -> None:
    with pytest.raises(NotForFewRows, match=r"marts\.fct_own can not be computed for single SKUs"):
        FewRows(snapshot_of(Node("marts.fct_own", "computed", sql, ("stock.goods",))), {}, ())


def test_a_column_of_another_type_is_named() -> None:
    model = Node("marts.fct_own", "computed", 'select sku, 1.5 as weight from "stock"."goods"', ("stock.goods",))
    snapshot = snapshot_of(model)
    snapshot.columns[model.name]["weight"] = "DECIMAL(2,1)"
    with pytest.raises(NotForFewRows, match=r"marts\.fct_own .* column weight is of type DECIMAL\(2,1\)"):
        FewRows(snapshot, {}, ())


def test_columns_are_taken_by_name_wherever_the_warehouse_has_them(duck: duckdb.DuckDBPyConnection) -> None:
    sql = 'select units, sku from "stock"."goods"'
    snapshot = snapshot_of(Node("marts.fct_own", "computed", sql, ("stock.goods",)))
    few = FewRows(snapshot, {}, ())
    few.set_clock([None])
    few.load(duck, snapshot.models.of("given")[0], "stock.goods")
    few.make("marts.fct_own")
    assert few.rows("marts.fct_own") == [{"sku": sku} for sku in (None, "CUP", "RUG", "cup", "Šál-1")]
    few.close()
