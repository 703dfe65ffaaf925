"""Whatever a destination answers, only the house's own errors come out, and never a success that is not there."""

from __future__ import annotations

import contextlib
import copy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_etl import destinations
from reverse_etl.destination import Answer, Result
from reverse_etl.errors import DeliveryError
from reverse_etl.plan import Action
from reverse_etl.syncs import all_syncs
from tests.reverse_etl.destination_cases import CONTACTS, HELD, SIZES, SYNCS, batch, write
from tests.reverse_etl.error_rows import ROWS, said

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(Decimal("1.5")) | st.just(Decimal("NaN"))
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
STATUSES = st.sampled_from([200, 201, 207, 302, 400, 401, 404, 409, 429, 500, 503])


def places(value, above=()):
    yield above
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        yield from places(inner, (*above, step))


def replaced(body, path, wrong):
    """The body with one of its parts replaced by something else."""
    if not path:
        return wrong
    changed = copy.deepcopy(body)
    where = changed
    for step in path[:-1]:
        where = where[step]
    where[path[-1]] = wrong
    return changed


def bodies(name):
    """Bodies this destination may send, of reads, writes and refusals."""
    destination = all_syncs()[name].destination
    trace = batch(name)[0].idempotency_key
    error = {
        "code": "X",
        "field": ["input", "quantities", "0"],
        "message": "m",
        "context": {"objectWriteTraceId": [trace]},
    }
    found = [
        HELD[name].body,
        HELD[name].absent.body,
        *(said(destination, code).body for code in list(ROWS[destination])[:4]),
    ]
    found.append(
        {"data": {"inventorySetQuantities": {"userErrors": [error]}, "fulfillmentCreate": {"userErrors": [error]}}}
    )
    found.append({"update": [{"id": 11, "error": {"code": "c", "data": {"status": 404}}}], "errors": [error]})
    found.append(
        {"results": [{"id": "1", "objectWriteTraceId": trace, "properties": {"email": "x"}}], "errors": [error]}
    )
    status = {"currentlyAvailable": 3, "restoreRate": 50, "maximumAvailable": 100}
    found.append({"extensions": {"cost": {"requestedQueryCost": 10, "throttleStatus": status}}, "errors": [error]})
    return found


def hold(name, sent, answer):
    """Every way an answer of this destination is read: what comes out is said of the records sent, or is our own error."""
    ways = [
        lambda: set(write(name).decode(sent, answer)) <= {delivery.record_key for delivery in sent},
        lambda: write(name).read_back.read(sent[0], answer) is None or 200 <= answer.status < 300,
        lambda: getattr(write(name).look_up.found(sent[0], answer), "result", Result.REJECTED) in set(Result),
        lambda: destinations.load(all_syncs()[name].destination).hold(answer) >= 0,
    ]
    many = write(name).look_up.many
    if many is not None:
        ways.append(lambda: set(many.found(sent, answer)) <= {delivery.record_key for delivery in sent})
    together = write(name).read_back.many
    if together is not None:
        ways.append(lambda: set(together.read(sent, answer)) <= {delivery.record_key for delivery in sent})
    for way in ways:
        with contextlib.suppress(DeliveryError):
            assert way()


@pytest.mark.parametrize("name", SYNCS)
def test_any_part_of_a_success_may_be_something_else(name):
    """Each place of what it says of a record it holds, with each kind of thing instead."""
    for path in places(HELD[name].body):
        for wrong in (None, True, -1, "", "x", Decimal("1.5"), Decimal("NaN"), [], ["x"], {}, {"x": 1}):
            hold(name, batch(name, SIZES[name]), Answer(200, replaced(HELD[name].body, path, wrong)))


@pytest.mark.parametrize("name", SYNCS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_nonsense_is_an_error_of_ours_or_a_doubt(name, data):
    body = data.draw(st.sampled_from(bodies(name)))
    wrong = replaced(body, data.draw(st.sampled_from(list(places(body)))), data.draw(JSON))
    action = data.draw(st.sampled_from([Action.UPDATE, Action.DELETE])) if name in CONTACTS else Action.UPDATE
    sent = batch(name, data.draw(st.integers(1, SIZES[name])), action)
    hold(name, sent, Answer(data.draw(STATUSES), wrong))


@pytest.mark.parametrize("name", SYNCS)
@settings(max_examples=60, deadline=None)
@given(body=JSON)
def test_no_random_answer_is_taken_for_a_success(name, body):
    """Nor for a proof that the record is there."""
    sent = batch(name, SIZES[name])
    try:
        outcomes = write(name).decode(sent, Answer(200, body))
        assert Result.ACCEPTED not in {outcome.result for outcome in outcomes.values()}
        assert write(name).read_back.read(sent[0], Answer(200, body)) is None
    except DeliveryError:
        pass
    many = write(name).look_up.many
    if many is not None:
        with contextlib.suppress(DeliveryError):
            found = many.found(sent, Answer(200, body))
            assert Result.ACCEPTED not in {outcome.result for outcome in found.values() if outcome is not None}
    together = write(name).read_back.many
    if together is not None:
        with contextlib.suppress(DeliveryError):
            assert set(together.read(sent, Answer(200, body)).values()) <= {None}
