"""I-04: nothing is captured beyond what was authorised, nor after the authorisation is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.finance_rows import OCTOBER, Story, noon
from tests.transform.journal_entries import told

pytestmark = pytest.mark.dbt


def leg(
    story: Story, name: str, kind: str, amount: int, parent: str | None = None, hour: int = 0, **columns: Any
) -> None:
    at = noon(OCTOBER) + timedelta(hours=hour)
    known = {"order_payment_id": name, "payment_type": kind, "parent_payment_id": parent, "processed_at": at}
    story.pay("a", amount, **known | columns)


def authorised(story: Story) -> None:
    """100.00 are authorised for an order of 100.00."""
    story.order("a", ("product", 10_000, 0, 0))
    leg(story, "auth", "authorization", 10_000)


def in_two_parts(story: Story) -> None:
    authorised(story)
    leg(story, "one", "capture", 6_000, "auth", 1)
    leg(story, "two", "capture", 4_000, "auth", 2)


def in_two_parts_and_a_cent(story: Story) -> None:
    authorised(story)
    leg(story, "one", "capture", 6_000, "auth", 1)
    leg(story, "two", "capture", 4_001, "auth", 2)


def in_parts_of_no_authorisation(story: Story) -> None:
    """The platform names no authorisation of them; the order's is all there is."""
    authorised(story)
    leg(story, "one", "capture", 6_000)
    leg(story, "two", "capture", 4_001)


def two_authorisations_one_too_far(story: Story) -> None:
    """150.00 are authorised in two, and 60.00 are captured on the one of 50.00."""
    authorised(story)
    leg(story, "second", "authorization", 5_000)
    leg(story, "one", "capture", 6_000, "second", 1)


def captured_and_the_rest_voided(story: Story) -> None:
    authorised(story)
    leg(story, "one", "capture", 6_000, "auth", 1)
    leg(story, "gone", "void", 10_000, "auth", 2)


def captured_after_the_void(story: Story) -> None:
    authorised(story)
    leg(story, "gone", "void", 10_000, "auth", 1)
    leg(story, "one", "capture", 6_000, "auth", 2)


def a_capture_voided(story: Story) -> None:
    in_two_parts(story)
    leg(story, "gone", "void", 4_000, "two", 3)


def a_capture_refused(story: Story) -> None:
    in_two_parts(story)
    leg(story, "more", "capture", 9_000, "auth", 3, payment_status="failed")


def sold_at_once(story: Story) -> None:
    story.order("a", ("product", 10_000, 0, 0))
    leg(story, "sale", "sale", 10_000)


BEYOND, BEYOND_ALL = "captured beyond the authorisation", "captured beyond all authorisations of the order"
CASES: list[tuple[Callable[[Story], None], int, list[tuple[str, str]]]] = [
    # story, allowed beyond in millionths, what is wrong
    (in_two_parts, 0, []),
    (in_two_parts_and_a_cent, 0, [("a", BEYOND_ALL), ("auth", BEYOND)]),
    (in_two_parts_and_a_cent, 99, [("a", BEYOND_ALL), ("auth", BEYOND)]),  # a cent of 100.00 is 100 millionths
    (in_two_parts_and_a_cent, 100, []),
    (in_parts_of_no_authorisation, 0, [("a", BEYOND_ALL)]),
    (two_authorisations_one_too_far, 0, [("second", BEYOND)]),
    (captured_and_the_rest_voided, 0, []),
    (captured_after_the_void, 0, [("one", "captured after the authorisation was voided")]),
    (a_capture_voided, 0, [("two", "voided, and counted as captured")]),
    (a_capture_refused, 0, []),
    (sold_at_once, 0, []),
]


@pytest.mark.parametrize(("story", "allowed", "expected"), CASES, ids=[f"{row[0].__name__} {row[1]}" for row in CASES])
def test_i_04_names_what_was_captured_without_leave(
    story: Callable[[Story], None], allowed: int, expected: list[tuple[str, str]]
) -> None:
    world = told(story)
    world.variables["allowed_over_capture_ppm"] = allowed
    assert sorted(world.query(identity())) == expected


def test_i_04_holds_what_an_order_is_said_to_have_authorised() -> None:
    world: CanonicalRows = told(in_two_parts)
    world.build("fct_order_reconciliation")
    world.connection.execute("update fct_order_reconciliation set authorised_minor = authorised_minor + 1")
    assert world.query(identity()) == [("a", "authorised otherwise than its authorisations")]


def identity() -> str:
    return (TRANSFORM / "tests/assert_i_04_captures_are_within_their_authorisation.sql").read_text()
