"""The atoms of every story add up to both ends of every bridge, and a wrong join shows."""

from __future__ import annotations

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story, golden
from tests.transform.test_finance_cases import CASES
from tests.transform.warehouse import TRANSFORM

IDENTITY = next((TRANSFORM / "tests").glob("assert_i_20_money_atoms_*.sql")).read_text().partition("}}")[2]
TELLS = list(dict.fromkeys(tell for tell, _, _ in CASES))


def world(story: Story) -> CanonicalRows:
    rows = CanonicalRows()
    for noun, found in story.rows.items():
        rows.rows(f"can_{noun}", *found)
    return rows


def test_the_atoms_of_all_that_can_happen_make_both_ends_of_each_bridge() -> None:
    story = Story()
    story.sell("plain", ("product", 1_000, 0, 0))
    story.book("plain", ("4000", 1_000))
    for tell in TELLS:
        tell(story)
    rows = world(story)
    assert rows.query(IDENTITY) == []
    [(atoms, keys)] = rows.query("select count(*), count(distinct money_atom_id) from {{ ref('fct_money_atoms') }}")
    assert atoms == keys > len(TELLS)


def test_the_golden_month_falls_into_atoms_that_four_systems_agree_on_or_not() -> None:
    rows = world(golden())
    assert rows.query(IDENTITY) == []
    sums = """select sum(storefront_minor) filter (month(storefront_date) = 10), sum(bank_minor) filter (month(bank_date) = 10),
                     sum(recognised_minor) filter (month(recognised_date) = 10), sum(books_minor) filter (month(books_date) = 10)
              from {{ ref('fct_money_atoms') }}"""
    assert rows.query(sums) == [(4_700_000, 4_320_000, 4_083_000, 4_480_000)]


def test_a_leg_and_its_charge_are_one_atom_with_the_days_of_all_systems() -> None:
    story = Story()
    story.sell("one", ("product", 1_000, 0, 0), fee=30)
    found = world(story).query(
        "select component, storefront_minor, processor_minor, bank_minor, storefront_date = processor_date"
        " from {{ ref('fct_money_atoms') }} where order_id = 'one' and storefront_minor is not null"
    )
    assert found == [("tender leg", 1_000, 1_000, None, True)]


def test_an_atom_that_is_lost_breaks_the_identity() -> None:
    rows = world(golden())
    rows.build("fct_money_atoms")
    rows.connection.execute("delete from fct_money_atoms where component = 'dispute'")
    assert [(system, gap) for *_, system, gap in rows.query(IDENTITY)] == [("bank", 13_500)]
