"""A record handed in has the very marks that a comparison of the whole model gives it: else each lane would undo the other."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reverse_etl import comparison
from reverse_etl.delivery import UNHASHED
from reverse_etl.errors import ConfigurationError
from reverse_etl.sync import Baseline, Guard, Lane, Mode, Sync

SYNC = Sync(
    name="anywhere__things",
    model="act_anywhere__things",
    destination="anywhere",
    object="thing",
    mode=Mode.UPSERT,
    guard=Guard.NATURAL_UPSERT,
    baseline=Baseline.ACCEPTED,
    lane=Lane.STOCK,
    fields=("name", "quantity", "small", "is_sold"),
)
HANDED = replace(SYNC, baseline=Baseline.OBSERVED)
KINDS = {
    "record_key": "varchar", "name": "varchar", "quantity": "bigint", "small": "smallint", "is_sold": "boolean",
    "money_minor": "bigint", "currency_code": "varchar", "reason": "varchar", "source_key": "varchar",
    "observed_quantity": "bigint",
}  # fmt: skip
# The engine keeps no NUL in a name, and neither does a shop.
TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=30)
ROW = st.fixed_dictionaries(
    {
        "name": st.none() | TEXT,
        "quantity": st.none() | st.integers(-(2**63), 2**63 - 1),
        "small": st.none() | st.integers(-(2**15), 2**15 - 1),
        "is_sold": st.none() | st.booleans(),
        "money_minor": st.none() | st.integers(0, 10**9),
        "reason": st.none() | TEXT,
        "observed_quantity": st.none() | st.integers(0, 9),
    }
)


@pytest.fixture(scope="module")
def warehouse():
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema activation")
        columns = ", ".join(f"{name} {kind}" for name, kind in KINDS.items())
        connection.execute(f"create table activation.act_anywhere__things ({columns})")
        yield connection


@settings(max_examples=25, deadline=None)
@given(rows=st.dictionaries(TEXT, ROW, max_size=12))
@example({"a'b": {**dict.fromkeys(KINDS), "name": "'; \\x1e\x1e ☃"}, "": dict.fromkeys(KINDS), "Z": {}, "é": {}})
def test_a_record_handed_in_has_the_marks_the_whole_model_gives_it(warehouse, rows):
    warehouse.execute("delete from activation.act_anywhere__things")
    values = [[{**row, "record_key": key}.get(name) for name in KINDS] for key, row in rows.items()]
    if values:
        row = f"({', '.join('?' * len(KINDS))})"
        insert = f"insert into activation.act_anywhere__things values {', '.join([row] * len(values))}"
        warehouse.execute(insert, [value for row in values for value in row])
    none = comparison.Accepted(pa.table({"quick": pa.array([], pa.int64())}))
    whole = comparison.compare(warehouse, SYNC, none).rows
    table = warehouse.execute("from activation.act_anywhere__things order by hash(record_key)").to_arrow_table()
    assert comparison.marked(HANDED, table.to_pylist()) == [{**row, "quick": UNHASHED} for row in whole]


def test_a_record_handed_in_without_a_field_is_refused():
    row = {**dict.fromkeys(KINDS), "record_key": "a"}
    del row["quantity"]
    with pytest.raises(ConfigurationError, match="lacks quantity"):
        comparison.marked(HANDED, [row])


def test_a_value_whose_text_is_an_engines_own_is_refused():
    row = {**dict.fromkeys(KINDS), "record_key": "a", "small": 0.5}
    with pytest.raises(ConfigurationError, match="small is neither text, whole number nor truth"):
        comparison.marked(HANDED, [row])


def test_what_compares_with_what_was_accepted_is_not_handed_in():
    with pytest.raises(ConfigurationError, match="is planned whole"):
        comparison.marked(SYNC, [{**dict.fromkeys(KINDS), "record_key": "a"}])
