"""The real thing: a Dagster instance whose daemon sees a publication, fires the sensor and pushes to the sandbox.

Starts the sandbox, loads its world, then runs `dagster-daemon` as an operator's machine would. The receiver's own count
says whether the push happened, and that it happened once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from orchestration import environment
from orchestration.resources import dagster_home
from sandbox.server import CREDENTIALS, Sandbox

# Minutes of a real daemon; the sensor itself is tested in test_change_sensor.
pytestmark = [pytest.mark.world, pytest.mark.proof, pytest.mark.timeout(420)]

ROOT = Path(__file__).resolve().parents[2]
CARTWHEEL = Path(sys.executable).with_name("cartwheel")
SYNC = "woocommerce__stock_levels"


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    for name in [name for name in os.environ if name.startswith(("CARTWHEEL_", "SOURCES__", "DESTINATIONS__"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path / "a home with spaces"))
    with Sandbox(port=0) as world:
        environment.prepare()
        environment.born(environment.SandboxAddress(world.url, world.base_urls, CREDENTIALS))
        yield world


def cartwheel(*arguments: str) -> str:
    done = subprocess.run([str(CARTWHEEL), *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def effects(world: Sandbox) -> dict[str, int]:
    return httpx.get(f"{world.url}/_control/effects").json()["counts"].get("woocommerce", {})


def wait_for(what: Callable[[], bool], seconds: int) -> None:
    """Looks again and again; the bound is for hanging, not for speed."""
    for _ in range(seconds):
        if what():
            return
        time.sleep(1)
    raise AssertionError("it did not happen")


def test_a_publication_makes_the_sensor_push_and_the_shop_counts_it_once(sandbox: Sandbox) -> None:
    # What the levels are made of; the other platforms' tables stay empty.
    cartwheel("extract", "shopify", "woocommerce", "cin7", "shipstation")
    cartwheel("build", "+act_woocommerce__stock_levels")
    home = dagster_home()
    daemon = subprocess.Popen(
        [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", str(ROOT / "workspace.yaml")],
        cwd=ROOT, env={**os.environ, "DAGSTER_HOME": str(home)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with DagsterInstance.from_config(str(home)) as instance:

            def pushed() -> int:
                runs = instance.get_runs(RunsFilter(job_name=f"push_{SYNC}", statuses=[DagsterRunStatus.SUCCESS]))
                return len(runs)

            wait_for(lambda: pushed() >= 1, 180)
            first = effects(sandbox)["stock_quantity_set"]
            assert first > 0
            assert {run.tags.get("cartwheel/sync") for run in instance.get_runs()} >= {SYNC}

            order = httpx.post(
                f"{sandbox.url}/_control/orders", json={"channel": "shopify", "sku": "BAT-001", "quantity": 1}
            )
            assert order.status_code == 201, order.text
            cartwheel("extract", "shopify", "woocommerce", "cin7")
            cartwheel("build", "+act_woocommerce__stock_levels")
            wait_for(lambda: pushed() >= 2, 180)
            assert effects(sandbox)["stock_quantity_set"] == first + 1, (
                "one sale, one stock level told to the other shop"
            )
    finally:
        daemon.terminate()
        daemon.wait(30)
