"""Event → last channel acknowledged, at the channels' own clock, over real HTTP in and out, under `cartwheel serve`.

The hub posts stock webhooks to the intake at a steady rate, each for another of many SKUs; each asks for a lower number on
both channels. A time runs from the moment before the webhook is posted to the arrival of the write at the channel that got
it last, all in the process of hub and channels. Never run it beside other work. Printed beside it: what a bare write to such a channel takes on a kept
connection. `--home FOLDER` keeps the published home, and takes it when it is there.
Usage: fast_lane.py [--skus 50000] [--seconds 20] [--home FOLDER] [RATE …] (default 10, 50 and 200 a second)
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import wide_shop
from channels import Channels, Sold, channels

from orchestration.lane import latency_chart

SECRET = "bench-hub-secret-for-webhooks"
DRAIN_SECONDS = 10.0
BOTH = ("shopify", "woocommerce")


def percentile(values: list[float], percent: int) -> float:
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)] if ranked else float("nan")


@contextmanager
def served(home: Path, shopify: str, woocommerce: str):
    """`cartwheel serve` over a published home, until the block ends; its address."""
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
        "DESTINATIONS__SHOPIFY__BASE_URL": f"{shopify}/shopify",
        "DESTINATIONS__SHOPIFY__ACCESS_TOKEN": "bench-token",
        "DESTINATIONS__WOOCOMMERCE__BASE_URL": f"{woocommerce}/woocommerce",
        "DESTINATIONS__WOOCOMMERCE__CONSUMER_KEY": "ck_bench",
        "DESTINATIONS__WOOCOMMERCE__CONSUMER_SECRET": "cs_bench",
        # The hosts of the bench allow more than the cautious default for a shop on somebody's server.
        "DESTINATIONS__SHOPIFY__REQUESTS_PER_SECOND": "200",
        "DESTINATIONS__WOOCOMMERCE__REQUESTS_PER_SECOND": "200",
    }
    command = [sys.executable, "-m", "orchestration.cli", "serve", "--port", str(port)]
    with (home / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, home)
        yield f"{url}/webhooks/cin7?topic=Stock/AvailableStockLevelChanged"
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


def run(hub: Channels, url: str, rate: float, seconds: float, rows: list[dict]) -> Sold:
    return hub.sell(url, SECRET, rate, seconds, rows, DRAIN_SECONDS)


def told(sold: Sold, of: tuple[str, ...]) -> list[float]:
    """Milliseconds from event to the last of these channels, of the events that reached all of them."""
    last = {number: max(times) for number in sold.sent if len(times := _writes(sold, number, of)) == len(of)}
    return [(last[number] - sold.sent[number]) * 1000 for number in last]


def _writes(sold: Sold, number: int, of: tuple[str, ...]) -> list[float]:
    return [sold.written[channel][number] for channel in of if number in sold.written[channel]]


def show(name: str, sold: Sold, of: tuple[str, ...], bare: float) -> None:
    found = told(sold, of)
    intake = [(sold.answered[number] - sold.sent[number]) * 1000 for number in sold.answered]
    print(
        f"{name:>24} {len(sold.sent):>7} {len(found):>8} {percentile(intake, 50):>7.1f} {percentile(intake, 99):>7.1f}"
        f" {percentile(found, 50):>8.1f} {percentile(found, 99):>8.1f} {percentile(found, 50) / bare:>9.1f}",
        flush=True,
    )


def main() -> None:
    asked = argparse.ArgumentParser(description="Event to last channel acknowledged.")
    asked.add_argument("--skus", type=int, default=50_000)
    asked.add_argument("--seconds", type=float, default=20.0)
    asked.add_argument("--home", type=Path)
    asked.add_argument("--chart", type=Path, help="write the latencies as SVG")
    asked.add_argument("rates", type=float, nargs="*", default=[10.0, 50.0, 200.0])
    options = asked.parse_args()
    skus, seconds, rates = options.skus, options.seconds, options.rates
    with tempfile.TemporaryDirectory() as folder, channels() as hub:
        home = options.home or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        template = wide_shop.publish(home, skus)
        print(f"{skus} SKUs on 2 channels read, built and published in {time.monotonic() - start:.0f} s")
        # Each event a SKU of its own, over all runs; a kept home has seen some of them, so each time others and other units.
        start_at = random.randrange(skus)
        numbers = (wide_shop.FIRST + (start_at + at) % skus for at in range(skus))
        fewer = random.randrange(1, min(10, template["Available"]))

        def rows(rate: float) -> list[dict]:
            lower = {**template, "OnHand": template["OnHand"] - fewer, "Available": template["Available"] - fewer}
            return [{**lower, "SKU": f"WIDE-{next(numbers)}"} for _ in range(int(rate * seconds))]

        bare = percentile(hub.bare(500), 50)
        print(f"a bare write to a channel: p50 {bare:.2f} ms\n")
        print(
            f"{'events/s':>24} {'events':>7} {'on both':>8} {'intake':>7} {'p99':>7} {'p50 ms':>8} {'p99 ms':>8} {'x bare':>9}"
        )
        with served(home, hub.url, hub.url) as url:
            run(hub, url, 10.0, 3.0, rows(10.0)[:30])
            charted = {}
            for rate in rates:
                sold = run(hub, url, rate, seconds, rows(rate))
                show(f"{rate:.0f}", sold, BOTH, bare)
                charted[f"{rate:.0f} events/s, both channels"] = [round(one) for one in told(sold, BOTH)]
        with served(home, "http://127.0.0.1:9", hub.url) as url:
            run(hub, url, 10.0, 3.0, rows(10.0)[:30])
            sold = run(hub, url, rates[-1], seconds, rows(rates[-1]))
            show(f"{rates[-1]:.0f}, Shopify down", sold, ("woocommerce",), bare)
        if options.chart is not None:
            options.chart.write_text(latency_chart.svg(charted))


if __name__ == "__main__":
    main()
