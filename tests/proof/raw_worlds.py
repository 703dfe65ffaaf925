"""Random worlds in the platforms' own records, and two ways of loading them: at once, and as badly as a week can go.

The records are what the twins answered to the real connectors, with every mishap among them. A world is one account of
each platform and one company: some orders with all that is about them, some payouts, bank lines and documents. Many
worlds share a warehouse, so one dlt load reads them all; each is arranged by dice of its own.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import httpx
import pytest

from pipelines.connector import Notices, Record, dlt_resource, snake
from pipelines.extract import connector
from pipelines.settings import Connection, connections
from pipelines.vault import Vault
from sandbox.mishaps import MISHAPS, happen
from sandbox.server import Sandbox
from tests.transform.raw_rows import RawRows
from tests.transform.sandbox_warehouse import configure
from tests.transform.warehouse import TRANSFORM

PLATFORMS = ("shopify", "woocommerce", "stripe", "bank", "quickbooks")
# What no finance model reads is not loaded.
UNREAD = {
    "products",
    "product_variants",
    "product_variations",
    "inventory_items",
    "customers",
    "locations",
    "rejected_lines",
}
CLOCKED = {"updated_at", "date_modified_gmt", "last_updated_time"}
ORDER_NUMBER = re.compile(r"(#|W-)\d+")

Source = tuple[str, str]


class Records(dict[Source, list[Record]]):
    """Records by platform and resource; too many to be written out when a test fails."""

    def __repr__(self) -> str:
        return f"{sum(map(len, self.values()))} records of {len(self)} resources"


@dataclass(frozen=True)
class RawWorld:
    """share: of the orders, in thousandths (of what is about none, four in ten); seed: which of them, and how they come."""

    share: int
    seed: int

    def of(self, known: Records) -> Records:
        """The records of this world: an order comes with everything that names it."""
        dice = random.Random(f"{self.seed} what")
        drawn: dict[str, bool] = {}

        def stays(record: Record) -> bool:
            named = ORDER_NUMBER.search(json.dumps(record, default=str))
            about = named[0] if named else json.dumps(record, default=str, sort_keys=True)
            return drawn.setdefault(about, dice.randrange(1000) < (self.share if named else 400))

        return {
            source: [record for record in records if stays(record) or source[1] in WHOLE]
            for source, records in known.items()
        }


# Few and needed by all: the books' accounts and the processor's balance.
WHOLE = {"accounts", "items", "terms", "balance"}


def recorded(home: Path, platforms: Sequence[str] = PLATFORMS) -> Records:
    """What these platforms answer about a world in which every mishap happened."""
    with pytest.MonkeyPatch.context() as monkeypatch, Sandbox() as sandbox:
        configure(monkeypatch, sandbox, home)
        ordinary = set(sandbox.world.orders)
        for code in MISHAPS:
            happen(sandbox.world, code)
        answered = {source: records for platform in platforms for source, records in _answers(platform)}
    return {
        source: [record for record in records if _is_kept(record, ordinary)] for source, records in answered.items()
    }


def _is_kept(record: Record, ordinary: set[str]) -> bool:
    """One ordinary order in ten is enough beside those something happened to."""
    named = ORDER_NUMBER.search(json.dumps(record, default=str))
    return named is None or named[0] not in ordinary or int(named[0].lstrip("#W-")) % 10 == 0


def _answers(platform: str) -> Iterator[tuple[Source, list[Record]]]:
    declared = connector(platform)
    [connection] = connections(platform, declared.credentials)
    with declared.connect(connection) as client:
        for resource in declared.resources:
            if resource.name not in UNREAD:
                yield (platform, resource.name), [record for page in resource.fetch(client, None) for record in page]


def at_once(world: Records) -> list[dict[Source, list[list[Record]]]]:
    """One load of everything, in the order it was answered."""
    return [{source: [records] for source, records in world.items()}]


def scattered(world: Records, seed: int, loads: int) -> list[dict[Source, list[list[Record]]]]:
    """Several loads: records in any order and any page, pages twice, some records late, some first as they were before."""
    dice = random.Random(f"{seed} how")
    return [
        {
            source: _pages(source, records, (load, loads), random.Random(f"{seed} {source}"), dice)
            for source, records in world.items()
        }
        for load in range(loads)
    ]


def _pages(
    source: Source, records: Sequence[Record], place: tuple[int, int], fates: random.Random, dice: random.Random
) -> list[list[Record]]:
    """What one load sees of a resource. `fates` is the same for every load: when a record first comes, and as what."""
    resource, (load, loads) = connector(source[0]).resource(source[1]), place
    seen: list[Record] = []
    for record in records:
        first, was_other, again = fates.randrange(loads), fates.random() < 0.3, fates.random()
        if resource.snapshot:
            seen += [record] if load == loads - 1 or load >= first else []
        elif load >= first and (load == first or (again < 0.5 and dice.random() < 0.5)):
            before = earlier(record, resource.cursor or "")
            # Where the cursor says which of two is newer, both may come in one load; else the older comes in a load before.
            seen += (
                [record]
                if load > first or before is None or resource.cursor not in CLOCKED or not was_other
                else [record, before]
            )
        elif load < first and was_other and (before := earlier(record, resource.cursor or "")) is not None:
            seen.append(before)
    dice.shuffle(seen)
    pages = [seen[start : start + 7] for start in range(0, len(seen), 7)]
    return [*pages, *(page for page in pages if dice.random() < 0.3)]


def earlier(record: Record, cursor: str) -> Record | None:
    """The record as it was before it became what it is; None for one that never changes."""
    name = next((key for key in record if snake(key) == cursor), None)
    before = copy.deepcopy(record)
    if cursor in CLOCKED and name is not None and isinstance(record[name], str):
        at = datetime.fromisoformat(record[name].removesuffix("Z")) - timedelta(hours=5)
        before[name] = at.isoformat() + ("Z" if record[name].endswith("Z") else "")
    changes = {field: value for field, value in _BEFORE.items() if field in record and record[field] != value}
    return before | changes if changes else None


# What platforms fill in or turn later: payment and refunds of an order, the state of a charge or payout, the end of a dispute, a document's lines.
_BEFORE: Mapping[str, Any] = {
    "status": "pending",
    "transactions": [],
    "refunds": [],
    "displayFinancialStatus": "PENDING",
    "date_paid_gmt": None,
    "amount_refunded": 0,
    "arrival_date": 0,
    "Line": [],
}


def load(folder: Path, arranged: Mapping[str, Sequence[Mapping[Source, list[list[Record]]]]]) -> None:
    """Loads every account's batches, the first of all accounts, then the second, with the connectors' own dlt resources."""
    vault = Vault(folder / "answers")
    for nth in range(max(len(batches) for batches in arranged.values())):
        due = {account: batches[nth] for account, batches in arranged.items() if nth < len(batches)}
        for platform in dict.fromkeys(platform for platform, _ in _sources(due)):
            pipeline = dlt.pipeline(
                pipeline_name=platform,
                destination=dlt.destinations.duckdb(str(folder / "warehouse.duckdb")),
                dataset_name=f"raw_{platform}",
                pipelines_dir=str(folder / "dlt"),
            )
            with ExitStack() as stack:
                opened = [
                    (Connection(platform, account, f"https://{account}.example", {}), stack.enter_context(httpx.Client(base_url=f"https://{account}.example")))
                    for account in due
                ]  # fmt: skip
                pipeline.run(
                    [
                        _resource(platform, name, due, opened, vault)
                        for source, name in _sources(due)
                        if source == platform
                    ],
                    loader_file_format="parquet",
                )


def _sources(due: Mapping[str, Mapping[Source, list[list[Record]]]]) -> list[Source]:
    return list(next(iter(due.values())))


def _resource(
    platform: str,
    name: str,
    due: Mapping[str, Mapping[Source, list[list[Record]]]],
    opened: list[tuple[Connection, httpx.Client]],
    vault: Vault,
) -> Any:
    """The connector's resource, whose platform is the pages of each account."""
    declared = connector(platform)

    def fetch(client: httpx.Client, _: datetime | None) -> Iterator[list[Record]]:
        account = client.base_url.host.removesuffix(".example")
        yield from copy.deepcopy(due[account][platform, name])

    return dlt_resource(declared, replace(declared.resource(name), fetch=fetch), opened, Notices(), vault)


