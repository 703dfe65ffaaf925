"""A record that never arrived is found by the platform's own count and read again, whatever the platform."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines import completeness, extract
from pipelines.completeness import LATE_DAYS, Counted, window
from pipelines.counting import countable
from sandbox.server import Sandbox
from tests.transform import sandbox_warehouse

pytestmark = [pytest.mark.world, pytest.mark.timeout(300)]
COUNTED = sorted((platform, resource) for platform in extract.platforms() for resource in countable(platform))
NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory):
    """Both companies' platforms, read once."""
    home = tmp_path_factory.mktemp("counted")
    with pytest.MonkeyPatch.context() as patch, Sandbox() as sandbox:
        sandbox_warehouse.configure(patch, sandbox, home)
        sandbox_warehouse.configure_europe(patch, sandbox)
        for platform in {platform for platform, _ in COUNTED}:
            extract.extract(platform)
        yield home


def warehouse(home: Path, statement: str) -> list[tuple]:
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        return connection.execute(statement).fetchall()


def days_of(home: Path, platform: str, resource: str) -> tuple[date, date]:
    """The last days the resource has records of."""
    how = countable(platform)[resource]
    ((last,),) = warehouse(home, f"select max({how.day}) from raw_{platform}.{resource}")
    last = last or date(2026, 10, 31)
    return last - timedelta(days=4), last


def audit(platform: str, resource: str, days: tuple[date, date], *, heal: bool = True) -> Counted:
    (found,) = completeness.audit(platform, *days, lambda: NOW, heal=heal, only=(resource,))
    return found


@pytest.mark.parametrize(("platform", "resource"), COUNTED)
def test_what_was_read_is_what_the_platform_counts(world: Path, platform: str, resource: str) -> None:
    found = audit(platform, resource, days_of(world, platform, resource), heal=False)
    assert (found.error, found.differing) == (None, ())


# One of each way to count always; the whole list in `make proof`.
SAMPLE = {"shopify.orders", "shipstation.shipments", "stripe.charges", "quickbooks.sales_receipts"}
LOST = [
    pytest.param(*place, marks=() if ".".join(place) in SAMPLE else pytest.mark.proof, id=".".join(place))
    for place in COUNTED
]


@pytest.mark.parametrize(("platform", "resource"), LOST)
def test_a_record_that_never_arrived_is_found_on_its_day_and_read_again(
    world: Path, platform: str, resource: str
) -> None:
    how, table = countable(platform)[resource], f"raw_{platform}.{resource}"
    before = warehouse(world, f"select count(*) from {table}")
    days = days_of(world, platform, resource)
    lost = warehouse(
        world,
        f"delete from {table} where _dlt_id in (select _dlt_id from {table} where {how.kept}"
        f" and {how.day} >= date '{days[0]}' order by hash(_dlt_id) limit 2) returning account_id, {how.day}",
    )
    if not lost:
        pytest.skip(f"the world has no {resource}")
    seen = audit(platform, resource, days, heal=False)
    found = {(day.account_id, day.day): day.missing for day in seen.differing}
    assert found == {place: lost.count(place) for place in lost}
    healed = audit(platform, resource, days)
    assert (healed.error, healed.differing) == (None, ())
    assert {(day.account_id, day.day) for day in healed.healed} == set(lost)
    assert warehouse(world, f"select count(*) from {table}") == before


def test_a_record_that_is_shown_thirty_days_late_comes_in_with_the_weekly_count(world: Path) -> None:
    """It is missing on a day that no nightly window reaches any more; the weekly one reads it, and once."""
    nightly, weekly = window(NOW), window(NOW, LATE_DAYS)
    (late,) = warehouse(
        world,
        "select created_at::date from raw_shopify.orders where account_id = 'main'"
        f" and created_at::date between date '{weekly[0]}' and date '{NOW.date()}' - 30 order by created_at desc limit 1",
    )
    before = warehouse(world, "select count(*) from raw_shopify.orders")
    warehouse(
        world,
        "delete from raw_shopify.orders where _dlt_id = (select min(_dlt_id) from raw_shopify.orders"
        f" where account_id = 'main' and created_at::date = date '{late[0]}')",
    )
    extract.extract("shopify", only=("orders",))
    assert audit("shopify", "orders", nightly).differing == ()
    assert warehouse(world, "select count(*) from raw_shopify.orders") != before
    healed = audit("shopify", "orders", weekly)
    assert (healed.error, healed.differing, len(healed.healed)) == (None, (), 1)
    assert warehouse(world, "select count(*) from raw_shopify.orders") == before


def test_an_amount_that_changed_on_the_way_is_found_although_the_count_is_right(world: Path) -> None:
    days = days_of(world, "stripe", "charges")
    newest = "created = (select max(created) from raw_stripe.charges)"
    warehouse(world, f"update raw_stripe.charges set amount = amount + 1 where {newest}")
    (found,) = audit("stripe", "charges", days, heal=False).differing
    assert (found.day, found.missing, found.loaded_total - found.platform_total) == (days[1], 0, 1)
    assert audit("stripe", "charges", days).differing == ()


def test_a_document_known_as_deleted_is_not_counted_here(world: Path) -> None:
    days = days_of(world, "quickbooks", "sales_receipts")
    newest = "select account_id, 'SalesReceipt', id, 'test', 'test' from raw_quickbooks.sales_receipts"
    warehouse(
        world,
        f"insert into raw_quickbooks.deletions (account_id, entity, id, _dlt_load_id, _dlt_id) {newest}"
        f" where txn_date = '{days[1]}' limit 1",
    )
    # These books still have it, so that it is missing says that it was left out of the count.
    (found,) = audit("quickbooks", "sales_receipts", days, heal=False).differing
    assert (found.day, found.missing) == (days[1], 1)
    warehouse(world, "delete from raw_quickbooks.deletions where _dlt_id = 'test'")


def test_what_was_counted_is_kept_with_its_time(world: Path) -> None:
    audit("shopify", "orders", days_of(world, "shopify", "orders"))
    kept = f"select count(*), max(counted_at) from {completeness.TABLE} where platform = 'shopify'"
    ((rows, newest),) = warehouse(world, kept)
    assert rows >= 5
    assert newest == NOW
