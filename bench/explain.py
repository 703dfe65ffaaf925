"""How long a person waits for `cartwheel explain delivery` and `cartwheel replay`, each as a process of its own.

Beside them the same process doing nothing but opening the operational store and the warehouse. `--home` is a home that was
planned and published; without one `cartwheel demo` makes it first. The largest plan is replayed, and of the syncs with the largest plans
one delivery each explained; of those the slowest counts. Best of five rounds in turn.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select

from reverse_etl import settings
from reverse_etl.ledger_store import open_store, reader
from reverse_etl.ledger_tables import DELIVERIES, PLANS

ROUNDS = 5
# Of so many syncs, those with the largest plans.
SYNCS = 6
CARTWHEEL = "from orchestration.cli import main; main()"
OPENING = """
import duckdb
from orchestration import environment, warehouse
from reverse_etl import settings
from reverse_etl.ledger_store import open_store, reader
environment.prepare()
with reader(open_store(settings.read().operations_url)) as store:
    store.exec_driver_sql("select 1").fetchone()
duckdb.connect(str(warehouse.path()), read_only=True).execute("select 1").fetchone()
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--home", type=Path)
    home = asked.parse_args().home
    with tempfile.TemporaryDirectory() as folder:
        if home is None:
            home = Path(folder)
            run(home, CARTWHEEL, "demo")
        measure(home)


def measure(home: Path) -> None:
    plans = largest(home)[:SYNCS]
    plan_id, _, deliveries = plans[0]
    asked = {"opening": (OPENING,), "replay": (CARTWHEEL, "replay", plan_id)}
    asked |= {first: (CARTWHEEL, "explain", "delivery", first) for _, first, _ in plans}
    # In turn, so that a busy minute of the machine falls on all of them.
    rounds = [{name: run(home, *words) for name, words in asked.items()} for _ in range(ROUNDS)]
    best = {name: min(each[name] for each in rounds) for name in asked}
    opening, replayed = best.pop("opening"), best.pop("replay")
    slowest = max(best, key=lambda first: best[first])
    print(f"opening store and warehouse, nothing else: {opening:.2f} s")
    print(f"replay of a plan of {deliveries:,} deliveries: {replayed:.2f} s, {replayed / opening:.1f} x")
    print(f"explain, slowest of {len(best)} syncs ({slowest}): {best[slowest]:.2f} s, {best[slowest] / opening:.1f} x")


def largest(home: Path) -> list[tuple[str, str, int]]:
    """Of each sync the plan with the most deliveries: its id, its first delivery, how many; the largest first."""
    store = open_store(settings.read({"CARTWHEEL_HOME": str(home)}, home).operations_url)
    counted = select(PLANS.c.sync, PLANS.c.plan_id, func.min(DELIVERIES.c.delivery_id), func.count())
    grouped = counted.join(DELIVERIES, DELIVERIES.c.plan_id == PLANS.c.plan_id).group_by(PLANS.c.sync, PLANS.c.plan_id)
    with reader(store) as connection:
        rows = connection.execute(grouped.order_by(func.count().desc())).all()
    store.dispose()
    found: dict[str, tuple[str, str, int]] = {}
    for sync, plan_id, first, deliveries in rows:
        found.setdefault(sync, (plan_id, first, deliveries))
    return list(found.values())


def run(home: Path, program: str, *arguments: str) -> float:
    """Seconds from the start of a process to its end."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "CARTWHEEL_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
