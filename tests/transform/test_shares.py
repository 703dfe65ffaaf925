"""An amount shared over rows: the parts make the whole, and who gets the leftover units is a rule and not an accident."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.baskets import spread
from tests.transform.canonical_rows import CanonicalRows

SHARES = CanonicalRows()


def shares(total: int, weights: list[int], leftover_to: str = "largest") -> list[int]:
    SHARES.connection.execute("create or replace table given (grp bigint, place bigint, total bigint, weight bigint)")
    SHARES.connection.executemany("insert into given values (1, ?, ?, ?)", [(n, total, w) for n, w in enumerate(weights)])  # fmt: skip
    macro = f"{{{{ largest_remainder('given', group_by='grp', order_by='place', total='total', weight='weight', share='part', leftover_to='{leftover_to}') }}}}"
    sql = SHARES.rendered(f"select part from ({macro}) order by place")
    return [part for (part,) in SHARES.connection.execute(sql).fetchall()]


@pytest.mark.parametrize(
    ("total", "weights", "largest", "first"),
    [
        (100, [1, 1, 1], [34, 33, 33], [34, 33, 33]),
        (1_000, [333, 333, 334], [333, 333, 334], [333, 333, 334]),
        (5, [10, 10, 70], [1, 0, 4], [1, 1, 3]),  # 0.56, 0.56, 3.89: the largest remainder, or the first line
        (-5, [10, 10, 70], [-1, 0, -4], [-1, -1, -3]),
        (1, [0, 1, 1], [0, 1, 0], [0, 1, 0]),  # a free line bears no discount
        (7, [0, 0], [7, 0], [7, 0]),
        (0, [3, 4], [0, 0], [0, 0]),
    ],
)
def test_leftover_cents_go_to_the_largest_remainder_or_one_by_one_from_the_first_line(
    total: int, weights: list[int], largest: list[int], first: list[int]
) -> None:
    assert shares(total, weights) == largest
    assert shares(total, weights, "first") == first


@settings(max_examples=150, deadline=None)
@given(total=st.integers(-(2**62), 2**62), weights=st.lists(st.integers(0, 10**12), min_size=1, max_size=12), to=st.sampled_from(["largest", "first"]))  # fmt: skip
def test_parts_make_the_whole_and_none_is_off_by_more_than_a_unit(total: int, weights: list[int], to: str) -> None:
    parts, whole = shares(total, weights, to), sum(weights)
    assert sum(parts) == total
    if whole:
        assert all(abs(part * whole - total * weight) <= whole for part, weight in zip(parts, weights, strict=True))


@settings(max_examples=100, deadline=None)
@given(amount=st.integers(0, 10**9), weights=st.lists(st.integers(1, 10**7), min_size=1, max_size=12))
def test_a_discount_is_shared_as_the_storefronts_twin_shares_it(amount: int, weights: list[int]) -> None:
    assert shares(amount, weights, "first") == spread(amount, weights)


# One amount over one to six rows, either sign, of nothing to a billion, in whole yen, cents and mils; one row in five weighs nothing.
SPLITS = """
create or replace table given as
with drawn as (
    select range as grp, 1 + cast(hash(range, 'rows') % 6 as bigint) as lines, 10 ** cast(hash(range, 'size') % 13 as integer) as size
    from range({count})
)
select grp, place, case when hash(grp, 'sign') % 2 = 0 then 1 else -1 end * cast(hash(grp, 'total') % cast(size as ubigint) as bigint) as total,
    case when hash(grp, place, 'free') % 5 = 0 then 0 else cast(hash(grp, place, 'weight') % 1000000000 as bigint) end as weight
from drawn cross join lateral (select unnest(range(lines)) as place)
"""
# What is wrong with a split: its parts are not the whole, one is a unit off or of another sign, or the leftover units went elsewhere than the rule says.
WRONG = """
with asked as (
    select *, sum(weight) over (partition by grp) as weights, abs(cast(total as hugeint)) as whole, abs(cast(part as hugeint)) as given_part
    from ({shares})
),

floored as (
    select *, case when weights = 0 then null else whole * weight // weights end as least, case when weights = 0 then 0 else whole * weight % weights end as rest
    from asked
),

judged as (
    select grp, max(total) as total, sum(part) as parts, max(weights) as weights,
        bool_or(given_part not in (least, least + 1) or sign(part) * sign(total) < 0 or (weight = 0 and part != 0)) as is_off,
        min(case when given_part = least + 1 then {turn} end) as last_served, max(case when given_part = least and weight > 0 then {turn} end) as first_left,
        arg_min(part, place) as first_part
    from floored
    group by grp
)

select grp from judged
where parts != total or (weights > 0 and is_off) or (weights > 0 and last_served < first_left) or (weights = 0 and first_part != total)
"""
# Who comes first is the larger: the larger remainder, or the earlier row; of equal remainders the earlier.
TURNS = {"largest": "{'rest': rest, 'place': -place}", "first": "{'rest': 0, 'place': -place}"}


def wrong_splits(count: int, leftover_to: str, connection: duckdb.DuckDBPyConnection) -> list[tuple[int]]:
    connection.execute(SPLITS.format(count=count))
    assert connection.execute("select count(distinct grp) from given").fetchone() == (count,)
    macro = f"{{{{ largest_remainder('given', group_by='grp', order_by='place', total='total', weight='weight', share='part', leftover_to='{leftover_to}') }}}}"
    return connection.execute(WRONG.format(shares=SHARES.rendered(macro), turn=TURNS[leftover_to])).fetchall()


@pytest.mark.parametrize("leftover_to", TURNS)
def test_thousands_of_random_splits_are_exact(leftover_to: str) -> None:
    assert wrong_splits(5_000, leftover_to, SHARES.connection) == []


@pytest.mark.proof
@pytest.mark.parametrize("leftover_to", TURNS)
def test_a_million_random_splits_are_exact(leftover_to: str) -> None:
    with duckdb.connect() as connection:
        assert wrong_splits(1_000_000, leftover_to, connection) == []
