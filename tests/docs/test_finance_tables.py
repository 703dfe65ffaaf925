"""What finance reads of a table is what its model says, and every finance model says it."""

from __future__ import annotations

import pytest

from tests.docs import finance_tables
from tests.docs.finance_tables import CHAPTERS, Told

MODELS = finance_tables.models()


def test_the_page_is_what_the_models_say() -> None:
    assert finance_tables.GUIDE.read_text() == finance_tables.page(), "run `make docs`"


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_a_finance_model_says_its_grain_meaning_limits_and_owner_and_is_held_by_a_test(model: Told) -> None:
    said = {name: getattr(model, name) for name in ("grain", "definition", "limits", "owner", "held_by")}
    assert [name for name, words in said.items() if not words] == []
    assert [column["name"] for column in model.columns if not column.get("description")] == []


def test_every_chapter_names_tables_that_exist_once() -> None:
    named = [name for names in CHAPTERS.values() for name in names]
    assert set(named) <= set(MODELS)
    assert len(named) == len(set(named))


@pytest.mark.parametrize("name", [name for names in CHAPTERS.values() for name in names])
def test_every_amount_of_a_table_finance_reads_has_its_currency(name: str) -> None:
    model = MODELS[name]
    units = {column["name"]: model.unit(column) for column in model.columns if column["name"].endswith("_minor")}
    known = {f"`{column['name']}`" for column in model.columns} | {"EUR"}
    assert {amount: unit for amount, unit in units.items() if unit.removeprefix("minor units of ") not in known} == {}
