"""Event → last channel acknowledged, at the channels' own clock, over real HTTP in and out, under `cartwheel serve`.

The hub posts stock webhooks to the intake at a steady rate, each for another of many SKUs; each asks for a lower number on
three channels. A time runs from the moment before the webhook is posted to the arrival of the write at the channel that got
it last, all in the process of hub and channels. Amazon allows five writes a second: what it takes stands apart, alone below
its rate, and beside the two others above it, where it must keep nobody waiting. With one channel down the times of another
stand against the same channel's before. A last row for each rate has channels that take as long to answer as a vendor far
away: the write arrives before its answer leaves, so the times leave the vendor's own out. Never run it beside other work.
Printed beside it: what a bare write to such a channel takes on a kept connection. `--home FOLDER` keeps the published home,
and takes it when it is there.
Usage: fast_lane.py [--skus 50000] [--seconds 20] [--home FOLDER] [RATE …] (default 10, 50 and 200 a second)
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import wide_shop
from channels import Channels, Sold, channels
from shelves import CHANNELS

from orchestration.lane import latency_chart

SECRET = "bench-hub-secret-for-webhooks"
DRAIN_SECONDS = 10.0
BOTH = ("shopify", "woocommerce")
AMAZON = ("amazon",)
# What a vendor's own time is taken to be.
FAR_AWAY_SECONDS = 0.3
# Below what Amazon allows, so that nothing queues for it.
AMAZON_ALONE_RATE = 2.0
# What a SKU has left in an event: fewer than Amazon lists at most, so that its number changes as well.
LEFT = range(3, 9)


def percentile(values: list[float], percent: int) -> float:
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)] if ranked else float("nan")


@dataclass(frozen=True)
class Serving:
    """`cartwheel serve` at work: where the hub's webhooks go, and its process."""

    url: str
    process_id: int


