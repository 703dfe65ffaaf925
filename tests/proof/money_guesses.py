"""Money that names no order, each story in a company of its own: some of it may be matched by what fits, some a person has matched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.transform import test_matches_without_a_name as guesses
from tests.transform.finance_rows import Row, Story

LIMITS = {"charge": 5_000, "bank_line": 10_000}


def _early(story: Story) -> None:
    guesses.early_by_terms(story, date(2026, 10, 11))


def _late(story: Story) -> None:
    guesses.early_by_terms(story, date(2026, 10, 12))


def _too_much(story: Story) -> None:
    guesses.paid_by_card(story, "a", amount=5_001)
    guesses.charged(story, "ch_1", amount=5_001)
    guesses.invoiced(story, "1001", 10_001)
    guesses.came(story, "line", 10_001)


def _named_by_the_line(story: Story) -> None:
    guesses.two_invoices_of_one_amount(story)
    story.rows["bank_lines"][0]["description"] = "INVOICE 1001"


STORIES: tuple[Callable[[Story], None], ...] = (
    guesses.one_that_fits, guesses.a_silent_transfer, *guesses.CHARGES_THAT_WAIT, *guesses.TRANSFERS_THAT_WAIT, guesses.told_in_the_storefront,
    _early, _late, _too_much, _named_by_the_line,
)  # fmt: skip
COMPANIES = {f"guess{nth}": story for nth, story in enumerate(STORIES)}
# Told by a person: the platform's id of the money, and the number of the order.
BY_HAND = {
    guesses.two_charges_for_one_order: ("charge", "ch_2", "a"),
    guesses.other_amount: ("charge", "ch_1", "a"),
    guesses.half_of_it: ("bank_line", "line", "1001"),
    _named_by_the_line: ("bank_line", "line", "1002"),
}


def seeds() -> dict[str, list[Row]]:
    """What each company lets be matched, and what people said."""
    limits: list[dict[str, Any]] = [
        {"entity_id": company, "match_type": kind, "up_to_minor": limit}
        for company in COMPANIES
        for kind, limit in LIMITS.items()
    ]
    said = [
        {
            "match_type": BY_HAND[story][0], "platform": {"charge": "stripe", "bank_line": "shop"}[BY_HAND[story][0]], "account_id": f"{company} main",
            "platform_id": f"{company}-{BY_HAND[story][1]}", "order_number": f"{company}-{BY_HAND[story][2]}", "matched_by": "jo", "because": "asked",
        }
        for company, story in COMPANIES.items() if story in BY_HAND
    ]  # fmt: skip
    everybody = [{"entity_id": "*", "match_type": kind, "up_to_minor": 0} for kind in LIMITS]
    return {"match_policies": limits + everybody, "matches_by_hand": said}
