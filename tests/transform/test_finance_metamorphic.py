"""What must not change the finance tables does not: the order rows came in, and who else is in the warehouse."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.finance_rows import Row
from tests.transform.finance_worlds import Shop, happenings, together
from tests.transform.warehouse import contract, identities

# Where one fails, hypothesis would stop at the thousands of rows it has to print.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

MODELS = tuple(
    sorted(
        path.stem for folder in ("finance", "journal") for path in (TRANSFORM / "models/marts" / folder).glob("*.sql")
    )
)
# What the names of the identities of money begin with.
MONEY = ("assert_i_", "assert_margins_", "assert_provisions_", "assert_trial_balance_")
# A warehouse holds this many random shops; the proof fills twenty, five hundred shops in all.
ALWAYS, A_WAREHOUSE, WAREHOUSES = 6, 25, 20


def shops(count: int) -> st.SearchStrategy[list[Shop]]:
    """So many shops, each with what its own dice say happens in it; their order numbers are the same."""
    dice = st.lists(st.integers(0, 10**9), min_size=count, max_size=count, unique=True)
    return dice.map(lambda seeds: [_shop(nth, random.Random(seed)) for nth, seed in enumerate(seeds)])


def _shop(nth: int, dice: random.Random) -> Shop:
    """One in three has another currency."""
    shop = Shop(f"w{nth}", "EUR" if nth % 3 == 2 else "USD")
    shop.tell(happenings(dice, dice.randint(1, 12)))
    return shop


def drawn(examples: int) -> settings:
    """Nothing is made smaller when it fails: a smaller draw is another warehouse of shops."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


def built(tables: Mapping[str, Sequence[Row]]) -> CanonicalRows:
    # A day of its own: without one, "today" is the newest order of all shops.
    warehouse = CanonicalRows(as_of="2027-01-31")
    for table, rows in tables.items():
        warehouse.rows(table, *rows)
    for model in MODELS:
        warehouse.build(model)
    return warehouse


Digests = dict[str, tuple[int, str]]


def contents(warehouse: CanonicalRows, entities: Sequence[str] = ()) -> dict[str, Digests]:
    """Count and order-free digest of each finance table: whole, under "", or of each of these entities."""
    knowing = [model for model in MODELS if "entity_id" in contract(model)]
    found: dict[str, Digests] = {entity: {} for entity in entities or ("",)}
    for model in knowing if entities else MODELS:
        whose = "entity_id" if entities else "''"
        rows = f"select {whose}, count(*), cast(sum(hash(each)) as varchar) from {model} as each group by 1"
        for entity, count, digest in warehouse.query(rows):
            if entity in found:
                found[entity][model] = (count, digest)
    warehouse.connection.close()
    return found


def shuffled(tables: Mapping[str, Sequence[Row]], rng: random.Random) -> dict[str, list[Row]]:
    return {table: rng.sample(list(rows), len(rows)) for table, rows in tables.items()}


def keeps_every_identity(shops: Sequence[Shop]) -> None:
    warehouse = built(together(shops))
    asked = [path for prefix in MONEY for path in identities(prefix)]
    broken = {path.stem: rows for path in asked if (rows := warehouse.query(path.read_text()))}
    warehouse.connection.close()
    assert not broken


def is_the_same_in_any_order(shops: Sequence[Shop], rng: random.Random) -> None:
    tables = together(shops)
    assert contents(built(shuffled(tables, rng))) == contents(built(tables))


def is_the_same_beside_others(shops: Sequence[Shop]) -> None:
    """Each shop among all of them, and among every second one.

    The newest day of any company tells which months are over and what is overdue: a company of its own tells it, each time.
    """
    day = Shop("the day")
    day.add("bank_lines", bank_line_id="the day", amount_minor=1, value_date=date(2027, 1, 31))
    among_all = contents(built(together([*shops, day])), [shop.entity for shop in shops])
    assert all(among_all.values())
    for some in (shops[::2], shops[1::2]):
        assert contents(built(together([*some, day])), [shop.entity for shop in some]) == {
            shop.entity: among_all[shop.entity] for shop in some
        }


@drawn(1)
@given(shops(ALWAYS))
def test_every_identity_holds_whatever_happens_in_a_shop(shops: list[Shop]) -> None:
    keeps_every_identity(shops)


@drawn(1)
@given(shops(ALWAYS), st.randoms(use_true_random=False))
def test_i_26_tables_do_not_depend_on_the_order_of_their_input(shops: list[Shop], rng: random.Random) -> None:
    is_the_same_in_any_order(shops, rng)


@drawn(1)
@given(shops(ALWAYS))
def test_other_shops_change_no_number_of_a_shop(shops: list[Shop]) -> None:
    is_the_same_beside_others(shops)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@drawn(WAREHOUSES)
@given(shops(A_WAREHOUSE))
def test_every_identity_holds_in_five_hundred_shops(shops: list[Shop]) -> None:
    keeps_every_identity(shops)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@drawn(WAREHOUSES)
@given(shops(A_WAREHOUSE), st.randoms(use_true_random=False))
def test_i_26_five_hundred_shops_in_any_order_give_the_same_tables(shops: list[Shop], rng: random.Random) -> None:
    is_the_same_in_any_order(shops, rng)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@drawn(WAREHOUSES)
@given(shops(A_WAREHOUSE))
def test_five_hundred_shops_beside_others_are_the_same(shops: list[Shop]) -> None:
    is_the_same_beside_others(shops)