def tables(folder: Path, accounts: Sequence[str]) -> RawRows:
    """The finance tables of a loaded warehouse, every account a company of its own."""
    world = RawRows(as_of="2027-01-31")
    zone = {"time_zone": "America/New_York", "base_currency_code": "USD"}
    world.seed("entities", *({"entity_id": account, "name": account, **zone} for account in accounts))
    shops = {"shopify", "woocommerce"}
    world.seed(
        "accounts",
        *(
            {"platform": platform, "account_id": account, "entity_id": account, "channel": platform if platform in shops else None}
            for platform in PLATFORMS for account in accounts
        ),
    )  # fmt: skip
    world.connection.execute(f"attach '{folder / 'warehouse.duckdb'}' as loaded (read_only)")
    found = world.query(
        "select table_schema, table_name from information_schema.tables where table_catalog = 'loaded' and table_name not like '\\_dlt%' escape '\\'"
    )
    for schema in sorted({schema for schema, _ in found if not schema.endswith("_incoming")}):
        world.connection.execute(f"create schema {schema}")
    for schema, table in found:
        if not schema.endswith("_incoming"):
            world.source_table(schema, table, f"select * from loaded.{schema}.{table}")
    for noun in sorted(path.name for path in (TRANSFORM / "models/canonical").iterdir() if path.is_dir()):
        united = [
            platform
            for platform in PLATFORMS
            if (TRANSFORM / f"models/canonical/{noun}/can_{noun}__{platform}.sql").exists()
        ]
        if united:
            world.united(noun, *united)
    return world
