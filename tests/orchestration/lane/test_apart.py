"""The lane's tables in a process of their own: the same answers as here, and it never outlives who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration import warehouse
from orchestration.lane.apart import TablesApart
from orchestration.lane.published import PublishedTables, served_syncs
from pipelines.intake.inbox import Inbox
from reverse_etl import settings
from tests.orchestration.lane.batch import Built
from tests.orchestration.lane.goods import SKUS
from tests.orchestration.lane.whole_serve import MODELS, ROOT, history, published_home

pytestmark = pytest.mark.dbt


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, stock_models: Built) -> Iterator[Path]:
    """A small shop as published, with the channels' settings: what a lane starts from."""
    with published_home(tmp_path_factory.mktemp("apart"), stock_models) as folder:
        yield folder


def test_it_answers_event_by_event_what_the_tables_here_answer(home: Path) -> None:
    shop = history(seed=1)
    syncs = served_syncs(settings.read())
    with closing(Inbox.at_home()) as inbox, closing(TablesApart(syncs)) as apart:
        here = PublishedTables(inbox, syncs)
        apart.prime()
        assert apart.models() == here.models()
        assert apart.blocked() == here.blocked()
        answers = 0
        for at in range(0, len(shop.events), 3):
            some = shop.events[at : at + 3]
            touched = here.apply(some)
            assert apart.apply(some) == touched
            assert apart.sequence == here.sequence
            for pointer in touched.pointers:
                told = shop.fetch(pointer)
                touched |= (more := here.take(told, False))
                assert apart.take(told, False) == more
            for model in MODELS:
                # Asked for once, a row is known as soon as an event moved it, and forgotten with the day it was made on.
                assert apart.known(model, touched.skus) == here.known(model, touched.skus)
                rows = here.rows(model, touched.skus)
                assert apart.rows(model, touched.skus) == rows
                answers += len(rows)
        assert answers > 0
        assert apart.renew() is None


def test_what_a_publication_changed_is_not_known_any_more(home: Path) -> None:
    with closing(TablesApart(served_syncs(settings.read()))) as apart:
        apart.prime()
        sku = SKUS[0]
        apart.rows(MODELS[0], [sku])
        assert apart.known(MODELS[0], [sku]) is not None
        with warehouse.writing("publish a small shop again"):
            warehouse.publish(datetime.now(UTC))
        while apart.renew() is None:
            time.sleep(0.01)
        assert apart.known(MODELS[0], [sku]) is None


def test_nothing_to_start_from_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    with closing(TablesApart({})) as apart, pytest.raises(warehouse.NothingPublished):
        apart.prime()


STARTER = """
import time
from orchestration.lane.apart import TablesApart
if __name__ == "__main__":
    apart = TablesApart({})
    print(apart._manager._process.pid, flush=True)
    time.sleep(600)
"""


def test_it_ends_with_a_process_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "starter.py"
    script.write_text(STARTER)
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], env=environ, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        process_id = int(starter.stdout.readline())
        starter.kill()
    for _ in range(600):
        if not _lives(process_id):
            return
        time.sleep(0.1)
    pytest.fail("the process of the tables lives on")


def test_a_call_after_its_end_is_an_error_and_no_wait() -> None:
    with closing(TablesApart({})) as apart:
        os.kill(apart._manager._process.pid, signal.SIGKILL)
        with pytest.raises((EOFError, ConnectionError)):
            apart.renew()


def _lives(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/status")
    if not Path("/proc").exists():
        pytest.skip("this system does not show its processes as files")
    # Nobody may have asked after a process that ended: it is then a zombie.
    return status.exists() and "State:\tZ" not in status.read_text()
