"""A small shop published as a build would, and `cartwheel serve` over it as a user runs it: a process with processes of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration import warehouse
from tests.orchestration.lane.batch import Batch, Built
from tests.orchestration.lane.goods import GIVEN, SKUS
from tests.orchestration.lane.histories import Shop
from tests.orchestration.lane.told_twice import Row
from tests.transform import dbt_process

ROOT = Path(__file__).resolve().parents[3]
SECRET = "secret-of-the-whole"
# So many that no sale of a test ends them, and more shown than there is: whatever is sold lowers a number.
THERE, SHOWN = 5_000, 90_000
STOCK = ("activation.act_shopify__stock_levels", "activation.act_woocommerce__stock_levels")
MODELS = [table.partition(".")[2] for table in STOCK]


def wide_shelves(seed: int) -> Shop:
    """A shop with plenty of everything at one place, nothing ordered yet."""
    shop = Shop(seed)
    shop.events.clear()
    shop.counts.clear()
    for sku in SKUS:
        shop.products[sku] = (SHOWN, shop.now)
        shop.levels |= {(sku, place): (SHOWN, shop.now) for place in ("newark", "reno")}
        shop._count(sku, "newark")
        shop.counts[sku, "newark"] |= {"OnHand": THERE, "Available": THERE, "Allocated": 0}
    shop.events.clear()
    return shop


def reckoned(built: Built, shop: Shop) -> Batch:
    """What a build would make of everything that was sold up to now."""
    known: Mapping[str, list[Row]] = {name: rows for name, rows in GIVEN.items() if name in built.columns}
    return Batch(built, shop.raw(), known)


def publish(home: Path, batch: Batch) -> None:
    """The batch's tables as a warehouse on disk, published for analysts and lane."""
    file, models = home / "warehouse.duckdb", batch.built.models
    views = [node for node in models.nodes if _is_view(batch, node.name)]
    with_rows = [node for node in models.nodes if node not in views]
    batch.connection.execute(f"attach '{file}' as made")
    for schema in sorted({node.schema for node in models.nodes}):
        batch.connection.execute(f"create schema made.{schema}")
    for node in with_rows:
        batch.connection.execute(f"create table made.{node.name} as from {node.name}")
    batch.connection.execute("detach made")
    with duckdb.connect(str(file)) as connection:
        for node in views:
            connection.execute(f"create view {node.name} as {node.sql}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(file))
        patch.setenv("CARTWHEEL_DBT_TARGET", str(dbt_process.target()))
        with warehouse.writing("publish a small shop"):
            assert warehouse.publish(datetime.now(UTC)).lane is not None


@contextmanager
def published_home(folder: Path, built: Built) -> Iterator[Path]:
    """A small shop as published, with its channels' settings in the environment: what a lane starts from."""
    publish(folder, reckoned(built, wide_shelves(seed=1)))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "CARTWHEEL_HOME": str(folder),
            "CARTWHEEL_WAREHOUSE": str(folder / "warehouse.duckdb"),
            "CARTWHEEL_DBT_TARGET": str(dbt_process.target()),
            "DESTINATIONS__SHOPIFY__BASE_URL": "http://127.0.0.1:9",
            "DESTINATIONS__SHOPIFY__ACCESS_TOKEN": "token-of-the-tables",
            "DESTINATIONS__WOOCOMMERCE__BASE_URL": "http://127.0.0.1:9",
            "DESTINATIONS__WOOCOMMERCE__CONSUMER_KEY": "key-of-the-tables",
            "DESTINATIONS__WOOCOMMERCE__CONSUMER_SECRET": "secret-of-the-tables",
        }.items():
            patch.setenv(name, value)
        yield folder


def history(seed: int) -> Shop:
    """What becomes of the small shop after it was published."""
    shop = wide_shelves(seed)
    while len(shop.events) < 30:
        shop.step()
    return shop


def _is_view(batch: Batch, name: str) -> bool:
    schema, _, table = name.partition(".")
    asked = "select table_type from information_schema.tables where table_schema = $1 and table_name = $2"
    return batch.connection.execute(asked, [schema, table]).fetchone() == ("VIEW",)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(home: Path, port: int, shopify: str, woocommerce: str) -> Iterator[subprocess.Popen[bytes]]:
    """`cartwheel serve` until the block ends, or until `kill` has ended it before."""
    ours = ("CARTWHEEL_", "SOURCES__", "DESTINATIONS__")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "CARTWHEEL_HOME": str(home),
        "CARTWHEEL_WAREHOUSE": str(home / "warehouse.duckdb"),
        "PYTHONPATH": str(ROOT),
        "DESTINATIONS__SHOPIFY__BASE_URL": shopify,
        "DESTINATIONS__SHOPIFY__ACCESS_TOKEN": SECRET,
        "DESTINATIONS__WOOCOMMERCE__BASE_URL": woocommerce,
        "DESTINATIONS__WOOCOMMERCE__CONSUMER_KEY": SECRET,
        "DESTINATIONS__WOOCOMMERCE__CONSUMER_SECRET": SECRET,
        "DESTINATIONS__WOOCOMMERCE__REQUESTS_PER_SECOND": "100",
        "SOURCES__SHOPIFY__BASE_URL": "http://127.0.0.1:9",
        "SOURCES__SHOPIFY__ACCESS_TOKEN": SECRET,
        "SOURCES__SHOPIFY__WEBHOOK_SECRET": SECRET,
        "SOURCES__WOOCOMMERCE__BASE_URL": "http://127.0.0.1:9",
        "SOURCES__WOOCOMMERCE__CONSUMER_KEY": SECRET,
        "SOURCES__WOOCOMMERCE__CONSUMER_SECRET": SECRET,
        "SOURCES__WOOCOMMERCE__WEBHOOK_SECRET": SECRET,
    }
    command = [sys.executable, "-m", "orchestration.cli", "serve", "--port", str(port)]
    with (home / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)


def family(process_id: int) -> list[int]:
    """A process and everything it started, as far as it is alive."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, row.split())) for row in listed.splitlines()]
    found = [process_id]
    for parent in found:
        found += [child for child, of in parents if of == parent]
    return found


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to all of it at once: nobody is told, nothing is tidied up."""
    for process_id in family(process.pid):
        try:
            os.kill(process_id, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait(60)
