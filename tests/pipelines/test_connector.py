"""A declaration that can not work is refused when it is written; records become rows without losing a field."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.connector import Notices, Resource, moment, shape, snake


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("totalPriceSet", "total_price_set"),
        ("OnHand", "on_hand"),
        ("_links", "links"),
        ("SKU", "sku"),
        ("date_paid_gmt", "date_paid_gmt"),
    ],
)
def test_names_become_snake_case(theirs: str, ours: str) -> None:
    assert snake(theirs) == ours


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": {"id": "float"}, "snapshot": True},  # no such type: money would pass through double
        {"columns": {"sku": "text"}, "snapshot": True},  # the key is not declared
        {"columns": {"id": "text"}, "cursor": "updated_at"},  # the cursor is not declared
        {"columns": {"id": "text"}},  # neither a cursor nor a stated snapshot
        {"columns": {"id": "text", "at": "text"}, "cursor": "at", "snapshot": True},  # both
    ],
)
def test_a_declaration_that_can_not_work_is_refused(wrong: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match="things"):
        Resource(name="things", fetch=lambda *_: iter([]), **wrong)


def test_what_is_not_declared_is_set_aside_and_counted() -> None:
    resource = Resource("things", {"id": "text", "unit_price": "text"}, lambda *_: iter([]), snapshot=True)
    notices = Notices()
    row = shape({"id": "1", "unitPrice": "2.50", "newField": {"a": 1}}, resource, "main", notices, "raw_shop.things")
    assert row == {"account_id": "main", "id": "1", "unit_price": "2.50", "_undeclared": {"new_field": {"a": 1}}}
    assert notices.undeclared == {("raw_shop.things", "new_field"): 1}


@pytest.mark.parametrize(
    "value", ["2026-10-06T10:00:00Z", "2026-10-06T10:00:00", "2026-10-06T06:00:00-04:00", 1791280800]
)
def test_a_cursor_is_a_moment_in_utc(value: str | int) -> None:
    assert moment(value) == datetime(2026, 10, 6, 10, tzinfo=UTC)
