"""What was sold without a known cost has no margin and a case that names the SKU, until somebody tells the cost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from reverse_etl import settings
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import EXCEPTIONS
from tests.orchestration import published_home
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story

CUP, MUG = "sku-1", "sku-2"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    published_home.settle_in(tmp_path / "home", "http://127.0.0.1:9", monkeypatch)


def shop(costs: dict[str, int | None]) -> CanonicalRows:
    """Two orders of a cup, one of them with a mug; one of a mug that came back whole; one of a market nobody told a cost of."""
    story = Story()
    story.sell("one", ("product", 1_000, 0, 0))
    story.sell("two", ("product", 1_000, 0, 0), ("product", 70_000_00, 500, 0))
    story.sell("back", ("product", 0, 0, 0), ("product", 900, 0, 0))
    story.refund("back", 1, 900, 0)
    story.rows["refund_lines"][-1] |= {"order_line_id": "back/2", "sku": MUG}
    for line in story.rows["order_lines"]:
        line["quantity"] = 3 if line["order_line_id"] == "two/2" else line["quantity"]
    story.sell("far", ("product", 400, 0, 0))
    story.rows["orders"][-1]["channel"] = "market"
    story.rows["order_lines"][-1]["sku"] = "lamp"
    rows = CanonicalRows()
    for noun, found in story.rows.items():
        rows.rows(f"can_{noun}", *found)
    told = [{"product_id": sku, "sku": sku, "unit_cost_minor": cost, "platform": "cin7"} for sku, cost in costs.items()]
    return rows.rows("can_products", *told)


def publish(costs: dict[str, int | None]) -> None:
    published_home.publish_built(shop(costs), "fct_unknown_costs")


def queue() -> dict[str, tuple[str, ...]]:
    store = open_store(settings.read().operations_url)
    names = ("record_key", "code", "exception_status", "severity", "money_minor", "message")
    with closing(store.raw_connection()), store.connect() as connection:
        rows = connection.execute(sa.select(*[EXCEPTIONS.c[name] for name in names])).all()
    store.dispose()
    return {row[0]: tuple(row[1:]) for row in rows}


def test_a_product_sold_without_a_cost_stands_in_the_queue_by_its_sku_until_the_cost_is_told() -> None:
    publish({CUP: 300, MUG: None})
    publish({CUP: 300, MUG: None})  # the same lack twice is one case
    found = queue()
    assert set(found) == {f"main:{MUG}:USD", "main:channel market:USD"}
    # 70,000.00 less a discount of 5.00; a warning, whatever was sold.
    assert found[f"main:{MUG}:USD"][:4] == ("missing_cost", "open", "low", 6_999_500)
    assert found[f"main:{MUG}:USD"][4].startswith(f"No cost is known of {MUG}: 3 sold in 1 orders from 2026-10-10")
    publish({CUP: 300, MUG: 450})
    assert {key: row[1] for key, row in queue().items()} == {
        f"main:{MUG}:USD": "resolved",
        "main:channel market:USD": "open",
    }


def test_a_margin_without_a_cost_is_empty_and_never_reckoned_with_nought() -> None:
    margins = shop({CUP: 300}).query(
        "select order_id, goods_cost_minor, contribution_margin_minor from {{ ref('fct_contribution_margins') }}"
        " where order_id in ('one', 'two') order by order_id"
    )
    assert margins == [("one", 300, None), ("two", None, None)]
