"""Down at once, up with proof; and what a channel's number is when it is not the one we wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reverse_etl.shown import Cause, Shown
from reverse_etl.stock_moves import Unproven, move

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("wanted", "shown", "is_proven", "goes"),
    [(4, 5, False, True), (5, 5, False, True), (6, 5, False, False), (6, 5, True, True), (6, None, False, True)],
)
def test_only_an_increase_needs_a_proof(wanted, shown, is_proven, goes):
    assert (move(wanted, shown, is_proven, None, NOW).held is None) is goes


def test_an_increase_goes_when_a_second_reading_a_minute_later_agrees_and_not_when_it_says_otherwise():
    first = move(6, 5, False, None, NOW).unproven
    assert first == Unproven(6, 5, NOW)
    assert move(6, 5, False, first, NOW + MINUTE / 2).held
    assert move(6, 5, False, first, NOW + MINUTE).held is None
    assert move(7, 5, False, first, NOW + MINUTE).held
    assert move(6, 4, False, first, NOW + MINUTE).held
    # Seen again too early, it keeps the moment it was first seen.
    assert move(6, 5, False, first, NOW + MINUTE / 2).unproven == first


def shown_after(*writes: int) -> Shown:
    shown = Shown({"a": 20}, NOW - 10 * MINUTE)
    for number, quantity in enumerate(writes):
        shown.wrote("a", quantity, NOW + timedelta(seconds=number))
    return shown


def test_our_newest_write_told_back_is_an_echo_and_an_older_one_is_asked_about():
    shown, later = shown_after(19, 18), NOW + timedelta(seconds=3)
    assert shown.read("a", 18, later) is Cause.ECHO
    assert shown_after(19, 18).read("a", 19, later) is Cause.LATE
    assert shown.of("a").quantity == 18


def test_a_lower_number_is_a_sale_and_a_higher_one_an_edit_unless_something_was_put_back():
    later = NOW + 5 * MINUTE
    assert shown_after(18).read("a", 15, later) is Cause.SALE
    assert shown_after(18).read("a", 30, later) is Cause.EDIT
    assert shown_after(18).read("a", 19, later, is_returned=True) is Cause.RETURN
    assert shown_after(18).read("a", 30, NOW + timedelta(seconds=2)) is Cause.LATE


def test_the_number_from_before_our_write_is_no_news_unless_the_channel_tells_it_again():
    later = NOW + MINUTE
    assert shown_after(18).read("a", 20, later) is None
    assert shown_after(18).read("a", 20, later, is_told=True) is Cause.LATE
    shown = shown_after(18)
    assert shown.read("a", 18, later, is_told=True) is Cause.ECHO
    assert shown.read("a", 18, later, is_told=True) is None


def test_a_new_snapshot_keeps_what_was_learnt_since_it_was_read_and_forgets_the_rest():
    before = shown_after(18)
    assert Shown({"a": 25}, NOW + timedelta(minutes=5), before).of("a").quantity == 18
    assert Shown({"a": 25}, NOW + timedelta(minutes=30), before).of("a").quantity == 25


def test_what_the_ledger_remembers_from_before_a_reading_is_no_news():
    shown = Shown({"a": 20}, NOW)
    shown.wrote("a", 7, NOW - MINUTE)
    assert shown.of("a").quantity == 20
