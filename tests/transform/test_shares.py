"""An amount shared over rows: the parts make the whole, and who gets the leftover units is a rule and not an accident."""

from __future__ import annotations

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
