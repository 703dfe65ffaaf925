"""T-12: a thousand orders a minute for half an hour on three channels, under `cartwheel serve`, at the channels' own clock.

Printed: from an order to the write at the last of the other shops, and to Amazon, minute by minute and in all; what was lost,
which is every SKU whose number at a shop is not what is left after all its orders, counted by the channels; and the memory of
intake, lane and poll over each time between two publications. Every five minutes the day so far is read, built and published, as the
schedule of `cartwheel up` has it, and the lane begins anew with that (`--refresh 0`: never). Amazon lists ten at most, takes
five writes a second, and is never raised without proof, so of it the claim is that no number is too high. Its searches of
orders are those of a seller with a larger plan (one a second). Never run it beside other work.
Usage: black_friday.py [--minutes 30] [--per-minute 1000] [--skus 50000] [--refresh 5] [--home FOLDER]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import duckdb
import wide_shop
from buyers import Buyers, Day, Plan, buyers
from fast_lane import SECRET, percentile, served
from read_again import Refreshes
from shelves import CHANNELS

SHARES = {"shopify": 50, "woocommerce": 40, "amazon": 10}
SHOPS = ("shopify", "woocommerce")
# Without a new write for so long, nothing more is on its way: a lane that was cut off would look a channel up sooner.
QUIET_SECONDS = 15.0
MEMORY = {"pipelines.intake": "intake", "orchestration.lane": "stock lane", "pipelines.intake.polls": "polls"}
_READ = {
    "SOURCES__SHOPIFY__WEBHOOK_SECRET": SECRET,
    "SOURCES__WOOCOMMERCE__WEBHOOK_SECRET": SECRET,
    "SOURCES__AMAZON__POLL_SECONDS": "1",
    "SOURCES__AMAZON__MARKETPLACE_IDS": "ATVPDKIKX0DER",
    "SOURCES__AMAZON__SELLER_ID": "BENCH",
    **{f"SOURCES__AMAZON__{name}": "bench" for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")},
}


def shows_and_wants(home: Path) -> tuple[dict[str, int], dict[str, int]]:
    """What every copied SKU shows at first, and what it should show, by channel; they are all alike."""
    shows, wants = {}, {}
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        for channel in CHANNELS:
            [(shows[channel], wants[channel])] = connection.execute(
                f"select distinct observed_quantity, quantity from activation.act_{channel}__stock_levels"
                " where sku like 'WIDE-%'"
            ).fetchall()
    return shows, wants


def memory_mib(supervisor: int) -> dict[str, float]:
    """Resident memory of what `cartwheel serve` started, each with what it started in turn."""
    resident, parent, words = dict[int, float](), dict[int, int](), dict[int, list[bytes]]()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            words[int(folder.name)] = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        parent[int(folder.name)] = int(status["PPid"])
        resident[int(folder.name)] = int(status.get("VmRSS", "0").split()[0]) / 1024
    found: dict[str, float] = defaultdict(float)
    for process in resident:
        started = process
        while parent.get(started, supervisor) != supervisor:
            started = parent[started]
        if started in parent and b"-m" in words.get(started, ()):
            found[MEMORY.get(words[started][words[started].index(b"-m") + 1].decode(), "other")] += resident[process]
    return found


class Spent:
    """Memory of a supervisor's processes, looked at every two seconds: least and most since `mark` was last called."""

    def __init__(self, supervisor: int) -> None:
        self._supervisor, self._lock = supervisor, threading.Lock()
        self._now: dict[str, list[float]] = {}
        self._marks: list[tuple[str, dict[str, list[float]]]] = []
        self._ended = threading.Event()
        self._look()
        self.mark("before the first order")
        self._looking = threading.Thread(target=self._run, daemon=True)
        self._looking.start()

    def _run(self) -> None:
        while not self._ended.wait(2.0):
            self._look()

    def _look(self) -> None:
        found = memory_mib(self._supervisor)
        with self._lock:
            for name, mib in found.items():
                self._now.setdefault(name, []).append(mib)

    def mark(self, name: str) -> None:
        """What was seen until now is of this name."""
        with self._lock:
            self._marks.append((name, self._now))
            self._now = {}

    def close(self, name: str) -> None:
        self._ended.set()
        self._looking.join()
        self._look()
        self.mark(name)

    def show(self) -> None:
        print("memory, MiB: least, most and last")
        for when, found in self._marks:
            said = [f"{name} {min(mib):.0f} {max(mib):.0f} {mib[-1]:.0f}" for name, mib in sorted(found.items())]
            print(f"{when:>26}: " + ", ".join(said))


def day_passes(minutes: float, between: float, refreshes: Refreshes, spent: Spent) -> None:
    """Until the buying is nearly over: a refresh every so many minutes, and the memory from one to the next."""
    begun = time.monotonic()
    every = between or minutes / 6
    for number in range(1, int(minutes / every) + 1):
        time.sleep(max(0.0, begun + number * every * 60 - time.monotonic()))
        spent.mark(f"until minute {number * every:g}")
        if between:
            since = time.monotonic()
            orders = refreshes.refresh()
            print(
                f"refresh at {number * every:g} min: {orders} new orders, {time.monotonic() - since:.0f} s", flush=True
            )


