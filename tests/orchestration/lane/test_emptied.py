"""A query without what is read from empty tables answers as it did: the same rows, the same names, the same types."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.lane.emptied import Emptied

EMPTY = ("stock.sets", "stock.moves")
QUERIES = {
    "a left join to nothing": "select goods.sku, coalesce(moves.units, 0) as units from stock.goods left join stock.moves on goods.sku = moves.sku",
    "everything of both sides": "select *, units + 1 as more from stock.goods left join stock.moves as m on goods.sku = m.sku",
    "one side's star": "select m.*, goods.* from stock.goods left join stock.moves as m on goods.sku = m.sku where m.sku is null",
    "joins behind it": "select g.sku, h.places from stock.goods as g left join stock.sets as s on g.sku = s.sku"
    " left join stock.goods as h on coalesce(s.part, g.sku) = h.sku",
    "a product beside it": "select g.sku, s.part, o.sku as other from stock.goods as g cross join stock.goods as o"
    " left join stock.sets as s on s.sku in (g.sku, o.sku)",
    "no row of a group": "select sku, sum(units) as units from stock.moves group by sku",
    "one row of no group": "select max(units) as most, count(*) as moves from stock.moves",
    "one row, laid over": "select goods.sku, m.moves from stock.goods left join (select count(*) as moves from stock.moves) as m on true",
    "unions": "select sku, places from stock.goods union all select sku, units from stock.moves union select part, 1 from stock.sets",
    "not in nothing": "select sku from stock.goods where sku not in (select sku from stock.sets)",
    "in nothing": "select sku, sku in (select sku from stock.sets) as is_set from stock.goods where not exists (select 1 from stock.moves)",
    "nothing within a correlated query": "select sku, (select count(*) from stock.moves where moves.sku = goods.sku) as moves"
    " from stock.goods left join stock.sets using (sku)",
    "a window and a group": "select g.sku, row_number() over (partition by m.sku order by g.sku) as place, sum(g.places) as places"
    " from stock.goods as g left join stock.moves as m on g.sku = m.sku group by g.sku, m.sku",
    "the other way round": "select goods.sku, m.units from stock.moves as m right join stock.goods on goods.sku = m.sku",
    "both ways": "select goods.sku, m.units from stock.moves as m full join stock.goods on goods.sku = m.sku",
    "common tables": """
        with parts as materialized (select sku, part from stock.sets),
        moved as materialized (select sku, cast(sum(units) as bigint) as units from stock.moves group by sku),
        owed as (select coalesce(parts.part, moved.sku) as sku, moved.units from moved left join parts on moved.sku = parts.sku)
        select goods.*, owed.units, parts.part, moved.units as moved
        from stock.goods left join owed on goods.sku = owed.sku left join parts on goods.sku = parts.sku
        left join moved on goods.sku = moved.sku""",
    "a part without a name": "select * from (select sku from stock.goods) left join stock.moves as m on true",
    "an order": "select goods.sku, coalesce(m.units, goods.places) as units from stock.goods left join stock.moves as m using (sku) order by units",
}  # fmt: skip


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema stock")
        opened.execute("create table stock.goods (sku varchar, places integer)")
        opened.execute("insert into stock.goods values ('CUP', 2), ('RUG', 1), ('SET', null), (null, 4)")
        opened.execute("create table stock.sets (sku varchar, part varchar)")
        opened.execute("create table stock.moves (sku varchar, units bigint, moved_at timestamp)")
        yield opened


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_without_its_empty_tables_answers_the_same(connection, query):
    shorter = Emptied(connection, {})(query, EMPTY)
    asked, found = (connection.execute(f"describe {sql}").fetchall() for sql in (query, shorter))
    assert [row[:2] for row in found] == [row[:2] for row in asked]
    asked, found = (connection.execute(f"select * from ({sql}) order by all").fetchall() for sql in (query, shorter))
    assert found == asked


def test_common_tables_of_nothing_are_gone(connection):
    shorter = Emptied(connection, {})(QUERIES["common tables"], EMPTY)
    assert "stock.goods" in shorter
    assert not any(name in shorter for name in ('"sets"', "stock.moves", "JOIN", "owed"))


def test_a_table_with_rows_is_read_as_before(connection):
    shorter = Emptied(connection, {})("select * from stock.goods left join stock.sets using (sku)", ["stock.moves"])
    assert 'JOIN stock."sets"' in shorter
