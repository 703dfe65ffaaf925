"""However the platforms' answers come in - in any order, twice, late, in other batches - the finance tables are the same rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.proof.raw_worlds import RawWorld, Records, at_once, load, recorded, scattered, tables
from tests.transform.raw_rows import RawRows
from tests.transform.test_finance_metamorphic import MODELS, drawn
from tests.transform.warehouse import contract

# The simplest draw comes first, and is the only one of the sample: it must not be a world in which nothing happens.
WORLD = st.builds(RawWorld, share=st.sampled_from([150, 60, 100, 200, 20]), seed=st.integers(0, 10**9))
# A warehouse holds this many worlds; the proof fills ten of them, five hundred worlds in all.
ALWAYS, A_WAREHOUSE, WAREHOUSES = 6, 50, 10


def apart(count: int) -> st.SearchStrategy[list[RawWorld]]:
    """So many worlds, no two with the same dice."""
    drawn = st.lists(WORLD, min_size=count, max_size=count)
    return drawn.map(lambda worlds: [replace(world, seed=world.seed * count + nth) for nth, world in enumerate(worlds)])


def contents(world: RawRows) -> dict[str, dict[str, tuple[int, str]]]:
    """Model → company → count and order-free digest of its rows."""
    found = {}
    for model in MODELS:
        world.build(model)
        whose = "entity_id" if "entity_id" in contract(model) else "'all'"
        rows = world.query(
            f"select {whose}, count(*), cast(sum(hash(each)) as varchar) from {model} as each group by 1 order by 1"
        )
        found[model] = {entity: (count, digest) for entity, count, digest in rows}
    world.connection.close()
    return found


def is_the_same_however_it_came(answers: Records, worlds: list[RawWorld], loads: int) -> None:
    """All worlds at once in one warehouse, each scattered over several loads in another."""
    named = {f"w{nth}": world for nth, world in enumerate(worlds)}
    records = {name: world.of(answers) for name, world in named.items()}
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        load(Path(one), {name: at_once(records[name]) for name in named})
        load(Path(other), {name: scattered(records[name], world.seed, loads) for name, world in named.items()})
        whole = contents(tables(Path(one), list(named)))
        again = contents(tables(Path(other), list(named)))
    assert again == whole
    assert whole["fct_journal_entries"]


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Every load of a platform takes dlt a second: the sample has two."""
    return recorded(tmp_path_factory.mktemp("answers"), ("woocommerce", "stripe"))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Records:
    return recorded(tmp_path_factory.mktemp("answers"))


@drawn(1)
@given(worlds=apart(ALWAYS))
def test_i_26_full_reload_and_scattered_loads_make_the_same_finance_tables(
    some: Records, worlds: list[RawWorld]
) -> None:
    is_the_same_however_it_came(some, worlds, loads=2)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@drawn(WAREHOUSES)
@given(worlds=apart(A_WAREHOUSE))
def test_i_26_five_hundred_worlds_are_the_same_however_they_were_loaded(
    answers: Records, worlds: list[RawWorld]
) -> None:
    is_the_same_however_it_came(answers, worlds, loads=3)
