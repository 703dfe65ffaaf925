"""J-36: what is still expected back of a month's goods, who says at which rate, and where it counts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story
from tests.transform.journal_entries import entry, lines, told
from tests.transform.warehouse import TRANSFORM

SALE, LATE_SALE, NOVEMBER = date(2026, 10, 10), date(2026, 10, 31), date(2026, 11, 2)
KEY = "je:main:journal:returns:USD:2026-10"
FIGURES = "select sold_minor, returned_minor, expected_minor, provision_minor, right_to_goods_minor from {{ ref('fct_returns_provisions') }} where period_month = '2026-10'"


def policy(**columns: Any) -> dict[str, Any]:
    """A tenth of what was sold in thirty days comes back, and is worth four tenths of its price."""
    known = {"entity_id": "main", "valid_from": "2026-01-01", "method": "stated_rate", "return_rate_ppm": 100_000}
    return known | {"return_days": 30, "recoverable_ppm": 400_000, "is_posted": True} | columns


def october(story: Story) -> None:
    """Goods of 95.00 + 5.00, one piece of 4.00 back within the month; something in November, so that October is over."""
    story.sell("a", ("product", 9_500, 0, 0), ("shipping", 700, 0, 0), day=SALE)
    story.sell("b", ("product", 500, 0, 0), day=LATE_SALE)
    story.refund("a", 1, 400, 0, day=date(2026, 10, 20))
    story.sell("c", ("product", 10, 0, 0), day=NOVEMBER)


def posted(*rows: dict[str, Any]) -> CanonicalRows:
    return told(october, returns_provision_policies=list(rows))


@pytest.fixture(scope="module")
def october_posted() -> CanonicalRows:
    """Every model once, for the claims about one world."""
    return posted(policy())


def identity(world: CanonicalRows, name: str) -> list[tuple[Any, ...]]:
    paths = sorted((TRANSFORM / "tests").glob(f"assert_{name}*.sql"))
    assert paths
    return [row for path in paths for row in world.query(path.read_text().partition("}}")[2])]


def test_j_36_returns_are_provided_for_at_the_end_of_the_month_and_turned_back_the_day_after(
    october_posted: CanonicalRows,
) -> None:
    # A tenth of 100.00 is 10.00, of which 4.00 is back: 6.00, and four tenths of that on the shelf.
    world = october_posted
    assert world.query(FIGURES) == [(10_000, 400, 1_000, 600, 240)]
    provided = lines("Dr 4020 6.00; Cr 2310 6.00; Dr 1320 2.40; Cr 5000 2.40")
    assert entry(world, f"{KEY}:provided") == provided
    assert entry(world, f"{KEY}:provision_reversed") == {account: -amount for account, amount in provided.items()}
    assert world.query(
        f"select distinct entry_date, recipe from {{{{ ref('fct_journal_lines') }}}} where event_id like '{KEY}%' order by 1"
    ) == [(date(2026, 10, 31), "J-36"), (date(2026, 11, 1), "J-36")]


@pytest.mark.parametrize("name", ["i_11", "i_12", "i_28", "i_20_money"])
def test_identities_hold_with_a_provision(october_posted: CanonicalRows, name: str) -> None:
    assert identity(october_posted, name) == []


def test_the_ledger_has_it_only_where_the_accountants_row_asks_for_it() -> None:
    world = posted(policy(is_posted=False))
    assert world.query(FIGURES) == [(10_000, 400, 1_000, 600, 240)]
    assert world.query("select count(*) from {{ ref('fct_returns_provision_lines') }}") == [(0,)]


CHOSEN = [
    # (rows, the rate that applies in October)
    ([policy(entity_id="*"), policy(return_rate_ppm=50_000)], 50_000),
    ([policy(), policy(valid_from="2026-10-31", return_rate_ppm=70_000)], 70_000),
    ([policy(), policy(valid_from="2026-11-01", return_rate_ppm=70_000)], 100_000),
    ([policy(entity_id="europe")], None),
]


@pytest.mark.parametrize(("rows", "rate"), CHOSEN)
def test_the_nearest_and_newest_row_applies_whole(rows: list[dict[str, Any]], rate: int | None) -> None:
    rates = "select return_rate_ppm from {{ ref('fct_returns_provisions') }} where period_month = '2026-10'"
    assert posted(*rows).query(rates) == [(rate,)]


def test_goods_sold_before_the_days_of_return_are_settled() -> None:
    # Ten days up to the 31st begin on the 22nd: only b is still open.
    assert posted(policy(return_days=10)).query(FIGURES) == [(500, 0, 50, 50, 20)]


def test_more_back_than_expected_provides_for_nothing() -> None:
    world = posted(policy(return_rate_ppm=10_000))
    assert world.query(FIGURES) == [(10_000, 400, 100, 0, 0)]
    assert world.query("select count(*) from {{ ref('fct_returns_provision_lines') }}") == [(0,)]


CHECK = "select contradictions, examined from {{ ref('fct_close_checks') }} where check_code = 'returns_provision' and period_month = '2026-10'"


def test_a_close_warns_where_nobody_stated_a_rate_and_not_where_none_is_wanted(october_posted: CanonicalRows) -> None:
    assert october_posted.query(CHECK) == [(0, 1)]
    nobody = posted(policy(entity_id="europe"))
    told_by_nobody = nobody.query(
        "select method from {{ ref('fct_returns_provisions') }} where period_month = '2026-10'"
    )
    assert told_by_nobody == [(None,)]
    assert nobody.query(CHECK) == [(1, 1)]
    none_wanted = posted(policy(method="none", is_posted=False)).query(FIGURES)
    assert none_wanted == [(10_000, 400, 0, 0, 0)]


def test_a_provision_in_another_currency_waits_for_the_rate_of_the_last_day() -> None:
    def in_euro(story: Story) -> None:
        story.currency = "EUR"
        october(story)

    amounts = "select entry_date, base_amount_minor from {{ ref('fct_returns_provision_lines') }} where line_number in (1, 3) order by 1, line_number"
    rate = {
        "base_currency_code": "EUR",
        "quote_currency_code": "USD",
        "purpose": "book",
        "source": "us",
        "rate": "1.10",
    }
    # 6.00 and 2.40 euro at 1.10, in October and turned back in November alike; without the rate of the day, nothing.
    for day, expected in (("2026-10-31", (660, 264)), ("2026-10-30", (None, None))):
        world = told(in_euro, returns_provision_policies=[policy()], fx_rates=[rate | {"rate_date": day}])
        found = world.query(amounts)
        assert [amount for _, amount in found] == [*expected, *expected]


def closed(world: CanonicalRows) -> CanonicalRows:
    close = {"close_id": "main:2026-10", "entity_id": "main", "period_month": "2026-10"}
    frozen = {"table_name": "fct_returns_provisions", "row_key": "main:2026-10:USD", "currency_code": "USD", **close}
    amounts = {"provision_minor": 777, "right_to_goods_minor": 300}
    world.rows("can_closes", close)
    return world.rows(
        "can_closed_amounts", *({**frozen, "measure": name, "amount_minor": amount} for name, amount in amounts.items())
    )


def test_a_closed_month_keeps_its_estimate_and_the_next_one_turns_back_just_that() -> None:
    world = closed(posted(policy()))
    reversed_lines = "select account_number, signed_minor from {{ ref('fct_returns_provision_lines') }} where event_id like '%reversed'"
    assert dict(world.query(reversed_lines)) == lines("Cr 4020 7.77; Dr 2310 7.77; Cr 1320 3.00; Dr 5000 3.00")
    assert identity(world, "i_25") == []
    assert world.query("select * from {{ ref('fct_close_changes') }} where table_name = 'fct_returns_provisions'") == []


def test_the_books_are_asked_for_both_entries_and_their_document_explains_itself(october_posted: CanonicalRows) -> None:
    world = october_posted
    documents = "select document_key, document_date, total_minor, held_back_reason from {{ ref('fct_expected_journal_documents') }} order by 2"
    assert world.query(documents) == [
        (f"{KEY}:provided:0", date(2026, 10, 31), 840, None),
        (f"{KEY}:provision_reversed:0", date(2026, 11, 1), 840, None),
    ]

    def booked(story: Story) -> None:
        october(story)
        story.book("p", ("4020", -600), ("2310", 600), kind="journal_entry", day=date(2026, 10, 31))
        story.rows["book_documents"][-1]["memo"] = f"{KEY}:provided:0"

    world = told(booked, returns_provision_policies=[policy()])
    assert world.query("select booked_revenue_minor from {{ ref('fct_book_matches') }}") == [(0,)]
    assert world.query("select count(*) from {{ ref('fct_booked_entries') }}") == [(0,)]