@contextmanager
def served(home: Path, url: str, more: Mapping[str, str] | None = None, **elsewhere: str):
    """`cartwheel serve` over a published home, until the block ends.

    url: of all channels but those that are `elsewhere`; more: settings beside those.
    """
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = dict(os.environ) | {
        "CARTWHEEL_HOME": str(home),
        "CARTWHEEL_WAREHOUSE": str(home / "warehouse.duckdb"),
        "SOURCES__CIN7__WEBHOOK_SECRET": SECRET,
        "SOURCES__CIN7__BASE_URL": "http://127.0.0.1:9",
        "SOURCES__CIN7__ACCOUNT_ID_HEADER": "bench",
        "SOURCES__CIN7__APPLICATION_KEY": "bench",
        **{f"DESTINATIONS__{name.upper()}__BASE_URL": f"{elsewhere.get(name, url)}/{name}" for name in CHANNELS},
        "DESTINATIONS__SHOPIFY__ACCESS_TOKEN": "bench-token",
        **{f"DESTINATIONS__AMAZON__{name}": "bench" for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")},
        "DESTINATIONS__AMAZON__SELLER_ID": "BENCH",
        "DESTINATIONS__WOOCOMMERCE__CONSUMER_KEY": "ck_bench",
        "DESTINATIONS__WOOCOMMERCE__CONSUMER_SECRET": "cs_bench",
        # The hosts of the bench allow more than the cautious default for a shop on somebody's server.
        "DESTINATIONS__SHOPIFY__REQUESTS_PER_SECOND": "200",
        "DESTINATIONS__WOOCOMMERCE__REQUESTS_PER_SECOND": "200",
        **(more or {}),
    }
    command = [sys.executable, "-m", "orchestration.cli", "serve", "--port", str(port)]
    with (home / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    intake = f"http://127.0.0.1:{port}"
    try:
        _wait_for(intake, home)
        yield Serving(f"{intake}/webhooks/cin7?topic=Stock/AvailableStockLevelChanged", process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, home: Path) -> None:
    """Until the intake answers and the lane beats."""
    import sqlite3

    deadline, since = time.monotonic() + 120, time.time()
    while time.monotonic() < deadline:
        time.sleep(0.5)
        try:
            httpx.get(f"{url}/healthz")
            with closing(sqlite3.connect(home / "operations.sqlite")) as store:
                beat = store.execute("select max(strftime('%s', beat_at)) from lane_states").fetchone()[0]
        except (httpx.TransportError, sqlite3.OperationalError):
            continue
        if beat is not None and int(beat) >= since:
            return
    raise RuntimeError((home / "serve.log").read_text()[-3000:])


def told(sold: Sold, of: tuple[str, ...]) -> list[float]:
    """Milliseconds from event to the last of these channels, of the events that reached all of them."""
    last = {number: max(times) for number in sold.sent if len(times := _writes(sold, number, of)) == len(of)}
    return [(last[number] - sold.sent[number]) * 1000 for number in last]


def _writes(sold: Sold, number: int, of: tuple[str, ...]) -> list[float]:
    return [sold.written[channel][number] for channel in of if number in sold.written[channel]]


@dataclass
class Runs:
    """Runs of one bench: each event a SKU of its own, over all runs, and a line of figures for each."""

    hub: Channels
    template: dict
    skus: int
    seconds: float
    bare: float

    def __post_init__(self) -> None:
        # A kept home has seen some of them, so each time others and other units.
        start_at = random.randrange(self.skus)
        self._numbers = (wide_shop.FIRST + (start_at + at) % self.skus for at in range(self.skus))
        self._left = random.choice(LEFT)

    def rows(self, count: int) -> list[dict]:
        lower = {**self.template, "OnHand": self._left, "Available": self._left}
        return [{**lower, "SKU": f"WIDE-{next(self._numbers)}"} for _ in range(count)]

    def warm(self, url: str, of: tuple[str, ...]) -> None:
        self.hub.sell(url, SECRET, 10.0, 3.0, self.rows(30), DRAIN_SECONDS, of)

    def run(self, url: str, rate: float, of: tuple[str, ...]) -> Sold:
        return self.hub.sell(url, SECRET, rate, self.seconds, self.rows(int(rate * self.seconds)), DRAIN_SECONDS, of)

    def head(self) -> None:
        names = ("events", "written", "intake", "p99", "p50 ms", "p99 ms", "x bare")
        print(f"{'events/s':>30} " + " ".join(f"{name:>8}" for name in names))

    def show(self, name: str, sold: Sold, of: tuple[str, ...]) -> list[float]:
        found = told(sold, of)
        intake = [(sold.answered[number] - sold.sent[number]) * 1000 for number in sold.answered]
        figures = [percentile(intake, 50), percentile(intake, 99), percentile(found, 50), percentile(found, 99)]
        said = " ".join(f"{figure:>8.1f}" for figure in (*figures, figures[2] / self.bare))
        print(f"{name:>30} {len(sold.sent):>8} {len(found):>8} {said}", flush=True)
        return found


def all_up(runs: Runs, home: Path, rates: list[float]) -> tuple[dict[str, list[int]], list[float]]:
    """Amazon below its rate, then every rate; what the chart shows, and WooCommerce's own times at the highest."""
    charted, woocommerce = dict[str, list[int]](), list[float]()
    with served(home, runs.hub.url) as serving:
        url = serving.url
        runs.warm(url, CHANNELS)
        sold = runs.run(url, AMAZON_ALONE_RATE, CHANNELS)
        runs.show(f"{AMAZON_ALONE_RATE:.0f}, Amazon", sold, AMAZON)
        runs.show(f"{AMAZON_ALONE_RATE:.0f}, all three", sold, CHANNELS)
        for rate in rates:
            sold = runs.run(url, rate, BOTH)
            charted[f"{rate:.0f} events/s, both shops"] = [round(one) for one in runs.show(f"{rate:.0f}", sold, BOTH)]
            woocommerce = runs.show(f"{rate:.0f}, WooCommerce", sold, ("woocommerce",))
            # Whatever run asked for it: what queues for Amazon is written in its turn.
            times = sorted(sold.written["amazon"].values())
            pace = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
            print(f"{'':>30} Amazon meanwhile: {len(times)} written, {pace:.1f} a second, {sold.throttled} refused")
        with runs.hub.slow(FAR_AWAY_SECONDS):
            for rate in rates:
                runs.show(f"{rate:.0f}, answers take {FAR_AWAY_SECONDS} s", runs.run(url, rate, BOTH), BOTH)
    return charted, woocommerce


def one_down(runs: Runs, home: Path, rate: float, before: list[float]) -> None:
    """The same rate while nobody answers for Shopify: WooCommerce's times, against those with all up."""
    with served(home, runs.hub.url, shopify="http://127.0.0.1:9") as serving:
        url = serving.url
        runs.warm(url, ("woocommerce",))
        found = runs.show(f"{rate:.0f}, Shopify down", runs.run(url, rate, ("woocommerce",)), ("woocommerce",))
    for percent in (50, 99):
        ratio = percentile(found, percent) / percentile(before, percent)
        print(f"{'':>30} WooCommerce p{percent} with Shopify down: {ratio:.2f} x all up")


def main() -> None:
    asked = argparse.ArgumentParser(description="Event to last channel acknowledged.")
    asked.add_argument("--skus", type=int, default=50_000)
    asked.add_argument("--seconds", type=float, default=20.0)
    asked.add_argument("--home", type=Path)
    asked.add_argument("--chart", type=Path, help="write the latencies as SVG")
    asked.add_argument("rates", type=float, nargs="*", default=[10.0, 50.0, 200.0])
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, channels() as hub:
        home = options.home or Path(folder) / "home"
        home.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        template = wide_shop.publish(home, options.skus)
        print(f"{options.skus} SKUs on 3 channels read, built and published in {time.monotonic() - start:.0f} s")
        # What queues for Amazon after the first part would be waited for by nobody, and looked at by the second.
        apart = Path(folder) / "apart"
        shutil.copytree(home, apart, ignore=shutil.ignore_patterns("warehouse.duckdb*", "*.bell"))
        bare = percentile(hub.bare(500), 50)
        print(f"a bare write to a channel: p50 {bare:.2f} ms\n")
        runs = Runs(hub, template, options.skus, options.seconds, bare)
        runs.head()
        charted, woocommerce = all_up(runs, home, options.rates)
        one_down(runs, apart, options.rates[-1], woocommerce)
        if options.chart is not None:
            options.chart.write_text(latency_chart.svg(charted))


if __name__ == "__main__":
    main()