def waits(day: Day, wants: dict[str, int]) -> dict[str, list[tuple[float, float]]]:
    """Shop → (moment of an order elsewhere, seconds until a write made its number there low enough), for ever where none did.

    Under `amazon` and `webhook`: of the orders placed at Amazon, and of those a webhook told of, the seconds until the last shop knew.
    """
    at_channel: dict[tuple[str, int], list[tuple[float, int]]] = defaultdict(list)
    for at, channel, number, quantity in day.written:
        at_channel[channel, number].append((at, quantity))
    sold, found = Counter[int](), defaultdict[str, list[tuple[float, float]]](list)
    for at, channel, number in day.orders:
        sold[number] += 1
        others = []
        for other in set(SHOPS) - {channel}:
            writes, most = at_channel[other, number], wants[other] - sold[number]
            first = next((one for one, quantity in writes if one >= at and quantity <= most), float("inf"))
            found[other].append((at, first - at))
            others.append(first - at)
        found["amazon" if channel == "amazon" else "webhook"].append((at, max(others)))
    return found


def lost(day: Day, wants: dict[str, int], shows: dict[str, int]) -> tuple[int, int]:
    """SKUs whose number at a shop is not what is left of it; SKUs of which Amazon shows more than there are."""
    sold = Counter(number for _, _, number in day.orders)
    differing = sum(
        day.shown[shop].get(number) != wants[shop] - count for shop in SHOPS for number, count in sold.items()
    )
    # Amazon's policy withholds two, as WooCommerce's does.
    there = {number: max(0, wants["woocommerce"] - count) for number, count in sold.items()}
    above = sum(day.shown["amazon"].get(number, shows["amazon"]) > most for number, most in there.items())
    return differing, above


def drained(hub: Buyers) -> None:
    before, last = -1, time.monotonic()
    while time.monotonic() - last < QUIET_SECONDS:
        count = hub.writes()
        if count != before:
            before, last = count, time.monotonic()
        time.sleep(1.0)


def show(day: Day, wants: dict[str, int], started: float, minutes: float) -> None:
    found = waits(day, wants)
    print(f"{'':>26} {'orders':>7} {'p50 ms':>9} {'p99 ms':>9} {'slowest':>9}")
    spans = [(f"minute {minute + 1}", minute * 60.0, (minute + 1) * 60.0) for minute in range(int(minutes))]
    for name, begin, end in [*spans, ("all", 0.0, float("inf"))]:
        in_all = [wait * 1000 for shop in SHOPS for at, wait in found[shop] if begin <= at - started < end]
        _line(f"other shops, {name}", in_all)
    _line("of these, told by webhook", [wait * 1000 for _, wait in found["webhook"]])
    _line("of these, sold at Amazon", [wait * 1000 for _, wait in found["amazon"]])


def _line(name: str, waited: list[float]) -> None:
    if waited:
        figures = (percentile(waited, 50), percentile(waited, 99), max(waited))
        print(f"{name:>26} {len(waited):>7} " + " ".join(f"{figure:>9.0f}" for figure in figures))


def main() -> None:
    asked = argparse.ArgumentParser(description="Black Friday on three channels.")
    asked.add_argument("--minutes", type=float, default=30.0)
    asked.add_argument("--per-minute", type=float, default=1_000.0)
    asked.add_argument("--skus", type=int, default=50_000)
    asked.add_argument("--refresh", type=float, default=5.0, help="minutes between two publications; 0: none")
    asked.add_argument("--home", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = options.home or Path(folder) / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        wide_shop.publish(kept, options.skus)
        # What the day sells stays its own: a kept home begins the next one as it was.
        home = Path(folder) / "day"
        shutil.copytree(kept, home)
        shows, wants = shows_and_wants(home)
        with buyers(shows) as hub:
            read = _READ | {"SOURCES__AMAZON__BASE_URL": f"{hub.url}/amazon"}
            with served(home, hub.url, more=read) as running:
                url = running.url.rpartition("/webhooks")[0]
                plan = Plan(
                    url, SECRET, options.per_minute / 60, options.minutes * 60, wide_shop.FIRST, options.skus, SHARES, 1
                )
                spent = Spent(running.process_id)
                started = time.time()
                hub.begin(plan)
                day_passes(options.minutes, options.refresh, Refreshes(home, hub), spent)
                orders = hub.end()
                took = time.time() - started
                drained(hub)
                spent.close("at the end")
                day = hub.day()
    print(f"{orders} orders in {took / 60:.1f} min of {options.skus} SKUs, {len(day.written)} writes\n")
    show(day, wants, started, options.minutes)
    differing, above = lost(day, wants, shows)
    print(f"\nnumbers at the shops that are not what is left: {differing}; at Amazon above what is left: {above}")
    print(
        f"webhooks refused and sent again: {day.refused}; conflicts: {day.conflicts}; Amazon refused: {day.throttled}\n"
    )
    spent.show()


if __name__ == "__main__":
    main()
