"""Workers that sleep through their lease and wake: whatever they knew when they fell asleep no longer counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from reverse_etl import engine
from tests.proof import activation_tables, shop_rows
from tests.proof.counting_shop import CountingShop
from tests.reverse_etl.conftest import Turn, no_sleep
from tests.reverse_etl.sudden_death import die_at

SYNC = "woocommerce__stock_levels"
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def turn(tmp_path) -> Iterator[Turn]:
    with CountingShop() as shop:
        made = Turn(shop, tmp_path)
        activation_tables.fill(made.warehouse, SYNC, [shop_rows.product("11", wanted=7, observed=1)])
        yield made
        made.ledger.close()


def meanwhile(work: Callable[[], Any]) -> None:
    """Another process's work, while this one stands still in a step."""
    with ThreadPoolExecutor(1) as another:
        another.submit(work).result()


def once(label: str, work: Callable[[], Any]) -> Callable[[str], None]:
    """A step that falls asleep at the label the first time it is reached, and meanwhile the work is done."""
    asleep: Counter[str] = Counter()

    def step(reached: str) -> None:
        asleep[reached] += 1
        if reached == label and asleep[label] == 1:
            meanwhile(work)

    return step


def push_by_another(turn: Turn, plan_id: str) -> engine.PushResult:
    ledger = turn.open()
    try:
        return engine.push(plan_id, ledger, turn.settings, clock=lambda: turn.at, sleep=no_sleep)
    finally:
        ledger.close()


@pytest.mark.parametrize("label", ["written_ahead", "answered", "recorded"])
def test_a_worker_that_slept_through_its_lease_changes_nothing(turn, label) -> None:
    plan = turn.plan(SYNC)

    def sleep() -> None:
        turn.at += TEN_MINUTES
        push_by_another(turn, plan.plan_id)

    turn.push(plan, step=once(label, sleep))
    turn.at += TEN_MINUTES
    turn.push(plan)
    assert turn.shop.values("11") == [7]
    assert turn.states(plan) == ["accepted"]


@pytest.mark.parametrize("label", ["looked_up_written", "looked_up", "look_up_recorded"])
def test_what_a_sleeper_had_looked_up_is_looked_up_again(turn, label) -> None:
    """It saw that the record was not there; while it slept another wrote it and left it in doubt."""
    plan = turn.plan(SYNC)
    with pytest.raises(BaseExceptionGroup):
        turn.push(plan, step=die_at("written_ahead"))

    def another_writes_and_hears_nothing() -> None:
        turn.at += TEN_MINUTES
        turn.shop.goes_down_after_a_write = True
        push_by_another(turn, plan.plan_id)
        turn.shop.is_down = turn.shop.goes_down_after_a_write = False
        assert turn.shop.values("11") == [7]

    turn.push(plan, step=once(label, another_writes_and_hears_nothing))
    turn.at += timedelta(days=1)
    turn.push(plan)
    assert turn.shop.values("11") == [7]
    assert turn.states(plan) == ["accepted"]
