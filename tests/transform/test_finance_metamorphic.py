"""What must not change the finance tables does not: the order rows came in, and who else is in the warehouse."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.finance_rows import Row
from tests.transform.finance_worlds import HAPPENINGS, Happening, Shop, together
from tests.transform.warehouse import contract, identities

MODELS = tuple(
    sorted(
        path.stem for folder in ("finance", "journal") for path in (TRANSFORM / "models/marts" / folder).glob("*.sql")
    )
)
WORLD = st.lists(HAPPENINGS, max_size=12)
ALWAYS, PROOF = 3, 500


def worlds(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )


def built(tables: Mapping[str, Sequence[Row]]) -> CanonicalRows:
    # A day of its own: without one, "today" is the newest order of all shops.
    warehouse = CanonicalRows(as_of="2027-01-31")
    for table, rows in tables.items():
        warehouse.rows(table, *rows)
    for model in MODELS:
        warehouse.build(model)
    return warehouse


# Whether a month is over, the newest day of any company tells: a provision is made then.
TOLD_BY_ALL = {"fct_returns_provisions", "fct_returns_provision_lines"}


def contents(warehouse: CanonicalRows, entity: str | None = None) -> dict[str, tuple[int, str]]:
    """Count and order-free digest of every finance table; of the tables that know entities, if one is named."""
    knowing = [model for model in MODELS if "entity_id" in contract(model) and model not in TOLD_BY_ALL]
    found = {model: _digest(warehouse, model, entity) for model in (knowing if entity else MODELS)}
    warehouse.connection.close()
    return found


def _digest(warehouse: CanonicalRows, model: str, entity: str | None) -> tuple[int, str]:
    rows = f"select * from {model} where entity_id = '{entity}'" if entity else f"select * from {model}"
    [found] = warehouse.query(f"select count(*), cast(coalesce(sum(hash(each)), 0) as varchar) from ({rows}) as each")
    return found


def shuffled(tables: Mapping[str, Sequence[Row]], rng: random.Random) -> dict[str, list[Row]]:
    return {table: rng.sample(list(rows), len(rows)) for table, rows in tables.items()}


def keeps_every_identity(mine: list[Happening], theirs: list[Happening]) -> None:
    warehouse = built(together([Shop("main").tell(mine), Shop("europe", "EUR").tell(theirs)]))
    broken = {path.stem: rows for path in identities("assert_i_") if (rows := warehouse.query(path.read_text()))}
    warehouse.connection.close()
    assert not broken


def is_the_same_in_any_order(mine: list[Happening], rng: random.Random) -> None:
    tables = together([Shop("main").tell(mine), Shop("outlet").tell(mine[::2])])
    assert contents(built(shuffled(tables, rng))) == contents(built(tables))


def is_the_same_beside_another_shop(mine: list[Happening], theirs: list[Happening]) -> None:
    """Order numbers are the same in both shops, and so is the currency."""
    alone = built(together([Shop("main").tell(mine)]))
    beside = built(together([Shop("outlet").tell(theirs), Shop("main").tell(mine)]))
    assert contents(beside, "main") == contents(alone, "main")


@worlds(ALWAYS)
@given(WORLD, WORLD)
def test_every_identity_holds_whatever_happens_in_a_shop(mine: list[Happening], theirs: list[Happening]) -> None:
    keeps_every_identity(mine, theirs)


@worlds(ALWAYS)
@given(WORLD, st.randoms(use_true_random=False))
def test_tables_do_not_depend_on_the_order_of_their_input(mine: list[Happening], rng: random.Random) -> None:
    is_the_same_in_any_order(mine, rng)


@worlds(ALWAYS)
@given(WORLD, WORLD)
def test_a_second_shop_changes_no_number_of_the_first(mine: list[Happening], theirs: list[Happening]) -> None:
    is_the_same_beside_another_shop(mine, theirs)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@worlds(PROOF)
@given(WORLD, WORLD)
def test_every_identity_holds_in_five_hundred_worlds(mine: list[Happening], theirs: list[Happening]) -> None:
    keeps_every_identity(mine, theirs)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@worlds(PROOF)
@given(WORLD, st.randoms(use_true_random=False))
def test_five_hundred_worlds_in_any_order_give_the_same_tables(mine: list[Happening], rng: random.Random) -> None:
    is_the_same_in_any_order(mine, rng)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@worlds(PROOF)
@given(WORLD, WORLD)
def test_five_hundred_worlds_beside_another_shop_are_the_same(mine: list[Happening], theirs: list[Happening]) -> None:
    is_the_same_beside_another_shop(mine, theirs)
