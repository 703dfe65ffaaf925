"""What a plan was made from survives as bytes: all of it, in one form, and nothing unknown is passed over."""

from __future__ import annotations

import json
import zlib
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_etl import canonical_json, plan_inputs
from reverse_etl.drift import Chosen
from reverse_etl.errors import ConfigurationError
from reverse_etl.memory import LastAccepted, Memory, Refusal
from reverse_etl.sync import Sync
from reverse_etl.syncs import all_syncs

AT = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)
SYNC = all_syncs()["hubspot__contacts"]
CHOSEN = {"a": {"segment": Chosen("accept", "loyal", "VIP", None)}}
# No floats: comparison.py refuses them in what is pushed.
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=3)
)
ROWS = st.lists(st.dictionaries(st.text(max_size=8), VALUES | st.lists(VALUES, max_size=3), max_size=6), max_size=6)


def last(number: int) -> LastAccepted:
    return LastAccepted(f"{SYNC.name}-1/{number}", "f" * 32, {"segment": "loyal", "r_score": number}, {}, AT)


def packed(**changes: object) -> bytes:
    inputs = {
        "sync": SYNC,
        "records": 3,
        "rows": [{"record_key": "a"}],
        "memory": Memory(),
        "observed_at": AT,
        "at": AT,
    }
    return plan_inputs.pack(**(inputs | changes))


def edited(bytes_: bytes, change) -> bytes:
    content = json.loads(zlib.decompress(bytes_), parse_float=Decimal)
    change(content)
    return zlib.compress(canonical_json.dumps(content).encode())


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(sorted(all_syncs())), st.lists(st.text(max_size=6), max_size=4))
def test_what_was_packed_comes_back_and_packs_to_the_same_bytes(rows, name, gone) -> None:
    memory = Memory(
        {"a": last(1), "b": last(2)},
        frozenset({"c", "d"}),
        {"intention": Refusal(3, AT, "invalid", True)},
        40,
        newer=frozenset({"e"}),
        unproven={"f": "no event put units back"},
        changed_elsewhere=2,
        chosen=CHOSEN,
    )
    first = plan_inputs.pack(all_syncs()[name], 9, rows, memory, AT, AT, gone)
    found = plan_inputs.unpack(first)
    assert (found.sync, found.memory, found.observed_at, found.at) == (all_syncs()[name], memory, AT, AT)
    assert (list(found.rows), found.records, list(found.gone)) == (rows, 9, sorted(gone))
    again = plan_inputs.pack(
        found.sync, found.records, found.rows, found.memory, found.observed_at, found.at, found.gone
    )
    assert again == first


def test_the_same_memory_in_another_order_is_the_same_bytes() -> None:
    one = Memory({"a": last(1), "b": last(2)}, {"x", "y", "z"}, {"i": Refusal(1, AT), "j": Refusal(2, AT)}, 2)
    other = Memory(
        {"b": last(2), "a": last(1)}, frozenset(["z", "y", "x"]), {"j": Refusal(2, AT), "i": Refusal(1, AT)}, 2
    )
    assert packed(memory=one) == packed(memory=other)


@pytest.mark.parametrize("name", sorted(all_syncs()))
def test_a_declaration_is_written_with_every_field_and_read_back_equal(name: str) -> None:
    text = plan_inputs.declaration_text(all_syncs()[name])
    assert set(json.loads(text)) == {item.name for item in fields(Sync)}
    assert plan_inputs.read_declaration(text) == all_syncs()[name]


def test_every_input_matters_to_the_bytes() -> None:
    other_limits = replace(SYNC, limits=replace(SYNC.limits, max_deliveries=7))
    variants = [
        packed(),
        packed(sync=other_limits),
        packed(records=4),
        packed(rows=[{"record_key": "b"}]),
        packed(memory=Memory(accepted_records=1)),
        packed(observed_at=None),
        packed(at=None),
        packed(gone=("a",)),
    ]
    assert len(set(variants)) == len(variants)


def test_an_unknown_field_is_an_error_at_every_depth() -> None:
    with pytest.raises(ConfigurationError, match="inputs: PlanInputs has unknown fields weather"):
        plan_inputs.unpack(edited(packed(), lambda content: content.update(weather="fine")))
    with pytest.raises(ConfigurationError, match=r"inputs\.sync\.limits: Limits has unknown fields max_luck"):
        plan_inputs.unpack(edited(packed(), lambda content: content["sync"]["limits"].update(max_luck=1)))


def test_a_declaration_from_before_a_field_was_taken_out_is_read_without_it() -> None:
    old = edited(packed(), lambda content: content["sync"].update(in_doubt="resend_same_key"))
    assert plan_inputs.unpack(old) == plan_inputs.unpack(packed())
    text = json.loads(plan_inputs.declaration_text(SYNC)) | {"in_doubt": "look_up"}
    assert plan_inputs.read_declaration(canonical_json.dumps(text)) == SYNC


def test_a_missing_input_is_an_error_and_a_newer_field_takes_its_default() -> None:
    with pytest.raises(ConfigurationError, match="lacks rows"):
        plan_inputs.unpack(edited(packed(), lambda content: content.pop("rows")))
    found = plan_inputs.unpack(edited(packed(), lambda content: content["sync"].pop("batch_size")))
    assert found.sync == replace(SYNC, batch_size=1)


def test_a_value_of_another_type_is_an_error() -> None:
    for change in (
        lambda content: content.update(records="three"),
        lambda content: content.update(records=True),
        lambda content: content.update(observed_at="yesterday"),
        lambda content: content["sync"].update(mode="sometimes"),
        lambda content: content["sync"].update(fields="email"),
    ):
        with pytest.raises(ConfigurationError, match="can not be read: inputs"):
            plan_inputs.unpack(edited(packed(), change))


def test_damaged_bytes_are_said_to_be_so() -> None:
    for damaged in (b"", b"not zlib", packed()[:-9]):
        with pytest.raises(ConfigurationError, match="damaged"):
            plan_inputs.unpack(damaged)
