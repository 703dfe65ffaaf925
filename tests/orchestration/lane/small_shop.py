"""A shop of a few SKUs on two or three channels for tests of the lane: tables in DuckDB, events as small bodies, a lane in a thread.

The tables keep what is sold and put back per SKU and what each channel says it shows; what is wanted is the pool, on every
channel. The stock models themselves are not here: that the lane's tables say what the batch says is tested elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.lane.known_rows import Row
from orchestration.lane.loop import Lane
from orchestration.lane.proofs import proves, shows
from pipelines.intake.inbox import Arrived, Inbox, InboxEvent
from pipelines.intake.wake import Listener
from reverse_etl import engine, lane_states, settings
from reverse_etl.channel import FLOW, Channel, Model
from reverse_etl.group_commit import GroupCommit
from reverse_etl.lane_states import LaneState
from reverse_etl.ledger import Ledger
from tests.reverse_etl.conftest import settings_for

PLACE = "gid://shopify/Location/70000000001"
SALES = {"shopify": "orders/create", "woocommerce": "order.created", "amazon": "order.read"}
_MODELS = {
    "act_shopify__stock_levels": """
        select 'gid://shopify/InventoryItem/' || number || '|{place}' as record_key,
            'gid://shopify/InventoryItem/' || number as inventory_item_gid, '{place}' as location_gid,
            sku, greatest(0, pool) as quantity, shopify as observed_quantity,
            null::bigint as money_minor, null::varchar as currency_code, 'pool' as reason, sku as source_key
        from stock""",
    "act_woocommerce__stock_levels": """
        select number as record_key, number as platform_product_id, null::varchar as platform_variant_id,
            sku, greatest(0, pool) as quantity, woocommerce as observed_quantity,
            null::bigint as money_minor, null::varchar as currency_code, 'pool' as reason, sku as source_key
        from stock""",
    "act_amazon__stock_levels": """
        select sku as record_key, sku, 'KITCHEN' as platform_product_type, 'STORE' as pool_group,
            greatest(0, pool) as quantity, amazon as observed_quantity,
            null::bigint as money_minor, null::varchar as currency_code, 'pool' as reason, sku as source_key
        from stock""",
}


def record(sku: str, channel: str) -> str:
    number = sku.removeprefix("SKU-")
    return f"gid://shopify/InventoryItem/{number}|{PLACE}" if channel == "shopify" else number


@dataclass(frozen=True)
class Reached:
    skus: frozenset[str]
    proven: frozenset[str] = frozenset()
    shown: frozenset[tuple[str, str]] = frozenset()
    pointers: tuple[str, ...] = ()
    proving: frozenset[str] = frozenset()


class SmallTables:
    """What the lane works on. `sequence` is the newest event taken in."""

    def __init__(self, skus: int, pool: int) -> None:
        self.sequence = 0
        # What happens while events are being applied.
        self.meanwhile: Callable[[], None] = lambda: None
        self._rows = duckdb.connect(config={"threads": 1})
        self._rows.execute(
            "create table stock as select 'SKU-' || range as sku, range::varchar as number, $2::bigint as pool,"
            " $2::bigint as shopify, $2::bigint as woocommerce, $2::bigint as amazon from range($1)",
            [skus, pool],
        )

    def apply(self, events: Sequence[InboxEvent]) -> Reached:
        self.meanwhile()
        touched, proven, shown, pointers = set(), set(), set(), []
        for event in events:
            said = json.loads(event.body)
            self.sequence = event.sequence
            if "points" in said:
                pointers.append(said["sku"])
                continue
            if "moved" in said:
                self._rows.execute("update stock set pool = pool + $1 where sku = $2", [said["moved"], said["sku"]])
            if "shows" in said:
                self._rows.execute(
                    f"update stock set {event.platform} = $1 where sku = $2", [said["shows"], said["sku"]]
                )
            touched.add(said["sku"])
            if shows(event.platform, event.topic):
                shown.add((event.platform, said["sku"]))
            if proves(event.platform, event.topic):
                proven.add(said["sku"])
        return Reached(frozenset(touched), frozenset(proven), frozenset(shown), tuple(pointers))

    def take(self, told: tuple[str, int], is_proof: bool) -> Reached:
        """What a pointer led to: so many units of a SKU are left."""
        self._rows.execute("update stock set pool = $2 where sku = $1", told)
        return Reached(frozenset(told[:1]))

    def known(self, model: str, skus: Collection[str]) -> None:
        """Nothing is kept: rows are always made anew."""

    def rows(self, model: str, skus: Collection[str]) -> list[Row]:
        wanted = f"select * from ({_MODELS[model].format(place=PLACE)}) where sku in (select unnest($1))"
        return self._rows.execute(wanted, [sorted(skus)]).to_arrow_table().to_pylist()

    def renew(self) -> None:
        return None

    def readings(self, sync: str) -> dict[str, int | None]:
        query = f"select record_key, observed_quantity from ({_MODELS[f'act_{sync}'].format(place=PLACE)})"
        return dict(self._rows.execute(query).fetchall())


class SmallShop:
    """Inbox, ledger, tables and the settings of two channels; `lane` runs a lane over them."""

    def __init__(
        self, folder: Path, urls: dict[str, str], skus: int = 5, pool: int = 20, more: Mapping[str, str] | None = None
    ) -> None:
        """urls: by channel; more: settings of theirs."""
        more = {f"DESTINATIONS__{name.upper()}__BASE_URL": url for name, url in urls.items()} | dict(more or {})
        more["DESTINATIONS__WOOCOMMERCE__REQUESTS_PER_SECOND"] = "100"
        self.syncs = tuple(f"{name}__stock_levels" for name in urls)
        given = settings_for("http://127.0.0.1:9", folder)
        self.settings = settings.read(
            {"CARTWHEEL_HOME": str(folder), **{_name(key): value for key, value in given.values.items()}, **more},
            folder,
        )
        self.inbox = Inbox(f"sqlite:///{folder}/inbox.db")
        self.ledger: Ledger = engine.open_ledger(self.settings)
        self.tables = SmallTables(skus, pool)
        self.skus, self.pool, self.started_at = skus, pool, datetime.now(UTC)
        self.states: list[LaneState] = []

    def tell(
        self, platform: str, topic: str, sku: str, *, name: str = "", ago: timedelta = timedelta(), **said: int
    ) -> None:
        """An event arrives, once per name; it happened so long before."""
        body = json.dumps({"sku": sku, **said}).encode()
        event_id = name or f"{platform}-{topic}-{time.monotonic_ns()}"
        now = datetime.now(UTC)
        self.inbox.keep([Arrived(platform, "main", topic, event_id, sku, None, body, now - ago, now, True, True)])

    def sell(self, platform: str, sku: str, units: int = 1) -> None:
        self.tell(platform, SALES[platform], sku, moved=-units)

    def lane(self, **options: object) -> RunningLane:
        return RunningLane(self, **options)

    def close(self) -> None:
        self.ledger.close()
        self.inbox.close()


class RunningLane:
    """`with shop.lane() as lane`: the lane works in a thread of its own until the block ends."""

    def __init__(
        self,
        shop: SmallShop,
        step: Callable[[str], None] = lambda label: None,
        bell: Listener | None = None,
        fetch: Callable[[str], tuple[str, int]] | None = None,
    ) -> None:
        self.shop, self._step, self._bell, self._fetch = shop, step, bell, fetch
        self._ready, self.error = threading.Event(), None

    def __enter__(self) -> RunningLane:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._ready.wait(120)
        return self

    def __exit__(self, *ended: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(120)

    async def _run(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        shop = self.shop
        try:
            async with AsyncExitStack() as stack:
                commits = await stack.enter_async_context(GroupCommit(shop.ledger, _now))
                channels = {
                    sync: await stack.enter_async_context(
                        Channel(
                            engine.sync_named(sync),
                            shop.ledger,
                            commits,
                            shop.settings,
                            _now,
                            Model(shop.skus, shop.tables.readings(sync), shop.started_at),
                            self._step,
                        )
                    )
                    for sync in shop.syncs
                }
                with shop.ledger.reader() as connection:
                    before = lane_states.state_of(connection, FLOW)
                confirmed = before.sequence_confirmed if before is not None else 0
                known = shop.inbox, shop.tables, channels, _now, self._beat, self._bell
                self.running = Lane(*known, confirmed=confirmed, fetch=self._fetch)
                self._ready.set()
                await self.running.run()
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - told to the test
            self.error = error
            self._ready.set()

    def _beat(self, state: LaneState, latencies_ms: Sequence[int]) -> None:
        self.shop.states.append(state)
        self.shop.ledger.note_lane(state)

    def until(self, holds: Callable[[], bool], seconds: float = 120) -> None:
        """Wait until something holds; how long it may take is no claim of any test."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert self.error is None, self.error
            assert time.monotonic() < deadline, "it never came about"
            time.sleep(0.005)

    def caught_up(self) -> bool:
        """Has every channel confirmed every event of the inbox?"""
        state = self.running.state(())
        return state.sequence_confirmed == self.shop.inbox.newest()


def _now() -> datetime:
    return datetime.now(UTC)


def _name(key: str) -> str:
    return key.upper().replace(".", "__")
