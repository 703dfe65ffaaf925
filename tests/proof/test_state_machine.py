"""Any interleaving of crashes, workers, edits, wishes, faults and pauses ends in the last wish, each effect once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.document_machines import Deposits, Parcels, Receipts
from tests.proof.engine_machine import EngineMachine
from tests.proof.value_machines import HubspotContacts, KlaviyoProfiles, ShopifyStock, WooStock

# Every guard, as the syncs declare it: compare-and-set, upsert, key in the request, look-up then create.
MACHINES = (ShopifyStock, WooStock, HubspotContacts, KlaviyoProfiles, Receipts, Deposits, Parcels)


def run(machine: type[EngineMachine], examples: int, steps: int, *, derandomize: bool) -> None:
    """derandomize: the same histories each time; without it every run looks for new ones, and prints the one that fails."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=derandomize,
        database=None,
        # A failing example is printed as it was found; making it smaller takes minutes of pushes.
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_few_interleavings_end_in_the_last_wish_each_effect_once(machine: type[EngineMachine]) -> None:
    run(machine, examples=2, steps=15, derandomize=True)


def on(new_store: Callable[[], str], machine: type[EngineMachine]) -> type[EngineMachine]:
    """The machine, each of its histories with a store of its own."""
    return type(machine.__name__, (machine,), {"new_store": staticmethod(new_store)})


def test_a_few_interleavings_end_so_on_postgresql_too(new_store) -> None:
    run(on(new_store, ShopifyStock), examples=2, steps=15, derandomize=True)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("machine", [ShopifyStock, HubspotContacts, Receipts])
def test_many_interleavings_end_so_on_postgresql_too(machine: type[EngineMachine], new_store) -> None:
    run(on(new_store, machine), examples=30, steps=30, derandomize=False)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("machine", MACHINES)
def test_many_interleavings_end_in_the_last_wish_each_effect_once(machine: type[EngineMachine]) -> None:
    run(machine, examples=60, steps=30, derandomize=False)
