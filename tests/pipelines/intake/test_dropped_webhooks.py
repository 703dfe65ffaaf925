"""One webhook in a hundred never arrives: polling reads what it was about, and the audit finds what polling missed as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines import completeness, extract
from pipelines.intake.inbox import Inbox
from sandbox.checkout import place_order
from sandbox.server import Sandbox
from sandbox.webhooks.control import subscribe
from tests.pipelines.intake.running import RunningIntake, sandbox_keys
from tests.transform import sandbox_warehouse

pytestmark = [pytest.mark.world, pytest.mark.timeout(900)]
SHOPS = ("shopify", "woocommerce")
ORDERS = {"shopify": "orders/create", "woocommerce": "order.created"}
DAYS = (date(2026, 10, 30), date(2026, 11, 4))
# Shopify's ids bear their kind before the number.
NUMBER = r"regexp_extract(id::varchar, '\d+$')"
Ids = dict[str, set[str]]


@pytest.fixture
def twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox_warehouse.configure(monkeypatch, sandbox, tmp_path)
        yield sandbox


def test_what_a_dropped_webhook_was_about_is_read_and_what_was_not_read_is_found(
    twins: Sandbox, tmp_path: Path
) -> None:
    _prove(twins, tmp_path, sales=70, seed=1)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(2, 5))
def test_it_is_so_for_a_thousand_sales(twins: Sandbox, tmp_path: Path, seed: int) -> None:
    _prove(twins, tmp_path, sales=1_000, seed=seed)


def _prove(twins: Sandbox, home: Path, sales: int, seed: int) -> None:
    _poll()
    before = loaded(home)
    sold, told = _sell(twins, home, sales, seed)
    lost = {shop: sold[shop] - told[shop] for shop in SHOPS}
    dropped = twins.world.webhooks.rows()["faults"][0]["fired"]
    assert dropped == sum(len(ids) for ids in lost.values()) > 0
    # Every order is read, and those whose webhook was lost stand beside the others.
    _poll()
    found = loaded(home)
    assert {shop: found[shop] - before[shop] for shop in SHOPS} == sold
    assert audited(heal=False) == {}
    # A poll that missed them as well, a day behind the mark up to which it remembers having read.
    twins.world.clock.advance(86_400)
    for shop in SHOPS:
        place_order(twins.world, shop, next(iter(twins.world.products)), 1)
    _poll()
    found = loaded(home)
    for shop in SHOPS:
        warehouse(home, f"delete from raw_{shop}.orders where {NUMBER} in (select unnest($1))", [sorted(lost[shop])])
    _poll()
    assert {shop: found[shop] - ids for shop, ids in loaded(home).items()} == lost
    assert audited(heal=False) == {shop: len(ids) for shop, ids in lost.items() if ids}
    assert audited(heal=True) == {}
    assert loaded(home) == found


def _sell(twins: Sandbox, home: Path, sales: int, seed: int) -> tuple[Ids, Ids]:
    """Sells on both shops while one webhook of an order in a hundred is lost; ids of what was sold and what was told of."""
    world, sold = twins.world, {shop: set[str]() for shop in SHOPS}
    skus = [sku for sku, product in world.products.items() if not product.is_gift_card][:20]
    with closing(Inbox(f"sqlite:///{home}/inbox.sqlite")) as inbox:
        with RunningIntake(inbox, sandbox_keys(twins.url)) as intake:
            subscribe(world, intake.url, pace=0.0)
            world.webhooks.arm("dropped", topic="orders/create|order.created", share=0.01, seed=seed)
            for number in range(sales):
                shop = SHOPS[number % 2]
                sold[shop].add(str(place_order(world, shop, skus[number % len(skus)], 1).platform_id))
            assert world.webhooks.settle(300)
        events = inbox.events_after(0, 1_000_000)
    told = {shop: {str(event.resource_id) for event in events if event.topic == ORDERS[shop]} for shop in SHOPS}
    return sold, told


def _poll() -> None:
    for shop in SHOPS:
        assert [done.error for done in extract.extract(shop, only=("orders",)) if done.error] == []


def audited(*, heal: bool) -> dict[str, int]:
    """Orders the platforms have and we have not, by shop."""
    missing = dict[str, int]()
    for shop in SHOPS:
        (found,) = completeness.audit(shop, *DAYS, lambda: datetime.now(UTC), heal=heal, only=("orders",))
        assert found.error is None
        if found.differing:
            missing[shop] = sum(day.missing for day in found.differing)
    return missing


def warehouse(home: Path, statement: str, values: list[object] | None = None) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        return connection.execute(statement, values or []).fetchall()


def loaded(home: Path) -> Ids:
    """The ids of the orders in the raw tables, once each."""
    rows = {shop: warehouse(home, f"select {NUMBER} from raw_{shop}.orders") for shop in SHOPS}
    assert all(len(found) == len(set(found)) for found in rows.values())
    return {shop: {str(identity) for (identity,) in found} for shop, found in rows.items()}
