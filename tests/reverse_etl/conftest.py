"""A ledger on disk, a warehouse in memory and a receiving shop over HTTP, fresh for each test."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from reverse_etl import engine, settings
from reverse_etl.ledger import Ledger
from reverse_etl.operations_tables import EXCEPTIONS
from reverse_etl.plan import Plan
from reverse_etl.plan_standing import newest_plan_id
from tests.reverse_etl import activation_rows
from tests.reverse_etl.postgres_server import migrated_database, new_store, postgres_server, store  # noqa: F401
from tests.reverse_etl.receiving_shop import ReceivingShop

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECRET = "sec-rEt-planted-7f3a"
CREDENTIALS = {
    "shopify": ("access_token",),
    "woocommerce": ("consumer_key", "consumer_secret"),
    "quickbooks": ("access_token", "realm_id"),
    "hubspot": ("access_token",),
    "klaviyo": ("api_key",),
    "slack": ("webhook_token",),
    "cin7": ("account_id_header", "application_key"),
}


def settings_for(url, folder, **more):
    environ = {"CARTWHEEL_HOME": str(folder), **more}
    for platform, names in CREDENTIALS.items():
        environ[f"DESTINATIONS__{platform.upper()}__BASE_URL"] = url
        environ |= {f"DESTINATIONS__{platform.upper()}__{name.upper()}": SECRET for name in names}
    return settings.read(environ, folder)


def newest_plan(ledger: Ledger, sync: str) -> Plan:
    """The newest plan of all records of a sync, as it is stored now."""
    plan_id = newest_plan_id(ledger.engine, sync)
    found = ledger.queries.plan(plan_id) if plan_id is not None else None
    assert found is not None, f"{sync} was never planned"
    return found


async def no_sleep(seconds: float) -> None:
    return None


class Turn:
    """Plan and push against one shop, with the clock standing still."""

    def __init__(self, shop, folder, operations_url=None):
        self.shop, self.folder, self.at = shop, folder, NOW
        self.warehouse = activation_rows.warehouse()
        where = {"CARTWHEEL_OPERATIONS_URL": operations_url} if operations_url else {}
        self.settings = settings_for(shop.url if shop else "http://127.0.0.1:9", folder, **where)
        self.ledger = self.open()

    def open(self) -> Ledger:
        return engine.open_ledger(self.settings)

    def plan(self, sync, **more):
        return engine.make_plan(sync, self.warehouse, self.ledger, self.at, **more)

    def push(self, plan, **more):
        options = {"clock": lambda: self.at, "sleep": no_sleep} | more
        return engine.push(plan, self.ledger, self.settings, **options)

    def open_codes(self) -> list[str]:
        """Codes of the exceptions that are open, each as often as it is."""
        wanted = select(EXCEPTIONS.c.code).where(EXCEPTIONS.c.exception_status == "open")
        with self.ledger.engine.connect() as connection:
            return sorted(connection.execute(wanted).scalars())

    def states(self, plan) -> list[str]:
        return [delivery.state for delivery in self.ledger.queries.deliveries(plan.plan_id)]


@pytest.fixture
def turn(tmp_path, store):  # noqa: F811
    with ReceivingShop() as shop:
        made = Turn(shop, tmp_path, store)
        yield made
        made.ledger.close()
