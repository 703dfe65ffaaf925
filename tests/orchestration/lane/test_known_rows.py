"""What the lane knows of a channel's rows without computing: the newest of each SKU, and never half of what was asked."""

from __future__ import annotations

import pytest

from orchestration.lane.known_rows import KnownRows, Row


def rows(*pairs: tuple[str, int]) -> list[Row]:
    return [{"sku": sku, "quantity": units} for sku, units in pairs]


def known(*pairs: tuple[str, int], skus: tuple[str, ...], most: int = 100) -> KnownRows:
    found = KnownRows(most)
    found.learn(rows(*pairs), skus)
    return found


def test_the_newest_rows_of_a_sku_stand_and_those_of_others_stay() -> None:
    found = known(("CUP", 4), ("CUP", 1), ("RUG", 7), skus=("CUP", "RUG"))
    found.learn(rows(("CUP", 3)), {"CUP"})
    assert found.of(["RUG", "CUP"]) == [{"sku": "CUP", "quantity": 3}, {"sku": "RUG", "quantity": 7}]


def test_a_sku_the_channel_does_not_list_has_no_rows_and_is_known_to_have_none() -> None:
    found = known(("CUP", 4), skus=("CUP", "LAMP"))
    assert found.missing(["LAMP", "RUG"]) == ["RUG"]
    assert found.of(["LAMP"]) == []


def test_what_was_never_computed_is_not_answered_in_part() -> None:
    found = known(("CUP", 4), skus=("CUP",))
    with pytest.raises(KeyError):
        found.of(["CUP", "RUG"])


def test_on_a_new_day_only_what_was_just_computed_is_known() -> None:
    found = known(("CUP", 4), ("RUG", 7), skus=("CUP", "RUG"))
    found.learn(rows(("CUP", 2)), {"CUP"}, forget=True)
    assert found.missing(["CUP", "RUG"]) == ["RUG"]


def test_the_skus_that_moved_longest_ago_are_forgotten_first() -> None:
    found = known(("CUP", 4), ("RUG", 7), skus=("CUP", "RUG"), most=2)
    found.learn(rows(("CUP", 3)), {"CUP"})
    found.learn(rows(("LAMP", 1)), {"LAMP"})
    assert found.missing(["CUP", "RUG", "LAMP"]) == ["RUG"]


def test_what_is_forgotten_is_asked_for_again_and_the_rest_stays_known() -> None:
    found = known(("CUP", 4), ("RUG", 7), skus=("CUP", "RUG"))
    found.forget(["CUP", "LAMP"])
    assert found.missing(["CUP", "RUG"]) == ["CUP"]
