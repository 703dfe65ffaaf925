"""The list of money fixtures is true: as many as asked for, each held by a test that is there with that case among its own."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.transform.money_fixtures import FIXTURES, HARD

ASKED = 120


def cases(function: Any) -> set[str]:
    """Ids of the cases a test is parametrized with, as far as they are written down; none for a test without."""
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    found: set[str] = set()
    for mark in marks:
        ids = mark.kwargs.get("ids")
        values = list(mark.args[1])
        if isinstance(ids, list | tuple):
            found |= {str(each) for each in ids}
        elif callable(ids):
            found |= {str(ids(each)) for each in values}
        elif isinstance(values[0], tuple):
            found |= {"-".join(f"{name}{nth}" if not isinstance(part, str | int) else str(part) for name, part in zip(_names(mark), value, strict=True)) for nth, value in enumerate(values)}  # fmt: skip
        else:
            found |= {str(each) for each in values}
    return found


def _names(mark: pytest.Mark) -> list[str]:
    names = mark.args[0]
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


@pytest.mark.parametrize("sentence", FIXTURES)
def test_the_fixture_is_held_by_a_test(sentence: str) -> None:
    file, _, test = FIXTURES[sentence].partition("::")
    name, _, case = test.partition("[")
    function = getattr(importlib.import_module(f"tests.transform.{file.removesuffix('.py')}"), name)
    assert not case or case.removesuffix("]") in cases(function)


def test_there_are_as_many_as_asked_for_and_each_hard_case_is_one(record_property: pytest.RecordProperty) -> None:
    record_property("money fixtures", f"{len(FIXTURES)} by name, {len(HARD)} hard cases among them")
    assert len(set(FIXTURES.values())) == len(FIXTURES) >= ASKED
    assert {sentence for held in HARD.values() for sentence in held} <= set(FIXTURES)
