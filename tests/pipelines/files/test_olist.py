"""Real orders with vouchers, instalments and split tender (Olist) from files to marts: only what does not add up differs."""

from __future__ import annotations

import pytest

from tests.pipelines.files import olist
from tests.pipelines.files.drop_build import Drop, load_and_build

# A build of everything over a real shop's year: a minute each, and so a proof.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.dbt,
    pytest.mark.skipif(not olist.FOLDER.exists(), reason=f"the data set is not at {olist.FOLDER}"),
]


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Drop:
    home = tmp_path_factory.mktemp("olist")
    olist.convert(olist.FOLDER, home / "drop")
    return load_and_build(home / "drop", home)


def test_every_model_is_built_and_every_test_of_it_passes(drop: Drop) -> None:
    assert (drop.failures, drop.warnings) == ([], []), drop.words


def test_every_row_lands(drop: Drop) -> None:
    assert (drop.report.refused, drop.report.set_aside) == ([], [])
    assert drop.report.rows["orders"] > 8_000


def test_every_order_whose_payments_are_not_its_total_is_a_difference_and_no_other(drop: Drop) -> None:
    expected = olist.mismatched(olist.FOLDER)
    assert len(expected) > 40
    found = drop.query(
        "select orders.platform_order_id, differences.amount_minor"
        " from marts.fct_differences as differences join canonical.can_orders as orders using (order_id)"
    )
    assert len(found) == len(expected), "one row an order"
    assert dict(found) == expected


def test_too_much_and_too_little_are_told_apart(drop: Drop) -> None:
    found = drop.query(
        "select reason_code, from_system, to_system, min(sign(amount_minor)), max(sign(amount_minor))"
        " from marts.fct_differences where order_id is not null group by all order by 1"
    )
    assert found == [("TND-07", "storefront", "processor", -1, -1), ("TND-08", "storefront", "processor", 1, 1)]


def test_tender_nobody_connected_is_one_row_a_month_and_reason(drop: Drop) -> None:
    summed = drop.query(
        "select period_month, reason_code, count(*) from marts.fct_differences where order_id is null group by all"
    )
    assert {code for _, code, _ in summed} == {"TND-02", "TND-04", "TND-05", "BKS-01"}
    assert all(rows == 1 for _, _, rows in summed)


def test_vouchers_instalments_and_split_tender_are_kept_apart_and_add_up_to_what_was_paid(drop: Drop) -> None:
    paid = drop.query("select tender_type, sum(amount_minor) from canonical.can_order_payments group by 1 order by 1")
    assert [tender for tender, _ in paid] == ["card", "manual", "store_credit"]
    assert sum(amount for _, amount in paid) == drop.value("select sum(amount) * 100 from raw_files.payments")
    split = "select count(*) from (select order_id from canonical.can_order_payments group by 1 having count(*) > 1)"
    assert drop.value(split) > 100


def test_every_bridge_of_every_month_closes(drop: Drop) -> None:
    # start + causes = end: the causes lie between the first and the last row.
    found = drop.query("""
        with placed as (
            select *, max(position) over (partition by entity_id, period_month, currency_code, bridge) as last
            from marts.fct_bridge where currency_code = 'BRL')
        select bridge, count(distinct period_month), sum(case when position = last then -amount_minor else amount_minor end)
        from placed group by 1 order by 1""")
    assert [(bridge, left) for bridge, _, left in found] == [
        ("net_revenue_to_books", 0), ("storefront_to_bank", 0), ("storefront_to_net_revenue", 0)
    ]  # fmt: skip
    assert all(months > 20 for _, months, _ in found)
